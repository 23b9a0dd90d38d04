"""How traces come in: spans one by one over OpenTelemetry, and the whole as MLflow's clients tell it at the end.

Either may be first. What the client tells is kept over what is worked out from spans.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, select, update

from studiolo.kernel.context import Context
from studiolo.kernel.mlflow.errors import invalid_value
from studiolo.kernel.mlflow.names import problem
from studiolo.studio.experiments import catalog, client_runs, span_meaning, traces
from studiolo.studio.experiments.span_meaning import Tokens, Used
from studiolo.studio.experiments.spans import TAG_PREFIX, Batch, Span
from studiolo.studio.experiments.trace_tables import MAX_ID, trace_spans
from studiolo.studio.experiments.trace_tables import traces as table

MAX_SPANS = 20_000  # of one trace
MAX_BYTES = 64 << 20  # of the contents of the spans of one trace
MAX_PREVIEW = 10_000
MAX_METADATA = 64_000
STATES = ("STATE_UNSPECIFIED", "OK", "ERROR", "IN_PROGRESS")
_COLUMNS = ("input_tokens", "output_tokens", "total_tokens", "cost")
_NANO = 1_000_000


def record(ctx: Context, experiment_id: str, batch: Batch, run_id: str | None = None) -> list[str]:
    """Store spans, making the traces that are new; returns what was refused, one sentence for each span.

    run_id: the run that the traces belong to. Raises ExperimentNotFound, NotActive, RunNotFound.
    """
    if experiment_id == "0":
        catalog.ensure_default(ctx)
    groups: dict[str, list[Span]] = {}
    for span in batch.spans:
        groups.setdefault(span.trace_id, []).append(span)

    def work(tx: Connection) -> list[str]:
        experiment = catalog.active(tx, ctx, experiment_id)
        if run_id:
            client_runs.writable(tx, ctx, run_id)
        refused: list[str] = []
        for trace_id in sorted(groups):  # in one order, so that two requests never wait for each other
            resource = batch.resources.get(trace_id, {})
            refused += record_spans(tx, ctx, experiment.number, trace_id, groups[trace_id], resource, run_id)
        traces.tell(tx, ctx, experiment.number)
        return refused

    return ctx.db.write(work)


def record_spans(
    tx: Connection,
    ctx: Context,
    experiment: int,
    trace_id: str,
    spans: Sequence[Span],
    resource: Mapping[str, Any] | None = None,
    run_id: str | None = None,
) -> list[str]:
    """Store spans of one trace; returns what was refused, one sentence for each span."""
    new = traces.insert_new(tx, ctx, _first_row(ctx, experiment, trace_id, spans))
    row = traces.find(tx, ctx, trace_id, lock=True)
    tags = {traces.SPANS_LOCATION: "TRACKING_STORE"}
    if new:
        tags[traces.LOCATION] = f"mlflow-artifacts:/{traces.folder(experiment, trace_id)}"
        owner = run_id or ctx.actor.run_id
        if owner:
            traces.write_labels(tx, ctx, row.seq, traces.METADATA, {traces.RUN: owner})
    elif run_id:
        traces.write_labels(tx, ctx, row.seq, traces.LINKED_RUN, {run_id: ""})
    kept, refused = _fitting(row, spans)
    if kept:
        traces.replace_spans(tx, row.seq, [_span_row(row.seq, span) for span in kept])
    root = next((span for span in kept if span.parent is None), None)
    tags |= _tags(resource or {}, root)
    traces.write_labels(tx, ctx, row.seq, traces.TAG, {key: value for key, value in tags.items() if key != traces.NAME})
    _update(tx, ctx, row, kept, root, tags.get(traces.NAME))
    return refused


def _first_row(ctx: Context, experiment: int, trace_id: str, spans: Sequence[Span]) -> dict[str, Any]:
    return {
        "id": trace_id,
        "workspace_id": ctx.workspace_id,
        "experiment": experiment,
        "name": "",
        "state": "IN_PROGRESS",
        "started": min(span.start for span in spans) // _NANO,
        "settled": False,
        "spans": 0,
        "bytes": 0,
    }


def _fitting(row: Any, spans: Sequence[Span]) -> tuple[list[Span], list[str]]:
    """Keep what a trace has room for; the same span twice counts once."""
    kept: dict[str, Span] = {}
    refused: list[str] = []
    size = row.bytes
    for span in spans:
        size += len(span.content)
        if row.spans + len(kept) >= MAX_SPANS or size > MAX_BYTES:
            size -= len(span.content)
            refused.append(
                f"Span '{span.name[:80]}' of {span.trace_id}: a trace holds {MAX_SPANS} spans of {MAX_BYTES >> 20} MiB."
            )
            continue
        kept[span.id] = span
    return list(kept.values()), refused


def _span_row(seq: int, span: Span) -> dict[str, Any]:
    found = {"trace": seq, "id": span.id, "parent": span.parent, "name": span.name, "type": span.type}
    found |= {"status": span.status, "start": span.start, "end": span.end}
    found |= {"content": span.content, "size": len(span.content)}
    return found | dict(zip(_COLUMNS, span.tokens, strict=True))


def _tags(resource: Mapping[str, Any], root: Span | None) -> dict[str, str]:
    """Where the spans come from, and what the root says as `mlflow.traceTag.…`; what is no tag is left out."""
    given = {key: value for key, value in resource.items() if not key.startswith(("telemetry.sdk.", "mlflow."))}
    if root is not None:
        own = {key: value for key, value in root.attributes.items() if key.startswith(TAG_PREFIX)}
        given |= {key.removeprefix(TAG_PREFIX): span_meaning.loaded(value) for key, value in own.items()}
    found: dict[str, str] = {}
    for key, value in given.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        if not problem(key):
            found[key] = text[: traces.MAX_TAG]
    return found


def _update(tx: Connection, ctx: Context, row: Any, kept: Sequence[Span], root: Span | None, name: str | None) -> None:
    """Work out the row of a trace from its spans, as far as no client told it."""
    count, size, start, end = tx.execute(
        select(
            func.count(), func.coalesce(func.sum(trace_spans.c.size), 0), func.min(trace_spans.c.start),
            func.max(trace_spans.c.end),
        ).where(trace_spans.c.trace == row.seq)
    ).one()  # fmt: skip
    values: dict[str, Any] = {"spans": count, "bytes": size}
    if root is not None and row.state in ("IN_PROGRESS", "STATE_UNSPECIFIED"):
        values["state"] = "ERROR" if root.status == "ERROR" else "OK"
    if not row.settled and count:
        values["started"] = start // _NANO
        if end is not None:
            values["duration"] = max(0, end // _NANO - start // _NANO)
    if root is not None:
        if row.request is None:
            values["request"] = span_meaning.preview(span_meaning.inputs(root.attributes))
        if row.response is None:
            values["response"] = span_meaning.preview(span_meaning.outputs(root.attributes))
    if not row.name and (name or root is not None):
        values["name"] = (name or (root.name if root else ""))[:500]
    if any(any(value is not None for value in span.tokens) for span in kept):
        values |= {
            key: value for key, value in _summed(tx, row).items() if not row.settled or getattr(row, key) is None
        }
    tx.execute(update(table).where(table.c.seq == row.seq).values(**values))
    about = _about(kept)
    if about:
        there = traces.labels_of(tx, [row.seq])[row.seq].metadata
        fresh = {key: value for key, value in about.items() if key not in there}
        traces.write_labels(tx, ctx, row.seq, traces.METADATA, fresh)


def _about(spans: Sequence[Span]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, names in ((traces.SESSION, span_meaning.SESSION), ("mlflow.trace.user", span_meaning.USER)):
        value = next((v for span in spans if (v := span_meaning.first(span.attributes, names)) is not None), None)
        if value is not None:
            found[key] = str(value).strip('"')[:250]
    return found


def _summed(tx: Connection, row: Any) -> dict[str, Any]:
    s = trace_spans.c
    query = select(s.id, s.parent, s.input_tokens, s.output_tokens, s.total_tokens, s.cost).where(s.trace == row.seq)
    nodes = [Used(item[0], item[1], Tokens(*item[2:])) for item in tx.execute(query)]
    return {key: value for key, value in zip(_COLUMNS, span_meaning.summed(nodes), strict=True) if value is not None}


def start(ctx: Context, experiment_id: str, trace_id: str, told: Mapping[str, Any], tags: Any, metadata: Any) -> Any:
    """Store what a client tells of a whole trace; returns its row.

    told: columns of `traces`; tags, metadata: mappings of texts. Telling it again changes it.
    """
    if not trace_id or len(trace_id) > MAX_ID or not trace_id.isprintable() or "/" in trace_id:
        raise invalid_value("trace.trace_info.trace_id", trace_id[:200], f"write 1 to {MAX_ID} characters without '/'.")
    if experiment_id == "0":
        catalog.ensure_default(ctx)

    def work(tx: Connection) -> Any:
        experiment = catalog.active(tx, ctx, experiment_id)
        put(tx, ctx, experiment.number, trace_id, told, tags, metadata)
        traces.tell(tx, ctx, experiment.number)
        return traces.find(tx, ctx, trace_id)

    return ctx.db.write(work)


def put(
    tx: Connection,
    ctx: Context,
    experiment: int,
    trace_id: str,
    told: Mapping[str, Any],
    tags: Mapping[str, str],
    metadata: Mapping[str, str],
) -> Any:
    """Store what is told of a whole trace in an experiment, active or not; returns its row."""
    tags = dict(traces.checked_tag(key, value, "trace.trace_info.tags") for key, value in tags.items())
    name = tags.pop(traces.NAME, None)
    metadata = {key[:250]: value[:MAX_METADATA] for key, value in metadata.items()}
    values = {**told, **_usage(metadata), "settled": True} | ({"name": name[:500]} if name is not None else {})
    fresh = {"id": trace_id, "workspace_id": ctx.workspace_id, "experiment": experiment, "name": ""}
    new = traces.insert_new(tx, ctx, {**fresh, "spans": 0, "bytes": 0, **values})
    row = traces.find(tx, ctx, trace_id, lock=True)
    if not new:
        kept = {key: value for key, value in values.items() if value is not None or key == "duration"}
        tx.execute(update(table).where(table.c.seq == row.seq).values(experiment=experiment, **kept))
    where = {traces.LOCATION: f"mlflow-artifacts:/{traces.folder(experiment, trace_id)}"}
    if ctx.actor.run_id:
        metadata.setdefault(traces.RUN, ctx.actor.run_id)
    tags.pop(traces.SPANS_LOCATION, None)  # it says where spans are, and the server knows
    traces.write_labels(tx, ctx, row.seq, traces.TAG, {**tags, **where})
    traces.write_labels(tx, ctx, row.seq, traces.METADATA, metadata)
    return row


def end(ctx: Context, trace_id: str, told: Mapping[str, Any], tags: Mapping[str, str], metadata: Any) -> Any:
    """Add what a client of MLflow 2 tells at the end of a trace; `told["ended"]` is the time. Returns its row."""
    kept = dict(traces.checked_tag(key, value, "tags") for key, value in tags.items())
    name = kept.pop(traces.NAME, None)
    metadata = {key[:250]: value[:MAX_METADATA] for key, value in metadata.items()}

    def work(tx: Connection) -> Any:
        row = traces.find(tx, ctx, trace_id, lock=True)
        values: dict[str, Any] = {"state": told["state"], "duration": max(0, told["ended"] - row.started)}
        values |= _usage(metadata) | ({"name": name[:500]} if name else {})
        for column, key in (("request", "mlflow.traceInputs"), ("response", "mlflow.traceOutputs")):
            if key in metadata:
                values[column] = metadata[key][:MAX_PREVIEW]
        tx.execute(update(table).where(table.c.seq == row.seq).values(**values))
        traces.write_labels(tx, ctx, row.seq, traces.TAG, kept)
        traces.write_labels(tx, ctx, row.seq, traces.METADATA, metadata)
        traces.tell(tx, ctx, row.experiment)
        return traces.find(tx, ctx, trace_id)

    return ctx.db.write(work)


def _usage(metadata: Mapping[str, str]) -> dict[str, Any]:
    """Read the columns of tokens and cost from what the client adds up."""
    given = {span_meaning.USAGE: metadata.get(traces.TOKENS), span_meaning.COST: metadata.get(traces.COST)}
    found = span_meaning.tokens({key: value for key, value in given.items() if value})
    return {key: value for key, value in zip(_COLUMNS, found, strict=True) if value is not None}
