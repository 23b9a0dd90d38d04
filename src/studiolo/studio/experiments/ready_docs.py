"""Ready-made JSON of what runs recorded: who may use it, and who makes it.

A run's row in `run_docs` has its records as they are sent, or nothing while they may have changed since. Whoever changes a
record spoils the document in the same transaction and first of all, so that the row's lock orders writers and the maker:
a document that is there is true. The controller makes those that are missing, once a run is quiet; until then readers
write a run from its rows.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from sqlalchemy import (
    BigInteger,
    Connection,
    Integer,
    and_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)

from studiolo.kernel.context import Context
from studiolo.kernel.db.engine import upsert
from studiolo.kernel.db.prepared import PostgresStatement, Prepared
from studiolo.studio.experiments.schemas import TERMINAL
from studiolo.studio.experiments.tables import IN_WORKSPACE, runs
from studiolo.studio.experiments.tracking_tables import metric_parts, run_docs

QUIET_MS = 2_000  # since the last change of an ended run
LIVE_QUIET_MS = 60_000  # of a run that has not ended: clients that died leave many of them
PIECE = 100  # runs in one transaction
_LOOK_BACK = 1000  # PostgreSQL may commit run 5 before run 4

Maker = Callable[[Connection, Sequence[int]], Mapping[int, bytes]]

_OF = bindparam("of", type_=BigInteger)
_PACKED = exists().where(metric_parts.c.run == _OF)
# with PostgreSQL the lock makes the next writer of this run, the maker and the packer wait until this one has committed
_LOOK = Prepared(
    select(run_docs.c.doc.is_not(None), _PACKED.label("packed"))
    .where(run_docs.c.run == _OF)
    .with_for_update(of=run_docs)
)
_SPOIL = Prepared(update(run_docs).where(run_docs.c.run == _OF).values(doc=None, changed=bindparam("at")))
_LOOK_ALL = PostgresStatement("""
SELECT run, doc IS NOT NULL, EXISTS (SELECT 1 FROM metric_parts WHERE run = run_docs.run)
FROM run_docs WHERE run = ANY($1::bigint[]) ORDER BY run FOR UPDATE
""")
_SPOIL_ALL = PostgresStatement("UPDATE run_docs SET doc = NULL, changed = $1::bigint WHERE run = ANY($2::bigint[])")
_STORE = "UPDATE run_docs SET doc = ? WHERE run = ?"


def spoil(tx: Connection, ctx: Context, run_seq: int) -> bool:
    """Say that the records of a run change; before they do, in the same transaction. Returns whether points are packed."""
    found = _LOOK.first(tx, {"of": run_seq})
    if found is None:  # a young run: with its row it is locked, from its first record on
        if _adopting(ctx.db.dialect).run(tx, {"run": run_seq, "changed": _millis(ctx.clock.now())}):
            return False
        found = _LOOK.first(tx, {"of": run_seq})  # another writer was the first
    doc, packed = found or (False, False)  # none: the run is being removed
    if doc:
        _SPOIL.run(tx, {"of": run_seq, "at": _millis(ctx.clock.now())})
    return bool(packed)


@lru_cache
def _adopting(dialect: str) -> Prepared:
    return Prepared(upsert(dialect, run_docs).on_conflict_do_nothing(index_elements=["run"]))


def spoil_all(tx: Connection, ctx: Context, run_seqs: Sequence[int]) -> set[int]:
    """Say that the records of several runs change; returns those with packed points. run_seqs: in ascending order."""
    if ctx.db.dialect == "sqlite" or len(run_seqs) == 1:
        return {run for run in run_seqs if spoil(tx, ctx, run)}
    # locked in one order everywhere: two writers cannot wait for each other in a circle
    found = {run: (doc, packed) for run, doc, packed in _LOOK_ALL.rows(tx, list(run_seqs))}
    stale = [run for run, (doc, _) in found.items() if doc]
    if stale:
        _SPOIL_ALL.run(tx, _millis(ctx.clock.now()), stale)
    others = {run for run in run_seqs if run not in found and spoil(tx, ctx, run)}
    return others | {run for run, (_, packed) in found.items() if packed}


def adopt(ctx: Context, after: int) -> int:
    """Give a row to runs above a number that have none; returns the greatest number of a run."""
    with ctx.db.glance() as tx:
        newest = int(tx.execute(select(func.coalesce(func.max(runs.c.seq), 0))).scalar_one())
    if newest <= after:
        return after
    missing = select(runs.c.seq, literal(0)).where(runs.c.seq > after - _LOOK_BACK)
    missing = missing.where(~select(run_docs.c.run).where(run_docs.c.run == runs.c.seq).exists())
    with ctx.db.glance() as tx:
        none = tx.execute(missing.limit(1)).first() is None
    if not none:
        with ctx.db.begin() as tx:
            those = ctx.db.upsert(run_docs).from_select(["run", "changed"], missing)
            tx.execute(those.on_conflict_do_nothing(index_elements=["run"]))  # a writer may have been the first
    return newest


_UNREADY = (  # asked at every tick of the controller, and to build a statement takes longer than to run it
    select(run_docs.c.run)
    .join(runs, runs.c.seq == run_docs.c.run)
    .where(run_docs.c.doc.is_(None), IN_WORKSPACE)
    .where(
        or_(
            and_(runs.c.state.in_(sorted(TERMINAL)), run_docs.c.changed <= bindparam("quiet")),
            run_docs.c.changed <= bindparam("long_quiet"),
        )
    )
    .order_by(run_docs.c.run)
    .limit(bindparam("most", type_=Integer))
)


def unready(tx: Connection, ctx: Context, limit: int) -> list[int]:
    """Return quiet runs of the workspace without a document, oldest first."""
    now = _millis(ctx.clock.now())
    quiet = {"quiet": now - QUIET_MS, "long_quiet": now - LIVE_QUIET_MS}
    return list(tx.execute(_UNREADY, {"workspace_id": ctx.workspace_id, "most": limit, **quiet}).scalars())


def make(ctx: Context, run_seqs: Sequence[int], maker: Maker) -> int:
    """Make the documents of some runs in one transaction; returns how many. Runs that are being written to are left out."""
    d = run_docs.c
    with ctx.db.begin() as tx:
        query = select(d.run).where(d.run.in_(run_seqs), d.doc.is_(None))
        seqs = list(tx.execute(query.with_for_update(skip_locked=True)).scalars())
        docs = maker(tx, seqs) if seqs else {}
        if docs:
            statement = _STORE if ctx.db.dialect == "sqlite" else _STORE.replace("?", "%s")
            tx.exec_driver_sql(statement, [(doc, run) for run, doc in docs.items()])
    return len(docs)


def _millis(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
