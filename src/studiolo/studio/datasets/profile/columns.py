"""One column: its counters and its values in the sample, put together."""

from math import isfinite, sqrt
from typing import TYPE_CHECKING

import numpy as np

from studiolo.studio.datasets.profile import sampled
from studiolo.studio.datasets.profile.correlations import VALUES
from studiolo.studio.datasets.profile.counters import MOMENTS, NUMBERS, TEXTS
from studiolo.studio.datasets.profile.sampled import TOP, Numbers
from studiolo.studio.datasets.profile.sketch import settled
from studiolo.studio.datasets.profile.state import ColumnState
from studiolo.studio.datasets.profile_schemas import ColumnProfile, TopValue
from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.schemas import ColumnSchema

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray

SHOWN = 200
# no number, truth value or moment has a letter that is not here: asked first, since most texts need no further question
LETTERS = "'[^dgjkmqvwxDGJKMQVWX]*'"
# what begins with another letter is none either, which is quicker to see
WORD = f"ascii(v) > {ord('9')} AND ascii(v) NOT IN ({', '.join(str(ord(letter)) for letter in 'tfinTFIN')})"
# what a text could be read as, in the order in which it is asked
KINDS = {
    "integer": "regexp_full_match(v, '\\s*[+-]?[0-9]{1,18}\\s*')",
    "number": "try_cast(v AS DOUBLE) IS NOT NULL",
    "boolean": "lower(v) IN ('true', 'false')",
    "date": "length(v) <= 10 AND try_cast(v AS DATE) IS NOT NULL",
    "datetime": "try_cast(v AS TIMESTAMP) IS NOT NULL",
}


def describe(
    connection: "DuckDBPyConnection",
    column: ColumnSchema,
    state: ColumnState,
    values: "NDArray[np.float64] | None",
    *,
    rows: int,
    exact: bool,
) -> ColumnProfile:
    """Return the column's profile, from the counters, the table `sample`, and its values there where they are numbers or moments.

    rows: of the whole table; exact: the sample is the whole table.
    """
    found = ColumnProfile(
        name=column.name,
        type=column.type,
        count=state.count,
        missing=rows - state.count,
        missing_share=(rows - state.count) / rows if rows else 0.0,
        distinct=state.sketch.estimate(),
        distinct_exact=exact,
        infinite=state.infinite,
        types={column.type: 1.0} if state.count else {},
    )
    if column.type == "boolean":
        truth(found, state)
    elif values is None:
        _text(connection, column, found, state, exact=exact)
    else:
        there = values[np.isfinite(values)]
        numbers = None
        if state.low is not None and state.high is not None:
            total = state.count - state.infinite
            whole = column.type == "integer"
            numbers = sampled.describe(there, float(state.low), float(state.high), total, whole=whole)
        if numbers is not None:
            found.distinct = (
                numbers.distinct
                if exact
                else settled(found.distinct, numbers.distinct, numbers.once, numbers.twice, len(there), total)
            )
            fill(found, column, state, numbers, sampled.deviation(there))
    return found


def fill(
    found: ColumnProfile, column: ColumnSchema, state: ColumnState, numbers: Numbers, deviation: float | None = None
) -> None:
    """Write what numbers or moments say. deviation: of the sample, for where squares are beyond DOUBLE."""
    if column.type in MOMENTS:
        _time(found, column, state, numbers)
        return
    moments = state.moments
    whole = column.type == "integer"
    found.min, found.max = state.low, state.high
    found.mean = moments.mean if isfinite(moments.mean) else numbers.moments.mean
    if moments.usable:
        found.variance = moments.variance
        found.std = sqrt(moments.variance) if moments.variance is not None else None
    else:
        found.std = deviation
        found.variance = deviation**2 if deviation is not None and deviation < 1e150 else None
    found.skewness, found.kurtosis = numbers.skewness, numbers.kurtosis
    found.zeros = numbers.zeros
    found.negative_share = numbers.negative_share
    found.quantiles = dict(numbers.quantiles)
    found.histogram, found.edges = numbers.histogram, numbers.edges
    shown = [(f"{value:.0f}" if whole else f"{value:.12g}", rows) for value, rows in numbers.top]
    found.top = top(shown, state.count - state.infinite) if whole or numbers.distinct <= VALUES else []


def _time(found: ColumnProfile, column: ColumnSchema, state: ColumnState, numbers: Numbers) -> None:
    def show(seconds: float) -> str:
        moment = np.datetime64(round(seconds * 1000), "ms")  # its years reach further than those of datetime
        return str(moment.astype("datetime64[D]" if column.type == "date" else "datetime64[s]"))

    found.min, found.max = show(state.low or 0.0), show(state.high or 0.0)
    found.range_seconds = float(state.high or 0.0) - float(state.low or 0.0)
    found.mean = show(numbers.moments.mean)
    found.quantiles = {key: show(value) for key, value in numbers.quantiles.items()}
    found.histogram, found.edges = numbers.histogram, numbers.edges
    found.top = top([(show(value), rows) for value, rows in numbers.top], state.count - state.infinite)


def truth(found: ColumnProfile, state: ColumnState) -> None:
    """Write what truth values say."""
    pairs = [("true", state.true_count), ("false", state.count - state.true_count)]
    found.true_count = state.true_count
    found.top = top(sorted((pair for pair in pairs if pair[1]), key=lambda pair: -pair[1]), state.count)
    found.distinct, found.distinct_exact = len(found.top), True


def _text(
    connection: "DuckDBPyConnection", column: ColumnSchema, found: ColumnProfile, state: ColumnState, *, exact: bool
) -> None:
    shown = (
        f"hex({engine.name(column.name)})"
        if column.type == "binary"
        else f"CAST({engine.name(column.name)} AS VARCHAR)"
    )
    if column.type in ("text", "time", "json"):
        found.min, found.max = state.low, state.high
    if column.type in ("text", "json"):
        found.empty = state.empty
    # grouped twice: to keep what was grouped in a table, or in Python, takes several times as long
    texts = f"(SELECT {shown} AS v, count(*) AS n FROM sample WHERE {engine.name(column.name)} IS NOT NULL GROUP BY 1)"
    asked = "count(*), sum(n), count_if(n = 1), count_if(n = 2), min(length(v)), max(length(v)), sum(n * length(v))"
    kinds = ("empty", *KINDS, "text") if column.type == "text" else ()
    asked += "".join(f", sum(n) FILTER (kind = '{kind}')" for kind in kinds)
    source = f"(SELECT v, n, {_kind()} AS kind FROM {texts})" if kinds else texts
    row = connection.execute(f"SELECT {asked} FROM {source}").fetchall()[0]
    distinct, seen, once, twice, shortest, longest, letters = row[:7]
    if not distinct:
        return
    found.distinct = int(distinct) if exact else settled(found.distinct, distinct, once, twice, int(seen), found.count)
    if column.type in TEXTS:
        unit = 2 if column.type == "binary" else 1  # hex digits of a byte
        found.min_length, found.max_length = shortest // unit, longest // unit
        found.mean_length = float(letters) / float(seen) / unit
    scale = found.count / float(seen)
    rows = connection.execute(f"SELECT left(v, {SHOWN}), n FROM {texts} ORDER BY n DESC, v LIMIT {TOP}").fetchall()
    found.top = top([(str(value), round(n * scale)) for value, n in rows], found.count)
    if kinds:
        each = sorted((-float(n), kind) for kind, n in zip(kinds, row[7:], strict=True) if n)
        found.types = {kind: -n / float(seen) for n, kind in each}


def _kind() -> str:
    cases = " ".join(f"WHEN {condition} THEN '{kind}'" for kind, condition in KINDS.items())
    other = f"WHEN NOT regexp_full_match(v, {LETTERS}, 's') THEN 'text'"
    empty = "WHEN v = '' OR (ascii(v) = 32 AND trim(v) = '') THEN 'empty'"
    return f"CASE {empty} WHEN {WORD} THEN 'text' {other} {cases} ELSE 'text' END"


def top(pairs: list[tuple[str, int]], total: int) -> list[TopValue]:
    """Write frequent values with their shares."""
    return [TopValue(value=value, count=rows, share=rows / total if total else 0.0) for value, rows in pairs]


def is_number(column: ColumnProfile) -> bool:
    """Say whether a column takes part in the correlations of numbers."""
    return column.type in NUMBERS and column.distinct > 1


def is_category(column: ColumnProfile) -> bool:
    """Say whether a column takes part in Cramér's V: few values, but more than one."""
    return column.type in ("text", "boolean") and 2 <= column.distinct <= VALUES
