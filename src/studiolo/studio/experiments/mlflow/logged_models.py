"""MLflow 3's logged models: what every `log_model` makes before it uploads a file."""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Text, and_, bindparam, case, cast, exists, func, select, update

from studiolo.kernel.context import Context
from studiolo.kernel.db.prepared import Prepared
from studiolo.kernel.db.types import Json
from studiolo.kernel.ids import new_id
from studiolo.kernel.mlflow.conditions import (
    Keyset,
    SortKey,
    null_condition,
    number_condition,
    text_condition,
)
from studiolo.kernel.mlflow.errors import MISSING, MlflowError, invalid_value, missing_value
from studiolo.kernel.mlflow.fields import Fields
from studiolo.kernel.mlflow.grammar import NULLS, Comparison, each
from studiolo.kernel.mlflow.protocol import endpoint
from studiolo.kernel.mlflow.tokens import Pages
from studiolo.kernel.mlflow.values import json_number, millis, pairs, tags_in
from studiolo.studio.experiments import artifacts, catalog, client_runs, keys
from studiolo.studio.experiments.errors import LoggedModelNotFound
from studiolo.studio.experiments.mlflow import shapes
from studiolo.studio.experiments.mlflow.experiments import READ, WRITE
from studiolo.studio.experiments.tables import runs
from studiolo.studio.experiments.tracking_tables import keys as names
from studiolo.studio.experiments.tracking_tables import logged_model_metrics as points
from studiolo.studio.experiments.tracking_tables import logged_models as models

_STATUS = {1: "LOGGED_MODEL_PENDING", 2: "LOGGED_MODEL_READY", 3: "LOGGED_MODEL_UPLOAD_FAILED"}
_TEXTS: dict[str, Any] = {
    "name": models.c.name,
    "model_id": models.c.id,
    "model_type": models.c.model_type,
    "status": models.c.status,
    "source_run_id": models.c.source_run_id,
    "experiment_id": cast(models.c.experiment, Text),
}
_TIMES = {
    "creation_timestamp": models.c.created_at,
    "creation_time": models.c.created_at,
    "last_updated_timestamp": models.c.updated_at,
}
# built once: `log_model` asks for them again and again
_MEASURED = exists(select(points.c.key).where(points.c.model_id == models.c.id)).label("measured")
_FIND = Prepared(
    select(models, _MEASURED).where(
        models.c.id == bindparam("model_id"), models.c.workspace_id == bindparam("workspace_id")
    )
)
_INSERT = Prepared(models.insert())
_FINALIZE = Prepared(
    update(models)
    .where(models.c.id == bindparam("model_id"), models.c.workspace_id == bindparam("workspace"))
    .where(models.c.lifecycle == "active")
    .values(status=bindparam("to"), updated_at=bindparam("now"))
    .returning(models, _MEASURED)
)
_METRICS = (
    select(points, names.c.name, runs.c.id.label("run_id"))
    .join(names, names.c.id == points.c.key)
    .join(runs, runs.c.seq == points.c.run)
    .where(points.c.model_id.in_(bindparam("ids", expanding=True)))
    .order_by(names.c.name)
)


class Measured(Protocol):
    """A metric point that measures a model."""

    key: str
    value: float
    timestamp: int
    step: int
    model_id: str | None
    dataset_name: str | None
    dataset_digest: str | None


def record_metrics(tx: Connection, ctx: Context, run_seq: int, measured: Sequence[Measured]) -> None:
    """Keep, per model, metric and dataset, the latest of the points."""
    known = select(models.c.id).where(models.c.workspace_id == ctx.workspace_id)
    ids = set(tx.execute(known.where(models.c.id.in_({m.model_id for m in measured}))).scalars())
    for item in measured:
        if item.model_id not in ids:
            raise LoggedModelNotFound(item.model_id or "")
    numbers = keys.intern(tx, ctx, {item.key for item in measured})
    latest: dict[tuple[Any, ...], dict[str, Any]] = {}
    for item in sorted(measured, key=lambda m: (m.step, m.timestamp)):
        dataset = (item.dataset_name or "", item.dataset_digest or "")
        nan = math.isnan(item.value)
        latest[item.model_id, item.key, *dataset] = {
            "model_id": item.model_id,
            "key": numbers[item.key],
            "run": run_seq,
            "dataset_name": dataset[0],
            "dataset_digest": dataset[1],
            "step": item.step,
            "ts": item.timestamp,
            "value": 0.0 if nan else item.value,
            "nan": int(nan),
        }
    change = ctx.db.upsert(points)
    new = change.excluded
    change = change.on_conflict_do_update(
        index_elements=["model_id", "key", "run", "dataset_name", "dataset_digest"],
        set_={name: new[name] for name in ("step", "ts", "value", "nan")},
        where=(new.step > points.c.step) | and_(new.step == points.c.step, new.ts >= points.c.ts),
    )
    tx.execute(change, list(latest.values()))


def find(tx: Connection, ctx: Context, model_id: str, *, deleted: bool = False) -> Any:
    """Return the row of a logged model; raises LoggedModelNotFound."""
    row = _FIND.first(tx, {"model_id": model_id, "workspace_id": ctx.workspace_id})
    if row is None or (row.lifecycle == "deleted" and not deleted):
        raise LoggedModelNotFound(model_id)
    return row


def shape(tx: Connection, rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Write logged models."""
    metrics = _metrics(tx, [row.id for row in rows])
    return [_shape(row, metrics.get(row.id, [])) for row in rows]


def _shape(row: Any, metrics: list[dict[str, Any]]) -> dict[str, Any]:
    info: dict[str, Any] = {
        "model_id": row.id,
        "experiment_id": str(row.experiment),
        "name": row.name,
        "creation_timestamp_ms": millis(row.created_at),
        "last_updated_timestamp_ms": millis(row.updated_at),
        "artifact_uri": shapes.SCHEME + artifacts.model_root(row.experiment, row.id),
        "status": row.status,
        "tags": pairs(row.tags),
    }
    if row.model_type:
        info["model_type"] = row.model_type
    if row.source_run_id:
        info["source_run_id"] = row.source_run_id
    data: dict[str, Any] = {}
    if row.params:
        data["params"] = pairs(row.params)
    if metrics:
        data["metrics"] = metrics
    return {"info": info, "data": data}


def _metrics(tx: Connection, ids: list[str]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in tx.execute(_METRICS, {"ids": ids}):
        item: dict[str, Any] = {
            "key": row.name,
            "value": "NaN" if row.nan else json_number(row.value),
            "timestamp": row.ts,
            "step": row.step,
            "model_id": row.model_id,
            "run_id": row.run_id,
        }
        if row.dataset_name:
            item |= {"dataset_name": row.dataset_name, "dataset_digest": row.dataset_digest}
        found.setdefault(row.model_id, []).append(item)
    return found


@endpoint("POST", "mlflow/logged-models", WRITE)
def create(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Make a logged model; its files follow."""
    experiment_id = fields.required("experiment_id")
    name = fields.text("name") or f"model-{new_id()[-6:]}"
    if any(sign in name for sign in "/:.%\"'") or len(name) > 500:
        raise MlflowError(
            f"Invalid model name ({name[:100]!r}) provided. Model name must be a non-empty string and cannot contain the "
            "following characters: ('/', ':', '.', '%', '\"', \"'\")"
        )
    model_id = f"m-{new_id()}"
    tags, params = tags_in(fields), tags_in(fields, "params")
    source_run_id = fields.text("source_run_id")

    def work(tx: Connection) -> dict[str, Any]:
        if source_run_id:
            client_runs.writable(tx, ctx, source_run_id)
        now = ctx.clock.now()
        values = {
            "id": model_id,
            "workspace_id": ctx.workspace_id,
            "experiment": catalog.active(tx, ctx, experiment_id).number,
            "name": name,
            "model_type": fields.text("model_type"),
            "source_run_id": source_run_id or None,
            "status": _STATUS[1],
            "params": params,
            "tags": tags,
            "lifecycle": "active",
            "created_at": now,
            "updated_at": now,
        }
        return {"model": _shape(_INSERT.add(tx, values), [])}

    return ctx.db.write(work)


def _answer(tx: Connection, ctx: Context, model_id: str, *, deleted: bool = False) -> dict[str, Any]:
    row = find(tx, ctx, model_id, deleted=deleted)
    # most have no metrics: whether there are any comes with the row
    return {"model": shape(tx, [row])[0] if row.measured else _shape(row, [])}


@endpoint("GET", "mlflow/logged-models/{model_id}", READ)
def get(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Return a logged model."""
    deleted = fields.text("allow_deleted").lower() == "true"
    with ctx.db.glance() as tx:
        return _answer(tx, ctx, fields.text("model_id"), deleted=deleted)


@endpoint("PATCH", "mlflow/logged-models/{model_id}", WRITE)
def finalize(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Say that the files are complete, or never will be."""
    given = fields.raw("status")
    status = _STATUS.get(given) if isinstance(given, int) else given
    if status not in _STATUS.values():
        raise invalid_value("status", given, f"it must be one of {', '.join(_STATUS.values())}.")
    model_id = fields.text("model_id")
    values = {"model_id": model_id, "workspace": ctx.workspace_id, "to": status, "now": ctx.clock.now()}
    return _changed(ctx, model_id, ctx.db.write_one(_FINALIZE, values))


@endpoint("DELETE", "mlflow/logged-models/{model_id}", WRITE)
def delete(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Put a logged model in the bin."""
    model_id = fields.text("model_id")

    def work(tx: Connection) -> None:
        if find(tx, ctx, model_id, deleted=True).lifecycle != "deleted":  # again is no error, as with MLflow
            _update(tx, ctx, model_id, lifecycle="deleted", deleted_at=ctx.clock.now())

    ctx.db.write(work)
    return {}


@endpoint("POST", "mlflow/logged-models/{model_id}/params", WRITE)
def log_params(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Add params."""
    _merge(ctx, fields.text("model_id"), "params", tags_in(fields, "params"))
    return {}


@endpoint("PATCH", "mlflow/logged-models/{model_id}/tags", WRITE)
def set_tags(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Write tags."""
    return _merge(ctx, fields.text("model_id"), "tags", tags_in(fields))


@endpoint("DELETE", "mlflow/logged-models/{model_id}/tags/{tag_key}", WRITE)
def delete_tag(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Remove a tag."""
    model_id, key = fields.text("model_id"), fields.text("tag_key")

    def work(tx: Connection) -> None:
        tags = find(tx, ctx, model_id).tags
        if key not in tags:
            raise MlflowError(f"No tag with key {key!r} found for model with ID {model_id!r}.", MISSING)
        _update(tx, ctx, model_id, tags={name: value for name, value in tags.items() if name != key})

    ctx.db.write(work)
    return {}


@endpoint("GET", "mlflow/logged-models/{model_id}/artifacts/directories", READ)
def list_files(ctx: Context, fields: Fields) -> dict[str, Any]:
    """List the files of a logged model."""
    folder = artifacts.clean(fields.text("artifact_directory_path").strip("/"), empty=True)
    with ctx.db.read() as tx:
        row = find(tx, ctx, fields.text("model_id"))
        root = artifacts.model_root(row.experiment, row.id)
        found = artifacts.children(tx, ctx, f"{root}/{folder}" if folder else root)
    prefix = f"{folder}/" if folder else ""
    files = [_file(item, prefix) for item in found]
    return {"root_uri": shapes.SCHEME + root, **({"files": files} if files else {})}


def _file(item: Any, prefix: str) -> dict[str, Any]:
    found = {"path": prefix + item.path, "is_dir": item.is_dir}
    return found if item.is_dir else {**found, "file_size": item.size}


@endpoint("POST", "mlflow/logged-models/search", READ)
def search(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Find logged models by attributes, tags, params and metrics."""
    limit = fields.limit("max_results", 100, 1000)
    pages = Pages(fields, "experiment_ids", "filter", "datasets", "order_by")
    if not fields.texts("experiment_ids"):
        raise missing_value("experiment_ids")
    datasets = [(item.text("dataset_name"), item.text("dataset_digest")) for item in fields.objects("datasets")]
    if any(not name for name, _ in datasets):
        raise MlflowError("`dataset_name` in the `datasets` clause must be specified.")
    with ctx.db.read() as tx:
        numbers = catalog.numbers(tx, ctx, fields.texts("experiment_ids"))
        query = select(models).where(models.c.workspace_id == ctx.workspace_id, models.c.lifecycle == "active")
        query = query.where(models.c.experiment.in_(numbers))
        query = query.where(*each(fields.text("filter"), lambda comparison: _condition(tx, comparison, datasets)))
        sort = [key for item in fields.objects("order_by") for key in _sort(tx, item)]
        sort += [SortKey(models.c.created_at, ascending=False), SortKey(models.c.id, ascending=False)]
        rows, place = Keyset(sort).page(tx, query, pages.place, limit)
        answer: dict[str, Any] = {"models": shape(tx, rows)} if rows else {}
    return answer | pages.next(place)


def _condition(tx: Connection, comparison: Comparison, datasets: list[tuple[str, str]]) -> ColumnElement[bool]:
    entity, key, operator, value = comparison
    if entity == "metric":
        number = keys.known(tx, [key]).get(key, -1)
        there = select(points.c.key).where(points.c.model_id == models.c.id, points.c.key == number, points.c.nan == 0)
        there = there.where(number_condition(points.c.value, operator, value, key))
        for name, digest in datasets:
            there = there.where(points.c.dataset_name == name)
            there = there.where(points.c.dataset_digest == digest) if digest else there
        return exists(there)
    if entity in ("tag", "parameter"):
        column = (models.c.tags if entity == "tag" else models.c.params)[key].as_string()
        if operator in NULLS:
            return null_condition(column, operator)
        return text_condition(column, operator, value, entity)
    if entity == "attribute" and key in _TEXTS:
        return text_condition(_TEXTS[key], operator, value, key, lists=True)
    if entity == "attribute" and key in _TIMES:
        return number_condition(_TIMES[key], operator, value, key)
    raise MlflowError(f"Invalid attribute key '{key}' specified. Valid keys are '{sorted([*_TEXTS, *_TIMES])}'")


def _sort(tx: Connection, item: Fields) -> list[SortKey]:
    name = item.required("field_name")
    ascending = item.flag("ascending") if item.has("ascending") else True
    dataset = {"dataset_name": item.text("dataset_name"), "dataset_digest": item.text("dataset_digest")}
    if name.startswith("metrics."):
        number = keys.known(tx, [name[8:]]).get(name[8:], -1)
        query = select(func.max(points.c.value)).where(
            points.c.model_id == models.c.id, points.c.key == number, points.c.nan == 0
        )
        for field, column in (("dataset_name", points.c.dataset_name), ("dataset_digest", points.c.dataset_digest)):
            if dataset[field]:
                query = query.where(column == dataset[field])
        value = query.scalar_subquery()
        rank = case((value.is_(None), 1), else_=0)
        return [SortKey(rank, ascending=True), SortKey(func.coalesce(value, 0.0), ascending)]
    key = name.removeprefix("attributes.")
    if key in _TIMES:
        return [SortKey(_TIMES[key], ascending)]
    if key in _TEXTS:
        return [SortKey(func.coalesce(cast(_TEXTS[key], Text), ""), ascending)]
    raise MlflowError(f"Invalid order by field name: {name}")


def _merge(ctx: Context, model_id: str, column: str, values: Mapping[str, str]) -> dict[str, Any]:
    given = {"model_id": model_id, "workspace": ctx.workspace_id, "more": dict(values), "now": ctx.clock.now()}
    return _changed(ctx, model_id, ctx.db.write_one(_merging(ctx.db.dialect, column), given))


@lru_cache
def _merging(dialect: str, column: str) -> Prepared:
    """Return what adds to the texts of a model in the database itself: two clients at once keep what both wrote."""
    more, was = bindparam("more", type_=Json), models.c[column]
    # the values are texts, so that to patch a JSON object is to add to it
    both = func.json_patch(was, more, type_=Json) if dialect == "sqlite" else was.op("||", return_type=Json)(more)
    change = update(models).where(models.c.id == bindparam("model_id"), models.c.lifecycle == "active")
    change = change.where(models.c.workspace_id == bindparam("workspace"))
    return Prepared(change.values({column: both, "updated_at": bindparam("now")}).returning(models, _MEASURED))


def _changed(ctx: Context, model_id: str, rows: Sequence[Any]) -> dict[str, Any]:
    """Answer with a model that was changed; raises LoggedModelNotFound when there was none."""
    if not rows:
        raise LoggedModelNotFound(model_id)
    if not rows[0].measured:
        return {"model": _shape(rows[0], [])}
    with ctx.db.glance() as tx:
        return {"model": shape(tx, rows)[0]}


def _update(tx: Connection, ctx: Context, model_id: str, **values: Any) -> None:
    tx.execute(update(models).where(models.c.id == model_id).values(**values, updated_at=ctx.clock.now()))
