"""Metrics as they are read: a point, and what a whole series amounts to."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select

from studiolo.studio.experiments.tracking_tables import keys, metric_latest


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
