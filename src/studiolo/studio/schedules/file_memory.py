"""SQL of the files that schedules know."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from studiolo.kernel.context import Context
from studiolo.kernel.db.prepared import Prepared
from studiolo.studio.schedules.arriving import Changes, Known, Seen, State
from studiolo.studio.schedules.tables import schedule_files, schedules

_OF = schedule_files.c
_MANY = 500
_RENEWED = timedelta(days=1)  # how often it is written down that a file is still there
_ARRIVED = Prepared(
    select(_OF.schedule)
    .join(schedules, schedules.c.id == _OF.schedule)
    .where(_OF.workspace_id == bindparam("workspace_id"), _OF.state == "arrived", schedules.c.enabled)
    .distinct()
)


def known(tx: Connection, schedule: str) -> dict[str, Known]:
    """Return what a schedule remembers of files, by their paths."""
    query = select(_OF.path, _OF.state, _OF.size, _OF.mark, _OF.late).where(_OF.schedule == schedule)
    return {row.path: Known(row.state, row.size, row.mark, row.late) for row in tx.execute(query)}


def write(tx: Connection, row: Any, found: Changes, now: datetime, *, late: bool, batch: bool) -> None:
    """Write down what a look came to. row: of the schedule; late: whether nothing looked for a while before; batch: all run together."""
    put(tx, row.id, row.workspace_id, found.seen, "seen", now, late=late)
    _drop(tx, row.id, found.gone)
    _state(tx, row.id, [(one.path, "taken", 0) for one in found.missed])
    first = int(tx.execute(select(func.max(_OF.batch)).where(_OF.schedule == row.id)).scalar() or 0) + 1
    numbered = [(one.path, "arrived", first if batch else first + place) for place, one in enumerate(found.arrived)]
    _state(tx, row.id, numbered)


def put(
    tx: Connection, schedule: str, workspace: str, files: Sequence[Seen], state: State, now: datetime, *, late: bool
) -> None:
    """Remember files in a state, in place of what was known of them."""
    _drop(tx, schedule, [one.path for one in files])
    if files:
        about = {"schedule": schedule, "workspace_id": workspace, "state": state, "seen_at": now, "late": late}
        rows = [
            {**about, "key": key(one.path), "path": one.path, "size": one.size, "mark": one.mark, "batch": 0}
            for one in files
        ]
        tx.execute(insert(schedule_files), rows)


def forget(tx: Connection, schedule: str) -> None:
    """Forget all files of a schedule."""
    tx.execute(delete(schedule_files).where(_OF.schedule == schedule))


def renew(tx: Connection, schedule: str, there: Sequence[Seen], now: datetime) -> None:
    """Write down of files that they are still there, once a day."""
    stale = select(_OF.key).where(_OF.schedule == schedule, _OF.seen_at < now - _RENEWED)
    mine = {key(one.path) for one in there}
    renewed = [one for one in tx.execute(stale).scalars() if one in mine]
    for start in range(0, len(renewed), _MANY):
        some = _OF.key.in_(renewed[start : start + _MANY])
        tx.execute(update(schedule_files).where(_OF.schedule == schedule, some).values(seen_at=now))


def with_arrivals(tx: Connection, ctx: Context) -> list[str]:
    """Return the schedules with files whose runs are to be made."""
    return [row.schedule for row in _ARRIVED.all(tx, {"workspace_id": ctx.workspace_id})]


def first_batch(tx: Connection, schedule: str) -> list[Any]:
    """Return the files that run next, together."""
    next_ = select(func.min(_OF.batch)).where(_OF.schedule == schedule, _OF.state == "arrived").scalar_subquery()
    query = select(schedule_files).where(_OF.schedule == schedule, _OF.state == "arrived", _OF.batch == next_)
    return list(tx.execute(query.order_by(_OF.seq)))


def take(tx: Connection, files: Sequence[Any]) -> bool:
    """Mark files that arrived as taken; False when somebody else has."""
    change = update(schedule_files).where(_OF.seq.in_([one.seq for one in files]), _OF.state == "arrived")
    return tx.execute(change.values(state="taken")).rowcount == len(files)


def count_arrived(tx: Connection, ids: Sequence[str]) -> Mapping[str, int]:
    """Count the files of schedules that wait for their turn, by schedule."""
    query = select(_OF.schedule, func.count().label("many")).where(_OF.state == "arrived", _OF.schedule.in_(ids))
    return {row.schedule: row.many for row in tx.execute(query.group_by(_OF.schedule))}


def forget_old(tx: Connection, ctx: Context, before: datetime) -> None:
    """Forget taken files that have not been there for long."""
    old = delete(schedule_files).where(_OF.workspace_id == ctx.workspace_id, _OF.state == "taken")
    tx.execute(old.where(_OF.seen_at < before))


def key(path: str) -> str:
    """Return what stands for a path in an index."""
    return hashlib.blake2b(path.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()


def _drop(tx: Connection, schedule: str, paths: Sequence[str]) -> None:
    keys = [key(path) for path in paths]
    for start in range(0, len(keys), _MANY):
        some = _OF.key.in_(keys[start : start + _MANY])
        tx.execute(delete(schedule_files).where(_OF.schedule == schedule, some))


def _state(tx: Connection, schedule: str, changes: Sequence[tuple[str, str, int]]) -> None:
    if not changes:
        return
    change = (
        update(schedule_files)
        .where(_OF.schedule == bindparam("of"), _OF.key == bindparam("which"))
        .values(state=bindparam("to"), batch=bindparam("number"))
    )
    rows = [{"of": schedule, "which": key(path), "to": to, "number": number} for path, to, number in changes]
    tx.execute(change, rows)
