"""MLflow's endpoints of experiments."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, select

from studiolo.kernel.context import Context
from studiolo.kernel.mlflow.conditions import (
    Keyset,
    SortKey,
    null_condition,
    number_condition,
    text_condition,
)
from studiolo.kernel.mlflow.errors import MISSING, MlflowError, invalid_value
from studiolo.kernel.mlflow.fields import Fields
from studiolo.kernel.mlflow.grammar import NULLS, each, parse_order
from studiolo.kernel.mlflow.names import problem
from studiolo.kernel.mlflow.protocol import endpoint
from studiolo.kernel.mlflow.tokens import Pages
from studiolo.kernel.mlflow.values import tags_in
from studiolo.studio.experiments import catalog, repository
from studiolo.studio.experiments.errors import NotActive
from studiolo.studio.experiments.mlflow import shapes
from studiolo.studio.experiments.tables import experiments

READ, WRITE = "experiments.read", "experiments.write"
_TEXTS = {"name": experiments.c.name}
_TIMES = {"creation_time": experiments.c.created_at, "last_update_time": experiments.c.updated_at}


@endpoint("POST", "mlflow/experiments/create", WRITE)
def create(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Make an experiment."""
    location = fields.text("artifact_location")
    if location.startswith(("runs:", "file:", "/")) or "#" in location or ".." in location.partition("?")[2]:
        raise invalid_value("artifact_location", location, "give the URI of an object store, or leave it out.")
    return {"experiment_id": catalog.create(ctx, fields.required("name"), tags_in(fields), location)}


@endpoint("GET", "mlflow/experiments/get", READ)
def get(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Return an experiment by its id."""
    experiment_id = fields.required("experiment_id")
    if experiment_id == "0" and ctx.actor.may(WRITE):
        catalog.ensure_default(ctx)
    with ctx.db.read() as tx:
        return {"experiment": shapes.experiment(catalog.find(tx, ctx, experiment_id))}


@endpoint("GET", "mlflow/experiments/get-by-name", READ)
def get_by_name(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Return an experiment by its name."""
    name = fields.required("experiment_name")
    with ctx.db.read() as tx:
        row = repository.experiment_by_name(tx, ctx.workspace_id, name)
    if row is None:
        raise MlflowError(f"Could not find experiment with name '{name}'", MISSING)
    return {"experiment": shapes.experiment(row)}


@endpoint("POST", "mlflow/experiments/delete", WRITE)
def delete(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Put an experiment in the bin."""
    _move(ctx, fields, catalog.delete)
    return {}


@endpoint("POST", "mlflow/experiments/restore", WRITE)
def restore(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Take an experiment out of the bin."""
    _move(ctx, fields, catalog.restore)
    return {}


def _move(ctx: Context, fields: Fields, verb: Callable[[Context, str], None]) -> None:
    experiment_id = fields.required("experiment_id")
    try:
        verb(ctx, experiment_id)
    except NotActive:  # in MLflow's words there is no such experiment among those that could be moved
        raise MlflowError(f"No Experiment with id={experiment_id} exists", MISSING) from None


@endpoint("POST", "mlflow/experiments/update", WRITE)
def update(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Rename an experiment."""
    catalog.rename(ctx, fields.required("experiment_id"), fields.required("new_name"))
    return {}


@endpoint("POST", "mlflow/experiments/set-experiment-tag", WRITE)
def set_tag(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Write a tag."""
    experiment_id, key = fields.required("experiment_id"), fields.required("key")
    why = problem(key)
    if why:
        raise invalid_value("key", key, why)
    catalog.set_tag(ctx, experiment_id, key, fields.text("value"))
    return {}


@endpoint("POST", "mlflow/experiments/delete-experiment-tag", WRITE)
def delete_tag(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Remove a tag."""
    experiment_id, key = fields.required("experiment_id"), fields.required("key")
    if not catalog.delete_tag(ctx, experiment_id, key):
        raise MlflowError(f"No tag with name: {key} in experiment with id {experiment_id}", MISSING)
    return {}


@endpoint("GET", "mlflow/experiments/search", READ)
@endpoint("POST", "mlflow/experiments/search", READ)
def search(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Find experiments by name, time and tags."""
    limit = fields.limit("max_results", 1000, 50_000)
    pages = Pages(fields, "view_type", "filter", "order_by")
    query = select(experiments).where(experiments.c.workspace_id == ctx.workspace_id)
    view = view_type(fields, "view_type")
    if view is not None:
        query = query.where(experiments.c.lifecycle == view)
    query = query.where(*each(fields.text("filter"), lambda comparison: _condition(*comparison)))
    sort = [_sort_key(clause) for clause in fields.texts("order_by")] or [
        SortKey(experiments.c.created_at, ascending=False)
    ]
    keyset = Keyset([*sort, SortKey(experiments.c.number, ascending=False)])
    with ctx.db.read() as tx:
        rows, place = keyset.page(tx, query, pages.place, limit)
    answer: dict[str, Any] = {"experiments": [shapes.experiment(row) for row in rows]} if rows else {}
    return answer | pages.next(place)


def view_type(fields: Fields, field: str) -> str | None:
    """Return the lifecycle that is asked for, None for all."""
    value = fields.raw(field)
    found = {
        None: "active",
        "ACTIVE_ONLY": "active",
        "DELETED_ONLY": "deleted",
        "ALL": "",
        1: "active",
        2: "deleted",
        3: "",
    }
    if not isinstance(value, str | int | None) or value not in found:
        raise invalid_value(field, value, "it must be ACTIVE_ONLY, DELETED_ONLY or ALL.")
    return found[value] or None


def _condition(entity: str, key: str, operator: str, value: Any) -> ColumnElement[bool]:
    if entity == "tag":
        column = experiments.c.tags[key].as_string()
        if operator in NULLS:
            return null_condition(column, operator)
        return text_condition(column, operator, value, "tag")
    if entity == "attribute" and key in _TEXTS:
        return text_condition(_TEXTS[key], operator, value, "attribute")
    if entity == "attribute" and key == "experiment_id":
        if operator in ("=", "!=") and str(value).isdecimal():
            same = experiments.c.number == int(value)
            return same if operator == "=" else ~same
        raise MlflowError("experiment_id can be compared by = and != with the text of a number.")
    if entity == "attribute" and key in _TIMES:
        return number_condition(_TIMES[key], operator, value, key)
    raise MlflowError(
        f"Invalid attribute key '{key}' specified. Valid keys are 'name', 'experiment_id', 'creation_time', "
        "'last_update_time' and tags."
    )


def _sort_key(clause: str) -> SortKey:
    order = parse_order(clause)
    columns = {**_TEXTS, **_TIMES, "experiment_id": experiments.c.number}
    if order.entity != "attribute" or order.key not in columns:
        raise MlflowError(f"Invalid order_by entity '{order.key}'. Valid are {sorted(columns)}.")
    return SortKey(columns[order.key], order.ascending)
