"""The endpoints of traces that clients of MLflow 2 call; their spans come as the file `traces.json`."""

from typing import Any

from studiolo.kernel.context import Context
from studiolo.kernel.ids import new_id
from studiolo.kernel.mlflow.fields import Fields
from studiolo.kernel.mlflow.protocol import endpoint
from studiolo.kernel.mlflow.tokens import Pages
from studiolo.kernel.mlflow.values import millis
from studiolo.studio.experiments import trace_search, trace_writing, traces
from studiolo.studio.experiments.mlflow import trace_shapes as shapes
from studiolo.studio.experiments.mlflow.experiments import READ, WRITE
from studiolo.studio.experiments.mlflow.traces import experiment_numbers

_PATH = "mlflow/traces"
_STATES = ("TRACE_STATUS_UNSPECIFIED", "OK", "ERROR", "IN_PROGRESS")


def _pairs(fields: Fields, field: str) -> dict[str, str]:
    return {item.required("key"): item.text("value") for item in fields.objects(field)}


def _answer(ctx: Context, row: Any) -> dict[str, Any]:
    with ctx.db.read() as tx:
        return {"trace_info": shapes.info_v2(row, traces.labels_of(tx, [row.seq])[row.seq])}


@endpoint("POST", _PATH, WRITE)
def start(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Begin a trace; the server chooses its id."""
    began = fields.integer("timestamp_ms", millis(ctx.clock.now()))
    told = {"state": "IN_PROGRESS", "started": began, "duration": None}
    metadata, tags = _pairs(fields, "request_metadata"), _pairs(fields, "tags")
    row = trace_writing.start(ctx, fields.required("experiment_id"), f"tr-{new_id()}", told, tags, metadata)
    return _answer(ctx, row)


@endpoint("PATCH", f"{_PATH}/{{request_id}}", WRITE)
def end(ctx: Context, fields: Fields) -> dict[str, Any]:
    """End a trace."""
    state = shapes.state_in(fields, "status", _STATES)
    told = {
        "state": "STATE_UNSPECIFIED" if state == _STATES[0] else state,
        "ended": fields.integer("timestamp_ms", millis(ctx.clock.now())),
    }
    metadata, tags = _pairs(fields, "request_metadata"), _pairs(fields, "tags")
    return _answer(ctx, trace_writing.end(ctx, fields.required("request_id"), told, tags, metadata))


@endpoint("GET", f"{_PATH}/{{request_id}}/info", READ)
def get_info(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Return a trace without its spans."""
    with ctx.db.read() as tx:
        row = traces.find(tx, ctx, fields.required("request_id"))
    return _answer(ctx, row)


@endpoint("GET", _PATH, READ)
def search(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Find traces of experiments."""
    limit, pages = fields.limit("max_results", 100, 500), Pages(fields, "experiment_ids", "filter", "order_by")
    with ctx.db.read() as tx:
        found = experiment_numbers(tx, ctx, fields.texts("experiment_ids"))
        rows, token = trace_search.find(
            tx, ctx, found, fields.text("filter"), fields.texts("order_by"), pages.place, limit
        )
        labels = traces.labels_of(tx, [row.seq for row in rows])
    answer: dict[str, Any] = {"traces": [shapes.info_v2(row, labels[row.seq]) for row in rows]} if rows else {}
    return answer | pages.next(token)
