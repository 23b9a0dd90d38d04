"""The verbs of drift monitors."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from studiolo.kernel.context import Context
from studiolo.kernel.ids import new_id
from studiolo.kernel.paging import Page, bounded, decode, encode
from studiolo.studio.datasets import names
from studiolo.studio.datasets import service as datasets
from studiolo.studio.datasets.monitors import features, repository, submission, windows
from studiolo.studio.datasets.monitors.errors import (
    BadMonitor,
    MonitorExists,
    MonitorNotFound,
    WindowNotFound,
    WindowRunning,
)
from studiolo.studio.datasets.monitors.results import Comparison
from studiolo.studio.datasets.monitors.schemas import (
    FeatureTrend,
    Monitor,
    MonitorCreate,
    MonitorPatch,
    MonitorSettings,
    RunRequest,
    SettingsVersion,
    TrendPoint,
    WindowResult,
)
from studiolo.studio.experiments import service as experiments

TREND = 1000  # windows


def create(ctx: Context, spec: MonitorCreate) -> Monitor:
    """Make a monitor; raises BadMonitor with the field that does not fit its tables."""
    name = names.checked(spec.name)
    settings = checked(ctx, MonitorSettings.model_validate(spec.model_dump(include=set(MonitorSettings.model_fields))))
    where = windows.zone(settings.zone)
    first = windows.containing(aware(spec.since) or ctx.clock.now(), settings.frequency, where)
    monitor = new_id()
    values = {
        "name": name,
        "id": monitor,
        "dataset": settings.target.dataset,
        "description": spec.description,
        "enabled": spec.enabled,
        "settings_version": 1,
        "state": "waiting",
        "position": first.start,
        "due_at": first.end + timedelta(hours=settings.latency_hours),
    }
    with ctx.db.begin() as tx:
        if not repository.insert_monitor(tx, ctx, values):
            raise MonitorExists(name)
        repository.insert_settings(tx, ctx, monitor, 1, settings.model_dump(mode="json"))
        ctx.events.emit(tx, "monitor.created", name, {"dataset": settings.target.dataset})
    return get(ctx, name)


def checked(ctx: Context, settings: MonitorSettings) -> MonitorSettings:
    """Return the settings with the baseline pinned to a version; raises BadMonitor with the field that does not fit."""
    windows.zone(settings.zone)
    windows.zone(settings.target.zone)
    target = datasets.get(ctx, settings.target.dataset)
    base = datasets.get(ctx, settings.baseline.dataset, settings.baseline.version)
    _moments(target.table, settings.target.timestamp, "target.timestamp", target.reference)
    if settings.baseline.start or settings.baseline.end or settings.baseline.timestamp:
        _moments(base.table, settings.baseline.timestamp or "", "baseline.timestamp", base.reference)
    start, end = aware(settings.baseline.start), aware(settings.baseline.end)
    if start and end and start >= end:
        raise BadMonitor("The baseline ends before it starts.", "Choose a later end.", field="baseline.end")
    known = {column.name for column in target.table.columns}
    for field, chosen in (("features", settings.features), ("thresholds", settings.thresholds)):
        strange = [name for name in chosen if name not in known]
        if strange:
            raise BadMonitor(
                f"{target.reference} has no column '{strange[0][:100]}'.", "Choose among its columns.", field=field
            )
    kept, left = features.choose(base.table, target.table, settings)
    if not kept:
        said = "; ".join(f"{name}: {why}" for name, why in list(left.items())[:4])
        raise BadMonitor(
            f"There is no column to compare ({said}).", "Choose features that both tables have.", field="features"
        )
    baseline = settings.baseline.model_copy(update={"version": base.version, "start": start, "end": end})
    return settings.model_copy(update={"baseline": baseline})


def aware(moment: datetime | None) -> datetime | None:
    """Return a moment in UTC; one without a zone is taken as UTC."""
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _moments(table: Any, column: str, field: str, reference: str) -> None:
    found = next((one for one in table.columns if one.name == column), None)
    if found is None:
        said = f"{reference} has no column '{column[:100]}'." if column else "The column of moments is not named."
    elif found.type not in features.MOMENTS:
        said = f"{column} of {reference} holds {found.type}, not dates or moments."
    else:
        return
    fit = [one.name for one in table.columns if one.type in features.MOMENTS]
    raise BadMonitor(said, f"These would do: {', '.join(fit[:8]) or 'none'}.", field=field)


def list_monitors(ctx: Context, dataset: str | None = None) -> list[Monitor]:
    """Return the monitors of the workspace, or those of a dataset, by name."""
    with ctx.db.read() as tx:
        return [_shown(tx, row) for row in repository.every(tx, ctx, dataset)]


def get(ctx: Context, name: str) -> Monitor:
    """Return a monitor; raises MonitorNotFound."""
    with ctx.db.read() as tx:
        return _shown(tx, find(tx, ctx, name))


def find(tx: Connection, ctx: Context, name: str) -> Any:
    """Return the row of a monitor; raises MonitorNotFound."""
    row = repository.find(tx, ctx, name)
    if row is None:
        raise MonitorNotFound(name)
    return row


def update(ctx: Context, name: str, patch: MonitorPatch) -> Monitor:
    """Change a monitor. Changed settings are a new version: what was found stays as it was judged.

    A monitor that is enabled again goes on with the window that is open now; what it slept through is for a backfill.
    """
    settings = checked(ctx, patch.settings) if patch.settings else None
    if patch.enabled and settings is None:
        _must_be_there(ctx, name)
    with ctx.db.begin() as tx:
        row = find(tx, ctx, name)
        row = repository.lock(tx, row.id) or row
        current = _settings(tx, row)
        values: dict[str, Any] = {"updated_at": ctx.clock.now()}
        if patch.description is not None:
            values["description"] = patch.description
        if settings is not None and settings != current:
            if settings.target.dataset != current.target.dataset:
                raise BadMonitor(
                    f"'{name}' watches {current.target.dataset}.", "Make another monitor.", field="target.dataset"
                )
            values["settings_version"] = row.settings_version + 1
            repository.insert_settings(tx, ctx, row.id, row.settings_version + 1, settings.model_dump(mode="json"))
            values |= _open_window(ctx, settings, row.position, moved=settings.frequency != current.frequency)
        if patch.enabled is not None and patch.enabled != row.enabled:
            values["enabled"] = patch.enabled
            if patch.enabled:
                if row.state == "stopped":
                    values |= {"state": "waiting", "state_since": ctx.clock.now()}
                values |= _open_window(ctx, settings or current, row.position, moved=True)
        repository.change(tx, row.id, values)
        ctx.events.emit(tx, "monitor.updated", name, {"dataset": row.dataset})
    return get(ctx, name)


def _must_be_there(ctx: Context, name: str) -> None:
    """Raise DatasetNotFound where a monitor that is to be enabled has nothing to watch, or nothing to compare it with."""
    with ctx.db.read() as tx:
        row = find(tx, ctx, name)
        settings = _settings(tx, row)
    if not row.enabled:
        datasets.get(ctx, settings.target.dataset)
        datasets.get(ctx, settings.baseline.dataset, settings.baseline.version)


def _open_window(ctx: Context, settings: MonitorSettings, position: datetime, *, moved: bool) -> dict[str, Any]:
    """Return where the schedule stands: at the open window when it was moved, else where it was."""
    where = windows.zone(settings.zone)
    at = ctx.clock.now() if moved else position
    window = windows.containing(at, settings.frequency, where)
    return {"position": window.start, "due_at": window.end + timedelta(hours=settings.latency_hours)}


def delete(ctx: Context, name: str) -> None:
    """Remove a monitor with all that it found; its jobs go into the bin, and are told to end where they run."""
    with ctx.db.begin() as tx:
        row = find(tx, ctx, name)
        _drop(tx, ctx, row)


def _drop(tx: Connection, ctx: Context, row: Any) -> None:
    experiments.discard(tx, ctx, repository.runs(tx, row.id))
    repository.remove(tx, row.id)
    ctx.events.emit(tx, "monitor.deleted", row.name, {"dataset": row.dataset})


def history(ctx: Context, name: str) -> list[SettingsVersion]:
    """Return the versions of the settings, newest first."""
    with ctx.db.read() as tx:
        rows = repository.settings_rows(tx, find(tx, ctx, name).id)
    return [
        SettingsVersion(
            version=row.version,
            settings=MonitorSettings.model_validate(row.settings),
            created_at=row.created_at,
            created_by=row.created_by,
        )
        for row in rows
    ]


def list_windows(
    ctx: Context,
    name: str,
    start: datetime | None = None,
    end: datetime | None = None,
    cursor: str | None = None,
    limit: int = 200,
) -> Page[WindowResult]:
    """Return windows, newest first. start, end: windows that begin in between."""
    keys, limit = decode(cursor, 1), bounded(limit)
    before = datetime.fromisoformat(str(keys[0])) if keys else None
    with ctx.db.read() as tx:
        row = find(tx, ctx, name)
        found = repository.between(tx, row.id, aware(start), aware(end), before, limit + 1)
    items = [repository.to_window(one) for one in found[:limit]]
    return Page(items=items, next=encode(items[-1].start.isoformat()) if len(found) > limit else None)


def window_document(ctx: Context, name: str, start: datetime) -> Path:
    """Return the file that holds the comparison of a window as JSON; raises WindowNotFound."""
    with ctx.db.read() as tx:
        row = repository.window(tx, find(tx, ctx, name).id, _utc(start))
    if row is None or row.result is None:
        said = "has not been looked at" if row is None else f"has no result: it is {row.state}"
        raise WindowNotFound(
            f"The window of {start.isoformat()} {said}.", "Compute it: run, or a backfill.", field="start"
        )
    return ctx.blobs.path(row.result)


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def comparison(ctx: Context, name: str, start: datetime) -> Comparison:
    """Return the comparison of a window; raises WindowNotFound."""
    return Comparison.model_validate_json(window_document(ctx, name, start).read_bytes())


def trend(
    ctx: Context, name: str, feature: str, start: datetime | None = None, end: datetime | None = None
) -> FeatureTrend:
    """Return a feature over the newest thousand windows of a time, oldest first."""
    with ctx.db.read() as tx:
        row = find(tx, ctx, name)
        settings = _settings(tx, row)
        found = repository.between(tx, row.id, aware(start), aware(end), None, TREND)
    points = []
    for one in reversed(found):
        values = {entry[0]: entry for entry in one.features or []}
        if feature in values:
            _, psi, drifting = values[feature]
            points.append(TrendPoint(start=one.start, psi=psi, drifting=drifting, magnitude=one.magnitude))
    threshold = settings.thresholds.get(feature, settings.feature_threshold)
    return FeatureTrend(feature=feature, threshold=threshold, points=points)


def run_now(ctx: Context, name: str, request: RunRequest) -> WindowResult:
    """Compute a window at once; raises WindowRunning when it is being computed."""
    with ctx.db.read() as tx:
        row = find(tx, ctx, name)
        settings = _settings(tx, row)
    where = windows.zone(settings.zone)
    moment = aware(request.moment)
    if moment is None:
        window = windows.preceding(
            windows.containing(ctx.clock.now(), settings.frequency, where), settings.frequency, where
        )
    else:
        window = windows.containing(moment, settings.frequency, where)
    order = submission.prepare(ctx, row.id, row.settings_version)
    with ctx.db.begin() as tx:
        if not submission.submit(tx, ctx, row, order, window, "request"):
            raise WindowRunning(f"The window of {window.start.isoformat()} is being computed.", "Wait for it.")
        ctx.events.emit(tx, "monitor.updated", name, {"dataset": row.dataset})
        found = repository.window(tx, row.id, window.start, row.settings_version)
    return repository.to_window(found)


def _settings(tx: Connection, row: Any) -> MonitorSettings:
    return MonitorSettings.model_validate(repository.settings_row(tx, row.id, row.settings_version).settings)


def _shown(tx: Connection, row: Any) -> Monitor:
    last = repository.newest(tx, row.id, row.judged)
    live: Sequence[Any] = repository.running(tx, row.id)
    return Monitor(
        name=row.name,
        description=row.description,
        enabled=row.enabled,
        state=row.state,
        state_since=row.state_since,
        settings=_settings(tx, row),
        settings_version=row.settings_version,
        next_window=row.position if row.enabled else None,
        next_at=row.due_at if row.enabled else None,
        running=len(live),
        last=repository.to_window(last) if last is not None else None,
        created_at=row.created_at,
        created_by=row.created_by,
        updated_at=row.updated_at,
    )
