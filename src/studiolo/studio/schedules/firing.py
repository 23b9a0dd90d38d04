"""Makes the run of a time that has come, or says why there is none; each in one transaction with the schedule's step over that time."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from studiolo.kernel.auth import service as auth
from studiolo.kernel.context import Context
from studiolo.kernel.errors import Denied, StudioloError, Unavailable
from studiolo.kernel.ids import new_id
from studiolo.studio.schedules import deciding, filling, repository, targets
from studiolo.studio.schedules.deciding import Fire, Miss, Reset
from studiolo.studio.schedules.errors import BadSchedule
from studiolo.studio.schedules.schemas import MOST_CAUGHT_UP, Cause, Target
from studiolo.studio.schedules.targets import Ready
from studiolo.studio.schedules.watched import READS
from studiolo.studio.workspace.notices import posting
from studiolo.studio.workspace.notices.schemas import Notice

log = logging.getLogger(__name__)
FAILED = "schedule.failed"
Take = Callable[[Connection], bool]
_PATIENCE = deciding.ON_TIME  # what does not answer is asked again for so long


class Later(Exception):
    """Something needed does not answer just now: the time is tried again."""


class Overtaken(Exception):
    """What was looked at has changed since: nothing of this is recorded, and it is looked at again."""


def owner(ctx: Context, row: Any) -> Context:
    """Return the context of a schedule's owner as things stand now; raises Denied when the account is gone or may not any more."""
    scopes = frozenset(row.scopes) if row.scopes is not None else None
    with ctx.db.read() as tx:
        actor = auth.standing(tx, ctx.workspace_id, row.owner_id, scopes)
    hint = "A member who may save the schedule again, or resume it; it then runs with that member's rights."
    if actor is None:
        raise Denied(f"It runs as '{row.owner}', who is no member of the workspace any more.", hint)
    for permission in ("schedules.write", targets.NEEDED[row.what], *filter(None, [READS.get(row.kind)])):
        if not actor.may(permission):
            raise Denied(f"It runs as '{row.owner}', who has not the permission '{permission}' any more.", hint)
    return replace(ctx, actor=actor)


def pass_over(ctx: Context, row: Any, found: Miss | Reset) -> bool:
    """Step over times that were missed, or back after the clock was set back; False when somebody else was first."""
    now = ctx.clock.now()
    with ctx.db.begin() as tx:
        if not repository.claim(tx, row, {"due_at": found.next, "looked_at": now}):
            return False
        if isinstance(found, Miss):
            key = f"missed:{found.first.isoformat()}"
            if not repository.fired(tx, row.id, key):
                values = {
                    "state": "skipped",
                    "reason": deciding.reason(found),
                    "count": found.count,
                    "until": found.last,
                }
                _write(tx, ctx, row, found.first, {"key": key, "origin": "time", **values})
        return True


def fire(ctx: Context, row: Any, found: Fire) -> bool:
    """Make the run of a time; False when somebody else was first. Raises Later."""
    key, origin = found.due.isoformat(), "catch_up" if found.late else "time"
    step = {"due_at": found.next, "looked_at": ctx.clock.now()}
    overlap = "queue" if found.late and row.catch_up == "all" and row.overlap == "skip" else row.overlap
    with ctx.db.read() as tx:
        done = repository.fired(tx, row.id, key)
        values = {} if done else _held_up(tx, row, overlap)
    about = {"key": key, "origin": origin}
    if done:  # the clock was set back
        with ctx.db.begin() as tx:
            return repository.claim(tx, row, step)
    try:
        ready = None if values else _ready(ctx, row, found.due)
        return _record(ctx, row, found.due, {**about, **values}, step, ready, overlap)
    except Overtaken:
        return True
    except StudioloError as error:
        _patiently(ctx, error, found.due)
        with ctx.db.begin() as tx:
            if not repository.claim(tx, row, {**step, "trouble": str(error)}):
                return False
            fail(tx, ctx, row, found.due, about, error)
        return True


def _record(
    ctx: Context,
    row: Any,
    due: datetime,
    values: Mapping[str, Any],
    step: Mapping[str, Any],
    ready: Ready | None,
    overlap: str,
    take: Take = lambda tx: True,  # noqa: ARG005
) -> bool:
    """Write a firing, with the run of one that is ready; False when somebody else was first. take: marks what came as had."""
    with ctx.db.begin() as tx:
        if not repository.claim(tx, row, {**step, **({"trouble": ""} if ready else {})}):
            return False
        if not take(tx):
            raise Overtaken
        repository.close(tx, row.id)
        made: dict[str, Any] = {}
        if ready is not None:
            if _held_up(tx, row, overlap):  # since it was looked at
                raise Overtaken
            made = {"state": "started", "live": True, "run_id": ready.begin(tx)}
        _write(tx, ctx, row, due, {**values, **made})
    return True


def come(ctx: Context, row: Any, cause: Cause, key: str, step: Mapping[str, Any], take: Take) -> bool:
    """Make the run of a version or of files; False when somebody else was first, or while an earlier run goes on. Raises Later.

    take: marks them as had, in the transaction that makes the run; while they wait for an earlier run they stay where they are.
    """
    due = ctx.clock.now()
    with ctx.db.read() as tx:
        values = _held_up(tx, row, "skip" if row.overlap == "queue" else row.overlap)
    if values and row.overlap == "queue":
        return False
    about = {"key": key, "origin": cause.kind, "cause": cause.model_dump(mode="json")}
    try:
        ready = None if values else _ready(ctx, row, due, cause)
        return _record(
            ctx, row, due, {**about, **values}, step, ready, "allow" if row.overlap == "allow" else "skip", take
        )
    except Overtaken:
        return False
    except Unavailable as error:  # nothing of what came is given up for that
        raise Later(str(error)) from error
    except StudioloError as error:
        with ctx.db.begin() as tx:
            if not repository.claim(tx, row, {**step, "trouble": str(error)}) or not take(tx):
                return False
            fail(tx, ctx, row, due, about, error)
        return True


def pass_by(tx: Connection, ctx: Context, row: Any, cause: Cause, count: int, key: str = "") -> None:
    """Write down what came while nothing looked, and is not made up for."""
    values = {"key": key or f"missed:{new_id()}", "origin": cause.kind, "state": "skipped", "count": count}
    reason = "It came while the studio did not run." if count == 1 else f"{count} came while the studio did not run."
    _write(tx, ctx, row, ctx.clock.now(), {**values, "reason": reason, "cause": cause.model_dump(mode="json")})


def start_waiting(ctx: Context, schedule: str, seq: int) -> bool:
    """Make the run of a firing that waited for an earlier one; False when it has to wait on. Raises Later."""
    with ctx.db.read() as tx:
        row, waiting = repository.by_id(tx, schedule), repository.firing(tx, seq)
        if row is None or waiting is None or waiting.state != "waiting" or repository.live_run(tx, schedule):
            return False
    try:
        return _start(ctx, row, waiting, _ready(ctx, row, waiting.due))
    except Overtaken:
        return False
    except StudioloError as error:
        _patiently(ctx, error, waiting.fired_at)
        with ctx.db.begin() as tx:
            if not repository.claim(tx, row, {"trouble": str(error)}):
                return False
            values = {"state": "failed", "reason": str(error), "field": error.field, "fired_at": ctx.clock.now()}
            if repository.settle(tx, seq, values):
                _notify(tx, ctx, row, waiting.due, error)
                _tell(tx, ctx, row, waiting.due, values)
        return True


def _start(ctx: Context, row: Any, waiting: Any, ready: Ready) -> bool:
    with ctx.db.begin() as tx:
        if not repository.claim(tx, row, {"trouble": ""}):
            return False
        repository.close(tx, row.id)
        values = {"state": "started", "live": True, "run_id": ready.begin(tx), "fired_at": ctx.clock.now()}
        if not repository.settle(tx, waiting.seq, {**values, "reason": ""}):
            raise Overtaken
        _tell(tx, ctx, row, waiting.due, values)
    return True


def now(ctx: Context, row: Any, key: str, cause: Cause | None = None) -> int:
    """Make a run at once, with the rights of the actor; returns the number of the firing."""
    due = ctx.clock.now()
    with ctx.db.read() as tx:
        known = filling.words(row.name, due, row.trigger.get("zone", "UTC"), cause)
        target = _target(tx, row)
    ready = targets.ready(ctx, target, known, row.name)
    with ctx.db.begin() as tx:
        run_id = ready.begin(tx)
        values = {"key": key, "origin": "request", "state": "started", "live": True, "run_id": run_id}
        values |= {"cause": cause.model_dump(mode="json")} if cause else {}
        return _write(tx, ctx, row, due, values)


def _held_up(tx: Connection, row: Any, overlap: str) -> dict[str, Any]:
    """Return what a firing is instead of a run because an earlier one has not ended; empty when nothing is in its way."""
    if overlap == "allow":
        return {}
    live = repository.live_run(tx, row.id)
    if overlap == "skip":
        return {"state": "skipped", "reason": f"Run {live} of this schedule had not ended."} if live else {}
    waiting = repository.count_waiting(tx, row.id)
    if waiting >= MOST_CAUGHT_UP:
        return {"state": "skipped", "reason": f"{waiting} earlier times wait already."}
    return {"state": "waiting", "reason": "It waits for an earlier run to end."} if live or waiting else {}


def _ready(ctx: Context, row: Any, due: datetime, cause: Cause | None = None) -> Ready:
    mine = owner(ctx, row)
    with ctx.db.read() as tx:
        target = _target(tx, row)
    known = filling.words(row.name, due, row.trigger.get("zone", "UTC"), cause)
    return targets.ready(mine, target, known, row.name)


def _target(tx: Connection, row: Any) -> Target:
    found = repository.target(tx, row.target)
    if found is None:
        raise BadSchedule("What it runs is being changed.", "Try again.", field="target")
    return targets.READER.validate_python(found)


def _patiently(ctx: Context, error: StudioloError, since: datetime) -> None:
    """Raise Later for something that does not answer just now, for a while."""
    if isinstance(error, Unavailable) and ctx.clock.now() - since < _PATIENCE:
        raise Later(str(error)) from error


def fail(tx: Connection, ctx: Context, row: Any, due: datetime, about: Mapping[str, Any], error: StudioloError) -> None:
    """Write down that there is no run, and why; members are told once until it has run again."""
    values = {"state": "failed", "reason": str(error), "field": error.field}
    _write(tx, ctx, row, due, {**about, **values})
    _notify(tx, ctx, row, due, error)


def _notify(tx: Connection, ctx: Context, row: Any, due: datetime, error: StudioloError) -> None:
    """Tell the members that a schedule does not run; once until it has run again."""
    if row.trouble:
        return
    notice = Notice(
        kind=FAILED,
        severity="problem",
        title=f"Schedule {row.name} does not run",
        text=f"{due:%Y-%m-%d %H:%M} UTC: {error}",
        href=f"schedules/{row.name}",
        key=f"schedule:{row.id}:{due.isoformat()}",
    )
    posting.post(tx, ctx, notice)


def _write(tx: Connection, ctx: Context, row: Any, due: datetime, values: Mapping[str, Any]) -> int:
    made = {"schedule": row.id, "workspace_id": ctx.workspace_id, "due": due, "fired_at": ctx.clock.now(), **values}
    seq = repository.add_firing(tx, made)
    _tell(tx, ctx, row, due, values)
    return seq


def _tell(tx: Connection, ctx: Context, row: Any, due: datetime, values: Mapping[str, Any]) -> None:
    data = {"due": due.isoformat(), "state": values["state"], "run_id": values.get("run_id")}
    ctx.events.emit(tx, "schedule.fired", row.name, data)
