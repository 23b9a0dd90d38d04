"""Routes of drift monitors."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from starlette.responses import FileResponse

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.kernel.paging import Page
from studiolo.studio.datasets.monitors import backfilling, counting, pairs, service
from studiolo.studio.datasets.monitors.results import Comparison
from studiolo.studio.datasets.monitors.schemas import (
    Backfill,
    BackfillCreate,
    FeatureTrend,
    Monitor,
    MonitorCreate,
    MonitorPatch,
    PreviewRequest,
    RunRequest,
    SettingsVersion,
    WindowPreview,
    WindowResult,
)

router = APIRouter(prefix="/monitors")
pair = APIRouter(prefix="/{name}/versions/{version}")
Start = Annotated[datetime | None, Query(description="Windows that begin at this moment or later")]
End = Annotated[datetime | None, Query(description="Windows that begin before this moment")]


@router.get("")
def list_monitors(dataset: str | None = None, ctx: Context = Depends(context)) -> list[Monitor]:
    """List the drift monitors, or those of a dataset, by name."""
    ctx.actor.must("datasets.read")
    return service.list_monitors(ctx, dataset)


@router.post("", status_code=201)
def create_monitor(spec: MonitorCreate, ctx: Context = Depends(context)) -> Monitor:
    """Make a drift monitor."""
    ctx.actor.must("datasets.write")
    return service.create(ctx, spec)


@router.post("/preview")
def preview_windows(spec: PreviewRequest, ctx: Context = Depends(context)) -> WindowPreview:
    """Count the rows of the windows that a monitor would look at, in a child process."""
    ctx.actor.must("datasets.read")
    return counting.preview(ctx, spec)


@router.get("/{monitor}")
def get_monitor(monitor: str, ctx: Context = Depends(context)) -> Monitor:
    """Return a drift monitor: what it does, its state, its newest window."""
    ctx.actor.must("datasets.read")
    return service.get(ctx, monitor)


@router.patch("/{monitor}")
def update_monitor(monitor: str, patch: MonitorPatch, ctx: Context = Depends(context)) -> Monitor:
    """Change a drift monitor; what it has found stays as it was judged."""
    ctx.actor.must("datasets.write")
    return service.update(ctx, monitor, patch)


@router.delete("/{monitor}", status_code=204)
def delete_monitor(monitor: str, ctx: Context = Depends(context)) -> None:
    """Remove a drift monitor with all that it found."""
    ctx.actor.must("datasets.write")
    service.delete(ctx, monitor)


@router.get("/{monitor}/settings")
def list_settings(monitor: str, ctx: Context = Depends(context)) -> list[SettingsVersion]:
    """List the settings as they were, newest first."""
    ctx.actor.must("datasets.read")
    return service.history(ctx, monitor)


@router.get("/{monitor}/windows")
def list_windows(
    monitor: str,
    start: Start = None,
    end: End = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    ctx: Context = Depends(context),
) -> Page[WindowResult]:
    """List windows, newest first, each by the newest settings that it was judged by."""
    ctx.actor.must("datasets.read")
    return service.list_windows(ctx, monitor, start, end, cursor, limit)


@router.post("/{monitor}/windows", status_code=202)
def run_window(monitor: str, request: RunRequest, ctx: Context = Depends(context)) -> WindowResult:
    """Compute a window at once."""
    ctx.actor.must("datasets.write")
    return service.run_now(ctx, monitor, request)


@router.get("/{monitor}/windows/{start}", response_model=Comparison)
def get_window(monitor: str, start: datetime, ctx: Context = Depends(context)) -> Response:
    """Return the comparison of a window: every feature, every measure."""
    ctx.actor.must("datasets.read")
    path = service.window_document(ctx, monitor, start)
    tag = f'"{path.parent.name}{path.name}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    return FileResponse(path, media_type="application/json", headers=headers)


@router.get("/{monitor}/trend")
def get_trend(
    monitor: str, feature: str, start: Start = None, end: End = None, ctx: Context = Depends(context)
) -> FeatureTrend:
    """Return a feature over time, oldest first."""
    ctx.actor.must("datasets.read")
    return service.trend(ctx, monitor, feature, start, end)


@router.get("/{monitor}/backfills")
def list_backfills(monitor: str, ctx: Context = Depends(context)) -> list[Backfill]:
    """List the backfills, newest first."""
    ctx.actor.must("datasets.read")
    return backfilling.list_(ctx, monitor)


@router.post("/{monitor}/backfills", status_code=202)
def create_backfill(monitor: str, spec: BackfillCreate, ctx: Context = Depends(context)) -> Backfill:
    """Begin to compute windows of the past, however many."""
    ctx.actor.must("datasets.write")
    return backfilling.create(ctx, monitor, spec)


@router.delete("/{monitor}/backfills/{id}")
def cancel_backfill(monitor: str, id: str, ctx: Context = Depends(context)) -> Backfill:  # noqa: A002 - the name in the path
    """Stop a backfill; windows that are done stay."""
    ctx.actor.must("datasets.write")
    return backfilling.cancel(ctx, monitor, id)


@pair.get("/drift")
def compare_profiles(
    name: str,
    version: Annotated[str, Path(description="A number, or `latest`")],
    baseline: Annotated[str, Query(description="`name` or `name:version` that it is compared with")],
    threshold: Annotated[float, Query(gt=0, le=100, description="Of the stability index of a column")] = 0.1,
    ctx: Context = Depends(context),
) -> Comparison:
    """Measure how far a version's columns have moved from those of another, from both profiles."""
    ctx.actor.must("datasets.read")
    return pairs.compare(ctx, baseline, f"{name}:{version}", threshold)
