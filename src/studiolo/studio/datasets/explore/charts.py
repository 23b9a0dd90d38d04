"""Charts of one or two columns, aggregated over every row that fits, so that a browser draws hundreds of points and not millions."""

import math
from typing import TYPE_CHECKING, Any

from studiolo.studio.datasets.explore import conditions
from studiolo.studio.datasets.explore.cells import shown
from studiolo.studio.datasets.explore.conditions import MOMENTS, NUMBERS, Column
from studiolo.studio.datasets.explore.errors import BadFilter
from studiolo.studio.datasets.explore.summaries import number_of
from studiolo.studio.datasets.explore.view import View

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

GROUPS = 40  # bars
POINTS = 3000  # of a scatter
AGGREGATES = {
    "count": "count(y)", "sum": "sum(y)", "mean": "avg(y)", "median": "median(y)", "min": "min(y)", "max": "max(y)",
}  # fmt: skip


def chart(view: View, asked: dict[str, Any]) -> dict[str, Any]:
    """Return `schemas.ChartData`."""
    x = conditions.find(view.columns, asked["x"])
    y = conditions.find(view.columns, asked["y"]) if asked.get("y") else None
    kind, how = asked["kind"], asked.get("aggregate") or "count"
    if y is not None and kind != "scatter" and how != "count" and y.type not in NUMBERS:
        raise BadFilter(f"Column '{y.name}' holds no numbers.", "Count its values, or choose another.", field="y")
    if y is None and kind == "scatter":
        raise BadFilter("A scatter plot needs two columns.", "Choose a second column.", field="y")
    for column in (x, y) if kind == "scatter" else (x,) if kind in ("line", "histogram") else ():
        if column is not None and column.type not in NUMBERS | MOMENTS:
            raise BadFilter(f"Column '{column.name}' has no scale.", "Draw bars of it.", field="x")
    where = conditions.where(view.columns, asked.get("filter") or [])
    connection = view.connect()
    try:
        base = f"SELECT {_measured(kind, x)} AS x, {_value(y, kind, how)} AS y FROM t" + (
            f" WHERE {where}" if where else ""
        )
        if kind == "bar":
            return _bars(connection, base, x, y, how)
        if kind == "scatter":
            return _scatter(connection, base, x, y)
        return _bins(connection, base, x, y if kind == "line" else None, how, int(asked["bins"]), kind)
    finally:
        connection.close()


def _measured(kind: str, x: Column) -> str:
    return f"CAST({x.sql} AS VARCHAR)" if kind == "bar" else number_of(x)


def _value(y: Column | None, kind: str, how: str) -> str:
    if y is None:
        return "1"
    return y.sql if how == "count" and kind != "scatter" else number_of(y)


def _bars(connection: "DuckDBPyConnection", base: str, x: Column, y: Column | None, how: str) -> dict[str, Any]:
    found = connection.execute(
        f"SELECT x, {AGGREGATES[how]} AS v, count(*) AS n FROM ({base}) GROUP BY x ORDER BY n DESC, x LIMIT 2000"
    ).fetchall()
    total = _one(connection, f"SELECT count(*) FROM ({base})")
    missing = sum(many for value, _, many in found if value is None)
    groups = [group for group in found if group[0] is not None]
    drawn = groups[:GROUPS]
    if x.type in NUMBERS | MOMENTS:
        drawn = sorted(drawn, key=lambda group: _sorting(group[0]))
    rest = total - missing - sum(many for _, _, many in drawn)
    what = f"{_named(y, how)} by {x.name}"
    best = max(drawn, key=lambda group: _or_least(group[1]), default=None)
    text = f"{what}, {total:,} rows."
    if best:
        text += f" Largest: {shown(best[0])} with {_short(best[1])}."
    if rest:
        text += f" {rest:,} rows in groups that are not drawn."
    return _answer("bar", [shown(group[0]) for group in drawn], [_float(group[1]) for group in drawn], total, text) | {
        "missing": missing,
        "other": rest,
    }


def _bins(
    connection: "DuckDBPyConnection", base: str, x: Column, y: Column | None, how: str, bins: int, kind: str
) -> dict[str, Any]:  # fmt: skip
    row = connection.execute(
        f"SELECT count(*), count(x), min(x) FILTER (isfinite(x)), max(x) FILTER (isfinite(x)) FROM ({base})"
    ).fetchall()
    total, there, low, high = row[0]
    if low is None:
        return _answer(kind, [], [], total, f"{x.name} has no value among {total:,} rows.") | {"missing": total}
    whole = x.type == "integer" and high - low < bins
    width = 1.0 if whole else (high - low) / bins or 1.0
    many = int(high - low) + 1 if whole else bins
    found = dict(
        connection.execute(
            f"SELECT CAST(least(floor((x - {low!r}) / {width!r}), {many - 1}) AS INTEGER) AS b, {AGGREGATES[how]} "
            f"FROM ({base}) WHERE isfinite(x) GROUP BY b"
        ).fetchall()
    )
    centre = 0.0 if whole else width / 2
    places = range(many) if kind == "histogram" else sorted(found)
    xs = [low + width * place + centre for place in places]
    ys = [_float(found.get(place, 0 if kind == "histogram" else None)) for place in places]
    time = x.type in MOMENTS
    peak = max(range(len(ys)), key=lambda at: _or_least(ys[at])) if ys else 0
    what = f"Rows by {x.name}" if kind == "histogram" else f"{_named(y, how)} over {x.name}"
    text = f"{what}, {total:,} rows in {len(xs)} steps from {_end(low, time=time)} to {_end(high, time=time)}."
    if ys:
        text += f" Highest: {_short(ys[peak])} near {_end(xs[peak], time=time)}."
    answer = _answer(kind, [value * 1000 for value in xs] if time else xs, ys, total, text)
    return answer | {"missing": total - there, "time": time, "width": width * 1000 if time else width}


def _scatter(connection: "DuckDBPyConnection", base: str, x: Column, y: Column | None) -> dict[str, Any]:
    assert y
    both = f"SELECT x, y FROM ({base}) WHERE isfinite(x) AND isfinite(y)"
    total = _one(connection, f"SELECT count(*) FROM ({base})")
    row = connection.execute(f"SELECT count(*), corr(x, y) FROM ({both})").fetchall()
    pairs, together = row[0]
    points = connection.execute(
        f"SELECT x, y FROM ({both}) USING SAMPLE reservoir({POINTS} ROWS) REPEATABLE (7)"
    ).fetchall()
    time = x.type in MOMENTS
    text = f"{y.name} against {x.name}: {len(points):,} of {pairs:,} pairs drawn."
    if together is not None and math.isfinite(together):
        text += f" Correlation {together:.2f}."
    answer = _answer("scatter", [a * 1000 if time else a for a, _ in points], [b for _, b in points], total, text)
    return answer | {"missing": total - pairs, "sampled": len(points) < pairs, "time": time}


def _answer(kind: str, x: list[Any], y: list[float | None], rows: int, text: str) -> dict[str, Any]:
    return {"kind": kind, "x": x, "y": y, "rows": rows, "text": text, "missing": 0, "other": 0, "sampled": False,
            "time": False, "width": None}  # fmt: skip


def _one(connection: "DuckDBPyConnection", query: str) -> int:
    row = connection.execute(query).fetchall()
    return int(row[0][0])


def _named(y: Column | None, how: str) -> str:
    return "Rows" if y is None else f"{how.capitalize()} of {y.name}"


def _float(value: Any) -> float | None:
    if value is None:
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def _or_least(value: Any) -> float:
    return -math.inf if value is None else float(value)


def _short(value: Any) -> str:
    if value is None:
        return "no value"
    number = float(value)
    return f"{number:,.0f}" if number.is_integer() and abs(number) < 1e15 else f"{number:,.6g}"


def _end(value: float, *, time: bool) -> str:
    if not time:
        return _short(value)
    from datetime import UTC, datetime, timedelta

    return (
        (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=value)).strftime("%Y-%m-%d %H:%M").removesuffix(" 00:00")
    )


def _sorting(text: str) -> tuple[float, str]:
    try:
        return float(text), text
    except ValueError:
        return math.inf, text
