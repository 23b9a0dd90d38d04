"""MLflow's endpoints of model versions."""

from typing import Any

from sqlalchemy import false, func
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from studiolo.kernel.context import Context
from studiolo.kernel.mlflow.conditions import Keyset, SortKey, number_condition
from studiolo.kernel.mlflow.errors import MISSING, MlflowError
from studiolo.kernel.mlflow.fields import Fields, of_query
from studiolo.kernel.mlflow.grammar import Comparison, each, parse
from studiolo.kernel.mlflow.protocol import endpoint, outside
from studiolo.kernel.mlflow.tokens import Pages
from studiolo.kernel.mlflow.values import tags_in
from studiolo.studio.experiments import artifacts, delivery
from studiolo.studio.models import repository, service
from studiolo.studio.models.errors import ModelNotFound
from studiolo.studio.models.mlflow import shapes
from studiolo.studio.models.mlflow.shapes import READ, WRITE, name_of, number_of
from studiolo.studio.models.names import IS_PROMPT, is_prompt
from studiolo.studio.models.publishing import Source
from studiolo.studio.models.tables import model_versions, models

_PATH = "mlflow/model-versions"
_TEXTS: dict[str, Any] = {
    "name": models.c.name,
    "run_id": func.coalesce(model_versions.c.run_id, ""),
    "source_path": model_versions.c.source,
    "current_stage": model_versions.c.stage,
}
_SORT: dict[str, Any] = {
    "name": models.c.name,
    "version_number": model_versions.c.version,
    "creation_timestamp": model_versions.c.created_at,
    "last_updated_timestamp": model_versions.c.updated_at,
}


def _answer(ctx: Context, fields: Fields) -> dict[str, Any]:
    with ctx.db.read() as tx:
        return {"model_version": shapes.versions(tx, [shapes.version_of(tx, ctx, fields)])[0]}


@endpoint("POST", f"{_PATH}/create", WRITE)
def create(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Register a version."""
    name, tags = name_of(fields), tags_in(fields)
    about = {"run_link": fields.text("run_link"), "description": fields.text("description")}
    with ctx.db.begin() as tx:
        model = repository.take_by_name(tx, ctx, name)
        if model is None:
            raise MlflowError(ModelNotFound(name).detail, MISSING)
        prompt = is_prompt(tags)
        source = Source(fields.required("source"), None) if prompt else shapes.source(tx, ctx, fields)
        row = service.add_version(tx, ctx, model, source, tags=tags, number=model.last_version, **about)
        return {"model_version": shapes.new_version(row)}


@endpoint("GET", f"{_PATH}/get", READ)
def get(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Return a version."""
    return _answer(ctx, fields)


@endpoint("PATCH", f"{_PATH}/update", WRITE)
def update(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Change the description."""
    service.change_version(ctx, name_of(fields), number_of(fields), description=fields.text("description"))
    return _answer(ctx, fields)


@endpoint("DELETE", f"{_PATH}/delete", WRITE)
def delete(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Delete a version."""
    service.delete_version(ctx, name_of(fields), number_of(fields))
    return {}


@endpoint("POST", f"{_PATH}/transition-stage", WRITE)
def transition(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Put a version on a stage; the others there may be archived."""
    stage, name, number = shapes.stage_of(fields), name_of(fields), number_of(fields)
    archive = fields.flag("archive_existing_versions")
    if archive and stage not in ("Staging", "Production"):
        raise MlflowError(
            f"Model version transition cannot archive existing model versions because '{stage}' is not an Active stage. "
            "Valid stages are Staging, Production"
        )
    service.change_version(ctx, name, number, stage=stage, archive=archive)
    return _answer(ctx, fields)


@endpoint("GET", f"{_PATH}/get-download-uri", READ)
def download_uri(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Say where the files of a version are."""
    with ctx.db.read() as tx:
        return {"artifact_uri": shapes.download_uri(shapes.version_of(tx, ctx, fields))}


@outside("/model-versions/get-artifact", READ)
async def file(request: Request, ctx: Context, _path: str) -> Response:
    """Send a file of a version: `?name=…&version=…&path=…`."""

    def find() -> Response:
        fields = of_query(request.query_params.multi_items())
        path = fields.required("path")
        with ctx.db.read() as tx:
            row = shapes.version_of(tx, ctx, fields)
            if not row.folder:
                raise MlflowError(f"The files of version {row.version} are not in the studio, but at {row.source}.")
            stored = artifacts.find_at(tx, ctx, f"{row.folder}/{path}")
        return delivery.answer(request, ctx, stored)

    return await run_in_threadpool(find)


@endpoint("POST", f"{_PATH}/set-tag", WRITE)
def set_tag(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Write a tag."""
    tags = {shapes.checked_key(fields): fields.text("value")}
    service.change_version(ctx, name_of(fields), number_of(fields), tags=tags)
    return {}


@endpoint("DELETE", f"{_PATH}/delete-tag", WRITE)
def delete_tag(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Remove a tag."""
    service.change_version(ctx, name_of(fields), number_of(fields), tags={fields.required("key"): None})
    return {}


@endpoint("GET", f"{_PATH}/search", READ)
def search(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Find versions; those of prompts only when the filter asks for them."""
    limit = fields.limit("max_results", 10_000, 200_000)
    pages = Pages(fields, "filter", "order_by")
    query = repository.VERSIONS.where(model_versions.c.workspace_id == ctx.workspace_id)
    query = query.where(*each(fields.text("filter"), _condition))
    if not any(comparison.key == IS_PROMPT for comparison in parse(fields.text("filter"))):
        query = query.where(model_versions.c.tags[IS_PROMPT].as_string().is_(None))
    sort = shapes.sort_keys(fields, _SORT) or [SortKey(model_versions.c.updated_at, ascending=False)]
    sort += [SortKey(models.c.name, ascending=True), SortKey(model_versions.c.version, ascending=False)]
    with ctx.db.read() as tx:
        rows, place = Keyset(sort).page(tx, query, pages.place, limit)
        answer: dict[str, Any] = {"model_versions": shapes.versions(tx, rows)} if rows else {}
    return answer | pages.next(place)


def _condition(comparison: Comparison) -> Any:
    entity, key, operator, value = comparison
    if entity == "attribute" and key == "version_number":
        return number_condition(model_versions.c.version, operator, value, key)
    if entity == "attribute" and key == "run_id" and value == ():
        return false()
    return shapes.condition(_TEXTS, model_versions.c.tags, *comparison)
