"""Routes of the table of runs: search, count, groups, names of columns, changes to many, export, saved views."""

from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.kernel.paging import Page
from studiolo.studio.experiments.errors import ExportStopped
from studiolo.studio.experiments.table import bulk as run_bulk
from studiolo.studio.experiments.table import columns as run_columns
from studiolo.studio.experiments.table import export as run_export
from studiolo.studio.experiments.table import exports as run_exports
from studiolo.studio.experiments.table import groups as run_groups
from studiolo.studio.experiments.table import rows as run_table
from studiolo.studio.experiments.table import views as run_views
from studiolo.studio.experiments.table.schemas import (
    BulkChange,
    BulkResult,
    ColumnValues,
    GroupSearch,
    RunColumns,
    RunCount,
    RunCountSearch,
    RunExport,
    RunExportSpec,
    RunGroups,
    RunRecord,
    RunSearch,
    RunView,
    RunViewChange,
    RunViewSpec,
)

router = APIRouter()
Several = Annotated[list[str], Query()]


class Attachment(StreamingResponse):
    """A file that may be stopped: its reply is left without an end, and the server closes the line."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file."""
        with suppress(ExportStopped):
            await super().__call__(scope, receive, send)


def _attached(form: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="runs.{form}"', "X-Content-Type-Options": "nosniff"}


@router.post("/search")
def search_runs(wanted: RunSearch, ctx: Context = Depends(context)) -> Page[RunRecord]:
    """Find runs with their params, latest metrics and tags, by MLflow's filter and order."""
    ctx.actor.must("experiments.read")
    return run_table.search(ctx, wanted)


@router.post("/count")
def count_runs(wanted: RunCountSearch, ctx: Context = Depends(context)) -> RunCount:
    """Count the runs that match."""
    ctx.actor.must("experiments.read")
    return run_table.count(ctx, wanted)


@router.post("/groups")
def group_runs(wanted: GroupSearch, ctx: Context = Depends(context)) -> RunGroups:
    """Group runs by values of params, tags or attributes, with the spread of their metrics."""
    ctx.actor.must("experiments.read")
    return run_groups.groups(ctx, wanted)


@router.get("/columns")
def list_columns(experiment: Several = [], text: str = "", ctx: Context = Depends(context)) -> RunColumns:  # noqa: B006
    """List the names of params, metrics and tags that runs of some experiments have, most used first."""
    ctx.actor.must("experiments.read")
    return run_columns.columns(ctx, experiment, text[:250])


@router.get("/columns/values")
def list_values(
    of: str,
    experiment: Several = [],  # noqa: B006
    text: str = "",
    ctx: Context = Depends(context),
) -> ColumnValues:
    """List the values that runs have most often for a param, tag or attribute."""
    ctx.actor.must("experiments.read")
    return run_columns.values(ctx, of, experiment, text[:250])


@router.post("/bulk")
def change_runs(change: BulkChange, ctx: Context = Depends(context)) -> BulkResult:
    """Delete, restore or tag many runs: those named, all or none; or all that match."""
    ctx.actor.must("experiments.write")
    return run_bulk.change_many(ctx, change)


@router.get("/export", response_class=StreamingResponse)
def export_runs(
    format: run_export.Format = "csv",  # noqa: A002 - what people write in the address
    experiment: Several = [],  # noqa: B006
    filter: Annotated[str, Query(max_length=10_000)] = "",  # noqa: A002
    order_by: Several = [],  # noqa: B006
    column: Annotated[list[str] | None, Query()] = None,
    lifecycle: Annotated[str, Query(pattern="^(active|deleted|all)$")] = "active",
    top_level: bool = False,
    ctx: Context = Depends(context),
) -> StreamingResponse:
    """Send all runs that match as a file; without `column`: all that they recorded."""
    ctx.actor.must("experiments.read")
    wanted = RunSearch.model_validate(
        {
            "experiments": experiment,
            "filter": filter,
            "order_by": order_by,
            "columns": column,
            "lifecycle": lifecycle,
            "top_level": top_level,
        }
    )
    pieces = run_export.stream(ctx, wanted, format)
    return StreamingResponse(pieces, media_type=run_export.MEDIA[format], headers=_attached(format))


@router.post("/exports", status_code=201)
def begin_export(spec: RunExportSpec, ctx: Context = Depends(context)) -> RunExport:
    """Begin a file of all runs that match; its content is loaded from `/exports/{id}/content`, once or again."""
    ctx.actor.must("experiments.read")
    return run_exports.begin(ctx, spec)


@router.get("/exports/{export_id}")
def get_export(export_id: str, ctx: Context = Depends(context)) -> RunExport:
    """Say how far a file is."""
    ctx.actor.must("experiments.read")
    return run_exports.get(ctx, export_id)


@router.delete("/exports/{export_id}")
def cancel_export(export_id: str, ctx: Context = Depends(context)) -> RunExport:
    """Stop writing a file; who loads it sees that it broke off."""
    ctx.actor.must("experiments.read")
    return run_exports.cancel(ctx, export_id)


@router.get("/exports/{export_id}/content", response_class=StreamingResponse)
def send_export(export_id: str, ctx: Context = Depends(context)) -> StreamingResponse:
    """Send the file as it is written."""
    ctx.actor.must("experiments.read")
    form, pieces = run_exports.send(ctx, export_id)
    return Attachment(pieces, media_type=run_export.MEDIA[form], headers=_attached(form))


@router.get("/views")
def list_views(ctx: Context = Depends(context)) -> list[RunView]:
    """List one's own saved views and the shared ones."""
    ctx.actor.must("experiments.read")
    return run_views.list_views(ctx)


@router.post("/views", status_code=201)
def create_view(spec: RunViewSpec, ctx: Context = Depends(context)) -> RunView:
    """Save a view of the table of runs; a shared one needs the right to write."""
    ctx.actor.must("experiments.read")
    return run_views.create(ctx, spec)


@router.patch("/views/{view_id}")
def change_view(view_id: str, wanted: RunViewChange, ctx: Context = Depends(context)) -> RunView:
    """Change a saved view."""
    ctx.actor.must("experiments.read")
    return run_views.change(ctx, view_id, wanted)


@router.delete("/views/{view_id}", status_code=204)
def delete_view(view_id: str, ctx: Context = Depends(context)) -> None:
    """Delete a saved view."""
    ctx.actor.must("experiments.read")
    run_views.remove(ctx, view_id)
