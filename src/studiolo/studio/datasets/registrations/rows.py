"""SQL of registrations."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from studiolo.kernel.context import Context
from studiolo.studio.datasets.tables import dataset_registrations as registrations


def insert_(
    tx: Connection,
    ctx: Context,
    run_id: str,
    name: str,
    about: Mapping[str, Any],
    given: str | None,
    upload_id: str | None,
) -> None:
    """Add a registration."""
    values: dict[str, Any] = {
        "run_id": run_id,
        "workspace_id": ctx.workspace_id,
        "name": name,
        "about": dict(about),
        "given": given,
    }
    values |= {"upload_id": upload_id, "created_by": ctx.actor.name, "created_at": ctx.clock.now()}
    tx.execute(insert(registrations).values(**values, existing=False, skipped=[]))


def find(tx: Connection, ctx: Context, run_id: str) -> Any:
    """Return a registration's row, None when it is not there."""
    r = registrations.c
    return tx.execute(select(registrations).where(r.run_id == run_id, r.workspace_id == ctx.workspace_id)).first()


def list_(tx: Connection, ctx: Context, before: tuple[datetime, str] | None, limit: int) -> list[Any]:
    """Return registrations, newest first."""
    r = registrations.c
    query = select(registrations).where(r.workspace_id == ctx.workspace_id)
    if before is not None:
        moment, last = before
        query = query.where((r.created_at < moment) | ((r.created_at == moment) & (r.run_id < last)))
    return list(tx.execute(query.order_by(r.created_at.desc(), r.run_id.desc()).limit(limit)))


def end(
    tx: Connection,
    ctx: Context,
    run_id: str,
    *,
    version: int | None = None,
    existing: bool = False,
    skipped: Sequence[Mapping[str, Any]] = (),
    problem: Mapping[str, Any] | None = None,
) -> None:
    """Keep what a registration came to; the list of what was given is not needed any more."""
    values: dict[str, Any] = {"version": version, "existing": existing, "skipped": [dict(item) for item in skipped]}
    values |= {"problem": dict(problem) if problem else None, "ended_at": ctx.clock.now(), "given": None}
    tx.execute(update(registrations).where(registrations.c.run_id == run_id).values(**values))
