"""The server's side of an imported trace: what was told of it, its spans, and what people and judges said."""

import hashlib
from typing import Any, Literal

from google.protobuf.message import DecodeError
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Message
from sqlalchemy import Connection, select

from studiolo.kernel.context import Context
from studiolo.kernel.mlflow.fields import Fields
from studiolo.studio.experiments import assessments, spans, trace_writing, traces
from studiolo.studio.experiments.importing.errors import BadBatch
from studiolo.studio.experiments.importing.wire import SentAssessment, SentTrace
from studiolo.studio.experiments.trace_tables import MAX_ID, trace_assessments
from studiolo.studio.experiments.trace_tables import traces as table

State = Literal["added", "updated", "there"]


def write(tx: Connection, ctx: Context, number: int, sent: SentTrace) -> State:
    """Write a trace, or a part of its spans; the same again changes nothing."""
    if not sent.id or len(sent.id) > MAX_ID or not sent.id.isprintable() or "/" in sent.id:
        raise BadBatch(f"'{sent.id[:80]}' is no id of a trace: 1 to {MAX_ID} characters without '/'.", field="id")
    if sent.state not in trace_writing.STATES:
        raise BadBatch(f"'{sent.state[:40]}' is no state of a trace.", field="state")
    before = _picture(tx, ctx, sent.id)
    told = {"state": sent.state, "started": sent.started, "duration": sent.duration}
    told |= {"client_request_id": (sent.client_request_id or "")[:500] or None}
    told |= {"request": _preview(sent.request), "response": _preview(sent.response)}
    row = trace_writing.put(tx, ctx, number, sent.id, told, sent.tags, sent.metadata)
    traces.write_labels(tx, ctx, row.seq, traces.LINKED_RUN, dict.fromkeys(sent.runs, ""))
    traces.write_labels(tx, ctx, row.seq, traces.LINKED_PROMPT, dict.fromkeys(sent.prompts, ""))
    if sent.spans:
        try:
            found = [spans.of_message(Message.FromString(body)) for body in sent.spans]
        except DecodeError:
            raise BadBatch(f"The spans of '{sent.id[:80]}' cannot be read.", field="spans") from None
        if any(span.trace_id != sent.id for span in found):
            raise BadBatch(f"The spans of '{sent.id[:80]}' are of another trace.", field="spans")
        refused = trace_writing.record_spans(tx, ctx, number, sent.id, found)
        if refused:
            raise BadBatch(refused[0], "It stays at the source.", field="spans")
    for item in sent.assessments:
        _assess(tx, ctx, row.seq, item)
    traces.tell(tx, ctx, number)
    if before is None:
        return "added"
    return "there" if before == _picture(tx, ctx, sent.id) else "updated"


def _preview(text: str | None) -> str | None:
    return text[: trace_writing.MAX_PREVIEW].replace("\x00", "") if text else None


def _picture(tx: Connection, ctx: Context, trace_id: str) -> tuple[Any, ...] | None:
    """Return all that there is of a trace, to see whether it changes."""
    row = tx.execute(select(table).where(table.c.workspace_id == ctx.workspace_id, table.c.id == trace_id)).first()
    if row is None:
        return None
    said = [tuple(item) for item in traces.assessments_of(tx, [row.seq]).get(row.seq, [])]
    return tuple(row), traces.labels_of(tx, [row.seq])[row.seq], traces.spans_of(tx, [row.seq])[row.seq], repr(said)


def _assess(tx: Connection, ctx: Context, seq: int, sent: SentAssessment) -> None:
    values = assessments.values_of(Fields(sent.message))
    values |= {"trace": seq, "valid": sent.valid, "created": sent.created, "updated": sent.updated}
    query = select(trace_assessments.c.trace).where(trace_assessments.c.id == sent.id)
    other = tx.execute(query).scalar_one_or_none()
    if len(sent.id) > 40 or not sent.id or (other is not None and other != seq):  # the same source in two workspaces
        sent_id = f"a-{hashlib.sha256(f'{seq} {sent.id}'.encode()).hexdigest()[:32]}"
    else:
        sent_id = sent.id
    change = ctx.db.upsert(trace_assessments).values(id=sent_id, **values)
    changed = {name: change.excluded[name] for name in values if name != "trace"}
    tx.execute(change.on_conflict_do_update(index_elements=["id"], set_=changed))
