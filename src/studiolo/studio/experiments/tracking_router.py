"""Routes of experiments and of what runs recorded."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import FileResponse, Response

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.studio.experiments import catalog, curves, lineage, overview, run_files
from studiolo.studio.experiments.curve_schemas import CurveRequest, Curves
from studiolo.studio.experiments.delivery import FileReply
from studiolo.studio.experiments.schemas import (
    Artifact,
    Edge,
    ExperimentCreate,
    ExperimentSummary,
    Metric,
    RunOverview,
    Series,
)

router = APIRouter()


@router.post("/curves", response_model=Curves)
def draw_curves(wanted: CurveRequest, ctx: Context = Depends(context)) -> Response:
    """Return metrics of up to 200 runs for charts, cut to a range of the axis and thinned to logged points."""
    ctx.actor.must("experiments.read")
    return Response(curves.encoded(ctx, wanted), media_type="application/json")


@router.get("/{experiment_id}")
def get_experiment(experiment_id: str, ctx: Context = Depends(context)) -> ExperimentSummary:
    """Return an experiment by its id."""
    ctx.actor.must("experiments.read")
    return overview.get_experiment(ctx, experiment_id)


@router.patch("/{experiment_id}")
def rename_experiment(experiment_id: str, spec: ExperimentCreate, ctx: Context = Depends(context)) -> ExperimentSummary:
    """Rename an experiment."""
    ctx.actor.must("experiments.write")
    catalog.rename(ctx, experiment_id, spec.name)
    return overview.get_experiment(ctx, experiment_id)


@router.delete("/{experiment_id}", status_code=204)
def delete_experiment(experiment_id: str, ctx: Context = Depends(context)) -> None:
    """Put an experiment and its runs in the bin."""
    ctx.actor.must("experiments.write")
    catalog.delete(ctx, experiment_id)


@router.post("/{experiment_id}/restore")
def restore_experiment(experiment_id: str, ctx: Context = Depends(context)) -> ExperimentSummary:
    """Take an experiment and its runs out of the bin."""
    ctx.actor.must("experiments.write")
    catalog.restore(ctx, experiment_id)
    return overview.get_experiment(ctx, experiment_id)


@router.get("/runs/{run_id}/overview")
def get_overview(run_id: str, ctx: Context = Depends(context)) -> RunOverview:
    """Return a run with what was recorded on it."""
    ctx.actor.must("experiments.read")
    return overview.overview(ctx, run_id)


@router.get("/runs/{run_id}/params")
def get_params(run_id: str, ctx: Context = Depends(context)) -> dict[str, str]:
    """Return the params of a run."""
    ctx.actor.must("experiments.read")
    return overview.overview(ctx, run_id).params


@router.get("/runs/{run_id}/tags")
def get_tags(run_id: str, ctx: Context = Depends(context)) -> dict[str, str]:
    """Return the tags of a run."""
    ctx.actor.must("experiments.read")
    return overview.overview(ctx, run_id).tags


@router.get("/runs/{run_id}/metrics")
def get_metrics(run_id: str, ctx: Context = Depends(context)) -> list[Metric]:
    """Return the latest point, the lowest and the highest of every metric."""
    ctx.actor.must("experiments.read")
    return overview.overview(ctx, run_id).metrics


@router.get("/runs/{run_id}/history")
def get_history(
    run_id: str, key: Annotated[list[str], Query()], limit: int = overview.MAX_POINTS, ctx: Context = Depends(context)
) -> list[Series]:
    """Return histories of metrics for charts, thinned to at most 2,000 logged points that keep the peaks."""
    ctx.actor.must("experiments.read")
    return overview.history(ctx, run_id, key, limit)


@router.get("/runs/{run_id}/lineage")
def get_lineage(run_id: str, ctx: Context = Depends(context)) -> list[Edge]:
    """List what a run was made from, and what was made from it."""
    ctx.actor.must("experiments.read")
    with ctx.db.read() as tx:
        return lineage.around(tx, ctx, f"run:{run_id}")


@router.get("/runs/{run_id}/artifacts")
def list_artifacts(run_id: str, path: str = "", ctx: Context = Depends(context)) -> list[Artifact]:
    """List the files and folders directly below a folder of a run."""
    ctx.actor.must("experiments.read")
    with ctx.db.read() as tx:
        return run_files.children(tx, ctx, run_id, path)


@router.get("/runs/{run_id}/artifacts/content", response_class=FileResponse)
def get_artifact(run_id: str, path: str, inline: bool = False, ctx: Context = Depends(context)) -> FileResponse:
    """Send a file of a run; `inline` shows pictures and text in place, everything else is a download."""
    ctx.actor.must("experiments.read")
    with ctx.db.read() as tx:
        stored = run_files.find(tx, ctx, run_id, path)
    return FileReply(ctx.blobs.path(stored.digest), path, stored.digest, inline=inline)
