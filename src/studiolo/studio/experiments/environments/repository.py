"""SQL of environments."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from studiolo.kernel.context import Context
from studiolo.studio.experiments.environments.tables import environments as table
from studiolo.studio.experiments.tables import LIVE_INDEX, runs


def insert_version(tx: Connection, ctx: Context, values: Mapping[str, Any]) -> Any:
    """Add the next version of a name; returns its row. Two at once: the later one fails on the key, and is tried again."""
    number = select(func.coalesce(func.max(table.c.version), 0) + 1).where(
        table.c.workspace_id == ctx.workspace_id, table.c.name == values["name"]
    )
    row = {**values, "workspace_id": ctx.workspace_id, "version": tx.execute(number).scalar_one()}
    tx.execute(insert(table), row)
    return version(tx, ctx, values["name"], row["version"])


def version(tx: Connection, ctx: Context, name: str, number: int | None) -> Any:
    """Return the row of a version, the newest that is not archived for None; None where there is none."""
    query = select(table).where(table.c.workspace_id == ctx.workspace_id, table.c.name == name)
    query = query.where(table.c.version == number) if number is not None else query.where(~table.c.archived)
    return tx.execute(query.order_by(table.c.version.desc()).limit(1)).first()


def same(tx: Connection, ctx: Context, name: str, definition_hash: str) -> Any:
    """Return the newest version of a name with this definition."""
    query = select(table).where(
        table.c.workspace_id == ctx.workspace_id,
        table.c.name == name,
        table.c.definition_hash == definition_hash,
        ~table.c.archived,
    )
    return tx.execute(query.order_by(table.c.version.desc()).limit(1)).first()


def newest(tx: Connection, ctx: Context, *, archived: bool) -> list[Any]:
    """Return the newest version of each name, by name."""
    last = (
        select(table.c.name, func.max(table.c.version).label("version"))
        .where(table.c.workspace_id == ctx.workspace_id, ~table.c.anonymous, table.c.archived == archived)
        .group_by(table.c.name)
        .subquery()
    )
    query = select(table).join(last, (last.c.name == table.c.name) & (last.c.version == table.c.version))
    return list(tx.execute(query.where(table.c.workspace_id == ctx.workspace_id).order_by(table.c.name)))


def versions(tx: Connection, ctx: Context, name: str) -> list[Any]:
    """Return the versions of a name, newest first."""
    query = select(table).where(table.c.workspace_id == ctx.workspace_id, table.c.name == name)
    return list(tx.execute(query.order_by(table.c.version.desc())))


def set_archived(tx: Connection, ctx: Context, name: str, number: int | None, archived: bool) -> int:
    """Archive versions, or take them back; returns how many."""
    change = update(table).where(table.c.workspace_id == ctx.workspace_id, table.c.name == name)
    if number is not None:
        change = change.where(table.c.version == number)
    return tx.execute(change.values(archived=archived)).rowcount


def live_contexts(tx: Connection) -> list[dict[str, Any]]:
    """Return the specs of jobs of all workspaces that have not ended."""
    query = select(runs.c.spec).where(LIVE_INDEX, runs.c.spec.is_not(None))
    return [spec.get("context") or {} for (spec,) in tx.execute(query)]
