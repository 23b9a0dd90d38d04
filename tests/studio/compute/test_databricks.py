"""Attached Databricks: the conformance suite, then jobs against a stand-in that answers as the published API says."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studiolo.kernel.context import Context
from studiolo.runner import attempt
from studiolo.studio.compute.backends import databricks
from studiolo.studio.compute.backends.base import Machine
from studiolo.studio.compute.databricks import settings, states
from studiolo.studio.compute.machines import service as machines
from studiolo.studio.compute.machines.errors import MachineInvalid
from studiolo.studio.compute.machines.schemas import MachineCreate, MachineCredentials, MachinePatch
from studiolo.studio.experiments import service
from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.schemas import InputFile, JobSpec, Run
from studiolo.studio.experiments.spark.schemas import Spark
from studiolo.testing.compute_backend import ComputeBackendChecks
from studiolo.testing.databricks import CLUSTER, NODE, SPARK, TOKEN, Databricks, Problem
from tests.studio.experiments.jobs import carrying, ended, log_of, wait_for

SUBMIT, GET, CANCEL = (f"/api/2.2/jobs/runs/{verb}" for verb in ("submit", "get", "cancel"))
CONFIG = {
    "host": "localhost",
    "port": 1,  # nobody listens there, and nobody is asked: nothing was sent
    "cores": 2,
    "memory_bytes": 2**30,
    "machine_cores": 2,
    "machine_memory_bytes": 2**31,
    "settings": databricks.checked({"cluster_id": CLUSTER}),
}


class TestDatabricksBackend(ComputeBackendChecks):
    """What follows a run is a process of this machine, which begins, ends and is killed as everywhere."""

    backend = databricks.attach(Machine("m", "bricks", CONFIG, {"token": TOKEN}, private=True))

    def test_settings_may_only_narrow_it(self, tmp_path: Path) -> None:
        """The settings are of the studio's own machine: how many jobs there are is said by max_jobs."""
        assert self.port.capacity(self.settings(tmp_path)).cores == 2


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Databricks]:
    folder = tmp_path / "workspace"
    folder.mkdir()
    found = Databricks(folder)
    yield found
    found.close()


def attached(ctx: Context, workspace: Databricks, token: str = TOKEN, **given: Any) -> Any:
    own = {"cluster_id": CLUSTER, "tls": "no", "patience": 5, **given}
    spec = MachineCreate(name="bricks", kind="databricks", host="localhost", port=workspace.port, settings=own)
    return machines.create(ctx, spec.model_copy(update={"credentials": MachineCredentials(token=token)}))


def submit(ctx: Context, script: str, **changes: Any) -> Run:
    texts = {"src/main.py": script, "src/lib/helping.py": "WORD = 'helped'\n"}
    code = [InputFile(path=name, digest=ctx.blobs.put(text.encode()).digest) for name, text in texts.items()]
    given: dict[str, Any] = {
        "kind": "spark",
        "compute": "bricks",
        "command": ["src/main.py --least '3 4' "],
        "code": code,
    }
    given["spark"] = Spark(file="src/main.py", py_files=["src/lib/helping.py"])
    return service.submit(ctx, JobSpec.model_validate({**given, **changes}))


def test_a_script_runs_there_once_with_its_code_words_and_variables_and_leaves_nothing(
    ctx: Context, workspace: Databricks
) -> None:
    made = attached(ctx, workspace)
    assert (made.state, made.cores) == ("ready", 8)
    assert made.check.system == f"Databricks, runtime {SPARK}, as ada@example.org"
    script = "import os, sys, helping\nprint('said', sys.argv[2], helping.WORD, os.environ['MINE'])\nsys.exit(0)\n"
    workspace.problems[SUBMIT] = [
        Problem(429, "REQUEST_LIMIT_EXCEEDED", "Current request rate is too high", Retry_After="0"),
        Problem(503, "TEMPORARILY_UNAVAILABLE", "The service is being restarted"),
    ]
    run = submit(ctx, script, env={"MINE": "kept"}, timeout_s=600)
    assert ended(ctx, run).state == "Completed", log_of(ctx, run)
    said = log_of(ctx, run)
    assert "said 3 4 helped kept\n" in said
    assert "waits for its cluster: Waiting for cluster" in said
    assert TOKEN not in said
    folder = ctx.settings.attempts / run.id
    assert not [path for path in folder.rglob("*") if path.is_file() and TOKEN in path.read_text("utf-8", "replace")]
    assert (len(workspace.runs), len(workspace.bodies)) == (1, 1)
    [body] = workspace.bodies
    assert (body["tasks"][0]["existing_cluster_id"], body["timeout_seconds"]) == (CLUSTER, 600)
    assert body["idempotency_token"] == settings.token_of(f"{run.id}/1")
    assert [*workspace.path("/Workspace/Users/ada@example.org/.studiolo").iterdir()] == []
    assert f"POST {CANCEL}" not in workspace.asked


def test_a_script_that_fails_and_ends_of_databricks_are_told_in_their_class(
    ctx: Context, workspace: Databricks
) -> None:
    attached(ctx, workspace)
    failed = submit(ctx, "raise ValueError('no such table')\n")
    assert ended(ctx, failed).state == "Failed"
    assert "at the end: ValueError: no such table" in log_of(ctx, failed)
    [one] = service.attempts(ctx, failed.id)
    assert (one.failure, one.error) == ("user_error", "It failed in Databricks: ValueError: no such table.")
    workspace.ends = {"life_cycle_state": "TERMINATED", "result_state": "CANCELED", "state_message": "By ada"}
    assert ended(ctx, submit(ctx, "")).state == "Canceled"


@pytest.mark.parametrize(
    ("run", "failure", "words"),
    [
        ({"state": {"life_cycle_state": "INTERNAL_ERROR", "state_message": "No nodes."}}, "lost", "could not run it: No nodes."),
        ({"state": {"life_cycle_state": "TERMINATED", "result_state": "TIMEDOUT"}}, "timeout", "ran longer than Databricks allows"),
        ({"state": {"life_cycle_state": "SKIPPED", "result_state": "MAXIMUM_CONCURRENT_RUNS_REACHED"}}, "lost", "too much"),
        ({"state": {"life_cycle_state": "TERMINATED", "result_state": "FAILED"}, "status": {"state": "TERMINATED", "termination_details": {"type": "CLOUD_FAILURE", "message": "Spot lost"}}}, "lost", "Spot lost"),
        ({"status": {"state": "TERMINATED", "termination_details": {"code": "USER_CANCELED", "type": "SUCCESS"}}}, "canceled", "canceled in Databricks."),
        ({"status": {"state": "TERMINATED", "termination_details": {"code": "SUCCESS", "type": "SUCCESS"}}}, "", ""),
    ],
)  # fmt: skip
def test_ends_have_a_class_and_a_sentence(run: dict[str, Any], failure: str, words: str) -> None:
    assert states.over(run)
    kind, said = states.verdict(run)
    assert (kind, words in said) == (failure, True)


def test_a_canceled_job_cancels_its_run_there(ctx: Context, workspace: Databricks) -> None:
    attached(ctx, workspace)
    run = submit(ctx, "import time; time.sleep(60)\n")
    wait_for(ctx, lambda: " runs\n" in log_of(ctx, run))
    service.cancel(ctx, run.id)
    assert ended(ctx, run).state == "Canceled"
    [there] = workspace.runs.values()
    assert there["canceled"]
    assert "canceled in Databricks" in log_of(ctx, run)
    assert carrying(run) == []


def test_one_killed_while_it_submits_leaves_no_run_behind_and_runs_once_more(
    ctx: Context, workspace: Databricks
) -> None:
    """The request was carried out and its answer lost; then runner and program are killed, before they know of the run."""
    attached(ctx, workspace)
    workspace.pending = True
    workspace.holds.add(SUBMIT)
    run = submit(ctx, "print('again')\n", retries={"lost": 1})
    wait_for(ctx, lambda: len(workspace.bodies) >= 2)  # it asks again, for the same
    assert len(workspace.runs) == 1
    folder = ctx.settings.attempts / run.id / "1"
    claim = attempt.read_json(str(folder), attempt.CLAIM) or {}
    os.kill(int(claim["pid"]), signal.SIGKILL)
    workspace.holds.clear()
    wait_for(ctx, lambda: len(workspace.runs) == 2)
    first, second = workspace.runs.values()
    assert (first.get("canceled"), second.get("canceled")) == (True, None)
    workspace.pending = False
    assert ended(ctx, run).state == "Completed", log_of(ctx, run)
    assert [one.failure for one in service.attempts(ctx, run.id)] == ["lost", None]
    assert len(workspace.runs) == 2


def test_a_token_that_is_not_taken_any_more_names_the_field(ctx: Context, workspace: Databricks) -> None:
    attached(ctx, workspace)
    machines.update(ctx, "bricks", MachinePatch(credentials=MachineCredentials(token="old")))
    run = submit(ctx, "")
    ended(ctx, run)
    [one] = service.attempts(ctx, run.id)
    assert one.failure == "environment"
    assert "does not take the token" in str(one.error)
    assert "credentials.token" in str(one.error)
    assert workspace.runs == {}


def test_new_clusters_have_the_settings_of_spark_and_libraries(ctx: Context, workspace: Databricks) -> None:
    new: dict[str, Any] = {"cluster_id": "", "spark_version": SPARK, "node_type_id": NODE, "num_workers": 0}
    made = attached(ctx, workspace, libraries=["lightgbm==4.6.0"], **new)
    assert (made.check.cause, made.cores) == ("", 4)
    jar = Spark(class_name="org.example.Main", jars=["dbfs:/jars/main.jar"], conf={"spark.executor.memory": "4g"})
    run = submit(ctx, "", spark=jar, command=["org.example.Main 10"], code=[])
    assert ended(ctx, run).state == "Completed", log_of(ctx, run)
    [task] = workspace.bodies[0]["tasks"]
    assert task["new_cluster"]["spark_conf"]["spark.executor.memory"] == "4g"
    assert task["new_cluster"]["spark_conf"]["spark.master"] == "local[*]"
    assert task["spark_jar_task"] == {"main_class_name": "org.example.Main", "parameters": ["10"]}
    assert task["libraries"] == [{"pypi": {"package": "lightgbm==4.6.0"}}, {"jar": "dbfs:/jars/main.jar"}]
    assert "POST /api/2.0/workspace/delete" not in workspace.asked, "no files of it are there"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "command", "spark": None, "command": ["python", "main.py"]}, "compute"),
        ({"environment": {"packages": ["pandas"]}}, "environment"),
        ({"command": ["src/main.py ${{outputs.model}}"]}, "outputs.model"),
        ({"spark": Spark(class_name="a.B", jars=["main.jar"]), "command": ["a.B "]}, "jars"),
    ],
)
def test_what_sees_no_files_of_the_studio_is_refused_when_it_is_submitted(
    ctx: Context, workspace: Databricks, changes: dict[str, Any], field: str
) -> None:
    attached(ctx, workspace)
    with pytest.raises(BadJob) as caught:
        submit(ctx, "", **changes)
    assert caught.value.field == field


def test_what_is_wrong_when_it_is_attached_is_named(ctx: Context, workspace: Databricks) -> None:
    for given, field in (
        ({}, "settings.spark_version"),
        ({"cluster_id": "a b"}, "settings.cluster_id"),
        ({"cluster_id": "c", "nope": 1}, "settings.nope"),
        ({"cluster_id": "c", "num_workers": "many"}, "settings.num_workers"),
        ({"cluster_id": "c", "workspace_folder": "/tmp"}, "settings.workspace_folder"),
    ):
        with pytest.raises(MachineInvalid) as caught:
            machines.create(ctx, MachineCreate(name="b", kind="databricks", host="h", settings=given))
        assert caught.value.field == field
    with pytest.raises(MachineInvalid, match="The token is missing"):
        machines.create(ctx, MachineCreate(name="b", kind="databricks", host="h", settings={"cluster_id": "c"}))
    made = attached(ctx, workspace, token="wrong")
    assert made.state == "new"
    assert "does not take the token" in made.check.cause
    token = MachineCredentials(token=TOKEN)
    machines.update(ctx, "bricks", MachinePatch(credentials=token))
    own = {"tls": "no", "cluster_id": "gone"}
    machines.update(ctx, "bricks", MachinePatch(settings=own))
    assert "There is no cluster 'gone'" in machines.check(ctx, "bricks").cause
    own = {"tls": "no", "spark_version": "1.x", "node_type_id": NODE}
    machines.update(ctx, "bricks", MachinePatch(settings=own))
    found = machines.check(ctx, "bricks")
    assert (found.cause, found.hint) == ("There is no runtime '1.x'.", f"There are {SPARK}.")
    machines.update(ctx, "bricks", MachinePatch(settings={**own, "spark_version": SPARK, "node_type_id": "none"}))
    assert machines.check(ctx, "bricks").cause == "There is no node type 'none'."
    machines.update(ctx, "bricks", MachinePatch(settings={**own, "spark_version": SPARK, "tls": "yes"}))
    assert "--set tls=no" in machines.check(ctx, "bricks").hint
    machines.update(ctx, "bricks", MachinePatch(settings={**own, "spark_version": SPARK}))
    machines.update(ctx, "bricks", MachinePatch(port=1, credentials=token))
    assert "No Databricks answers at http://localhost:1" in machines.check(ctx, "bricks").cause
