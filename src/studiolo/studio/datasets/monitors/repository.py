"""All SQL of drift monitors."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from studiolo.kernel.context import Context
from studiolo.kernel.db.prepared import Prepared
from studiolo.studio.datasets.monitors.schemas import Cause, WindowResult
from studiolo.studio.datasets.monitors.tables import drift_backfills as backfills
from studiolo.studio.datasets.monitors.tables import drift_monitors as monitors
from studiolo.studio.datasets.monitors.tables import drift_settings as settings
from studiolo.studio.datasets.monitors.tables import drift_windows as windows

Row = Any
TOP = 5
_SUMMARY = [column for column in windows.c if column.name not in ("features", "result")]


def insert_monitor(tx: Connection, ctx: Context, values: Mapping[str, Any]) -> bool:
    """Add a monitor; False when there is one of this name."""
    now = ctx.clock.now()
    row = {**values, "workspace_id": ctx.workspace_id, "created_at": now, "updated_at": now}
    row["created_by"] = ctx.actor.name
    change = ctx.db.upsert(monitors).values(**row).on_conflict_do_nothing(index_elements=["workspace_id", "name"])
    return tx.execute(change.returning(monitors.c.id)).first() is not None


def find(tx: Connection, ctx: Context, name: str) -> Row | None:
    """Return a monitor of the workspace."""
    where = (monitors.c.workspace_id == ctx.workspace_id, monitors.c.name == name)
    return tx.execute(select(monitors).where(*where)).first()


def lock(tx: Connection, monitor: str) -> Row | None:
    """Return a monitor by its id and hold its row until the end of the transaction."""
    return tx.execute(select(monitors).where(monitors.c.id == monitor).with_for_update()).first()


def every(tx: Connection, ctx: Context, dataset: str | None = None) -> list[Row]:
    """Return the monitors of the workspace, or of a dataset, by name."""
    query = select(monitors).where(monitors.c.workspace_id == ctx.workspace_id)
    if dataset:
        query = query.where(monitors.c.dataset == dataset)
    return list(tx.execute(query.order_by(monitors.c.name).limit(1000)))


# asked at every tick of the controller, and to build a statement takes longer than to run it
_DUE = Prepared(
    select(monitors)
    .where(
        monitors.c.workspace_id == bindparam("workspace_id"), monitors.c.enabled, monitors.c.due_at <= bindparam("now")
    )
    .order_by(monitors.c.due_at)
    .limit(100)
)
_OPEN_BACKFILLS = Prepared(
    select(backfills)
    .where(backfills.c.workspace_id == bindparam("workspace_id"), backfills.c.state == "running")
    .order_by(backfills.c.id)
    .limit(100)
)


def due(tx: Connection, ctx: Context, now: datetime) -> list[Row]:
    """Return the monitors whose schedule has a window to look at, those that wait longest first."""
    return _DUE.all(tx, {"workspace_id": ctx.workspace_id, "now": now})


def change(tx: Connection, monitor: str, values: Mapping[str, Any]) -> None:
    """Change columns of a monitor."""
    tx.execute(update(monitors).where(monitors.c.id == monitor).values(**values))


def advance(tx: Connection, monitor: str, before: datetime, position: datetime, due_at: datetime) -> bool:
    """Move the schedule on; False when somebody else has."""
    where = (monitors.c.id == monitor, monitors.c.position == before)
    return tx.execute(update(monitors).where(*where).values(position=position, due_at=due_at)).rowcount == 1


def remove(tx: Connection, monitor: str) -> None:
    """Delete a monitor with all that it found."""
    for table in (windows, backfills, settings):
        tx.execute(delete(table).where(table.c.monitor == monitor))
    tx.execute(delete(monitors).where(monitors.c.id == monitor))


def insert_settings(tx: Connection, ctx: Context, monitor: str, version: int, document: Mapping[str, Any]) -> None:
    """Add a version of settings."""
    row = {"monitor": monitor, "version": version, "settings": dict(document)}
    tx.execute(insert(settings).values(**row, created_at=ctx.clock.now(), created_by=ctx.actor.name))


def settings_row(tx: Connection, monitor: str, version: int) -> Row:
    """Return a version of settings."""
    return tx.execute(select(settings).where(settings.c.monitor == monitor, settings.c.version == version)).one()


def settings_rows(tx: Connection, monitor: str) -> list[Row]:
    """Return the versions of the settings, newest first."""
    query = select(settings).where(settings.c.monitor == monitor)
    return list(tx.execute(query.order_by(settings.c.version.desc()).limit(1000)))


def keep_reference(tx: Connection, monitor: str, version: int, reference: str, sample: str) -> None:
    """Keep what the first window found out about the baseline."""
    where = (settings.c.monitor == monitor, settings.c.version == version, settings.c.reference.is_(None))
    tx.execute(update(settings).where(*where).values(reference=reference, sample=sample))


def begin_window(tx: Connection, ctx: Context, values: Mapping[str, Any]) -> bool:
    """Add a window that is being computed, or begin it anew; False when it is being computed already."""
    row = {**values, "state": "running", "why": "", "error": "", "updated_at": ctx.clock.now()}
    insertion = ctx.db.upsert(windows).values(**row)
    keys = ["monitor", "start", "settings"]
    again = insertion.on_conflict_do_update(
        index_elements=keys,
        set_={key: value for key, value in row.items() if key not in keys},
        where=windows.c.state != "running",
    )
    return tx.execute(again.returning(windows.c.start)).first() is not None


def name_run(tx: Connection, monitor: str, start: datetime, version: int, run_id: str) -> None:
    """Say which job computes a window."""
    where = (windows.c.monitor == monitor, windows.c.start == start, windows.c.settings == version)
    tx.execute(update(windows).where(*where).values(run_id=run_id))


def finish_window(tx: Connection, ctx: Context, run_id: str, values: Mapping[str, Any]) -> Row | None:
    """Keep what a job found; returns the window, None when another job has it, or it is gone."""
    where = (windows.c.run_id == run_id, windows.c.state == "running")
    if not tx.execute(update(windows).where(*where).values(**values, updated_at=ctx.clock.now())).rowcount:
        return None
    return tx.execute(select(windows).where(windows.c.run_id == run_id)).first()


def fail_window(
    tx: Connection, ctx: Context, monitor: str, version: int, span: tuple[datetime, datetime], origin: str, error: str
) -> None:
    """Keep that a window could not even be begun. span: its start and end."""
    start, end = span
    values = {"monitor": monitor, "start": start, "settings": version, "end": end, "origin": origin}
    if begin_window(tx, ctx, values):
        where = (windows.c.monitor == monitor, windows.c.start == start, windows.c.settings == version)
        tx.execute(update(windows).where(*where).values(state="failed", error=error))


def running(tx: Connection, monitor: str, **equal: Any) -> list[Row]:
    """Return the windows of a monitor that are being computed; equal: columns and their values."""
    query = select(*_SUMMARY).where(windows.c.monitor == monitor, windows.c.state == "running")
    for name, value in equal.items():
        query = query.where(windows.c[name] == value)
    return list(tx.execute(query))


def runs(tx: Connection, monitor: str) -> list[str]:
    """Return the jobs that computed, or compute, the windows of a monitor."""
    query = select(windows.c.run_id).where(windows.c.monitor == monitor, windows.c.run_id.is_not(None))
    return list(tx.execute(query).scalars())


def window(tx: Connection, monitor: str, start: datetime, version: int | None = None) -> Row | None:
    """Return a window, by the newest settings that it was judged by."""
    query = select(windows).where(windows.c.monitor == monitor, windows.c.start == start)
    if version is not None:
        query = query.where(windows.c.settings == version)
    return tx.execute(query.order_by(windows.c.settings.desc()).limit(1)).first()


def newest(tx: Connection, monitor: str, start: datetime | None) -> Row | None:
    """Return the window that the state follows; before there is one, the newest that a backfill has judged."""
    if start is not None:
        return window(tx, monitor, start)
    query = select(windows).where(windows.c.monitor == monitor, windows.c.state == "done")
    return tx.execute(query.order_by(windows.c.start.desc(), windows.c.settings.desc()).limit(1)).first()


def between(
    tx: Connection,
    monitor: str,
    start: datetime | None,
    end: datetime | None,
    before: datetime | None,
    limit: int,
) -> list[Row]:
    """Return windows, newest first, each by the newest settings that it was judged by. before: a start, not included."""
    latest = (
        select(windows.c.start, func.max(windows.c.settings).label("settings"))
        .where(windows.c.monitor == monitor)
        .group_by(windows.c.start)
    )
    if start is not None:
        latest = latest.where(windows.c.start >= start)
    for bound in (end, before):
        if bound is not None:
            latest = latest.where(windows.c.start < bound)
    chosen = latest.order_by(windows.c.start.desc()).limit(limit).subquery()
    query = (
        select(windows)
        .join(chosen, (chosen.c.start == windows.c.start) & (chosen.c.settings == windows.c.settings))
        .where(windows.c.monitor == monitor)
    )
    return list(tx.execute(query.order_by(windows.c.start.desc())))


def insert_backfill(tx: Connection, ctx: Context, values: Mapping[str, Any]) -> None:
    """Add a backfill."""
    now = ctx.clock.now()
    row = {**values, "workspace_id": ctx.workspace_id, "state": "running", "created_at": now, "updated_at": now}
    tx.execute(insert(backfills).values(**row, done=0, failed=0, created_by=ctx.actor.name))


def backfill(tx: Connection, monitor: str, backfill_id: str) -> Row | None:
    """Return a backfill of a monitor."""
    return tx.execute(select(backfills).where(backfills.c.id == backfill_id, backfills.c.monitor == monitor)).first()


def backfills_of(tx: Connection, monitor: str) -> list[Row]:
    """Return the backfills of a monitor, newest first."""
    query = select(backfills).where(backfills.c.monitor == monitor)
    return list(tx.execute(query.order_by(backfills.c.id.desc()).limit(100)))


def open_backfills(tx: Connection, ctx: Context) -> list[Row]:
    """Return the backfills that go on, oldest first."""
    return _OPEN_BACKFILLS.all(tx, {"workspace_id": ctx.workspace_id})


def change_backfill(tx: Connection, backfill_id: str, values: Mapping[str, Any]) -> bool:
    """Change columns of a backfill that goes on; False when it does not."""
    where = (backfills.c.id == backfill_id, backfills.c.state == "running")
    return tx.execute(update(backfills).where(*where).values(**values)).rowcount == 1


def advance_backfill(tx: Connection, backfill_id: str, before: datetime, position: datetime) -> bool:
    """Move a backfill on; False when somebody else has, or it has ended."""
    where = (backfills.c.id == backfill_id, backfills.c.position == before, backfills.c.state == "running")
    return tx.execute(update(backfills).where(*where).values(position=position)).rowcount == 1


def count_window(tx: Connection, ctx: Context, backfill_id: str, *, failed: bool) -> None:
    """Say that a window of a backfill is over."""
    values: dict[str, Any] = {"done": backfills.c.done + 1, "updated_at": ctx.clock.now()}
    if failed:
        values["failed"] = backfills.c.failed + 1
    tx.execute(update(backfills).where(backfills.c.id == backfill_id).values(**values))


def to_window(row: Row) -> WindowResult:
    """Make the noun of a window's row."""
    fields = {name: getattr(row, name) for name in WindowResult.model_fields if name != "top"}
    return WindowResult(**fields, top=[Cause(name=n, psi=p, drifting=d) for n, p, d in (row.features or [])[:TOP]])


def shorten(features: Sequence[tuple[str, float, bool]]) -> list[list[Any]]:
    """Return a window's features as they are kept for trends."""
    return [[name, round(psi, 6), drifting] for name, psi, drifting in features]
