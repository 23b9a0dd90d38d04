"""Metric points: one narrow row each, and one row per series with its latest point, lowest, highest and length."""

import math
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
from sqlalchemy import Connection, bindparam, func, select

from studiolo.studio.experiments.packing import unpack
from studiolo.studio.experiments.tracking_tables import keys, metric_latest, metric_parts, metrics


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
SELECT * FROM unnest(%s::bigint[], %s::int[], %s::bigint[], %s::bigint[], %s::float8[], %s::smallint[])
ON CONFLICT DO NOTHING
"""
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
_LATEST_POSTGRES = _LATEST.replace(
    "{rows}",
    "SELECT * FROM unnest(%s::bigint[], %s::int[], %s::bigint[], %s::bigint[], %s::float8[], %s::smallint[], "
    "%s::float8[], %s::bigint[], %s::float8[], %s::bigint[], %s::bigint[])",
)


def write_points(
    tx: Connection,
    dialect: Literal["sqlite", "postgresql"],
    points: Mapping[int, Sequence[Point]],
    *,
    packed: Container[int],
) -> None:
    """Store points of runs, by their numbers; one that is there already changes nothing. packed: runs with packed points."""
    distinct: dict[int, list[Point]] = {}
    for run in sorted(points):
        own = list(dict.fromkeys(points[run]))
        if run in packed:
            own = _without_packed(tx, run, own)
        if own:
            distinct[run] = own
    if not distinct:
        return
    rows = [(run, *point) for run, own in distinct.items() for point in own]
    if dialect == "sqlite":
        written = tx.exec_driver_sql(_POINTS_SQLITE, rows).rowcount
    else:
        written = tx.exec_driver_sql(_POINTS_POSTGRES, _arrays(rows)).rowcount
    series = {run: _series(run, own) for run, own in distinct.items()}
    if written != len(rows):
        series = {run: _recount(tx, run, own) for run, own in series.items()}
    latest = [row for own in series.values() for row in own]
    if dialect == "sqlite":
        tx.exec_driver_sql(_LATEST_SQLITE, latest)
    else:
        tx.exec_driver_sql(_LATEST_POSTGRES, _arrays(latest))


def _arrays(rows: Sequence[tuple[float | int | None, ...]]) -> tuple[str, ...]:
    """Write columns of numbers as PostgreSQL reads arrays; its driver does so value by value, which takes longer than storing."""
    columns = zip(*rows, strict=True)
    return tuple(f"{{{','.join('NULL' if v is None else repr(v) for v in column)}}}" for column in columns)


def _without_packed(tx: Connection, run_seq: int, points: Sequence[Point]) -> list[Point]:
    """Leave out points that are packed already; only the parts that reach over their steps are looked into."""
    kept = set(points)
    p = metric_parts.c
    for key in {point.key for point in points}:
        steps = np.array([point.step for point in points if point.key == key], np.int64)
        parts = select(p.data).where(p.run == run_seq, p.key == key)
        parts = parts.where(p.first_step <= int(steps.max()), p.last_step >= int(steps.min()))
        for (data,) in tx.execute(parts):
            columns = unpack(data)
            columns = columns.at(np.isin(columns.steps, steps))
            for step, ts, value in zip(*(column.tolist() for column in columns), strict=True):
                kept.discard(Point(key, step, ts, 0.0, 1) if math.isnan(value) else Point(key, step, ts, value, 0))
    return [point for point in points if point in kept]


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
    """Correct the number of points when some were there before: count the rows, take off those that are known."""
    touched = [row[1] for row in rows]
    stored = select(metrics.c.key, func.count()).where(metrics.c.run == run_seq, metrics.c.key.in_(touched))
    counted = {row[0]: row[1] for row in tx.execute(stored.group_by(metrics.c.key))}
    before = select(metric_latest.c.key, metric_latest.c.points - metric_latest.c.sealed)
    before = before.where(metric_latest.c.run == run_seq, metric_latest.c.key.in_(touched))
    known = {row[0]: row[1] for row in tx.execute(before)}
    return [(*row[:-1], counted.get(row[1], 0) - known.get(row[1], 0)) for row in rows]


_m = metric_latest.c
_LATEST_OF = (
    select(_m.run, keys.c.name, _m.value, _m.nan, _m.step, _m.ts)
    .add_columns(_m.low, _m.low_step, _m.high, _m.high_step, _m.points)
    .join(keys, keys.c.id == _m.key)
    .where(_m.run.in_(bindparam("runs", expanding=True)))
)


def latest_of(tx: Connection, run_seqs: Sequence[int], names: Iterable[str] | None = None) -> dict[int, list[Latest]]:
    """Return the latest point of every metric of runs, or of those named, in order of name."""
    query = _LATEST_OF if names is None else _LATEST_OF.where(keys.c.name.in_(sorted(names)))
    found: dict[int, list[Latest]] = {}
    for run, name, value, nan, step, ts, *rest in tx.execute(query, {"runs": run_seqs}).all():  # at once: half the time
        found.setdefault(run, []).append(Latest(name, math.nan if nan else value, step, ts, *rest))
    for series in found.values():
        series.sort(key=lambda item: item.key)
    return found


Amounts = tuple[int, int, float, int, float | None, float | None, int]  # run, key, value, nan, low, high, points
_AMOUNTS_OF = select(_m.run, _m.key, _m.value, _m.nan, _m.low, _m.high, _m.points).where(
    _m.run.in_(bindparam("runs", expanding=True))
)


def amounts_of(tx: Connection, run_seqs: Sequence[int]) -> tuple[Sequence[Amounts], dict[int, str]]:
    """Return what every series of runs amounts to, and the names of their keys: plain rows, for there may be many thousands."""
    result = tx.execute(_AMOUNTS_OF, {"runs": run_seqs})
    assert result.cursor is not None  # of a query that returns rows
    rows: Sequence[Amounts] = (
        result.cursor.fetchall()
    )  # as the driver has them: rows of SQLAlchemy cost as much as the query
    result.close()
    named = select(keys.c.id, keys.c.name).where(keys.c.id.in_({row[1] for row in rows}))
    return rows, {row.id: row.name for row in tx.execute(named)}
