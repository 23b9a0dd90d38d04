"""The verbs of schedules: make, look at, change, pause, run now, remove."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from studiolo.kernel.auth import service as auth
from studiolo.kernel.context import Context
from studiolo.kernel.ids import new_id
from studiolo.kernel.paging import Page, bounded, decode, encode
from studiolo.studio.experiments import service as experiments
from studiolo.studio.pipelines.published import usage
from studiolo.studio.schedules import file_memory, filling, firing, repository, targets, triggers, watched
from studiolo.studio.schedules.errors import ScheduleChanged, ScheduleExists, ScheduleNotFound
from studiolo.studio.schedules.schemas import (
    Firing,
    NewFiles,
    RunAsked,
    Schedule,
    ScheduleCreate,
    ScheduleDetail,
    SchedulePatch,
    Target,
    Times,
    TimesAsked,
    Trigger,
)
from studiolo.studio.schedules.watched import There

_SHOWN = 5  # times to come


@usage.add
def _running(tx: Connection, ctx: Context, name: str) -> list[str]:
    """Tell a published pipeline which schedules run it."""
    return [f"schedule {one}" for one in repository.running_published(tx, ctx, name)]


def create(ctx: Context, given: ScheduleCreate) -> ScheduleDetail:
    """Make a schedule, which runs with the actor's rights. Raises BadSchedule, ScheduleExists, and what its run would raise."""
    trigger, there = _checked(ctx, given.name, given.trigger, given.target)
    now = ctx.clock.now()
    schedule, target = new_id(), new_id()
    values = {
        "id": schedule,
        "workspace_id": ctx.workspace_id,
        "name": given.name,
        "description": given.description,
        "enabled": given.enabled,
        "trigger": trigger.model_dump(mode="json"),
        "kind": triggers.kind(trigger),
        "position": there.position,
        "target": target,
        **targets.about(given.target),
        "catch_up": given.catch_up,
        "overlap": given.overlap,
        **_owner(ctx),
        "due_at": triggers.due(trigger, now),
        "looked_at": now,
        "created_at": now,
        "created_by": ctx.actor.name,
        "updated_at": now,
    }
    with ctx.db.begin() as tx:
        if not repository.add(tx, values):
            raise ScheduleExists(given.name)
        repository.put_target(tx, target, schedule, _kept(given.target))
        _leave(tx, ctx, schedule, trigger, there)
        _note(tx, ctx, "schedule.created", given.name, enabled=given.enabled)
    return get(ctx, given.name)


def change(ctx: Context, name: str, given: SchedulePatch) -> ScheduleDetail:
    """Change a schedule; when or what it runs changes to the actor's rights too. Raises as `create`, and ScheduleChanged."""
    with ctx.db.read() as tx:
        row = find(tx, ctx, name)
        old = _target(tx, row)
    told = given.model_dump(exclude_unset=True, exclude_none=True)
    values: dict[str, Any] = {key: told[key] for key in ("description", "catch_up", "overlap") if key in told}
    target, trigger = given.target or old, _trigger(row)
    there = watched.There()
    if given.trigger is not None or given.target is not None:
        trigger, there = _checked(ctx, name, given.trigger or trigger, target)
        values |= {"trigger": trigger.model_dump(mode="json"), **targets.about(target), **_restarted(ctx, trigger)}
    anew = given.trigger is not None and trigger != _trigger(row)
    if anew:
        values |= {"kind": triggers.kind(trigger), "position": there.position}
        if row.kind == "time" and values["kind"] != "time":  # what arrives is not lost, unless it is said
            values = {"catch_up": "all", "overlap": "queue", **values}
    if given.target is not None:
        values["target"] = new_id()
    with ctx.db.begin() as tx:
        if not repository.claim(tx, row, {**values, "updated_at": ctx.clock.now()}):
            raise ScheduleChanged(name)
        if given.target is not None:
            repository.put_target(tx, values["target"], row.id, _kept(target))
        if anew:
            file_memory.forget(tx, row.id)
            _leave(tx, ctx, row.id, trigger, there)
        _note(tx, ctx, "schedule.updated", name, changed=sorted(told))
    return get(ctx, name)


def pause(ctx: Context, name: str) -> ScheduleDetail:
    """Let a schedule rest; what waited for an earlier run is given up."""
    return _switch(ctx, name, {"enabled": False})


def resume(ctx: Context, name: str) -> ScheduleDetail:
    """Let a schedule go on from now, with the actor's rights; the times of its rest are not made up for."""
    with ctx.db.read() as tx:
        row = find(tx, ctx, name)
    if row.enabled and not row.trouble:
        return get(ctx, name)
    with ctx.db.read() as tx:
        target = _target(tx, row)
    trigger = _trigger(row)
    there = _try(ctx, name, trigger, target)
    if row.enabled:  # it did not run, and what came meanwhile is not given up
        return _switch(ctx, name, {"enabled": True, **_restarted(ctx, trigger)})
    values = {"enabled": True, **_restarted(ctx, trigger), "position": there.position}
    return _switch(ctx, name, values, lambda tx: _leave(tx, ctx, row.id, trigger, there))


def run(ctx: Context, name: str, asked: RunAsked | None = None) -> Firing:
    """Make a run of what a schedule runs at once, whatever else runs; with the actor's rights.

    asked: of a trigger by what arrives, for which version or file; the newest of it without one. Raises BadSchedule for another's.
    """
    with ctx.db.read() as tx:
        row = find(tx, ctx, name)
    cause = watched.chosen(ctx, _trigger(row), asked or RunAsked())
    seq = firing.now(ctx, row, f"request:{new_id()}", cause)
    with ctx.db.read() as tx:
        found = repository.firing(tx, seq)
    return _firings(ctx, [found])[0]


def remove(ctx: Context, name: str) -> None:
    """Remove a schedule with its history; its runs stay, and go on."""
    with ctx.db.begin() as tx:
        repository.remove(tx, find(tx, ctx, name).id)
        _note(tx, ctx, "schedule.deleted", name)


def get(ctx: Context, name: str) -> ScheduleDetail:
    """Return a schedule with what it runs; raises ScheduleNotFound."""
    with ctx.db.read() as tx:
        row = find(tx, ctx, name)
        target = _target(tx, row)
    return ScheduleDetail(**_shown(ctx, [row])[0].model_dump(), target=target)


def list_(ctx: Context, cursor: str | None = None, limit: int = 100, name: str = "") -> Page[Schedule]:
    """Return a page of schedules by name. name: a part of it."""
    keys, limit = decode(cursor, 1), bounded(limit)
    with ctx.db.read() as tx:
        rows = repository.all_(tx, ctx, str(keys[0]) if keys else None, limit + 1, name)
    more = encode(rows[limit - 1].name) if len(rows) > limit else None
    return Page(items=_shown(ctx, rows[:limit]), next=more)


def firings(ctx: Context, name: str, cursor: str | None = None, limit: int = 50) -> Page[Firing]:
    """Return what a schedule has fired, newest first."""
    keys, limit = decode(cursor, 1), bounded(limit)
    with ctx.db.read() as tx:
        rows = repository.firings(tx, find(tx, ctx, name).id, int(keys[0]) if keys else None, limit + 1)
    more = encode(rows[limit - 1].seq) if len(rows) > limit else None
    return Page(items=_firings(ctx, rows[:limit]), next=more)


def preview(ctx: Context, asked: TimesAsked) -> Times:
    """Return the next times of a trigger, or what is there of what it waits for, before a schedule is made of it; raises BadSchedule."""
    now = ctx.clock.now()
    trigger = triggers.settled(asked.trigger, now)
    there = watched.there(ctx, trigger)
    coming = triggers.upcoming(trigger, now, asked.count)
    return Times(
        times=coming, zone=trigger.zone, says=triggers.words(trigger), there=list(there.names), count=there.total
    )


def find(tx: Connection, ctx: Context, name: str) -> Any:
    """Return the row of a schedule; raises ScheduleNotFound."""
    row = repository.by_name(tx, ctx, name)
    if row is None:
        raise ScheduleNotFound(name)
    return row


def _checked(ctx: Context, name: str, trigger: Trigger, target: Target) -> tuple[Trigger, There]:
    """Return a trigger as it is kept, after a look whether its runs could be made, and what is there."""
    found = triggers.settled(trigger, ctx.clock.now())
    return found, _try(ctx, name, found, target)


def _try(ctx: Context, name: str, trigger: Trigger, target: Target) -> There:
    due = triggers.due(trigger, ctx.clock.now()) or ctx.clock.now()
    there = watched.there(ctx, trigger)
    cause = there.newest or watched.stand_in(trigger)
    targets.ready(ctx, target, filling.words(name, due, trigger.zone, cause), name)
    return there


def _leave(tx: Connection, ctx: Context, schedule: str, trigger: Trigger, there: There) -> None:
    """Write down which files are there already, and are left alone."""
    if isinstance(trigger, NewFiles) and trigger.existing == "ignore":
        file_memory.forget(tx, schedule)
        file_memory.put(tx, schedule, ctx.workspace_id, there.files, "taken", ctx.clock.now(), late=False)


def _owner(ctx: Context) -> dict[str, Any]:
    scopes = sorted(ctx.actor.scopes) if ctx.actor.scopes is not None else None
    return {"owner_id": ctx.actor.id, "owner": ctx.actor.name, "scopes": scopes}


def _restarted(ctx: Context, trigger: Trigger) -> dict[str, Any]:
    now = ctx.clock.now()
    due = triggers.due(trigger, now)
    return {**_owner(ctx), "due_at": due, "looked_at": now, "trouble": "", "look_failed": False}


def _switch(
    ctx: Context,
    name: str,
    values: dict[str, Any],
    more: Callable[[Connection], None] = lambda tx: None,  # noqa: ARG005
) -> ScheduleDetail:
    with ctx.db.begin() as tx:
        row = find(tx, ctx, name)
        if not repository.claim(tx, row, {**values, "updated_at": ctx.clock.now()}):
            raise ScheduleChanged(name)
        if not values["enabled"]:
            repository.drop_waiting(tx, row.id, "The schedule was paused.")
        more(tx)
        _note(tx, ctx, "schedule.updated", name, enabled=values["enabled"])
    return get(ctx, name)


def _note(tx: Connection, ctx: Context, kind: str, name: str, **detail: Any) -> None:
    auth.audit(tx, ctx.clock, ctx.workspace_id, ctx.actor.id, kind, name, detail)
    ctx.events.emit(tx, kind, name, detail)


def _kept(target: Target) -> dict[str, Any]:
    return targets.plain(target).model_dump(mode="json", exclude_defaults=True) | {"kind": target.kind}


def _target(tx: Connection, row: Any) -> Target:
    return targets.READER.validate_python(repository.target(tx, row.target))


def _trigger(row: Any) -> Trigger:
    return targets.TRIGGERS.validate_python(row.trigger)


def _shown(ctx: Context, rows: Sequence[Any]) -> list[Schedule]:
    now = ctx.clock.now()
    with ctx.db.read() as tx:
        newest = repository.newest(tx, [row.id for row in rows])
        pending = file_memory.count_arrived(tx, [row.id for row in rows if row.kind == "files"])
    last = {row.schedule: one for row, one in zip(newest.values(), _firings(ctx, [*newest.values()]), strict=True)}
    return [_schedule(row, _next(row, now), last.get(row.id), pending.get(row.id, 0)) for row in rows]


def _next(row: Any, now: datetime) -> list[datetime]:
    if not row.enabled or row.due_at is None or row.kind != "time":
        return []
    return [row.due_at, *triggers.upcoming(_trigger(row), max(row.due_at, now), _SHOWN - 1)]


def _schedule(row: Any, coming: list[datetime], last: Firing | None, pending: int) -> Schedule:
    trigger = _trigger(row)
    state = "finished" if row.due_at is None else "troubled" if row.trouble else "active"
    return Schedule(
        name=row.name,
        description=row.description,
        state=state if row.enabled else "paused",
        enabled=row.enabled,
        trigger=trigger,
        says=triggers.words(trigger),
        zone=trigger.zone,
        what=row.what,
        target_name=row.target_name,
        experiment=row.experiment,
        catch_up=row.catch_up,
        overlap=row.overlap,
        trouble=row.trouble,
        runs_as=row.owner,
        next=coming,
        looked_at=row.looked_at if row.kind == "files" else None,
        pending=pending,
        last=last,
        created_at=row.created_at,
        created_by=row.created_by,
        updated_at=row.updated_at,
    )


def _firings(ctx: Context, rows: Sequence[Any]) -> list[Firing]:
    runs = experiments.some(ctx, [row.run_id for row in rows if row.run_id])
    found = []
    for row in rows:
        run_ = runs.get(row.run_id) if row.run_id else None
        found.append(
            Firing(
                id=row.seq,
                due=row.due,
                fired_at=row.fired_at,
                origin=row.origin,
                state=row.state,
                run_id=row.run_id,
                run_state=run_.state if run_ else None,
                run_name=run_.name if run_ else "",
                reason=row.reason,
                field=row.field,
                count=row.count,
                until=row.until,
                cause=row.cause,
            )
        )
    return found
