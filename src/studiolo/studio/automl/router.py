"""Routes of AutoML."""

from typing import Any

from fastapi import APIRouter, Depends

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.kernel.paging import Page
from studiolo.studio.automl import service
from studiolo.studio.automl.schemas import AutoMLRun, AutoMLSpec, Columns, Guardrail, Importance, Leaderboard, Options

router = APIRouter(prefix="/automl", tags=["automl"])


@router.get("/options")
def get_options(ctx: Context = Depends(context)) -> Options:
    """Return tasks, metrics and learners to choose from."""
    ctx.actor.must("automl.read")
    return service.options(ctx)


@router.post("/runs", status_code=201)
def submit(spec: AutoMLSpec, ctx: Context = Depends(context)) -> AutoMLRun:
    """Queue an AutoML run."""
    ctx.actor.must("automl.write")
    return service.submit(ctx, spec)


@router.get("/runs")
def list_runs(cursor: str | None = None, limit: int = 50, ctx: Context = Depends(context)) -> Page[AutoMLRun]:
    """List AutoML runs, newest first."""
    ctx.actor.must("automl.read")
    return service.list_runs(ctx, cursor, limit)


@router.get("/runs/{run_id}")
def get_run(run_id: str, ctx: Context = Depends(context)) -> AutoMLRun:
    """Return an AutoML run with its best model so far and, at the end, the summary."""
    ctx.actor.must("automl.read")
    return service.get(ctx, run_id)


@router.get("/runs/{run_id}/leaderboard")
def get_leaderboard(run_id: str, ctx: Context = Depends(context)) -> Leaderboard:
    """Return the models so far, best first."""
    ctx.actor.must("automl.read")
    return service.leaderboard(ctx, run_id)


@router.get("/runs/{run_id}/guardrails")
def get_guardrails(run_id: str, ctx: Context = Depends(context)) -> list[Guardrail]:
    """Return the checks of the data."""
    ctx.actor.must("automl.read")
    return service.guardrails(ctx, run_id)


@router.get("/runs/{run_id}/columns")
def get_columns(run_id: str, ctx: Context = Depends(context)) -> Columns | None:
    """Return how each column is used; null before the table was read."""
    ctx.actor.must("automl.read")
    return service.columns(ctx, run_id)


@router.get("/runs/{run_id}/importance")
def get_importance(run_id: str, ctx: Context = Depends(context)) -> Importance | None:
    """Return which columns the served model uses; null before the end."""
    ctx.actor.must("automl.read")
    return service.importance(ctx, run_id)


@router.get("/runs/{run_id}/charts/{child}")
def get_charts(run_id: str, child: str, ctx: Context = Depends(context)) -> dict[str, Any]:
    """Return the numbers behind the charts of one row of the leaderboard; child: the row's id."""
    ctx.actor.must("automl.read")
    found = service.charts(ctx, run_id, child)
    if found is None:
        raise service.not_found(run_id, child)
    return found
