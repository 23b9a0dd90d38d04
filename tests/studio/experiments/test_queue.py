"""The queue of a compute: order, room, and what a job waits for."""

import pytest

from studiolo.kernel.context import Context
from studiolo.studio.compute import repository as compute_repository
from studiolo.studio.experiments import reconcile, service
from studiolo.studio.experiments.repository import RunFilter
from studiolo.studio.experiments.schemas import Resources
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
