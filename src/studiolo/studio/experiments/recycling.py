"""The bin: what is deleted stays in it for the retention time, and comes back as it went in."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, select, update

from studiolo.kernel.context import Context
from studiolo.studio.experiments.schemas import Experiment, Run
from studiolo.studio.experiments.tables import runs

Binned = TypeVar("Binned", bound=Run | Experiment)
_GENERATIONS = 10


def dated(ctx: Context, items: Sequence[Binned]) -> list[Binned]:
    """Say of what is in the bin when it will be removed."""
    keep = timedelta(days=ctx.settings.retention_days)
    for item in items:
        if item.deleted_at:
            item.remove_at = item.deleted_at + keep
    return list(items)


def removable_before(ctx: Context, days: float | None = None) -> datetime:
    """Return the moment before which things must have been deleted to be removed now."""
    return ctx.clock.now() - timedelta(days=ctx.settings.retention_days if days is None else days)


def put_in(tx: Connection, run_id: str, seq: int, now: datetime) -> None:
    """Put a run in the bin, with what a job of the studio made below it: trials are nothing without their job.

    Children that a client made are runs of their own, as in MLflow: they stay.
    """
    below = [row.seq for row in _made_below(tx, run_id) if row.deleted_at is None]
    change = update(runs).where(runs.c.seq.in_([seq, *below]), runs.c.lifecycle == "active")
    tx.execute(change.values(lifecycle="deleted", deleted_at=now))


def take_out(tx: Connection, run_id: str, seq: int) -> None:
    """Take a run out of the bin, with what went in together with it."""
    since = tx.execute(select(runs.c.deleted_at).where(runs.c.seq == seq)).scalar_one()
    below = [row.seq for row in _made_below(tx, run_id) if row.deleted_at == since]
    change = update(runs).where(runs.c.seq.in_([seq, *below]))
    tx.execute(change.values(lifecycle="active", deleted_at=None))


def put_in_all(tx: Connection, experiment: int, now: datetime) -> None:
    """Put the runs of an experiment in the bin."""
    change = update(runs).where(runs.c.experiment == experiment, runs.c.lifecycle == "active")
    tx.execute(change.values(lifecycle="deleted", deleted_at=now))


def take_out_all(tx: Connection, experiment: int, since: datetime | None) -> None:
    """Take the runs that went with their experiment out of the bin; those deleted before it stay there."""
    where = [runs.c.experiment == experiment, runs.c.lifecycle == "deleted"]
    if since is not None:
        where.append(runs.c.deleted_at == since)
    tx.execute(update(runs).where(*where).values(lifecycle="active", deleted_at=None))


def _made_below(tx: Connection, run_id: str) -> list[Any]:
    """Return the runs below a run that the studio itself made."""
    found: list[Any] = []
    parents = [run_id]
    for _ in range(_GENERATIONS):
        query = select(runs.c.seq, runs.c.id, runs.c.deleted_at)
        rows = tx.execute(query.where(runs.c.parent_id.in_(parents), runs.c.kind != "run")).all()
        found += rows
        parents = [row.id for row in rows]
        if not parents:
            break
    return found
