"""Routes of pipelines: runs, their steps, and components."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import FileResponse, Response

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.kernel.paging import Page
from studiolo.studio.experiments.schemas import Artifact
from studiolo.studio.experiments.service import RunFilter, experiment_filter
from studiolo.studio.pipelines import sent_files, service
from studiolo.studio.pipelines.components import service as components
from studiolo.studio.pipelines.components.schemas import Archive, Component, ComponentCreate, ComponentDetail
from studiolo.studio.pipelines.drafts.router import router as drafts
from studiolo.studio.pipelines.published.router import router as published
from studiolo.studio.pipelines.schemas import (
    Checked,
    PipelineCost,
    PipelineDetail,
    PipelineRun,
    PipelineSpec,
    Rerun,
    StepDebug,
    StepDetail,
    StepState,
)
from studiolo.studio.pipelines.sent_schemas import PipelineRead, SentPipeline

router = APIRouter(prefix="/pipelines", tags=["pipelines"])
router.include_router(drafts)
router.include_router(published)
StepPath = Annotated[str, Query(description="Path of the step, such as `train` or `each/3/fit`.")]


@router.get("/runs")
def list_runs(
    experiment: str | None = None,
    name: Annotated[str, Query(description="A part of the name.")] = "",
    state: Annotated[list[str], Query()] = [],  # noqa: B006 - FastAPI copies it
    live: bool = False,
    cursor: str | None = None,
    limit: int = 50,
    ctx: Context = Depends(context),
) -> Page[PipelineRun]:
    """List pipelines that were submitted, newest first."""
    ctx.actor.must("pipelines.read")
    number = experiment_filter(ctx, experiment)
    where = RunFilter(experiment=number, top_level=True, kinds=["pipeline"], states=state, live=live)
    return service.list_runs(ctx, where, name, cursor, limit)


@router.post("/runs", status_code=201)
def submit_run(spec: PipelineSpec, ctx: Context = Depends(context)) -> PipelineRun:
    """Submit a pipeline."""
    ctx.actor.must("pipelines.write")
    return service.submit(ctx, spec)


@router.post("/check")
def check(spec: PipelineSpec, ctx: Context = Depends(context)) -> Checked:
    """Say all that is wrong with a pipeline, and in which order its steps may run; nothing is kept."""
    ctx.actor.must("pipelines.read")
    return service.check(ctx, spec)


@router.get("/runs/{run_id}")
def get_run(run_id: str, ctx: Context = Depends(context)) -> PipelineDetail:
    """Return a pipeline's run with its graph."""
    ctx.actor.must("pipelines.read")
    return service.get(ctx, run_id)


@router.get("/runs/{run_id}/cost")
def get_run_cost(run_id: str, ctx: Context = Depends(context)) -> PipelineCost:
    """Return what the jobs of a pipeline have cost so far."""
    ctx.actor.must("pipelines.read")
    return service.cost(ctx, run_id)


@router.post("/read")
def read(sent: SentPipeline, ctx: Context = Depends(context)) -> PipelineRead:
    """Read the file of a pipeline whose folder was sent before; nothing is kept."""
    ctx.actor.must("pipelines.write")
    return sent_files.read(ctx, sent)


@router.get("/runs/{run_id}/steps")
def list_steps(
    run_id: str,
    path: Annotated[list[str], Query(description="Only these steps.")] = [],  # noqa: B006
    ctx: Context = Depends(context),
) -> list[StepState]:
    """List the steps of a pipeline and of those nested in it, in the order of the graph."""
    ctx.actor.must("pipelines.read")
    return service.steps(ctx, run_id, path)


@router.get("/runs/{run_id}/parts")
def list_parts(run_id: str, ctx: Context = Depends(context)) -> dict[str, dict[str, str]]:
    """Return what the key of each step is made of, by path."""
    ctx.actor.must("pipelines.read")
    return service.parts(ctx, run_id)


@router.get("/runs/{run_id}/step")
def get_step(run_id: str, path: StepPath, ctx: Context = Depends(context)) -> StepDetail:
    """Return everything about a step: inputs, outputs, and why an earlier result was or was not taken."""
    ctx.actor.must("pipelines.read")
    return service.step(ctx, run_id, path)


@router.get("/runs/{run_id}/step/files")
def list_step_files(
    run_id: str, path: StepPath, output: str, folder: str = "", ctx: Context = Depends(context)
) -> list[Artifact]:
    """List what lies directly below a folder of a step's output."""
    ctx.actor.must("pipelines.read")
    return service.files(ctx, run_id, path, output, folder)


@router.get("/runs/{run_id}/step/file", response_class=FileResponse)
def get_step_file(run_id: str, path: StepPath, output: str, file: str, ctx: Context = Depends(context)) -> Response:
    """Send one file of a step's output."""
    ctx.actor.must("pipelines.read")
    place, name = service.file(ctx, run_id, path, output, file)
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-cache"}
    return FileResponse(place, media_type="application/octet-stream", filename=name, headers=headers)


@router.get("/runs/{run_id}/step/debug")
def get_step_debug(run_id: str, path: StepPath, ctx: Context = Depends(context)) -> StepDebug:
    """Return what it takes to run a step once more somewhere else: its command, variables, code and inputs."""
    ctx.actor.must("pipelines.read")
    return service.debug(ctx, run_id, path)


@router.get("/runs/{run_id}/step/debug/file", response_class=FileResponse)
def get_step_debug_file(
    run_id: str,
    path: StepPath,
    file: str,
    slot: Annotated[str, Query(description="Name of the input; empty: the code.")] = "",
    ctx: Context = Depends(context),
) -> Response:
    """Send one file of a step's code, or of one of its inputs."""
    ctx.actor.must("pipelines.read")
    place, name = service.debug_file(ctx, run_id, path, slot, file)
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-cache"}
    return FileResponse(place, media_type="application/octet-stream", filename=name, headers=headers)


@router.get("/runs/{run_id}/spec")
def get_spec(run_id: str, ctx: Context = Depends(context)) -> PipelineSpec:
    """Return what was submitted, components filled in, to be changed and submitted again."""
    ctx.actor.must("pipelines.read")
    return service.spec(ctx, run_id)


@router.post("/runs/{run_id}/cancel")
def cancel_run(run_id: str, ctx: Context = Depends(context)) -> PipelineRun:
    """Ask a pipeline to stop."""
    ctx.actor.must("pipelines.write")
    return service.cancel(ctx, run_id)


@router.post("/runs/{run_id}/rerun", status_code=201)
def rerun(run_id: str, asked: Rerun, ctx: Context = Depends(context)) -> PipelineRun:
    """Run a pipeline once more, as a new run; `from_failed` takes over the steps that ended well."""
    ctx.actor.must("pipelines.write")
    return service.rerun(ctx, run_id, asked)


@router.get("/components")
def list_components(
    name: Annotated[str, Query(description="A part of the name.")] = "",
    archived: bool = False,
    cursor: str | None = None,
    limit: int = 100,
    ctx: Context = Depends(context),
) -> Page[Component]:
    """List components, the newest version of each, by name."""
    ctx.actor.must("pipelines.read")
    return components.list_(ctx, cursor, limit, name=name, archived=archived)


@router.post("/components", status_code=201)
def register_component(given: ComponentCreate, ctx: Context = Depends(context)) -> Component:
    """Register a version of a component; the same content again is the same version."""
    ctx.actor.must("pipelines.write")
    return components.register(ctx, given)


@router.get("/components/{name}")
def get_component(name: str, version: str = "", ctx: Context = Depends(context)) -> ComponentDetail:
    """Return a version of a component, the newest unless one is named."""
    ctx.actor.must("pipelines.read")
    return components.get(ctx, name, version)


@router.get("/components/{name}/versions")
def list_component_versions(name: str, ctx: Context = Depends(context)) -> list[Component]:
    """List the versions of a component, newest first."""
    ctx.actor.must("pipelines.read")
    return components.versions(ctx, name)


@router.post("/components/{name}/archive")
def archive_component(name: str, asked: Archive, version: str = "", ctx: Context = Depends(context)) -> list[Component]:
    """Put a version of a component, or all, out of the lists, or back."""
    ctx.actor.must("pipelines.write")
    return components.archive(ctx, name, version, archived=asked.archived)
