"""Routes of datasets."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.kernel.paging import Page
from studiolo.studio.datasets import names, profiling, service, uploads
from studiolo.studio.datasets.explore import router as explore
from studiolo.studio.datasets.inspections import router as inspections
from studiolo.studio.datasets.monitors import router as monitors
from studiolo.studio.datasets.profile_schemas import Profile
from studiolo.studio.datasets.quality import router as quality_router
from studiolo.studio.datasets.registrations_router import router as registrations_router
from studiolo.studio.datasets.rows.router import router as rows_router
from studiolo.studio.datasets.schemas import (
    Dataset,
    DatasetCreate,
    DatasetCreated,
    DatasetPatch,
    DatasetVersion,
    Preview,
    ProfileAsked,
    SampleTable,
    VersionSummary,
)
from studiolo.studio.datasets.versions_router import Version, sent
from studiolo.studio.datasets.versions_router import router as versions_router
from studiolo.studio.experiments.schemas import Edge

router = APIRouter(prefix="/datasets", tags=["datasets"])
router.include_router(monitors.router)  # before /{name}
router.include_router(explore.router)
router.include_router(inspections.router)

BYTES = {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"format": "binary"}}}}}


@router.get("")
def list_datasets(
    search: str = "",
    cursor: str | None = None,
    limit: int = 100,
    deleted: bool = False,
    ctx: Context = Depends(context),
) -> Page[Dataset]:
    """List datasets, last changed first; search: a part of the name; deleted: those in the bin."""
    ctx.actor.must("datasets.read")
    return service.list_datasets(ctx, search, cursor, limit, deleted=deleted)


@router.post("/uploads", status_code=201, openapi_extra=BYTES)
async def upload(
    request: Request, spec: Annotated[DatasetCreate, Query()], ctx: Context = Depends(context)
) -> DatasetCreated:
    """Create a dataset, or its next version, from the file that is the body, and start its profile."""
    ctx.actor.must("datasets.write")
    checked = service.check(spec)
    length = request.headers.get("content-length", "")
    writer = await uploads.receive(ctx, request.stream(), int(length) if length.isdigit() else None)
    return await run_in_threadpool(service.create, ctx, checked, writer)


@router.get("/samples")
def list_samples(ctx: Context = Depends(context)) -> list[SampleTable]:
    """List the tables that come with the studio."""
    ctx.actor.must("datasets.read")
    return service.list_samples(ctx)


@router.post("/samples/{sample}", status_code=201)
def create_sample(sample: str, ctx: Context = Depends(context)) -> DatasetCreated:
    """Make a dataset of a table that comes with the studio."""
    ctx.actor.must("datasets.write")
    return service.create_sample(ctx, sample)


router.include_router(registrations_router)


@router.get("/{name}")
def get_dataset(name: str, ctx: Context = Depends(context)) -> Dataset:
    """Return a dataset with its newest version."""
    ctx.actor.must("datasets.read")
    return service.get_dataset(ctx, name)


@router.patch("/{name}")
def update_dataset(name: str, patch: DatasetPatch, ctx: Context = Depends(context)) -> Dataset:
    """Change description, tags or retention."""
    ctx.actor.must("datasets.write")
    return service.update(ctx, name, patch)


@router.get("/{name}/versions")
def list_versions(name: str, deleted: bool = False, ctx: Context = Depends(context)) -> list[VersionSummary]:
    """List the versions, newest first; deleted: those in the bin."""
    ctx.actor.must("datasets.read")
    return service.list_versions(ctx, name, deleted=deleted)


@router.get("/{name}/versions/{version}")
def get_version(name: str, version: Version, ctx: Context = Depends(context)) -> DatasetVersion:
    """Return a version: its files, columns, how it is read, and where its profile is."""
    ctx.actor.must("datasets.read")
    return service.get(ctx, *names.parse(f"{name}:{version}"))


@router.get("/{name}/versions/{version}/preview")
def get_preview(
    name: str,
    version: Version,
    rows: Annotated[int, Query(ge=1, le=service.PREVIEW_LIMIT)] = 100,
    ctx: Context = Depends(context),
) -> Preview:
    """Return the first rows without reading the file through."""
    ctx.actor.must("datasets.read")
    name, number = names.parse(f"{name}:{version}")
    return service.preview(ctx, name, number, rows)


@router.get("/{name}/versions/{version}/profile", response_model=Profile)
def get_profile(name: str, version: Version, ctx: Context = Depends(context)) -> Response:
    """Return the profile; 409 while its job runs, with `state` and `run_id`."""
    ctx.actor.must("datasets.read")
    name, number = names.parse(f"{name}:{version}")
    return sent(profiling.document(ctx, name, number), "application/json")


@router.post("/{name}/versions/{version}/profile", status_code=202)
def profile_again(
    name: str, version: Version, asked: ProfileAsked | None = None, ctx: Context = Depends(context)
) -> DatasetVersion:
    """Compute the profile once more: exactly, or for a target. The old one stays until the new one is there."""
    ctx.actor.must("datasets.write")
    name, number = names.parse(f"{name}:{version}")
    return service.profile_again(ctx, name, number, asked)


@router.delete("/{name}/versions/{version}/profile")
def cancel_profile(name: str, version: Version, ctx: Context = Depends(context)) -> DatasetVersion:
    """Stop computing the profile; an earlier one stays."""
    ctx.actor.must("datasets.write")
    name, number = names.parse(f"{name}:{version}")
    return service.cancel_profile(ctx, name, number)


@router.get("/{name}/versions/{version}/lineage")
def get_lineage(name: str, version: Version, ctx: Context = Depends(context)) -> list[Edge]:
    """Return what was made from a version, step by step."""
    ctx.actor.must("datasets.read")
    name, number = names.parse(f"{name}:{version}")
    return service.around(ctx, name, number)


router.include_router(versions_router)
router.include_router(quality_router.router)
router.include_router(rows_router)
router.include_router(monitors.pair)
