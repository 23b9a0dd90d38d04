"""SQL of published pipelines."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from studiolo.kernel.context import Context
from studiolo.studio.pipelines.published.tables import (
    published_keys,
    published_pipelines,
    published_runs,
    published_versions,
)

Row = Any
_OF, _KEY, _RUN = published_pipelines.c, published_keys.c, published_runs.c


def by_name(tx: Connection, ctx: Context, name: str, *, lock: bool = False) -> Row | None:
    """Return a published pipeline. lock: let nobody else change it before this transaction ends."""
    query = select(published_pipelines).where(_OF.workspace_id == ctx.workspace_id, _OF.name == name)
    return tx.execute(query.with_for_update() if lock else query).first()


def all_(tx: Connection, ctx: Context, after: str | None, limit: int) -> list[Row]:
    """Return published pipelines by name."""
    query = select(published_pipelines).where(_OF.workspace_id == ctx.workspace_id)
    if after is not None:
        query = query.where(_OF.name > after)
    return list(tx.execute(query.order_by(_OF.name).limit(limit)))


def add(tx: Connection, values: Mapping[str, Any]) -> None:
    """Add a published pipeline."""
    tx.execute(insert(published_pipelines).values(**values))


def change(tx: Connection, published: str, values: Mapping[str, Any]) -> None:
    """Change a published pipeline."""
    tx.execute(update(published_pipelines).where(_OF.id == published).values(**values))


def remove(tx: Connection, published: str) -> None:
    """Remove a published pipeline with its versions and keys; the runs stay."""
    for table in (published_runs, published_keys, published_versions):
        tx.execute(delete(table).where(table.c.published == published))
    tx.execute(delete(published_pipelines).where(_OF.id == published))


def add_version(tx: Connection, values: Mapping[str, Any]) -> None:
    """Add a version."""
    tx.execute(insert(published_versions).values(**values))


def version(tx: Connection, published: str, number: int) -> Row | None:
    """Return a version."""
    of = published_versions.c
    return tx.execute(select(published_versions).where(of.published == published, of.number == number)).first()


def versions(tx: Connection, published: str) -> list[Row]:
    """Return the versions, newest first."""
    of = published_versions.c
    return list(tx.execute(select(published_versions).where(of.published == published).order_by(of.number.desc())))


def put_key(tx: Connection, values: Mapping[str, Any]) -> None:
    """Keep a key in place of the one that was there."""
    tx.execute(delete(published_keys).where(_KEY.published == values["published"], _KEY.slot == values["slot"]))
    tx.execute(insert(published_keys).values(**values))


def keys(tx: Connection, published: str) -> list[Row]:
    """Return the keys of a published pipeline, the primary one first."""
    return list(tx.execute(select(published_keys).where(_KEY.published == published).order_by(_KEY.slot)))


def key(tx: Connection, hashed: str) -> Row | None:
    """Return a key: its slot, and the name and workspace of what it opens."""
    query = (
        select(_KEY.published, _KEY.slot, _OF.name, _OF.workspace_id)
        .join(published_pipelines, _OF.id == _KEY.published)
        .where(_KEY.hash == hashed)
    )
    return tx.execute(query).first()


def used(tx: Connection, published: str, slot: str, now: datetime) -> None:
    """Write down that a key was used."""
    tx.execute(update(published_keys).where(_KEY.published == published, _KEY.slot == slot).values(used_at=now))


def add_run(tx: Connection, values: Mapping[str, Any]) -> None:
    """Write down a run."""
    tx.execute(insert(published_runs).values(**values))


def run(tx: Connection, published: str, run_id: str) -> Row | None:
    """Return a run of a published pipeline."""
    return tx.execute(select(published_runs).where(_RUN.run_id == run_id, _RUN.published == published)).first()


def runs(tx: Connection, published: str, before: str | None, limit: int) -> list[Row]:
    """Return runs of a published pipeline, newest first: ids sort by time."""
    query = select(published_runs).where(_RUN.published == published)
    if before is not None:
        query = query.where(_RUN.run_id < before)
    return list(tx.execute(query.order_by(_RUN.run_id.desc()).limit(limit)))
