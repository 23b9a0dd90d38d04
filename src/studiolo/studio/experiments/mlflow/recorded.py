"""One run with all that it recorded.

A client that logs a model asks for its run again and again, while the run has no ready document. PostgreSQL, where each question costs
its way there and back, is asked at once; SQLite one table after another, by statements that are prepared.
"""

import math
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import orjson
from sqlalchemy import Connection, Select, Text, bindparam, case, cast, func, select

from studiolo.kernel.context import Context
from studiolo.kernel.db.prepared import Prepared
from studiolo.studio.experiments.mlflow import shapes
from studiolo.studio.experiments.run_search import ROWS
from studiolo.studio.experiments.tables import runs
from studiolo.studio.experiments.tracking_tables import (
    input_datasets,
    keys,
    metric_latest,
    params,
    run_docs,
    run_inputs,
    run_models,
    run_tags,
)

_LATEST = ("value", "nan", "step", "ts")
_THIS = runs.c.id == bindparam("run_id"), runs.c.workspace_id == bindparam("workspace_id")
_ROW = Prepared(ROWS.add_columns(runs.c.parent_id).where(*_THIS))


def run(tx: Connection, ctx: Context, run_id: str) -> bytes | None:
    """Return a run as MLflow's clients get it; None when it is not there. In a `glance`: what is recorded meanwhile may be in it or not."""
    together = ctx.db.dialect == "postgresql"
    row = (_together() if together else _ROW).first(tx, {"run_id": run_id, "workspace_id": ctx.workspace_id})
    if row is None:
        return None
    if row.doc is not None:
        return shapes.whole(row, row.doc)
    found = _read(orjson.loads(row.recorded)) if together else _of_tables(tx, row.seq)
    return shapes.whole(row, shapes.document(row.user, row.parent_id, found))


def _of_tables(tx: Connection, seq: int) -> shapes.Recorded:
    of = {"run": seq}
    texts, latest, inputs, models = _tables()
    params_, tags = (dict(sorted((row.name, row.value) for row in query.all(tx, of))) for query in texts)
    points = sorted(latest.all(tx, of), key=lambda row: str(row.name))
    return shapes.Recorded(
        params_,
        tags,
        [_point(*row) for row in points],
        [shapes.input_dataset(row._asdict(), row.input_tags) for row in inputs.all(tx, of)],
        models.all(tx, of),
    )


@lru_cache
def _tables() -> tuple[tuple[Prepared, Prepared], Prepared, Prepared, Prepared]:
    """Return the statements of params and tags, and of the latest points, datasets and models of a run."""

    def of(query: Select[Any], table: Any) -> Prepared:
        return Prepared(query.where(table.c.run == bindparam("run")))

    def texts(table: Any) -> Prepared:
        return of(select(keys.c.name, table.c.value).join(table, keys.c.id == table.c.key), table)

    latest = select(keys.c.name, *(metric_latest.c[name] for name in _LATEST))
    inputs = select(run_inputs.c.tags.label("input_tags"), input_datasets).join(
        input_datasets, input_datasets.c.id == run_inputs.c.dataset
    )
    models = select(run_models).order_by(run_models.c.step, run_models.c.model_id)
    return (
        (texts(params), texts(run_tags)),
        of(latest.join(metric_latest, keys.c.id == metric_latest.c.key), metric_latest),
        of(inputs.order_by(input_datasets.c.id), run_inputs),
        of(models, run_models),
    )


def _read(parts: list[Any]) -> shapes.Recorded:
    params_, tags, latest, inputs, models = (part or [] for part in parts)
    return shapes.Recorded(
        dict(sorted(params_)),
        dict(sorted(tags)),
        [_point(*row) for row in sorted(latest, key=lambda row: str(row[0]))],
        [shapes.input_dataset(row, tags) for _, tags, row in sorted(inputs, key=lambda item: item[0])],
        [SimpleNamespace(step=step, model_id=model, direction=to) for step, model, to in sorted(models)],
    )


def _point(key: str, value: float | str, nan: int, step: int, timestamp: int) -> shapes.Json:
    """Write a point; JSON has infinite numbers as texts."""
    return shapes.metric(key, math.nan if nan else float(value), timestamp, step)


@lru_cache
def _together() -> Prepared:
    def texts(table: Any) -> Any:
        pair = func.json_build_array(keys.c.name, table.c.value)
        return _all(select(func.json_agg(pair)).join_from(table, keys, keys.c.id == table.c.key), table)

    point = func.json_build_array(keys.c.name, *(metric_latest.c[name] for name in _LATEST))
    latest = select(func.json_agg(point)).join_from(metric_latest, keys, keys.c.id == metric_latest.c.key)
    dataset = func.json_build_object(*(part for name in shapes.DATASET for part in (name, input_datasets.c[name])))
    used = func.json_build_array(input_datasets.c.id, run_inputs.c.tags, dataset)
    inputs = select(func.json_agg(used)).join_from(
        run_inputs, input_datasets, input_datasets.c.id == run_inputs.c.dataset
    )
    model = func.json_build_array(run_models.c.step, run_models.c.model_id, run_models.c.direction)
    parts = (
        *(texts(params), texts(run_tags), _all(latest, metric_latest)),
        *(_all(inputs, run_inputs), _all(select(func.json_agg(model)), run_models)),
    )
    recorded = case((run_docs.c.doc.is_(None), cast(func.json_build_array(*parts), Text)))
    query = ROWS.add_columns(runs.c.parent_id, recorded.label("recorded"))
    return Prepared(query.where(*_THIS))


def _all(query: Select[Any], table: Any) -> Any:
    return query.where(table.c.run == runs.c.seq).correlate(runs).scalar_subquery()
