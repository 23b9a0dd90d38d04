"""Routes of taking rows."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from starlette.responses import StreamingResponse

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.studio.datasets import names
from studiolo.studio.datasets.rows import service
from studiolo.studio.datasets.rows.schemas import Snippet, Split, SplitCreate, Traits, TraitsPatch

router = APIRouter(prefix="/{name}/versions/{version}")
Version = Annotated[str, "A number, or `latest`"]
ARROW = "application/vnd.apache.arrow.stream"


def _of(name: str, version: str) -> tuple[str, int | None]:
    return names.parse(f"{name}:{version}")


@router.get("/arrow", response_class=Response, responses={200: {"content": {ARROW: {}}}})
def get_arrow(
    name: str,
    version: Version,
    columns: Annotated[list[str] | None, Query(description="All, when none is named")] = None,
    limit: Annotated[int | None, Query(ge=0)] = None,
    offset: Annotated[int, Query(ge=0, description="Rows to leave out first, to go on after a broken connection")] = 0,
    after: Annotated[
        datetime | None, Query(description="Rows of this moment of the timestamp column and later")
    ] = None,
    before: Annotated[datetime | None, Query(description="Rows of this moment and earlier")] = None,
    boundary: Annotated[bool, Query(description="Whether `after` and `before` themselves are in")] = True,
    split: Annotated[str, Query(description="A part of a recorded split: `train`, or `name.train`")] = "",
    ctx: Context = Depends(context),
) -> Response:
    """Send rows as an Arrow IPC stream, in order, in bounded memory; types are exact."""
    ctx.actor.must("datasets.read")
    pieces = service.arrow(
        ctx,
        *_of(name, version),
        columns=columns,
        limit=limit,
        offset=offset,
        after=after,
        before=before,
        boundary=boundary,
        split=split,
    )
    return StreamingResponse(pieces, media_type=ARROW, headers={"Cache-Control": "no-store"})


@router.get("/snippets")
def get_snippets(name: str, version: Version, ctx: Context = Depends(context)) -> list[Snippet]:
    """Return ready code that takes a version: for pandas, Polars, DuckDB and others, and for a job."""
    ctx.actor.must("datasets.read")
    return service.code(ctx, *_of(name, version))


@router.get("/traits")
def get_traits(name: str, version: Version, ctx: Context = Depends(context)) -> Traits:
    """Return what columns mean: the timestamp, the moment in the paths of files, the target of models."""
    ctx.actor.must("datasets.read")
    return service.traits(ctx, *_of(name, version))


@router.patch("/traits")
def set_traits(name: str, version: Version, patch: TraitsPatch, ctx: Context = Depends(context)) -> Traits:
    """Say what columns mean; an empty text takes it away."""
    ctx.actor.must("datasets.write")
    return service.set_traits(ctx, *_of(name, version), patch)


@router.get("/splits")
def list_splits(name: str, version: Version, ctx: Context = Depends(context)) -> list[Split]:
    """List the splits that are recorded with a version."""
    ctx.actor.must("datasets.read")
    return service.splits(ctx, *_of(name, version))


@router.post("/splits", status_code=201)
def create_split(name: str, version: Version, spec: SplitCreate, ctx: Context = Depends(context)) -> Split:
    """Record how rows are split into parts; the same split again is the same."""
    ctx.actor.must("datasets.write")
    return service.create_split(ctx, *_of(name, version), spec)


@router.delete("/splits/{split}", status_code=204)
def remove_split(name: str, version: Version, split: str, ctx: Context = Depends(context)) -> None:
    """Forget a split; what was made with it stays."""
    ctx.actor.must("datasets.write")
    service.remove_split(ctx, *_of(name, version), split)
