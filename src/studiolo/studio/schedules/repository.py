"""SQL of schedules."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, func, insert, select, update

from studiolo.kernel.context import Context
from studiolo.kernel.db.prepared import Prepared
from studiolo.studio.experiments import led
from studiolo.studio.schedules.tables import schedule_files, schedule_firings, schedule_targets, schedules

Row = Any
_OF, _FIRING = schedules.c, schedule_firings.c
# asked at every tick of the controller, and to build a statement takes longer than to run it
_DUE = Prepared(
    select(schedules)
    .where(_OF.workspace_id == bindparam("workspace_id"), _OF.enabled, _OF.due_at <= bindparam("now"))
    .where(_OF.kind == bindparam("kind"))
    .order_by(_OF.due_at)
)
_AHEAD = Prepared(
    select(schedules).where(
        _OF.workspace_id == bindparam("workspace_id"),
        _OF.enabled,
        _OF.looked_at > bindparam("now"),
        _OF.kind != "dataset",
    )
)
_WAITING = Prepared(
    select(_FIRING.schedule, func.min(_FIRING.seq).label("seq"))
    .where(_FIRING.workspace_id == bindparam("workspace_id"), _FIRING.state == "waiting")
    .group_by(_FIRING.schedule)
)


def due(tx: Connection, ctx: Context, now: datetime, kind: str = "time") -> list[Row]:
    """Return the schedules whose time has come, the longest waiting first."""
    return _DUE.all(tx, {"workspace_id": ctx.workspace_id, "now": now, "kind": kind})


def ahead(tx: Connection, ctx: Context, now: datetime) -> list[Row]:
    """Return the schedules that were looked at later than now: the clock was set back."""
    return _AHEAD.all(tx, {"workspace_id": ctx.workspace_id, "now": now})


def waiting(tx: Connection, ctx: Context) -> list[tuple[str, int]]:
    """Return the schedules with firings that wait for an earlier run, and the number of the oldest one."""
    return [(row.schedule, row.seq) for row in _WAITING.all(tx, {"workspace_id": ctx.workspace_id})]


def count_waiting(tx: Connection, schedule: str) -> int:
    """Count the firings of a schedule that wait."""
    query = select(func.count()).where(_FIRING.schedule == schedule, _FIRING.state == "waiting")
    return int(tx.execute(query).scalar_one())


def looked(tx: Connection, ctx: Context, kind: str, now: datetime) -> None:
    """Write down that schedules of a kind are looked after: what comes from now on did not come while nothing looked."""
    mine = update(schedules).where(_OF.workspace_id == ctx.workspace_id, _OF.kind == kind, _OF.enabled)
    tx.execute(mine.values(looked_at=now))


def fired_keys(tx: Connection, schedule: str, keys: Sequence[str]) -> set[str]:
    """Return those of the keys that a schedule has fired for."""
    found: set[str] = set()
    for start in range(0, len(keys), 500):
        some = _FIRING.key.in_(keys[start : start + 500])
        found |= set(tx.execute(select(_FIRING.key).where(_FIRING.schedule == schedule, some)).scalars())
    return found


def by_name(tx: Connection, ctx: Context, name: str) -> Row | None:
    """Return a schedule."""
    return tx.execute(select(schedules).where(_OF.workspace_id == ctx.workspace_id, _OF.name == name)).first()


def by_id(tx: Connection, schedule: str) -> Row | None:
    """Return a schedule by its id."""
    return tx.execute(select(schedules).where(_OF.id == schedule)).first()


def all_(tx: Connection, ctx: Context, after: str | None, limit: int, name: str = "") -> list[Row]:
    """Return schedules by name. name: a part of it."""
    query = select(schedules).where(_OF.workspace_id == ctx.workspace_id)
    if after is not None:
        query = query.where(_OF.name > after)
    if name:
        query = query.where(func.lower(_OF.name).contains(name.lower(), autoescape=True))
    return list(tx.execute(query.order_by(_OF.name).limit(limit)))


def running_published(tx: Connection, ctx: Context, name: str) -> list[str]:
    """Return the names of the schedules that run a published pipeline."""
    query = select(_OF.name).where(_OF.workspace_id == ctx.workspace_id, _OF.what == "published")
    return list(tx.execute(query.where(_OF.target_name == name).order_by(_OF.name)).scalars())


def add(tx: Connection, values: Mapping[str, Any]) -> bool:
    """Add a schedule; False when its name is taken."""
    taken = select(_OF.id).where(_OF.workspace_id == values["workspace_id"], _OF.name == values["name"])
    if tx.execute(taken).first() is not None:
        return False
    tx.execute(insert(schedules).values(**values))
    return True


def put_target(tx: Connection, target_id: str, schedule: str, target: Mapping[str, Any]) -> None:
    """Keep what a schedule runs, and forget what it ran before."""
    tx.execute(delete(schedule_targets).where(schedule_targets.c.schedule == schedule))
    tx.execute(insert(schedule_targets).values(id=target_id, schedule=schedule, target=dict(target)))


def target(tx: Connection, target_id: str) -> Mapping[str, Any] | None:
    """Return what a schedule runs; None when that has just changed."""
    found: Mapping[str, Any] | None = tx.execute(
        select(schedule_targets.c.target).where(schedule_targets.c.id == target_id)
    ).scalar_one_or_none()
    return found


def claim(tx: Connection, row: Row, values: Mapping[str, Any]) -> bool:
    """Change a schedule that stands as it was read; False when somebody else has changed it or fired."""
    change = update(schedules).where(_OF.id == row.id, _OF.version == row.version)
    return tx.execute(change.values(version=row.version + 1, **values)).rowcount == 1


def remove(tx: Connection, schedule: str) -> None:
    """Remove a schedule with its firings; the runs stay."""
    tx.execute(delete(schedule_firings).where(_FIRING.schedule == schedule))
    tx.execute(delete(schedule_files).where(schedule_files.c.schedule == schedule))
    tx.execute(delete(schedule_targets).where(schedule_targets.c.schedule == schedule))
    tx.execute(delete(schedules).where(_OF.id == schedule))


def fired(tx: Connection, schedule: str, key: str) -> bool:
    """Say whether a schedule has fired for a key."""
    query = select(_FIRING.seq).where(_FIRING.schedule == schedule, _FIRING.key == key)
    return tx.execute(query).first() is not None


def add_firing(tx: Connection, values: Mapping[str, Any]) -> int:
    """Write down a firing; returns its number."""
    return int(tx.execute(insert(schedule_firings).values(**values).returning(_FIRING.seq)).scalar_one())


def settle(tx: Connection, seq: int, values: Mapping[str, Any]) -> bool:
    """Change a firing that waits; False when it does not any more."""
    change = update(schedule_firings).where(_FIRING.seq == seq, _FIRING.state == "waiting")
    return tx.execute(change.values(**values)).rowcount == 1


def drop_waiting(tx: Connection, schedule: str, reason: str) -> None:
    """Give up what waits."""
    change = update(schedule_firings).where(_FIRING.schedule == schedule, _FIRING.state == "waiting")
    tx.execute(change.values(state="skipped", reason=reason))


def firing(tx: Connection, seq: int) -> Row | None:
    """Return a firing."""
    return tx.execute(select(schedule_firings).where(_FIRING.seq == seq)).first()


def live_run(tx: Connection, schedule: str) -> str | None:
    """Return the newest run of a schedule that has not ended, None when all have."""
    query = (
        select(_FIRING.run_id)
        .where(_FIRING.schedule == schedule, _FIRING.live, ~led.ended(_FIRING.run_id))
        .order_by(_FIRING.seq.desc())
        .limit(1)
    )
    return tx.execute(query).scalar_one_or_none()


def close(tx: Connection, schedule: str) -> None:
    """Write down which runs of a schedule have ended, so that they are not looked at again."""
    change = update(schedule_firings).where(_FIRING.schedule == schedule, _FIRING.live, led.ended(_FIRING.run_id))
    tx.execute(change.values(live=False))


def firings(tx: Connection, schedule: str, before: int | None, limit: int) -> list[Row]:
    """Return what a schedule has fired, newest first."""
    query = select(schedule_firings).where(_FIRING.schedule == schedule)
    if before is not None:
        query = query.where(_FIRING.seq < before)
    return list(tx.execute(query.order_by(_FIRING.seq.desc()).limit(limit)))


def newest(tx: Connection, ids: Sequence[str]) -> dict[str, Row]:
    """Return the newest firing of schedules, by their ids."""
    found: dict[str, Row] = {}
    for start in range(0, len(ids), 500):
        last = (
            select(func.max(_FIRING.seq))
            .where(_FIRING.schedule.in_(ids[start : start + 500]))
            .group_by(_FIRING.schedule)
        )
        found |= {row.schedule: row for row in tx.execute(select(schedule_firings).where(_FIRING.seq.in_(last)))}
    return found


def forget(tx: Connection, ctx: Context, before: datetime) -> int:
    """Remove old firings whose run has ended; the newest of each schedule stays. Returns how many."""
    later = schedule_firings.alias()
    followed = exists().where(later.c.schedule == _FIRING.schedule, later.c.seq > _FIRING.seq)
    gone = delete(schedule_firings).where(
        _FIRING.workspace_id == ctx.workspace_id, _FIRING.fired_at < before, _FIRING.state != "waiting", followed
    )
    return tx.execute(gone.where(led.ended(_FIRING.run_id))).rowcount
