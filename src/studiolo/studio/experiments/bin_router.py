"""Routes of the bin: empty it for good."""

from fastapi import APIRouter, Depends

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.studio.experiments import cleanup
from studiolo.studio.experiments.schemas import Cleanup, CleanupRequest

router = APIRouter()


@router.post("/gc")
def clean_up(asked: CleanupRequest, ctx: Context = Depends(context)) -> Cleanup:
    """Remove what has been in the bin too long, and files that nobody names: a second's work, then ask again from `next`."""
    ctx.actor.must("experiments.remove")
    return cleanup.step(ctx, asked)
