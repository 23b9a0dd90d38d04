"""Routes of drafts."""

from fastapi import APIRouter, Depends

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.kernel.paging import Page
from studiolo.studio.pipelines.drafts import service
from studiolo.studio.pipelines.drafts.schemas import Draft, DraftDetail, DraftSave
from studiolo.studio.pipelines.schemas import PipelineRun

router = APIRouter(prefix="/drafts")


@router.get("")
def list_drafts(cursor: str | None = None, limit: int = 100, ctx: Context = Depends(context)) -> Page[Draft]:
    """List drafts of pipelines by name."""
    ctx.actor.must("pipelines.read")
    return service.list_(ctx, cursor, limit)


@router.get("/{name}")
def get_draft(name: str, ctx: Context = Depends(context)) -> DraftDetail:
    """Return a draft with what it holds."""
    ctx.actor.must("pipelines.read")
    return service.get(ctx, name)


@router.put("/{name}")
def save_draft(name: str, given: DraftSave, ctx: Context = Depends(context)) -> DraftDetail:
    """Keep a draft: a new one, or with `version` in place of the one that was read. It need not be right or complete."""
    ctx.actor.must("pipelines.write")
    return service.save(ctx, name, given)


@router.delete("/{name}", status_code=204)
def remove_draft(name: str, ctx: Context = Depends(context)) -> None:
    """Remove a draft; what was submitted of it stays."""
    ctx.actor.must("pipelines.write")
    service.remove(ctx, name)


@router.post("/{name}/runs", status_code=201)
def submit_draft(name: str, ctx: Context = Depends(context)) -> PipelineRun:
    """Submit a draft, which stays."""
    ctx.actor.must("pipelines.write")
    return service.submit(ctx, name)
