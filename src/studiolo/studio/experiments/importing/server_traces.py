"""From messages about traces, of MLflow 3 and 2, to what an import sends."""

import json
from typing import Any

from studiolo.studio.experiments.importing import found_traces
from studiolo.studio.experiments.importing.found_traces import FoundTrace, duration, milliseconds
from studiolo.studio.experiments.importing.source import FoundFile
from studiolo.studio.experiments.importing.wire import SentTrace

ADDRESS = "trace:"  # how `FoundFile.address` says that the file is the one of a trace


def trace_id(item: dict[str, Any]) -> str:
    """Return the id of a trace."""
    return str(item.get("trace_id") or item["request_id"])


def started(item: dict[str, Any]) -> int:
    """Return when a trace began."""
    return milliseconds(item.get("request_time") or item.get("timestamp_ms")) or 0


def trace(experiment: str, item: dict[str, Any], content: bytes | None) -> FoundTrace:
    """Read a trace. content: its `traces.json` as the server hands it out, None when it has none."""
    own = trace_id(item)
    found = FoundTrace(
        SentTrace(
            id=own,
            source_id=own,
            experiment=experiment,
            stamp="",
            state=found_traces.state(item.get("state") or item.get("status")),
            started=started(item),
            duration=duration(item.get("execution_duration", item.get("execution_time_ms"))),
            client_request_id=item.get("client_request_id"),
            request=item.get("request_preview"),
            response=item.get("response_preview"),
            tags=_mapping(item.get("tags")),
            metadata=_mapping(item.get("trace_metadata") or item.get("request_metadata")),
            assessments=[found_traces.assessment(said) for said in item.get("assessments", [])],
        )
    )
    if content is None:
        if found.trace.state != "IN_PROGRESS":
            found.lost.append("its spans are not handed out by the server")
        return found
    try:
        document = json.loads(content)
    except ValueError:
        document = None
    found.files = [FoundFile(found_traces.FILE, None, ADDRESS + own)]
    found_traces.add_spans(found, document)
    if found.trace.spans:
        found.files = []  # as rows they can be searched; the file would be the same once more
    return found


def _mapping(value: Any) -> dict[str, str]:
    if isinstance(value, dict):
        return {str(key): str(text) for key, text in value.items()}
    return {str(pair["key"]): str(pair.get("value", "")) for pair in value or []}
