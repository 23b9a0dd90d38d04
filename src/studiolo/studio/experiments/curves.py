"""Curves for charts: metrics of several runs, cut to a range and thinned to what a screen can show."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
from sqlalchemy import Connection, select

from studiolo.kernel.context import Context
from studiolo.kernel.mlflow.values import millis
from studiolo.studio.experiments import keys, metrics
from studiolo.studio.experiments.curve_schemas import CurveRequest
from studiolo.studio.experiments.metrics import Columns
from studiolo.studio.experiments.tables import STARTED, runs

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
AT_MOST = 1_000_000  # points of one answer; many curves get fewer points each
FEWEST = 50


@dataclass(frozen=True, slots=True)
class Thinned:
    """Places of the points that stay, and the envelope of what each stands for (NaN: no finite value)."""

    total: int
    sampled: bool
    places: Places
    low: Floats
    high: Floats


def encoded(ctx: Context, wanted: CurveRequest) -> bytes:
    """Return the JSON of `Curves`, written straight from arrays; runs that are not there have no curves."""
    many = len(set(wanted.run_ids)) * len(set(wanted.metrics))
    points = min(wanted.points, max(FEWEST, AT_MOST // many))
    found: list[dict[str, Any]] = []
    with ctx.db.read() as tx:
        starts = _starts(tx, ctx, wanted.run_ids)
        numbers = keys.known(tx, wanted.metrics)
        names = {number: name for name, number in numbers.items()}
        for run_id in dict.fromkeys(wanted.run_ids):
            if run_id not in starts:
                continue
            seq, start = starts[run_id]
            series = metrics.columns(tx, seq, sorted(names))
            for name in dict.fromkeys(wanted.metrics):
                columns = series.get(numbers.get(name, -1))
                if columns is not None:
                    found.append({"run_id": run_id, "metric": name, **_curve(columns, start, wanted, points)})
    return orjson.dumps({"curves": found}, option=orjson.OPT_SERIALIZE_NUMPY)


def thin(x: Floats, y: Floats, low: float | None, high: float | None, points: int) -> Thinned:
    """Cut a series to a range of x and thin it to at most `points` of its own points.

    x: shape (n,), ascending, finite; y: shape (n,), any value; low, high: ends of the range, both within it.
    The range that has points is cut into equal parts. Of each part the last point with a finite y stays (the last one
    when there is none), so that a curve ends where the series ends.

    >>> thin(np.arange(6.0), np.array([1.0, 5.0, 2.0, 0.0, np.nan, 3.0]), None, None, 2).places
    array([2, 5])
    """
    first = 0 if low is None else int(np.searchsorted(x, low, side="left"))
    after = len(x) if high is None else int(np.searchsorted(x, high, side="right"))
    total = max(0, after - first)
    inside = np.arange(first, first + total)
    finite = np.where(np.isfinite(y), y, np.nan)[first : first + total]
    if total <= points:
        return Thinned(total, sampled=False, places=inside, low=finite, high=finite)
    xs = x[first:after]
    span = xs[-1] - xs[0]
    part = np.zeros(total, np.intp)
    if span > 0:
        part = np.minimum(((xs - xs[0]) * (points / span)).astype(np.intp), points - 1)
    elif total > points:  # all at one x: the order they were logged in is all there is
        part = np.arange(total) * points // total
    begins = np.flatnonzero(np.diff(part, prepend=-1))
    last = np.maximum.reduceat(np.where(np.isnan(finite), -1, np.arange(total)), begins)
    ends = np.append(begins[1:], total) - 1
    return Thinned(
        total,
        sampled=True,
        places=inside[np.where(last < 0, ends, last)],
        low=np.fmin.reduceat(finite, begins),
        high=np.fmax.reduceat(finite, begins),
    )


def _starts(tx: Connection, ctx: Context, run_ids: list[str]) -> dict[str, tuple[int, int]]:
    """Return number and start (milliseconds since 1970) of those runs that are there."""
    query = select(runs.c.id, runs.c.seq, STARTED.label("start"))
    query = query.where(runs.c.id.in_(set(run_ids)), runs.c.workspace_id == ctx.workspace_id)
    return {row.id: (row.seq, millis(row.start)) for row in tx.execute(query)}


def _curve(columns: Columns, start: int, wanted: CurveRequest, points: int) -> dict[str, Any]:
    steps, stamps, values = columns
    x = steps.astype(np.float64)
    if wanted.x != "step":
        order = np.argsort(stamps, kind="stable")
        steps, stamps, values = steps[order], stamps[order], values[order]
        x = stamps.astype(np.float64)
        if wanted.x == "relative":
            x = (x - min(start, float(x[0]))) / 1000  # a client may log what happened before the run began
    kept = thin(x, values, wanted.low, wanted.high, points)
    shown = kept.places
    return {
        "total": kept.total,
        "sampled": kept.sampled,
        "x": x[shown],
        "y": np.where(np.isfinite(values[shown]), values[shown], np.nan),
        "low": kept.low,
        "high": kept.high,
        "steps": steps[shown],
        "timestamps": stamps[shown],
    }
