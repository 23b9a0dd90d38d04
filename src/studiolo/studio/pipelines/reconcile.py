"""The controller's tick of pipelines: looks at those in which something has happened, and now and then at all that are live.

The tick comes after that of experiments in the same round, so that what waits for a job starts in the round in which the job ends.
"""

import logging
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from studiolo.kernel.context import Context
from studiolo.studio.pipelines import engine, repository

log = logging.getLogger(__name__)
FULL_SECONDS = 10.0  # between looks at a pipeline in which nothing seems to have happened
_WAIT_SECONDS = 0.2  # between looks at one whose step waits for the same result to be computed elsewhere
_WORST_PAUSE = 60.0
_HOUSE_SECONDS, _HOUSE_FIRST = 3600.0, 60.0
_KEEP = timedelta(days=1)


@dataclass(slots=True)
class _Known:
    """What the controller remembers of a pipeline; lost with it, which costs a look."""

    version: int = -1
    at: float = 0.0  # when it is looked at though nothing happened
    failures: int = 0
    blocked_until: float = 0.0


@dataclass(slots=True)
class _Workspace:
    pipelines: dict[int, _Known] = field(default_factory=dict)
    house_at: float = field(default_factory=lambda: time.monotonic() + _HOUSE_FIRST)


_known: dict[tuple[str, str], _Workspace] = {}


def tick(ctx: Context) -> bool:
    """Advance the pipelines of the workspace; True when something changed."""
    remembered = _known.setdefault((str(ctx.settings.home), ctx.workspace_id), _Workspace())
    with ctx.db.glance() as tx:
        rows = {row.run_seq: row for row in repository.live(tx, ctx)}
    for gone in remembered.pipelines.keys() - rows.keys():
        del remembered.pipelines[gone]
    waiting = [seq for seq, row in rows.items() if _due(row, remembered.pipelines.get(seq))]  # oldest first
    busy = False
    while waiting:
        seq = waiting.pop(0)
        known = remembered.pipelines.setdefault(seq, _Known())
        if known.blocked_until > time.monotonic():
            continue
        try:
            outcome = engine.advance(ctx, seq)
        except Exception:
            # one pipeline's trouble must not stop the others
            known.failures += 1
            pause = min(_WORST_PAUSE, 0.1 * 2.0 ** min(known.failures, 12))
            known.blocked_until = time.monotonic() + pause
            log.exception("pipeline %s could not be advanced; again in %.1f s", seq, pause)
            continue
        if outcome.conflict:  # the other has the turn; one that lasts is no conflict
            known.failures += 1
            known.blocked_until = time.monotonic() + min(_WORST_PAUSE, 0.005 * 2.0 ** min(known.failures, 14))
            busy = True
            continue
        known.failures = 0
        known.at = time.monotonic() + (_WAIT_SECONDS if outcome.waits else 0.0 if outcome.again else FULL_SECONDS)
        known.version = (
            -1 if seq not in rows else rows[seq].version + (1 if outcome.changed and not outcome.again else 0)
        )
        busy = busy or outcome.changed
        waiting += [one for one in outcome.begun if one not in waiting]
        if outcome.parent is not None and outcome.parent not in waiting:
            waiting.append(outcome.parent)
    _keep_house(ctx, remembered)
    return busy


QUICK = tick  # what follows at once on the end of a job


def _due(row: Any, known: _Known | None) -> bool:
    """Say whether a pipeline is to be looked at."""
    if known is None or row.news:
        return True
    return known.version != row.version or known.at <= time.monotonic()


def _keep_house(ctx: Context, remembered: _Workspace) -> None:
    """Remove graphs that no run has any more, once an hour."""
    if time.monotonic() < remembered.house_at:
        return
    remembered.house_at = time.monotonic() + _HOUSE_SECONDS
    with ctx.db.begin() as tx:
        repository.forget_definitions(tx, ctx, ctx.clock.now() - _KEEP)
