"""Routes of traces."""

from fastapi import APIRouter, Depends

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.kernel.paging import Page
from studiolo.studio.experiments import trace_overview, traces
from studiolo.studio.experiments.trace_schemas import (
    Trace,
    TraceChange,
    TraceDelete,
    TracesDeleted,
    TraceSearch,
    TraceSummary,
)

router = APIRouter(prefix="/traces")


@router.post("/search")
def search_traces(wanted: TraceSearch, ctx: Context = Depends(context)) -> Page[TraceSummary]:
    """Find traces of an experiment, a run, or the workspace."""
    ctx.actor.must("experiments.read")
    return trace_overview.search(ctx, wanted)


@router.post("/delete")
def delete_traces(wanted: TraceDelete, ctx: Context = Depends(context)) -> TracesDeleted:
    """Delete traces for good."""
    ctx.actor.must("experiments.write")
    return TracesDeleted(deleted=traces.remove_many(ctx, wanted.ids))


@router.get("/{trace_id}")
def get_trace(trace_id: str, ctx: Context = Depends(context)) -> Trace:
    """Return a trace with its spans."""
    ctx.actor.must("experiments.read")
    return trace_overview.get(ctx, trace_id)


@router.patch("/{trace_id}")
def change_trace(trace_id: str, change: TraceChange, ctx: Context = Depends(context)) -> Trace:
    """Write or remove tags of a trace."""
    ctx.actor.must("experiments.write")
    traces.change_tags(ctx, trace_id, change.tags)
    return trace_overview.get(ctx, trace_id)
