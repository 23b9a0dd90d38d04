"""Spans as OpenTelemetry sends them (protobuf or JSON), read into rows. Knows no database."""

import base64
import binascii
import gzip
import io
import json
import zlib
from collections.abc import Iterable
from typing import Any, NamedTuple

from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Message
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from studiolo.kernel.mlflow.errors import MlflowError
from studiolo.studio.experiments import span_meaning
from studiolo.studio.experiments.span_meaning import Tokens

PREFIX = "tr-"
TAG_PREFIX = "mlflow.traceTag."
_OWN = "mlflow.traceRequestId"
_IDS = ("traceId", "spanId", "parentSpanId", "trace_id", "span_id", "parent_span_id")
_STATUS = {Status.STATUS_CODE_OK: "OK", Status.STATUS_CODE_ERROR: "ERROR"}
_LONGEST = 2**63 - 1
_DEPTH = 20


class Span(NamedTuple):
    """A span. start, end: nanoseconds since 1970; content: OpenTelemetry's JSON of it."""

    trace_id: str
    id: str
    parent: str | None
    name: str
    type: str | None
    status: str
    start: int
    end: int | None
    content: str
    tokens: Tokens
    attributes: dict[str, Any]


class Batch(NamedTuple):
    """What one request carries. resources: the attributes of where a trace's spans come from."""

    spans: list[Span]
    resources: dict[str, dict[str, Any]]


def decompress(body: bytes, encoding: str, limit: int) -> bytes:
    """Undo Content-Encoding; raises MlflowError for what is broken, unknown, or larger than the limit unpacked."""
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "deflate"):
        raise MlflowError(f"Unsupported Content-Encoding: {encoding[:40]}. Use gzip, deflate or none.", "BAD_REQUEST")
    try:
        if encoding == "gzip":
            with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
                found = file.read(limit + 1)
        else:
            try:
                found = zlib.decompressobj().decompress(body, limit + 1)
            except zlib.error:  # some send it raw
                found = zlib.decompressobj(-zlib.MAX_WBITS).decompress(body, limit + 1)
    except (OSError, EOFError, zlib.error):
        raise MlflowError(f"Failed to decompress the {encoding} payload.", "BAD_REQUEST") from None
    if len(found) > limit:
        raise MlflowError(f"The request is larger than {limit} bytes when unpacked.")
    return found


def read(body: bytes, media_type: str) -> Batch:
    """Read an export request; raises MlflowError for what is none."""
    request = ExportTraceServiceRequest()
    try:
        if media_type == "application/json":
            ParseDict(_with_base64(json.loads(body)), request, ignore_unknown_fields=True)
        else:
            request.ParseFromString(body)
    except (DecodeError, ParseError, ValueError, RecursionError, AttributeError, TypeError) as error:
        why = f" {error}"[:200] if isinstance(error, ParseError | json.JSONDecodeError) else ""
        raise MlflowError(f"Invalid OpenTelemetry format.{why}", "BAD_REQUEST") from None
    spans: list[Span] = []
    resources: dict[str, dict[str, Any]] = {}
    for group in request.resource_spans:
        attributes = _values(group.resource.attributes)
        for scope in group.scope_spans:
            for message in scope.spans:
                span = of_message(message)
                spans.append(span)
                resources.setdefault(span.trace_id, {}).update(attributes)
    if not request.resource_spans:
        raise MlflowError("Invalid OpenTelemetry format - no spans found", "BAD_REQUEST")
    return Batch(spans, resources)


def of_message(message: Message) -> Span:
    """Read one span."""
    if len(message.trace_id) != 16 or len(message.span_id) != 8 or len(message.parent_span_id) not in (0, 8):
        raise MlflowError(
            f"Cannot read the span '{message.name[:80]}': a trace id has 16 bytes and a span id 8, but they have "
            f"{len(message.trace_id)} and {len(message.span_id)}."
        )
    if max(message.start_time_unix_nano, message.end_time_unix_nano) > _LONGEST:
        raise MlflowError(f"Cannot read the span '{message.name[:80]}': its time is beyond the year 2262.")
    trace_id = PREFIX + message.trace_id.hex()
    attributes = _values(message.attributes)
    attributes[_OWN] = trace_id
    document = MessageToDict(message, preserving_proto_field_name=True)
    content = json.dumps(document, ensure_ascii=False)
    if "\\u0000" in content:  # no database's text has NUL
        content = json.dumps(_clean(document), ensure_ascii=False)
    parent = message.parent_span_id.hex()
    return Span(
        trace_id,
        message.span_id.hex(),
        parent if parent.strip("0") else None,
        _text(message.name)[:500],
        span_meaning.span_type(attributes),
        _STATUS.get(message.status.code, "UNSET"),
        message.start_time_unix_nano,
        message.end_time_unix_nano or None,
        content,
        span_meaning.tokens(attributes),
        attributes,
    )


def attributes_of(content: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes of a stored span, or of one of its events, as plain values."""
    return {str(item.get("key")): _plain(item.get("value")) for item in content.get("attributes", [])}


def _plain(value: Any, depth: int = 0) -> Any:
    if not isinstance(value, dict) or depth > _DEPTH:
        return None
    for name, found in value.items():
        if name == "int_value":
            return int(found)
        if name == "array_value":
            return [_plain(item, depth + 1) for item in found.get("values", [])]
        if name == "kvlist_value":
            return {str(item.get("key")): _plain(item.get("value"), depth + 1) for item in found.get("values", [])}
        return found
    return None


def _values(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    return {_text(pair.key): _value(pair.value) for pair in pairs}


def _value(value: AnyValue, depth: int = 0) -> Any:
    kind = value.WhichOneof("value")
    if kind is None or depth > _DEPTH:
        return None
    found = getattr(value, kind)
    if kind == "array_value":
        return [_value(item, depth + 1) for item in found.values]
    if kind == "kvlist_value":
        return {_text(item.key): _value(item.value, depth + 1) for item in found.values}
    if kind == "bytes_value":
        return base64.b64encode(found).decode()
    return _text(found) if kind == "string_value" else found


def _text(text: str) -> str:
    return text.replace("\x00", "") if "\x00" in text else text


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        return {_text(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return _text(value) if isinstance(value, str) else value


def _with_base64(data: Any) -> Any:
    """OTLP's JSON has ids in hex, where protobuf's own reader expects base64."""
    for group in data.get("resourceSpans", data.get("resource_spans", [])):
        for scope in group.get("scopeSpans", group.get("scope_spans", [])):
            for span in scope.get("spans", []):
                for item in (span, *span.get("links", [])):
                    for name in _IDS:
                        if isinstance(item.get(name), str):
                            try:
                                item[name] = base64.b64encode(binascii.unhexlify(item[name])).decode()
                            except (binascii.Error, ValueError):
                                raise MlflowError(f"Invalid OpenTelemetry format: {name} is not hexadecimal.") from None
    return data
