"""Backfills: windows of the past, a few at a time, however many; each goes on from where it stands after any stop."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from studiolo.kernel.context import Context
from studiolo.kernel.ids import new_id
from studiolo.studio.datasets.errors import DatasetNotFound
from studiolo.studio.datasets.monitors import repository, service, submission, windows
from studiolo.studio.datasets.monitors.errors import BackfillNotFound, BadMonitor
from studiolo.studio.datasets.monitors.schemas import Backfill, BackfillCreate, MonitorSettings
from studiolo.studio.experiments import service as experiments

AT_ONCE = 2  # windows of a backfill that are computed at the same time


def create(ctx: Context, name: str, spec: BackfillCreate) -> Backfill:
    """Begin a backfill with the settings of now."""
    start, end = service.aware(spec.start), service.aware(spec.end)
    if start is None or end is None or start >= end:
        raise BadMonitor("The backfill ends before it starts.", "Choose a later end.", field="end")
    with ctx.db.begin() as tx:
        row = service.find(tx, ctx, name)
        settings = _settings(tx, row.id, row.settings_version)
        where = windows.zone(settings.zone)
        end = min(end, ctx.clock.now())
        total = windows.count(start, end, settings.frequency, where)
        if total < 1:
            raise BadMonitor(
                "There is no window in this time that has begun.", "Choose an earlier start.", field="start"
            )
        backfill_id = new_id()
        first = windows.containing(start, settings.frequency, where)
        values = {"id": backfill_id, "monitor": row.id, "settings": row.settings_version, "position": first.start}
        repository.insert_backfill(tx, ctx, {**values, "start": first.start, "end": end, "total": total})
        ctx.events.emit(tx, "monitor.updated", name, {"backfill": backfill_id, "dataset": row.dataset})
        return _shown(ctx, repository.backfill(tx, row.id, backfill_id))


def list_(ctx: Context, name: str) -> list[Backfill]:
    """Return the backfills of a monitor, newest first."""
    with ctx.db.read() as tx:
        return [_shown(ctx, row) for row in repository.backfills_of(tx, service.find(tx, ctx, name).id)]


def cancel(ctx: Context, name: str, backfill_id: str) -> Backfill:
    """Stop a backfill; its windows that are done stay, those under way are told to end."""
    with ctx.db.begin() as tx:
        monitor = service.find(tx, ctx, name)
        row = _find(tx, monitor.id, backfill_id)
        if repository.change_backfill(tx, backfill_id, {"state": "canceled", "updated_at": ctx.clock.now()}):
            under_way = repository.running(tx, monitor.id, backfill=backfill_id)
            experiments.discard(tx, ctx, [one.run_id for one in under_way if one.run_id])
            ctx.events.emit(tx, "monitor.updated", name, {"backfill": backfill_id, "dataset": monitor.dataset})
        row = _find(tx, monitor.id, backfill_id)
    return _shown(ctx, row)


def advance(ctx: Context, row: Any) -> bool:
    """Submit the next windows of a backfill, or end it; True when something was done."""
    with ctx.db.read() as tx:
        under_way = len(repository.running(tx, row.monitor, backfill=row.id))
        settings = _settings(tx, row.monitor, row.settings)
    where = windows.zone(settings.zone)
    if row.position >= row.end or under_way >= AT_ONCE:
        return row.position >= row.end and not under_way and _finish(ctx, row)
    try:
        order = submission.prepare(ctx, row.monitor, row.settings)
    except DatasetNotFound:  # there is nothing to look at any more
        return _finish(ctx, row, "canceled")
    if order.baseline is not None and under_way:
        return False  # the first window keeps what the others need of the baseline
    window = windows.containing(row.position, settings.frequency, where)
    with ctx.db.begin() as tx:
        if not repository.advance_backfill(tx, row.id, row.position, window.end):
            return False
        monitor = repository.lock(tx, row.monitor)
        if monitor is None:
            return False
        if not submission.submit(tx, ctx, monitor, order, window, "backfill", row.id):
            repository.count_window(tx, ctx, row.id, failed=False)  # somebody computes it just now
    return True


def _finish(ctx: Context, row: Any, state: str = "done") -> bool:
    with ctx.db.begin() as tx:
        if not repository.change_backfill(tx, row.id, {"state": state, "updated_at": ctx.clock.now()}):
            return False
        monitor = repository.lock(tx, row.monitor)
        if monitor is not None:
            ctx.events.emit(tx, "monitor.updated", monitor.name, {"backfill": row.id, "dataset": monitor.dataset})
    return True


def _find(tx: Connection, monitor: str, backfill_id: str) -> Any:
    row = repository.backfill(tx, monitor, backfill_id)
    if row is None:
        raise BackfillNotFound(f"There is no backfill '{backfill_id[:40]}'.", "List them.", field="id")
    return row


def _settings(tx: Connection, monitor: str, version: int) -> MonitorSettings:
    return MonitorSettings.model_validate(repository.settings_row(tx, monitor, version).settings)


def _shown(ctx: Context, row: Any) -> Backfill:
    return Backfill(
        id=row.id,
        start=row.start,
        end=row.end,
        state=row.state,
        total=row.total,
        done=row.done,
        failed=row.failed,
        seconds_left=left(row.total, row.done, row.created_at, ctx.clock.now()) if row.state == "running" else None,
        created_at=row.created_at,
        created_by=row.created_by,
    )


def left(total: int, done: int, since: datetime, now: datetime) -> float | None:
    """Return the seconds that are left at the rate so far; None before the third window."""
    if done < 3:
        return None
    return max(0.0, (total - done) * (now - since).total_seconds() / done)
