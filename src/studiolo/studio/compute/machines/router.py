"""Routes of attached machines."""

from fastapi import APIRouter, Depends

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.studio.compute.machines import service
from studiolo.studio.compute.machines.schemas import (
    Machine,
    MachineCheck,
    MachineCreate,
    MachineNode,
    MachinePatch,
    MachineTry,
)

router = APIRouter(prefix="/machines")


@router.get("")
def list_machines(ctx: Context = Depends(context)) -> list[Machine]:
    """List the attached machines, with what runs on them."""
    ctx.actor.must("compute.read")
    return service.list_(ctx)


@router.post("", status_code=201)
def attach_machine(spec: MachineCreate, ctx: Context = Depends(context)) -> Machine:
    """Attach a machine and try to reach it; its `check` says what came of that."""
    ctx.actor.must("compute.write")
    return service.create(ctx, spec)


@router.post("/try")
def try_machine(spec: MachineTry, ctx: Context = Depends(context)) -> MachineCheck:
    """Try a connection that is not saved. Without a host key the answer shows the machine's."""
    ctx.actor.must("compute.write")
    return service.try_out(ctx, spec)


@router.get("/{name}")
def get_machine(name: str, ctx: Context = Depends(context)) -> Machine:
    """Return a machine with what runs on it."""
    ctx.actor.must("compute.read")
    return service.get(ctx, name)


@router.get("/{name}/nodes")
def list_nodes(name: str, ctx: Context = Depends(context)) -> list[MachineNode]:
    """List the nodes of a machine that has some, such as a Slurm or a Ray, as they are now. 502 when it does not answer."""
    ctx.actor.must("compute.read")
    return service.nodes(ctx, name)


@router.patch("/{name}")
def update_machine(name: str, patch: MachinePatch, ctx: Context = Depends(context)) -> Machine:
    """Change a machine; what is left out stays."""
    ctx.actor.must("compute.write")
    return service.update(ctx, name, patch)


@router.post("/{name}/check")
def check_machine(name: str, ctx: Context = Depends(context)) -> MachineCheck:
    """Try to reach a machine, and keep what came of it."""
    ctx.actor.must("compute.write")
    return service.check(ctx, name)


@router.delete("/{name}", status_code=204)
def detach_machine(name: str, force: bool = False, ctx: Context = Depends(context)) -> None:
    """Forget a machine and its credentials; nothing on it is deleted. 409 while jobs run on it, unless forced."""
    ctx.actor.must("compute.write")
    service.detach(ctx, name, force=force)
