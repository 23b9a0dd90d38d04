"""The traces of a database: their rows, tags, metadata, spans, assessments and links, by MLflow 2 or 3."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from studiolo.studio.experiments.importing import found_traces
from studiolo.studio.experiments.importing.found_traces import FoundTrace
from studiolo.studio.experiments.importing.places import Places, files_below, stamp_of
from studiolo.studio.experiments.importing.source import Listed, integer, stamp
from studiolo.studio.experiments.importing.wire import SentTrace

_COLUMNS: tuple[str, ...] = ("request_id", "timestamp_ms", "execution_time_ms", "status", "client_request_id")
_COLUMNS += ("request_preview", "response_preview", "trace_name", "session_id")
_COLUMNS += ("input_tokens", "output_tokens", "total_tokens", "total_cost")
_SAID: tuple[str, ...] = ("assessment_id", "trace_id", "name", "assessment_type", "value", "error", "source_type")
_SAID += ("created_timestamp", "last_updated_timestamp", "source_id", "span_id", "rationale", "overrides", "valid")
_SAID += ("assessment_metadata",)
_SESSION, _TOKENS, _COST = "mlflow.trace.session", "mlflow.trace.tokenUsage", "mlflow.trace.cost"
Pairs = Callable[[str, str, Sequence[Any]], dict[Any, dict[str, str]]]


class Rows(Protocol):
    """What a reader of tables can do."""

    def rows(self, table: str, columns: Sequence[str], key: str = "", values: Sequence[Any] = ()) -> Iterator[Any]:
        """Yield rows."""
        ...

    def counts(self, table: str, key: str, values: Sequence[Any]) -> dict[Any, int]:
        """Count rows by a column."""
        ...


class DatabaseTraces:
    """Reads them; pairs: reads a table of keys and values by owner."""

    def __init__(self, tables: Rows, pairs: Pairs, places: Places) -> None:
        self._tables, self._pairs, self._places = tables, pairs, places

    def listed(self, experiment: str) -> list[Listed]:
        """List the traces of an experiment."""
        rows = list(self._tables.rows("trace_info", _COLUMNS, "experiment_id", [int(experiment)]))
        ids = [row.request_id for row in rows]
        tags, metadata = (
            self._pairs("trace_tags", "request_id", ids),
            self._pairs("trace_request_metadata", "request_id", ids),
        )
        spans = self._tables.counts("spans", "trace_id", ids)
        said: dict[str, list[Any]] = defaultdict(list)
        for row in self._tables.rows("assessments", _SAID, "trace_id", ids):
            said[row.trace_id].append(tuple(row))
        links = self._links(ids)
        found = []
        for row in rows:
            own = row.request_id
            recorded = [sorted(pairs.get(own, {}).items()) for pairs in (tags, metadata)]
            about = (tuple(row), recorded, spans.get(own, 0), sorted(map(repr, said[own])), sorted(links[own]))
            files = stamp_of(self._places.folder(tags.get(own, {}).get(found_traces.PLACE, "")))
            found.append(Listed(own, stamp(about, files), integer(row.timestamp_ms) or 0))
        return found

    def read(self, experiment: str, ids: Sequence[str]) -> Iterator[FoundTrace]:
        """Read traces in full."""
        tags, metadata = (
            self._pairs("trace_tags", "request_id", ids),
            self._pairs("trace_request_metadata", "request_id", ids),
        )
        said: dict[str, list[Any]] = defaultdict(list)
        for row in self._tables.rows("assessments", _SAID, "trace_id", ids):
            said[row.trace_id].append(found_traces.assessment_of_row(row))
        links = self._links(ids)
        for row in list(self._tables.rows("trace_info", _COLUMNS, "request_id", ids)):
            own = row.request_id
            trace = SentTrace(
                id=own,
                source_id=own,
                experiment=experiment,
                stamp="",
                state=found_traces.state(row.status),
                started=integer(row.timestamp_ms) or 0,
                duration=integer(row.execution_time_ms),
                client_request_id=row.client_request_id,
                request=row.request_preview,
                response=row.response_preview,
                tags=tags.get(own, {}),
                metadata=metadata.get(own, {}),
                runs=[other for kind, other in links[own] if kind == "run"],
                prompts=[other for kind, other in links[own] if kind == "prompt_version"],
                assessments=said[own],
            )
            _complete(trace, row)
            found = FoundTrace(trace)
            folder = self._places.folder(trace.tags.get(found_traces.PLACE, ""))
            if folder is not None:
                found.files = list(files_below(folder))
            self._add_spans(found)
            yield found

    def _add_spans(self, found: FoundTrace) -> None:
        rows = self._tables.rows("spans", ("content", "start_time_unix_nano"), "trace_id", [found.trace.id])
        contents = [row.content for row in sorted(rows, key=lambda row: row.start_time_unix_nano or 0)]
        try:
            if contents:
                found_traces.add_spans(found, {"spans": [json.loads(text) for text in contents]})
            else:
                found_traces.add_file(found)
        except ValueError:
            found.lost.append("its spans cannot be read")

    def _links(self, ids: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
        """Return the runs and prompt versions that traces are linked to, whichever side the row begins at."""
        found: dict[str, list[tuple[str, str]]] = defaultdict(list)
        columns = ("source_type", "source_id", "destination_type", "destination_id")
        for row in self._tables.rows("entity_associations", columns, "source_id", ids):
            if row.source_type == "trace":
                found[row.source_id].append((row.destination_type, row.destination_id))
        for row in self._tables.rows("entity_associations", columns, "destination_id", ids):
            if row.destination_type == "trace":
                found[row.destination_id].append((row.source_type, row.source_id))
        return found


def _complete(trace: SentTrace, row: Any) -> None:
    """Newer versions keep in columns what used to be a tag or metadata."""
    if row.trace_name:
        trace.tags.setdefault(found_traces.NAME, row.trace_name)
    if row.session_id:
        trace.metadata.setdefault(_SESSION, row.session_id)
    if row.total_tokens is not None:
        names = ("input_tokens", "output_tokens", "total_tokens")
        trace.metadata.setdefault(_TOKENS, json.dumps({name: getattr(row, name) or 0 for name in names}))
    if row.total_cost is not None:
        trace.metadata.setdefault(_COST, json.dumps({"total_cost": row.total_cost}))
