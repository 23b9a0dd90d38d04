"""Clusters whose nodes come from programs: a real sshd is the node, and nothing of it is left, whatever fails."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from click.testing import Result
from pydantic import SecretStr

from studiolo.kernel.auth.roles import Role
from studiolo.kernel.clock import FakeClock
from studiolo.kernel.context import Context
from studiolo.kernel.errors import Denied, StudioloError
from studiolo.studio.compute import reconcile as computes
from studiolo.studio.compute.clusters import definitions, service
from studiolo.studio.compute.clusters.errors import ClusterBusy, ClusterInvalid
from studiolo.studio.compute.clusters.schemas import Cluster, ClusterCreate, ClusterPatch, Scripts
from studiolo.studio.compute.clusters.scripted import answers, engine, nodes, programs
from studiolo.studio.compute.errors import ComputeNotFound, TooBig
from studiolo.studio.compute.node_logs import service as node_logs
from studiolo.studio.compute.node_logs import writing
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.schemas import TERMINAL, JobSpec, Run
from studiolo.studio.workspace.vault import service as vault
from studiolo.studio.workspace.vault.schemas import SecretSet
from studiolo.testing.sshd import Sshd
from studiolo.testing.stores.servers import ServerMissing
from tests.studio.experiments.jobs import log_of, wait_for

SUSPEND = 'test -f "{pid}" && kill $(cat "{pid}") && while test -f "{pid}"; do sleep 0.02; done; echo "$STUDIOLO_NODE_ID gone" >> {log}'


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Sshd]:
    """A machine that is off: its sshd is started by the resume program."""
    folder = tmp_path / "sshd"
    folder.mkdir()
    try:
        server = Sshd(folder)
    except ServerMissing as error:
        pytest.skip(str(error))
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    yield server
    if (folder / "pid").exists():
        os.kill(int((folder / "pid").read_text()), signal.SIGKILL)


def scripts(machine: Sshd, **changes: Any) -> dict[str, Any]:
    folder = machine.folder
    sshd = f"{machine._command[0]} -f {folder / 'sshd_config'}"
    said = (
        f'{{"host": "127.0.0.1", "port": {machine.port}, "user": "{machine.user}", "host_key": "{machine.host_key}"}}'
    )
    return {
        "resume": ["sh", "-c", f"echo $STUDIOLO_NODE up >> {folder}/log; {sshd} && echo '{said}'"],
        "suspend": ["sh", "-c", SUSPEND.format(pid=folder / "pid", log=folder / "log")],
        "key": "nodes",
        "python": sys.executable,
        "folder": str(folder / "runner"),
        "resume_seconds": 20,
        **changes,
    }


def make(ctx: Context, programs_: dict[str, Any], key: str = "none", **values: Any) -> Cluster:
    vault.set_(ctx, "nodes", SecretSet(value=SecretStr(key)))
    given = {"name": "burst", "provider": "scripts", "memory_bytes": 2**20, "max_nodes": 1, "idle_seconds": 60}
    return service.create(ctx, ClusterCreate.model_validate({**given, "scripts": programs_, **values}))


def submit(ctx: Context, command: str, **spec: Any) -> Run:
    return experiments.submit(ctx, JobSpec(command=[command], compute="burst", **spec))


def until(ctx: Context, done: Callable[[Cluster], bool]) -> Cluster:
    def look() -> Cluster | None:
        computes.tick(ctx)
        found = service.get(ctx, "burst")
        return found if done(found) else None

    found = wait_for(ctx, look)
    assert found is not None
    return found


def ended(ctx: Context, run: Run) -> Run:
    until(ctx, lambda _: experiments.get(ctx, run.id).state in TERMINAL)
    return experiments.get(ctx, run.id)


def later(ctx: Context, seconds: float) -> Context:
    return replace(ctx, clock=FakeClock(ctx.clock.now() + timedelta(seconds=seconds)))


def running(words: str) -> list[psutil.Process]:
    return [one for one in psutil.process_iter(["cmdline"]) if words in " ".join(one.info["cmdline"] or ())]


def told(ctx: Context) -> list[str]:
    """Return what the log of the first node says, without the moments."""
    return [line.partition("Z  ")[2] for line in node_logs.whole(ctx, "burst", "1").decode().splitlines()]


def forget() -> None:
    """Be a new controller: what the last one had in its memory is gone."""
    for known in (
        programs._begun,
        nodes._trying,
        nodes._not_before,
        nodes._tidied,
        engine._opened,
        engine._names,
        writing._at,
    ):
        known.clear()


def test_a_node_comes_for_a_job_runs_it_and_is_suspended_when_idle(ctx: Context, machine: Sshd) -> None:
    make(ctx, scripts(machine), machine.key, price_per_hour=36.0)
    run = submit(ctx, "echo on $STUDIOLO_RUN_ID; echo kept > outputs/a.txt")
    found = until(ctx, lambda it: bool(it.nodes))
    assert found.nodes[0].state == "provisioning"
    assert "waits for node 1 of 'burst', which comes up since" in (experiments.get(ctx, run.id).waits_for or "")
    run = ended(ctx, run)
    assert (run.state, log_of(ctx, run)) == ("Completed", f"on {run.id}\n")
    assert service.cost(ctx, run.id).cost > 0
    found = service.get(ctx, "burst")
    assert [(node.state, node.host, node.reason) for node in found.nodes] == [("idle", "127.0.0.1", "")]
    (use,) = vault.uses(ctx, "nodes").items
    assert use.run == "node 1 of burst"
    done = until(later(ctx, 61), lambda it: not it.nodes)
    computes.tick(ctx)
    life = "\n".join(told(ctx))
    for part in (
        "Up at 127.0.0.1, ",
        f"({run.id}) begins",
        f"({run.id}) ended after",
        "it was idle for 60 s.\nThe suspend program is run.\nGone, ",
    ):
        assert part in life
    assert done.node_hours > 0
    said = (machine.folder / "log").read_text().splitlines()
    assert said[0] == "burst-1 up"
    assert said[1].endswith(" gone")
    assert not (machine.folder / "pid").exists()
    assert list((ctx.settings.home / nodes.FOLDER).iterdir()) == []


def test_a_node_that_does_not_come_up_is_suspended_and_told(ctx: Context, tmp_path: Path) -> None:
    log = tmp_path / "log"
    resume = f"echo resume >> {log}; echo no capacity in zone b >&2; exit 3"
    make(ctx, {"resume": ["sh", "-c", resume], "suspend": ["sh", "-c", f"echo suspend >> {log}"], "key": "nodes"})
    run = submit(ctx, "true")
    found = until(ctx, lambda it: it.failed is not None and not it.nodes)
    assert found.failed is not None
    assert (found.failed.said, found.failed.output) == (
        "The resume program ended with code 3.",
        "no capacity in zone b",
    )
    computes.tick(ctx)
    *before, last = told(ctx)
    assert last.startswith("Gone, after ")
    assert before == [
        "Asked for, with 1 core, 1 MiB.",
        "The resume program is run.",
        "resume, stderr: no capacity in zone b",
        f"Failed. The resume program ended with code 3. It is taken down; the next is asked for at {found.resume_after:%H:%M:%S} UTC at the earliest.",
        "The suspend program is run.",
    ]
    for _ in range(3):  # it is not asked again at once
        computes.tick(ctx)
        wait_for(ctx, lambda: True)
    assert log.read_text().split() == ["resume", "suspend"]
    assert "could not bring up a node: The resume program ended with code 3." in (
        experiments.get(ctx, run.id).waits_for or ""
    )
    again = later(ctx, 11)
    until(again, lambda _: log.read_text().split() == ["resume", "suspend"] * 2)
    until(again, lambda it: not it.nodes)
    assert service.get(ctx, "burst").resume_after is not None
    experiments.cancel(ctx, run.id)
    assert ended(ctx, run).state == "Canceled"


@pytest.mark.parametrize(
    ("resume", "said"),
    [
        (["/no/such/program"], "cannot be run: /no/such/program: No such file or directory"),
        (["echo", "ready"], "It did not say where the node is"),
        (["echo", '{"host": "a b"}'], "host: String should match pattern"),
        (["echo", '{"host": "h"'], "Its answer is no JSON"),
        (["sh", "-c", "kill -9 $$"], "ended by signal 9"),
        (["sleep", "60"], "did not end in 1 s, and was ended"),
        (["echo", '{"host": "127.0.0.1", "port": 1, "user": "me", "host_key": "SHA256:x"}'], "is not reached"),
    ],
)
def test_each_way_to_fail_is_named(ctx: Context, resume: list[str], said: str) -> None:
    make(ctx, {"resume": resume, "suspend": ["true"], "key": "nodes", "resume_seconds": 1}, min_nodes=1)
    found = until(ctx, lambda it: it.failed is not None)
    assert found.failed is not None
    assert said in found.failed.said


def test_whoever_comes_after_a_killed_controller_leaks_no_node(ctx: Context, tmp_path: Path) -> None:
    log, go = tmp_path / "log", tmp_path / "go"
    resume = f"echo $STUDIOLO_NODE_ID >> {log}; while ! test -f {go}; do sleep 0.02; done; exit 1"
    suspend = f"echo no $STUDIOLO_NODE_ID >> {log}"
    make(ctx, {"resume": ["sh", "-c", resume], "suspend": ["sh", "-c", suspend], "key": "nodes"}, min_nodes=1)
    service.scale(ctx)  # the row, and killed before its program
    forget()
    until(ctx, lambda _: log.exists())
    forget()  # killed while it ran: it is found again, not begun again
    for _ in range(3):
        computes.tick(ctx)
    assert service.get(ctx, "burst").nodes[0].state == "provisioning"
    (ours,) = running(f"{ctx.settings.home}/nodes")
    ours.kill()  # the machine's memory was short, say: nobody knows how far it came
    forget()
    found = until(ctx, lambda it: it.failed is not None and not it.nodes)
    assert found.failed is not None
    assert "was killed; nobody knows how far it came" in found.failed.said
    first, second, third = log.read_text().split()
    assert (first, second) == (third, "no")
    computes.tick(ctx)
    assert [told(ctx).count(f"The {verb} program is run.") for verb in ("resume", "suspend")] == [1, 1]
    wait_for(ctx, lambda: not running(str(go)))


def test_suspend_is_run_until_it_succeeds(ctx: Context, machine: Sshd) -> None:
    flag = machine.folder / "credit"
    given = scripts(machine)
    given["suspend"][2] = f"test -f {flag} || {{ echo no credit; exit 5; }}; {given['suspend'][2]}"
    make(ctx, given, machine.key, min_nodes=1)
    until(ctx, lambda it: it.nodes_idle == 1)
    service.delete(ctx, "burst")
    found = until(ctx, lambda it: it.failed is not None)
    assert found.deleting_since is not None
    assert found.nodes[0].state == "unusable"
    assert "The suspend program ended with code 5. It may still be there; tried again at" in found.nodes[0].reason
    assert found.failed is not None
    assert found.failed.output == "no credit"
    with pytest.raises(ClusterBusy, match="is being deleted"):
        service.update(ctx, "burst", ClusterPatch(max_nodes=2))
    flag.touch()
    with pytest.raises(ComputeNotFound):
        until(later(ctx, 6), lambda _: False)
    assert not (machine.folder / "pid").exists()


def test_who_deletes_a_cluster_while_a_node_comes_up_waits_for_it(ctx: Context, tmp_path: Path) -> None:
    log, go = tmp_path / "log", tmp_path / "go"
    resume = f"while ! test -f {go}; do sleep 0.02; done; echo up >> {log}; exit 1"
    make(
        ctx,
        {"resume": ["sh", "-c", resume], "suspend": ["sh", "-c", f"echo down >> {log}"], "key": "nodes"},
        min_nodes=1,
    )
    until(ctx, lambda it: bool(it.nodes) and bool(running(str(go))))
    service.delete(ctx, "burst")
    for _ in range(3):
        computes.tick(ctx)
    assert [node.state for node in service.get(ctx, "burst").nodes] == ["provisioning"]
    go.touch()
    with pytest.raises(ComputeNotFound):
        until(ctx, lambda _: False)
    assert log.read_text().split() == ["up", "down"]


def test_a_node_that_dies_is_suspended_and_its_job_is_lost_or_runs_again(ctx: Context, machine: Sshd) -> None:
    make(ctx, scripts(machine, silent_seconds=5), machine.key)
    run = submit(ctx, "echo up; sleep 30", retries={"lost": 1})
    until(ctx, lambda _: experiments.get(ctx, run.id).state == "Running")
    pid = machine.folder / "pid"
    server = psutil.Process(int(pid.read_text()))
    for one in [server, *server.children(recursive=True)]:
        if one.name().startswith("sshd"):
            one.kill()
    pid.unlink()
    found = until(ctx, lambda it: it.nodes[0].state == "unusable")
    assert found.jobs_running == 1
    said = experiments.get(ctx, run.id).not_responding or ""
    assert said.startswith("Node 1 of 'burst' does not answer since ")
    assert said.endswith(" It is suspended, and the job lost, if it stays so.")
    gone = later(ctx, 6)
    until(gone, lambda _: bool(experiments.attempts(ctx, run.id)))
    (first,) = experiments.attempts(ctx, run.id)
    assert (first.failure, "Node 1 of 'burst' was suspended: It did not answer since" in (first.error or "")) == (
        "lost",
        True,
    )
    assert experiments.get(ctx, run.id).state == "Queued"
    experiments.cancel(ctx, run.id)
    assert ended(gone, run).state == "Canceled"


def test_what_cannot_be_is_refused_with_its_field(ctx: Context) -> None:
    good = {"resume": "up.sh --zone 'b 1'", "suspend": ["down.sh"], "key": "nodes"}
    assert Scripts.model_validate(good).resume == ["up.sh", "--zone", "b 1"]
    vault.set_(ctx, "nodes", SecretSet(value=SecretStr("x")))
    for change, field in (
        ({"scripts": None}, "scripts"),
        ({"provider": "local"}, "provider"),
        ({"memory_bytes": None}, "memory_bytes"),
        ({"gpus": 1}, "gpus"),
        ({"scripts": {**good, "key": ""}}, "scripts.key"),
        ({"scripts": {**good, "key": "other"}}, "scripts.key"),
    ):
        body = {"name": "burst", "provider": "scripts", "memory_bytes": 2**30, "scripts": good, **change}
        with pytest.raises(StudioloError) as error:
            service.create(ctx, ClusterCreate.model_validate(body))
        assert error.value.field == field
    make(ctx, good)
    with pytest.raises(TooBig, match="jobs see all of them"):
        submit(ctx, "true", resources={"gpus": 1})
    service.create(ctx, ClusterCreate(name="here"))
    with pytest.raises(ClusterInvalid, match="come without programs"):
        service.update(ctx, "here", ClusterPatch(scripts=Scripts.model_validate(good)))
    changed = service.update(ctx, "burst", ClusterPatch(scripts=Scripts.model_validate({**good, "port": 2222})))
    assert changed.scripts is not None
    assert changed.scripts.port == 2222


def test_programs_are_an_owners_alone(ctx: Context) -> None:
    given = {"resume": ["true"], "suspend": ["true"], "key": "nodes"}
    make(ctx, given)
    other = replace(ctx, actor=replace(ctx.actor, role=Role.contributor))
    spec = {"name": "more", "provider": "scripts", "memory_bytes": 2**30, "scripts": given}
    with pytest.raises(Denied):
        service.create(other, ClusterCreate.model_validate(spec))
    with pytest.raises(Denied):
        service.update(other, "burst", ClusterPatch(scripts=Scripts.model_validate(given)))
    assert service.update(other, "burst", ClusterPatch(max_nodes=3)).max_nodes == 3


def test_the_command_line_makes_changes_and_tells_them(ctx: Context, cli: Callable[..., Result]) -> None:
    vault.set_(ctx, "nodes", SecretSet(value=SecretStr("x")))
    words = ["--memory", "0.01", "--resume", "/opt/up.sh --size 'very large'", "--suspend", "false", "--key", "nodes"]
    made = cli("compute", "create", "burst", "--min-nodes", "1", *words, "--user", "me")
    assert made.exit_code == 0, made.output
    found = service.get(ctx, "burst")
    assert found.scripts is not None
    assert (found.provider, found.scripts.resume) == ("scripts", ["/opt/up.sh", "--size", "very large"])
    until(ctx, lambda it: it.failed is not None and "Then: The suspend" in it.nodes[0].reason)
    said = " ".join(cli("compute", "nodes", "burst").output.split())
    assert "unusable" in said
    assert "node 1: The resume program cannot be run: /opt/up.sh: No such file or directory. Then: The suspend" in said
    changed = cli("compute", "update", "burst", "--suspend", "true", "--min-nodes", "0")
    assert changed.exit_code == 0, changed.output
    found = service.get(ctx, "burst")
    assert found.scripts is not None
    assert (found.scripts.suspend, found.scripts.user) == (["true"], "me")
    wrong = cli("compute", "create", "more", "--provider", "scripts")
    assert "programs that bring nodes up" in str(wrong.exception)


def test_a_file_names_them(tmp_path: Path) -> None:
    path = tmp_path / "c.yml"
    path.write_text(
        "name: burst\ntype: cluster\nprovider: scripts\nmax_instances: 3\ncores: 4\nmemory_bytes: 8589934592\n"
        "scripts:\n  resume: /opt/up.sh --size large\n  suspend: [/opt/down.sh]\n  key: nodes\n  user: trainer\n"
    )
    spec, notes = definitions.load(path)
    assert (notes, spec.max_nodes, spec.provider) == ([], 3, "scripts")
    assert spec.scripts is not None
    assert spec.scripts.resume == ["/opt/up.sh", "--size", "large"]


def test_an_answer_fills_in_what_the_cluster_says() -> None:
    given = Scripts(resume=["a"], suspend=["b"], user="me", port=2200, host_key="SHA256:x")
    assert answers.read('{"host": "h"}\n{"host": "g", "user": "you", "id": 7}', given) == {
        "host": "g",
        "port": 2200,
        "user": "you",
        "host_key": "SHA256:x",
    }
    with pytest.raises(answers.NoAnswer, match="who signs in"):
        answers.read('{"host": "h"}', given.model_copy(update={"user": ""}))
