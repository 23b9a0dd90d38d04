"""Reading the points of a series, whether they are rows or packed."""

from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, case, func, literal, select, true, tuple_

from studiolo.studio.experiments.metrics import Point
from studiolo.studio.experiments.packing import Columns, Rollup, unpack, unpack_rollup
from studiolo.studio.experiments.tracking_tables import metric_latest, metric_parts, metrics

_m, _p = metrics.c, metric_parts.c
_POINTS = select(_m.key, _m.step, _m.ts, _m.value, _m.nan).order_by(_m.key, _m.step, _m.ts, _m.value, _m.nan)
_PARTS = select(_p.key, _p.first_step, _p.last_step, _p.points, _p.data).order_by(_p.key, _p.first_step, _p.part)
_ONCE = "MATERIALIZED"  # written into its place, such a query would be answered anew for each row
_WIDEST = 2**50  # steps, times the parts of a chart still 64 bits
NOTHING = Columns(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float64))


class Ends(NamedTuple):
    """Points of a series, and how many it has in all."""

    total: int
    steps: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]


def read(
    tx: Connection, run_seq: int, numbers: Sequence[int], first: int | None = None, last: int | None = None
) -> dict[int, Columns]:
    """Return series of a run by number of the metric, each in order of step, time and value; those without points are absent.

    first, last: only points of these steps and between.
    """
    rows = _POINTS.where(_m.run == run_seq, _m.key.in_(numbers))
    parts = _PARTS.where(_p.run == run_seq, _p.key.in_(numbers))
    if first is not None:
        rows, parts = rows.where(_m.step >= first), parts.where(_p.last_step >= first)
    if last is not None:
        rows, parts = rows.where(_m.step <= last), parts.where(_p.first_step <= last)
    found: dict[int, list[Columns]] = {}
    for key, packed in groupby(tx.execute(parts), key=lambda row: int(row.key)):
        found[key] = [_between(unpack(row.data), first, last) for row in packed]
    for key, loose in groupby(tx.execute(rows).all(), key=lambda row: int(row.key)):
        found.setdefault(key, []).append(_columns(loose))
    merged = {key: merge(pieces) for key, pieces in found.items()}
    return {key: columns for key, columns in merged.items() if len(columns.steps)}


def read_many(tx: Connection, run_seqs: Sequence[int], numbers: Sequence[int]) -> dict[tuple[int, int], Columns]:
    """Return whole series of many runs by run and number of the metric, as `read` does, in two queries for all."""
    order = (_p.run, _p.key, _p.first_step, _p.part)
    parts = select(_p.run, _p.key, _p.data).where(_p.run.in_(run_seqs), _p.key.in_(numbers)).order_by(*order)
    rows = select(_m.run, _m.key, _m.step, _m.ts, _m.value, _m.nan).where(_m.run.in_(run_seqs), _m.key.in_(numbers))
    found: dict[tuple[int, int], list[Columns]] = {}
    for run, key, packed in tx.execute(parts):
        found.setdefault((run, key), []).append(unpack(packed))
    loose = tx.execute(rows).all()
    if loose:
        run, key, step, stamp, value, nan = (np.array(column) for column in zip(*loose, strict=True))
        kept = (run, key, step, stamp, value, nan)
        if not _ordered(kept):  # SQLite gives them by primary key already
            places = np.lexsort(kept[::-1])
            run, key, step, stamp, value, nan = (column[places] for column in kept)
        value = np.where(nan == 1, np.nan, value.astype(np.float64))
        begins = np.flatnonzero((np.diff(run, prepend=-1) != 0) | (np.diff(key, prepend=-1) != 0))
        for first, after in pairwise([*begins, len(run)]):
            piece = Columns(step[first:after].astype(np.int64), stamp[first:after].astype(np.int64), value[first:after])
            found.setdefault((int(run[first]), int(key[first])), []).append(piece)
    return {place: merge(pieces) for place, pieces in found.items()}


def ends(tx: Connection, run_seqs: Sequence[int], numbers: Sequence[int], parts: int) -> dict[tuple[int, int], Ends]:
    """Return the last point of each of equal parts of the steps, of series of more points that lie in rows, as `curves.thin` does.

    It looks for these points one by one and reads no others. Absent: series that are packed, that have fewer points or steps
    than parts, or one of whose last points is no finite number.
    """
    first, last = (
        select(edge(_m.step)).where(_m.run == metric_latest.c.run, _m.key == metric_latest.c.key).scalar_subquery()
        for edge in (func.min, func.max)
    )
    t = metric_latest.c
    long = select(t.run, t.key, t.points, first.label("first"), last.label("last"))
    long = long.where(t.run.in_(run_seqs), t.key.in_(numbers), t.sealed == 0, t.points > parts)
    spans = {(row.run, row.key): row for row in tx.execute(long)}
    fit = {place for place, row in spans.items() if parts <= row.last - row.first < _WIDEST}
    if not fit:
        return {}
    of = long.cte("of").prefix_with(_ONCE)
    one = select(literal(1).label("n")).cte("part", recursive=True)
    part = one.union_all(select(one.c.n + 1).where(one.c.n < parts))
    width = of.c.last - of.c.first
    end = case((part.c.n == parts, of.c.last + 1), else_=of.c.first + (width * part.c.n + parts - 1) // parts)
    each = select(of.c.run, of.c.key, end.label("end")).select_from(of).join(part, true())
    edges = each.where(width >= parts, width < _WIDEST).cte("edges").prefix_with(_ONCE)
    step = select(func.max(_m.step)).where(_m.run == edges.c.run, _m.key == edges.c.key, _m.step < edges.c.end)
    steps = select(edges.c.run, edges.c.key, step.scalar_subquery().label("step")).distinct()
    picked = steps.cte("picked").prefix_with(_ONCE)
    on = (_m.run == picked.c.run) & (_m.key == picked.c.key) & (_m.step == picked.c.step)
    rows = select(_m.run, _m.key, _m.step, _m.value, _m.nan).select_from(picked).join(metrics, on)
    found: dict[tuple[int, int], dict[int, float]] = {place: {} for place in fit}
    for run, key, at, value, nan in tx.execute(rows.order_by(_m.run, _m.key, _m.step, _m.ts, _m.value, _m.nan)):
        found[run, key][at] = np.nan if nan else value  # of several points of a step the last one
    return {
        place: Ends(int(spans[place].points), np.array(list(points), np.int64), values)
        for place, points in found.items()
        if np.isfinite(values := np.array(list(points.values()), np.float64)).all()
    }


def page(tx: Connection, run_seq: int, number: int, after: Point | None, limit: int) -> Columns:
    """Return the first `limit` points of a series that follow a point."""
    where = [_m.run == run_seq, _m.key == number]
    parts = _PARTS.where(_p.run == run_seq, _p.key == number)
    if after is not None:
        parts = parts.where(_p.last_step >= after.step)
        where.append(tuple_(_m.step, _m.ts, _m.value, _m.nan) > tuple_(after.step, after.ts, after.value, after.nan))
    pieces = [_columns(tx.execute(_POINTS.where(*where).limit(limit)).all())]
    for part in tx.execute(parts):
        # parts come in order of their first step: once enough points lie below it, no later part has one of the page
        if sum(int(np.searchsorted(piece.steps, part.first_step)) for piece in pieces[1:]) >= limit:
            break
        pieces.append(_behind(unpack(part.data), after))
    merged = merge(pieces)
    return merged.at(slice(0, limit))


def rolled(tx: Connection, run_seq: int, number: int) -> Rollup | None:
    """Return what a long series amounts to in stretches of 256 points; None when parts of it are mixed with each other."""
    query = select(_p.first_step, _p.last_step, _p.rollup).where(_p.run == run_seq, _p.key == number)
    parts = tx.execute(query.order_by(_p.first_step, _p.part)).all()
    if any(after.first_step <= before.last_step for before, after in pairwise(parts)):
        return None
    rows = _POINTS.where(_m.run == run_seq, _m.key == number)
    if parts and tx.execute(rows.where(_m.step <= parts[-1].last_step).limit(1)).first() is not None:
        return None
    found = [unpack_rollup(part.rollup) for part in parts]
    loose = _columns(tx.execute(rows).all())
    one = np.ones(len(loose.steps), np.int64)
    finite = np.where(np.isfinite(loose.values), loose.values, np.nan)
    found.append(Rollup(loose.steps, loose.stamps, *loose, finite, finite, one))
    return Rollup(*(np.concatenate(columns) for columns in zip(*found, strict=True)))


def counted(tx: Connection, run_seqs: Sequence[int], numbers: Sequence[int]) -> dict[int, dict[int, tuple[int, int]]]:
    """Return by run and number of the metric how many points a series has, and how many of them are packed."""
    t = metric_latest.c
    query = select(t.run, t.key, t.points, t.sealed).where(t.run.in_(run_seqs), t.key.in_(numbers))
    found: dict[int, dict[int, tuple[int, int]]] = {}
    for run, key, points, packed in tx.execute(query):
        found.setdefault(run, {})[key] = (points, packed)
    return found


def merge(pieces: Iterable[Columns]) -> Columns:
    """Put pieces of a series together: in order, and each point once."""
    some = [piece for piece in pieces if len(piece.steps)]
    if not some:
        return NOTHING
    if len(some) == 1:
        return some[0]
    joined = Columns(*(np.concatenate(columns) for columns in zip(*some, strict=True)))
    if all(before.steps[-1] < after.steps[0] for before, after in pairwise(some)):
        return joined
    nan = np.isnan(joined.values)
    order = np.lexsort((nan, np.where(nan, 0.0, joined.values), joined.stamps, joined.steps))
    joined = joined.at(order)
    steps, stamps, values = joined
    same = (steps[1:] == steps[:-1]) & (stamps[1:] == stamps[:-1])
    same &= (values[1:] == values[:-1]) | (np.isnan(values[1:]) & np.isnan(values[:-1]))
    return joined.at(np.append(True, ~same))


def sampled_steps(found: Sequence[Columns], limit: int) -> list[int]:
    """Return up to `limit` evenly spread steps that were logged, with the first and last of every series."""
    steps = np.unique(np.concatenate([columns.steps for columns in found])) if found else NOTHING.steps
    if len(steps) <= limit:
        return [int(step) for step in steps]
    places = np.linspace(0, len(steps) - 1, limit).round().astype(np.intp)
    edges = [columns.steps[[0, -1]] for columns in found]
    return [int(step) for step in np.unique(np.concatenate([steps[places], *edges]))]


def thinned(columns: Columns, limit: int) -> Columns:
    """Return at most `limit` points of a series.

    The axis (steps, or times when all points have one step) is cut into equal parts; the lowest and the highest point of
    each part stay, so a peak is never thinned away, and so do both ends.
    """
    steps, stamps, values = columns
    total = len(steps)
    if total <= limit:
        return columns
    axis = steps if steps[-1] > steps[0] else np.sort(stamps)
    parts = max(1, limit // 2 - 1)
    span = float(axis[-1] - axis[0]) + 1
    place = ((axis - axis[0]) * (parts / span)).astype(np.intp)
    known = np.flatnonzero(np.isfinite(values))
    kept = [np.array([0, total - 1])]
    if len(known):
        order = known[np.lexsort((values[known], place[known]))]
        begins = np.flatnonzero(np.diff(place[order], prepend=-1))
        kept += [order[begins], order[np.append(begins[1:], len(order)) - 1]]
    return columns.at(np.unique(np.concatenate(kept)))


def _ordered(columns: Sequence[npt.NDArray[Any]]) -> bool:
    """Say whether rows are in order of their columns, the first one first."""
    same = np.ones(max(0, len(columns[0]) - 1), np.bool_)
    less = ~same
    for column in columns:
        less |= same & (column[:-1] < column[1:])
        same &= column[:-1] == column[1:]
    return bool((less | same).all())


def _columns(rows: Iterable[Any]) -> Columns:
    taken = list(rows)
    if not taken:
        return NOTHING
    _, steps, stamps, values, nans = zip(*taken, strict=True)
    value = np.where(np.array(nans, np.int8) == 1, np.nan, np.array(values, np.float64))
    return Columns(np.array(steps, np.int64), np.array(stamps, np.int64), value)


def _between(columns: Columns, first: int | None, last: int | None) -> Columns:
    if first is None and last is None:
        return columns
    low = 0 if first is None else int(np.searchsorted(columns.steps, first, "left"))
    high = len(columns.steps) if last is None else int(np.searchsorted(columns.steps, last, "right"))
    return columns.at(slice(low, high))


def _behind(columns: Columns, after: Point | None) -> Columns:
    if after is None:
        return columns
    columns = columns.at(slice(int(np.searchsorted(columns.steps, after.step, "left")), None))
    steps, stamps, values = columns
    nan = np.isnan(values)
    value = np.where(nan, 0.0, values)
    further = (nan > after.nan) & (value == after.value)
    further = (stamps > after.ts) | ((stamps == after.ts) & ((value > after.value) | further))
    return columns.at((steps > after.step) | further)
