"""Ray, against a real one: the conformance suites, and what is Ray's own."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest
from click.testing import Result
from starlette.testclient import TestClient

from studiolo.kernel.clock import FakeClock
from studiolo.kernel.context import Context
from studiolo.kernel.ssh import HostAway
from studiolo.runner import attempt
from studiolo.runner.launch import Handed
from studiolo.studio.compute import reconcile as computes
from studiolo.studio.compute.backends import ray
from studiolo.studio.compute.backends.base import Ended, Lost, Machine, Starting
from studiolo.studio.compute.clusters import service as clusters
from studiolo.studio.compute.clusters.errors import ClusterInvalid
from studiolo.studio.compute.clusters.rays import there
from studiolo.studio.compute.clusters.schemas import ClusterCreate, RayAt
from studiolo.studio.compute.machines import definitions, service
from studiolo.studio.compute.ray import nodes, reasons, settings
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.job_schemas import Distribution
from studiolo.studio.experiments.schemas import TERMINAL, JobSpec, Resources, Run
from studiolo.testing.computes import COUNTING, RemoteComputeChecks
from studiolo.testing.ray_cluster import Kept, Ray, RayPlace, by_ray
from studiolo.testing.stores.servers import free_port
from tests.studio.experiments.jobs import log_of, wait_for


@pytest.fixture(scope="module")
def machine(cluster: Ray, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    return by_ray(cluster, tmp_path_factory.mktemp("ray"))


@pytest.fixture(scope="module")
def kept(machine: Machine) -> Iterator[Kept]:
    found = Kept(machine)
    yield found
    found.end()


@pytest.fixture
def place(machine: Machine, kept: Kept) -> Iterator[RayPlace]:
    found = RayPlace(machine, kept)
    yield found
    found.close()


class TestRay(RemoteComputeChecks):
    backend = ray


class Own(RemoteComputeChecks):
    """The ways of the suite, for the tests below."""

    __test__ = False


@pytest.fixture
def own(place: RayPlace) -> Own:
    found = Own()
    found.place, found.backend = place, place.controller()  # type: ignore[misc]
    return found


def folders(place: Path, name: str) -> Path:
    (place / name).mkdir()
    return place / name


def test_why_it_waits_is_told_and_it_can_be_canceled(own: Own, tmp_path: Path) -> None:
    first, second, never = (folders(tmp_path, name) for name in "abc")
    own.port.start(first, own.order("print('up', flush=True); import time; time.sleep(60)", cores=2))
    own.up(first)
    own.port.start(second, own.order("print('after')", cores=2))
    own.port.start(never, own.order("print('never')", gpus=1))
    waits = "waits in Ray: no node has 2 CPUs free now (the most that one has free: 0)"
    own.until(
        lambda: own.port.poll(second) and ray.why(second) == waits
    )  # before Ray has seen that it is taken it says so
    said = own.until(lambda: own.port.poll(never) and ray.why(never))
    assert "no node has 1 CPU and 1 GPU at all" in said
    assert isinstance(own.port.poll(second), Starting)
    own.port.stop(never)
    assert own.ended(never).failure == "canceled"
    own.port.stop(first)
    assert own.ended(first).failure == "canceled"
    assert own.ended(second).code == 0
    assert ray.why(second) is None
    assert not (never / attempt.LOG).exists() or (never / attempt.LOG).read_text() == ""


def test_a_job_finds_the_ray_that_it_runs_in(own: Own, cluster: Ray, tmp_path: Path) -> None:
    own.port.start(tmp_path, own.order("import os; print(os.environ['RAY_ADDRESS'], os.environ['RAY_AUTH_MODE'])"))
    assert own.ended(tmp_path).code == 0
    assert (tmp_path / attempt.LOG).read_text().endswith(f":{cluster.port} token\n")


def test_secrets_are_in_no_file_and_no_log_of_rays(own: Own, cluster: Ray, tmp_path: Path) -> None:
    secret = "canary-77ce01"
    code = "import os, time; print(os.environ['KEY'] == 'canary-' + '77ce01', flush=True); time.sleep(1)"
    own.port.start(tmp_path, own.order(code), Handed(env={"KEY": secret}, hidden=[secret]))
    own.up(tmp_path)
    files = [path for path in cluster.folder.rglob("*") if path.is_file()]
    assert not [path for path in files if secret.encode() in path.read_bytes()]
    assert own.ended(tmp_path).code == 0
    assert (tmp_path / attempt.LOG).read_text() == "True\n"


def test_what_ray_ends_on_purpose_ends_once_with_rays_word(
    own: Own, cluster: Ray, place: RayPlace, tmp_path: Path
) -> None:
    """The process of Ray is killed as its memory monitor does it; the node lives."""
    own.port.start(tmp_path, own.order("print('up', flush=True); import time; time.sleep(60)", grace_s=0.2))
    found = own.up(tmp_path)
    (worker,) = [process.pid for process in cluster.processes() if process.info["name"] == "ray::Job"]
    cluster.kill(worker)
    end = own.ended(tmp_path)
    assert (end.failure, (end.error or "")[:23]) == ("lost", "Ray ended its process. ")
    assert not psutil.pid_exists(found.child)
    assert (tmp_path / attempt.LOG).read_text() == "up\n"


def until(ctx: Context, run: Run, ready: Callable[[Run], object]) -> Run:
    def look() -> Run | None:
        computes.tick(ctx)
        now = experiments.get(ctx, run.id)
        return now if ready(now) else None

    found = wait_for(ctx, look)
    assert found is not None
    return found


def test_attached_it_runs_jobs_of_the_studio_and_says_why_one_waits(
    ctx: Context, machine: Machine, cluster: Ray, tmp_path: Path
) -> None:
    file = tmp_path / "rays.yml"
    file.write_text(
        f"name: rays\ntype: ray\nfolder: {machine.config['folder']}\npython: ''\n"
        f"address: {cluster.address}\ntoken_file: {cluster.token}\n"
    )
    definition, notes = definitions.load(file)
    assert notes == []
    attached = service.create(ctx, definition)
    assert attached.check is not None
    assert attached.check.ok, attached.check.cause
    assert (attached.state, attached.sign_in, attached.settings["max_jobs"]) == ("ready", "none", 100)
    command = f"echo up; echo kept > outputs/a.txt; while [ ! -e {tmp_path}/go ]; do sleep 0.1; done"
    cores = Resources(cores=2)
    first = experiments.submit(ctx, JobSpec(command=[command], compute="rays", resources=cores))
    until(ctx, first, lambda run: run.state == "Running")
    second = experiments.submit(ctx, JobSpec(command=["echo after"], compute="rays", resources=cores))
    waiting = until(ctx, second, lambda run: "no node has 2 CPUs free" in (run.waits_for or ""))
    assert waiting.state == "Starting"
    assert {job.run_id: job.waits_for for job in service.get(ctx, "rays").jobs} == {
        first.id: None,
        second.id: waiting.waits_for,
    }
    (tmp_path / "go").touch()
    assert until(ctx, first, lambda run: run.state in TERMINAL).state == "Completed"
    found = until(ctx, second, lambda run: run.state in TERMINAL)
    assert (found.state, found.waits_for, log_of(ctx, second)) == ("Completed", None, "after\n")
    two = Distribution(nodes=2)
    command = "if [ $RANK = 1 ]; then echo no such file; exit 7; fi; sleep 600"
    failed = experiments.submit(ctx, JobSpec(command=[command], compute="rays", distribution=two))
    failed = until(ctx, failed, lambda run: run.state in TERMINAL)
    assert (failed.state, failed.exit_code) == ("Failed", 7)
    service.detach(ctx, "rays")
    assert cluster.raylets()


def test_routes_and_command_line(
    client: TestClient, cli: Callable[..., Result], machine: Machine, cluster: Ray
) -> None:
    kinds = {kind["name"]: kind for kind in client.get("/w/default/api/compute/kinds").json()}
    assert [field["name"] for field in kinds["ray"]["fields"]][:2] == ["address", "token_file"]
    place = [f"--folder={machine.config['folder']}", "--python="]
    settings = [f"--set=address={cluster.address}", f"--set=token_file={cluster.token}"]
    done = cli("compute", "attach", "rays", "--kind=ray", *place, *settings)
    assert done.exit_code == 0, done.output
    assert "ready" in done.output
    assert "head" in cli("compute", "machine-nodes", "rays").output
    closed = f"--set=address=127.0.0.1:{free_port()}"
    changed = cli("compute", "machine-update", "rays", closed)
    assert changed.exit_code == 0, changed.output
    assert "Nobody answers" in cli("compute", "check", "rays").output


def test_a_node_of_ray_killed_in_the_middle_harms_no_job(own: Own, cluster: Ray, tmp_path: Path) -> None:
    """Its raylet dies, and Ray's processes with it; the job runs on, and ends once."""
    raylet = cluster.add_node(3)
    own.port.start(tmp_path, own.order(COUNTING.replace("40", "80"), cores=3))  # the head has two
    own.up(tmp_path)
    cluster.kill(raylet)
    end = own.ended(tmp_path)
    assert (end.code, end.failure) == (7, "user_error")
    assert (tmp_path / attempt.LOG).read_text().split() == [str(number) for number in range(80)]


def test_a_machine_that_falls_with_its_node_is_lost_and_runs_elsewhere_once(
    own: Own, cluster: Ray, tmp_path: Path
) -> None:
    raylet = cluster.add_node(3)
    order = own.order("print('up', flush=True); import time; time.sleep(60)", cores=3)
    first, again = (folders(tmp_path, name) for name in "12")
    own.port.start(first, order)
    found = own.up(first)
    batch = psutil.Process(found.runner).ppid()
    cluster.kill(raylet, batch, found.runner, found.child)
    lost = own.until(lambda: isinstance(seen := own.port.poll(first), Lost) and seen, 60)
    assert "exit record" in lost.reason or "node" in lost.reason
    own.port.sweep(first, order["mark"])
    own.port.start(again, own.order("print('once', flush=True)", cores=3))
    said = own.until(lambda: own.port.poll(again) and (ray.why(again) or "") and ray.why(again))
    assert "no node has 3 CPUs" in said
    cluster.add_node(3)
    assert own.ended(again).code == 0
    assert (again / attempt.LOG).read_text() == "once\n"


def test_the_head_dies_in_the_middle_and_another_one_comes(own: Own, cluster: Ray, tmp_path: Path) -> None:
    """What runs is followed by what it writes; what is to start waits for a head, and starts once."""
    running, waiting = (folders(tmp_path, name) for name in "12")
    (running / "outputs").mkdir()
    code = COUNTING.replace("40", "60").replace(
        "raise", f"open({str(running / 'outputs/out')!r}, 'w').write('kept'); raise"
    )
    own.port.start(running, own.order(code))
    own.up(running)
    cluster.kill_head()
    end = own.ended(running)
    assert (end.code, end.failure) == (7, "user_error")
    assert (running / attempt.LOG).read_text().split() == [str(number) for number in range(60)]
    assert (running / "outputs/out").read_text() == "kept"
    own.port.start(waiting, own.order("print('once', flush=True)"))
    assert "Ray does not answer" in own.silent(waiting).reason
    cluster.start_head()
    assert own.until(lambda: isinstance(seen := own.port.poll(waiting), Ended) and seen, 60).code == 0
    assert (waiting / attempt.LOG).read_text() == "once\n"


def test_a_cluster_takes_its_nodes_of_it_as_its_autoscaler_brings_them(
    ctx: Context, cluster: Ray, tmp_path: Path
) -> None:
    """A node that is added is what an autoscaler answers to the wish, which is read from the Ray as it reads it."""
    at = RayAt(address=cluster.address, token_file=str(cluster.token), folder=str(tmp_path / "there"))
    given = {"provider": "ray", "cores": 5, "memory_bytes": 2**28, "idle_seconds": 0, "max_nodes": 1}
    clusters.create(ctx, ClusterCreate.model_validate({"name": "burst", **given, "ray": at}))
    run = experiments.submit(ctx, JobSpec(command=["echo on a node"], compute="burst"))
    wish = '[{"CPU": 5, "memory": 268435456}]'
    until(ctx, run, lambda _: clusters.get(ctx, "burst").nodes)
    until(ctx, run, lambda _: any(it.work.done() and not it.work.exception() for it in there._looks.values()))
    assert (clusters.get(ctx, "burst").nodes[0].state, cluster.wish()) == ("provisioning", wish)
    raylet = cluster.add_node(5)
    done = until(ctx, run, lambda run: run.state in TERMINAL)
    assert (done.state, log_of(ctx, done)) == ("Completed", "on a node\n")
    until(ctx, run, lambda _: not clusters.get(ctx, "burst").nodes)
    assert cluster.wish() == "[]"
    clusters.delete(ctx, "burst")
    cluster.kill(raylet)


def test_a_cluster_of_a_ray_that_is_away_says_so_and_can_be_deleted(ctx: Context, tmp_path: Path) -> None:
    at = RayAt(address=f"127.0.0.1:{free_port()}", folder=str(tmp_path))
    given = {"provider": "ray", "memory_bytes": 2**28, "min_nodes": 1, "ray": at}
    clusters.create(ctx, ClusterCreate.model_validate({"name": "burst", **given}))
    computes.tick(ctx)
    ahead = replace(ctx, clock=FakeClock(ctx.clock.now() + timedelta(seconds=6)))
    said = wait_for(ahead, lambda: computes.tick(ahead) is not None and clusters.get(ctx, "burst").nodes[0].reason)
    assert "Nobody answers at 127.0.0.1:" in said
    assert clusters.get(ctx, "burst").nodes[0].state == "provisioning"
    clusters.delete(ctx, "burst")
    assert clusters.get(ctx, "burst").nodes[0].state == "unusable"
    later = replace(ctx, clock=FakeClock(ctx.clock.now() + timedelta(seconds=200)))

    def gone() -> bool:
        computes.tick(later)
        return not clusters.list_(ctx)

    wait_for(later, gone)


def test_what_is_no_ray_for_a_cluster_is_refused_with_its_field(ctx: Context, tmp_path: Path) -> None:
    good = {"address": "auto", "folder": str(tmp_path)}
    for change, field in (
        ({"provider": "local"}, "provider"),
        ({"memory_bytes": None}, "memory_bytes"),
        ({"ray": {**good, "address": "nowhere"}}, "ray.address"),
        ({"ray": {**good, "host": "head"}}, "ray.user"),
        ({"ray": {**good, "folder": str(ctx.settings.home / "x")}}, "ray.folder"),
    ):
        given = {"name": "burst", "provider": "ray", "memory_bytes": 2**28, "ray": good, **change}
        with pytest.raises(ClusterInvalid) as error:
            clusters.create(ctx, ClusterCreate.model_validate(given))
        assert error.value.field == field


def test_nodes_and_capacity_are_rays(machine: Machine, cluster: Ray) -> None:
    facts = ray.probe(machine)
    assert facts["cores"] >= 2
    assert facts["system"].startswith("Ray 2.")
    (head,) = [node for node in ray.nodes(machine) if node["partition"] == "head"]
    assert (head["cores"], head["cores_free"], head["state"]) == (2, 2, "idle")


def test_what_keeps_it_from_being_reached_is_named(cluster: Ray, tmp_path: Path) -> None:
    with pytest.raises(HostAway, match=r"Nobody answers at 127\.0\.0\.1:"):
        ray.probe(by_ray(cluster, tmp_path, settings={"address": f"127.0.0.1:{free_port()}"}))
    with pytest.raises(HostAway, match="There is no Ray in the Python"):
        ray.probe(by_ray(cluster, tmp_path, python=os.path.realpath("/usr/bin/python3")))


def test_what_ray_cannot_be_told_is_refused_with_its_field() -> None:
    good = settings.checked({"address": "head:6379", "resources": "accelerator_type:A100=0.001\n\nspecial=2\n"})
    assert settings.asked(good) == {
        "address": "head:6379",
        "token": "",
        "resources": {"accelerator_type:A100": 0.001, "special": 2.0},
    }
    for given, field in (
        ({"adress": "x"}, "adress"),
        ({"address": "nowhere"}, "address"),
        ({"address": "head:99999"}, "address"),
        ({"address": "ray://head:10001"}, "address"),
        ({"token_file": "abcdef0123"}, "token_file"),
        ({"max_jobs": 0}, "max_jobs"),
        ({"resources": ["CPU=2"]}, "resources"),
        ({"resources": ["a b=1"]}, "resources"),
        ({"resources": ["a=0"]}, "resources"),
        ({"resources": 5}, "resources"),
    ):
        with pytest.raises(ValueError, match=r"\w") as error:
            settings.checked(given)
        assert error.value.args[0] == field


def test_each_reason_has_its_words() -> None:
    room = {"state": "pending", "nodes": 2, "could": 1, "has": {"CPU": 8, "GPU": 2}, "free": {"CPU": 8, "GPU": 0}}
    for found, words in (
        ({**room, "needs": {"CPU": 4, "GPU": 1}}, "no node has 1 GPU free now (the most that one has free: 0)"),
        ({**room, "needs": {"CPU": 9}, "could": 0}, "no node has 9 CPUs at all (the most that one has: 8 CPUs); it starts"),
        ({**room, "needs": {"CPU": 1}}, "which is starting it"),
        ({**room, "needs": {"CPU": 4, "GPU": 1}, "free": {"CPU": 4, "GPU": 1}}, "4 CPUs and 1 GPU free at once"),
        ({**room, "needs": {"CPU": 1, "memory": 2**33}, "has": {"memory": 2**32}, "free": {"CPU": 9, "memory": 2**31}}, "no node has 8.0 GiB of memory free now"),
        ({**room, "needs": {"CPU": 1}, "nodes": 0}, "it has no node now"),
    ):  # fmt: skip
        assert words in (reasons.said(found) or "")
    assert reasons.said({"state": "alive"}) is None
    dead = {"name": "n", "host": "n", "alive": False, "has": {"CPU": 2}, "free": {}, "reason": "missed heartbeats"}
    assert (nodes.read(dead)["state"], nodes.read(dead)["cores_free"]) == ("dead", 0)
