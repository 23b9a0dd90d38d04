"""Routes of runs and jobs; those of params, metrics and artifacts are in `tracking_router`."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.kernel.paging import Page
from studiolo.kernel.storage.log_pieces import LogChunk
from studiolo.studio.experiments import (
    bin_router,
    browse_router,
    catalog,
    jobs_router,
    overview,
    service,
    traces_router,
    tracking_router,
    waiting,
)
from studiolo.studio.experiments.comparison import router as comparison_router
from studiolo.studio.experiments.environments import router as environments_router
from studiolo.studio.experiments.importing import router as import_router
from studiolo.studio.experiments.mlflow.routes import root_router
from studiolo.studio.experiments.schemas import (
    Document,
    ExperimentCreate,
    ExperimentSummary,
    JobSpec,
    Run,
    Standing,
)
from studiolo.studio.experiments.table import router as table_router

__all__ = ["root_router", "router"]
router = APIRouter(prefix="/experiments", tags=["experiments"])


@router.get("")
def list_experiments(
    cursor: str | None = None,
    limit: int = 100,
    lifecycle: Literal["active", "deleted"] = "active",
    ctx: Context = Depends(context),
) -> Page[ExperimentSummary]:
    """List experiments, newest first, with the number of their runs."""
    ctx.actor.must("experiments.read")
    return overview.list_experiments(ctx, cursor, limit, lifecycle)


@router.post("", status_code=201)
def create_experiment(spec: ExperimentCreate, ctx: Context = Depends(context)) -> ExperimentSummary:
    """Make an experiment."""
    ctx.actor.must("experiments.write")
    return overview.get_experiment(ctx, catalog.create(ctx, spec.name))


@router.post("/runs", status_code=201)
def submit(spec: JobSpec, ctx: Context = Depends(context)) -> Run:
    """Queue a job."""
    ctx.actor.must("experiments.write")
    if spec.secrets:
        ctx.actor.must("secrets.use")  # what slices submit themselves names datastores only
    return service.submit(ctx, spec)


@router.get("/runs")
def list_runs(
    experiment: str | None = None,
    parent_id: str | None = None,
    top_level: bool = False,
    kind: Annotated[list[str], Query()] = [],  # noqa: B006 - FastAPI copies it
    state: Annotated[list[str], Query()] = [],  # noqa: B006
    live: bool = False,
    lifecycle: Literal["active", "deleted"] = "active",
    cursor: str | None = None,
    limit: int = 100,
    ctx: Context = Depends(context),
) -> Page[Run]:
    """List runs, newest first."""
    ctx.actor.must("experiments.read")
    number = service.experiment_filter(ctx, experiment)
    where = service.RunFilter(
        experiment=number,
        parent_id=parent_id,
        top_level=top_level,
        kinds=kind,
        states=state,
        live=live,
        lifecycle=lifecycle,
    )
    return service.list_runs(ctx, where, cursor, limit)


@router.get("/runs/{run_id}")
def get_run(run_id: str, ctx: Context = Depends(context)) -> Run:
    """Return a run."""
    ctx.actor.must("experiments.read")
    return service.get(ctx, run_id)


@router.get("/runs/{run_id}/standing")
async def wait_for_run(
    request: Request,
    run_id: str,
    seconds: Annotated[float, Query(ge=0, le=waiting.MOST, description="How long to wait for the answer.")] = 0,
    version: Annotated[
        int | None, Query(description="Answer when it is another; without it, when the run has ended.")
    ] = None,
    ctx: Context = Depends(context),
) -> Standing:
    """Say how a run stands, when it has ended or changed; after the seconds in any case."""
    ctx.actor.must("experiments.read")
    return await waiting.wait(ctx, request.app.state.news, run_id, version, seconds)


@router.get("/runs/{run_id}/spec")
def get_spec(run_id: str, ctx: Context = Depends(context)) -> JobSpec | None:
    """Return what a job was asked to run; null for a run made by a client."""
    ctx.actor.must("experiments.read")
    return service.spec(ctx, run_id)


@router.post("/runs/{run_id}/cancel")
def cancel(run_id: str, ctx: Context = Depends(context)) -> Run:
    """Ask a job to stop."""
    ctx.actor.must("experiments.write")
    return service.cancel(ctx, run_id)


@router.get("/runs/{run_id}/children")
def list_children(run_id: str, ctx: Context = Depends(context)) -> list[Run]:
    """List the children of a run in the order they were made."""
    ctx.actor.must("experiments.read")
    return service.children(ctx, run_id)


@router.get("/runs/{run_id}/log")
def read_log(
    run_id: str,
    offset: int = 0,
    limit: int = service.LOG_CHUNK,
    numbered: bool = False,
    line: Annotated[int | None, Query(ge=1, description="Line to begin at, from 1; instead of `offset`.")] = None,
    attempt: Annotated[int | None, Query(ge=1, description="Of which attempt; the newest by default.")] = None,
    ctx: Context = Depends(context),
) -> LogChunk:
    """Return a piece of a job's log from a byte offset; negative: from so many bytes before the end.

    `numbered` says which line the piece begins in, which costs reading what is before it.
    """
    ctx.actor.must("experiments.read")
    return service.read_log(ctx, run_id, offset, limit, numbered=numbered, line=line, attempt=attempt)


@router.get("/runs/{run_id}/documents")
def list_documents(run_id: str, ctx: Context = Depends(context)) -> list[Document]:
    """List the documents that a job wrote about itself."""
    ctx.actor.must("experiments.read")
    return service.documents(ctx, run_id)


@router.get("/runs/{run_id}/documents/{name:path}")
def get_document(run_id: str, name: str, ctx: Context = Depends(context)) -> Any:
    """Return a document; null when it is not there yet."""
    ctx.actor.must("experiments.read")
    return service.document(ctx, run_id, name)


router.include_router(jobs_router.router)
router.include_router(environments_router.router)
router.include_router(traces_router.router)
router.include_router(comparison_router.router)
router.include_router(bin_router.router)
router.include_router(table_router.router)
router.include_router(browse_router.router)
router.include_router(import_router.router)
router.include_router(tracking_router.router)  # after /runs: it has /{experiment_id}
