"""Slurm as a compute of the studio: attached, shown, and real jobs in its queue."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from starlette.testclient import TestClient

from studiolo.kernel.auth.actor import Actor
from studiolo.kernel.auth.roles import Role
from studiolo.kernel.context import Context
from studiolo.kernel.errors import Denied
from studiolo.kernel.ssh import HostAway
from studiolo.sdk.studio import Studio
from studiolo.studio.compute import reconcile as computes
from studiolo.studio.compute import service as compute
from studiolo.studio.compute.errors import TooBig
from studiolo.studio.compute.machines import definitions, repository, service
from studiolo.studio.compute.machines.errors import MachineInvalid
from studiolo.studio.compute.machines.schemas import MachineCreate, MachinePatch, MachineTry
from studiolo.studio.compute.node_logs import service as node_logs
from studiolo.studio.compute.node_logs.errors import NodeLogNotThere
from studiolo.studio.experiments import artifacts
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.job_schemas import Distribution
from studiolo.studio.experiments.schemas import TERMINAL, JobSpec, Resources, Run
from studiolo.testing.slurm import Slurm
from tests.studio.experiments.jobs import log_of, wait_for

URL = "/w/default/api/compute"


@pytest.fixture
def definition(
    daemons: Slurm, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """What attaches it, as the API takes it."""
    monkeypatch.setenv("SLURM_CONF", str(daemons.conf))
    folder = str(tmp_path_factory.mktemp("hpc"))
    return {"name": "hpc", "kind": "slurm", "folder": folder, "python": "", "settings": {"partition": "main"}}


def attach(ctx: Context, definition: dict[str, Any], **settings: Any) -> None:
    whole = {**definition, "settings": {**definition["settings"], **settings}}
    found = service.create(ctx, MachineCreate.model_validate(whole))
    assert found.check is not None
    assert found.check.ok, found.check.cause
    assert (found.state, found.cores, found.sign_in, found.host) == ("ready", 16, "none", "")


def submit(ctx: Context, command: str, **spec: Any) -> Run:
    return experiments.submit(ctx, JobSpec(command=[command], compute="hpc", **spec))


def until(ctx: Context, run: Run, ready: Callable[[Run], Any]) -> Run:
    def look() -> Run | None:
        computes.tick(ctx)
        now = experiments.get(ctx, run.id)
        return now if ready(now) else None

    found = wait_for(ctx, look)
    assert found is not None
    return found


def over(run: Run) -> bool:
    return run.state in TERMINAL


def test_a_job_runs_in_it_and_one_that_waits_says_why(ctx: Context, definition: dict[str, Any], tmp_path: Path) -> None:
    attach(ctx, definition)
    command = f"echo job $SLURM_JOB_ID; echo kept > outputs/a.txt; while [ ! -e {tmp_path}/go ]; do sleep 0.1; done"
    first = submit(ctx, command, resources=Resources(cores=16))
    until(ctx, first, lambda run: run.state == "Running")
    second = submit(ctx, "echo after", resources=Resources(cores=16))
    waiting = until(ctx, second, lambda run: "(Resources)" in (run.waits_for or ""))
    assert waiting.state == "Starting"
    assert "no node has enough free yet (Resources)" in (waiting.waits_for or "")
    jobs = {job.run_id: job for job in service.get(ctx, "hpc").jobs}
    assert (jobs[second.id].waits_for, jobs[first.id].waits_for) == (waiting.waits_for, None)
    (tmp_path / "go").touch()
    assert until(ctx, first, over).state == "Completed"
    assert log_of(ctx, first).startswith("job ")
    found = until(ctx, second, over)
    assert (found.state, found.waits_for, log_of(ctx, second)) == ("Completed", None, "after\n")
    with pytest.raises(TooBig, match="has 16 cores"):
        compute.check(ctx, "hpc", 17, 0)


def test_more_than_its_most_wait_in_the_studio_and_can_be_canceled(ctx: Context, definition: dict[str, Any]) -> None:
    attach(ctx, definition, max_jobs=1)
    first = until(ctx, submit(ctx, "echo up; sleep 60"), lambda run: run.state == "Running")
    second = submit(ctx, "echo never")
    queued = until(ctx, second, lambda run: "max_jobs" in (run.waits_for or ""))
    assert queued.state == "Queued"
    for run in (second, first):
        experiments.cancel(ctx, run.id)
        assert until(ctx, run, over).state == "Canceled"
    assert service.get(ctx, "hpc").jobs == []


def test_what_slurm_refuses_fails_with_its_words(ctx: Context, definition: dict[str, Any]) -> None:
    attach(ctx, definition, options=["--gres=gpu:7"])
    run = until(ctx, submit(ctx, "echo never"), over)
    assert run.state == "Failed"
    assert "Slurm refused it. sbatch: Batch job submission failed" in (run.error or "") or "generic resource" in (
        run.error or ""
    )


def test_its_queue_may_want_a_job_back(ctx: Context, definition: dict[str, Any]) -> None:
    attach(ctx, definition)
    assert compute.preemptible(ctx, "hpc")


def test_definitions_are_checked_for_their_kind(ctx: Context, definition: dict[str, Any], tmp_path: Path) -> None:
    for change, field in (
        ({"kind": "nothing"}, "kind"),
        ({"kind": "ssh", "settings": {}}, "host"),
        ({"settings": {"partitoin": "x"}}, "settings.partitoin"),
        ({"credentials": {"password": "x"}}, "credentials"),
        ({"host": "login"}, "user"),
    ):
        with pytest.raises(MachineInvalid) as error:
            service.create(ctx, MachineCreate.model_validate({**definition, **change}))
        assert error.value.field == field
    file = tmp_path / "hpc.yml"
    file.write_text("name: hpc\ntype: slurm\npartition: gpu\noptions: [--exclusive]\nfolder: /shared/studio\n")
    found, notes = definitions.load(file)
    assert (found.kind, found.settings["partition"], found.settings["options"], notes) == (
        "slurm",
        "gpu",
        ["--exclusive"],
        [],
    )
    file.write_text("name: hpc\ntype: slurm\nsettings: [gpu]\n")
    with pytest.raises(MachineInvalid, match="settings must be a mapping"):
        definitions.load(file)
    attach(ctx, definition)
    changed = service.update(ctx, "hpc", MachinePatch(host="", user="", settings={"partition": "short"}))
    assert (changed.settings["partition"], changed.sign_in) == ("short", "none")
    assert service.check(ctx, "hpc").ok


def test_the_studios_own_machine_is_for_those_whose_jobs_may_run_there(
    ctx: Context, definition: dict[str, Any]
) -> None:
    operator = replace(ctx, actor=Actor("o", "operator", Role.compute_operator))
    with pytest.raises(Denied, match=r"experiments\.write"):
        service.create(operator, MachineCreate.model_validate(definition))
    with pytest.raises(Denied, match=r"experiments\.write"):
        service.try_out(operator, MachineTry(kind="slurm", folder=definition["folder"]))
    inside = {**definition, "folder": str(ctx.settings.home / "hpc")}
    with pytest.raises(MachineInvalid) as error:
        service.create(ctx, MachineCreate.model_validate(inside))
    assert error.value.field == "folder"


def test_one_that_does_not_answer_is_not_asked_for_nodes(ctx: Context, definition: dict[str, Any]) -> None:
    attach(ctx, definition)
    with ctx.db.begin() as tx:
        row = repository.find(tx, ctx.workspace_id, "hpc")
        assert row is not None
        repository.change(tx, row.id, {"silent_since": ctx.clock.now(), "silent_reason": "Slurm does not answer."})
    with pytest.raises(HostAway, match=r"'hpc' does not answer: Slurm does not answer\."):
        service.nodes(ctx, "hpc")


def test_routes_sdk_and_command_line(
    client: TestClient, studio: Studio, cli: Callable[..., Result], definition: dict[str, Any]
) -> None:
    kinds = {kind["name"]: kind for kind in client.get(f"{URL}/kinds").json()}
    assert [field["name"] for field in kinds["slurm"]["fields"]][:2] == ["partition", "account"]
    assert (kinds["slurm"]["here"], kinds["ssh"]["here"]) == (True, False)
    assert client.post(
        f"{URL}/machines/try", json={key: definition[key] for key in definition if key != "name"}
    ).json()["ok"]
    done = cli(
        "compute",
        "attach",
        "hpc",
        "--kind=slurm",
        f"--folder={definition['folder']}",
        "--python=",
        "--set=partition=main",
    )
    assert done.exit_code == 0, done.output
    assert "ready" in done.output
    nodes = studio.compute.machines.nodes("hpc")
    assert [(node.partition, node.cores) for node in nodes] == [("main", 16)]
    assert {kind.name for kind in studio.compute.machines.kinds()} >= {"ssh", "slurm"}
    listed = cli("compute", "machine-nodes", "hpc")
    assert "main" in listed.output
    changed = cli(
        "compute", "machine-update", "hpc", "--set", "qos=", "--set", "options=--exclusive", "--output", "json"
    )
    assert json.loads(changed.output)["settings"]["options"] == ["--exclusive"], changed.output
    assert json.loads(changed.output)["settings"]["partition"] == "main"


def test_one_file_runs_on_two_nodes(
    ctx: Context,
    two_nodes: Slurm,
    definition: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    cli: Callable[..., Result],
) -> None:
    monkeypatch.setenv("SLURM_CONF", str(two_nodes.conf))
    attach(ctx, definition)
    command = "echo $NODE_RANK of $AZUREML_NODE_COUNT on $SLURMD_NODENAME | tee outputs/$NODE_RANK.txt"
    run = submit(ctx, command, distribution=Distribution(nodes=2), resources=Resources(cores=9))
    run = until(ctx, run, over)
    assert run.state == "Completed", log_of(ctx, run)
    said = sorted(line for line in log_of(ctx, run).splitlines() if line.startswith("[node"))
    assert said == ["[node 0] 0 of 2 on n1", "[node 1] 1 of 2 on n2"]
    with ctx.db.read() as tx:
        assert {one.path for one in artifacts.list_(tx, ctx, run.id)} >= {"0.txt", "1.txt"}
    computes.tick(ctx)
    assert "begins: 9 cores on each of 2 nodes." in node_logs.read(ctx, "hpc", "hpc").text
    with pytest.raises(NodeLogNotThere, match="hpc"):
        node_logs.read(ctx, "hpc", "1")
    alone = submit(ctx, "echo $SLURMD_NODENAME; exit 3")
    assert until(ctx, alone, over).exit_code == 3
    where = log_of(ctx, alone).strip()
    computes.tick(ctx)
    for node in ("n1", "n2"):
        said = node_logs.whole(ctx, "hpc", node).decode()
        assert f"({run.id}) ended after " in said
        assert " s on n1, n2: Completed." in said
        assert (f"on {node}: user_error (It ended with exit code 3" in said) == (node == where)
    whole = node_logs.whole(ctx, "hpc", "hpc").decode()
    assert f"({alone.id}) ended after " in whole
    assert [(log.node, log.up) for log in node_logs.logs(ctx, "hpc")] == [("hpc", True), ("n1", True), ("n2", True)]
    assert cli("compute", "logs", "hpc").output == whole
    assert cli("compute", "logs", "hpc", "--node", where).output == node_logs.whole(ctx, "hpc", where).decode()
    for odd in ("n3", "own-n1", "../hpc", "0"):
        with pytest.raises(NodeLogNotThere) as error:
            node_logs.read(ctx, "hpc", odd)
        assert "There are logs of: hpc, n1, n2." in error.value.hint
