"""Values that the chosen types cannot hold: how many, and the first of them, before they are lost."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studiolo.studio.datasets.schemas import ColumnSchema

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FIRST = 5
SHOWN = 80


@dataclass(frozen=True)
class Loss:
    """Values of a column that do not fit its type. first: rows (from 1) and texts of the first ones."""

    column: str
    count: int
    first: list[tuple[int, str]]


def find(connection: "DuckDBPyConnection", table: str, columns: Sequence[tuple[ColumnSchema, str, str]]) -> list[Loss]:
    """Return the losses of the columns that have some.

    table: what stands after FROM; columns: each with the SQL of its raw value and of what it becomes.
    """
    found: list[Loss] = []
    for start in range(0, len(columns), 50):
        group = columns[start : start + 50]
        raws = ", ".join(f"{raw} AS r{place}" for place, (_, raw, _) in enumerate(group))
        lost = ", ".join(
            f"({raw} IS NOT NULL AND trim(CAST({raw} AS VARCHAR)) <> '' AND {value} IS NULL) AS l{place}"
            for place, (_, raw, value) in enumerate(group)
        )
        asked = ", ".join(
            f"count(*) FILTER (l{place}), arg_min(left(CAST(r{place} AS VARCHAR), {SHOWN}), n, {FIRST}) FILTER (l{place}), "
            f"min(n, {FIRST}) FILTER (l{place})"
            for place in range(len(group))
        )
        row = connection.execute(
            f"SELECT {asked} FROM (SELECT row_number() OVER () AS n, {raws}, {lost} FROM {table})"
        ).fetchone()
        assert row is not None
        for place, (column, _, _) in enumerate(group):
            count, texts, rows = row[3 * place : 3 * place + 3]
            if count:
                found.append(Loss(column.name, int(count), list(zip(map(int, rows), texts, strict=True))))
    return found


def line_of_record(path: Path, options: dict[str, Any], record: int) -> int | None:
    """Return the physical line in which a record (from 1, the header left out) begins; None where that is not known."""
    if len(options["delimiter"]) > 1 or record > 5_000_000:
        return None
    doubled = options["escape"] == options["quote"]
    csv.field_size_limit(1 << 27)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for _ in range(options.get("skip_rows", 0)):
            stream.readline()
        skipped = int(options.get("skip_rows", 0))
        reader = csv.reader(
            stream,
            delimiter=options["delimiter"],
            quotechar=options["quote"] or None,
            quoting=csv.QUOTE_MINIMAL if options["quote"] else csv.QUOTE_NONE,
            doublequote=doubled,
            escapechar=None if doubled else options["escape"] or None,
        )
        wanted = record + bool(options["header"])
        seen = before = 0
        for row in reader:
            if row:
                seen += 1
            if seen == wanted:
                return skipped + before + 1
            before = reader.line_num
    return None
