"""MLflow's endpoints of metric histories."""

import base64
import math
from typing import Any

import numpy as np

from studiolo.kernel.context import Context
from studiolo.kernel.mlflow.errors import MlflowError, missing_value
from studiolo.kernel.mlflow.fields import Fields
from studiolo.kernel.mlflow.protocol import endpoint
from studiolo.kernel.mlflow.tokens import Pages
from studiolo.kernel.mlflow.values import json_number
from studiolo.studio.experiments import client_runs, keys, metrics, series
from studiolo.studio.experiments.mlflow.experiments import READ
from studiolo.studio.experiments.mlflow.runs import run_id_of
from studiolo.studio.experiments.packing import Columns

PAGE = 25_000
ENDLESS = 2**31
MAX_RUNS = 100


def _shapes(key: str, columns: Columns, run_id: str = "") -> list[dict[str, Any]]:
    """Write points; a run only where several are asked for."""
    values: list[float | str] = columns.values.tolist()
    for place in np.flatnonzero(~np.isfinite(columns.values)).tolist():
        values[place] = json_number(float(columns.values[place]))
    more = {"run_id": run_id} if run_id else {}
    return [
        {"key": key, "value": value, "timestamp": stamp, "step": step, **more}
        for step, stamp, value in zip(columns.steps.tolist(), columns.stamps.tolist(), values, strict=True)
    ]


@endpoint("GET", "mlflow/metrics/get-history", READ)
def history(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Return the points of a metric, in order of step."""
    run_id, key = run_id_of(fields), fields.required("metric_key")
    limit = fields.integer("max_results")
    if limit is not None and limit <= 0:
        raise MlflowError(f"Invalid value {limit} for parameter 'max_results' supplied. It must be a positive integer.")
    pages = Pages(fields, "run_id", "run_uuid", "metric_key")
    after = _point(pages.place)
    with ctx.db.read() as tx:
        run = client_runs.find(tx, ctx, run_id)
        number = keys.known(tx, [key]).get(key)
        most = min(limit, PAGE) if limit else None
        found = series.NOTHING
        if number is not None and (most or after):
            found = series.page(tx, run.seq, number, after, (most or ENDLESS) + 1)
        elif number is not None:
            found = series.read(tx, run.seq, [number]).get(number, series.NOTHING)
    answer: dict[str, Any] = {}
    if most and len(found.steps) > most:
        found = found.at(slice(0, most))
        answer |= pages.next(_token(found))
    return answer | ({"metrics": _shapes(key, found)} if len(found.steps) else {})


def _token(found: Columns) -> str:
    """Name the last point, behind which the next page begins."""
    step, ts, value = (column[-1].item() for column in found)
    value, nan = (0.0, 1) if math.isnan(value) else (value, 0)
    return base64.urlsafe_b64encode(f"{step},{ts},{value!r},{nan}".encode()).decode()


def _point(token: str) -> metrics.Point | None:
    if not token:
        return None
    try:
        step, ts, value, nan = base64.urlsafe_b64decode(token).decode().split(",")
        return metrics.Point(0, int(step), int(ts), float(value), int(nan))
    except (ValueError, UnicodeDecodeError):
        raise MlflowError("Invalid page token: it belongs to another search.") from None


@endpoint("GET", "mlflow/metrics/get-history-bulk", READ)
def bulk(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Return the points of a metric of several runs."""
    run_ids, key = _several(fields, "run_id"), fields.required("metric_key")
    limit = min(fields.integer("max_results", PAGE) or PAGE, PAGE)
    found: list[dict[str, Any]] = []
    with ctx.db.read() as tx:
        number = keys.known(tx, [key]).get(key)
        for run_id in sorted(run_ids):
            run = client_runs.find(tx, ctx, run_id)
            if number is not None:
                found += _shapes(key, series.page(tx, run.seq, number, None, limit - len(found)), run_id)
            if len(found) >= limit:
                break
    return {"metrics": found}


@endpoint("GET", "mlflow/metrics/get-history-bulk-interval", READ)
def bulk_interval(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Return logged points of several runs at the same sampled steps, with the lowest and highest step of each run."""
    run_ids, key = _several(fields, "run_ids"), fields.required("metric_key")
    first, last = fields.integer("start_step"), fields.integer("end_step")
    if (first is None) != (last is None):
        raise MlflowError("Both start_step and end_step must be specified together, or neither may be specified.")
    if first is not None and last is not None and first > last:
        raise MlflowError("end_step must be greater than start_step. ")
    limit = fields.limit("max_results", 320, 2500)
    found: list[dict[str, Any]] = []
    with ctx.db.read() as tx:
        number = keys.known(tx, [key]).get(key)
        seqs = {run_id: client_runs.find(tx, ctx, run_id).seq for run_id in run_ids}
        if number is None:
            return {}
        logged = {run_id: series.read(tx, seq, [number], first, last).get(number) for run_id, seq in seqs.items()}
    there = {run_id: columns for run_id, columns in logged.items() if columns is not None}
    steps = series.sampled_steps(list(there.values()), limit)
    for run_id, columns in there.items():
        found += _shapes(key, columns.at(np.isin(columns.steps, steps)), run_id)
    return {"metrics": found} if found else {}


def _several(fields: Fields, field: str) -> list[str]:
    run_ids = fields.texts(field)
    if not run_ids:
        raise missing_value(field)
    if len(run_ids) > MAX_RUNS:
        raise MlflowError(f"At most {MAX_RUNS} runs can be asked for at once. Received {len(run_ids)} run_ids.")
    return run_ids
