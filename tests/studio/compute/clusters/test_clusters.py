"""Clusters: nodes come with jobs and go when idle, what they hold is held once, and what was used is known."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from starlette.testclient import TestClient

from studiolo.kernel.clock import FakeClock
from studiolo.kernel.context import Context
from studiolo.sdk.studio import Studio
from studiolo.studio.compute import reconcile, repository
from studiolo.studio.compute import service as compute
from studiolo.studio.compute.backends.base import Capacity
from studiolo.studio.compute.clusters import definitions, service
from studiolo.studio.compute.clusters.errors import ClusterBusy, ClusterExists, ClusterInvalid
from studiolo.studio.compute.clusters.schemas import ClusterCreate, ClusterPatch
from studiolo.studio.compute.errors import ComputeNotFound, TooBig

URL = "/w/default/api/compute/clusters"


@pytest.fixture(autouse=True)
def four_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "capacity", lambda ctx, name: Capacity(4, 4000, 4, 8000))


def make(ctx: Context, name: str = "cpu", **values: object) -> None:
    service.create(ctx, ClusterCreate.model_validate({"name": name, "max_nodes": 2, **values}))


def take(ctx: Context, holder: str, name: str = "cpu", cores: int = 1, memory: int = 0) -> bool:
    with ctx.db.begin() as tx:
        return compute.reserve(
            tx,
            ctx,
            name,
            holder,
            cores=cores,
            memory_bytes=memory,
            title=holder,
            run_id=holder.split("/", maxsplit=1)[0],
        )


def leave(ctx: Context, holder: str) -> None:
    with ctx.db.begin() as tx:
        compute.release(tx, ctx, holder)


def waits(ctx: Context, name: str = "cpu", cores: int = 1) -> str:
    with ctx.db.read() as tx:
        return compute.waits_for(tx, ctx, name, cores, 0)


def free(ctx: Context) -> int:
    with ctx.db.read() as tx:
        return 4 - repository.held(tx, "local")[0]


def later(ctx: Context, seconds: float) -> Context:
    return replace(ctx, clock=FakeClock(ctx.clock.now() + timedelta(seconds=seconds)))


def test_a_node_comes_with_the_job_that_needs_it_and_holds_its_share_of_the_machine(any_ctx: Context) -> None:
    make(any_ctx, cores=2)
    assert take(any_ctx, "a/1")
    held = compute.show(any_ctx, "local").holdings
    assert [(one.title, one.run_id, one.cluster) for one in held] == [("node 1 of cpu", None, "cpu")]
    assert take(any_ctx, "a/1")  # the same again
    assert take(any_ctx, "b/1")  # fits on the node that is up
    found = service.get(any_ctx, "cpu")
    assert (found.nodes_up, found.jobs_running, found.nodes[0].cores_free) == (1, 2, 0)
    assert take(any_ctx, "c/1")
    assert free(any_ctx) == 0
    assert not take(any_ctx, "local job/1", "local")
    assert not take(any_ctx, "d/1", cores=2)
    assert "all 2 nodes are up and taken; held by a/1, b/1, c/1" in waits(any_ctx, cores=2)
    assert "held by node 1 of cpu, node 2 of cpu" in waits(any_ctx, "local")


def test_idle_nodes_go_after_their_time_and_permanent_ones_stay(any_ctx: Context) -> None:
    make(any_ctx, min_nodes=1, idle_seconds=60)
    assert reconcile.tick(any_ctx)
    assert not reconcile.tick(any_ctx)
    assert service.get(any_ctx, "cpu").nodes[0].state == "idle"
    assert take(any_ctx, "a/1")
    assert take(any_ctx, "b/1")
    leave(any_ctx, "a/1")
    leave(any_ctx, "b/1")
    leave(any_ctx, "b/1")
    assert not reconcile.tick(later(any_ctx, 59))
    assert service.get(any_ctx, "cpu").nodes_up == 2
    assert reconcile.tick(later(any_ctx, 61))
    assert [node.number for node in service.get(any_ctx, "cpu").nodes] == [1]
    assert free(any_ctx) == 3


def test_resizing_ends_no_job(ctx: Context) -> None:
    make(ctx)
    assert take(ctx, "a/1")
    service.update(ctx, "cpu", ClusterPatch(max_nodes=0))
    assert not reconcile.tick(ctx)
    assert service.get(ctx, "cpu").jobs_running == 1
    leave(ctx, "a/1")
    assert reconcile.tick(ctx)
    assert service.get(ctx, "cpu").nodes_up == 0
    assert "'cpu' is stopped" in waits(ctx)
    assert not take(ctx, "b/1")


def test_a_cluster_that_shrinks_places_nothing_on_the_nodes_that_are_to_go(ctx: Context) -> None:
    make(ctx, cores=2)
    for holder in ("a/1", "b/1", "c/1"):
        assert take(ctx, holder)
    service.update(ctx, "cpu", ClusterPatch(max_nodes=1))
    assert not take(ctx, "d/1")  # though node 2 has a core free
    leave(ctx, "a/1")
    assert take(ctx, "d/1")
    assert [len(node.jobs) for node in service.get(ctx, "cpu").nodes] == [2, 1]
    service.update(ctx, "cpu", ClusterPatch(max_nodes=0))
    leave(ctx, "b/1")
    assert not take(ctx, "e/1")  # stopped


def test_a_job_of_the_machine_gets_the_share_of_idle_nodes_at_once(ctx: Context) -> None:
    make(ctx, cores=2, idle_seconds=3600)
    take(ctx, "a/1")
    leave(ctx, "a/1")
    assert not take(ctx, "big/1", "local", cores=4)
    assert compute.make_room(ctx, "local", 4, 0)
    assert take(ctx, "big/1", "local", cores=4)
    assert not compute.make_room(ctx, "local", 1, 0)  # nothing more to free


def test_low_priority_jobs_are_asked_to_make_room_only_when_that_helps(any_ctx: Context) -> None:
    make(any_ctx, "spot", tier="low_priority", cores=2)
    make(any_ctx, "cpu", cores=2)
    for holder, name, cores in (("s/1", "spot", 2), ("t/1", "spot", 2)):
        assert take(any_ctx, holder, name, cores)
    assert compute.make_room(any_ctx, "cpu", 1, 0)
    wanted = [holder for holder in ("s/1", "t/1") if compute.wanted_back(any_ctx, "spot", holder)]
    assert wanted == ["t/1"]  # the newest node
    assert not compute.make_room(any_ctx, "cpu", 1, 0)  # it is on its way
    assert {node.state for node in service.get(any_ctx, "spot").nodes} == {"running", "leaving"}
    leave(any_ctx, "t/1")
    assert service.get(any_ctx, "spot").nodes_up == 1
    assert take(any_ctx, "c/1", "cpu")
    assert not compute.make_room(any_ctx, "spot", 1, 0)  # low priority asks nobody
    assert compute.preemptible(any_ctx, "spot")
    assert not compute.preemptible(any_ctx, "cpu")


def test_hours_and_cost_are_those_of_the_nodes_and_shares_of_jobs(any_ctx: Context) -> None:
    make(any_ctx, cores=2, price_per_hour=3.0, idle_seconds=0)
    take(any_ctx, "run/1")
    hour = later(any_ctx, 3600)
    assert service.cost(hour, "run").cost == pytest.approx(1.5, rel=1e-3)  # half of a node, while it runs
    leave(hour, "run/1")
    after = later(any_ctx, 2 * 3600)
    assert service.get(after, "cpu").cost == pytest.approx(6.0, rel=1e-3)  # an idle hour costs too
    assert reconcile.tick(after)
    spent = service.cost(later(any_ctx, 9 * 3600), "run")
    assert spent.hours == pytest.approx(1, rel=1e-3)
    assert spent.cost == pytest.approx(1.5, rel=1e-3)
    assert spent.attempts[0].attempt == 1
    used = service.usage(later(any_ctx, 9 * 3600), "cpu", 3)
    assert sum(day.node_hours for day in used.days) == pytest.approx(2, rel=1e-3)
    assert sum(day.job_hours for day in used.days) == pytest.approx(0.5, rel=1e-3)
    assert sum(day.cost for day in used.days) == pytest.approx(6, rel=1e-3)
    service.delete(any_ctx, "cpu")
    assert service.cost(any_ctx, "run").cost == pytest.approx(1.5, rel=1e-3)


def test_a_job_that_ended_while_no_controller_ran_costs_nothing_since(ctx: Context) -> None:
    make(ctx, cores=2, price_per_hour=3.0)
    take(ctx, "run/1")
    hour, day = later(ctx, 3600), later(ctx, 86_400)
    with day.db.begin() as tx:
        compute.release(tx, day, "run/1", ended_at=hour.clock.now())
    assert service.cost(day, "run").hours == pytest.approx(1, rel=1e-3)
    take(ctx, "run/2")
    with hour.db.begin() as tx:  # that is the end of the attempt before
        compute.release(tx, hour, "run/2", ended_at=ctx.clock.now() - timedelta(days=1))
    assert service.cost(day, "run").hours == pytest.approx(2, rel=1e-3)


def test_a_run_costs_the_same_while_it_runs_and_after(ctx: Context) -> None:
    make(ctx, cores=2, memory_bytes=1000, price_per_hour=4.0)
    take(ctx, "run/1", cores=1, memory=750)  # half of the cores, three quarters of the memory
    hour = later(ctx, 3600)
    while_it_runs = service.cost(hour, "run").cost
    leave(hour, "run/1")
    assert while_it_runs == pytest.approx(service.cost(hour, "run").cost) == pytest.approx(3.0, rel=1e-3)


def test_hours_are_counted_on_the_days_they_were_used(ctx: Context) -> None:
    make(ctx, price_per_hour=1.0)
    midnight = ctx.clock.now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    clock = FakeClock(midnight - timedelta(hours=1))
    take(replace(ctx, clock=clock), "run/1")
    after = replace(ctx, clock=FakeClock(midnight + timedelta(hours=25)))
    for moment in (after, replace(ctx, clock=FakeClock(midnight + timedelta(hours=30)))):
        days = service.usage(moment, "cpu", 3).days
        assert [round(day.job_hours, 3) for day in days[:2]] == [1, 24]
        leave(after, "run/1")
        reconcile.tick(later(after, 120))
    assert round(days[2].node_hours, 2) == 1.03
    assert service.get(after, "cpu").node_hours == pytest.approx(26 + 120 / 3600)


def test_workspaces_have_clusters_of_their_own_on_one_machine(ctx: Context) -> None:
    other = replace(ctx, workspace_id="0" * 32)
    make(ctx, cores=3)
    make(other, cores=3)
    assert take(ctx, "a/1")
    assert not take(other, "b/1")  # the machine is one
    assert "waits for one more node of 'cpu' (0 of 2 up), which waits for 3 of 4 cores" in waits(other)
    with pytest.raises(ComputeNotFound):
        service.get(replace(ctx, workspace_id="1" * 32), "cpu")


def test_what_cannot_be_is_refused_with_its_field(ctx: Context) -> None:
    make(ctx)
    with pytest.raises(ClusterExists):
        make(ctx)
    with pytest.raises(ClusterExists):
        make(ctx, "local")
    for values, field in (({"cores": 5}, "cores"), ({"memory_bytes": 9999}, "memory_bytes")):
        with pytest.raises(ClusterInvalid) as error:
            make(ctx, "other", **values)
        assert error.value.field == field
    for changed in ({"min_nodes": 3}, {"min_nodes": 4, "max_nodes": 4}):
        with pytest.raises(ClusterInvalid) as error:
            service.update(ctx, "cpu", ClusterPatch(**changed))
        assert error.value.field == "min_nodes"
    for cores, memory, field in ((2, 0, "resources.cores"), (1, 2000, "resources.memory_bytes")):
        with pytest.raises(TooBig) as refused:
            compute.check(ctx, "cpu", cores, memory)
        assert refused.value.field == field
    with pytest.raises(ComputeNotFound, match="nowhere"):
        compute.check(ctx, "nowhere", 1, 0)
    assert "no compute 'nowhere' any more" in waits(ctx, "nowhere")


def test_a_cluster_is_no_machine_to_show(client: TestClient) -> None:
    client.post(URL, json={"name": "cpu"})
    reply = client.get("/w/default/api/compute/cpu")
    assert reply.status_code == 404
    assert "'cpu' is a training cluster" in reply.json()["detail"]


def test_a_cluster_with_jobs_is_not_deleted(ctx: Context) -> None:
    make(ctx)
    take(ctx, "a/1")
    with pytest.raises(ClusterBusy, match="a/1"):
        service.delete(ctx, "cpu")
    leave(ctx, "a/1")
    service.delete(ctx, "cpu")
    assert free(ctx) == 4  # its idle node gave its share back


def test_the_routes_and_who_may(client: TestClient) -> None:
    made = client.post(URL, json={"name": "cpu", "max_nodes": 2, "price_per_hour": 0.5})
    assert (made.status_code, made.json()["nodes"]) == (201, [])
    assert client.post(URL, json={"name": "9"}).status_code == 422
    assert client.post(URL, json={"name": "x", "max_nods": 2}).status_code == 422
    assert client.patch(f"{URL}/cpu", json={"idle_seconds": 5}).json()["idle_seconds"] == 5
    assert [one["name"] for one in client.get(URL).json()] == ["cpu"]
    assert len(client.get(f"{URL}/cpu/usage?days=7").json()["days"]) == 7
    assert client.get("/w/default/api/compute/costs/unknown").json()["cost"] == 0
    assert client.delete(f"{URL}/cpu").status_code == 204
    assert client.get(f"{URL}/cpu").json()["field"] == "compute"


def test_azures_file_is_read_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "cluster.yml"
    file.write_text(
        "$schema: https://azuremlschemas.azureedge.net/latest/amlCompute.schema.json\n"
        "name: low-pri-example\ntype: amlcompute\nsize: STANDARD_DS3_v2\nmin_instances: 0\nmax_instances: 2\n"
        "idle_time_before_scale_down: 120\ntier: low_priority\nlocation: westeurope\nstrange: 1\n"
    )
    found, notes = definitions.load(file)
    assert (found.name, found.size, found.max_nodes, found.tier) == (
        "low-pri-example",
        "STANDARD_DS3_v2",
        2,
        "low_priority",
    )
    assert [note.split("'")[1] for note in notes] == ["location", "strange"]
    for text, field in (
        ("name: a\ntype: kubernetes\n", "type"),
        ("name: a\nmax_instances: many\n", "max_nodes"),
        ("- a\n", "file"),
        ("a: [\n", "file"),
    ):
        file.write_text(text)
        with pytest.raises(ClusterInvalid) as error:
            definitions.load(file)
        assert error.value.field == field


def test_sdk_and_command_line(studio: Studio, cli: Callable[..., Result], tmp_path: Path) -> None:
    made = studio.compute.clusters.create("cpu", max_nodes=3, price_per_hour=1.0)
    assert made.title == "1 core of this machine"
    assert studio.compute.clusters.update("cpu", max_nodes=1).max_nodes == 1
    file = tmp_path / "c.yml"
    file.write_text("name: spot\ntype: amlcompute\ntier: LowPriority\nmax_instances: 2\nlocation: here\n")
    for words, said in (
        (("create", "-f", str(file), "--idle-seconds", "9"), "spot"),
        (("clusters",), "low_priority"),
        (("update", "spot", "--price", "2"), "spot"),
        (("nodes", "spot"), "No node is up"),
        (("usage", "spot"), "node hours"),
        (("cost", "unknown"), "unknown"),
        (("delete", "spot"), "Deleted spot"),
    ):
        done = cli("compute", *words)
        assert done.exit_code == 0, done.output
        assert said in done.output
    assert cli("compute", "create").exit_code != 0
    assert [one.name for one in studio.compute.clusters.list()] == ["cpu"]
    studio.compute.clusters.delete("cpu")
