"""Spans as MLflow 3 keeps them (`traces.json`, its database, replies), written as OpenTelemetry does."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf.json_format import ParseDict, ParseError
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValueList
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

PREFIX = "tr-"
_DEPTH = 20
_INT64 = 2**63


def encoded(trace_id: str, items: Sequence[Any]) -> list[bytes] | None:
    """Return the spans of a trace as messages of OpenTelemetry; None when they are of another form: MLflow 2's."""
    try:
        found = [_message(item) for item in items]
    except (ParseError, KeyError, TypeError, ValueError, AttributeError, binascii.Error, RecursionError):
        return None
    if any(PREFIX + message.trace_id.hex() != trace_id for message in found):
        return None
    return [message.SerializeToString() for message in found]


def _message(item: Mapping[str, Any]) -> Span:
    if isinstance(item.get("attributes", []), list):  # as replies of the protocol write them
        reply = Span()
        ParseDict(dict(item), reply, ignore_unknown_fields=True)
        return reply
    message = Span(
        trace_id=_id(item["trace_id"], 16),
        span_id=_id(item["span_id"], 8),
        parent_span_id=_id(item["parent_span_id"], 8) if item.get("parent_span_id") else b"",
        name=str(item["name"]),
        start_time_unix_nano=int(item["start_time_unix_nano"]),
        end_time_unix_nano=int(item.get("end_time_unix_nano") or 0),
    )
    status = item.get("status") or {}
    code = str(status.get("code", "UNSET")).removeprefix("STATUS_CODE_")
    message.status.code = Status.StatusCode.Value(f"STATUS_CODE_{code}")
    message.status.message = str(status.get("message") or "")
    for key, value in (item.get("attributes") or {}).items():
        _set(message.attributes.add(key=str(key)).value, _loaded(value))
    for event in item.get("events") or []:
        added = message.events.add(name=str(event["name"]), time_unix_nano=int(event.get("time_unix_nano") or 0))
        for key, value in (event.get("attributes") or {}).items():
            _set(added.attributes.add(key=str(key)).value, value)
    for link in item.get("links") or []:
        other = message.links.add(trace_id=_id(link["trace_id"], 16), span_id=_id(link["span_id"], 8))
        for key, value in (link.get("attributes") or {}).items():
            _set(other.attributes.add(key=str(key)).value, value)
    return message


def _id(text: Any, size: int) -> bytes:
    """Read an id: base64, or as some versions of MLflow 3 write it, hexadecimal."""
    plain = str(text).removeprefix(PREFIX).removeprefix("0x")
    found = bytes.fromhex(plain) if len(plain) == 2 * size else base64.b64decode(plain, validate=True)
    if len(found) != size:
        raise ValueError(f"'{plain[:80]}' has {len(found)} bytes, not {size}")
    return found


def _loaded(value: Any) -> Any:
    """MLflow keeps each attribute as JSON."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _set(target: AnyValue, value: Any, depth: int = 0) -> None:
    if value is None or depth > _DEPTH:
        return
    if isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int) and -_INT64 <= value < _INT64:
        target.int_value = value
    elif isinstance(value, int | float):
        target.double_value = float(value)
    elif isinstance(value, list):
        target.array_value.CopyFrom(ArrayValue())
        for item in value:
            _set(target.array_value.values.add(), item, depth + 1)
    elif isinstance(value, dict):
        target.kvlist_value.CopyFrom(KeyValueList())
        for key, item in value.items():
            _set(target.kvlist_value.values.add(key=str(key)).value, item, depth + 1)
    else:
        target.string_value = str(value)
