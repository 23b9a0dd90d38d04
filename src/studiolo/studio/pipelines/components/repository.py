"""SQL of components."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from studiolo.kernel.context import Context
from studiolo.studio.pipelines.tables import components

Row = Any
_OF = components.c


def add(tx: Connection, ctx: Context, values: Mapping[str, Any]) -> Row:
    """Add a version; raises IntegrityError when its number is taken."""
    row = {**values, "workspace_id": ctx.workspace_id, "archived": False, "created_at": ctx.clock.now()}
    return tx.execute(insert(components).values(**row).returning(components)).one()


def find(tx: Connection, ctx: Context, name: str, version: str) -> Row | None:
    """Return a version; an empty one is the newest that is not archived."""
    query = select(components).where(_OF.workspace_id == ctx.workspace_id, _OF.name == name)
    query = query.where(_OF.version == version) if version else query.where(~_OF.archived)
    return tx.execute(query.order_by(_OF.seq.desc()).limit(1)).first()


def versions(tx: Connection, ctx: Context, name: str) -> list[Row]:
    """Return all versions of a name, newest first."""
    query = select(components).where(_OF.workspace_id == ctx.workspace_id, _OF.name == name)
    return list(tx.execute(query.order_by(_OF.seq.desc())))


def newest(tx: Connection, ctx: Context, after: str | None, limit: int, part: str, *, archived: bool) -> list[Row]:
    """Return the newest version of each name, by name. after: a name; part: of the name; archived: those that have no other."""
    of_name = (
        select(func.max(_OF.seq).label("seq"), func.count().label("versions"))
        .where(_OF.workspace_id == ctx.workspace_id, _OF.archived == archived)
        .group_by(_OF.name)
    )
    if after is not None:
        of_name = of_name.where(_OF.name > after)
    if part:
        of_name = of_name.where(func.lower(_OF.name).contains(part.lower(), autoescape=True))
    chosen = of_name.order_by(_OF.name).limit(limit).subquery()
    query = select(components, chosen.c.versions).join(chosen, chosen.c.seq == _OF.seq)
    return list(tx.execute(query.order_by(_OF.name)))


def set_archived(tx: Connection, seqs: Sequence[int], *, archived: bool) -> None:
    """Archive versions, or take them back."""
    tx.execute(update(components).where(_OF.seq.in_(list(seqs))).values(archived=archived))
