"""Routes of models."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import FileResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.kernel.errors import Invalid
from studiolo.kernel.paging import Page
from studiolo.studio.experiments.schemas import Edge
from studiolo.studio.models import comparison, contents, fetching, importing, recycling, registration, scans, service
from studiolo.studio.models.archive import zipped
from studiolo.studio.models.importing import ImportedModel, ModelTaken
from studiolo.studio.models.mlflow import registered_models, versions
from studiolo.studio.models.schemas import (
    AliasSet,
    BinCleanup,
    BinContents,
    Change,
    Example,
    Fetch,
    FetchCreate,
    FetchOrder,
    Model,
    ModelFile,
    ModelVersion,
    Restore,
    Scan,
    VersionComparison,
    VersionCreate,
    VersionUpload,
)

router = APIRouter(prefix="/models", tags=["models"])
BYTES = {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"format": "binary"}}}}}
MLFLOW = (registered_models, versions)  # importing them registers their endpoints


@router.get("")
def list_models(
    cursor: str | None = None,
    limit: int = 100,
    search: str = "",
    deleted: bool = False,
    ctx: Context = Depends(context),
) -> Page[Model]:
    """List models by name, or those in the bin."""
    ctx.actor.must("models.read")
    if deleted:
        return recycling.deleted_models(ctx, cursor, limit, search)
    return service.list_models(ctx, cursor, limit, search)


@router.post("/imports")
def import_model(sent: ImportedModel, ctx: Context = Depends(context)) -> ModelTaken:
    """Take a model of another registry with its versions; for owners, and for `studiolo experiments import-mlflow`."""
    ctx.actor.must("models.import")
    return importing.take(ctx, sent)


@router.post("/gc")
def clean_up(asked: BinCleanup, ctx: Context = Depends(context)) -> BinContents:
    """Remove for good what has been in the bin too long; for owners."""
    ctx.actor.must("models.remove")
    return recycling.clean_up(ctx, asked.older_than_days)


@router.get("/by-run/{run_id}")
def versions_of_run(run_id: str, ctx: Context = Depends(context)) -> list[ModelVersion]:
    """List the model versions that a run made."""
    ctx.actor.must("models.read")
    return service.versions_of_run(ctx, run_id)


@router.get("/{name}")
def get_model(name: str, ctx: Context = Depends(context)) -> Model:
    """Return a model with its newest version."""
    ctx.actor.must("models.read")
    return service.get(ctx, name)


@router.patch("/{name}")
def change_model(name: str, change: Change, ctx: Context = Depends(context)) -> Model:
    """Change description and tags."""
    ctx.actor.must("models.write")
    return service.change(ctx, name, description=change.description, tags=change.tags)


@router.delete("/{name}", status_code=204)
def delete_model(name: str, ctx: Context = Depends(context)) -> None:
    """Put a model with all versions in the bin, unless one is in use."""
    ctx.actor.must("models.write")
    service.delete(ctx, name)


@router.get("/{name}/versions")
def list_versions(name: str, deleted: bool = False, ctx: Context = Depends(context)) -> list[ModelVersion]:
    """List versions, newest first, or those in the bin."""
    ctx.actor.must("models.read")
    return service.deleted_versions(ctx, name) if deleted else service.versions(ctx, name)


@router.post("/{name}/restore")
def restore_model(name: str, how: Restore, ctx: Context = Depends(context)) -> Model:
    """Bring a model back from the bin, with the versions it had."""
    ctx.actor.must("models.write")
    return recycling.restore_model(ctx, name, how)


@router.post("/{name}/versions/{version}/restore")
def restore_version(name: str, version: int, ctx: Context = Depends(context)) -> ModelVersion:
    """Bring a version back from the bin, under its number."""
    ctx.actor.must("models.write")
    return recycling.restore_version(ctx, name, version)


@router.post("/{name}/versions", status_code=201)
def register(name: str, spec: VersionCreate, ctx: Context = Depends(context)) -> ModelVersion:
    """Register what a run logged, or a logged model, as the next version."""
    ctx.actor.must("models.write")
    if spec.source:
        return registration.from_address(ctx, name, spec)
    if spec.model_id:
        return service.register_logged(ctx, name, spec.model_id, spec.description, spec.tags)
    if not spec.run_id:
        raise Invalid("One of source, run_id and model_id must be given.", field="source")
    return service.register(ctx, name, spec.run_id, spec.path, description=spec.description, tags=spec.tags)


@router.post("/{name}/uploads", status_code=201, openapi_extra=BYTES)
async def upload(
    name: str, request: Request, spec: Annotated[VersionUpload, Query()], ctx: Context = Depends(context)
) -> ModelVersion:
    """Register the model file, or the packed folder, that is the body as the next version; it is never loaded."""
    ctx.actor.must("models.write")
    registration.check(name, spec)
    length = request.headers.get("content-length", "")
    writer = await registration.receive(ctx, request.stream(), int(length) if length.isdigit() else None)
    return await run_in_threadpool(registration.register, ctx, name, spec, writer)


@router.post("/{name}/fetches", status_code=202)
def start_fetch(name: str, wanted: FetchCreate, ctx: Context = Depends(context)) -> Fetch:
    """Have a job fetch a model from a web address or another MLflow and register it; it is never loaded."""
    ctx.actor.must("models.write")
    return fetching.start(ctx, name, wanted)


@router.get("/{name}/fetches/{run_id}")
def get_fetch(name: str, run_id: str, ctx: Context = Depends(context)) -> Fetch:
    """Return how far a fetch is, and what came of it."""
    ctx.actor.must("models.read")
    return fetching.get(ctx, name, run_id)


@router.delete("/{name}/fetches/{run_id}")
def cancel_fetch(name: str, run_id: str, ctx: Context = Depends(context)) -> Fetch:
    """Stop a fetch; one that has ended stays as it ended."""
    ctx.actor.must("models.write")
    return fetching.cancel(ctx, name, run_id)


@router.get("/{name}/fetches/{run_id}/order")
def get_order(name: str, run_id: str, ctx: Context = Depends(context)) -> FetchOrder:
    """Return what a fetch is to fetch; to its own job alone."""
    ctx.actor.must("models.write")
    return fetching.order(ctx, name, run_id)


@router.get("/{name}/versions/{version}")
def get_version(name: str, version: str, ctx: Context = Depends(context)) -> ModelVersion:
    """Return a version by number, alias or `latest`."""
    ctx.actor.must("models.read")
    return service.get_version(ctx, name, version)


@router.patch("/{name}/versions/{version}")
def change_version(name: str, version: str, change: Change, ctx: Context = Depends(context)) -> ModelVersion:
    """Change description and tags of a version."""
    ctx.actor.must("models.write")
    return service.change_version(
        ctx, name, version, description=change.description, tags=change.tags, stage=change.stage
    )


@router.delete("/{name}/versions/{version}", status_code=204)
def delete_version(name: str, version: int, ctx: Context = Depends(context)) -> None:
    """Put a version in the bin, unless it is in use."""
    ctx.actor.must("models.write")
    service.delete_version(ctx, name, version)


@router.get("/{name}/versions/{version}/files")
def list_files(name: str, version: str, ctx: Context = Depends(context)) -> list[ModelFile]:
    """List the files of a version."""
    ctx.actor.must("models.read")
    return [file for file, _ in service.files(ctx, name, version)]


@router.get("/{name}/versions/{version}/content", response_class=FileResponse)
def get_file(name: str, version: str, path: str, ctx: Context = Depends(context)) -> FileResponse:
    """Send one file of a version; heeds Range. It is never shown as a page of the studio's origin."""
    ctx.actor.must("models.read")
    digest, local = contents.file(ctx, name, version, path)
    headers = {"ETag": f'"{digest}"', "Cache-Control": "private, no-cache", "Content-Security-Policy": "sandbox"}
    filename = path.rsplit("/", 1)[-1]
    return FileResponse(local, media_type="application/octet-stream", filename=filename, headers=headers)


@router.get("/{name}/versions/{version}/example")
def get_example(name: str, version: str, ctx: Context = Depends(context)) -> Example:
    """Return the input example that the model brought."""
    ctx.actor.must("models.read")
    return contents.example(ctx, name, version)


@router.get("/{name}/versions/{version}/scan")
def get_scan(name: str, version: str, ctx: Context = Depends(context)) -> Scan:
    """Return what loading the version would import and run, found without loading it."""
    ctx.actor.must("models.read")
    return scans.get_scan(ctx, name, version)


@router.post("/{name}/versions/{version}/scan")
def scan(name: str, version: str, ctx: Context = Depends(context)) -> Scan:
    """Look into the files again."""
    ctx.actor.must("models.write")
    return scans.scan(ctx, name, version)


@router.get("/{name}/versions/{version}/lineage")
def get_lineage(name: str, version: str, ctx: Context = Depends(context)) -> list[Edge]:
    """List what a version was made from, and what stands on it."""
    ctx.actor.must("models.read")
    return service.around(ctx, name, version)


@router.get("/{name}/versions/{version}/download", response_class=StreamingResponse)
def download(name: str, version: str, ctx: Context = Depends(context)) -> StreamingResponse:
    """Send a version as a zip."""
    ctx.actor.must("models.read")
    found = service.get_version(ctx, name, version)
    files = [(file.path, path) for file, path in service.files(ctx, name, found.version)]
    safe = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "_" for letter in name)
    headers = {
        "Content-Disposition": f'attachment; filename="{safe}-{found.version}.zip"',
        "Content-Security-Policy": "sandbox",
    }
    return StreamingResponse(zipped(files), media_type="application/zip", headers=headers)


@router.get("/{name}/metrics")
def get_metrics(name: str, ctx: Context = Depends(context)) -> dict[int, dict[str, float | str | None]]:
    """Return the last metrics of the runs of the newest 50 versions, by version."""
    ctx.actor.must("models.read")
    return comparison.measured(ctx, name)


@router.get("/{name}/compare")
def compare(name: str, v: Annotated[list[str], Query()], ctx: Context = Depends(context)) -> VersionComparison:
    """Compare 2 to 10 versions: numbers or aliases of this model, `NAME:VERSION` of another; the first is the baseline."""
    ctx.actor.must("models.read")
    return comparison.compare(ctx, name, v)


@router.put("/{name}/aliases/{alias}")
def set_alias(name: str, alias: str, body: AliasSet, ctx: Context = Depends(context)) -> Model:
    """Let an alias name a version."""
    ctx.actor.must("models.write")
    return service.set_alias(ctx, name, alias, body.version)


@router.delete("/{name}/aliases/{alias}", status_code=204)
def delete_alias(name: str, alias: str, ctx: Context = Depends(context)) -> None:
    """Remove an alias."""
    ctx.actor.must("models.write")
    service.delete_alias(ctx, name, alias)
