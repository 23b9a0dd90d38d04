"""A file as a table: look into it, preview it, read it. Needs neither server nor database; only processes of jobs
and of inspection import DuckDB through it.

The same SELECT serves preview, profile and AutoML, so all of them see the same values.
"""

import math
from collections.abc import Collection, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studiolo.studio.datasets.errors import DamagedFile, EmptyFile
from studiolo.studio.datasets.formats.base import Inspected, Source, choose, family
from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.reading.encoding import CHUNK
from studiolo.studio.datasets.schemas import ColumnType, Preview, TableSchema

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

TEXT_SHOWN = 500
SCHEMA = "schema.json"  # beside the table in the input folder of a job
PROFILE_FILE, EDGES_FILE = "profile.json", "edges.json"  # what the profile job leaves


def inspect(source: Source) -> Inspected:
    """Find out how a file is read and prove that it can be; raises a BadFile that says where and what to do."""
    with source.path.open("rb") as stream:
        head = stream.read(CHUNK)
    if not head:
        raise EmptyFile("The file is empty.", "Choose a file with a table in it.")
    return choose(head, source.name, source.options.format).inspect(source)


def scan(path: Path, schema: TableSchema, columns: Sequence[str] | None = None) -> str:
    """Return the SELECT for DuckDB that yields the table, or some of its columns."""
    query = family()[schema.format].scan(path, schema)
    if columns is None:
        return query
    return f"SELECT {', '.join(map(engine.name, columns))} FROM ({query})"


def preview(path: Path, schema: TableSchema, limit: int, work: Path) -> Preview:
    """Return the first rows; reads about 1 MiB of text or the first row group. work: a folder for that piece."""
    import duckdb

    chosen = family()[schema.format]
    head = chosen.head(path, schema, limit, work)
    connection = engine.connect(threads=1)
    try:
        rows = connection.execute(f"{chosen.scan(head, schema)} LIMIT {limit:d}").fetchall()
    except duckdb.Error as error:
        raise DamagedFile(f"The first rows cannot be read: {engine.said(error)}", "Upload it again.") from error
    finally:
        connection.close()
    cells = [[cell(value) for value in row] for row in rows]
    return Preview(columns=schema.columns, rows=cells, total_rows=schema.rows)


def cell(value: Any) -> Any:
    """Return a value as JSON and a browser can hold it: NaN is missing, infinity a word, long texts are cut.

    Integers beyond 2^53, which a browser would round, become text.
    """
    if isinstance(value, float):
        return None if math.isnan(value) else str(value) if math.isinf(value) else value
    if isinstance(value, int) and abs(value) > 2**53:
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, str) and len(value) > TEXT_SHOWN:
        return value[:TEXT_SHOWN] + "…"
    return value


def to_pandas(
    path: Path, schema: TableSchema, columns: Sequence[str] | None = None, memory: str = "4GB"
) -> "pd.DataFrame":
    """Read the table into a frame: integers with gaps as float, texts as objects, moments as datetime64."""
    connection = engine.connect(memory=memory)
    try:
        return connection.execute(scan(path, schema, columns)).df()
    finally:
        connection.close()


def to_arrow(
    path: Path,
    schema: TableSchema,
    columns: Sequence[str] | None = None,
    *,
    as_text: Collection[ColumnType] = (),
    memory: str = "4GB",
) -> "pa.Table":
    """Read the table into Arrow columns: int64, double, bool, date32, timestamp[us] in UTC, string; rows in file order.

    as_text: types whose values come as text instead, e.g. dates as `2024-01-31`.
    """
    chosen = [column for column in schema.columns if columns is None or column.name in columns]
    picked = [
        f"CAST({engine.name(column.name)} AS VARCHAR) AS {engine.name(column.name)}"
        if column.type in as_text
        else engine.name(column.name)
        for column in (chosen if columns is None else sorted(chosen, key=lambda entry: columns.index(entry.name)))
    ]
    connection = engine.connect(memory=memory)
    try:
        return connection.sql(f"SELECT {', '.join(picked)} FROM ({scan(path, schema)})").to_arrow_table()
    finally:
        connection.close()


def open_input(folder: Path) -> tuple[Path, TableSchema]:
    """Return the file and its schema in the input folder that `datasets.service.as_input` fills for a job."""
    schema = TableSchema.model_validate_json((folder / SCHEMA).read_text("utf-8"))
    files = sorted(path for path in folder.iterdir() if path.name != SCHEMA)
    if len(files) != 1:
        raise DamagedFile(f"The input {folder.name} holds {len(files)} files instead of one.", "Submit the job again.")
    return files[0], schema
