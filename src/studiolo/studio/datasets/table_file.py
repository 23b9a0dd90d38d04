"""Files as a table: preview them, read them. Needs neither server nor database; only processes of jobs and of inspection
import DuckDB through it.

The same SELECT serves preview, profile and AutoML, so all of them see the same values.
"""

import json
import math
import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studiolo.studio.datasets.errors import DamagedFile
from studiolo.studio.datasets.formats.base import one
from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.reading.encoding import CHUNK
from studiolo.studio.datasets.reading.table_input import TableInput
from studiolo.studio.datasets.schemas import ColumnType, Preview, Reading, TableSchema

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = [
    "EDGES_FILE", "FILES", "PROFILE_FILE", "SCHEMA", "TableInput", "batches", "cell", "learnable", "members", "open_folder", "open_input", "preview", "scan", "to_arrow", "to_pandas",
]  # fmt: skip

TEXT_SHOWN = 500
BYTES_SHOWN = 32
SCHEMA = "schema.json"  # beside the files in the input folder of a job
FILES = "files.json"  # which file is which, where there are many
REFERENCE = (
    "reference.json"  # where files are that stay in their datastore; they are fetched, and must be what they were
)
PROFILE_FILE, EDGES_FILE = "profile.json", "edges.json"  # what the profile job leaves
BATCH_ROWS = 65_536


def members(schema: TableSchema, names: Sequence[str]) -> list[str]:
    """Return the files of a dataset that hold rows of the table, in their order: no markers, no empty parts."""
    left: set[str] = set(schema.options.get("left_out", ()))
    return [name for name in names if name not in left]


def scan(table: TableInput, columns: Sequence[str] | None = None, row: str = "") -> str:
    """Return the SELECT for DuckDB that yields the table, or some of its columns; rows come file by file, in order.

    row: name of a further column, first, that numbers the rows (unique, not without gaps); only formats whose SPEC says
    `numbered` have it.
    """
    return one(table.schema.format).scan(table if columns is None else table.only(columns), row)


def preview(table: TableInput, limit: int, work: Path) -> Preview:
    """Return the first rows; reads about 1 MiB of text or the first row group. work: a folder for that piece."""
    import duckdb

    chosen = one(table.schema.format)
    rows: list[tuple[Any, ...]] = []
    done, take = 0, 1
    connection = engine.connect(threads=1)
    try:
        while done < len(table.files) and len(rows) < limit:
            piece = table.part(done, done + take)
            heads = tuple(
                _head(chosen, path, table.schema, limit, work, place) for place, path in enumerate(piece.files, done)
            )
            query = chosen.scan(TableInput(heads, piece.names, table.schema))
            rows += connection.execute(f"SELECT * FROM ({query}) LIMIT {limit - len(rows):d}").fetchall()
            done, take = done + take, min(100, take * 4)
    except duckdb.Error as error:
        raise DamagedFile(f"The first rows cannot be read: {engine.said(error)}", "Upload it again.") from error
    finally:
        connection.close()
    cells = [[cell(value) for value in row] for row in rows]
    return Preview(columns=table.schema.columns, rows=cells, total_rows=table.schema.rows)


def _head(chosen: Any, path: Path, schema: TableSchema, rows: int, work: Path, place: int) -> Path:
    if path.stat().st_size <= CHUNK:
        return path
    folder = work / f"head-{place}"
    folder.mkdir(exist_ok=True)
    found: Path = chosen.head(path, schema, rows, folder)
    return found


def cell(value: Any) -> Any:  # noqa: PLR0911 - one line per type
    """Return a value as JSON and a browser can hold it: NaN is missing, infinity a word, long texts are cut.

    Integers beyond 2^53 and decimals, which a browser would round, become text; bytes become hex digits.
    """
    if isinstance(value, float):
        return None if math.isnan(value) else str(value) if math.isinf(value) else value
    if isinstance(value, int) and abs(value) > 2**53:
        return str(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value[:BYTES_SHOWN]).hex() + ("…" if len(value) > BYTES_SHOWN else "")
    if isinstance(value, str) and len(value) > TEXT_SHOWN:
        return value[:TEXT_SHOWN] + "…"
    return value


def to_pandas(table: TableInput, columns: Sequence[str] | None = None, memory: str = "4GB") -> "pd.DataFrame":
    """Read the table into a frame: integers with gaps as float, texts as objects, moments as datetime64, decimals exact."""
    connection = engine.connect(memory=memory)
    try:
        frame: pd.DataFrame = connection.execute(_query(table, columns, ())).df()
    finally:
        connection.close()
    decimals = [column.name for column in table.schema.columns if column.type == "decimal" and column.name in frame]
    if decimals:  # the engine makes floats of them
        exact = to_arrow(table, decimals, memory=memory)
        for name in decimals:
            frame[name] = exact.column(name).to_pandas()
    return frame


def to_arrow(
    table: TableInput,
    columns: Sequence[str] | None = None,
    *,
    as_text: Collection[ColumnType] = (),
    memory: str = "4GB",
) -> "pa.Table":
    """Read the table into Arrow columns; rows in order of files.

    int64, double, decimal128, bool, date32, timestamp[us] in UTC without saying so, time64[us], string, binary; JSON is string.
    as_text: types whose values come as text instead, e.g. dates as `2024-01-31`.
    """
    connection = engine.connect(memory=memory)
    try:
        return connection.sql(_query(table, columns, as_text)).to_arrow_table()
    finally:
        connection.close()


@contextmanager
def batches(
    table: TableInput,
    columns: Sequence[str] | None = None,
    *,
    rows: int = BATCH_ROWS,
    as_text: Collection[ColumnType] = (),
    memory: str = "512MB",
    spill: Path | None = None,
) -> "Iterator[pa.RecordBatchReader]":
    """Read the table as a stream of record batches of at most so many rows, in order, in bounded memory; types as `to_arrow`."""
    connection = engine.connect(memory=memory, spill=spill)
    try:
        yield connection.sql(_query(table, columns, as_text)).to_arrow_reader(rows)
    finally:
        connection.close()


def learnable(table: TableInput) -> list[str]:
    """Return the columns that a model can be made from: bytes are left out."""
    return [column.name for column in table.schema.columns if column.type != "binary"]


def _query(table: TableInput, columns: Sequence[str] | None, as_text: Collection[ColumnType]) -> str:
    chosen = table if columns is None else table.only(columns)
    if not any(column.type in as_text for column in chosen.schema.columns):
        return scan(chosen)
    picked = [
        f"CAST({engine.name(column.name)} AS VARCHAR) AS {engine.name(column.name)}"
        if column.type in as_text
        else engine.name(column.name)
        for column in chosen.schema.columns
    ]
    return f"SELECT {', '.join(picked)} FROM ({scan(chosen)})"


def open_input(folder: Path) -> TableInput:
    """Return the table in the input folder that `datasets.service.as_input` fills for a job.

    One file lies beside `schema.json`; many are listed in `files.json` with their names in the dataset.
    """
    schema = TableSchema.model_validate_json((folder / SCHEMA).read_text("utf-8"))
    if (folder / REFERENCE).is_file():
        from studiolo.studio.datasets import referenced

        referenced.place(folder)
    listed = folder / FILES
    if listed.is_file():
        entries = {str(entry["path"]): folder / str(entry["file"]) for entry in json.loads(listed.read_text("utf-8"))}
        names = members(schema, list(entries))
        if not names:
            raise DamagedFile(f"The input {folder.name} holds no file with rows.", "Submit the job again.")
        return TableInput(tuple(entries[name] for name in names), tuple(names), schema)
    files = sorted(path for path in folder.iterdir() if path.name != SCHEMA)
    if len(files) != 1:
        raise DamagedFile(f"The input {folder.name} holds {len(files)} files instead of one.", "Submit the job again.")
    return TableInput.of(files[0], schema, schema.options.get("first_file", files[0].name))


def open_folder(folder: Path, work: Path) -> TableInput:
    """Return the table in the files of a folder, as an MLTable in it says or as they look; raises BadFile, which says what is wrong.

    work: an empty folder for copies that are read instead.
    """
    from studiolo.studio.datasets import looking

    places = [Path(at, name) for at, _, names in os.walk(folder, followlinks=True) for name in names]
    found = sorted(((place, place.relative_to(folder).as_posix()) for place in places), key=lambda file: file[1])
    return looking.inspect_files(found, Reading(), work).table(found)
