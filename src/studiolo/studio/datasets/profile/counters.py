"""Tier one: exact counters of a group of columns and a sample of their rows, in one scan."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.schemas import ColumnSchema

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ROW = " row"  # the row's number, beside the columns; no column is called so


@dataclass
class Counters:
    """What the whole column says; low and high of moments are seconds since 1970. None: the sample has to say."""

    count: int = 0
    distinct: int = 0
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    std: float | None = None
    infinite: int = 0
    true_count: int = 0


def measures(column: ColumnSchema, *, sketch: bool, guard: bool, moments: bool) -> dict[str, str]:
    """Return the aggregates of a column by the field of Counters that they fill.

    sketch: estimate distinct values; guard: NaN and infinity do not count, at some cost; moments: mean and std too.
    """
    name = engine.name(column.name)
    guard = guard and column.type in ("number", "date", "datetime")
    value = f"CASE WHEN isfinite({name}) THEN {name} END" if guard else name
    if column.type == "decimal":
        value = f"CAST({name} AS DOUBLE)"
    found = {"count": f"count({value})"}
    if sketch and column.type != "boolean":
        found["distinct"] = f"approx_count_distinct({value})"
    if column.type in ("integer", "number", "decimal"):
        found |= {"low": f"min({value})", "high": f"max({value})"}
        if moments:
            found |= {"mean": f"avg({value})", "std": f"stddev_samp({value})"}
    elif column.type in ("date", "datetime"):
        found |= {"low": f"epoch(min({value}))", "high": f"epoch(max({value}))"}
    elif column.type == "boolean":
        found["true_count"] = f"count(*) FILTER ({name})"
    if guard:
        found["infinite"] = f"count(*) FILTER (isinf({name}))"
    return found


def count(
    connection: "DuckDBPyConnection",
    table: str,
    columns: list[ColumnSchema],
    *,
    sketch: bool,
    into: str = "",
    pick: str = "",
) -> dict[str, Counters]:
    """Scan once and return the counters by column.

    table: what stands after FROM; into: name of a table for the sampled rows; pick: the condition that samples them.
    The quick aggregates go wrong with NaN or infinity among the values, which shows in the extremes; then it scans again.
    """
    import duckdb

    for guard, moments in ((False, True), (True, True), (True, False)):
        asked = [measures(column, sketch=sketch, guard=guard, moments=moments) for column in columns]
        parts = [part for found in asked for part in found.values()]
        if into:
            packed = ", ".join(f"{name} := {name}" for name in [engine.name(c.name) for c in columns])
            extra = f', "{ROW}" := "{ROW}"' if ROW in table else ""
            parts.append(f"list(struct_pack({packed}{extra})) FILTER ({pick})")
        try:
            row = _one(connection, f"SELECT {', '.join(parts)} FROM {table}", into)
        except duckdb.OutOfRangeException:  # a variance beyond DOUBLE
            continue
        values = iter(row)
        counted = {
            column.name: Counters(**{field: next(values) for field in found})
            for column, found in zip(columns, asked, strict=True)
        }
        if guard or all(_finite(column, counted[column.name]) for column in columns):
            return counted
    return counted


def _one(connection: "DuckDBPyConnection", query: str, into: str) -> tuple[Any, ...]:
    if not into:
        return connection.execute(query).fetchall()[0]
    connection.execute(f"CREATE OR REPLACE TEMP TABLE first_pass AS {query}")
    names = [row[0] for row in connection.execute("DESCRIBE first_pass").fetchall()]
    rows = engine.name(names[-1])
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {into} AS SELECT unnest({rows}, max_depth := 2) FROM first_pass")
    found = connection.execute(f"SELECT * EXCLUDE ({rows}) FROM first_pass").fetchall()[0]
    connection.execute("DROP TABLE first_pass")
    return found


def _finite(column: ColumnSchema, counters: Counters) -> bool:
    """Say whether no NaN or infinity got into the counters; `epoch` of an endless date is NULL."""
    if column.type not in ("number", "date", "datetime") or not counters.count:
        return True
    return all(end is not None and math.isfinite(end) for end in (counters.low, counters.high))
