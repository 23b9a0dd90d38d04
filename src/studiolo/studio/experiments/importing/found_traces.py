"""What the three readers share of traces: a trace as found, and from words of the stores to words of the protocol."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from studiolo.studio.experiments.importing.source import FoundFile, integer
from studiolo.studio.experiments.importing.span_documents import encoded
from studiolo.studio.experiments.importing.wire import SentAssessment, SentTrace

FILE = "traces.json"
NAME, PLACE = "mlflow.traceName", "mlflow.artifactLocation"
STATES = {"OK", "ERROR", "IN_PROGRESS"}


@dataclass
class FoundTrace:
    """A trace as the source has it. lost: what of it cannot be read, in words."""

    trace: SentTrace
    files: list[FoundFile] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def state(value: Any) -> str:
    """Return the protocol's word for a state."""
    text = str(value)
    return text if text in STATES else "STATE_UNSPECIFIED"


def add_spans(found: FoundTrace, document: Any) -> None:
    """Add the spans of a `traces.json`; those of MLflow 2 stay in the file."""
    items = document.get("spans") if isinstance(document, dict) else None
    if not isinstance(items, list):
        found.lost.append("its spans cannot be read")
        return
    spans = encoded(found.trace.id, items)
    if spans is not None:
        found.trace.spans = spans
    elif not any(file.path == FILE for file in found.files):
        found.lost.append("its spans cannot be read")


def add_file(found: FoundTrace) -> None:
    """Add the spans that are in the file beside the trace, if there is one."""
    local = next((file.local for file in found.files if file.path == FILE), None)
    if local is None:
        if found.trace.state != "IN_PROGRESS":  # one that never ended has none
            found.lost.append("its spans are not on this machine: give them by --artifacts")
        return
    try:
        add_spans(found, json.loads(local.read_text("utf-8")))
    except (OSError, ValueError):
        found.lost.append("its spans cannot be read; the file is kept as it is")


def assessment(message: Mapping[str, Any]) -> SentAssessment:
    """Read an assessment in the protocol's words, as replies and files of a store have it."""
    created = milliseconds(message.get("create_time")) or 0
    return SentAssessment(
        id=str(message.get("assessment_id") or ""),
        message={key: value for key, value in message.items() if key not in ("create_time", "last_update_time")},
        created=created,
        updated=milliseconds(message.get("last_update_time")) or created,
        valid=message.get("valid") is not False,
    )


def assessment_of_row(row: Any) -> SentAssessment:
    """Read a row of the table `assessments`."""
    value = _loaded(row.value)
    if row.assessment_type == "issue":
        body: dict[str, Any] = value if isinstance(value, dict) else {"issue_name": str(value)}
    elif row.assessment_type == "expectation" and isinstance(value, dict | list):
        body = {"serialized_value": {"value": row.value, "serialization_format": "JSON_FORMAT"}}
    else:
        body = {"value": value}
    if row.error:
        body["error"] = _loaded(row.error)
    message = {
        "assessment_name": row.name,
        "source": {"source_type": row.source_type, "source_id": row.source_id or ""},
        row.assessment_type: body,
        "span_id": row.span_id,
        "rationale": row.rationale,
        "overrides": row.overrides,
    }
    metadata = _loaded(row.assessment_metadata) if row.assessment_metadata else None
    if isinstance(metadata, dict):
        message["metadata"] = {str(key): str(text) for key, text in metadata.items()}
    created = integer(row.created_timestamp) or 0
    valid = row.valid is None or bool(row.valid)
    return SentAssessment(row.assessment_id, message, created, integer(row.last_updated_timestamp) or created, valid)


def milliseconds(value: Any) -> int | None:
    """Read a time: RFC 3339, or a number of milliseconds.

    >>> milliseconds("1970-01-01T00:00:01.5Z"), milliseconds(7), milliseconds("no")
    (1500, 7, None)
    """
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return integer(value)
    else:
        return integer(value)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def duration(value: Any) -> int | None:
    """Read a duration: `1.5s`, or a number of milliseconds.

    >>> duration("1.5s"), duration(7), duration(None)
    (1500, 7, None)
    """
    text = str(value)
    if text.endswith("s"):
        try:
            return round(float(text[:-1]) * 1000)
        except ValueError:
            return None
    return integer(value)


def _loaded(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return text
