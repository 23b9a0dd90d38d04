"""SQL of drafts."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from studiolo.kernel.context import Context
from studiolo.studio.pipelines.drafts.tables import pipeline_drafts

Row = Any
_OF = pipeline_drafts.c
_SHORT = [column for column in pipeline_drafts.columns if column.name not in ("file", "spec")]


def by_name(tx: Connection, ctx: Context, name: str) -> Row | None:
    """Return a draft with what it holds."""
    return tx.execute(select(pipeline_drafts).where(_OF.workspace_id == ctx.workspace_id, _OF.name == name)).first()


def all_(tx: Connection, ctx: Context, after: str | None, limit: int) -> list[Row]:
    """Return drafts by name, without what they hold."""
    query = select(*_SHORT).where(_OF.workspace_id == ctx.workspace_id)
    if after is not None:
        query = query.where(_OF.name > after)
    return list(tx.execute(query.order_by(_OF.name).limit(limit)))


def add(tx: Connection, values: Mapping[str, Any]) -> None:
    """Add a draft."""
    tx.execute(insert(pipeline_drafts).values(**values))


def change(tx: Connection, draft: str, version: int, values: Mapping[str, Any]) -> bool:
    """Change a draft that is still of this version; False when it is not."""
    guarded = update(pipeline_drafts).where(_OF.id == draft, _OF.version == version)
    return tx.execute(guarded.values(**values)).rowcount == 1


def submitted(tx: Connection, draft: str, run_id: str) -> None:
    """Write down the last run of a draft."""
    tx.execute(update(pipeline_drafts).where(_OF.id == draft).values(run_id=run_id))


def remove(tx: Connection, draft: str) -> None:
    """Remove a draft."""
    tx.execute(delete(pipeline_drafts).where(_OF.id == draft))
