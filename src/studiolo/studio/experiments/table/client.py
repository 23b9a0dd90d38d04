"""The part of the SDK that asks the table of runs: search, groups, columns, export, changes to many."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from studiolo.kernel.http import Transport
from studiolo.studio.experiments.table.schemas import BulkResult, RunColumns, RunGroup, RunRecord

Records = list[RunRecord]
RunGroups = list[RunGroup]


class Tabled:
    """The table of runs."""

    _transport: Transport

    def search(self, filter: str = "", order_by: Sequence[str] = (), **more: Any) -> Records:  # noqa: A002
        """Return runs by MLflow's filter, such as `metrics.auc > 0.9 AND params.depth = '3'`.

        more: experiments (ids), columns (`params.depth`, `metrics.auc`), lifecycle, top_level, limit.
        """
        body = {"filter": filter, "order_by": list(order_by), **more}
        found = self._transport.post("experiments/search", json=body)
        return [RunRecord.model_validate(item) for item in found["items"]]

    def count(self, filter: str = "", **more: Any) -> int:  # noqa: A002
        """Return how many runs match; more: experiments, lifecycle, top_level."""
        return int(self._transport.post("experiments/count", json={"filter": filter, **more})["total"])

    def grouped(self, *by: str, metrics: Sequence[str] = (), filter: str = "", **more: Any) -> RunGroups:  # noqa: A002
        """Return runs grouped by `params.x`, `tags.x` or `attributes.user`, with the spread of metrics over each group."""
        body = {"by": list(by), "metrics": list(metrics), "filter": filter, **more}
        found = self._transport.post("experiments/groups", json=body)
        return [RunGroup.model_validate(item) for item in found["items"]]

    def columns(self, *experiments: str, text: str = "") -> RunColumns:
        """Return the names of params, metrics and tags that runs of some experiments (ids; none: all) have."""
        found = self._transport.get("experiments/columns", experiment=list(experiments), text=text)
        return RunColumns.model_validate(found)

    def export(
        self,
        target: str | Path,
        filter: str = "",  # noqa: A002
        *,
        format: Literal["csv", "parquet", "json"] | None = None,  # noqa: A002
        columns: Sequence[str] | None = None,
        order_by: Sequence[str] = (),
        experiments: Sequence[str] = (),
        **more: Any,
    ) -> Path:
        """Write all runs that match into a file; without `format` its ending says which: .csv, .parquet or .json.

        columns: such as `attributes.name`, `params.depth`, `min(metrics.loss)`; None: all that the runs recorded.
        """
        path = Path(target)
        form = format or {".parquet": "parquet", ".json": "json"}.get(path.suffix.lower(), "csv")
        query: dict[str, Any] = {"filter": filter, "order_by": list(order_by), "experiment": list(experiments)}
        if columns is not None:
            query["column"] = list(columns)
        return self._transport.download("experiments/export", path, format=form, **query, **more)

    def tag(self, run_ids: Sequence[str], tags: dict[str, str | None]) -> BulkResult:
        """Write tags of many runs, all or none; None removes a tag."""
        body = {"run_ids": list(run_ids), "action": "tag", "tags": tags}
        return BulkResult.model_validate(self._transport.post("experiments/bulk", json=body))
