"""One column: its counters and its values in the sample, put together."""

from math import isfinite, sqrt
from typing import TYPE_CHECKING

import numpy as np

from studiolo.studio.datasets.profile import arrays, sampled
from studiolo.studio.datasets.profile.arrays import Arrays, Hashed
from studiolo.studio.datasets.profile.correlations import VALUES
from studiolo.studio.datasets.profile.counters import MOMENTS, NUMBERS
from studiolo.studio.datasets.profile.sampled import Numbers
from studiolo.studio.datasets.profile.sketch import settled
from studiolo.studio.datasets.profile.state import ColumnState
from studiolo.studio.datasets.profile_schemas import ColumnProfile, TopValue
from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.schemas import ColumnSchema

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray

SHOWN = 200
MEANT = "tfinTFIN"  # what begins with another letter is no number, truth value or moment
WORD = f"ascii(v) > {ord('9')} AND ascii(v) NOT IN ({', '.join(str(ord(letter)) for letter in MEANT)})"
# and neither is what holds one that is not here: most texts need no further question
LETTERS = "'[^dgjkmqvwxDGJKMQVWX]*'"
# what a text could be read as, in the order in which it is asked
KINDS = {
    "empty": "trim(v) = ''",
    "integer": "regexp_full_match(v, '\\s*[+-]?[0-9]{1,18}\\s*')",
    "number": "try_cast(v AS DOUBLE) IS NOT NULL",
    "boolean": "lower(v) IN ('true', 'false')",
    "date": "length(v) <= 10 AND try_cast(v AS DATE) IS NOT NULL",
    "datetime": "try_cast(v AS TIMESTAMP) IS NOT NULL",
}
CASES = " ".join(f"WHEN {condition} THEN '{kind}'" for kind, condition in KINDS.items())
KIND = f"CASE WHEN {WORD} OR NOT regexp_full_match(v, {LETTERS}, 's') THEN 'text' {CASES} ELSE 'text' END"


def describe(
    connection: "DuckDBPyConnection",
    column: ColumnSchema,
    state: ColumnState,
    sample: "pa.Table",
    found: Arrays,
    *,
    rows: int,
    exact: bool,
) -> ColumnProfile:
    """Return the column's profile, from the counters and the sample, which is the engine's table `sample` and its arrays too.

    rows: of the whole table; exact: the sample is the whole table.
    """
    told = ColumnProfile(
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
        truth(told, state)
    elif column.name in found.hashed:
        _text(connection, column, told, state, sample, found.hashed[column.name], exact=exact)
    else:
        _numbers(column, told, state, found.numbers[column.name], exact=exact)
    return told


def _numbers(
    column: ColumnSchema, found: ColumnProfile, state: ColumnState, values: "NDArray[np.float64]", *, exact: bool
) -> None:
    if state.low is None or state.high is None:
        return
    there = values[np.isfinite(values)]
    total = state.count - state.infinite
    whole = column.type == "integer"
    numbers = sampled.describe(there, float(state.low), float(state.high), total, whole=whole)
    if numbers is None:
        return
    found.distinct = (
        numbers.distinct
        if exact
        else settled(found.distinct, numbers.distinct, numbers.once, numbers.twice, len(there), total)
    )
    fill(found, column, state, numbers, sampled.deviation(there))


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
    connection: "DuckDBPyConnection",
    column: ColumnSchema,
    found: ColumnProfile,
    state: ColumnState,
    sample: "pa.Table",
    hashed: Hashed,
    *,
    exact: bool,
) -> None:
    if column.type in ("text", "time", "json"):
        found.min, found.max = state.low, state.high
    if column.type in ("text", "json"):
        found.empty = state.empty
    ordered = np.sort(hashed.keys)
    ordered = ordered[np.searchsorted(ordered, 1) :]  # without what is missing
    if not len(ordered):
        return
    starts, often = arrays.runs(ordered)
    seen = len(ordered)
    if exact:
        found.distinct = len(starts)
    else:
        once, twice = int((often == 1).sum()), int((often == 2).sum())
        found.distinct = settled(found.distinct, len(starts), once, twice, seen, found.count)
    if hashed.lengths is not None:
        lengths = hashed.lengths[hashed.keys > 0]
        found.min_length, found.max_length = int(lengths.min()), int(lengths.max())
        found.mean_length = float(lengths.mean())
    most = sampled.longest(often)
    places = np.array([np.argmax(hashed.keys == ordered[start]) for start in starts[most]])
    scaled = [round(float(n) * found.count / seen) for n in often[most]]
    pairs = zip(_shown(connection, column, sample, places), scaled, strict=True)
    found.top = top(sorted(pairs, key=lambda pair: (-pair[1], pair[0])), found.count)
    if column.type == "text":
        found.types = {"text": 1.0} if _words(state) else _types(connection, column)


def _shown(
    connection: "DuckDBPyConnection", column: ColumnSchema, sample: "pa.Table", places: "NDArray[np.int64]"
) -> list[str]:
    """Return the values in some rows of the sample as texts."""
    import pyarrow as pa

    value = engine.name(column.name)
    value = f"hex({value})" if column.type == "binary" else f"CAST({value} AS VARCHAR)"
    one = sample.select([column.name])
    connection.register("shown", pa.concat_tables([one.slice(place, 1) for place in places]))
    rows = connection.execute(f"SELECT left({value}, {SHOWN}) FROM shown").fetchall()
    connection.unregister("shown")
    return [str(row[0]) for row in rows]


def _words(state: ColumnState) -> bool:
    """Say whether all texts begin with one and the same letter, and none can be anything but a text."""
    low, high = str(state.low), str(state.high)
    return low[:1] == high[:1] and low[:1] > "9" and low[:1] not in MEANT


def _types(connection: "DuckDBPyConnection", column: ColumnSchema) -> dict[str, float]:
    """Return which share of the texts could be read as what, the largest first."""
    name = engine.name(column.name)
    texts = f"SELECT CAST({name} AS VARCHAR) AS v, count(*) AS n FROM sample WHERE {name} IS NOT NULL GROUP BY 1"
    rows = connection.execute(f"SELECT {KIND} AS kind, sum(n) FROM ({texts}) GROUP BY 1").fetchall()
    seen = sum(n for _, n in rows)
    return {kind: float(n) / float(seen) for kind, n in sorted(rows, key=lambda row: (-row[1], row[0]))}


def top(pairs: list[tuple[str, int]], total: int) -> list[TopValue]:
    """Write frequent values with their shares."""
    return [TopValue(value=value, count=rows, share=rows / total if total else 0.0) for value, rows in pairs]


def is_number(column: ColumnProfile) -> bool:
    """Say whether a column takes part in the correlations of numbers."""
    return column.type in NUMBERS and column.distinct > 1


def is_category(column: ColumnProfile) -> bool:
    """Say whether a column takes part in Cramér's V: few values, but more than one."""
    return column.type in ("text", "boolean") and 2 <= column.distinct <= VALUES
