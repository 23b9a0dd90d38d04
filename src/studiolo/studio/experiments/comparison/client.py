"""The SDK's part of comparing runs."""

from collections.abc import Sequence
from typing import Any

from studiolo.kernel.http import Transport
from studiolo.studio.experiments.comparison.schemas import (
    CodeComparison,
    FileDiff,
    FileTable,
    RunComparison,
    Selection,
)


class Compared(RunComparison):
    """Runs beside each other, ready for pandas."""

    def records(self, *, only_different: bool = False, statistic: str = "last") -> list[dict[str, Any]]:
        """Return one dict per run: `params.<key>`, `metrics.<key>`, `tags.<key>` and what the run is.

        `pandas.DataFrame(found.records()).set_index("run_id")` is the table. statistic: last, low or high.
        """
        rows: list[dict[str, Any]] = []
        for n, run in enumerate(self.runs):
            head = run.model_dump(exclude={"id", "datasets"})
            row: dict[str, Any] = {"run_id": run.id, **head, "datasets": ", ".join(run.datasets)}
            row |= {f"params.{p.key}": p.values[n] for p in self.params if p.differs or not only_different}
            for metric in self.metrics:
                if metric.differs or not only_different:
                    value = metric.values(statistic)[n]
                    row[f"metrics.{metric.key}"] = float(value) if isinstance(value, str) else value
            row |= {f"tags.{t.key}": t.values[n] for t in self.tags if t.differs or not only_different}
            rows.append(row)
        return rows


class Comparing:
    """Runs beside each other."""

    _transport: Transport

    def compare(self, run_ids: Sequence[str], *, system_tags: bool = False) -> Compared:
        """Put at most 200 runs beside each other; `pandas.DataFrame(found.records())` makes a table of it."""
        body = {"run_ids": list(run_ids), "system_tags": system_tags}
        return Compared.model_validate(self._transport.post("experiments/compare", json=body))

    def compare_artifacts(self, run_ids: Sequence[str]) -> FileTable:
        """Compare the files of runs and of the models they logged by content."""
        return FileTable.model_validate(
            self._transport.post("experiments/compare/artifacts", json={"run_ids": list(run_ids)})
        )

    def compare_code(self, run_ids: Sequence[str]) -> CodeComparison:
        """Compare code, commits and packages of runs."""
        return CodeComparison.model_validate(
            self._transport.post("experiments/compare/code", json={"run_ids": list(run_ids)})
        )

    def diff(self, first: str, second: str, path: str) -> FileDiff:
        """Compare one file of two runs line by line."""
        body = {"run_ids": [first, second], "path": path}
        return FileDiff.model_validate(self._transport.post("experiments/compare/diff", json=body))

    def keep_selection(self, run_ids: Sequence[str]) -> Selection:
        """Give a set of runs a short name: `/experiments/compare?set=<id>` in the browser."""
        return Selection.model_validate(
            self._transport.post("experiments/compare/selections", json={"run_ids": list(run_ids)})
        )
