"""A version in the hands of the SDK: `studio.datasets.get("titanic", version=2).to_pandas()`."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pydantic import PrivateAttr

from studiolo.kernel.errors import Invalid
from studiolo.kernel.http import Transport
from studiolo.studio.datasets.names import parse
from studiolo.studio.datasets.rows import reading
from studiolo.studio.datasets.rows.schemas import Method, Snippet, Split, Traits
from studiolo.studio.datasets.schemas import DatasetVersion

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import polars as pl
    import pyarrow as pa

Columns = Sequence[str] | None
Moment = datetime | date | str


class Version(DatasetVersion):
    """A version whose rows can be taken. Narrower views (`time_after`, `part`) are new handles of the same version."""

    _transport: Transport | None = PrivateAttr(default=None)
    _where: dict[str, Any] = PrivateAttr(default_factory=dict)

    @classmethod
    def of(cls, transport: Transport, found: Any, where: dict[str, Any] | None = None) -> Self:
        """Make a handle of what the server said."""
        made = cls.model_validate(found)
        made._transport, made._where = transport, where or {}  # noqa: SLF001 - its own
        return made

    def to_batches(self, columns: Columns = None, limit: int | None = None) -> "Iterator[pa.RecordBatch]":
        """Yield record batches in order of the rows, one in memory at a time; a broken connection is gone on with."""
        return self._stream(columns, limit)[1]

    def to_reader(self, columns: Columns = None, limit: int | None = None) -> "pa.RecordBatchReader":
        """Return a reader of record batches, for what takes one: DuckDB, Polars, PyArrow's writers."""
        import pyarrow as pa

        return pa.RecordBatchReader.from_batches(*self._stream(columns, limit))

    def to_arrow(self, columns: Columns = None, limit: int | None = None) -> "pa.Table":
        """Read into an Arrow table with exact types: decimals, 64-bit integers, moments in UTC."""
        return self.to_reader(columns, limit).read_all()

    def to_pandas(self, columns: Columns = None, limit: int | None = None) -> "pd.DataFrame":
        """Read into a pandas.DataFrame: integers with gaps as float, texts as objects, decimals exact."""
        table = self.to_arrow(columns, limit)
        frame: pd.DataFrame = table.to_pandas(
            coerce_temporal_nanoseconds=False, date_as_object=False, self_destruct=True
        )
        return frame

    def to_polars(self, columns: Columns = None, limit: int | None = None) -> "pl.DataFrame":
        """Read into a polars.DataFrame."""
        import polars as pl

        found = pl.from_arrow(self.to_arrow(columns, limit))
        assert isinstance(found, pl.DataFrame)
        return found

    def to_duckdb(
        self,
        columns: Columns = None,
        limit: int | None = None,
        *,
        connection: "duckdb.DuckDBPyConnection | None" = None,
        table: str | None = None,
    ) -> "duckdb.DuckDBPyConnection":
        """Read into a table of DuckDB and return the connection. connection: default a new one in memory.

        table: its name, default the dataset's with `_` for what SQL would not take.
        """
        import re

        import duckdb

        into = connection or duckdb.connect()
        name = table or re.sub(r"\W", "_", self.name)
        quoted = '"' + name.replace('"', '""') + '"'
        into.register("studiolo_rows", self.to_reader(columns, limit))
        try:
            into.execute(f"CREATE OR REPLACE TABLE {quoted} AS SELECT * FROM studiolo_rows")
        finally:
            into.unregister("studiolo_rows")
        return into

    def to_torch(self, columns: Columns = None, limit: int | None = None, *, target: str = "") -> Any:
        """Return a torch IterableDataset of rows, in order, in bounded memory, for a `DataLoader` without workers.

        columns: of numbers; a row is a float32 tensor of them, or with `target` a pair of it and the target's value. Missing is NaN.
        """
        from studiolo.studio.datasets.rows.torch_rows import rows

        chosen = list(columns) if columns else [
            column.name
            for column in self.table.columns
            if column.type in ("integer", "number", "decimal", "boolean") and column.name != target
        ]  # fmt: skip
        return rows(self, chosen, target, limit)

    def to_hf(
        self,
        columns: Columns = None,
        limit: int | None = None,
        *,
        streaming: bool = False,
        pictures: str | Path | None = None,
    ) -> Any:
        """Return a `datasets.Dataset` of Hugging Face on the Arrow table, without a copy.

        streaming: an `IterableDataset` instead, which reads the version once per iteration in bounded memory.
        pictures: of a folder of images: fetch its files into this folder, and decode them in a column `image`.
        Raises MissingExtra where the library is not installed.
        """
        from studiolo.studio.datasets.rows import huggingface

        if pictures is not None and (self.table is None or self.table.format != "images"):
            raise Invalid("Only a folder of images has pictures.", field="pictures")
        folder = None if pictures is None else self.download(pictures)
        return (huggingface.streamed if streaming else huggingface.whole)(self, columns, limit, folder)

    def download(self, folder: str | Path = ".") -> Path:
        """Fetch the files as they are; what is there already with the right size is not fetched again."""
        from studiolo.studio.datasets.client import Datasets

        return Datasets(self._connected()).download(self.name, folder, self.version)

    def part(self, part: str) -> Self:
        """Return the rows of a part of a recorded split: `train`, or `name.train`."""
        return self._narrowed(split=part)

    def split(
        self,
        shares: dict[str, float] | None = None,
        *,
        name: str = "default",
        method: Method = "hash",
        seed: int = 0,
        column: str = "",
        key: str = "",
    ) -> dict[str, Self]:
        """Record a split with the version (the same again is the same) and return its parts by name.

        shares: default `{"train": 0.8, "test": 0.2}`; see `SplitCreate` for the methods.
        """
        body: dict[str, Any] = {"name": name, "method": method, "seed": seed, "column": column, "key": key}
        if shares:
            body["shares"] = shares
        found = Split.model_validate(self._connected().post(f"{self._path}/splits", json=body))
        prefix = "" if found.name == "default" else f"{found.name}."
        return {part: self.part(f"{prefix}{part}") for part in found.shares}

    def splits(self) -> list[Split]:
        """Return the splits that are recorded with the version."""
        return [Split.model_validate(item) for item in self._connected().get(f"{self._path}/splits")]

    def snippets(self) -> list[Snippet]:
        """Return ready code that takes this version."""
        return [Snippet.model_validate(item) for item in self._connected().get(f"{self._path}/snippets")]

    def traits(self) -> Traits:
        """Return what is said about the columns: timestamp, moment in the paths, target."""
        return Traits.model_validate(self._connected().get(f"{self._path}/traits"))

    def with_timestamp(self, timestamp: str, partition_timestamp: str | None = None) -> Self:
        """Say which column orders the rows in time, and which one is a moment in the path of each file."""
        body = {"timestamp": timestamp, "partition_timestamp": partition_timestamp}
        self._connected().patch(f"{self._path}/traits", body)
        return self

    def time_after(self, moment: Moment, *, include_boundary: bool = True) -> Self:
        """Return the rows of this moment and later: a datetime, a date or ISO text; without a zone it is UTC."""
        return self._narrowed(after=_moment(moment, "moment"), boundary=include_boundary)

    def time_before(self, moment: Moment, *, include_boundary: bool = True) -> Self:
        """Return the rows of this moment and earlier."""
        return self._narrowed(before=_moment(moment, "moment"), boundary=include_boundary)

    def time_between(self, start: Moment, end: Moment, *, include_boundary: bool = True) -> Self:
        """Return the rows from one moment to another."""
        return self._narrowed(after=_moment(start, "start"), before=_moment(end, "end"), boundary=include_boundary)

    def time_recent(self, amount: timedelta, *, include_boundary: bool = True) -> Self:
        """Return the rows of the last hours or days until now: the machine's clock counts, not the newest row."""
        if not isinstance(amount, timedelta):
            raise Invalid("What is recent is a timedelta.", "Such as timedelta(days=7).", field="amount")
        return self.time_after(datetime.now(UTC) - amount, include_boundary=include_boundary)

    def _narrowed(self, **where: Any) -> Self:
        if "boundary" in where and self._where.get("boundary", where["boundary"]) != where["boundary"]:
            raise Invalid(
                "The two ends of a window must both include their boundary, or neither.", field="include_boundary"
            )
        return type(self).of(self._connected(), self.model_dump(), self._where | where)

    def _stream(self, columns: Columns, limit: int | None) -> "tuple[pa.Schema, Iterator[pa.RecordBatch]]":
        params = {"columns": list(columns) if columns is not None else None, "limit": limit, **self._where}
        return reading.batches(self._connected(), f"{self._path}/arrow", params)

    def _connected(self) -> Transport:
        if self._transport is None:
            raise Invalid("This version was not fetched from a studio.", "Get it: studio.datasets.get(name).")
        return self._transport

    @property
    def _path(self) -> str:
        return f"datasets/{self.name}/versions/{self.version}"


def _moment(value: Moment, field: str) -> str:
    """Return a moment as the server takes it; raises Invalid for a text that is none."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise Invalid(
            f"'{str(value)[:80]}' is no moment.", "Write it as 2026-01-31 or 2026-01-31T12:00:00+01:00.", field=field
        ) from None
    return found.isoformat()


def fetch(transport: Transport, name: str, version: int | None = None) -> Version:
    """Return a version by `name`, `name:version` or `name:version@part`."""
    plain, _, part = name.partition("@")
    plain, number = parse(plain)
    found = Version.of(transport, transport.get(f"datasets/{plain}/versions/{version or number or 'latest'}"))
    return found.part(part) if part else found
