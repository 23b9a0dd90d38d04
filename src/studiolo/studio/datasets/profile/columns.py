"""One column: its counters and its values in the sample, put together."""

from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from studiolo.studio.datasets.profile.correlations import VALUES
from studiolo.studio.datasets.profile.counters import Counters
from studiolo.studio.datasets.profile.sampled import TOP, Numbers
from studiolo.studio.datasets.profile.sampled import describe as describe_numbers
from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.schemas import ColumnProfile, ColumnSchema, TopValue

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray

SHOWN = 200
TEXTS = ("text", "json", "time", "binary")  # described by their texts


def describe(
    connection: "DuckDBPyConnection", column: ColumnSchema, counters: Counters, *, rows: int, exact: bool
) -> tuple[ColumnProfile, float]:
    """Return the column's profile and its skew, from the table `sample`.

    rows: of the whole table; exact: the sample is the whole table.
    """
    count = counters.count + counters.infinite
    found = ColumnProfile(
        name=column.name,
        type=column.type,
        count=count,
        missing=rows - count,
        missing_share=(rows - count) / rows if rows else 0.0,
        distinct=min(counters.distinct, counters.count),
        distinct_exact=exact,
        infinite=counters.infinite,
    )
    if column.type in TEXTS:
        return _text(connection, column, found, exact=exact), 0.0
    if column.type == "boolean":
        return _truth(found, counters), 0.0
    numbers = _numbers(connection, column, counters)
    if numbers is None:
        return found, 0.0
    if exact:
        found.distinct = numbers.distinct
    if column.type in ("date", "datetime"):
        return _moments(found, counters, numbers, column), 0.0
    return _filled(found, counters, numbers, column), numbers.skew


def _numbers(connection: "DuckDBPyConnection", column: ColumnSchema, counters: Counters) -> Numbers | None:
    name = engine.name(column.name)
    value = f"epoch({name})" if column.type in ("date", "datetime") else f"CAST({name} AS DOUBLE)"
    condition = f"{name} IS NOT NULL" if column.type in ("integer", "decimal") else f"isfinite({name})"
    values = connection.execute(f"SELECT {value} AS v FROM sample WHERE {condition}").fetchnumpy()["v"]
    if counters.low is None or counters.high is None:
        return None
    return describe_numbers(
        np.array(values, dtype=np.float64),
        float(counters.low),
        float(counters.high),
        counters.count,
        whole=column.type == "integer",
    )


def _filled(found: ColumnProfile, counters: Counters, numbers: Numbers, column: ColumnSchema) -> ColumnProfile:
    whole = column.type == "integer"
    found.min, found.max = counters.low, counters.high
    found.mean = counters.mean if counters.mean is not None and isfinite(counters.mean) else numbers.mean
    found.std = counters.std if counters.std is not None and isfinite(counters.std) else numbers.std
    found.zeros = round(numbers.zero_share * counters.count)
    found.negative_share = numbers.negative_share
    found.quantiles = dict(numbers.quantiles)
    found.histogram, found.edges = numbers.histogram, numbers.edges
    shown = [(f"{value:.0f}" if whole else f"{value:.12g}", rows) for value, rows in numbers.top]
    found.top = _top(shown, counters.count) if whole or numbers.distinct <= VALUES else []
    return found


def _moments(found: ColumnProfile, counters: Counters, numbers: Numbers, column: ColumnSchema) -> ColumnProfile:
    def show(seconds: float) -> str:
        moment = np.datetime64(round(seconds * 1000), "ms")  # its years reach further than those of datetime
        return str(moment.astype("datetime64[D]" if column.type == "date" else "datetime64[s]"))

    found.min, found.max = show(counters.low or 0.0), show(counters.high or 0.0)
    found.mean = show(numbers.mean)
    found.quantiles = {key: show(value) for key, value in numbers.quantiles.items()}
    found.histogram, found.edges = numbers.histogram, numbers.edges
    found.top = _top([(show(value), rows) for value, rows in numbers.top], counters.count)
    return found


def _truth(found: ColumnProfile, counters: Counters) -> ColumnProfile:
    pairs = [("true", counters.true_count), ("false", counters.count - counters.true_count)]
    found.true_count = counters.true_count
    found.top = _top(sorted((pair for pair in pairs if pair[1]), key=lambda pair: -pair[1]), counters.count)
    found.distinct, found.distinct_exact = len(found.top), True
    return found


def _text(
    connection: "DuckDBPyConnection", column: ColumnSchema, found: ColumnProfile, *, exact: bool
) -> ColumnProfile:
    name = engine.name(column.name)
    query = f"""
        WITH each AS (SELECT {name} AS v, count(*) AS n FROM sample WHERE {name} IS NOT NULL GROUP BY 1)
        SELECT left(v, {SHOWN}), n, count(*) OVER (), sum(n) OVER (), min(length(v)) OVER (), max(length(v)) OVER (),
               sum(n * length(v)) OVER () FROM each ORDER BY n DESC, v LIMIT {TOP}
    """
    rows = connection.execute(query).fetchall()
    if not rows:
        return found
    _, _, distinct, seen, shortest, longest, letters = rows[0]
    if exact:
        found.distinct = int(distinct)
    found.min_length, found.max_length, found.mean_length = int(shortest), int(longest), float(letters) / float(seen)
    scale = found.count / float(seen)
    found.top = _top([(str(row[0]), round(row[1] * scale)) for row in rows], found.count)
    return found


def _top(pairs: list[tuple[str, int]], total: int) -> list[TopValue]:
    return [TopValue(value=value, count=rows, share=rows / total if total else 0.0) for value, rows in pairs]


def is_number(column: ColumnProfile) -> bool:
    """Say whether a column takes part in the correlations of numbers."""
    return column.type in ("integer", "number", "decimal") and column.distinct > 1


def is_category(column: ColumnProfile) -> bool:
    """Say whether a column takes part in Cramér's V: few values, but more than one."""
    return column.type in ("text", "boolean") and 2 <= column.distinct <= VALUES


def as_numbers(connection: "DuckDBPyConnection", key: str, column: ColumnSchema, step: int) -> "NDArray[np.float64]":
    """Return every step-th row of a column in order of the key, NaN where missing."""
    values = connection.execute(
        f"SELECT CAST({engine.name(column.name)} AS DOUBLE) AS v FROM sample WHERE {key} % {step:d} = 0 ORDER BY {key}"
    ).fetchnumpy()["v"]
    numbers: NDArray[np.float64] = np.ma.filled(values, np.nan).astype(np.float64)
    numbers[~np.isfinite(numbers)] = np.nan
    return numbers


def as_codes(connection: "DuckDBPyConnection", key: str, column: ColumnSchema, step: int) -> "NDArray[np.int64]":
    """Return every step-th row of a column in order of the key as the number of its value, -1 where missing."""
    name = engine.name(column.name)
    query = f"""
        WITH each AS (SELECT v, row_number() OVER () - 1 AS code FROM (SELECT DISTINCT {name} AS v FROM sample
                      WHERE {name} IS NOT NULL))
        SELECT coalesce(each.code, -1) AS code FROM sample LEFT JOIN each ON sample.{name} = each.v
        WHERE sample.{key} % {step:d} = 0 ORDER BY sample.{key}
    """
    codes: NDArray[np.int64] = np.asarray(connection.execute(query).fetchnumpy()["code"], dtype=np.int64)
    return codes
