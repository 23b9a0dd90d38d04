"""Whose turn a job is: among those of one priority on one compute, accounts and workspaces share it, however much each asks for.

Start-time fair queueing (Goyal, Vin, Cheng 1996): a job's turn is its start in virtual time, and the queue goes by priority, turn, age. Who
has jobs waiting gets the next turn behind the last of them, later by the cores of a job; who has none begins where the queue is now, so
that a single job comes next to the first of a thousand of somebody else, and nobody gains by having waited for nothing. Steps of a pipeline
exchange their turns: those with the longest chain behind them go first, which takes nothing from others.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, func, or_, select, update

from studiolo.kernel.context import Context
from studiolo.kernel.db.prepared import Prepared
from studiolo.studio.experiments.schemas import JobSpec
from studiolo.studio.experiments.tables import LIVE_INDEX, QUEUED, runs

ORDER = (runs.c.priority.desc(), runs.c.turn, runs.c.seq)
MOST = 10_000  # jobs of a queue whose places are told
_BAND = and_(runs.c.compute == bindparam("compute"), runs.c.priority == bindparam("priority"))
_LAST = Prepared(  # the first three are asked for each job that is queued
    select(runs.c.turn)
    .where(
        LIVE_INDEX, QUEUED, runs.c.workspace_id.concat("") == bindparam("workspace"), runs.c.user == bindparam("user")
    )
    .where(_BAND)
    .order_by(runs.c.priority, runs.c.turn.desc(), runs.c.seq.desc())
    .limit(1)
)
_NOW = Prepared(
    select(runs.c.turn)
    .where(LIVE_INDEX, QUEUED, _BAND, or_(bindparam("workspace") == "", runs.c.workspace_id == bindparam("workspace")))
    .order_by(*ORDER)
    .limit(1)
)
_SHORTER = Prepared(
    select(runs.c.seq, runs.c.turn, runs.c.follows)
    .where(QUEUED, runs.c.follows.is_not(None), runs.c.parent_id == bindparam("parent"), _BAND)
    .where(runs.c.follows < bindparam("follows"))
    .order_by(runs.c.follows.desc(), runs.c.turn)
    .limit(1)
)
_PLACES = (
    select(runs.c.seq, runs.c.workspace_id, runs.c.user)
    .where(LIVE_INDEX, QUEUED, runs.c.spec.is_not(None), runs.c.desired != "canceled")
    .where(func.coalesce(runs.c.compute, "local") == bindparam("compute"))
    .where(or_(bindparam("workspace") == "", runs.c.workspace_id == bindparam("workspace")))
    .order_by(*ORDER)
    .limit(MOST)
)


def take(tx: Connection, ctx: Context, job: JobSpec, follows: int | None = None) -> dict[str, Any]:
    """Return the columns that say when it is the turn of a job that is queued now.

    follows: of a pipeline's step, how many come one after the other behind it.
    """
    band = {"compute": job.compute, "priority": job.priority}
    mine = {"workspace": ctx.workspace_id, "user": ctx.actor.name}
    last = _LAST.scalar(tx, {**band, **mine})
    if last is None:
        turn = int(_NOW.scalar(tx, {**band, "workspace": _within(ctx, job.compute)}) or 0)
        return {"turn": turn, "follows": follows}
    turn = int(last) + max(job.resources.cores, job.resources.gpus or 0) * job.nodes()
    if follows is None or job.parent_id is None:
        return {"turn": turn, "follows": follows}
    return {"turn": _exchanged(tx, {**band, "parent": job.parent_id}, turn, follows), "follows": follows}


def _exchanged(tx: Connection, among: Mapping[str, Any], turn: int, follows: int) -> int:
    """Let a step have the turn of the first of its pipeline with less behind it, that one the next such turn, and so on.

    Returns the step's; the last of them gets `turn`. As many rows change as there are lengths of chains below it.
    """
    own: int | None = None
    moved: int | None = None  # whose turn has just been given away
    while (found := _SHORTER.first(tx, {**among, "follows": follows})) is not None:
        if moved is None:
            own = int(found.turn)
        else:
            tx.execute(update(runs).where(runs.c.seq == moved).values(turn=found.turn))
        moved, follows = found.seq, found.follows
    if moved is None:
        return turn
    tx.execute(update(runs).where(runs.c.seq == moved).values(turn=turn))
    assert own is not None
    return own


def _within(ctx: Context, compute: str) -> str:
    """Return the workspace whose queue a compute has: clusters are of one, this machine all share."""
    return "" if compute == "local" else ctx.workspace_id


class Place(NamedTuple):
    """Where a job is in its queue. number: from 1; of: how many wait; others: of those before it, jobs of other accounts or workspaces."""

    number: int
    of: int
    others: int


def places(tx: Connection, ctx: Context, compute: str) -> dict[int, Place]:
    """Return the places of the jobs that wait for a compute, by their numbers; of a very long queue those of its first."""
    rows = tx.execute(_PLACES, {"compute": compute, "workspace": _within(ctx, compute)}).all()
    before: dict[tuple[str, str], int] = {}
    found = {}
    for number, row in enumerate(rows, 1):
        flow = (row.workspace_id, row.user)
        found[row.seq] = Place(number, len(rows), number - 1 - before.get(flow, 0))
        before[flow] = before.get(flow, 0) + 1
    return found


def told(place: Place | None, compute: str, reason: str) -> str:
    """Say where a job is in its queue and what it waits for.

    >>> told(Place(3, 9, 1), "local", "starts as soon as the controller sees it")
    "is number 3 of 9 in the queue of 'local' (of the 2 before it 1 is of others: accounts and workspaces take turns)"
    """
    if place is not None and place.number == 1:
        return reason
    if place is None:
        where = f"is behind the first {MOST:,} in the queue of '{compute}'"
    else:
        others = f"{place.others} {'is' if place.others == 1 else 'are'} of others"
        before = (
            f"of the {place.number - 1} before it {others}" if place.number > 2 else "the one before it is of others"
        )
        turns = f" ({before}: accounts and workspaces take turns)" if place.others else ""
        where = f"is number {place.number} of {place.of} in the queue of '{compute}'{turns}"
    return where if reason.startswith("starts as soon") else f"{where}; {reason}"
