"""SQL of the bin: what is deleted stays for the retention time, then a day more out of sight, then its rows go.

Why the day: a job that reads a version copies the name of its manifest into its own row. Who could still see the version has done
so long before the row goes, so the files that the manifest lists are named at every moment by one row or the other.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, exists, func, select, tuple_, update

from studiolo.kernel.context import Context
from studiolo.studio.datasets.about_tables import dataset_splits, dataset_traits
from studiolo.studio.datasets.repository import NEWEST
from studiolo.studio.datasets.tables import dataset_versions as versions
from studiolo.studio.datasets.tables import datasets

OUT_OF_SIGHT = timedelta(days=1)
AT_ONCE = 200


def put_in(tx: Connection, ctx: Context, name: str, numbers: Sequence[int] | None = None) -> list[int]:
    """Put versions of a dataset in the bin, all for None, and the dataset with its last one; returns those that went."""
    now = ctx.clock.now()
    mine = [versions.c.workspace_id == ctx.workspace_id, versions.c.name == name, versions.c.lifecycle == "active"]
    if numbers is not None:
        mine.append(versions.c.version.in_(numbers))
    gone = list(tx.execute(select(versions.c.version).where(*mine).order_by(versions.c.version)).scalars())
    tx.execute(update(versions).where(*mine).values(lifecycle="deleted", deleted_at=now))
    left = _newest(tx, ctx, name)
    change: dict[str, Any] = {"updated_at": now}
    change |= {"latest": left} if left else {"lifecycle": "deleted", "deleted_at": now}
    tx.execute(update(datasets).where(*_dataset(ctx, name)).values(**change))
    return gone


def take_out(tx: Connection, ctx: Context, name: str, number: int | None = None) -> list[int]:
    """Take a version out of the bin, or a dataset with the versions that went in with it; returns those that came out."""
    where = [versions.c.workspace_id == ctx.workspace_id, versions.c.name == name, versions.c.lifecycle == "deleted"]
    if number is not None:
        where.append(versions.c.version == number)
    else:
        row = tx.execute(select(datasets.c.lifecycle, datasets.c.deleted_at).where(*_dataset(ctx, name))).first()
        if row is None or row.lifecycle == "active":
            return []
        where.append(versions.c.deleted_at == row.deleted_at)
    back = list(tx.execute(select(versions.c.version).where(*where).order_by(versions.c.version)).scalars())
    if not back:
        return []
    tx.execute(update(versions).where(*where).values(lifecycle="active", deleted_at=None))
    change = {
        "lifecycle": "active",
        "deleted_at": None,
        "latest": _newest(tx, ctx, name),
        "updated_at": ctx.clock.now(),
    }
    tx.execute(update(datasets).where(*_dataset(ctx, name)).values(**change))
    return back


def remove(tx: Connection, ctx: Context, before: datetime) -> list[Any]:
    """Take some versions that were deleted before a moment out of sight for good; returns their name, version and profile run."""
    v = versions.c
    query = select(v.name, v.version, v.profile_run).where(
        v.workspace_id == ctx.workspace_id, v.lifecycle == "deleted", v.deleted_at <= before
    )
    found = tx.execute(query.order_by(v.deleted_at, v.name, v.version).limit(AT_ONCE)).all()
    if found:
        keys = [(row.name, row.version) for row in found]
        these = (v.workspace_id == ctx.workspace_id, tuple_(v.name, v.version).in_(keys))
        tx.execute(update(versions).where(*these).values(lifecycle="removed", deleted_at=ctx.clock.now()))
    return list(found)


def drain(tx: Connection, ctx: Context) -> list[tuple[str, int]]:
    """Remove the rows of some versions that have been out of sight for a day, and of datasets that have none left.

    What their columns mean and how they are split goes with them: the name may come again, and counts from 1 then.
    """
    v, d = versions.c, datasets.c
    over = ctx.clock.now() - OUT_OF_SIGHT
    query = select(v.name, v.version).where(
        v.workspace_id == ctx.workspace_id, v.lifecycle == "removed", v.deleted_at <= over
    )
    keys = [(str(row.name), int(row.version)) for row in tx.execute(query.limit(AT_ONCE))]
    if not keys:
        return []
    tx.execute(delete(versions).where(v.workspace_id == ctx.workspace_id, tuple_(v.name, v.version).in_(keys)))
    for about in (dataset_traits, dataset_splits):
        a = about.c
        tx.execute(delete(about).where(a.workspace_id == ctx.workspace_id, tuple_(a.dataset, a.version).in_(keys)))
    inside = exists().where(v.workspace_id == d.workspace_id, v.name == d.name)
    mine = (d.workspace_id == ctx.workspace_id, d.name.in_(sorted({name for name, _ in keys})), d.lifecycle != "active")
    tx.execute(delete(datasets).where(*mine, ~inside))
    return keys


def count(tx: Connection, ctx: Context, before: datetime) -> int:
    """Return how many versions would be removed."""
    v = versions.c
    query = select(func.count()).where(
        v.workspace_id == ctx.workspace_id, v.lifecycle == "deleted", v.deleted_at <= before
    )
    return int(tx.execute(query).scalar_one())


def with_retention(tx: Connection, ctx: Context) -> list[Any]:
    """Return name and retention of the datasets that have one."""
    d = datasets.c
    query = select(d.name, d.retention).where(
        d.workspace_id == ctx.workspace_id, d.lifecycle == "active", d.retention.is_not(None)
    )
    return list(tx.execute(query.order_by(d.name)))


def ages(tx: Connection, ctx: Context, name: str) -> list[Any]:
    """Return version and created_at of the versions of a dataset, newest first."""
    v = versions.c
    query = select(v.version, v.created_at).where(
        v.workspace_id == ctx.workspace_id, v.name == name, v.lifecycle == "active"
    )
    return list(tx.execute(query.order_by(v.version.desc())))


def _newest(tx: Connection, ctx: Context, name: str) -> int | None:
    v = versions.c
    mine = (v.workspace_id == ctx.workspace_id, v.name == name, v.lifecycle == "active")
    return tx.execute(select(v.version).where(*mine).order_by(*NEWEST).limit(1)).scalar_one_or_none()


def _dataset(ctx: Context, name: str) -> tuple[Any, Any]:
    return datasets.c.workspace_id == ctx.workspace_id, datasets.c.name == name
