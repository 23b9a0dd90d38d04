"""Metric points: one narrow row each, and one row per series with its latest point, lowest, highest and length."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, func, select, tuple_

from studiolo.studio.experiments.tracking_tables import keys, metric_latest, metrics


class Point(NamedTuple):
    """key: number of the name; ts: milliseconds since 1970; nan 1 means that the value (then 0) is not a number."""

    key: int
    step: int
    ts: int
    value: float
    nan: int

    @property
    def order(self) -> tuple[int, int, float]:
        """What the latest point has most of."""
        return (self.step, self.ts, self.value)


class Columns(NamedTuple):
    """A series as arrays of one length, in order of step, time and value; values: NaN where it was logged."""

    steps: npt.NDArray[np.int64]
    stamps: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]


class Latest(NamedTuple):
    """The latest point of a series, and what the whole series amounts to. low, high: None while all points are NaN."""

    key: str
    value: float
    step: int
    timestamp: int
    low: float | None
    low_step: int | None
    high: float | None
    high_step: int | None
    points: int


_POINTS_SQLITE = (
    'INSERT INTO metrics (run, "key", step, ts, value, nan) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING'
)
_POINTS_POSTGRES = """
INSERT INTO metrics (run, "key", step, ts, value, nan)
SELECT %s, * FROM unnest(%s::int[], %s::bigint[], %s::bigint[], %s::float8[], %s::smallint[])
ON CONFLICT DO NOTHING
"""
_NEWER = "(excluded.step, excluded.ts, excluded.value) > (t.step, t.ts, t.value)"
_LATEST = """
INSERT INTO metric_latest AS t (run, "key", step, ts, value, nan, low, low_step, high, high_step, points)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
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
_LATEST_POSTGRES = _LATEST.replace("?", "%s")


def write_points(
    tx: Connection, dialect: Literal["sqlite", "postgresql"], run_seq: int, points: Sequence[Point]
) -> None:
    """Store points; one that is there already changes nothing."""
    distinct = list(dict.fromkeys(points))
    if dialect == "sqlite":
        written = tx.exec_driver_sql(_POINTS_SQLITE, [(run_seq, *point) for point in distinct]).rowcount
    else:
        columns = [list(column) for column in zip(*distinct, strict=True)]
        written = tx.exec_driver_sql(_POINTS_POSTGRES, (run_seq, *columns)).rowcount
    rows = _series(run_seq, distinct)
    if written != len(distinct):
        rows = _recount(tx, run_seq, rows)
    tx.exec_driver_sql(_LATEST if dialect == "sqlite" else _LATEST_POSTGRES, rows)


def _series(run_seq: int, points: Iterable[Point]) -> list[tuple[float | int | None, ...]]:
    """Reduce points to one row per key."""
    latest: dict[int, Point] = {}
    low: dict[int, Point] = {}
    high: dict[int, Point] = {}
    count: Counter[int] = Counter()
    for point in points:
        key = point.key
        count[key] += 1
        if key not in latest or point.order > latest[key].order:
            latest[key] = point
        if not point.nan:
            if key not in low or point.value < low[key].value:
                low[key] = point
            if key not in high or point.value > high[key].value:
                high[key] = point
    rows: list[tuple[float | int | None, ...]] = []
    for key in sorted(latest):  # one order everywhere: two writers cannot wait for each other in a circle
        edges = [part for extreme in (low.get(key), high.get(key)) for part in _edge(extreme)]
        last = latest[key]
        rows.append((run_seq, key, last.step, last.ts, last.value, last.nan, *edges, count[key]))
    return rows


def _edge(point: Point | None) -> tuple[float | None, int | None]:
    return (point.value, point.step) if point else (None, None)


def _recount(
    tx: Connection, run_seq: int, rows: list[tuple[float | int | None, ...]]
) -> list[tuple[float | int | None, ...]]:
    """Correct the number of points when some were there before: count what is stored, take off what is known."""
    touched = [row[1] for row in rows]
    stored = select(metrics.c.key, func.count()).where(metrics.c.run == run_seq, metrics.c.key.in_(touched))
    counted = {row[0]: row[1] for row in tx.execute(stored.group_by(metrics.c.key))}
    before = select(metric_latest.c.key, metric_latest.c.points)
    before = before.where(metric_latest.c.run == run_seq, metric_latest.c.key.in_(touched))
    known = {row[0]: row[1] for row in tx.execute(before)}
    return [(*row[:-1], counted.get(row[1], 0) - known.get(row[1], 0)) for row in rows]


def latest_of(tx: Connection, run_seqs: Sequence[int], names: Iterable[str] | None = None) -> dict[int, list[Latest]]:
    """Return the latest point of every metric of runs, or of those named, in order of name."""
    m = metric_latest.c
    query = select(
        m.run, keys.c.name, m.value, m.nan, m.step, m.ts, m.low, m.low_step, m.high, m.high_step, m.points
    ).join(keys, keys.c.id == m.key)
    if names is not None:
        query = query.where(keys.c.name.in_(sorted(names)))
    found: dict[int, list[Latest]] = {}
    for run, name, value, nan, step, ts, *rest in tx.execute(query.where(m.run.in_(run_seqs))):
        found.setdefault(run, []).append(Latest(name, math.nan if nan else value, step, ts, *rest))
    for series in found.values():
        series.sort(key=lambda item: item.key)
    return found


def series(tx: Connection, run_seq: int, key: int, after: Point | None = None, limit: int | None = None) -> list[Point]:
    """Return the points of a series in order of step, then time; read in the order of the primary key."""
    m = metrics.c
    query = select(m.key, m.step, m.ts, m.value, m.nan).where(m.run == run_seq, m.key == key)
    if after is not None:
        query = query.where(tuple_(m.step, m.ts, m.value, m.nan) > tuple_(after.step, after.ts, after.value, after.nan))
    query = query.order_by(m.step, m.ts, m.value, m.nan)
    return [Point(*row) for row in tx.execute(query.limit(limit) if limit is not None else query)]


def columns(tx: Connection, run_seq: int, numbers: Sequence[int]) -> dict[int, Columns]:
    """Return the whole series of some metrics of a run by number of the metric."""
    m = metrics.c
    query = select(m.key, m.step, m.ts, m.value, m.nan).where(m.run == run_seq, m.key.in_(numbers))
    rows = tx.execute(query.order_by(m.key, m.step, m.ts, m.value, m.nan)).all()
    found: dict[int, Columns] = {}
    for key, part in groupby(rows, key=lambda row: row[0]):
        _, steps, stamps, values, nans = zip(*part, strict=True)
        value = np.where(np.array(nans, np.int8) == 1, np.nan, np.array(values, np.float64))
        found[key] = Columns(np.array(steps, np.int64), np.array(stamps, np.int64), value)
    return found


def sampled_steps(
    tx: Connection, run_seqs: Sequence[int], key: int, first: int | None, last: int | None, limit: int
) -> list[int]:
    """Return up to `limit` evenly spread steps that were logged, with the first and last of every run."""
    m = metrics.c
    where = [m.run.in_(run_seqs), m.key == key]
    if first is not None and last is not None:
        where += [m.step >= first, m.step <= last]
    steps = list(tx.execute(select(m.step).where(*where).distinct().order_by(m.step)).scalars())
    edges = tx.execute(select(func.min(m.step), func.max(m.step)).where(*where).group_by(m.run))
    chosen = {step for edge in edges for step in edge}
    if len(steps) <= limit:
        return steps
    stride = (len(steps) - 1) / max(1, limit - 1)
    return sorted(chosen | {steps[round(n * stride)] for n in range(limit)})


def at_steps(tx: Connection, run_seq: int, key: int, steps: Sequence[int]) -> list[Point]:
    """Return the points at some steps."""
    m = metrics.c
    query = select(m.key, m.step, m.ts, m.value, m.nan).where(m.run == run_seq, m.key == key, m.step.in_(steps))
    return [Point(*row) for row in tx.execute(query.order_by(m.step, m.ts, m.value))]


_THIN_SQLITE = """
SELECT "key", step, ts, {best}(value), nan FROM metrics
WHERE run = ? AND "key" = ? AND nan = 0 GROUP BY ({axis} - ?) * ? / ?
"""
_THIN_POSTGRES = """
SELECT DISTINCT ON (bucket) "key", step, ts, value, nan FROM (
  SELECT *, div(({axis} - %s)::numeric * %s, %s) AS bucket FROM metrics WHERE run = %s AND "key" = %s AND nan = 0
) AS m ORDER BY bucket, value {direction}
"""


def thinned(
    tx: Connection, dialect: Literal["sqlite", "postgresql"], run_seq: int, key: int, limit: int
) -> tuple[list[Point], int]:
    """Return at most `limit` logged points of a series, and how long the series is.

    The axis (steps, or times when all points have one step) is cut into equal parts; the lowest and the highest point of
    each part stay, so a peak is never thinned away. The database does it, outside Python's lock.
    """
    m = metrics.c
    where = (m.run == run_seq, m.key == key)
    edges = select(func.count(), func.min(m.step), func.max(m.step), func.min(m.ts), func.max(m.ts)).where(*where)
    total, first, last, begun, ended = tx.execute(edges).one()
    if total <= limit:
        return series(tx, run_seq, key), total
    axis, start, span = ("step", first, last - first + 1) if last > first else ("ts", begun, ended - begun + 1)
    parts = limit // 2 - 1
    found: set[Point] = set()
    for best, direction in (("min", "ASC"), ("max", "DESC")):
        if dialect == "sqlite":
            sql = _THIN_SQLITE.format(axis=axis, best=best)
            rows = tx.exec_driver_sql(sql, (run_seq, key, start, parts, span))
        else:
            sql = _THIN_POSTGRES.format(axis=axis, direction=direction)
            rows = tx.exec_driver_sql(sql, (start, parts, span, run_seq, key))
        found.update(Point(*row) for row in rows)
    ends = select(m.key, m.step, m.ts, m.value, m.nan).where(*where)
    for order in (m.step.asc(), m.step.desc()):
        found.add(Point(*tx.execute(ends.order_by(order).limit(1)).one()))
    return sorted(found, key=lambda point: point.order), total
