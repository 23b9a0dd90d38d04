"""Real jobs on clusters: they run on nodes that come, make room when others wait, and run again."""

import pytest

from studiolo.kernel.context import Context
from studiolo.studio.compute import reconcile as computes
from studiolo.studio.compute import repository
from studiolo.studio.compute import service as compute
from studiolo.studio.compute.backends.base import Capacity
from studiolo.studio.compute.clusters import service
from studiolo.studio.compute.clusters.schemas import ClusterCreate, ClusterPatch
from studiolo.studio.experiments import claims, reconcile
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.schemas import TERMINAL, Resources, Run
from tests.studio.experiments.jobs import in_state, submit, wait_for

ONCE = """
import os, pathlib, time
first = pathlib.Path({flag!r})
if not first.exists():
    first.touch()
    print("first", flush=True)
    time.sleep(60)
print("again")
"""


def ended(ctx: Context, run: Run) -> Run:
    """Tick as the controller does, compute first, until a job has ended."""

    def look() -> Run | None:
        computes.tick(ctx)
        now = experiments.get(ctx, run.id)
        return now if now.state in TERMINAL else None

    found = wait_for(ctx, look)
    assert found is not None
    return found


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "capacity", lambda ctx, name: Capacity(2, 2**33, 2, 2**33))


def test_a_job_runs_on_a_node_that_comes_for_it(any_ctx: Context) -> None:
    service.create(any_ctx, ClusterCreate(name="cpu-cluster", max_nodes=1, price_per_hour=36.0))
    run = ended(any_ctx, submit(any_ctx, "print('on a node')", compute="cpu-cluster"))
    assert (run.state, run.compute) == ("Completed", "cpu-cluster")
    cluster = service.get(any_ctx, "cpu-cluster")
    assert (cluster.nodes_up, cluster.jobs_running, cluster.nodes[0].state) == (1, 0, "idle")
    spent = service.cost(any_ctx, run.id)
    assert spent.cost == pytest.approx(spent.hours * 36.0)
    assert spent.hours > 0


def test_a_low_priority_job_makes_room_and_runs_again(ctx: Context) -> None:
    service.create(ctx, ClusterCreate(name="spot", max_nodes=1, cores=2, tier="low_priority"))
    flag = ctx.settings.home / "flag"
    low = submit(ctx, ONCE.format(flag=str(flag)), compute="spot", name="low")
    low = in_state(ctx, low, "Running")
    wait_for(ctx, flag.exists)  # its program has begun, too
    urgent = ended(ctx, submit(ctx, "print('urgent')", name="urgent"))
    assert urgent.state == "Completed"
    low = ended(ctx, low)
    assert (low.state, low.attempt) == ("Completed", 2)
    assert [one.failure for one in experiments.attempts(ctx, low.id)] == ["preempted", None]
    assert experiments.read_log(ctx, low.id).text == "again\n"
    assert len(service.cost(ctx, low.id).attempts) == 2


def test_a_queued_job_says_what_it_waits_for(ctx: Context) -> None:
    service.create(ctx, ClusterCreate(name="stopped", max_nodes=0))
    run = submit(ctx, "print()", compute="stopped")
    assert "'stopped' is stopped" in (experiments.get(ctx, run.id).waits_for or "")


def test_a_permanent_node_of_low_priority_makes_room_before_it_comes_back(ctx: Context) -> None:
    service.create(ctx, ClusterCreate(name="spot", min_nodes=1, max_nodes=1, tier="low_priority"))
    computes.tick(ctx)
    assert service.get(ctx, "spot").nodes_up == 1
    assert ended(ctx, submit(ctx, "pass", resources=Resources(cores=2))).state == "Completed"
    computes.tick(ctx)
    assert service.get(ctx, "spot").nodes_up == 1


def test_a_job_that_was_asked_runs_again_though_its_cluster_is_dedicated_now(ctx: Context) -> None:
    service.create(ctx, ClusterCreate(name="spot", max_nodes=1, cores=2, tier="low_priority"))
    flag = ctx.settings.home / "flag"
    low = submit(ctx, ONCE.format(flag=str(flag)), compute="spot")
    in_state(ctx, low, "Running")
    wait_for(ctx, flag.exists)  # its program has begun, too
    urgent = submit(ctx, "pass")
    wait_for(ctx, lambda: compute.wanted_back(ctx, "spot", f"{low.id}/1"))
    service.update(ctx, "spot", ClusterPatch(tier="dedicated"))
    assert ended(ctx, urgent).state == "Completed"
    assert (ended(ctx, low).state, experiments.get(ctx, low.id).attempt) == ("Completed", 2)


def test_many_jobs_of_a_stopped_cluster_keep_nobody_else_waiting(ctx: Context) -> None:
    for name in ("stopped", "also-stopped"):
        service.create(ctx, ClusterCreate(name=name, max_nodes=0))
        for _ in range(claims.HEAD):
            submit(ctx, "pass", compute=name, priority=1)
    assert ended(ctx, submit(ctx, "pass")).state == "Completed"


def test_room_is_held_with_the_attempt_or_not_at_all(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    submit(ctx, "pass")
    with monkeypatch.context() as patch:
        patch.setattr(
            claims, "move", lambda *_: False
        )  # as when the controller is killed before it, or another was quicker
        reconcile.tick(ctx)
    with ctx.db.read() as tx:
        assert repository.held(tx, "local") == (0, 0)
