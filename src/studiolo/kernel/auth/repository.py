"""SQL of accounts, workspaces, sessions, tokens and audit."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from studiolo.kernel.auth import memory
from studiolo.kernel.auth.tables import accounts, audit, login_links, memberships, sessions, tokens, workspaces
from studiolo.kernel.db.prepared import Prepared

# every request runs one of the first two and the third
_TOKEN = Prepared(
    select(tokens, accounts.c.name.label("account_name"))
    .join(accounts, tokens.c.account_id == accounts.c.id)
    .where(tokens.c.hash == bindparam("hash"), ~accounts.c.disabled)
)
_SESSION = Prepared(
    select(accounts.c.id, accounts.c.name)
    .join(sessions, sessions.c.account_id == accounts.c.id)
    .where(sessions.c.hash == bindparam("hash"), sessions.c.expires_at > bindparam("now"), ~accounts.c.disabled)
)
_MEMBERSHIP = Prepared(
    select(workspaces.c.id, memberships.c.role)
    .join(memberships, memberships.c.workspace_id == workspaces.c.id)
    .where(workspaces.c.name == bindparam("name"), memberships.c.account_id == bindparam("account_id"))
)


_ACCOUNT = Prepared(select(accounts).where(accounts.c.name == bindparam("name")))
_MEMBER = Prepared(
    select(accounts.c.id, accounts.c.name, memberships.c.role)
    .join(memberships, memberships.c.account_id == accounts.c.id)
    .where(
        accounts.c.name == bindparam("name"),
        memberships.c.workspace_id == bindparam("workspace_id"),
        ~accounts.c.disabled,
    )
)
_TOKEN_MADE = Prepared(insert(tokens))
_RUN_ENDED = Prepared(
    update(tokens)
    .where(tokens.c.run_id == bindparam("of_run"), tokens.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("revoked_at"))
)


def account(tx: Connection, account_id: str) -> Row[Any] | None:
    """Return an account that is not disabled."""
    return tx.execute(select(accounts).where(accounts.c.id == account_id, ~accounts.c.disabled)).first()


def account_by_name(tx: Connection, name: str) -> Any:
    """Return an account by its name."""
    return _ACCOUNT.first(tx, {"name": name})


def member(tx: Connection, workspace_id: str, name: str) -> Any:
    """Return id, name and role of an account in a workspace; None for one that is gone, disabled or no member."""
    return _MEMBER.first(tx, {"name": name, "workspace_id": workspace_id})


def any_account(tx: Connection) -> Row[Any] | None:
    """Return the first account that was made."""
    return tx.execute(select(accounts).order_by(accounts.c.created_at, accounts.c.id).limit(1)).first()


def has_password(tx: Connection) -> bool:
    """Say whether anybody can sign in with a password."""
    query = select(accounts.c.id).where(accounts.c.password_hash.is_not(None), ~accounts.c.disabled).limit(1)
    return tx.execute(query).first() is not None


def insert_account(tx: Connection, values: Mapping[str, Any]) -> None:
    """Add an account."""
    tx.execute(insert(accounts).values(**values))


def workspace(tx: Connection, name: str) -> Row[Any] | None:
    """Return a workspace by its name."""
    return tx.execute(select(workspaces).where(workspaces.c.name == name)).first()


_ALL_WORKSPACES = Prepared(select(workspaces).order_by(workspaces.c.created_at, workspaces.c.id))  # asked at every tick


def all_workspaces(tx: Connection) -> list[Row[Any]]:
    """Return every workspace, oldest first."""
    return _ALL_WORKSPACES.all(tx)


def workspaces_of(tx: Connection, account_id: str) -> list[Any]:
    """Return the workspaces an account is a member of, with its role."""
    query = (
        select(workspaces.c.id, workspaces.c.name, memberships.c.role)
        .join(memberships, memberships.c.workspace_id == workspaces.c.id)
        .where(memberships.c.account_id == account_id)
        .order_by(workspaces.c.created_at, workspaces.c.id)
    )
    return list(tx.execute(query))


def role(tx: Connection, workspace_id: str, account_id: str) -> str | None:
    """Return the role of an account in a workspace."""
    query = select(memberships.c.role).where(
        memberships.c.workspace_id == workspace_id, memberships.c.account_id == account_id
    )
    return tx.execute(query).scalar_one_or_none()


def membership(tx: Connection, workspace: str, account_id: str) -> Any:
    """Return the id of a workspace and the role of an account there; None also when there is no such workspace."""
    return _MEMBERSHIP.first(tx, {"name": workspace, "account_id": account_id})


def insert_workspace(tx: Connection, values: Mapping[str, Any]) -> None:
    """Add a workspace."""
    tx.execute(insert(workspaces).values(**values))


def set_role(tx: Connection, workspace_id: str, account_id: str, name: str) -> None:
    """Make an account a member with this role."""
    memory.forget()
    tx.execute(
        delete(memberships).where(memberships.c.workspace_id == workspace_id, memberships.c.account_id == account_id)
    )
    tx.execute(insert(memberships).values(workspace_id=workspace_id, account_id=account_id, role=name))


def insert_session(tx: Connection, values: Mapping[str, Any]) -> None:
    """Add a session."""
    tx.execute(insert(sessions).values(**values))


def session(tx: Connection, hashed: str, now: datetime) -> Any:
    """Return a session that is still good, with its account."""
    return _SESSION.first(tx, {"hash": hashed, "now": now})


def delete_session(tx: Connection, hashed: str) -> None:
    """End a session."""
    tx.execute(delete(sessions).where(sessions.c.hash == hashed))


def insert_token(tx: Connection, values: Mapping[str, Any]) -> None:
    """Add an API token."""
    _TOKEN_MADE.run(tx, values)


def token(tx: Connection, hashed: str) -> Any:
    """Return a token with its account, whether it is still good or not."""
    return _TOKEN.first(tx, {"hash": hashed})


def tokens_of(tx: Connection, account_id: str) -> list[Row[Any]]:
    """Return the tokens that an account made for itself, newest first."""
    query = select(tokens).where(
        tokens.c.account_id == account_id, tokens.c.run_id.is_(None), tokens.c.revoked_at.is_(None)
    )
    return list(tx.execute(query.order_by(tokens.c.id.desc())))


def revoke_token(tx: Connection, account_id: str, token_id: str, now: datetime) -> bool:
    """Make a token useless; False when the account has no such token."""
    memory.forget()
    query = update(tokens).where(
        tokens.c.id == token_id, tokens.c.account_id == account_id, tokens.c.revoked_at.is_(None)
    )
    return tx.execute(query.values(revoked_at=now)).rowcount == 1


def revoke_run_tokens(tx: Connection, run_id: str, now: datetime) -> None:
    """Make the tokens of a run useless."""
    memory.forget()
    _RUN_ENDED.run(tx, {"of_run": run_id, "revoked_at": now})


def insert_link(tx: Connection, values: Mapping[str, Any]) -> None:
    """Add a one-time login link."""
    tx.execute(insert(login_links).values(**values))


def take_link(tx: Connection, hashed: str, now: datetime) -> str | None:
    """Use up a link; returns its account, None when it was used before or is too old."""
    query = delete(login_links).where(login_links.c.hash == hashed).returning(login_links)
    row = tx.execute(query).first()
    return str(row.account_id) if row and row.expires_at > now else None


def insert_audit(tx: Connection, values: Mapping[str, Any]) -> None:
    """Add an audit row."""
    tx.execute(insert(audit).values(**values))
