"""Traces as pages, SDK and command line see them."""

import base64
import binascii
import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, select

from studiolo.kernel.context import Context
from studiolo.kernel.mlflow.values import EPOCH
from studiolo.kernel.paging import Page
from studiolo.studio.experiments import artifacts, repository, service, span_meaning, trace_search, traces
from studiolo.studio.experiments import spans as wire
from studiolo.studio.experiments.errors import ArtifactNotFound
from studiolo.studio.experiments.tables import experiments
from studiolo.studio.experiments.trace_schemas import Span, SpanEvent, Trace, TraceAssessment, TraceSearch, TraceSummary
from studiolo.studio.experiments.traces import Labels

FILE = "traces.json"  # where clients that send no spans put them
MAX_FILE = 64 << 20
_MILLI = 1e6
_SHOWN = {f"mlflow.{name}" for name in ("spanInputs", "spanOutputs", "spanType", "traceRequestId", "experimentId")}


def search(ctx: Context, wanted: TraceSearch) -> Page[TraceSummary]:
    """Return a page of traces, newest first unless ordered otherwise."""
    filters = wanted.filter
    if wanted.run_id:
        run = service.get(ctx, wanted.run_id)
        filters = f"{filters} AND run_id = '{run.id}'" if filters.strip() else f"run_id = '{run.id}'"
    with ctx.db.read() as tx:
        numbers = _experiments(tx, ctx, wanted.experiment)
        rows, token = trace_search.find(
            tx, ctx, numbers, filters, wanted.order_by, wanted.cursor or "", wanted.limit, wanted.text
        )
        return Page(items=_summaries(tx, rows), next=token)


def _experiments(tx: Connection, ctx: Context, which: str | None) -> list[int]:
    if which is None:
        query = select(experiments.c.number).where(experiments.c.workspace_id == ctx.workspace_id)
        return list(tx.execute(query.where(experiments.c.lifecycle == "active")).scalars())
    row = repository.experiment_by_name(tx, ctx.workspace_id, which)
    if row is None and which.isdecimal():
        from studiolo.studio.experiments import catalog

        row = catalog.find(tx, ctx, which)
    return [row.number] if row is not None else []


def get(ctx: Context, trace_id: str) -> Trace:
    """Return a trace with its spans."""
    with ctx.db.read() as tx:
        row = traces.find(tx, ctx, trace_id)
        (summary,) = _summaries(tx, [row])
        labels = traces.labels_of(tx, [row.seq])[row.seq]
        contents = traces.spans_of(tx, [row.seq])[row.seq]
        stored = None if contents else _file(tx, ctx, row)
    steps = [_of_content(json.loads(content), row.started) for content in contents]
    if stored is not None:
        steps = _of_file(ctx.blobs.path(stored).read_bytes(), row.started)
    return Trace(
        **{**summary.model_dump(), "spans": max(row.spans, len(steps))},
        metadata=labels.metadata,
        client_request_id=row.client_request_id,
        linked_runs=labels.runs,
        prompts=labels.prompts,
        steps=sorted(steps, key=lambda step: step.offset_ms),
    )


def _file(tx: Connection, ctx: Context, row: Any) -> str | None:
    try:
        found = artifacts.find_at(tx, ctx, f"{traces.folder(row.experiment, row.id)}/{FILE}")
    except ArtifactNotFound:
        return None
    return found.digest if found.size <= MAX_FILE else None


def _summaries(tx: Connection, rows: Sequence[Any]) -> list[TraceSummary]:
    seqs = [row.seq for row in rows]
    labels, assessed = traces.labels_of(tx, seqs), traces.assessments_of(tx, seqs)
    return [_summary(row, labels[row.seq], assessed.get(row.seq, [])) for row in rows]


def _summary(row: Any, labels: Labels, assessed: Sequence[Any]) -> TraceSummary:
    columns = ("name", "state", "request", "response", "input_tokens", "output_tokens", "total_tokens", "cost", "spans")
    return TraceSummary(
        **{name: getattr(row, name) for name in columns},
        id=row.id,
        experiment_id=str(row.experiment),
        started_at=EPOCH + timedelta(milliseconds=row.started),
        duration_ms=row.duration,
        run_id=labels.metadata.get(traces.RUN) or next(iter(labels.runs), None),
        tags={key: value for key, value in labels.tags.items() if not key.startswith("mlflow.")},
        assessments=[_assessment(item) for item in assessed],
    )


def _assessment(row: Any) -> TraceAssessment:
    error = row.body.get("error") or {}
    serialized = row.body.get("serialized_value")
    return TraceAssessment(
        id=row.id,
        kind=row.kind,
        name=row.name,
        value=span_meaning.loaded(row.text) if serialized else row.body.get("value"),
        error=error.get("error_message") or error.get("error_code"),
        rationale=row.rationale,
        source=row.source_id or row.source_type.lower(),
        span_id=row.span_id,
        valid=row.valid,
        at=EPOCH + timedelta(milliseconds=row.updated),
    )


def _of_content(content: dict[str, Any], started: int) -> Span:
    """Read a span as it is stored."""
    status = content.get("status", {})
    events = [
        (event.get("name", ""), int(event.get("time_unix_nano", 0)), wire.attributes_of(event))
        for event in content.get("events", [])
    ]
    return _span(
        _hex(content.get("span_id")),
        _hex(content.get("parent_span_id")),
        content.get("name", ""),
        (str(status.get("code", "UNSET")).removeprefix("STATUS_CODE_"), str(status.get("message", ""))),
        (int(content.get("start_time_unix_nano", 0)), int(content.get("end_time_unix_nano", 0))),
        wire.attributes_of(content),
        events,
        started,
    )


def _of_file(body: bytes, started: int) -> list[Span]:
    """Read the spans of a client's file, of MLflow 2 or 3; what cannot be read is left out."""
    try:
        items = json.loads(body).get("spans", [])
    except (ValueError, AttributeError, RecursionError):
        return []
    found: list[Span] = []
    for item in items if isinstance(items, list) else []:
        try:
            found.append(_of_item(item, started))
        except (KeyError, TypeError, ValueError, AttributeError):
            continue
    return found


def _of_item(item: dict[str, Any], started: int) -> Span:
    attributes = {str(key): _decoded(value) for key, value in (item.get("attributes") or {}).items()}
    given = item.get("events") or []
    events = [
        (
            str(event["name"]),
            int(event.get("time_unix_nano") or event.get("timestamp") or 0),
            event.get("attributes") or {},
        )
        for event in given
    ]
    if "context" in item:  # MLflow 2
        ids = (str(item["context"]["span_id"]).removeprefix("0x"), item.get("parent_id"))
        status = (str(item.get("status_code", "UNSET")), str(item.get("status_message") or ""))
        times = (int(item["start_time"]), int(item.get("end_time") or 0))
    else:
        ids = (_hex(item["span_id"]), _hex(item.get("parent_span_id")))
        code = str(item["status"]["code"]).removeprefix("STATUS_CODE_")
        status, times = (
            (code, str(item["status"].get("message") or "")),
            (
                int(item["start_time_unix_nano"]),
                int(item.get("end_time_unix_nano") or 0),
            ),
        )
    parent = str(ids[1]).removeprefix("0x") if ids[1] else ""
    return _span(ids[0], parent, str(item["name"]), status, times, attributes, events, started)


def _span(
    span_id: str,
    parent: str,
    name: str,
    status: tuple[str, str],
    times: tuple[int, int],
    attributes: dict[str, Any],
    events: Iterable[tuple[str, int, dict[str, Any]]],
    started: int,
) -> Span:
    start, end = times
    zero = started * 1_000_000
    return Span(
        id=span_id,
        parent=parent if parent.strip("0") else None,
        name=name,
        type=span_meaning.span_type(attributes),
        status=status[0],
        message=status[1],
        offset_ms=(start - zero) / _MILLI,
        duration_ms=(end - start) / _MILLI if end else None,
        inputs=span_meaning.inputs(attributes),
        outputs=span_meaning.outputs(attributes),
        total_tokens=span_meaning.tokens(attributes).total,
        attributes={key: value for key, value in attributes.items() if key not in _SHOWN},
        events=[SpanEvent(name=n, offset_ms=(at - zero) / _MILLI, attributes=more) for n, at, more in events],
    )


def _hex(text: Any) -> str:
    """Write an id that protobuf's JSON has in base64."""
    if not text:
        return ""
    try:
        return base64.b64decode(str(text), validate=True).hex()
    except (binascii.Error, ValueError):
        return str(text)


def _decoded(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value
