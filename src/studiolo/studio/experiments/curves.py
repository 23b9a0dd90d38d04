"""Curves for charts: metrics of several runs, cut to a range and thinned to what a screen can show."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
from sqlalchemy import Connection, select

from studiolo.kernel.context import Context
from studiolo.kernel.mlflow.values import millis
from studiolo.studio.experiments import keys, packing, series
from studiolo.studio.experiments.curve_schemas import CurveRequest
from studiolo.studio.experiments.packing import Columns, Rollup
from studiolo.studio.experiments.tables import STARTED, runs

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
AT_MOST = 1_000_000  # points of one answer; many curves get fewer points each
FEWEST = 50
_MORE = ("low", "high", "steps", "timestamps")
AT_ONCE = 500_000  # points of runs that are read by the same queries
LONG = 200_000  # packed points from which on stretches of 256 stand for them, where these are fine enough


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
        seqs = dict(starts.values())
        drawn = _quickly(tx, list(seqs), sorted(names), wanted, points)
        counted = series.counted(tx, list(seqs), sorted(names))
        rest = {seq: series_ for seq, series_ in counted.items() if series_.keys() - drawn.get(seq, {}).keys()}
        for batch in _batches(rest):
            if len(batch) == 1:
                drawn[batch[0]] = _drawn(tx, batch[0], seqs[batch[0]], sorted(names), wanted, points)
                continue
            for (seq, number), columns in series.read_many(tx, batch, sorted(names)).items():
                drawn.setdefault(seq, {})[number] = _curve(columns, seqs[seq], wanted, points)
    for run_id in dict.fromkeys(wanted.run_ids):
        of_run = drawn.get(starts[run_id][0], {}) if run_id in starts else {}
        found += [
            {"run_id": run_id, "metric": name, **of_run[numbers[name]]}
            for name in dict.fromkeys(wanted.metrics)
            if numbers.get(name) in of_run
        ]
    if wanted.brief:
        found = [{**curve, **dict.fromkeys(_MORE, ())} for curve in found]
    return orjson.dumps({"curves": found}, option=orjson.OPT_SERIALIZE_NUMPY)


def thin(
    x: Floats, y: Floats, low: float | None, high: float | None, points: int, rollup: Rollup | None = None
) -> Thinned:
    """Cut a series to a range of x and thin it to at most `points` of its own points.

    x: shape (n,), ascending, finite; y: shape (n,), any value; low, high: ends of the range, both within it. rollup: what
    each of the n points stands for, when it is more than itself.
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
    lows, highs = (finite, finite) if rollup is None else (rollup.low[inside], rollup.high[inside])
    all_ = total if rollup is None else int(rollup.counts[inside].sum())
    if total <= points:
        return Thinned(all_, sampled=False, places=inside, low=lows, high=highs)
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
        all_,
        sampled=True,
        places=inside[np.where(last < 0, ends, last)],
        low=np.fmin.reduceat(lows, begins),
        high=np.fmax.reduceat(highs, begins),
    )


def _starts(tx: Connection, ctx: Context, run_ids: list[str]) -> dict[str, tuple[int, int]]:
    """Return number and start (milliseconds since 1970) of those runs that are there."""
    query = select(runs.c.id, runs.c.seq, STARTED.label("start"))
    query = query.where(runs.c.id.in_(set(run_ids)), runs.c.workspace_id == ctx.workspace_id)
    return {row.id: (row.seq, millis(row.start)) for row in tx.execute(query)}


def _batches(counted: Mapping[int, Mapping[int, tuple[int, int]]]) -> Iterator[list[int]]:
    """Yield runs that are read at once: as many as fit in memory together, and alone one with a series that is long."""
    batch: list[int] = []
    size = 0
    for seq, series_ in counted.items():
        many = sum(points for points, _ in series_.values())
        if many > AT_ONCE or any(packed >= LONG for _, packed in series_.values()):
            yield [seq]
            continue
        if batch and size + many > AT_ONCE:
            yield batch
            batch, size = [], 0
        batch.append(seq)
        size += many
    if batch:
        yield batch


def _quickly(
    tx: Connection, seqs: list[int], numbers: list[int], wanted: CurveRequest, points: int
) -> dict[int, dict[int, dict[str, Any]]]:
    """Draw those series of which a few points can be looked for, where no more is asked than these."""
    drawn: dict[int, dict[int, dict[str, Any]]] = {}
    if not wanted.brief or wanted.x != "step" or wanted.low is not None or wanted.high is not None or not seqs:
        return drawn
    for (seq, number), found in series.ends(tx, seqs, numbers, points).items():
        x = found.steps.astype(np.float64)
        drawn.setdefault(seq, {})[number] = {"total": found.total, "sampled": True, "x": x, "y": found.values}
    return drawn


def _drawn(
    tx: Connection, seq: int, start: int, numbers: list[int], wanted: CurveRequest, points: int
) -> dict[int, dict[str, Any]]:
    """Draw metrics of a run, by number of the metric."""
    counted = series.counted(tx, [seq], numbers).get(seq, {})
    long = [number for number, (_, packed) in counted.items() if packed >= LONG]
    rough = {number: _rough(tx, seq, number, start, wanted, points) for number in long}
    drawn = {number: curve for number, curve in rough.items() if curve is not None}
    exact = series.read(tx, seq, [number for number in numbers if number not in drawn])
    return drawn | {number: _curve(columns, start, wanted, points) for number, columns in exact.items()}


def _curve(columns: Columns, start: int, wanted: CurveRequest, points: int) -> dict[str, Any]:
    steps, stamps, values = columns
    if wanted.x != "step":
        steps, stamps, values = columns.at(np.argsort(stamps, kind="stable"))
    x = _axis(steps, stamps, int(stamps[0]), start, wanted)
    return _shown(thin(x, values, wanted.low, wanted.high, points), x, Columns(steps, stamps, values))


def _rough(
    tx: Connection, seq: int, number: int, start: int, wanted: CurveRequest, points: int
) -> dict[str, Any] | None:
    """Draw a long series from what stretches of it amount to; None where its points are needed."""
    rollup = series.rolled(tx, seq, number)
    if rollup is None or (wanted.x != "step" and (np.diff(rollup.stamps) < 0).any()):
        return None
    x = _axis(rollup.steps, rollup.stamps, int(rollup.first_stamps[0]), start, wanted)
    kept = thin(x, rollup.values, wanted.low, wanted.high, points, rollup)
    if not kept.sampled:  # zoomed in until the stretches show
        return None
    return _shown(kept, x, Columns(rollup.steps, rollup.stamps, rollup.values))


def _axis(steps: packing.Ints, stamps: packing.Ints, first: int, start: int, wanted: CurveRequest) -> Floats:
    if wanted.x == "step":
        return steps.astype(np.float64)
    x = stamps.astype(np.float64)
    # a client may log what happened before the run began
    return x if wanted.x == "time" else (x - min(start, first)) / 1000


def _shown(kept: Thinned, x: Floats, columns: Columns) -> dict[str, Any]:
    steps, stamps, values = columns.at(kept.places)
    return {
        "total": kept.total,
        "sampled": kept.sampled,
        "x": x[kept.places],
        "y": np.where(np.isfinite(values), values, np.nan),
        "low": kept.low,
        "high": kept.high,
        "steps": steps,
        "timestamps": stamps,
    }
