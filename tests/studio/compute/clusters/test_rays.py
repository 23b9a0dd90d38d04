"""Clusters of a Ray that the studio starts here, against a real one: nodes come for jobs and go, and nothing of Ray is left."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest
from click.testing import Result

from studiolo.kernel.clock import FakeClock
from studiolo.kernel.context import Context
from studiolo.runner import processes, ray_own
from studiolo.studio.compute import reconcile as computes
from studiolo.studio.compute import service as machine
from studiolo.studio.compute.clusters import definitions, repository, rules, service
from studiolo.studio.compute.clusters.errors import ClusterInvalid
from studiolo.studio.compute.clusters.rays import here, own
from studiolo.studio.compute.clusters.schemas import Cluster, ClusterCreate
from studiolo.studio.compute.clusters.scripted import engine, nodes, programs
from studiolo.studio.compute.errors import ComputeNotFound
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.schemas import TERMINAL, JobSpec, Run
from tests.studio.experiments.jobs import log_of, wait_for

pytest.importorskip("ray")


@pytest.fixture
def rays(ctx: Context) -> Iterator[Callable[[], list[int]]]:
    """Return what tells the processes of Ray that the studio of the test has; what is left of them at the end is ended."""
    token = str(ctx.settings.home / own.FOLDER)

    def found() -> list[int]:
        return [pid for pid in (one.pid for one in processes.table()) if token in _environment(pid)]

    yield found
    for pid in found():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _environment(pid: int) -> str:
    try:
        text = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
    except OSError:
        return ""
    return text if f"\0{ray_own.MARK}=" in f"\0{text}" else ""


def forget() -> None:
    """Be a new controller: what the last one had in its memory is gone."""
    for known in (programs._begun, nodes._trying, nodes._not_before, nodes._tidied, engine._opened, engine._names):
        known.clear()
    here._asked.clear()


def make(ctx: Context, **values: object) -> Cluster:
    given = {"name": "rays", "provider": "ray", "memory_bytes": 2**28, "max_nodes": 1, "idle_seconds": 60}
    return service.create(ctx, ClusterCreate.model_validate({**given, **values}))


def until(ctx: Context, done: Callable[[Cluster], object]) -> Cluster:
    def look() -> Cluster | None:
        computes.tick(ctx)
        found = service.get(ctx, "rays")
        if done(found):
            return found
        time.sleep(0.15)  # Ray takes seconds, and each look costs
        return None

    found = wait_for(ctx, look, 180)
    assert found is not None
    return found


def submit(ctx: Context, command: str, **spec: object) -> Run:
    return experiments.submit(ctx, JobSpec.model_validate({"command": [command], "compute": "rays", **spec}))


def ended(ctx: Context, run: Run) -> Run:
    until(ctx, lambda _: experiments.get(ctx, run.id).state in TERMINAL)
    return experiments.get(ctx, run.id)


def later(ctx: Context, seconds: float) -> Context:
    return replace(ctx, clock=FakeClock(ctx.clock.now() + timedelta(seconds=seconds)))


def test_nodes_come_for_jobs_and_go_and_whoever_is_killed_in_the_middle_nothing_is_lost_or_left(
    ctx: Context, rays: Callable[[], list[int]], tmp_path: Path
) -> None:
    """One Ray for all of it, as its start takes seconds: the one who brings it up, controllers, and a node of it are killed."""
    made = make(ctx, price_per_hour=36.0, memory_bytes=2**28)
    head = own.folder(ctx, id_of(ctx)) / "head.json"
    first = submit(ctx, "echo $RAY_AUTH_MODE; echo kept > outputs/a.txt")
    assert (made.nodes, rays()) == ([], [])

    # who brings the first node up is killed with the head half there: all of it goes, and another comes in its time
    until(ctx, lambda it: it.nodes and head.exists() and rays())
    for one in psutil.process_iter(["cmdline"]):
        if str(head.parent) in " ".join(one.info["cmdline"] or ()) and "ray_own.py" in " ".join(one.info["cmdline"]):
            one.kill()
    forget()
    found = until(ctx, lambda it: it.failed and not it.nodes)
    assert found.failed is not None
    assert found.failed.said == "The program that starts Ray was killed; nobody knows how far it came."
    assert (rays(), head.exists()) == ([], False)
    assert machine.show(ctx, "local").cores_free == machine.show(ctx, "local").cores

    ctx = later(ctx, 11)
    until(ctx, lambda it: it.nodes)
    assert machine.show(ctx, "local").cores_free == machine.show(ctx, "local").cores - 1
    forget()
    done = ended(ctx, first)
    assert (done.state, log_of(ctx, done)) == ("Completed", "token\n")
    assert [(node.state, node.reason) for node in service.get(ctx, "rays").nodes] == [("idle", "")]
    assert service.get(ctx, "rays").failed is None

    # a node of Ray is killed in the middle: its job runs on, ends once, and then the node goes, and the head as it was the last
    wait = f"while [ ! -e {tmp_path}/go ]; do sleep 0.05; done"
    second = submit(ctx, f"for n in 1 2 3; do echo $n; sleep 0.2; done; {wait}; echo over; exit 7")
    until(ctx, lambda _: log_of(ctx, second).count("\n") == 3)
    with ctx.db.read() as tx:
        fallen = repository.up(tx, id_of(ctx))[0].place["process"]["pid"]
    os.kill(fallen, signal.SIGKILL)
    found = until(ctx, lambda it: it.nodes[0].state == "unusable")
    assert found.nodes[0].reason == "Its process of Ray (raylet) has ended."
    assert "The job is not harmed by it." in (experiments.get(ctx, second.id).not_responding or "")
    forget()
    (tmp_path / "go").touch()
    done = ended(ctx, second)
    assert (done.state, done.attempt, log_of(ctx, done)) == ("Failed", 1, "1\n2\n3\nover\n")
    found = until(ctx, lambda it: not it.nodes)
    assert found.cost == pytest.approx(36.0 * found.node_hours)
    assert (rays(), head.exists()) == ([], False)
    service.delete(ctx, "rays")
    assert not head.parent.exists()
    assert machine.show(ctx, "local").cores_free == machine.show(ctx, "local").cores


def test_a_node_that_does_not_come_up_says_why_and_deleting_waits_for_it(
    ctx: Context, cli: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own, "PYTHON", os.path.realpath("/usr/bin/python3"))
    make(ctx, min_nodes=1)
    found = until(ctx, lambda it: it.failed is not None and not it.nodes)
    assert found.failed is not None
    assert found.failed.said == "The program that starts Ray ended with code 1."
    assert "There is no Ray in the Python" in found.failed.output
    assert "pip install 'studiolo[ray]'" in " ".join(cli("compute", "nodes", "rays").output.split())
    run = submit(ctx, "true")
    waits = experiments.get(ctx, run.id).waits_for or ""
    assert waits.startswith(
        "'rays' could not bring up a node: The program that starts Ray ended with code 1. Tried again at"
    )
    experiments.cancel(ctx, run.id)
    until(later(ctx, 11), lambda it: it.nodes)
    service.delete(ctx, "rays")
    with pytest.raises(ComputeNotFound):
        until(later(ctx, 11), lambda _: False)


def test_what_cannot_be_is_refused_with_its_field(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    cores = machine.show(ctx, "local").cores
    for change, field in (
        ({"scripts": {"resume": "a", "suspend": "b"}}, "provider"),
        ({"cores": cores + 1}, "cores"),
        ({"min_nodes": cores, "max_nodes": cores}, "min_nodes"),
        ({"gpus": 64}, "gpus"),
    ):
        with pytest.raises(ClusterInvalid) as error:
            make(ctx, **change)
        assert error.value.field == field
    monkeypatch.setattr(rules, "find_spec", lambda _: None)
    with pytest.raises(ClusterInvalid, match="There is no Ray in the studio's Python") as error:
        make(ctx)
    assert "pip install 'studiolo[ray]'" in (error.value.hint or "")


def test_a_file_and_the_command_line_make_one(ctx: Context, cli: Callable[..., Result], tmp_path: Path) -> None:
    path = tmp_path / "rays.yml"
    path.write_text("name: rays\ntype: amlcompute\nprovider: ray\nmax_instances: 2\nidle_time_before_scale_down: 30\n")
    spec, notes = definitions.load(path)
    assert (notes, spec.provider, spec.max_nodes, spec.idle_seconds) == ([], "ray", 2, 30)
    done = cli("compute", "create", "rays", "--provider", "ray", "--max-nodes", "2")
    assert done.exit_code == 0, done.output
    found = service.get(ctx, "rays")
    assert (found.provider, found.title) == ("ray", "1 core of a Ray on this machine")
    service.delete(ctx, "rays")


def id_of(ctx: Context) -> str:
    with ctx.db.read() as tx:
        row = repository.find(tx, ctx.workspace_id, "rays")
    assert row is not None
    return str(row.id)
