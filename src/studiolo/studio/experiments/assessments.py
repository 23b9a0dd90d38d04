"""Assessments of traces: feedback, expectations and issues, by people, code and judges."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from studiolo.kernel.context import Context
from studiolo.kernel.ids import new_id
from studiolo.kernel.mlflow.errors import MISSING, MlflowError, invalid_value, missing_value
from studiolo.kernel.mlflow.fields import Fields
from studiolo.kernel.mlflow.values import millis
from studiolo.studio.experiments import traces
from studiolo.studio.experiments.trace_tables import trace_assessments as table

KINDS = ("feedback", "expectation", "issue")
MAX_BODY = 1 << 20
MAX_OF_TRACE = 1_000


def values_of(fields: Fields) -> dict[str, Any]:
    """Read an assessment as MLflow's message writes it into columns."""
    kind = next((kind for kind in KINDS if fields.has(kind)), None)
    if kind is None:
        raise missing_value(fields.name("feedback"))
    name = fields.required("assessment_name")
    if len(name) > 500:
        raise invalid_value(fields.name("assessment_name"), name, "it exceeds the maximum length of 500 characters.")
    source = Fields(fields.raw("source") or {}, fields.name("source"))
    error = fields.raw("error")
    body = body_of(fields, kind)
    if kind == "feedback" and isinstance(error, dict) and "error" not in body["body"]:
        body["body"]["error"] = error
    return {
        "kind": kind,
        "name": name,
        "span_id": fields.text("span_id") or None,
        "source_type": (source.text("source_type") or "CODE")[:40],
        "source_id": source.text("source_id")[:500],
        "rationale": fields.text("rationale") or None,
        "metadata": _texts(fields, "metadata"),
        "overrides": fields.text("overrides") or None,
        **body,
    }


def body_of(fields: Fields, kind: str) -> dict[str, Any]:
    """Return the columns that hold the value."""
    body = fields.object(kind)
    raw = {name: body.raw(name) for name in ("value", "serialized_value", "error", "issue_name") if body.has(name)}
    if "value" not in raw and body.has("serialized_value"):
        serialized = body.object("serialized_value")
        value: Any = serialized.text("value")
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise invalid_value(serialized.name("value"), value, "it is not JSON.") from None
    else:
        value = raw.get("value")
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    if len(json.dumps(raw)) > MAX_BODY:
        raise MlflowError(f"'{body.name('value')}' is larger than {MAX_BODY} bytes.")
    number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    return {"body": raw, "text": text.replace("\x00", ""), "number": number}


def _texts(fields: Fields, field: str) -> dict[str, str]:
    if not fields.has(field):
        return {}
    found = fields.object(field)
    return {str(key): found.text(key) for key in fields.raw(field)}


def insert_all(tx: Connection, ctx: Context, seq: int, found: list[dict[str, Any]]) -> list[str]:
    """Attach assessments to a trace; returns their ids. One that overrides another makes that invalid."""
    now = millis(ctx.clock.now())
    ids: list[str] = []
    if len(traces.assessments_of(tx, [seq]).get(seq, [])) + len(found) > MAX_OF_TRACE:
        raise MlflowError(f"A trace has at most {MAX_OF_TRACE} assessments.")
    for values in found:
        if values["overrides"]:
            change = update(table).where(table.c.trace == seq, table.c.id == values["overrides"]).values(valid=False)
            if not tx.execute(change).rowcount:
                raise _unknown(values["overrides"], "the trace")
        ids.append(f"a-{new_id()}")
        own = {"id": ids[-1], "trace": seq, "valid": True, "created": now, "updated": now}
        tx.execute(insert(table).values(**{**values, **own}))
    return ids


def create(ctx: Context, trace_id: str, values: dict[str, Any]) -> Any:
    """Attach an assessment; returns its row."""

    def work(tx: Connection) -> Any:
        trace = traces.find(tx, ctx, trace_id)
        (made,) = insert_all(tx, ctx, trace.seq, [values])
        traces.tell(tx, ctx, trace.experiment)
        return _row(tx, trace, made)

    return ctx.db.write(work)


def get(ctx: Context, trace_id: str, assessment_id: str) -> Any:
    """Return the row of an assessment."""
    with ctx.db.read() as tx:
        return _row(tx, traces.find(tx, ctx, trace_id), assessment_id)


def change(ctx: Context, trace_id: str, assessment_id: str, fields: Fields, mask: list[str]) -> Any:
    """Change what the mask names: assessment_name, feedback, expectation, rationale, metadata (which is merged)."""

    def work(tx: Connection) -> Any:
        trace = traces.find(tx, ctx, trace_id, lock=True)
        row = _row(tx, trace, assessment_id)
        values: dict[str, Any] = {"updated": millis(ctx.clock.now())}
        for path in mask:
            values |= _changed(row, fields, path)
        tx.execute(update(table).where(table.c.id == row.id).values(**values))
        traces.tell(tx, ctx, trace.experiment)
        return _row(tx, trace, assessment_id)

    return ctx.db.write(work)


def _changed(row: Any, fields: Fields, path: str) -> Mapping[str, Any]:
    if path in ("assessment_name", "name"):
        return {"name": fields.required("assessment_name")[:500]}
    if path in ("feedback", "expectation"):
        if row.kind != path:
            other = "Feedback" if row.kind == "feedback" else row.kind.capitalize()
            raise MlflowError(f"Cannot update {path} value on a {other} assessment.")
        return body_of(fields, path)
    if path == "rationale":
        return {"rationale": fields.text("rationale") or None}
    if path == "metadata":
        return {"metadata": {**row.metadata, **_texts(fields, "metadata")}}
    raise invalid_value("update_mask", path, "it may name assessment_name, feedback, expectation, rationale, metadata.")


def remove(ctx: Context, trace_id: str, assessment_id: str) -> None:
    """Remove an assessment; that it is not there is no error. What it overrode is valid again."""

    def work(tx: Connection) -> None:
        trace = traces.find(tx, ctx, trace_id)
        row = tx.execute(select(table).where(table.c.trace == trace.seq, table.c.id == assessment_id)).first()
        if row is None:
            return
        if row.overrides:
            where = (table.c.trace == trace.seq, table.c.id == row.overrides)
            tx.execute(update(table).where(*where).values(valid=True))
        tx.execute(delete(table).where(table.c.id == row.id))
        traces.tell(tx, ctx, trace.experiment)

    ctx.db.write(work)


def _row(tx: Connection, trace: Any, assessment_id: str) -> Any:
    row = tx.execute(select(table).where(table.c.trace == trace.seq, table.c.id == assessment_id)).first()
    if row is None:
        raise _unknown(assessment_id, f"trace '{trace.id}'")
    return row


def _unknown(assessment_id: str, where: str) -> MlflowError:
    return MlflowError(f"Assessment with ID '{assessment_id[:80]}' not found for {where}", MISSING)
