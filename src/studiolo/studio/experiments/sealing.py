"""Packs the points of series that have ended or grown long. Each piece moves in one transaction, so it is never in both forms."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np
from sqlalchemy import Connection, Integer, bindparam, delete, func, insert, select, tuple_, update

from studiolo.kernel.context import Context
from studiolo.studio.experiments import packing
from studiolo.studio.experiments.schemas import TERMINAL
from studiolo.studio.experiments.tables import IN_WORKSPACE, runs
from studiolo.studio.experiments.tracking_tables import metric_latest, metric_parts, metrics, run_docs

PART = 16_384  # points of a part: one transaction of about 30 ms
FEWEST = 256  # points that are worth a part
LONG = 65_536  # rows of a run that has not ended, beyond which the older ones are packed


def seal_ended(ctx: Context, run_seqs: Sequence[int], most: int) -> set[int]:
    """Pack the series of runs that have ended, in up to `most` transactions; returns the runs that have more to pack."""
    if not run_seqs:
        return set()
    t = metric_latest.c
    query = select(t.run, t.key, (t.points - t.sealed).label("loose")).join(runs, runs.c.seq == t.run)
    query = query.where(t.run.in_(run_seqs), t.points - t.sealed >= FEWEST, runs.c.state.in_(sorted(TERMINAL)))
    with ctx.db.glance() as tx:
        waiting = [(int(row.run), int(row.key), int(row.loose)) for row in tx.execute(query.order_by(t.run, t.key))]
    left: set[int] = set()
    for run_seq, together in _together(waiting):
        while most > 0:
            most -= 1
            if len(together) > 1:
                seal_several(ctx, run_seq, together)
                break
            if seal(ctx, run_seq, together[0], 0) < PART:
                break
        else:
            left.add(run_seq)
    return left


def _together(waiting: Sequence[tuple[int, int, int]]) -> Iterator[tuple[int, list[int]]]:
    """Yield runs with those of their series whose points are one part's together: a transaction costs more than they do."""
    for run_seq, series in groupby(waiting, key=lambda one: one[0]):
        held: list[int] = []
        size = 0
        for _, key, loose in series:
            if held and size + loose > PART:
                yield run_seq, held
                held, size = [], 0
            held.append(key)
            size += loose
        yield run_seq, held


OF_LONG = (  # asked at every tick of the controller, and to build a statement takes longer than to run it
    select(metric_latest.c.run, metric_latest.c.key)
    .join(run_docs, run_docs.c.run == metric_latest.c.run)
    .join(runs, runs.c.seq == metric_latest.c.run)
    .where(run_docs.c.doc.is_(None), IN_WORKSPACE)
    .where(metric_latest.c.points - metric_latest.c.sealed >= bindparam("long"))
    .limit(bindparam("most", type_=Integer))
)


def seal_long(ctx: Context, most: int) -> int:
    """Pack older points of long series of runs that go on, in up to `most` transactions; returns how many points."""
    with ctx.db.glance() as tx:
        waiting = tx.execute(OF_LONG, {"workspace_id": ctx.workspace_id, "long": LONG + PART, "most": most}).all()
    return sum(seal(ctx, row.run, row.key, LONG) for row in waiting)


def seal(ctx: Context, run_seq: int, key: int, stay: int) -> int:
    """Pack up to 16,384 points, the lowest steps first, and leave `stay` points; returns how many were packed."""
    m = metrics.c
    with ctx.db.begin() as tx:
        # whoever records holds this row's lock: what is read below is all that there will be of it
        tx.execute(select(run_docs.c.run).where(run_docs.c.run == run_seq).with_for_update())
        mine = (m.run == run_seq, m.key == key)
        limit = PART
        if stay:
            limit = min(PART, tx.execute(select(func.count()).where(*mine)).scalar_one() - stay)
        if limit < FEWEST:
            return 0
        order = (m.step, m.ts, m.value, m.nan)
        rows = tx.execute(select(*order).where(*mine).order_by(*order).limit(limit)).all()
        if len(rows) < FEWEST:
            return 0
        _insert(tx, run_seq, key, packing.Columns(*_arrays(rows)))
        tx.execute(delete(metrics).where(*mine, tuple_(*order) <= tuple_(*rows[-1])))
        t = metric_latest.c
        tx.execute(update(metric_latest).where(t.run == run_seq, t.key == key).values(sealed=t.sealed + len(rows)))
    return len(rows)


def seal_several(ctx: Context, run_seq: int, wanted: Sequence[int]) -> int:
    """Pack all points of some series of a run in one transaction; returns how many were packed."""
    m, t = metrics.c, metric_latest.c
    packed: dict[int, int] = {}
    with ctx.db.begin() as tx:
        # as in `seal`: nobody else records for this run until this is done
        tx.execute(select(run_docs.c.run).where(run_docs.c.run == run_seq).with_for_update())
        order = (m.key, m.step, m.ts, m.value, m.nan)
        rows = tx.execute(select(*order).where(m.run == run_seq, m.key.in_(wanted)).order_by(*order)).all()
        for key, points in groupby(rows, key=lambda row: int(row[0])):
            some = [row[1:] for row in points]
            if len(some) < FEWEST:
                continue
            _insert(tx, run_seq, key, packing.Columns(*_arrays(some)))
            packed[key] = len(some)
        if packed:
            tx.execute(delete(metrics).where(m.run == run_seq, m.key.in_(packed)))
            more = update(metric_latest).where(t.run == run_seq, t.key == bindparam("of"))
            more = more.values(sealed=t.sealed + bindparam("packed"))
            tx.execute(more, [{"of": key, "packed": count} for key, count in packed.items()])
    return sum(packed.values())


def _arrays(rows: Sequence[Sequence[float]]) -> tuple[packing.Ints, packing.Ints, packing.Floats]:
    steps, stamps, values, nans = zip(*rows, strict=True)
    value = np.where(np.array(nans, np.int8) == 1, np.nan, np.array(values, np.float64))
    return np.array(steps, np.int64), np.array(stamps, np.int64), value


def _insert(tx: Connection, run_seq: int, key: int, columns: packing.Columns) -> None:
    p = metric_parts.c
    number = select(func.coalesce(func.max(p.part) + 1, 0)).where(p.run == run_seq, p.key == key)
    values = {
        "run": run_seq,
        "key": key,
        "part": tx.execute(number).scalar_one(),
        "first_step": int(columns.steps[0]),
        "last_step": int(columns.steps[-1]),
        "points": len(columns.steps),
        "rollup": packing.pack_rollup(packing.roll_up(columns)),
        "data": packing.pack(columns),
    }
    tx.execute(insert(metric_parts), values)
