"""Events are rows written in the caller's transaction: they are true if and only if the change is."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Connection, Integer, bindparam, delete, func, insert, select

from studiolo.kernel.clock import Clock
from studiolo.kernel.db.prepared import Prepared
from studiolo.kernel.events.tables import events


class Event(BaseModel):
    """kind: `<noun>.<what happened>`; subject: id or name of the thing; data: what a page needs to patch itself."""

    id: int
    workspace_id: str
    kind: str
    subject: str
    data: dict[str, Any] = {}
    at: str

    @property
    def moment(self) -> datetime:
        """When it happened."""
        return datetime.fromisoformat(self.at)


_EMIT = Prepared(insert(events))  # nearly every write says something


class Events:
    """The outbox of one workspace."""

    def __init__(self, workspace_id: str, actor: str, clock: Clock) -> None:
        self._workspace_id = workspace_id
        self._actor = actor
        self._clock = clock

    def emit(self, tx: Connection, kind: str, subject: str, data: Mapping[str, Any] | None = None) -> None:
        """Say that something happened, as part of the transaction `tx`."""
        row = {"workspace_id": self._workspace_id, "kind": kind, "subject": subject, "actor": self._actor}
        _EMIT.later(tx, {**row, "data": dict(data or {}), "at": self._clock.now()})


def after(tx: Connection, last: int, limit: int = 500) -> list[Event]:
    """Return the events that follow `last`, oldest first."""
    return _events(tx.execute(select(events).where(events.c.id > last).order_by(events.c.id).limit(limit)))


def of_kinds(tx: Connection, workspace_id: str, kinds: Sequence[str], last: int, until: int, limit: int) -> list[Event]:
    """Return the events of a workspace and of some kinds that follow `last`, up to `until`, oldest first."""
    values = {"workspace_id": workspace_id, "last": last, "until": until, "most": limit}
    return _events(_of_kinds(tuple(kinds)).all(tx, values))


@cache
def _of_kinds(kinds: tuple[str, ...]) -> Prepared:  # asked at every tick of the controller
    between = (events.c.id > bindparam("last"), events.c.id <= bindparam("until"))
    query = select(events).where(*between, events.c.workspace_id == bindparam("workspace_id"), events.c.kind.in_(kinds))
    return Prepared(query.order_by(events.c.id).limit(bindparam("most", type_=Integer)))


def _events(rows: Iterable[Any]) -> list[Event]:
    return [
        Event(
            id=row.id,
            workspace_id=row.workspace_id,
            kind=row.kind,
            subject=row.subject,
            data=row.data,
            at=row.at.isoformat(),
        )
        for row in rows
    ]


_NEWEST = Prepared(select(func.coalesce(func.max(events.c.id), 0).label("newest")))  # asked at every tick


def newest(tx: Connection) -> int:
    """Return the id of the newest event, 0 when there is none."""
    return int(_NEWEST.scalar(tx))


def any_before(tx: Connection, moment: datetime) -> bool:
    """Say whether there is an event older than a moment: one look at an index."""
    return tx.execute(select(events.c.id).where(events.c.at < moment).limit(1)).first() is not None


def forget(tx: Connection, clock: Clock, hours: float) -> int:
    """Remove events older than `hours`; returns how many."""
    return tx.execute(delete(events).where(events.c.at < clock.now() - timedelta(hours=hours))).rowcount
