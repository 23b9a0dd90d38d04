"""Rows of a table between two moments, as columns in memory: bounded, however large the table is."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from studiolo.studio.datasets import table_file
from studiolo.studio.datasets.monitors import features, windows
from studiolo.studio.datasets.monitors.distributions import Distribution, of_categories, of_numbers
from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.schemas import ColumnSchema, TableSchema

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

ROWS = 1_000_000  # looked at, at most; a share of more is known to 0.1 %
CELLS = 40_000_000
MEMORY = "1GB"
SEED = 7
TEXT = 200  # characters of a category


@dataclass(frozen=True)
class Span:
    """Rows with `start` ≤ column < `end`; zone: that the column is written in where it does not say so."""

    column: str
    start: datetime | None
    end: datetime | None
    zone: str = "UTC"


@dataclass(frozen=True)
class Part:
    """Columns of some rows. all_rows: how many there are; the table may hold a random part of them."""

    table: "pa.Table"
    all_rows: int

    @property
    def rows(self) -> int:
        """How many rows are here."""
        return int(self.table.num_rows)


def opened(folder: Path) -> tuple[str, TableSchema]:
    """Return the SELECT of a job's input, and its schema."""
    table = table_file.open_input(folder)
    return table_file.scan(table), table.schema


def read(query: str, schema: TableSchema, columns: list[ColumnSchema], span: Span | None, spill: Path) -> Part:
    """Read columns of the rows in a span: numbers and seconds as double, categories as text. spill: for what does not fit."""
    items = ", ".join(_item(column) for column in columns)
    where = condition(span, schema) if span else ""
    most = max(1000, min(ROWS, CELLS // max(1, len(columns))))
    connection = engine.connect(spill=spill, memory=MEMORY, threads=1)  # one thread: the same rows each time
    try:
        chosen = f"SELECT {items} FROM ({query}) {where}"
        table = connection.sql(
            f"SELECT * FROM ({chosen}) USING SAMPLE reservoir({most} ROWS) REPEATABLE ({SEED})"
        ).to_arrow_table()
        rows = table.num_rows
        if rows >= most:
            counted = connection.execute(f"SELECT count(*) FROM ({query}) {where}").fetchone()
            rows = int(counted[0]) if counted else rows
        return Part(table, rows)
    finally:
        connection.close()


def condition(span: Span, schema: TableSchema) -> str:
    """Return the WHERE of a span."""
    column = next(one for one in schema.columns if one.name == span.column)
    clock = ZoneInfo("UTC") if column.sql_type == "TIMESTAMPTZ" else windows.zone(span.zone)
    name = f"CAST({engine.name(column.name)} AS TIMESTAMP)"
    parts = [
        f"{name} {sign} TIMESTAMP {engine.literal(windows.written(moment, clock).isoformat(sep=' '))}"
        for sign, moment in ((">=", span.start), ("<", span.end))
        if moment is not None
    ]
    return f"WHERE {' AND '.join(parts)}" if parts else ""


def _item(column: ColumnSchema) -> str:
    name = engine.name(column.name)
    if column.type in features.MOMENTS:
        return f"CAST(epoch({name}) AS DOUBLE) AS {name}"
    if features.kind(column) == "category":
        return f"left(CAST({name} AS VARCHAR), {TEXT}) AS {name}"
    return f"CAST({name} AS DOUBLE) AS {name}"


def distribution(part: Part, column: ColumnSchema) -> Distribution:
    """Take the distribution of a column; what is no finite number is missing."""
    values = part.table.column(column.name)
    if features.kind(column) == "category":
        found: dict[str, int] = {
            str(entry["values"]): int(entry["counts"])
            for entry in values.value_counts().to_pylist()
            if entry["values"] is not None
        }
        return of_categories(found, part.rows - sum(found.values()))
    numbers = values.to_numpy(zero_copy_only=False).astype(np.float64)
    finite = numbers[np.isfinite(numbers)]
    return of_numbers(finite, part.rows - len(finite))


def some(part: Part, names: list[str], rows: int) -> "pd.DataFrame":
    """Return a random part of the rows as a frame."""
    picked: Any = part.table.select(names)
    if part.rows > rows:
        picked = picked.take(np.sort(np.random.default_rng(SEED).choice(part.rows, rows, replace=False)))
    frame: pd.DataFrame = picked.to_pandas()
    return frame
