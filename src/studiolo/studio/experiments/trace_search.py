"""Search of traces: MLflow's filter and order in SQL, pages by keyset."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, exists, func, literal, not_, or_, select

from studiolo.kernel.context import Context
from studiolo.kernel.mlflow.conditions import (
    Keyset,
    SortKey,
    null_condition,
    number_condition,
    readable_patterns,
    text_condition,
)
from studiolo.kernel.mlflow.errors import MlflowError
from studiolo.kernel.mlflow.grammar import NULLS, NUMERIC, Comparison, each, parse_order
from studiolo.studio.experiments import traces
from studiolo.studio.experiments.span_attributes import attribute_matches
from studiolo.studio.experiments.trace_tables import trace_assessments, trace_labels, trace_spans
from studiolo.studio.experiments.trace_tables import traces as table

_METADATA, _SPAN, _FEEDBACK, _EXPECTATION, _ISSUE = "request_metadata", "span", "feedback", "expectation", "issue"
ENTITIES = {
    **dict.fromkeys(("attribute", "attributes", "attr", "trace"), "attribute"),
    **dict.fromkeys(("tag", "tags"), "tag"),
    **dict.fromkeys(("request_metadata", "metadata"), _METADATA),
    _SPAN: _SPAN,
    _FEEDBACK: _FEEDBACK,
    _EXPECTATION: _EXPECTATION,
    _ISSUE: _ISSUE,
}
_ENDED = table.c.started + func.coalesce(table.c.duration, 0)
_NUMBERS: dict[str, Any] = {
    **dict.fromkeys(("timestamp_ms", "timestamp"), table.c.started),
    **dict.fromkeys(("execution_time_ms", "execution_time"), table.c.duration),
    **dict.fromkeys(("end_time_ms", "end_time"), _ENDED),
}
_TEXTS: dict[str, Any] = {
    "request_id": table.c.id,
    "trace_id": table.c.id,
    "status": table.c.state,
    "state": table.c.state,
    "name": table.c.name,
    "client_request_id": table.c.client_request_id,
}
_KEYS = sorted([*_NUMBERS, *_TEXTS, "run_id", "prompt", "text"])
_SPAN_TEXTS: dict[str, Any] = {"name": trace_spans.c.name, "type": trace_spans.c.type, "status": trace_spans.c.status}
_TOKEN_KEYS = {"input_tokens", "output_tokens", "total_tokens", "cost"}
_LABELS = {"tag": traces.TAG, _METADATA: traces.METADATA}


def find(
    tx: Connection,
    ctx: Context,
    experiments: Sequence[int],
    filters: str,
    orders: Sequence[str],
    token: str,
    limit: int,
    words: str = "",
) -> tuple[list[Any], str | None]:
    """Return a page of rows and the token of the next page, newest first unless ordered otherwise.

    words: a part of the name, the id, the request or the response.
    """
    query = select(table).where(table.c.workspace_id == ctx.workspace_id, table.c.experiment.in_(experiments))
    for condition in conditions(filters):
        query = query.where(condition)
    if words.strip():
        query = query.where(_with_words(words.strip()))
    sort: list[SortKey] = []
    seen: set[str] = set()
    for clause in orders:
        key, query, more = _ordered(query, clause)
        if key in seen:
            raise MlflowError(f"`order_by` contains duplicate fields: {list(orders)}")
        seen.add(key)
        sort += more
    if "timestamp_ms" not in seen:
        sort.append(SortKey(table.c.started, ascending=False))
    if "request_id" not in seen:
        sort.append(SortKey(table.c.id, ascending=True))
    with readable_patterns():
        return Keyset(sort).page(tx, query, token, limit)


def conditions(filters: str) -> list[ColumnElement[bool]]:
    """Read a filter into conditions on `traces`; those on spans are one condition: one span meets them all."""
    read = each(filters, lambda comparison: (_of_spans(comparison), _condition(comparison)), ENTITIES)
    found = [condition for spans, condition in read if not spans]
    of_span = [condition for spans, condition in read if spans]
    if of_span:
        found.append(exists(select(trace_spans.c.trace).where(trace_spans.c.trace == table.c.seq, *of_span)))
    return found


def _with_words(words: str) -> ColumnElement[bool]:
    pattern = f"%{_escaped(words)}%"
    columns = (table.c.name, table.c.request, table.c.response)
    return or_(table.c.id == words, *(column.ilike(pattern, escape="\\") for column in columns))


def counts(tx: Connection, ctx: Context, experiments: Sequence[int], filters: Sequence[str]) -> int:
    """Return how many traces meet all of the filters."""
    query = select(func.count()).where(table.c.workspace_id == ctx.workspace_id, table.c.experiment.in_(experiments))
    for text in filters:
        query = query.where(*conditions(text))
    with readable_patterns():
        return int(tx.execute(query).scalar_one())


def _of_spans(comparison: Comparison) -> bool:
    return comparison.entity == _SPAN or comparison[:2] == ("attribute", "text")


def _condition(comparison: Comparison) -> ColumnElement[bool]:
    entity, key, operator, value = comparison
    if _of_spans(comparison):
        return _content(operator, value) if key == "text" and entity != _SPAN else _span(comparison)
    if entity in _LABELS:
        return _label(entity, key, operator, value)
    if entity in (_FEEDBACK, _EXPECTATION):
        return _assessed(entity, key, operator, value)
    if entity == _ISSUE:
        if key != "id" or operator != "=":
            raise MlflowError(f"Invalid issue attribute '{key}'. Supported attributes: id, with the comparator '='.")
        return _has(trace_assessments, and_(trace_assessments.c.kind == _ISSUE, trace_assessments.c.name == str(value)))
    if key == "run_id":
        return _of_run(operator, value)
    return _of_prompt(operator, value) if key == "prompt" else _attribute(key, operator, value)


def _attribute(key: str, operator: str, value: Any) -> ColumnElement[bool]:
    if key in _NUMBERS:
        return number_condition(_NUMBERS[key], operator, value, key)
    if key in _TOKEN_KEYS:
        return number_condition(table.c[key], operator, value, key)
    if key not in _TEXTS:
        raise MlflowError(f"Invalid attribute key '{key}' specified. Valid keys are '{_KEYS}'")
    if operator in NULLS:
        return null_condition(_TEXTS[key], operator)
    return text_condition(_TEXTS[key], operator, value, key, lists=True, patterns=True)


def _of_prompt(operator: str, value: Any) -> ColumnElement[bool]:
    if operator != "=" or not isinstance(value, str) or value.count("/") != 1:
        raise MlflowError(f"Invalid prompts filter value '{value}'. Expected format: prompt = \"name/version\"")
    return _has(trace_labels, and_(trace_labels.c.kind == traces.LINKED_PROMPT, trace_labels.c.key == value))


def _has(of: Any, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists(select(of.c.trace).where(of.c.trace == table.c.seq, condition))


def _label(entity: str, key: str, operator: str, value: Any) -> ColumnElement[bool]:
    if entity == "tag" and key == traces.NAME:
        return (
            null_condition(func.nullif(table.c.name, ""), operator)
            if operator in NULLS
            else text_condition(table.c.name, operator, value, "tag", patterns=True)
        )
    if entity == _METADATA and key == traces.RUN:
        return _of_run(operator, value)
    named = and_(trace_labels.c.kind == _LABELS[entity], trace_labels.c.key == key)
    if operator in NULLS:
        there = _has(trace_labels, named)
        return not_(there) if operator == "IS NULL" else there
    compared = text_condition(trace_labels.c.value, operator, value, entity, patterns=True)
    if operator == "=":
        compared = and_(trace_labels.c.head == value[: traces.HEAD], compared)
    return _has(trace_labels, and_(named, compared))


def _of_run(operator: str, value: Any) -> ColumnElement[bool]:
    """Compare the run of a trace: the one it was made in, and those that it was linked to."""
    made = and_(trace_labels.c.kind == traces.METADATA, trace_labels.c.key == traces.RUN)
    linked = trace_labels.c.kind == traces.LINKED_RUN
    if operator in NULLS:
        there = _has(trace_labels, or_(made, linked))
        return not_(there) if operator == "IS NULL" else there
    in_made = text_condition(trace_labels.c.value, operator, value, "run_id", lists=True, patterns=True)
    in_linked = text_condition(trace_labels.c.key, operator, value, "run_id", lists=True, patterns=True)
    return _has(trace_labels, or_(and_(made, in_made), and_(linked, in_linked)))


def _span(comparison: Comparison) -> ColumnElement[bool]:
    _, key, operator, value = comparison
    if key == "content":
        return _content(operator, value)
    if key in _SPAN_TEXTS:
        return text_condition(_SPAN_TEXTS[key], operator, value, f"span.{key}", lists=True, patterns=True)
    name = key.removeprefix("attributes.").strip("`")
    if name == key or not name:
        raise MlflowError(
            f"Invalid span attribute '{key}'. Supported attributes: name, status, type, content, "
            "attributes.<attribute_name>."
        )
    if operator not in ("=", "LIKE", "ILIKE", "RLIKE") or not isinstance(value, str):
        raise MlflowError(
            f"span.{key} comparator '{operator}' not one of ['=', 'ILIKE', 'LIKE', 'RLIKE'], with a quoted value"
        )
    if operator == "RLIKE":
        return attribute_matches(trace_spans.c.content, name, value)
    # in a span's JSON an attribute is {"key": name, "value": {"string_value": value}}
    start = "%" + _escaped(f'"key": {json.dumps(name, ensure_ascii=False)}, "value": {{"')
    if operator == "=":
        text = json.dumps(value, ensure_ascii=False)
        forms = [f'string_value": {text}}}', f'int_value": {text}}}']
        forms += [f'double_value": {text[1:-1]}}}', f'bool_value": {text[1:-1]}}}']
        return or_(*(trace_spans.c.content.like(start + _escaped(form) + "%", escape="\\") for form in forms))
    inner = json.dumps(value, ensure_ascii=False)[1:-1].replace("\\", "\\\\")
    pattern = start + _escaped('string_value": "') + inner + '"}%'
    content = trace_spans.c.content
    return content.like(pattern, escape="\\") if operator == "LIKE" else content.ilike(pattern, escape="\\")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _content(operator: str, value: Any) -> ColumnElement[bool]:
    if operator not in ("LIKE", "ILIKE"):
        raise MlflowError(f"span.content comparator '{operator}' not one of ['ILIKE', 'LIKE']")
    return text_condition(trace_spans.c.content, operator, value, "span.content")


def _assessed(kind: str, key: str, operator: str, value: Any) -> ColumnElement[bool]:
    a = trace_assessments.c
    named = and_(a.kind == kind, a.name == key, a.valid)
    if operator in NULLS:
        there = _has(trace_assessments, named)
        return not_(there) if operator == "IS NULL" else there
    if operator in NUMERIC and isinstance(value, float):
        return _has(
            trace_assessments, and_(named, a.number.is_not(None), number_condition(a.number, operator, value, key))
        )
    if isinstance(value, str) and operator in NUMERIC - {"=", "!="}:
        try:
            bound = float(value)
        except ValueError:
            raise MlflowError(f"Expected numeric value type for {kind}: {key}. Found {value}") from None
        return _assessed(kind, key, operator, bound)
    return _has(trace_assessments, and_(named, text_condition(a.text, operator, value, kind, patterns=True)))


def _ordered(query: Select[Any], clause: str) -> tuple[str, Select[Any], list[SortKey]]:
    """Add what a clause sorts by: traces that have it first, in either direction."""
    order = parse_order(clause, ENTITIES)
    key = {"timestamp": "timestamp_ms", "execution_time": "execution_time_ms", "end_time": "end_time_ms"}.get(
        order.key, order.key
    )
    if order.entity in _LABELS:
        labels = trace_labels.alias()
        on = and_(labels.c.trace == table.c.seq, labels.c.kind == _LABELS[order.entity], labels.c.key == key)
        return key, query.outerjoin(labels, on), _last_without(labels.c.head, literal(""), order.ascending)
    if order.entity != "attribute":
        raise MlflowError(f"Invalid order_by entity `{order.entity}` with key `{key}`")
    if key == "run_id":
        return _ordered(query, f"metadata.`{traces.RUN}` {'ASC' if order.ascending else 'DESC'}")
    if key in ("execution_time_ms", *_TOKEN_KEYS):
        column = table.c.duration if key == "execution_time_ms" else table.c[key]
        return key, query, _last_without(column, literal(0, column.type), order.ascending)
    columns = {**_NUMBERS, **_TEXTS, "experiment_id": table.c.experiment}
    if key not in columns or key == "client_request_id":
        raise MlflowError(f"Invalid order_by key '{key}' specified. Valid keys are '{_KEYS}'")
    return key, query, [SortKey(columns[key], order.ascending)]


def _last_without(column: Any, instead: Any, ascending: bool) -> list[SortKey]:
    rank = case((column.is_(None), 1), else_=0)
    return [SortKey(rank, ascending=True), SortKey(func.coalesce(column, instead), ascending)]
