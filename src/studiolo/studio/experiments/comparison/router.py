"""Routes of comparing runs."""

from fastapi import APIRouter, Depends

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.studio.experiments.comparison import code, differences, files, selections, service
from studiolo.studio.experiments.comparison.schemas import (
    CodeComparison,
    CompareRequest,
    DiffRequest,
    FileDiff,
    FileTable,
    RunChoice,
    RunComparison,
    Selection,
)

router = APIRouter(prefix="/compare")


@router.post("")
def compare_runs(wanted: CompareRequest, ctx: Context = Depends(context)) -> RunComparison:
    """Put at most 200 runs beside each other: params, metrics and tags as rows, with what differs marked."""
    ctx.actor.must("experiments.read")
    return service.compare(ctx, wanted)


@router.post("/artifacts")
def compare_artifacts(wanted: RunChoice, ctx: Context = Depends(context)) -> FileTable:
    """Compare the files of runs and of the models they logged by content."""
    ctx.actor.must("experiments.read")
    return files.compare_artifacts(ctx, wanted.run_ids)


@router.post("/code")
def compare_code(wanted: RunChoice, ctx: Context = Depends(context)) -> CodeComparison:
    """Compare code, commits and packages of runs."""
    ctx.actor.must("experiments.read")
    return code.compare_code(ctx, wanted.run_ids)


@router.post("/diff")
def diff_file(wanted: DiffRequest, ctx: Context = Depends(context)) -> FileDiff:
    """Compare one file of two runs line by line."""
    ctx.actor.must("experiments.read")
    return differences.diff(ctx, wanted)


@router.post("/selections")
def keep_selection(wanted: RunChoice, ctx: Context = Depends(context)) -> Selection:
    """Give a set of runs a short name for links; it says nothing that its members do not show."""
    ctx.actor.must("experiments.read")
    return selections.keep(ctx, wanted.run_ids)


@router.get("/selections/{selection_id}")
def get_selection(selection_id: str, ctx: Context = Depends(context)) -> Selection:
    """Return a stored set of runs."""
    ctx.actor.must("experiments.read")
    return selections.get(ctx, selection_id)
