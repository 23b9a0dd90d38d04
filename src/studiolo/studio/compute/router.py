"""Routes of compute."""

from fastapi import APIRouter, Depends

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.studio.compute import service
from studiolo.studio.compute.clusters import router as clusters
from studiolo.studio.compute.machines import kinds
from studiolo.studio.compute.machines import router as machines
from studiolo.studio.compute.machines.schemas import MachineKind
from studiolo.studio.compute.node_logs import router as node_logs
from studiolo.studio.compute.schemas import Compute

router = APIRouter(prefix="/compute", tags=["compute"])
router.include_router(clusters.router)  # before /{name}
router.include_router(machines.router)
router.include_router(node_logs.router)


@router.get("")
def list_computes(ctx: Context = Depends(context)) -> list[Compute]:
    """List the places where jobs run, with what runs there and how limits are kept."""
    ctx.actor.must("compute.read")
    return service.list_(ctx)


@router.get("/kinds")
def list_kinds(ctx: Context = Depends(context)) -> list[MachineKind]:
    """List the kinds of machines that can be attached, with what is to be filled in for each."""
    ctx.actor.must("compute.read")
    return kinds.shown()


@router.get("/{name}")
def get_compute(name: str, ctx: Context = Depends(context)) -> Compute:
    """Return one of them."""
    ctx.actor.must("compute.read")
    return service.show(ctx, name)
