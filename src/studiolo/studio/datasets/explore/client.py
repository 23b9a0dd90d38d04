"""The SDK part of exploring: `studio.datasets.sql(…)`."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studiolo.kernel.http import Transport
from studiolo.studio.datasets.explore.schemas import ChartData, ExportFormat, Rows, SqlResult
from studiolo.studio.datasets.names import parse
from studiolo.studio.datasets.registration_schemas import Registration
from studiolo.studio.datasets.schemas import DatasetVersion

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

WAIT = 5


class SqlAnswer:
    """The answer to a query. It is kept by the studio for a while; `to_arrow` and `to_pandas` fetch all of it."""

    def __init__(self, transport: Transport, result: SqlResult, dataset: str | None) -> None:
        self._transport = transport
        self._dataset = dataset
        self.result = result

    @property
    def rows(self) -> int:
        """How many rows were kept."""
        return self.result.rows

    @property
    def cut(self) -> bool:
        """Whether there were more rows than `limit`."""
        return self.result.cut

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return [column.name for column in self.result.columns]

    def to_arrow(self) -> "pa.Table":
        """Fetch the rows as an Arrow table, with the types of the query."""
        import pyarrow as pa

        with self._transport.stream("GET", f"datasets/sql/results/{self.result.id}/content", format="arrow") as reply:
            return pa.ipc.open_stream(b"".join(reply.iter_bytes())).read_all()

    def to_pandas(self) -> "pd.DataFrame":
        """Fetch the rows as a pandas.DataFrame."""
        frame: pd.DataFrame = self.to_arrow().to_pandas()
        return frame

    def export(self, target: str | Path, kind: ExportFormat | None = None) -> Path:
        """Write the rows to a file; its ending says how: `.csv`, `.parquet`, `.arrow`."""
        path = Path(target)
        chosen = kind or {".parquet": "parquet", ".arrow": "arrow", ".arrows": "arrow"}.get(path.suffix.lower(), "csv")
        return self._transport.download(f"datasets/sql/results/{self.result.id}/content", path, format=chosen)

    def save(
        self,
        name: str,
        description: str = "",
        *,
        timeout: float = 24 * 3600,
        watch: Callable[[Registration], None] | None = None,
    ) -> DatasetVersion:
        """Make a dataset, or its next version, of what the query answers; a job runs it anew, to its last row.

        Waits for the job; watch: told how far it is. Raises RegistrationFailed with what was wrong.
        """
        from studiolo.studio.datasets.registrations_client import followed

        body = {"query": self.result.query, "dataset": self._dataset, "name": name, "description": description}
        begun = Registration.model_validate(self._transport.post("datasets/sql/save", body))
        done = followed(self._transport, begun.run_id, timeout=timeout, watch=watch)
        return DatasetVersion.model_validate(self._transport.get(f"datasets/{done.name}/versions/{done.version}"))

    def __repr__(self) -> str:
        more = ", cut" if self.cut else ""
        return f"<{self.rows:,} rows of {', '.join(self.columns[:8])}{more}; {self.result.seconds:.2f} s>"


class Exploring:
    """What `studio.datasets` can do beyond reading whole files."""

    _transport: Transport

    def sql(
        self, query: str, *, dataset: str | None = None, limit: int = 1_000_000, timeout: float = 60
    ) -> SqlAnswer:  # fmt: skip
        """Ask a question in SQL. Datasets are tables by their names: `titanic`, `"titanic:2"`; the query cannot write.

        dataset: `name:version` that the bare name means. limit: rows; timeout: seconds; the studio's own limits may be lower.
        """
        body = {"query": query, "dataset": dataset, "limit": limit, "timeout": timeout}
        return SqlAnswer(
            self._transport, SqlResult.model_validate(self._transport.post("datasets/sql", body)), dataset
        )  # fmt: skip

    def rows(
        self,
        name: str,
        version: int | None = None,
        *,
        offset: int = 0,
        limit: int = 100,
        columns: Sequence[str] | None = None,
        sort: Sequence[str] = (),
        where: Sequence[Mapping[str, Any]] = (),
    ) -> Rows:
        """Return rows at any place, sorted and filtered; waits until the order is computed.

        sort: columns, `-` in front for largest first. where: such as `{"column": "age", "op": "between", "min": 18, "max": 65}`.
        """
        body = {
            "offset": offset, "limit": limit, "columns": list(columns) if columns else None, "sort": list(sort),
            "filter": [dict(one) for one in where], "wait": WAIT,
        }  # fmt: skip
        while True:
            found = Rows.model_validate(self._transport.post(f"{_path(name, version)}/rows", body))
            if found.state == "ready":
                return found

    def chart(
        self, name: str, kind: str, x: str, y: str | None = None, *, aggregate: str = "count", version: int | None = None,
        where: Sequence[Mapping[str, Any]] = (),
    ) -> ChartData:  # fmt: skip
        """Return the points of a bar, line, scatter or histogram chart, aggregated over every row."""
        body = {"kind": kind, "x": x, "y": y, "aggregate": aggregate, "filter": [dict(one) for one in where]}
        return ChartData.model_validate(self._transport.post(f"{_path(name, version)}/chart", body))


def _path(name: str, version: int | None) -> str:
    name, number = parse(name)
    return f"datasets/{name}/versions/{version or number or 'latest'}"
