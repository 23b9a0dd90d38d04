"""Real jobs on clusters: they run on nodes that come, make room when others wait, and run again."""

import pytest

from studiolo.kernel.context import Context
from studiolo.studio.compute import service as compute
from studiolo.studio.compute.backends.base import Capacity
from studiolo.studio.compute.clusters import service
from studiolo.studio.compute.clusters.schemas import ClusterCreate
from studiolo.studio.experiments import service as experiments
from tests.studio.experiments.jobs import ended, in_state, submit

ONCE = """
import os, pathlib, time
first = pathlib.Path({flag!r})
if not first.exists():
    first.touch()
    print("first", flush=True)
    time.sleep(60)
print("again")
"""


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
