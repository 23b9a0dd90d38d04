"""The controller's tick of schedules: times that have come become runs, and what waited starts when its turn comes.

Level-triggered: each round reads what is due. Who makes a run has moved the schedule on in the same transaction, so that a controller that
is killed anywhere, or two that look at once, make it once.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from studiolo.kernel.context import Context
from studiolo.studio.schedules import coming, deciding, file_memory, firing, repository, targets
from studiolo.studio.schedules.looking import Looks

log = logging.getLogger(__name__)
_AT_ONCE = 25  # times of one schedule in a round
_ROUND_SECONDS = 1.0  # thousands may be due at two at night: jobs that run are looked after in between
_PAUSE, _WORST_PAUSE = 5.0, 60.0
_LOOK_BACK = 5.0  # seconds between looks whether the clock was set back
_HOUSE_SECONDS, _HOUSE_FIRST = 3600.0, 60.0
_KEEP = timedelta(days=90)
_VERSIONS = 1.0  # seconds between looks at versions
_LOOKED = timedelta(minutes=1)  # between notes that they are looked at


@dataclass(slots=True)
class _Workspace:
    """What the controller remembers; lost with it, which costs nothing."""

    blocked: dict[str, tuple[int, float]] = field(default_factory=dict)
    back_at: float = 0.0
    versions_at: float = 0.0
    looks: Looks = field(default_factory=Looks)
    house_at: float = field(default_factory=lambda: time.monotonic() + _HOUSE_FIRST)


_known: dict[tuple[str, str], _Workspace] = {}


def tick(ctx: Context) -> bool:
    """Fire what is due; True when something changed."""
    remembered = _known.setdefault((str(ctx.settings.home), ctx.workspace_id), _Workspace())
    now, clock = ctx.clock.now(), time.monotonic()
    back = clock >= remembered.back_at
    work: list[tuple[str, Callable[[], bool]]] = []
    with ctx.db.glance() as tx:
        rows = repository.due(tx, ctx, now)
        if back:
            ahead = repository.ahead(tx, ctx, now + deciding.ON_TIME)
            rows += [row for row in ahead if row.kind == "time"]
            work += [(row.id, partial(coming.look_again, ctx, row)) for row in ahead if row.kind == "files"]
            remembered.back_at = clock + _LOOK_BACK
        waiting = repository.waiting(tx, ctx)
        looks = repository.due(tx, ctx, now, "files")
        arrivals = file_memory.with_arrivals(tx, ctx)
        versions = repository.due(tx, ctx, now, "dataset") if clock >= remembered.versions_at else []
    work += [(row.id, partial(_advance, ctx, row)) for row in rows]
    work += [(schedule, partial(firing.start_waiting, ctx, schedule, seq)) for schedule, seq in waiting]
    work += [(schedule, partial(coming.start_files, ctx, schedule)) for schedule in arrivals]
    work += [(row.id, partial(coming.start_versions, ctx, row)) for row in versions]
    work += [(row.id, partial(coming.look, ctx, row, remembered.looks)) for row in looks]
    busy, whole = False, True
    for schedule, one in work:
        busy = _guarded(remembered, schedule, one) or busy
        if busy and time.monotonic() - clock >= _ROUND_SECONDS:
            whole = False
            break
    if whole and clock >= remembered.versions_at:
        remembered.versions_at = clock + _VERSIONS
        if any(now - row.looked_at > _LOOKED for row in versions):
            with ctx.db.begin() as tx:
                repository.looked(tx, ctx, "dataset", now)
    _keep_house(ctx, remembered)
    return busy


def _advance(ctx: Context, row: Any) -> bool:
    """Go through the times of a schedule that have come."""
    busy = False
    for _ in range(_AT_ONCE):
        trigger = targets.TIMES.validate_python(row.trigger)
        found = deciding.step(trigger, row.due_at, row.looked_at, ctx.clock.now(), row.catch_up)
        if found is None:
            return busy
        if isinstance(found, deciding.Fire):
            changed = firing.fire(ctx, row, found)
        else:
            changed = firing.pass_over(ctx, row, found)
        if not changed:
            return busy
        busy = True
        with ctx.db.read() as tx:
            row = repository.by_id(tx, row.id)
        if row is None or not row.enabled:
            return busy
    return busy


def _guarded(remembered: _Workspace, schedule: str, work: Callable[[], bool]) -> bool:
    """Do something for a schedule; one's trouble must not stop the others."""
    failures, until = remembered.blocked.get(schedule, (0, 0.0))
    if until > time.monotonic():
        return False
    try:
        done = work()
    except firing.Later as error:
        remembered.blocked[schedule] = (0, time.monotonic() + _PAUSE)
        log.warning("schedule %s: %s; again in %.0f s", schedule, error, _PAUSE)
        return False
    except Exception:
        # one schedule's trouble must not stop the others
        pause = min(_WORST_PAUSE, 0.5 * 2.0 ** min(failures, 10))
        remembered.blocked[schedule] = (failures + 1, time.monotonic() + pause)
        log.exception("schedule %s could not fire; again in %.1f s", schedule, pause)
        return False
    remembered.blocked.pop(schedule, None)
    return done


def _keep_house(ctx: Context, remembered: _Workspace) -> None:
    """Remove old firings, once an hour."""
    if time.monotonic() < remembered.house_at:
        return
    remembered.house_at = time.monotonic() + _HOUSE_SECONDS
    with ctx.db.begin() as tx:
        repository.forget(tx, ctx, ctx.clock.now() - _KEEP)
        file_memory.forget_old(tx, ctx, ctx.clock.now() - _KEEP)
