"""SQL of the parts of profiles."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, select, update

from studiolo.kernel.context import Context
from studiolo.studio.datasets.about_tables import dataset_profile_parts as parts
from studiolo.studio.datasets.tables import dataset_versions as versions

MOST = 2000  # parts of one dataset that a job is given


class Kept(NamedTuple):
    """cover: names the part among those of its dataset; part: digest of the blob."""

    cover: str
    part: str


class New(NamedTuple):
    """A part that a job has made."""

    cover: str
    part: str
    rows: int


def kept(tx: Connection, ctx: Context, dataset: str, reading: str) -> list[Kept]:
    """Return the parts of a dataset's files that are read in a way, newest first."""
    query = select(parts.c.cover, parts.c.part).where(
        parts.c.workspace_id == ctx.workspace_id, parts.c.dataset == dataset, parts.c.reading == reading
    )
    rows = tx.execute(query.order_by(parts.c.created_at.desc(), parts.c.cover).limit(MOST))
    return [Kept(row.cover, row.part) for row in rows]


def take(
    tx: Connection,
    ctx: Context,
    dataset: str,
    version: int,
    reading: str,
    used: Sequence[str],
    new: Sequence[New],
) -> None:
    """Keep new parts, and note of those that were used that this version needs them."""
    own = (parts.c.workspace_id == ctx.workspace_id, parts.c.dataset == dataset, parts.c.reading == reading)
    for start in range(0, len(used), 500):
        some = used[start : start + 500]
        tx.execute(
            update(parts).where(*own, parts.c.cover.in_(some), parts.c.version < version).values(version=version)
        )
    if not new:
        return
    now = ctx.clock.now()
    insert = ctx.db.upsert(parts)
    keys = ["workspace_id", "dataset", "cover", "reading"]
    change: Mapping[str, object] = {name: insert.excluded[name] for name in ("part", "rows", "version", "created_at")}
    tx.execute(
        insert.on_conflict_do_update(index_elements=keys, set_=change),
        [
            {
                "workspace_id": ctx.workspace_id,
                "dataset": dataset,
                "cover": part.cover,
                "reading": reading,
                "part": part.part,
                "rows": part.rows,
                "version": version,
                "created_at": now,
            }
            for part in new
        ],
    )


def collect(tx: Connection, ctx: Context) -> int:
    """Remove the parts whose version is gone for good; returns how many."""
    there = (
        select(versions.c.version)
        .where(
            versions.c.workspace_id == parts.c.workspace_id,
            versions.c.name == parts.c.dataset,
            versions.c.version == parts.c.version,
            versions.c.lifecycle != "removed",
        )
        .exists()
    )
    return tx.execute(delete(parts).where(parts.c.workspace_id == ctx.workspace_id, ~there)).rowcount
