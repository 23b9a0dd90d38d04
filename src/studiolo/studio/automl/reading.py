"""Read a CSV or Parquet file into columns: text stays text until `columns` decides what it means."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from studiolo.studio.automl.errors import TableEmpty, TableUnreadable
from studiolo.studio.automl.predictor.encoder import MISSING_WORDS

DELIMITERS = ",;\t|"
PARQUET = {".parquet", ".pq"}
Values = Sequence[Any] | NDArray[Any]


@dataclass(frozen=True)
class Table:
    """Columns of equal length. Text columns are trimmed, with words for missing (NA, ?, blank) turned to null."""

    columns: dict[str, pa.ChunkedArray]
    rows: int

    def distinct(self, name: str) -> tuple[Values, NDArray[np.int64]]:
        """Give the different values of a column, as the encoder takes them, and the place of each row among them.

        Numbers are given row by row as float64; a missing value has the place behind the last one.
        """
        column = self.columns[name]
        numbers = as_numbers(column)
        if numbers is not None:
            return numbers, np.arange(self.rows)
        coded = column.combine_chunks().dictionary_encode()
        if isinstance(coded, pa.ChunkedArray):
            coded = coded.combine_chunks()
        values = coded.dictionary.to_pylist()
        places = pc.fill_null(coded.indices, len(values))
        return values, np.asarray(places.to_numpy(zero_copy_only=False), dtype=np.int64)

    def take(self, keep: NDArray[Any]) -> "Table":
        """Keep the rows with these places, in this order."""
        places = pa.array(keep)
        return Table({name: column.take(places) for name, column in self.columns.items()}, len(keep))

    def without(self, names: Sequence[str]) -> "Table":
        """Leave columns out."""
        return Table({name: column for name, column in self.columns.items() if name not in names}, self.rows)


def read(path: Path) -> Table:
    """Read a table; `.parquet` by its name, else delimited text with a header line.

    A folder is the input of a job that reads a dataset: its table, read as its schema says. Raises TableUnreadable with the reason (not found, ragged row, double column name, …), TableEmpty for no rows.
    """
    if path.is_dir():
        return _dataset(path)
    if not path.is_file():
        raise TableUnreadable(str(path), "there is no such file")
    try:
        found = _parquet(path) if path.suffix.lower() in PARQUET else _delimited(path)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, UnicodeDecodeError) as error:
        raise TableUnreadable(str(path), str(error).splitlines()[0]) from error
    return of_arrow(found, str(path))


def of_arrow(found: pa.Table, source: str) -> Table:
    """Take an Arrow table; source names it in errors. Raises TableUnreadable and TableEmpty."""
    names = [str(name).strip() for name in found.column_names]
    blank = [place + 1 for place, name in enumerate(names) if not name]
    if blank:
        raise TableUnreadable(source, f"column {blank[0]} has no name in the header")
    double = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if double:
        raise TableUnreadable(source, f"the header names column '{double[0]}' twice")
    if found.num_rows == 0:
        raise TableEmpty(source)
    return Table(dict(zip(names, (_tidy(column) for column in found.columns), strict=True)), found.num_rows)


def _dataset(folder: Path) -> Table:
    from studiolo.studio.datasets.table_file import learnable, open_input, to_arrow

    table = open_input(folder)
    found = to_arrow(table, learnable(table))
    return Table(
        dict(zip(found.column_names, (_tidy(column) for column in found.columns), strict=True)), found.num_rows
    )


def as_numbers(column: pa.ChunkedArray) -> NDArray[np.float64] | None:
    """Give the column as float64 with NaN for null when every present value is a number; booleans are not."""
    kind = column.type
    if pa.types.is_string(kind):
        try:
            column = pc.cast(column, pa.float64())
        except pa.ArrowInvalid:
            return None
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return None
    return np.asarray(pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def column_names(path: Path) -> list[str]:
    """Read the names of the columns alone."""
    if not path.is_file():
        raise TableUnreadable(str(path), "there is no such file")
    if path.suffix.lower() in PARQUET:
        import pyarrow.parquet as pq

        return [str(name).strip() for name in pq.read_schema(path).names]
    return [name.strip() for name in _delimited_options(path)[2]]


def _parquet(path: Path) -> pa.Table:
    import pyarrow.parquet as pq

    return pq.read_table(path)


def _delimited(path: Path) -> pa.Table:
    from pyarrow import csv

    encoding, parse, names = _delimited_options(path)
    return csv.read_csv(
        path,
        csv.ReadOptions(encoding=encoding, block_size=1 << 24),
        parse,
        csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=[""]),
    )


def _delimited_options(path: Path) -> tuple[str, Any, list[str]]:
    """Find out encoding, how to parse, and the names in the header."""
    from pyarrow import csv

    with path.open("rb") as file:
        head = file.read(1 << 16)
    if not head.strip():
        raise TableEmpty(str(path))
    if b"\0" in head:
        raise TableUnreadable(str(path), "it holds NUL bytes: this is not delimited text, or it is UTF-16")
    encoding = "utf-8"
    try:
        head[: head.rfind(b"\n") + 1].decode("utf-8")
    except UnicodeDecodeError:
        encoding = "cp1252"
    first = head.split(b"\n", 1)[0].decode(encoding, errors="replace")
    delimiter = max(DELIMITERS, key=lambda mark: (first.count(mark), mark == ","))
    parse = csv.ParseOptions(delimiter=delimiter, newlines_in_values=head.count(b'"') > 0)
    with csv.open_csv(path, csv.ReadOptions(encoding=encoding, block_size=1 << 20), parse) as reader:
        return encoding, parse, list(reader.schema.names)


def _tidy(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Bring a column to one of: string, number, bool, timestamp; nested values become their JSON-like text."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = pc.cast(column, kind.value_type)
        kind = kind.value_type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
        return column
    if pa.types.is_decimal(kind):
        return pc.cast(column, pa.float64())
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return pc.cast(column, pa.timestamp("us"), safe=False)
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        column = pc.cast(column, pa.string())
    elif not pa.types.is_string(kind):
        return pa.chunked_array(
            [pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.string())]
        )
    text = pc.utf8_trim_whitespace(column)
    absent = pc.is_in(text, value_set=pa.array(["", *sorted(MISSING_WORDS)]))
    return pc.if_else(pc.fill_null(absent, True), pa.scalar(None, pa.string()), text)
