"""What columns hold among the rows that fit a filter: for the heads of the table."""

from typing import TYPE_CHECKING, Any

from studiolo.studio.datasets.explore import conditions
from studiolo.studio.datasets.explore.cells import shown
from studiolo.studio.datasets.explore.conditions import MOMENTS, NUMBERS, Column
from studiolo.studio.datasets.explore.view import View
from studiolo.studio.datasets.reading import engine

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MOST = 200_000  # rows that are looked at
TOP = 8


def summaries(view: View, asked: dict[str, Any]) -> dict[str, Any]:
    """Return `schemas.Summaries`."""
    chosen = [conditions.find(view.columns, name) for name in asked["columns"]]
    found = view.sample(asked, MOST, [column.place for column in chosen], 10)
    if isinstance(found, dict):
        return {"rows": 0, "total": 0, "columns": []} | found
    table, total = found
    connection = engine.connect(memory="512MB")
    try:
        connection.register("s", table)
        ranges = asked.get("ranges") or {}
        columns = [_column(connection, column, ranges.get(column.name), int(asked["bins"])) for column in chosen]
    finally:
        connection.close()
    return {"state": "ready", "rows": table.num_rows, "total": total, "columns": columns}


def _column(
    connection: "DuckDBPyConnection", column: Column, span: list[float] | None, bins: int
) -> dict[str, Any]:  # fmt: skip
    sql = column.sql
    valued = f"CASE WHEN isnan({sql}) THEN NULL ELSE {sql} END" if column.sql_type in ("DOUBLE", "FLOAT") else sql
    row = connection.execute(
        f"SELECT count(*), count(v), min(v), max(v), approx_count_distinct(v) FROM (SELECT {valued} AS v FROM s)"
    ).fetchall()
    rows, count, low, high, distinct = row[0]
    answer: dict[str, Any] = {
        "name": column.name, "count": count, "missing": rows - count, "min": shown(low), "max": shown(high),
        "distinct": distinct,
    }  # fmt: skip
    if not count:
        return answer
    if column.type in NUMBERS or column.type in MOMENTS:
        answer["histogram"] = _histogram(connection, column, span, bins)
    else:
        top = connection.execute(
            f"SELECT CAST({sql} AS VARCHAR) AS v, count(*) AS n FROM s WHERE {sql} IS NOT NULL "
            f"GROUP BY v ORDER BY n DESC, v LIMIT {TOP}"
        ).fetchall()
        answer["top"] = [{"value": str(shown(value)), "count": many, "share": many / rows} for value, many in top]
    return answer


def _histogram(
    connection: "DuckDBPyConnection", column: Column, span: list[float] | None, bins: int
) -> dict[str, Any] | None:  # fmt: skip
    number = number_of(column)
    finite = f"SELECT {number} AS v FROM s"
    if span is None:
        ends = connection.execute(f"SELECT min(v), max(v) FROM ({finite}) WHERE isfinite(v)").fetchall()
        if ends[0][0] is None:
            return None
        span = [float(ends[0][0]), float(ends[0][1])]
    low, high = span
    width = (high - low) / bins or 1.0
    found = dict(
        connection.execute(
            f"SELECT CAST(least(floor((v - {low!r}) / {width!r}), {bins - 1}) AS INTEGER) AS b, count(*) "
            f"FROM ({finite}) WHERE isfinite(v) AND v >= {low!r} AND v <= {high!r} GROUP BY b"
        ).fetchall()
    )
    edges = [low + width * step for step in range(bins + 1)]
    return {"edges": edges, "counts": [int(found.get(step, 0)) for step in range(bins)]}


def number_of(column: Column) -> str:
    """Return a column as a number: moments as seconds since 1970, UTC."""
    if column.type in MOMENTS:
        return f"epoch(CAST({column.sql} AS TIMESTAMP))"
    return f"CAST({column.sql} AS DOUBLE)"
