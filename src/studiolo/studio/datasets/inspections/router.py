"""Routes of inspections."""

from fastapi import APIRouter, Depends

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.studio.datasets.inspections import service
from studiolo.studio.datasets.inspections.schemas import FormatNoun, Inspection, InspectionRequest

router = APIRouter()


@router.get("/formats")
def list_formats(ctx: Context = Depends(context)) -> list[FormatNoun]:
    """List the formats that can be read, and which options of `Reading` each heeds."""
    ctx.actor.must("datasets.read")
    return service.formats()


@router.post("/inspections")
def inspect(asked: InspectionRequest, ctx: Context = Depends(context)) -> Inspection:
    """Look at the beginnings of files and say what they would be as a table; keeps nothing."""
    ctx.actor.must("datasets.write")
    if asked.source.type == "datastore":
        ctx.actor.must("datastores.read")
    if asked.source.type == "sql":
        ctx.actor.must("datastores.write")  # as for a query of its page: it may call functions of the database
    return service.inspect(ctx, asked)
