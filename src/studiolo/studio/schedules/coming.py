"""The part of the controller's tick for what arrives: looks for files, and the runs of files and versions that came.

What a look found is written in one transaction with the schedule's step to the next look; files that arrived stay written down until the
transaction that makes their run marks them as taken. Versions are read from the dataset, and a firing's key is there once for each.
"""

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.kernel.ids import new_id
from studiolo.studio.datasets import service as datasets
from studiolo.studio.schedules import arriving, deciding, file_memory, firing, repository, targets, watched
from studiolo.studio.schedules.arriving import Seen, Version
from studiolo.studio.schedules.looking import Looks
from studiolo.studio.schedules.schemas import FilesCause, NewFiles, NewVersion, VersionCause

_AT_ONCE = 25  # runs for one schedule in a round


def look(ctx: Context, row: Any, looks: Looks) -> bool:
    """Look for files of a schedule; True when there was news."""
    trigger = targets.TRIGGERS.validate_python(row.trigger)
    if not isinstance(trigger, NewFiles):
        return False
    if trigger.end and ctx.clock.now() > trigger.end:
        with ctx.db.begin() as tx:
            return repository.claim(tx, row, {"due_at": None})
    try:
        found = looks.ask(row.id, partial(_files, ctx, row, trigger))
    except StudioloError as error:
        return _look_failed(ctx, row, trigger, error)
    return False if found is None else _looked(ctx, row, trigger, found)


def _files(ctx: Context, row: Any, trigger: NewFiles) -> Sequence[Seen]:
    return watched.files(firing.owner(ctx, row), trigger)


def _looked(ctx: Context, row: Any, trigger: NewFiles, there: Sequence[Seen]) -> bool:
    """Write down what a look found."""
    now = ctx.clock.now()
    away = now - row.looked_at > deciding.ON_TIME + timedelta(seconds=trigger.interval)
    with ctx.db.read() as tx:
        known = file_memory.known(tx, row.id)
    found = arriving.compare(known, there, trigger.most, row.catch_up)
    step = {"due_at": now + timedelta(seconds=trigger.interval), "looked_at": now, "look_failed": False}
    with ctx.db.begin() as tx:
        if not repository.claim(tx, row, {**step, **({"trouble": ""} if row.look_failed else {})}):
            return False
        file_memory.write(tx, row, found, now, late=away, batch=trigger.batch)
        file_memory.renew(tx, row.id, there, now)
        if found.missed:
            firing.pass_by(tx, ctx, row, watched.cause(trigger, found.missed[-1:]), len(found.missed))
        if row.look_failed or found.arrived:
            ctx.events.emit(tx, "schedule.updated", row.name, {"arrived": len(found.arrived)})
    return bool(found.arrived)


def _look_failed(ctx: Context, row: Any, trigger: NewFiles, error: StudioloError) -> bool:
    """Write down why files cannot be looked for; in the history once, until they can again."""
    now = ctx.clock.now()
    step = {"due_at": now + timedelta(seconds=trigger.interval), "looked_at": now}
    with ctx.db.begin() as tx:
        if not repository.claim(tx, row, {**step, "trouble": str(error), "look_failed": True}):
            return False
        if not row.look_failed:
            firing.fail(tx, ctx, row, now, {"key": f"look:{new_id()}", "origin": "files"}, error)
    return False


def look_again(ctx: Context, row: Any) -> bool:
    """Look at once: the clock was set back behind the last look."""
    now = ctx.clock.now()
    with ctx.db.begin() as tx:
        return repository.claim(tx, row, {"due_at": now, "looked_at": now})


def start_files(ctx: Context, schedule: str) -> bool:
    """Make the runs of files that arrived, in their order; True when there was one."""
    busy = False
    for _ in range(_AT_ONCE):
        with ctx.db.read() as tx:
            row, files = repository.by_id(tx, schedule), file_memory.first_batch(tx, schedule)
        if row is None or not row.enabled or not files:
            return busy
        trigger = targets.TRIGGERS.validate_python(row.trigger)
        if not isinstance(trigger, NewFiles):
            return busy
        cause: FilesCause = watched.cause(trigger, [Seen(one.path, one.size, one.mark) for one in files])
        if not firing.come(ctx, row, cause, f"files:{new_id()}", {}, partial(_take, files=files)):
            return busy
        busy = True
    return busy


def _take(tx: Connection, files: Sequence[Any]) -> bool:
    return file_memory.take(tx, files)


def start_versions(ctx: Context, row: Any) -> bool:
    """Make the runs of new versions, in their order; True when there was one."""
    busy = False
    for _ in range(_AT_ONCE):
        if row is None or not row.enabled or not _next_version(ctx, row):
            return busy
        busy = True
        with ctx.db.read() as tx:
            row = repository.by_id(tx, row.id)
    return busy


def _next_version(ctx: Context, row: Any) -> bool:
    trigger = targets.TRIGGERS.validate_python(row.trigger)
    if not isinstance(trigger, NewVersion):
        return False
    now = ctx.clock.now()
    if trigger.end and now > trigger.end:
        with ctx.db.begin() as tx:
            return repository.claim(tx, row, {"due_at": None})
    with ctx.db.read() as tx:
        newer = datasets.numbers_after(tx, ctx, trigger.dataset, row.position)
        if not newer:
            return False
        keys = {_key(trigger.dataset, number): number for number, _, _ in newer}
        fired = {keys[key] for key in repository.fired_keys(tx, row.id, list(keys))}
    return _step(ctx, row, trigger, newer, fired)


def _step(
    ctx: Context,
    row: Any,
    trigger: NewVersion,
    newer: Sequence[tuple[int, str | None, datetime]],
    fired: Collection[int],
) -> bool:
    """Do what is next about the versions that are newer than those that are settled."""
    away = ctx.clock.now() - row.looked_at > deciding.ON_TIME
    versions = [Version(number, quality, away and made > row.looked_at) for number, quality, made in newer]
    found = arriving.step(row.position, versions, fired, row.catch_up)
    if found.missed:
        return _pass_over(ctx, row, trigger, found.missed)
    if found.fire is None:
        if found.position == row.position:
            return False
        with ctx.db.begin() as tx:
            return repository.claim(tx, row, {"position": found.position})
    cause = VersionCause(dataset=trigger.dataset, version=found.fire)
    key = _key(trigger.dataset, found.fire)
    return firing.come(ctx, row, cause, key, {"position": found.position}, lambda tx: True)  # noqa: ARG005


def _pass_over(ctx: Context, row: Any, trigger: NewVersion, missed: list[int]) -> bool:
    """Pass over versions that came while nothing looked; each has its line, so that none of them comes again."""
    with ctx.db.begin() as tx:
        if not repository.claim(tx, row, {}):
            return False
        for number in missed:
            cause = VersionCause(dataset=trigger.dataset, version=number)
            firing.pass_by(tx, ctx, row, cause, 1, _key(trigger.dataset, number))
    return True


def _key(dataset: str, number: int) -> str:
    """Return what makes the firing of a version the only one."""
    return f"version:{hashlib.blake2b(dataset.encode(), digest_size=12).hexdigest()}:{number}"
