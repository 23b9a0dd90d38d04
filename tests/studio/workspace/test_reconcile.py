"""What is over goes, in time and not before."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Table, func, select

from studiolo.kernel.auth import service as auth
from studiolo.kernel.auth.tables import login_failures, login_links, sessions, tokens
from studiolo.kernel.auth.throttle import count_attempt
from studiolo.kernel.clock import FakeClock
from studiolo.kernel.context import Context
from studiolo.kernel.events.tables import events
from studiolo.studio.workspace import reconcile
from studiolo.testing.context import context_in, make_services


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def ctx(tmp_path: Path, clock: FakeClock) -> Context:
    return context_in(make_services(tmp_path / "home", clock=clock))


def count(ctx: Context, table: Table) -> int:
    with ctx.db.read() as tx:
        return int(tx.execute(select(func.count()).select_from(table)).scalar_one())


def test_old_events_are_forgotten(ctx: Context, clock: FakeClock) -> None:
    with ctx.db.begin() as tx:
        ctx.events.emit(tx, "member.updated", "ada")
    clock.advance(ctx.settings.events_keep_hours * 3600 - 1)
    with ctx.db.begin() as tx:
        ctx.events.emit(tx, "member.updated", "bob")
    reconcile.tick(ctx)
    assert count(ctx, events) == 2
    clock.advance(reconcile.LATE.total_seconds() + 2)
    reconcile.tick(ctx)
    assert count(ctx, events) == 1


def test_ended_sessions_links_and_job_tokens_go_and_good_ones_stay(ctx: Context, clock: FakeClock) -> None:
    with ctx.db.begin() as tx:
        auth.create_token(tx, clock, ctx.actor.id, "kept, for its owner to see", hours=1)
        auth.job_token(tx, clock, ctx.actor.id, ctx.workspace_id, "0" * 32, hours=1)
    auth.sign_in_by_link(ctx.db, clock, auth.login_link(ctx.db, clock, ctx.actor.id, 10), hours=1)
    auth.login_link(ctx.db, clock, ctx.actor.id, minutes=10)
    count_attempt(ctx.db, clock, "ada")
    reconcile.tick(ctx)
    assert [count(ctx, table) for table in (sessions, login_links, tokens, login_failures)] == [1, 1, 2, 1]
    clock.advance(timedelta(hours=3).total_seconds())
    auth.sign_in_by_link(ctx.db, clock, auth.login_link(ctx.db, clock, ctx.actor.id, 10), hours=1)
    reconcile.tick(ctx)
    assert [count(ctx, table) for table in (sessions, login_links, tokens, login_failures)] == [1, 0, 1, 0]


def test_a_part_that_a_dead_process_left_goes_after_a_day(ctx: Context, clock: FakeClock) -> None:
    left, fresh = ctx.blobs.spool / "left.part", ctx.blobs.spool / "fresh.part"
    for path, age in ((left, 25), (fresh, 1)):
        path.write_bytes(b"half")
        moment = (clock.now() - timedelta(hours=age)).timestamp()
        os.utime(path, (moment, moment))
    reconcile.tick(ctx)
    assert (left.exists(), fresh.exists()) == (False, True)


def test_nothing_over_means_nothing_written(ctx: Context) -> None:
    class NoWrites(type(ctx.db)):  # type: ignore[misc]
        def begin(self) -> None:
            raise AssertionError("a tick with nothing to do takes no writer's turn")

        write = begin

    ctx.db.__class__ = NoWrites
    assert reconcile.tick(ctx) is False
