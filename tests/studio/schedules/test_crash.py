"""The controller is killed before and after each of its transactions about schedules: each time makes one run."""

import os
import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from studiolo.kernel.clock import FakeClock
from studiolo.kernel.context import Context
from studiolo.kernel.db.engine import Database
from studiolo.studio.schedules import reconcile
from studiolo.testing.context import make_context
from tests.studio.schedules.worlds import end, held, history, make, runs


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def killed(home: Path, now: datetime, *, before: bool) -> None:
    """Be a controller that dies in its first transaction about schedules, before or after the commit."""
    ctx = replace(make_context(home), clock=FakeClock(now))
    begin = Database.begin

    @contextmanager
    def dying(self: Database) -> Iterator[Connection]:
        with begin(self) as tx:
            yield tx
            if before:
                die()
        die()

    Database.begin = dying  # type: ignore[method-assign]
    reconcile._known.clear()
    reconcile.tick(ctx)


def test_killed_at_each_transaction_each_time_makes_one_run(ctx: Context) -> None:
    ctx, clock = held(ctx)
    make(ctx, catch_up="all", overlap="queue")
    clock.advance(1800)  # three times: one starts, two wait, and start when those before them have ended
    kills = 0
    while True:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # threads of others in this process do nothing of ours
            child = os.fork()
        if child == 0:
            try:
                killed(ctx.settings.home, clock.now(), before=kills % 2 == 0)
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):  # it found nothing to do
            live = [one for one in history(ctx) if one.state == "started" and one.run_state == "Queued"]
            assert len(live) <= 1
            if not live:
                break
            end(ctx, live[0].run_id)
            continue
        kills += 1
    assert kills >= 10
    assert [one.state for one in history(ctx)] == ["started"] * 3
    assert runs(ctx) == ["often-20260101-1210", "often-20260101-1220", "often-20260101-1230"]
