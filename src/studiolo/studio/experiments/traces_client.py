"""Traces in Python: `studio.experiments.traces`."""

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from studiolo.kernel.http import Transport
from studiolo.studio.experiments.trace_schemas import Trace, TraceSummary


class Traces:
    """What requests to models and agents did, step by step."""

    def __init__(self, transport: Transport) -> None:
        self._http = transport

    def search(
        self,
        *,
        experiment: str | None = None,
        run_id: str | None = None,
        filter: str = "",  # noqa: A002 - MLflow's word
        text: str = "",
        order_by: list[str] | None = None,
        limit: int = 100,
    ) -> list[TraceSummary]:
        """Return the newest traces; `filter` and `order_by` in MLflow's words, `text` looks into names and previews."""
        wanted = {
            "experiment": experiment,
            "run_id": run_id,
            "filter": filter,
            "text": text,
            "order_by": order_by or [],
        }
        return [item for item, _ in zip(self._pages(wanted, min(limit, 500)), range(limit), strict=False)]

    def _pages(self, wanted: Mapping[str, object], size: int) -> Iterator[TraceSummary]:
        cursor = None
        while True:
            page = self._http.post("experiments/traces/search", {**wanted, "cursor": cursor, "limit": size})
            yield from (TraceSummary.model_validate(item) for item in page["items"])
            cursor = page["next"]
            if cursor is None:
                return

    def get(self, trace_id: str) -> Trace:
        """Return a trace with its spans."""
        return Trace.model_validate(self._http.get(f"experiments/traces/{quote(trace_id, safe='')}"))

    def delete(self, *ids: str) -> int:
        """Delete traces for good; returns how many went."""
        return int(self._http.post("experiments/traces/delete", {"ids": list(ids)})["deleted"])

    def tag(self, trace_id: str, tags: Mapping[str, str | None]) -> Trace:
        """Write tags of a trace; None removes one."""
        path = f"experiments/traces/{quote(trace_id, safe='')}"
        return Trace.model_validate(self._http.patch(path, {"tags": dict(tags)}))
