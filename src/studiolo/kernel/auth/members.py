"""SQL of an owner's work: members of a workspace, accounts of the house, what is over and may go."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, func, or_, select, update

from studiolo.kernel.auth import memory
from studiolo.kernel.auth.roles import Role
from studiolo.kernel.auth.tables import (
    accounts,
    audit,
    login_failures,
    login_links,
    memberships,
    sessions,
    tokens,
    workspaces,
)


def lock_workspace(tx: Connection, workspace_id: str) -> None:
    """Let nobody else change the members of a workspace before this transaction ends."""
    tx.execute(select(workspaces.c.id).where(workspaces.c.id == workspace_id).with_for_update())


def members(tx: Connection, workspace_id: str) -> list[Row[Any]]:
    """Return the members of a workspace by name."""
    query = (
        select(accounts.c.name, accounts.c.disabled, memberships.c.role)
        .join(memberships, memberships.c.account_id == accounts.c.id)
        .where(memberships.c.workspace_id == workspace_id)
        .order_by(accounts.c.name)
    )
    return list(tx.execute(query))


def count_members(tx: Connection, workspace_id: str) -> int:
    """Count the members of a workspace: a handful, by the primary key."""
    query = select(func.count()).select_from(memberships).where(memberships.c.workspace_id == workspace_id)
    return int(tx.execute(query).scalar_one())


def other_owner(tx: Connection, workspace_id: str, account_id: str) -> bool:
    """Say whether somebody else is an owner of the workspace and can sign in."""
    query = (
        select(memberships.c.account_id)
        .join(accounts, accounts.c.id == memberships.c.account_id)
        .where(
            memberships.c.workspace_id == workspace_id,
            memberships.c.role == Role.owner.value,
            memberships.c.account_id != account_id,
            ~accounts.c.disabled,
        )
    )
    return tx.execute(query.limit(1)).first() is not None


def owned_workspaces(tx: Connection, account_id: str) -> list[Row[Any]]:
    """Return the workspaces that an account is an owner of."""
    query = (
        select(workspaces.c.id, workspaces.c.name)
        .join(memberships, memberships.c.workspace_id == workspaces.c.id)
        .where(memberships.c.account_id == account_id, memberships.c.role == Role.owner.value)
    )
    return list(tx.execute(query.order_by(workspaces.c.name)))


def remove_member(tx: Connection, workspace_id: str, account_id: str) -> bool:
    """End a membership; False when there was none."""
    memory.forget()
    query = delete(memberships).where(
        memberships.c.workspace_id == workspace_id, memberships.c.account_id == account_id
    )
    return tx.execute(query).rowcount == 1


def all_accounts(tx: Connection) -> list[Row[Any]]:
    """Return every account by name."""
    return list(tx.execute(select(accounts).order_by(accounts.c.name)))


def update_account(tx: Connection, account_id: str, values: Mapping[str, Any]) -> None:
    """Change an account."""
    memory.forget()
    tx.execute(update(accounts).where(accounts.c.id == account_id).values(**values))


def end_sessions(tx: Connection, account_id: str) -> None:
    """Sign an account out everywhere, and make its unused login links useless."""
    tx.execute(delete(sessions).where(sessions.c.account_id == account_id))
    tx.execute(delete(login_links).where(login_links.c.account_id == account_id))


def audit_page(tx: Connection, workspace_id: str, before: str | None, limit: int, *, house: bool) -> list[Row[Any]]:
    """Return audit rows, newest first, with the name of who acted; `house` adds what belongs to no workspace."""
    mine = audit.c.workspace_id == workspace_id
    query = (
        select(audit, func.coalesce(accounts.c.name, audit.c.actor).label("actor_name"))
        .outerjoin(accounts, accounts.c.id == audit.c.actor)
        .where(or_(mine, audit.c.workspace_id.is_(None)) if house else mine)
    )
    if before:
        query = query.where(audit.c.id < before)
    return list(tx.execute(query.order_by(audit.c.id.desc()).limit(limit)))


def anything_over(tx: Connection, before: datetime) -> bool:
    """Say whether a session, link, job token or count of failures ended before a moment: four looks at an index."""
    ended = (
        exists().where(sessions.c.expires_at < before),
        exists().where(login_links.c.expires_at < before),
        exists().where(tokens.c.expires_at < before, tokens.c.run_id.is_not(None)),
        exists().where(login_failures.c.last_at < before),
    )
    return bool(tx.execute(select(or_(*ended))).scalar_one())


def forget_over(tx: Connection, now: datetime, failures_before: datetime) -> int:
    """Remove sessions, links and job tokens that have ended, and old counts of failures; returns how many rows."""
    statements = (
        delete(sessions).where(sessions.c.expires_at < now),
        delete(login_links).where(login_links.c.expires_at < now),
        delete(tokens).where(tokens.c.expires_at < now, tokens.c.run_id.is_not(None)),
        delete(login_failures).where(login_failures.c.last_at < failures_before),
    )
    return sum(tx.execute(statement).rowcount for statement in statements)
