"""The part of drift monitors in the controller's tick: windows that are due become jobs, results are taken, states follow.

Level-triggered: each round reads what is due. A window and the schedule's step over it are one transaction, so that a controller
that is killed anywhere submits it once; a result, the state that follows and the alarm about it are another.
"""

import logging
from datetime import timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.studio.datasets.errors import DatasetNotFound
from studiolo.studio.datasets.monitors import alarms, backfilling, exchange, repository, submission, windows
from studiolo.studio.datasets.monitors.comparing import rank
from studiolo.studio.datasets.monitors.results import Comparison
from studiolo.studio.datasets.monitors.schemas import MonitorSettings
from studiolo.studio.experiments import artifacts
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.errors import ArtifactNotFound
from studiolo.studio.experiments.schemas import JobSpec, Run

log = logging.getLogger(__name__)


def tick(ctx: Context) -> bool:
    """Take what jobs have found, submit what is due; True when there was anything."""
    busy = _take(ctx)
    with ctx.db.glance() as tx:
        due = repository.due(tx, ctx, ctx.clock.now())
        going = repository.open_backfills(tx, ctx)
    for row in due:
        busy = schedule(ctx, row) or busy
    for row in going:
        busy = backfilling.advance(ctx, row) or busy
    return busy


def schedule(ctx: Context, row: Any) -> bool:
    """Submit the window that the schedule stands at; one at a time, so that alarms come in order of the windows."""
    with ctx.db.read() as tx:
        if repository.running(tx, row.id, origin="schedule"):
            return False
        settings = MonitorSettings.model_validate(repository.settings_row(tx, row.id, row.settings_version).settings)
    where = windows.zone(settings.zone)
    window = windows.containing(row.position, settings.frequency, where)
    after = windows.following(window, settings.frequency, where)
    due_at = after.end + timedelta(hours=settings.latency_hours)
    order, trouble, gone = None, "", False
    try:
        order = submission.prepare(ctx, row.id, row.settings_version)
    except (
        StudioloError
    ) as error:  # the window says so, and the schedule goes on, unless there is nothing to look at any more
        trouble, gone = str(error), isinstance(error, DatasetNotFound)
    with ctx.db.begin() as tx:
        if not repository.advance(tx, row.id, row.position, after.start, due_at):
            return False
        if order is not None:
            submission.submit(tx, ctx, row, order, window, "schedule")
        else:
            repository.fail_window(tx, ctx, row.id, row.settings_version, window, "schedule", trouble)
            if gone:
                alarms.stop(tx, ctx, row, window.start, trouble)
            else:
                alarms.broken(tx, ctx, row, window.start, trouble)
        ctx.events.emit(tx, "monitor.updated", row.name, {"dataset": row.dataset})
    return True


def _take(ctx: Context) -> bool:
    with ctx.db.glance() as tx:
        ended = experiments.unconsumed(tx, ctx, submission.KIND)
    for run, job in ended:
        found, error = _result(ctx, run)
        with ctx.db.begin() as tx:
            _keep(tx, ctx, run, job, found, error)
            experiments.consume(tx, run.id)
    return bool(ended)


def _result(ctx: Context, run: Run) -> tuple[Comparison | None, str]:
    if run.state != "Completed":
        return None, run.error or f"Its job ended as {run.state}."
    try:
        with ctx.db.read() as tx:
            digest = artifacts.find(tx, ctx, run.id, exchange.RESULT_FILE).digest
        return Comparison.model_validate_json(ctx.blobs.path(digest).read_bytes()), ""
    except (ArtifactNotFound, ValidationError):
        return None, "Its job left no result that can be read."


def _keep(tx: Connection, ctx: Context, run: Run, job: JobSpec, found: Comparison | None, error: str) -> None:
    """Write down a result, keep the baseline for the windows to come, and let state and alarm follow."""
    monitor = repository.lock(tx, str(job.context.get("monitor", "")))
    if monitor is None:
        return
    window = repository.finish_window(tx, ctx, run.id, _columns(tx, ctx, run, found, error))
    if window is None:
        return
    if window.backfill:
        repository.count_window(tx, ctx, window.backfill, failed=found is None)
    if found is not None:
        _keep_reference(tx, ctx, run, window)
    alarms.follow(tx, ctx, monitor, window, found)
    ctx.events.emit(
        tx, "monitor.updated", monitor.name, {"dataset": monitor.dataset, "window": window.start.isoformat()}
    )


def _columns(tx: Connection, ctx: Context, run: Run, found: Comparison | None, error: str) -> dict[str, Any]:
    if found is None:
        return {"state": "canceled" if run.state == "Canceled" else "failed", "error": error, "drifting": None}
    digest = artifacts.find(tx, ctx, run.id, exchange.RESULT_FILE).digest
    ctx.blobs.keep(digest)
    ranked = [(one.name, one.psi, one.drifting) for one in sorted(found.features, key=rank) if one.psi is not None]
    return {
        "state": "done" if found.enough else "too_few",
        "rows": found.all_rows,
        "magnitude": found.magnitude.value if found.magnitude else None,
        "floor": found.magnitude.floor if found.magnitude else None,
        "drifting": found.drifting if found.enough else None,
        "drifting_features": sum(one.drifting for one in found.features),
        "features": repository.shorten(ranked),
        "why": found.why,
        "error": "",
        "result": digest,
    }


def _keep_reference(tx: Connection, ctx: Context, run: Run, window: Any) -> None:
    try:
        kept = [
            artifacts.find(tx, ctx, run.id, name).digest for name in (exchange.REFERENCE_FILE, exchange.SAMPLE_FILE)
        ]
    except ArtifactNotFound:  # the job was given what an earlier one had kept
        return
    if all(ctx.blobs.keep(digest) for digest in kept):
        repository.keep_reference(tx, window.monitor, window.settings, kept[0], kept[1])
