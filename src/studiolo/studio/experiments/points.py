"""Writing metric points: a narrow row each, and one row per series with its latest point, lowest, highest and length.

What is written at once is held as columns, put in order and reduced by NumPy: point by point in Python took longer than storing them.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from itertools import chain, groupby
from operator import itemgetter
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, func, select

from studiolo.kernel.db.prepared import PostgresStatement
from studiolo.studio.experiments.packing import Floats, Ints, unpack
from studiolo.studio.experiments.tracking_tables import metric_latest, metric_parts, metrics

Measured = tuple[str, float, int, int]  # key, value, step, milliseconds since 1970
Dialect = Literal["sqlite", "postgresql"]
Row = tuple[Any, ...]
_FEW = 20  # points that Python puts in order sooner than NumPy

_POINTS_SQLITE = (
    'INSERT INTO metrics (run, "key", step, ts, value, nan) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING'
)
_INSERT_POSTGRES = """
INSERT INTO metrics (run, "key", step, ts, value, nan)
SELECT * FROM unnest($1::bigint[], $2::int[], $3::bigint[], $4::bigint[], $5::float8[], $6::smallint[])
"""
_NEW_POSTGRES = PostgresStatement(_INSERT_POSTGRES)
_POINTS_POSTGRES = PostgresStatement(_INSERT_POSTGRES + "ON CONFLICT DO NOTHING")
_BEHIND_POSTGRES = PostgresStatement("""
SELECT count(*) FROM unnest($1::bigint[], $2::int[], $3::bigint[]) AS t (run, "key", step)
JOIN metric_latest AS l ON l.run = t.run AND l."key" = t."key" AND l.step >= t.step
""")
_NEWER = "(excluded.step, excluded.ts, excluded.value) > (t.step, t.ts, t.value)"
_LATEST = """
INSERT INTO metric_latest AS t (run, "key", step, ts, value, nan, low, low_step, high, high_step, points)
{rows}
ON CONFLICT (run, "key") DO UPDATE SET
  step = CASE WHEN {newer} THEN excluded.step ELSE t.step END,
  ts = CASE WHEN {newer} THEN excluded.ts ELSE t.ts END,
  value = CASE WHEN {newer} THEN excluded.value ELSE t.value END,
  nan = CASE WHEN {newer} THEN excluded.nan ELSE t.nan END,
  low_step = CASE WHEN t.low IS NULL OR excluded.low < t.low THEN excluded.low_step ELSE t.low_step END,
  low = CASE WHEN t.low IS NULL OR excluded.low < t.low THEN excluded.low ELSE t.low END,
  high_step = CASE WHEN t.high IS NULL OR excluded.high > t.high THEN excluded.high_step ELSE t.high_step END,
  high = CASE WHEN t.high IS NULL OR excluded.high > t.high THEN excluded.high ELSE t.high END,
  points = t.points + excluded.points
""".replace("{newer}", _NEWER)
_LATEST_SQLITE = _LATEST.replace("{rows}", "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
_LATEST_POSTGRES = PostgresStatement(
    _LATEST.replace(
        "{rows}",
        "SELECT * FROM unnest($1::bigint[], $2::int[], $3::bigint[], $4::bigint[], $5::float8[], $6::smallint[], "
        "$7::float8[], $8::bigint[], $9::float8[], $10::bigint[], $11::bigint[])",
    )
)


class Points(NamedTuple):
    """Points of several runs as columns of one length, in order of run, key, step, time and value, none of them twice.

    runs, keys: their numbers; stamps: milliseconds since 1970; nans: 1 where the value (then 0) is not a number.
    """

    runs: Ints
    keys: Ints
    steps: Ints
    stamps: Ints
    values: Floats
    nans: Ints

    def at(self, places: "npt.NDArray[Any]") -> "Points":
        """Return some of the points."""
        return Points(*(column[places] for column in self))

    def begins(self) -> Ints:
        """Return the place of the first point of each series."""
        starts = np.ones(len(self.runs), np.bool_)
        starts[1:] = (self.runs[1:] != self.runs[:-1]) | (self.keys[1:] != self.keys[:-1])
        return np.flatnonzero(starts)


def ordered(measured: Mapping[int, Sequence[Measured]], numbers: Mapping[str, int]) -> Points:
    """Put what was measured in order. measured: of each run, by its number; numbers: of the keys."""
    names, given, steps, stamps = zip(*chain.from_iterable(measured.values()), strict=True)
    runs = np.repeat(np.fromiter(measured, np.int64, len(measured)), [len(own) for own in measured.values()])
    values = np.array(given, np.float64)
    absent = np.isnan(values)
    found = Points(
        runs,
        np.fromiter(map(numbers.__getitem__, names), np.int64, len(names)),
        np.array(steps, np.int64),
        np.array(stamps, np.int64),
        np.where(absent, 0.0, values),
        absent.astype(np.int64),
    )
    found = found.at(np.lexsort(found[::-1]))
    new = np.zeros(len(names), np.bool_)
    new[:1] = True
    for column in found:
        new[1:] |= column[1:] != column[:-1]
    return found if new.all() else found.at(new)


def write_points(
    tx: Connection,
    dialect: Dialect,
    measured: Mapping[int, Sequence[Measured]],
    numbers: Mapping[str, int],
    *,
    packed: Collection[int],
) -> None:
    """Store points; one that is there already changes nothing.

    measured: of each run, by its number; numbers: of the keys; packed: runs some of whose points are packed. Who writes
    holds the lock of each run.
    """
    statement = _POINTS_POSTGRES
    if sum(map(len, measured.values())) <= _FEW and not packed:
        rows = _sorted(measured, numbers)
        columns: Sequence[Sequence[Any]] = list(zip(*rows, strict=True))
        series = _series_of(rows)
    else:
        points = ordered(measured, numbers)
        for run in packed:
            points = _without_packed(tx, run, points)
        if not len(points.runs):
            return
        begins = points.begins()
        columns, series = _lists(*points), _series(points, begins)
        # PostgreSQL takes more than half as long again to insert what may be there
        if dialect == "postgresql" and not packed and _all_new(tx, points, begins):
            statement = _NEW_POSTGRES
    if dialect == "sqlite":
        written = tx.exec_driver_sql(_POINTS_SQLITE, list(zip(*columns, strict=True))).rowcount
    else:
        written = statement.run(tx, *map(_array, columns))
    if written != len(columns[0]):
        series = [row for run in sorted(measured) for row in _recount(tx, run, series)]
    if dialect == "sqlite":
        tx.exec_driver_sql(_LATEST_SQLITE, series)
    else:
        _LATEST_POSTGRES.run(tx, *map(_array, zip(*series, strict=True)))


def _all_new(tx: Connection, points: Points, begins: Ints) -> bool:
    """Say whether all points are behind the last step of their series, so that none of them can be there."""
    firsts = map(_array, _lists(*(column[begins] for column in points[:3])))
    return not _BEHIND_POSTGRES.rows(tx, *firsts)[0][0]


def _array(values: Sequence[float | int | None]) -> str:
    """Write numbers as PostgreSQL reads an array; its driver does so value by value, which takes longer than storing."""
    return f"{{{str(list(values))[1:-1].replace('None', 'NULL')}}}"


def _without_packed(tx: Connection, run: int, points: Points) -> Points:
    """Leave out points of a run that are packed already; only the parts that reach over their steps are looked into."""
    kept = np.ones(len(points.runs), np.bool_)
    p = metric_parts.c
    for key in np.unique(points.keys[points.runs == run]).tolist():
        places = np.flatnonzero((points.runs == run) & (points.keys == key))
        steps = points.steps[places]
        parts = select(p.data).where(p.run == run, p.key == key)
        parts = parts.where(p.first_step <= int(steps[-1]), p.last_step >= int(steps[0]))
        there: set[tuple[int, int, float, int]] = set()
        for (data,) in tx.execute(parts):
            columns = unpack(data)
            columns = columns.at(np.isin(columns.steps, steps))
            absent = np.isnan(columns.values)
            there.update(
                zip(*_lists(columns.steps, columns.stamps, np.where(absent, 0.0, columns.values), absent), strict=True)
            )
        own = zip(*_lists(steps, points.stamps[places], points.values[places], points.nans[places]), strict=True)
        kept[places] = [point not in there for point in own]
    return points if kept.all() else points.at(kept)


def _lists(*columns: "npt.NDArray[Any]") -> list[list[Any]]:
    return [column.tolist() for column in columns]


def _sorted(measured: Mapping[int, Sequence[Measured]], numbers: Mapping[str, int]) -> list[Row]:
    """Put few points in order, as `ordered` does many; for a single one NumPy takes longer than all the rest."""
    return sorted(
        {
            (run, numbers[key], int(step), int(stamp), *((0.0, 1) if math.isnan(value) else (float(value), 0)))
            for run, own in measured.items()
            for key, value, step, stamp in own
        }
    )


def _series_of(rows: Sequence[Row]) -> list[Row]:
    """Reduce few points to one row per series, as `_series` does many."""
    found: list[Row] = []
    for _, group in groupby(rows, itemgetter(0, 1)):
        points = list(group)
        real = [point for point in points if not point[5]]
        edges = (min(real, key=itemgetter(4)), max(real, key=itemgetter(4))) if real else ()
        ends = [part for point in edges for part in (point[4], point[2])] or [None] * 4
        found.append((*points[-1], *ends, len(points)))
    return found


def _series(points: Points, begins: Ints) -> list[Row]:
    """Reduce points to one row per series, in one order everywhere: two writers cannot wait for each other in a circle."""
    counts = np.diff(np.append(begins, len(points.runs)))
    numbers = points.nans == 0
    lows = _extremes(np.minimum, points, begins, counts, numbers)
    highs = _extremes(np.maximum, points, begins, counts, numbers)
    last = points.at(begins + counts - 1)
    return list(zip(*_lists(*last), *lows, *highs, counts.tolist(), strict=True))


def _extremes(
    best: np.ufunc, points: Points, begins: Ints, counts: Ints, numbers: "npt.NDArray[np.bool_]"
) -> tuple[list[float | None], list[int | None]]:
    """Return the lowest or highest value of each series and its first step; None where no point is a number."""
    values = np.where(numbers, points.values, np.inf if best is np.minimum else -np.inf)
    found = best.reduceat(values, begins)
    places = np.flatnonzero((values == np.repeat(found, counts)) & numbers)
    nth = np.searchsorted(places, begins)  # the first of them that is in this series or behind it
    first = np.append(places, len(values))[nth]
    there = first < begins + counts
    steps = points.steps[np.where(there, first, begins)].tolist()
    some = there.tolist()
    return (
        [value if is_there else None for value, is_there in zip(found.tolist(), some, strict=True)],
        [step if is_there else None for step, is_there in zip(steps, some, strict=True)],
    )


def _recount(tx: Connection, run: int, rows: Sequence[Row]) -> list[Row]:
    """Correct the number of points of a run when some were there before: count the rows, take off those that are known."""
    own = [row for row in rows if row[0] == run]
    touched = [row[1] for row in own]
    stored = select(metrics.c.key, func.count()).where(metrics.c.run == run, metrics.c.key.in_(touched))
    counted = {row[0]: row[1] for row in tx.execute(stored.group_by(metrics.c.key))}
    before = select(metric_latest.c.key, metric_latest.c.points - metric_latest.c.sealed)
    before = before.where(metric_latest.c.run == run, metric_latest.c.key.in_(touched))
    known = {row[0]: row[1] for row in tx.execute(before)}
    return [(*row[:-1], counted.get(row[1], 0) - known.get(row[1], 0)) for row in own]
