"""All SQL of the vault."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from studiolo.kernel.auth.tables import accounts
from studiolo.kernel.context import Context
from studiolo.studio.workspace.vault.tables import grants, secrets, uses, versions

Row = Any


def all_(tx: Connection, ctx: Context, *, deleted: bool) -> list[Row]:
    """Return the secrets of the workspace by name, those in the bin or the others."""
    where = (secrets.c.workspace_id == ctx.workspace_id, secrets.c.deleted_at.is_not(None) == deleted)
    return list(tx.execute(select(secrets).where(*where).order_by(secrets.c.name)))


def find(tx: Connection, ctx: Context, name: str) -> Row | None:
    """Return a secret by its name, also one in the bin."""
    where = (secrets.c.workspace_id == ctx.workspace_id, secrets.c.name == name)
    return tx.execute(select(secrets).where(*where)).first()


def lock(tx: Connection, ctx: Context, name: str) -> Row | None:
    """Return a secret that nobody else changes before the end of the transaction."""
    where = (secrets.c.workspace_id == ctx.workspace_id, secrets.c.name == name)
    return tx.execute(select(secrets).where(*where).with_for_update()).first()


def count(tx: Connection, ctx: Context) -> int:
    """Return how many secrets the workspace has, the bin included."""
    query = select(func.count()).select_from(secrets).where(secrets.c.workspace_id == ctx.workspace_id)
    return int(tx.execute(query).scalar_one())


def insert_secret(tx: Connection, values: Mapping[str, Any]) -> None:
    """Add a secret."""
    tx.execute(insert(secrets).values(**values))


def change(tx: Connection, secret_id: str, values: Mapping[str, Any]) -> None:
    """Change a secret."""
    tx.execute(update(secrets).where(secrets.c.id == secret_id).values(**values))


def remove(tx: Connection, secret_id: str) -> None:
    """Remove a secret for good, with its versions, grants and uses."""
    tx.execute(delete(secrets).where(secrets.c.id == secret_id))


def in_bin_since(tx: Connection, before: datetime) -> list[Row]:
    """Return secrets of all workspaces that were deleted before a moment."""
    return list(
        tx.execute(select(secrets.c.id, secrets.c.name, secrets.c.workspace_id).where(secrets.c.deleted_at < before))
    )


def versions_of(tx: Connection, secret_id: str) -> list[Row]:
    """Return the versions of a secret, newest first."""
    return list(tx.execute(select(versions).where(versions.c.secret == secret_id).order_by(versions.c.version.desc())))


def version(tx: Connection, secret_id: str, number: int) -> Row | None:
    """Return a version."""
    where = (versions.c.secret == secret_id, versions.c.version == number)
    return tx.execute(select(versions).where(*where)).first()


def insert_version(tx: Connection, values: Mapping[str, Any]) -> None:
    """Add a version."""
    tx.execute(insert(versions).values(**values))


def change_version(tx: Connection, secret_id: str, number: int, values: Mapping[str, Any]) -> None:
    """Change a version."""
    where = (versions.c.secret == secret_id, versions.c.version == number)
    tx.execute(update(versions).where(*where).values(**values))


def grants_of(tx: Connection, secret_id: str) -> list[Row]:
    """Return who may use a secret: `kind`, `grantee`, and the `account`'s name."""
    query = (
        select(grants, accounts.c.name.label("account"))
        .outerjoin(accounts, accounts.c.id == grants.c.grantee)
        .where(grants.c.secret == secret_id)
    )
    return list(tx.execute(query.order_by(grants.c.kind.desc(), grants.c.grantee)))


def granted(tx: Connection, secret_id: str, role: str | None, account_id: str) -> bool:
    """Say whether a role or an account may use a secret."""
    mine = (grants.c.kind == "account") & (grants.c.grantee == account_id)
    ours = (grants.c.kind == "role") & (grants.c.grantee == (role or ""))
    query = select(grants.c.kind).where(grants.c.secret == secret_id, or_(mine, ours)).limit(1)
    return tx.execute(query).first() is not None


def put_grant(tx: Connection, ctx: Context, secret_id: str, kind: str, grantee: str) -> None:
    """Let a role or an account use a secret; again is no second."""
    values = {"secret": secret_id, "kind": kind, "grantee": grantee, "created_at": ctx.clock.now()}
    change_ = ctx.db.upsert(grants).values(**values, created_by=ctx.actor.name)
    tx.execute(change_.on_conflict_do_nothing(index_elements=["secret", "kind", "grantee"]))


def remove_grant(tx: Connection, secret_id: str, kind: str, grantee: str) -> None:
    """Take a grant back."""
    where = (grants.c.secret == secret_id, grants.c.kind == kind, grants.c.grantee == grantee)
    tx.execute(delete(grants).where(*where))


def insert_use(tx: Connection, values: Mapping[str, Any]) -> None:
    """Write down that a job got a value."""
    tx.execute(insert(uses).values(**values))
    tx.execute(update(secrets).where(secrets.c.id == values["secret"]).values(last_used_at=values["at"]))


def uses_page(tx: Connection, secret_id: str, before: str | None, limit: int) -> list[Row]:
    """Return uses, newest first."""
    query = select(uses).where(uses.c.secret == secret_id)
    if before:
        query = query.where(uses.c.id < before)
    return list(tx.execute(query.order_by(uses.c.id.desc()).limit(limit)))
