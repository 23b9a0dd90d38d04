"""MLflow's endpoints of metric histories."""

import base64
from typing import Any

from studiolo.kernel.context import Context
from studiolo.kernel.mlflow.errors import MlflowError, missing_value
from studiolo.kernel.mlflow.fields import Fields
from studiolo.kernel.mlflow.protocol import endpoint
from studiolo.kernel.mlflow.values import json_number
from studiolo.studio.experiments import client_runs, keys, metrics
from studiolo.studio.experiments.mlflow.experiments import READ
from studiolo.studio.experiments.mlflow.runs import run_id_of

PAGE = 25_000
MAX_RUNS = 100


def _shape(key: str, point: metrics.Point, run_id: str = "") -> dict[str, Any]:
    found = {"key": key, "value": "NaN" if point.nan else json_number(point.value), "timestamp": point.ts}
    found["step"] = point.step
    return {**found, "run_id": run_id} if run_id else found


@endpoint("GET", "mlflow/metrics/get-history", READ)
def history(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Return the points of a metric, in order of step."""
    run_id, key = run_id_of(fields), fields.required("metric_key")
    limit = fields.integer("max_results")
    if limit is not None and limit <= 0:
        raise MlflowError(f"Invalid value {limit} for parameter 'max_results' supplied. It must be a positive integer.")
    after = _point(fields.text("page_token"))
    with ctx.db.read() as tx:
        run = client_runs.find(tx, ctx, run_id)
        number = keys.known(tx, [key]).get(key)
        found = (
            []
            if number is None
            else metrics.series(tx, run.seq, number, after, min(limit, PAGE) + 1 if limit else None)
        )
    answer: dict[str, Any] = {}
    if limit and len(found) > min(limit, PAGE):
        found = found[: min(limit, PAGE)]
        last = found[-1]
        answer["next_page_token"] = base64.urlsafe_b64encode(
            f"{last.step},{last.ts},{last.value!r},{last.nan}".encode()
        ).decode()
    return answer | ({"metrics": [_shape(key, point) for point in found]} if found else {})


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
            points = [] if number is None else metrics.series(tx, run.seq, number, None, limit - len(found))
            found += [_shape(key, point, run_id) for point in points]
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
        steps = metrics.sampled_steps(tx, list(seqs.values()), number, first, last, limit)
        for run_id, seq in seqs.items():
            found += [_shape(key, point, run_id) for point in metrics.at_steps(tx, seq, number, steps)]
    return {"metrics": found} if found else {}


def _several(fields: Fields, field: str) -> list[str]:
    run_ids = fields.texts(field)
    if not run_ids:
        raise missing_value(field)
    if len(run_ids) > MAX_RUNS:
        raise MlflowError(f"At most {MAX_RUNS} runs can be asked for at once. Received {len(run_ids)} run_ids.")
    return run_ids
