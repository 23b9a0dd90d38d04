"""Routes of datastores."""

from fastapi import APIRouter, Depends

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.studio.datastores import service
from studiolo.studio.datastores.schemas import Datastore

router = APIRouter(prefix="/datastores", tags=["datastores"])


@router.get("")
def list_datastores(ctx: Context = Depends(context)) -> list[Datastore]:
    """List the datastores, the default one first."""
    ctx.actor.must("datastores.read")
    return service.list_all(ctx)


@router.get("/{name}")
def get_datastore(name: str, ctx: Context = Depends(context)) -> Datastore:
    """Return a datastore."""
    ctx.actor.must("datastores.read")
    return service.get(ctx, name)
