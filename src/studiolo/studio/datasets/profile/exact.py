"""The exact profile of a table that is too large to hold: each column sorted or grouped by an engine that may use the disk.

Numbers and moments are read in order, once, and everything is found on the way; texts are counted value by value.
"""

import heapq
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from studiolo.studio.datasets import table_file
from studiolo.studio.datasets.profile import columns as describing
from studiolo.studio.datasets.profile import repeats, sampled
from studiolo.studio.datasets.profile.counters import MOMENTS
from studiolo.studio.datasets.profile.parts import WIDE, Part
from studiolo.studio.datasets.profile.sampled import PARTS, QUANTILES, TOP, Numbers
from studiolo.studio.datasets.profile.state import ColumnState
from studiolo.studio.datasets.profile_schemas import ColumnProfile, Histogram, MissingPattern
from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.reading.table_input import TableInput
from studiolo.studio.datasets.schemas import ColumnSchema

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray

BATCH = 1 << 17
PATTERNS, PATTERN_COLUMNS = 10, 60

Report = Callable[[float, str], None]


@dataclass
class Found:
    """What all rows say."""

    columns: list[ColumnProfile]
    patterns: list[MissingPattern]
    repeated: int | None


def look(
    connection: "DuckDBPyConnection", table: TableInput, whole: Part, known: Sequence[ColumnProfile], report: Report
) -> Found:
    """Return the profiles of all columns from all rows. known: those from the sample, whose types of texts stay."""
    found = []
    every = table.schema.columns
    for number, (column, before) in enumerate(zip(every, known, strict=True)):
        report(0.9 * number / len(every), f"{column.name}, exactly")
        after = before.model_copy(deep=True)
        _column(connection, table, column, whole.states[column.name], after)
        found.append(after)
    report(0.9, "Missing values and repeated rows")
    if len(every) > WIDE:
        return Found(found, [], None)
    source = f"({table_file.scan(table)})"
    gaps = [column.name for column in found if column.missing]
    listed = [
        MissingPattern(columns=together, rows=n, share=n / max(1, whole.rows))
        for together, n in patterns(connection, source, gaps)
    ]
    return Found(found, listed, repeats.count(connection, source, [column.name for column in every]))


def patterns(connection: "DuckDBPyConnection", source: str, gaps: Sequence[str]) -> list[tuple[list[str], int]]:
    """Return the most frequent sets of columns that are missing together, with their rows. source: what stands after FROM."""
    gaps = list(gaps)[:PATTERN_COLUMNS]
    if not gaps:
        return []
    bits = " + ".join(f"({engine.name(name)} IS NULL)::UBIGINT * {2**place}" for place, name in enumerate(gaps))
    query = f"SELECT {bits} AS pattern, count(*) FROM {source} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {PATTERNS}"
    return [
        ([name for place, name in enumerate(gaps) if int(pattern) >> place & 1], int(rows))
        for pattern, rows in connection.execute(query).fetchall()
    ]


def _column(
    connection: "DuckDBPyConnection", table: TableInput, column: ColumnSchema, state: ColumnState, found: ColumnProfile
) -> None:
    found.distinct_exact = True
    source = f"({table_file.scan(table, [column.name])})"
    if column.type == "boolean" or not state.count:
        return
    if column.type in ("text", "json", "binary", "time"):
        _texts(connection, source, column, found)
        return
    if state.low is None or state.high is None:
        return
    numbers = _sorted(connection, source, column, state)
    found.distinct = numbers.distinct
    describing.fill(found, column, state, numbers)


def _texts(connection: "DuckDBPyConnection", source: str, column: ColumnSchema, found: ColumnProfile) -> None:
    name = engine.name(column.name)
    shown = f"hex({name})" if column.type == "binary" else f"CAST({name} AS VARCHAR)"
    each = f"SELECT {name} AS v, count(*) AS n FROM {source} WHERE {name} IS NOT NULL GROUP BY 1"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE each_value AS {each}")
    try:
        length = f"{'octet_length' if column.type == 'binary' else 'length'}(v)"
        asked = "count(*)" if column.type == "time" else f"count(*), min({length}), max({length}), sum(n * {length})"
        row = connection.execute(f"SELECT {asked} FROM each_value").fetchall()[0]
        found.distinct = int(row[0])
        if column.type != "time":
            found.min_length, found.max_length = int(row[1]), int(row[2])
            found.mean_length = float(row[3]) / found.count
        shown = shown.replace(name, "v")
        query = f"SELECT left({shown}, {describing.SHOWN}), n FROM each_value ORDER BY n DESC, v LIMIT {TOP}"
        found.top = describing.top(
            [(str(value), int(n)) for value, n in connection.execute(query).fetchall()], found.count
        )
    finally:
        connection.execute("DROP TABLE IF EXISTS each_value")


@dataclass
class _Reading:
    """Values that come in order, batch by batch."""

    wanted: list[int]  # places whose values are asked for, rising
    edges: "NDArray[np.float64]"
    at: dict[int, float] = field(default_factory=dict)
    below: "NDArray[np.int64] | None" = None
    seen: int = 0
    distinct: int = 0
    negative: int = 0
    zeros: int = 0
    top: list[tuple[int, float]] = field(default_factory=list)  # a heap of (rows, -value)
    run: tuple[Any, int] | None = None
    mean: float = 0.0
    powers: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])

    def take(self, values: "NDArray[Any]") -> None:
        numbers = values.astype(np.float64)
        while self.wanted and self.wanted[0] < self.seen + len(values):
            place = self.wanted.pop(0)
            self.at[place] = float(numbers[place - self.seen])
        centred = numbers - self.mean
        with np.errstate(over="ignore", invalid="ignore"):
            square = centred * centred
            for power, total in enumerate((square.sum(), (square * centred).sum(), (square * square).sum())):
                self.powers[power] += float(total)
        counts = np.searchsorted(numbers, self.edges, side="left")
        self.below = counts if self.below is None else self.below + counts
        self.negative += int(np.searchsorted(numbers, 0.0))
        self.zeros += int(np.searchsorted(numbers, 0.0, side="right") - np.searchsorted(numbers, 0.0))
        starts = np.flatnonzero(np.concatenate(([True], values[1:] != values[:-1])))
        lengths = np.diff(np.append(starts, len(values)))
        if self.run is not None and values[0] == self.run[0]:
            lengths[0] += self.run[1]
        elif self.run is not None:
            self._end(self.run)
        self.run = (values[starts[-1]], int(lengths[-1]))
        ended = lengths[:-1]
        self.distinct += len(ended)
        for place in np.argsort(-ended, kind="stable")[:TOP]:
            self._offer(int(ended[place]), float(values[starts[place]]))
        self.seen += len(values)

    def _end(self, run: tuple[Any, int]) -> None:
        self.distinct += 1
        self._offer(run[1], float(run[0]))

    def _offer(self, rows: int, value: float) -> None:
        if len(self.top) < TOP:
            heapq.heappush(self.top, (rows, -value))
        else:
            heapq.heappushpop(self.top, (rows, -value))

    def finish(self) -> None:
        if self.run is not None:
            self._end(self.run)
            self.run = None


def _sorted(connection: "DuckDBPyConnection", source: str, column: ColumnSchema, state: ColumnState) -> Numbers:
    name = engine.name(column.name)
    total = state.count - state.infinite
    value = (
        f"epoch({name})" if column.type in MOMENTS else name if column.type == "integer" else f"CAST({name} AS DOUBLE)"
    )
    condition = f"{name} IS NOT NULL" if column.type in ("integer", "decimal") else f"isfinite({name})"
    whole = column.type == "integer"
    shares = sorted({*QUANTILES, *(part / PARTS for part in range(PARTS + 1))})
    places = sorted({min(int(q * (total - 1)) + extra, total - 1) for q in shares for extra in (0, 1)})
    reading = _Reading(places, sampled.bins(float(state.low), float(state.high), whole=whole), mean=state.moments.mean)
    for batch in connection.sql(f"SELECT {value} AS v FROM {source} WHERE {condition} ORDER BY 1").to_arrow_reader(
        BATCH
    ):
        if batch.num_rows:
            reading.take(batch.column(0).to_numpy(zero_copy_only=False))
    reading.finish()

    def at(q: float) -> float:
        position = q * (total - 1)
        below = int(position)
        return sampled.between(reading.at[below], reading.at[min(below + 1, total - 1)], position - below)

    assert reading.below is not None
    finite = all(map(math.isfinite, (reading.mean, *reading.powers)))
    skewness, kurtosis = sampled.shape(total, reading.mean, *reading.powers) if finite else (None, None)
    counts = reading.below.copy()
    counts[0], counts[-1] = 0, total
    return Numbers(
        quantiles={f"{q:g}": at(q) for q in QUANTILES},
        edges=[at(part / PARTS) for part in range(PARTS + 1)],
        histogram=Histogram(edges=[float(edge) for edge in reading.edges], counts=[int(n) for n in np.diff(counts)]),
        top=[(-value, rows) for rows, value in sorted(reading.top, reverse=True)],
        distinct=reading.distinct,
        moments=state.moments,
        negative_share=reading.negative / max(1, total),
        zeros=reading.zeros,
        skewness=skewness,
        kurtosis=kurtosis,
    )
