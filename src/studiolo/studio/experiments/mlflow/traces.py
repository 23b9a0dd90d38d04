"""MLflow's endpoints of traces, version 3."""

import math
import time
from typing import Any

from studiolo.kernel.context import Context
from studiolo.kernel.mlflow.errors import MISSING, MlflowError, missing_value
from studiolo.kernel.mlflow.fields import Fields
from studiolo.kernel.mlflow.protocol import endpoint
from studiolo.kernel.mlflow.tokens import Pages
from studiolo.kernel.mlflow.values import millis
from studiolo.studio.experiments import assessments, catalog, trace_search, trace_writing, traces
from studiolo.studio.experiments.errors import ExperimentNotFound
from studiolo.studio.experiments.mlflow import trace_shapes as shapes
from studiolo.studio.experiments.mlflow.experiments import READ, WRITE

_PATH = "mlflow/traces"
_V3 = ("3.0",)
_BOTH = ("2.0", "3.0")
MAX_GET = 500
MAX_DELETE = 1_000
_PATIENCE = 3.0  # seconds that a reader waits for spans that are on their way, as MLflow's server does
_LOOK = 0.05


@endpoint("POST", _PATH, WRITE, versions=_V3)
def start(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Store what a client tells of a trace, which it does at the end of it."""
    info = fields.object("trace").object("trace_info")
    place = info.object("trace_location")
    if not place.has("mlflow_experiment"):
        raise MlflowError("Traces can be stored in an experiment only: trace_location.mlflow_experiment is not given.")
    started = shapes.time_in(info, "request_time")
    told = {
        "state": shapes.state_in(info, "state", trace_writing.STATES),
        "started": started if started is not None else millis(ctx.clock.now()),
        "duration": shapes.duration_in(info, "execution_duration"),
        "client_request_id": info.text("client_request_id")[:500] or None,
    }
    for column, field in (("request", "request_preview"), ("response", "response_preview")):
        told[column] = (info.text(field) or info.text(column))[: trace_writing.MAX_PREVIEW] or None
    found = [assessments.values_of(item) for item in info.objects("assessments")]
    experiment_id = place.object("mlflow_experiment").required("experiment_id")
    tags, metadata = shapes.mapping_in(info, "tags"), shapes.mapping_in(info, "trace_metadata")
    row = trace_writing.start(ctx, experiment_id, info.required("trace_id"), told, tags, metadata)
    if found:
        ctx.db.write(lambda tx: assessments.insert_all(tx, ctx, row.seq, found))
    return _info(ctx, row.id)


def _info(ctx: Context, trace_id: str) -> dict[str, Any]:
    with ctx.db.read() as tx:
        return {"trace": {"trace_info": shapes.infos(tx, [traces.find(tx, ctx, trace_id)])[0]}}


@endpoint("GET", f"{_PATH}/get", READ, versions=_V3)
def get(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Return a trace with its spans; unless parts will do, once all spans are here that the client told of."""
    trace_id, partial = fields.required("trace_id"), fields.flag("allow_partial")
    deadline = time.monotonic() + _PATIENCE
    while True:
        with ctx.db.read() as tx:
            row = traces.find(tx, ctx, trace_id)
            expected = shapes.expected_spans(traces.labels_of(tx, [row.seq])[row.seq])
            if partial or row.spans >= max(1, expected):
                return {"trace": shapes.whole(tx, [row])[0]}
        if time.monotonic() > deadline:
            raise MlflowError(f"Trace with ID {trace_id} is not fully exported yet, please try again later.", MISSING)
        time.sleep(_LOOK)


@endpoint("GET", f"{_PATH}/batchGet", READ, versions=_V3)
def batch_get(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Return traces with their spans; those that are not here, or not whole, are left out."""
    wanted = _wanted(fields)
    with ctx.db.read() as tx:
        rows = _among(fields, traces.find_many(tx, ctx, wanted))
        labels = traces.labels_of(tx, [row.seq for row in rows])
        rows = [row for row in rows if row.spans and row.spans >= shapes.expected_spans(labels[row.seq])]
        return {"traces": shapes.whole(tx, rows)} if rows else {}


@endpoint("POST", f"{_PATH}/batchGetInfos", READ, versions=_V3)
def batch_get_infos(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Return traces without their spans."""
    wanted = _wanted(fields)
    with ctx.db.read() as tx:
        rows = _among(fields, traces.find_many(tx, ctx, wanted))
        return {"trace_infos": shapes.infos(tx, rows)} if rows else {}


def _wanted(fields: Fields) -> list[str]:
    if not fields.has("trace_ids"):
        raise missing_value("trace_ids")
    return shapes.ids_in(fields, "trace_ids", MAX_GET)


def _among(fields: Fields, rows: list[Any]) -> list[Any]:
    if not fields.has("experiment_ids"):
        return rows
    experiments = set(fields.texts("experiment_ids"))
    return [row for row in rows if str(row.experiment) in experiments]


@endpoint("GET", f"{_PATH}/{{trace_id}}", READ, versions=_V3)
def get_info(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Return a trace without its spans."""
    return _info(ctx, fields.required("trace_id"))


@endpoint("POST", f"{_PATH}/search", READ, versions=_V3)
def search(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Find traces of experiments."""
    if not fields.has("locations"):
        raise missing_value("locations")
    ids = [
        place.object("mlflow_experiment").required("experiment_id")
        for place in fields.objects("locations")
        if place.has("mlflow_experiment")
    ]
    limit, pages = fields.limit("max_results", 100, 500), Pages(fields, "locations", "filter", "order_by")
    with ctx.db.read() as tx:
        rows, token = trace_search.find(
            tx, ctx, experiment_numbers(tx, ctx, ids), fields.text("filter"), fields.texts("order_by"), pages.place, limit
        )  # fmt: skip
        answer: dict[str, Any] = {"traces": shapes.infos(tx, rows)} if rows else {}
    return answer | pages.next(token)


def experiment_numbers(tx: Any, ctx: Context, ids: list[str]) -> list[int]:
    """Return the experiments that are there."""
    found: list[int] = []
    for experiment_id in ids:
        try:
            found.append(catalog.find(tx, ctx, experiment_id).number)
        except ExperimentNotFound:
            continue
    return found


@endpoint("POST", f"{_PATH}/delete-traces", WRITE, versions=_BOTH)
def delete(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Delete traces by id, or those that began up to a time."""
    experiment_id = fields.required("experiment_id")
    ids = shapes.ids_in(fields, "request_ids", MAX_DELETE)
    until, most = fields.integer("max_timestamp_millis"), fields.integer("max_traces")
    if (until is None) == (not ids):
        raise MlflowError("Exactly one of `max_timestamp_millis` and `trace_ids` must be specified.")
    if ids and most is not None:
        raise MlflowError("`max_traces` can't be specified if `trace_ids` is specified.")
    if most is not None and most <= 0:
        raise MlflowError(f"`max_traces` must be a positive integer, received {most}.")
    return {"traces_deleted": traces.remove(ctx, experiment_id, trace_ids=ids or None, until=until, most=most)}


@endpoint("PATCH", f"{_PATH}/{{trace_id}}/tags", WRITE, versions=_BOTH)
def set_tag(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Write a tag."""
    traces.set_tag(ctx, fields.required("trace_id"), fields.required("key"), fields.text("value"))
    return {}


@endpoint("DELETE", f"{_PATH}/{{trace_id}}/tags", WRITE, versions=_BOTH)
def delete_tag(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Remove a tag."""
    traces.delete_tag(ctx, fields.required("trace_id"), fields.required("key"))
    return {}


@endpoint("POST", f"{_PATH}/link-to-run", WRITE, versions=_BOTH)
def link_to_run(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Say that traces belong to a run."""
    traces.link_to_run(ctx, fields.texts("trace_ids"), fields.required("run_id"))
    return {}


@endpoint("POST", f"{_PATH}/link-prompts", WRITE, versions=_BOTH)
def link_prompts(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Say which versions of prompts a trace used."""
    versions = [(item.required("name"), item.required("version")) for item in fields.objects("prompt_versions")]
    if any(len(name) + len(version) > 290 for name, version in versions):
        raise MlflowError("The name of a prompt has more than 250 characters.")
    traces.link_prompts(ctx, fields.required("trace_id"), versions)
    return {}


@endpoint("POST", f"{_PATH}/calculate-filter-correlation", READ, versions=_V3)
def correlation(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Say how much two filters go together: normalised pointwise mutual information, -1 to 1."""
    one, two = fields.required("filter_string1"), fields.required("filter_string2")
    base = [fields.text("base_filter")] if fields.text("base_filter") else []
    with ctx.db.read() as tx:
        numbers = experiment_numbers(tx, ctx, fields.texts("experiment_ids"))
        first, second, joint, total = (
            trace_search.counts(tx, ctx, numbers, [*base, *more]) for more in ([one], [two], [one, two], [])
        )
    found: dict[str, Any] = {
        "filter1_count": first,
        "filter2_count": second,
        "joint_count": joint,
        "total_count": total,
    }
    plain = _npmi(joint, first, second, total, 0)
    return {
        **found,
        "npmi": "NaN" if math.isnan(plain) else plain,
        "npmi_smoothed": _npmi(joint, first, second, total, 0.5),
    }


def _npmi(joint: float, first: float, second: float, total: float, smoothing: float) -> float:
    """Source: Bouma (2009), "Normalized (Pointwise) Mutual Information in Collocation Extraction"."""
    if total <= 0 or first <= 0 or second <= 0:
        return math.nan if not smoothing else 0.0
    both, only, other = joint + smoothing, first - joint + smoothing, second - joint + smoothing
    neither = total - first - second + joint + smoothing
    whole = both + only + other + neither
    if both == 0:
        return -1.0
    if both == whole:
        return 1.0
    p = both / whole
    value = math.log(p / ((both + only) / whole * (both + other) / whole)) / -math.log(p)
    return max(-1.0, min(1.0, value))
