"""The queue of a compute: order, room, and what a job waits for."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, event, update

from studiolo.kernel.context import Context
from studiolo.kernel.db import prepared
from studiolo.studio.compute import repository as compute_repository
from studiolo.studio.experiments import claims, reconcile, service, turns
from studiolo.studio.experiments.repository import RunFilter
from studiolo.studio.experiments.schemas import JobSpec, Resources
from studiolo.studio.experiments.tables import runs
from tests.studio.experiments.jobs import ended, in_state, submit


def held(ctx: Context) -> tuple[int, int]:
    with ctx.db.read() as tx:
        return compute_repository.held(tx, "local")


def test_jobs_wait_for_free_cores_and_say_so(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    from studiolo.studio.compute import service as compute
    from studiolo.studio.compute.backends.base import Capacity

    monkeypatch.setattr(compute, "capacity", lambda ctx, name: Capacity(2, 10**9, 2, 10**9))
    first = submit(ctx, "import time; time.sleep(60)", name="first", resources=Resources(cores=2))
    second = submit(ctx, "print('second')")
    in_state(ctx, first, "Running")
    for _ in range(3):
        reconcile.tick(ctx)
    waiting = service.get(ctx, second.id)
    assert waiting.state == "Queued"
    assert waiting.waits_for == "waits for 1 of 2 cores of 'local', 0 free; held by first"
    assert service.list_runs(ctx, RunFilter(states=["Queued"])).items[0].waits_for == waiting.waits_for
    service.cancel(ctx, first.id)
    assert ended(ctx, second).state == "Completed"
    assert service.get(ctx, second.id).waits_for is None


def test_a_big_job_is_not_starved_by_small_ones_behind_it(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    from studiolo.studio.compute import service as compute
    from studiolo.studio.compute.backends.base import Capacity

    monkeypatch.setattr(compute, "capacity", lambda ctx, name: Capacity(2, 10**9, 2, 10**9))
    running = submit(ctx, "import time; time.sleep(60)")
    in_state(ctx, running, "Running")
    big = submit(ctx, "pass", resources=Resources(cores=2))
    small = submit(ctx, "pass")
    urgent = submit(ctx, "pass", priority=5)
    assert ended(ctx, urgent).state == "Completed"
    assert (service.get(ctx, big.id).state, service.get(ctx, small.id).state) == ("Queued", "Queued")
    service.cancel(ctx, running.id)
    assert ended(ctx, big).state == "Completed"
    assert ended(ctx, small).state == "Completed"


def test_the_queue_of_a_compute_is_shared_by_all_workspaces(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    from studiolo.kernel.auth import service as auth
    from studiolo.studio.compute import service as compute
    from studiolo.studio.compute.backends.base import Capacity

    monkeypatch.setattr(compute, "capacity", lambda ctx, name: Capacity(2, 10**9, 2, 10**9))
    with ctx.db.begin() as tx:
        other = ctx.within(auth.create_workspace(tx, ctx.clock, "other", ctx.actor.id), "other")
    running = submit(ctx, "import time; time.sleep(60)")
    in_state(ctx, running, "Running")
    big = submit(ctx, "pass", resources=Resources(cores=2))
    small = submit(other, "pass")  # would fit beside the running one, and would keep the big one waiting for ever
    for _ in range(3):
        reconcile.tick(ctx)
        reconcile.tick(other)
    assert service.get(other, small.id).state == "Queued"
    service.cancel(ctx, running.id)
    assert ended(ctx, big).state == "Completed"
    assert ended(other, small).state == "Completed"


def test_cancel_in_the_queue_runs_nothing(ctx: Context) -> None:
    run = submit(ctx, "print('never')")
    service.cancel(ctx, run.id)
    run = ended(ctx, run)
    assert (run.state, run.attempt) == ("Canceled", 0)
    assert not (ctx.settings.attempts / run.id).exists()
    assert held(ctx) == (0, 0)


def test_trouble_with_one_job_does_not_stop_the_others(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = submit(ctx, "pass", name="bad")
    good = submit(ctx, "pass", name="good")
    real = reconcile._look

    def look(ctx: Context, claim: object) -> object:
        if claim.name == "bad":  # type: ignore[attr-defined]
            raise RuntimeError("a defect")
        return real(ctx, claim)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(reconcile, "_look", look)
        assert ended(ctx, good).state == "Completed"
    assert ended(ctx, bad).state == "Completed"


def order(ctx: Context) -> list[str]:
    with ctx.db.read() as tx:
        return [claim.name for claim in claims.live(tx, ctx.workspace_id)]


def somebody(ctx: Context, name: str) -> Context:
    return replace(ctx, actor=replace(ctx.actor, name=name))


def test_a_single_job_does_not_wait_for_a_thousand_of_somebody_else(any_ctx: Context) -> None:
    ctx = any_ctx
    ada, ben = somebody(ctx, "ada"), somebody(ctx, "ben")
    for number in range(6):
        submit(ada, "pass", name=f"a{number}")
    lone = submit(ben, "pass", name="b0")
    assert order(ctx) == ["a0", "b0", "a1", "a2", "a3", "a4", "a5"]
    submit(ben, "pass", name="b1")
    last = submit(ada, "pass", name="a6")
    urgent = submit(ada, "pass", name="urgent", priority=1)
    assert order(ctx) == ["urgent", "a0", "b0", "a1", "b1", "a2", "a3", "a4", "a5", "a6"]
    assert (service.get(ctx, urgent.id).position, service.get(ctx, lone.id).position) == (1, 3)
    said = service.get(ctx, last.id).waits_for
    assert said == (
        "is number 10 of 10 in the queue of 'local' (of the 9 before it 2 are of others: accounts and workspaces take turns)"
    )


def test_who_comes_later_begins_where_the_queue_is_and_big_jobs_take_longer_turns(ctx: Context) -> None:
    ada, ben, eve = (somebody(ctx, name) for name in ("ada", "ben", "eve"))
    for number in range(4):
        submit(ada, "pass", name=f"a{number}", resources=Resources(cores=2))
    with ctx.db.begin() as tx:  # two of them have begun
        begun = [claim.seq for claim in claims.live(tx, ctx.workspace_id)][:2]
        tx.execute(update(runs).where(runs.c.seq.in_(begun)).values(state="Running"))
    for number in range(4):
        submit(ben, "pass", name=f"b{number}")
    with ctx.db.begin() as tx:
        for name in ("e0", "e1"):
            service.add(tx, eve, JobSpec(command=["true"], name=name, compute="elsewhere"))  # a queue of its own
    waiting = [name for name in order(ctx) if name[0] in "ab"][2:]
    assert waiting == ["a2", "b0", "b1", "a3", "b2", "b3"], (
        "two of one core beside one of two, not behind four turns of old"
    )
    with ctx.db.read() as tx:
        assert [place.number for place in turns.places(tx, ctx, "elsewhere").values()] == [1, 2]


def test_steps_with_more_behind_them_go_first_and_take_nothing_from_others(ctx: Context) -> None:
    ada, ben = somebody(ctx, "ada"), somebody(ctx, "ben")
    root, other = submit(ada, "pass", name="root"), submit(ben, "pass", name="b0")
    submit(ben, "pass", name="b1")
    with ctx.db.begin() as tx:
        tx.execute(update(runs).where(runs.c.id == root.id).values(state="Running"))
        for name, follows in (("s1", 1), ("s1b", 1), ("s0", 0), ("s3", 3), ("s2", 2)):
            job = JobSpec(command=["true"], name=name, parent_id=root.id)
            service.add(tx, ada, job, of_parent=True, follows=follows)
    assert order(ctx)[1:] == ["b0", "s3", "b1", "s2", "s1", "s1b", "s0"]
    assert service.get(ctx, other.id).position == 1


def test_what_says_whose_turn_it_is_reads_indexes_of_what_waits(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, Any]] = []

    def note(connection: object, cursor: object, statement: str, parameters: Any, *rest: object) -> None:
        asked.append((statement, parameters))

    def run(tx: Connection, made: Any, given: Any) -> Any:
        asked.append((made.text, tuple(given)))
        return prepared_run(tx, made, given)

    job = JobSpec(command=["true"], parent_id="p" * 32)
    prepared_run = prepared._run  # what it hands to the driver, SQLAlchemy does not tell of
    with ctx.db.begin() as tx:
        service.add(tx, ctx, job, of_parent=True, follows=1)
        monkeypatch.setattr(prepared, "_run", run)
        event.listen(tx, "before_cursor_execute", note)
        turns.take(tx, ctx, job, 2)
        turns.take(tx, somebody(ctx, "ben"), job, 2)
        turns.places(tx, ctx, "local")
        claims.is_next(tx, ctx, claims.live(tx, ctx.workspace_id)[0], [])
        event.remove(tx, "before_cursor_execute", note)
        reads = []
        for statement, parameters in asked:
            if statement.startswith("SELECT"):
                rows = tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                found = [row.detail for row in rows]
                reads += [read for read in found if read.startswith(("SEARCH ", "SCAN ")) and " runs " in read]
                assert "UNION" in statement or not any("TEMP B-TREE" in read for read in found), found
    used = [read.split("INDEX ")[1].split()[0] for read in reads]
    assert used[:5] == ["ix_runs_live", "ix_runs_follows", "ix_runs_follows", "ix_runs_live", "ix_runs_live"], used
    assert set(used[4:]) == {"ix_runs_live"}
    assert all("COVERING" in reads[place] for place in (0, 3, 4)), reads
