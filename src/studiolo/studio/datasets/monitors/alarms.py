"""The state of a monitor, and who is told when it changes: ok → drifting → resolved, once per change."""

from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Connection

from studiolo.kernel.context import Context
from studiolo.studio.datasets.monitors import repository
from studiolo.studio.datasets.monitors.results import Comparison
from studiolo.studio.datasets.monitors.schemas import MonitorSettings, MonitorState
from studiolo.studio.workspace.notices import posting
from studiolo.studio.workspace.notices.schemas import Notice

DETECTED, RESOLVED, FAILED = "drift.detected", "drift.resolved", "drift.failed"


def following(state: str, *, drifting: bool) -> tuple[MonitorState, Literal["detected", "resolved"] | None]:
    """Return the state after a window, and what to tell of it.

    >>> following("ok", drifting=True), following("drifting", drifting=True), following("drifting", drifting=False)
    (('drifting', 'detected'), ('drifting', None), ('resolved', 'resolved'))
    """
    if drifting:
        return "drifting", None if state == "drifting" else "detected"
    return ("resolved", "resolved") if state == "drifting" else ("ok", None)


def follow(tx: Connection, ctx: Context, monitor: Any, window: Any, found: Comparison | None) -> None:
    """Let the monitor's state follow a window, in the transaction that keeps it, and tell of a change.

    Backfills, windows older than the state, and results of earlier settings change nothing.
    """
    if window.origin == "backfill" or window.settings != monitor.settings_version:
        return
    if monitor.judged is not None and window.start < monitor.judged:
        return
    if found is None:
        if window.state == "failed":
            broken(tx, ctx, monitor, window.start, window.error)
        return
    if not found.enough:
        return
    state, told = following(monitor.state, drifting=found.drifting)
    values: dict[str, Any] = {"judged": window.start, "state": state}
    if state != monitor.state:
        values["state_since"] = window.start
    repository.change(tx, monitor.id, values)
    if told is None:
        return
    settings = MonitorSettings.model_validate(repository.settings_row(tx, monitor.id, window.settings).settings)
    size = found.magnitude.value if found.magnitude else None
    drifting = [one.name for one in found.features if one.drifting]
    data = {
        "monitor": monitor.name,
        "dataset": monitor.dataset,
        "version": window.version,
        "start": window.start.isoformat(),
        "end": window.end.isoformat(),
        "magnitude": size,
        "why": found.why,
        "features": drifting[:20],
    }
    ctx.events.emit(tx, DETECTED if told == "detected" else RESOLVED, monitor.name, data)
    when = f"{window.start:%Y-%m-%d %H:%M} – {window.end:%Y-%m-%d %H:%M} UTC"
    if told == "detected":
        title, text = f"{monitor.dataset} drifts", f"Monitor {monitor.name}, {when}: {found.why}."
    else:
        title, text = (
            f"{monitor.dataset} no longer drifts",
            f"Monitor {monitor.name}, {when}: back within its thresholds.",
        )
    notice = Notice(
        kind=DETECTED if told == "detected" else RESOLVED,
        severity="warning" if told == "detected" else "good",
        title=title,
        text=text,
        href=_page(monitor, window.start),
        key=f"{told}:{monitor.id}:{window.start.isoformat()}:{window.run_id}",
    )
    posting.post(tx, ctx, notice, mail_to=settings.recipients)


def stop(tx: Connection, ctx: Context, monitor: Any, start: Any, error: str) -> None:
    """Switch a monitor off whose dataset is gone, and tell once: enabled again, it goes on."""
    repository.change(tx, monitor.id, {"enabled": False, "state": "stopped", "state_since": ctx.clock.now()})
    notice = Notice(
        kind=FAILED,
        severity="problem",
        title=f"Monitor {monitor.name} has stopped",
        text=f"{error} Restore the dataset and enable the monitor again, or delete the monitor.",
        href=f"datasets/monitors/{monitor.name}",
        key=f"stopped:{monitor.id}:{start.isoformat()}",
    )
    posting.post(tx, ctx, notice)


def broken(tx: Connection, ctx: Context, monitor: Any, start: Any, error: str) -> None:
    """Tell, in the studio only, that a window could not be judged; once until one can be again."""
    notice = Notice(
        kind=FAILED,
        severity="problem",
        title=f"Monitor {monitor.name} could not look at a window",
        text=f"{start:%Y-%m-%d %H:%M} UTC: {error}",
        href=_page(monitor, start),
        key=f"failed:{monitor.id}:{monitor.judged.isoformat() if monitor.judged else ''}",
    )
    posting.post(tx, ctx, notice)


def _page(monitor: Any, start: datetime) -> str:
    """Return the address of a window; with Z, for the + of an offset means a space in an address."""
    return f"datasets/monitors/{monitor.name}?window={start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
