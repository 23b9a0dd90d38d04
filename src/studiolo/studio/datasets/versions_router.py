"""Routes of versions: their files, words about them, the bin."""

from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response
from starlette.responses import FileResponse, StreamingResponse

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.kernel.paging import MAX_LIMIT, Page
from studiolo.studio.datasets import names, profiling, service, versions
from studiolo.studio.datasets.file_profile.schemas import FileProfile
from studiolo.studio.datasets.images import gallery
from studiolo.studio.datasets.images.schemas import Gallery
from studiolo.studio.datasets.mltable import service as mltable
from studiolo.studio.datasets.schemas import Dataset, DatasetVersion, VersionPatch
from studiolo.studio.datasets.version_schemas import (
    DatasetCleanup,
    DatasetCleanupRequest,
    Deleted,
    FileChange,
    VersionCheck,
    VersionComparison,
    VersionFile,
)

router = APIRouter()

Version = Annotated[str, "A number, or `latest`"]
Number = Annotated[int, Query(ge=1, lt=2**31)]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]


@router.post("/gc")
def clean_up(asked: DatasetCleanupRequest, ctx: Context = Depends(context)) -> DatasetCleanup:
    """Remove for good what has been in the bin of datasets too long."""
    ctx.actor.must("datasets.remove")
    return service.clean_up(ctx, asked)


@router.delete("/{name}")
def delete_dataset(name: str, ctx: Context = Depends(context)) -> Deleted:
    """Put a dataset with its versions in the bin; what was made from it stays."""
    ctx.actor.must("datasets.write")
    return service.delete(ctx, name)


@router.post("/{name}/restore")
def restore_dataset(name: str, ctx: Context = Depends(context)) -> Dataset:
    """Take a dataset out of the bin, with the versions that went in with it."""
    ctx.actor.must("datasets.write")
    return service.restore(ctx, name)


@router.patch("/{name}/versions/{version}")
def update_version(name: str, version: Version, patch: VersionPatch, ctx: Context = Depends(context)) -> DatasetVersion:
    """Change tags or description of a version."""
    ctx.actor.must("datasets.write")
    return service.update_version(ctx, *_parsed(name, version), patch)


@router.delete("/{name}/versions/{version}")
def delete_version(name: str, version: Version, ctx: Context = Depends(context)) -> Deleted:
    """Put a version in the bin; with the last one its dataset goes too."""
    ctx.actor.must("datasets.write")
    name, number = _parsed(name, version)
    return service.delete(ctx, name, number or service.get(ctx, name).version)


@router.post("/{name}/versions/{version}/restore")
def restore_version(name: str, version: Version, ctx: Context = Depends(context)) -> Dataset:
    """Take a version out of the bin."""
    ctx.actor.must("datasets.write")
    return service.restore(ctx, *_parsed(name, version))


@router.get(
    "/{name}/versions/{version}/mltable", response_class=Response, responses={200: {"content": {"text/yaml": {}}}}
)
def get_mltable(name: str, version: Version, ctx: Context = Depends(context)) -> Response:
    """Return an MLTable file for a version, to lie beside its files."""
    ctx.actor.must("datasets.read")
    head = {"Content-Disposition": 'attachment; filename="MLTable"'}
    return Response(mltable.write(ctx, *_parsed(name, version)), media_type="text/yaml", headers=head)


@router.get("/{name}/versions/{version}/files/profile", response_model=FileProfile)
def get_file_profile(name: str, version: Version, ctx: Context = Depends(context)) -> Response:
    """Return what is known of files as they are; 409 while its job runs, or before it was asked for (`POST …/profile`)."""
    ctx.actor.must("datasets.read")
    path = profiling.files_document(ctx, *_parsed(name, version))
    return Response(path.read_bytes(), media_type="application/json")


@router.get("/{name}/versions/{version}/images")
def list_images(
    name: str,
    version: Version,
    label: Annotated[str | None, Query(description="Of this class; empty: without one")] = None,
    split: Annotated[str | None, Query(description="Of this part; empty: of none")] = None,
    damaged: Annotated[bool, Query(description="Only those that cannot be shown")] = False,
    offset: Annotated[int, Query(ge=0, lt=2**40)] = 0,
    limit: Annotated[int, Query(ge=1, le=gallery.MOST)] = 60,
    ctx: Context = Depends(context),
) -> Gallery:
    """Show some images of a folder of images, small, and count its classes."""
    ctx.actor.must("datasets.read")
    return gallery.page(
        ctx, *_parsed(name, version), label=label, split=split, damaged=damaged, offset=offset, limit=limit
    )


@router.get("/{name}/versions/{version}/files")
def list_files(
    name: str,
    version: Version,
    folder: str | None = None,
    search: str = "",
    cursor: str | None = None,
    limit: Limit = 100,
    ctx: Context = Depends(context),
) -> Page[VersionFile]:
    """List files by path: all of them, or with `folder` (empty: the top) what is directly in it; search: a part of the path."""
    ctx.actor.must("datasets.read")
    name, number = _parsed(name, version)
    return versions.files(ctx, name, number, folder=folder, search=search, cursor=cursor, limit=limit)


@router.get("/{name}/versions/{version}/files/content", response_class=FileResponse)
def download_file(name: str, version: Version, path: str, ctx: Context = Depends(context)) -> Response:
    """Send one file of a version; heeds Range."""
    ctx.actor.must("datasets.read")
    found, filename = versions.content(ctx, *_parsed(name, version), path)
    return sent(found, "application/octet-stream", filename)


@router.get("/{name}/versions/{version}/content", response_class=FileResponse)
def download(name: str, version: Version, ctx: Context = Depends(context)) -> Response:
    """Send the file of a version that has one, as it was uploaded; heeds Range."""
    ctx.actor.must("datasets.read")
    path, filename = versions.content(ctx, *_parsed(name, version))
    return sent(path, "application/octet-stream", filename)


@router.get("/{name}/versions/{version}/archive")
def download_all(name: str, version: Version, ctx: Context = Depends(context)) -> Response:
    """Send all files of a version as one zip, packed while it is sent."""
    ctx.actor.must("datasets.read")
    pieces, filename = versions.archive(ctx, *_parsed(name, version))
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return StreamingResponse(pieces, media_type="application/zip", headers=headers)


@router.get("/{name}/versions/{version}/check")
def check_files(name: str, version: Version, ctx: Context = Depends(context)) -> VersionCheck:
    """Look whether files that stay in their datastore are what they were when they were registered."""
    ctx.actor.must("datasets.read")
    return versions.check_files(ctx, *_parsed(name, version))


@router.get("/{name}/compare")
def compare_versions(name: str, left: Number, right: Number, ctx: Context = Depends(context)) -> VersionComparison:
    """Return what differs between two versions: columns, rows, what profiles say, how many files."""
    ctx.actor.must("datasets.read")
    return versions.compare(ctx, names.checked(name), left, right)


@router.get("/{name}/compare/files")
def compare_files(
    name: str,
    left: Number,
    right: Number,
    change: Literal["added", "removed", "changed"] | None = None,
    cursor: str | None = None,
    limit: Limit = 100,
    ctx: Context = Depends(context),
) -> Page[FileChange]:
    """List the files that two versions do not share, by path."""
    ctx.actor.must("datasets.read")
    return versions.compare_files(ctx, names.checked(name), left, right, change, cursor, limit)


def _parsed(name: str, version: str) -> tuple[str, int | None]:
    return names.parse(f"{name}:{version}")


def sent(path: Path, media: str, filename: str | None = None) -> Response:
    """Send a blob: it never changes, so its name is its tag."""
    headers = {"ETag": f'"{path.parent.name}{path.name}"', "Cache-Control": "private, no-cache"}
    return FileResponse(path, media_type=media, filename=filename, headers=headers)
