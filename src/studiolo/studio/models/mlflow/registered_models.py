"""MLflow's endpoints of registered models and aliases."""

from typing import Any

from sqlalchemy import select

from studiolo.kernel.context import Context
from studiolo.kernel.mlflow.conditions import Keyset, SortKey
from studiolo.kernel.mlflow.fields import Fields
from studiolo.kernel.mlflow.grammar import each, parse
from studiolo.kernel.mlflow.protocol import endpoint
from studiolo.kernel.mlflow.tokens import Pages
from studiolo.kernel.mlflow.values import tags_in
from studiolo.studio.models import service
from studiolo.studio.models.mlflow import shapes
from studiolo.studio.models.mlflow.shapes import READ, WRITE, name_of
from studiolo.studio.models.names import IS_PROMPT
from studiolo.studio.models.tables import models

_PATH = "mlflow/registered-models"
_SORT = {"name": models.c.name, "timestamp": models.c.updated_at, "last_updated_timestamp": models.c.updated_at}


def _answer(ctx: Context, name: str) -> dict[str, Any]:
    with ctx.db.read() as tx:
        return {"registered_model": shapes.models(tx, [service.find(tx, ctx, name)])[0]}


@endpoint("POST", f"{_PATH}/create", WRITE)
def create(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Make a model."""
    name = name_of(fields)
    service.create(ctx, name, fields.text("description"), tags_in(fields))
    return _answer(ctx, name)


@endpoint("GET", f"{_PATH}/get", READ)
def get(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Return a model."""
    return _answer(ctx, name_of(fields))


@endpoint("PATCH", f"{_PATH}/update", WRITE)
def update(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Change the description."""
    name = name_of(fields)
    service.change(ctx, name, description=fields.text("description"))
    return _answer(ctx, name)


@endpoint("POST", f"{_PATH}/rename", WRITE)
def rename(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Give a model another name."""
    new_name = fields.required("new_name")
    service.rename(ctx, name_of(fields), new_name)
    return _answer(ctx, new_name)


@endpoint("DELETE", f"{_PATH}/delete", WRITE)
def delete(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Delete a model with all versions."""
    service.delete(ctx, name_of(fields))
    return {}


@endpoint("GET", f"{_PATH}/search", READ)
def search(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Find models; prompts only when the filter asks for them."""
    limit = fields.limit("max_results", 100, 1000)
    pages = Pages(fields, "filter", "order_by")
    query = select(models).where(models.c.workspace_id == ctx.workspace_id)
    text = fields.text("filter")
    columns = {"name": models.c.name}
    query = query.where(*each(text, lambda comparison: shapes.condition(columns, models.c.tags, *comparison)))
    if not any(comparison.key == IS_PROMPT for comparison in parse(text)):
        query = query.where(models.c.tags[IS_PROMPT].as_string().is_(None))
    sort = shapes.sort_keys(fields, _SORT)
    sort.append(SortKey(models.c.name, ascending=True))
    with ctx.db.read() as tx:
        rows, place = Keyset(sort).page(tx, query, pages.place, limit)
        answer: dict[str, Any] = {"registered_models": shapes.models(tx, rows)} if rows else {}
    return answer | pages.next(place)


@endpoint("GET", f"{_PATH}/get-latest-versions", READ)
@endpoint("POST", f"{_PATH}/get-latest-versions", READ)
def latest_versions(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Return the newest version of each stage."""
    given = fields.texts("stages")
    wanted = [shapes.stage_of(Fields({"stage": stage})) for stage in given] or list(shapes.STAGES)
    with ctx.db.read() as tx:
        rows = shapes.latest_versions(tx, service.find(tx, ctx, name_of(fields)), wanted)
        return {"model_versions": shapes.versions(tx, rows)} if rows else {}


@endpoint("POST", f"{_PATH}/set-tag", WRITE)
def set_tag(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Write a tag."""
    service.change(ctx, name_of(fields), tags={shapes.checked_key(fields): fields.text("value")})
    return {}


@endpoint("DELETE", f"{_PATH}/delete-tag", WRITE)
def delete_tag(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Remove a tag."""
    service.change(ctx, name_of(fields), tags={fields.required("key"): None})
    return {}


@endpoint("GET", f"{_PATH}/alias", READ)
def get_alias(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Return the version that an alias names."""
    name, alias = name_of(fields), fields.required("alias")
    with ctx.db.read() as tx:
        return {"model_version": shapes.versions(tx, [shapes.by_alias(tx, ctx, name, alias)])[0]}


@endpoint("POST", f"{_PATH}/alias", WRITE)
def set_alias(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Let an alias name a version."""
    service.set_alias(ctx, name_of(fields), fields.required("alias"), shapes.number_of(fields))
    return {}


@endpoint("DELETE", f"{_PATH}/alias", WRITE)
def delete_alias(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Remove an alias."""
    service.delete_alias(ctx, name_of(fields), fields.required("alias"))
    return {}
