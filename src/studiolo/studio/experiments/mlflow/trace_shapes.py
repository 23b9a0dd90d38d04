"""Traces in MLflow's messages, of version 3 and of version 2."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection

from studiolo.kernel.mlflow.errors import MlflowError, invalid_value
from studiolo.kernel.mlflow.fields import Fields
from studiolo.kernel.mlflow.values import EPOCH, millis, pairs
from studiolo.studio.experiments import traces
from studiolo.studio.experiments.traces import Labels

Json = dict[str, Any]
_TIME = re.compile(r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)")
_DURATION = re.compile(r"(-?\d{1,12})(?:\.(\d{1,9}))?s")
_TOKENS = ("input_tokens", "output_tokens", "total_tokens")


def timestamp(ms: int) -> str:
    """Write a time as protobuf's JSON does.

    >>> timestamp(1_700_000_000_123)
    '2023-11-14T22:13:20.123Z'
    """
    moment = EPOCH + timedelta(milliseconds=ms)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"


def time_in(fields: Fields, field: str) -> int | None:
    """Read a time into milliseconds since 1970."""
    text = fields.text(field)
    if not text:
        return None
    found = _TIME.fullmatch(text)
    wrong = invalid_value(fields.name(field), text, "write a time such as 2026-01-31T12:00:00.123Z.")
    if found is None:
        raise wrong
    try:
        moment = datetime.fromisoformat(found[1] + ("+00:00" if found[3] in "Zz" else found[3]))
        return millis(moment.astimezone(UTC)) + int(((found[2] or "") + "000")[:3])
    except (ValueError, OverflowError):
        raise wrong from None


def duration_in(fields: Fields, field: str) -> int | None:
    """Read a duration such as `1.5s` into milliseconds."""
    text = fields.text(field)
    if not text:
        return None
    found = _DURATION.fullmatch(text)
    if found is None or found[1].startswith("-"):
        raise invalid_value(fields.name(field), text, "write a duration such as 1.5s.")
    return int(found[1]) * 1000 + int(((found[2] or "") + "000")[:3])


def mapping_in(fields: Fields, field: str) -> dict[str, str]:
    """Read an object of texts."""
    if not fields.has(field):
        return {}
    found = fields.object(field)
    return {str(key): found.text(key) for key in fields.raw(field)}


def infos(tx: Connection, rows: Sequence[Any]) -> list[Json]:
    """Write traces without their spans."""
    seqs = [row.seq for row in rows]
    labels, assessed = traces.labels_of(tx, seqs), traces.assessments_of(tx, seqs)
    return [_info(row, labels[row.seq], assessed.get(row.seq, [])) for row in rows]


def _info(row: Any, labels: Labels, assessed: Sequence[Any]) -> Json:
    found: Json = {
        "trace_id": row.id,
        "trace_location": {
            "type": "MLFLOW_EXPERIMENT",
            "mlflow_experiment": {"experiment_id": str(row.experiment)},
        },
        "request_time": timestamp(row.started),
        "state": row.state,
        "trace_metadata": metadata(row, labels),
        "tags": tags(row, labels),
    }
    if row.duration is not None:
        found["execution_duration"] = f"{row.duration // 1000}.{row.duration % 1000:03d}s"
    optional = {"client_request_id": row.client_request_id, "request_preview": row.request}
    found |= {key: value for key, value in {**optional, "response_preview": row.response}.items() if value is not None}
    if assessed:
        found["assessments"] = [assessment(row.id, item) for item in assessed]
    return found


def tags(row: Any, labels: Labels) -> dict[str, str]:
    """Return the tags with the name, which has a column of its own."""
    named = {traces.NAME: row.name} if row.name else {}
    if labels.prompts:
        linked = [dict(zip(("name", "version"), key.rsplit("/", 1), strict=True)) for key in labels.prompts]
        named["mlflow.linkedPrompts"] = json.dumps(linked)
    return {**named, **labels.tags}


def metadata(row: Any, labels: Labels) -> dict[str, str]:
    """Return the metadata with the tokens that were worked out from spans."""
    found = dict(labels.metadata)
    if row.total_tokens is not None and traces.TOKENS not in found:
        found[traces.TOKENS] = json.dumps({name: getattr(row, name) or 0 for name in _TOKENS})
    if row.cost is not None and traces.COST not in found:
        found[traces.COST] = json.dumps({"total_cost": row.cost})
    return found


def info_v2(row: Any, labels: Labels) -> Json:
    """Write a trace as MLflow 2 does."""
    found: Json = {
        "request_id": row.id,
        "experiment_id": str(row.experiment),
        "timestamp_ms": row.started,
        "status": "TRACE_STATUS_UNSPECIFIED" if row.state == "STATE_UNSPECIFIED" else row.state,
        "request_metadata": pairs(metadata(row, labels)),
        "tags": pairs(tags(row, labels)),
    }
    return found if row.duration is None else {**found, "execution_time_ms": row.duration}


def whole(tx: Connection, rows: Sequence[Any]) -> list[Json]:
    """Write traces with their spans, whose JSON is passed on as it is stored."""
    spans = traces.spans_of(tx, [row.seq for row in rows])
    return [
        {"trace_info": info, "spans": [orjson.Fragment(content) for content in spans[row.seq]]}
        for row, info in zip(rows, infos(tx, rows), strict=True)
    ]


def expected_spans(labels: Labels) -> int:
    """Return how many spans the client says the trace has, 0 when it does not say."""
    try:
        found = json.loads(labels.metadata.get(traces.SIZES, "{}"))
        return int(found.get("num_spans") or 0)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return 0


def assessment(trace_id: str, row: Any) -> Json:
    """Write an assessment."""
    found: Json = {
        "assessment_id": row.id,
        "assessment_name": row.name,
        "trace_id": trace_id,
        "source": {"source_type": row.source_type, "source_id": row.source_id},
        "create_time": timestamp(row.created),
        "last_update_time": timestamp(row.updated),
        row.kind: row.body,
        "valid": row.valid,
    }
    for key in ("span_id", "rationale", "overrides"):
        if getattr(row, key):
            found[key] = getattr(row, key)
    if row.metadata:
        found["metadata"] = row.metadata
    return found


def state_in(fields: Fields, field: str, names: Sequence[str]) -> str:
    """Read a state, which protobuf's JSON may write as its number."""
    value = fields.raw(field)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(names):
        return names[value]
    if value is None:
        return names[0]
    if value not in names:
        raise invalid_value(fields.name(field), value, f"it must be one of {', '.join(names)}.")
    return str(value)


def ids_in(fields: Fields, field: str, most: int) -> list[str]:
    """Read a list of trace ids."""
    found = fields.texts(field)
    if len(found) > most:
        raise MlflowError(f"Parameter '{fields.name(field)}' names {len(found)} traces; at most {most} are allowed.")
    return found
