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
from studiolo.studio.schedules import looking, reconcile
from studiolo.testing.context import make_context
from tests.studio.schedules.arrivals import drop, landing, version, watch
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
    looking.PROMPT = 30.0
    reconcile.tick(ctx)


def test_killed_at_each_transaction_each_time_makes_one_run(ctx: Context) -> None:
    ctx, clock = held(ctx)
    make(ctx, catch_up="all", overlap="queue")
    clock.advance(1800)  # three times: one starts, two wait, and start when those before them have ended
    assert until_at_rest(ctx, clock) >= 10
    assert [one.state for one in history(ctx)] == ["started"] * 3
    assert runs(ctx) == ["often-20260101-1210", "often-20260101-1220", "often-20260101-1230"]


def test_killed_at_each_transaction_each_file_and_each_version_makes_one_run(ctx: Context, tmp_path: Path) -> None:
    ctx, clock = held(ctx)
    folder = landing(ctx, tmp_path / "store")
    version(ctx, 1)
    watch(ctx)
    watch(ctx, {"kind": "dataset", "dataset": "titanic"}, name="retrain")
    for number, name in enumerate(("a.csv", "b.csv"), 2):
        drop(folder, name, at=1e9 + number)
        version(ctx, number)
    kills = 0
    for _ in range(3):
        clock.advance(30)
        kills += until_at_rest(ctx, clock, "often", "retrain")
    assert kills >= 8
    assert [one.state for one in history(ctx)] == ["started"] * 2
    assert [one.state for one in history(ctx, "retrain")] == ["started"] * 2
    assert sorted(runs(ctx)) == ["often-a.csv", "often-b.csv", "retrain-titanic-2", "retrain-titanic-3"]


def until_at_rest(ctx: Context, clock: FakeClock, *names: str) -> int:
    """Have controllers die, one before and the next after its first commit, until one finds nothing to do; returns how many died."""
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
            live = [[one for one in history(ctx, name) if one.run_state == "Queued"] for name in names or ("often",)]
            assert all(len(some) <= 1 for some in live)
            if not any(live):
                return kills
            for some in live:
                for one in some:
                    end(ctx, one.run_id)
            continue
        kills += 1
