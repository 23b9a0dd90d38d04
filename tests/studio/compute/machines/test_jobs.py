"""Real jobs on an attached machine: submitted here, run there, and back with all they left."""

from typing import Any

import pytest

from studiolo.kernel.context import Context
from studiolo.studio.compute import reconcile as computes
from studiolo.studio.compute.errors import TooBig
from studiolo.studio.compute.machines import service
from studiolo.studio.compute.machines.schemas import MachineCreate
from studiolo.studio.compute.node_logs import service as node_logs
from studiolo.studio.experiments import artifacts
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.job_schemas import Distribution
from studiolo.studio.experiments.schemas import TERMINAL, InputFile, JobSpec, Resources, Run
from studiolo.testing.sshd import Sshd
from tests.studio.experiments.jobs import log_of, wait_for


@pytest.fixture
def box(ctx: Context, definition: dict[str, Any]) -> str:
    service.create(ctx, MachineCreate.model_validate(definition))
    return "box"


def submit(ctx: Context, command: str, **spec: Any) -> Run:
    return experiments.submit(ctx, JobSpec(command=[command], compute="box", **spec))


def until(ctx: Context, run: Run, state: str = "") -> Run:
    def look() -> Run | None:
        computes.tick(ctx)
        now = experiments.get(ctx, run.id)
        return now if now.state == state or (not state and now.state in TERMINAL) else None

    found = wait_for(ctx, look)
    assert found is not None
    return found


@pytest.mark.usefixtures("box")
def test_a_command_runs_there_with_its_code_and_inputs(ctx: Context) -> None:
    code, data = (
        ctx.blobs.put(b"print(open(__import__('sys').argv[1]).read().upper(), flush=True)\n"),
        ctx.blobs.put(b"abc"),
    )
    run = submit(
        ctx,
        "python main.py ${{inputs.data}} && echo $STUDIOLO_RUN_ID > outputs/id.txt && pwd && env",
        code=[InputFile(path="main.py", digest=code.digest)],
        inputs={"data": [InputFile(path="a.txt", digest=data.digest)]},
        env={"OWN": "mine"},
    )
    run = until(ctx, run)
    said = log_of(ctx, run)
    assert (run.state, run.error) == ("Completed", None), said
    assert said.startswith("ABC\n")
    assert "OWN=mine" in said
    assert str(ctx.settings.home) not in said, "paths of the studio's machine mean nothing there"
    with ctx.db.read() as tx:
        assert "id.txt" in {item.path for item in artifacts.list_(tx, ctx, run.id)}
    assert service.get(ctx, "box").jobs == []
    computes.tick(ctx)
    said = node_logs.whole(ctx, "box", "box").decode()
    for part in ("Attached by ", "answers in ", f"({run.id}) begins: 1 core.", f"({run.id}) ended after "):
        assert part in said


@pytest.mark.usefixtures("box")
def test_ranks_of_several_nodes_are_groups_of_processes_there(ctx: Context) -> None:
    two = Distribution(nodes=2, processes=2)
    command = "echo $RANK of $WORLD_SIZE on node $NODE_RANK of $AZUREML_NODE_COUNT | tee outputs/$RANK.txt"
    run = until(ctx, submit(ctx, command, distribution=two))
    said = [line for line in log_of(ctx, run).splitlines() if line.startswith("[node")]
    assert (run.state, sorted(said)) == (
        "Completed",
        [f"[node {rank // 2}] {rank} of 4 on node {rank // 2} of 2" for rank in range(4)],
    )
    with ctx.db.read() as tx:
        assert {item.path for item in artifacts.list_(tx, ctx, run.id)} >= {f"{rank}.txt" for rank in range(4)}
    command = "echo rank $RANK; if [ $RANK = 2 ]; then echo no such file; exit 7; fi; sleep 600"
    run = until(ctx, submit(ctx, command, distribution=two))
    assert (run.state, run.exit_code) == ("Failed", 7)
    assert "rank 2 of node 1 ended with 7; the others are ended." in log_of(ctx, run)
    with pytest.raises(TooBig, match=r"asks for 4\. Its 2 nodes are groups of processes on one machine there\."):
        submit(ctx, "true", distribution=two, resources=Resources(cores=2))


@pytest.mark.usefixtures("box")
def test_a_silent_machine_is_shown_and_its_job_goes_on(ctx: Context, sshd: Sshd) -> None:
    run = until(ctx, submit(ctx, "echo up; sleep 6; echo down"), "Running")
    sshd.kill()
    said = wait_for(ctx, lambda: computes.tick(ctx) and experiments.get(ctx, run.id).not_responding)
    assert "'box' does not answer since" in said
    assert service.get(ctx, "box").state == "silent"
    waiting = submit(ctx, "echo later")
    for _ in range(3):
        computes.tick(ctx)
        wait_for(ctx, lambda: True)
    assert "which does not answer" in (experiments.get(ctx, waiting.id).waits_for or "")
    sshd.start()
    run = until(ctx, run)
    assert (run.state, run.not_responding, log_of(ctx, run)) == ("Completed", None, "up\ndown\n")
    assert until(ctx, waiting).state == "Completed"
    assert service.get(ctx, "box").state == "ready"


@pytest.mark.usefixtures("box")
def test_cancel_there(ctx: Context) -> None:
    run = until(ctx, submit(ctx, "trap '' TERM; echo up; while true; do sleep 0.1; done"), "Running")
    experiments.cancel(ctx, run.id)
    assert until(ctx, run).state == "Canceled"


@pytest.mark.usefixtures("box")
def test_what_is_canceled_while_the_machine_is_away_does_not_wait_for_it(ctx: Context, sshd: Sshd) -> None:
    sshd.kill()
    run = until(ctx, submit(ctx, "echo never"), "Starting")
    experiments.cancel(ctx, run.id)
    assert until(ctx, run).state == "Canceled"
    sshd.start()


@pytest.mark.usefixtures("box")
def test_a_job_of_a_detached_machine_is_lost_and_starts_nowhere_else(ctx: Context) -> None:
    run = until(ctx, submit(ctx, "sleep 3"), "Running")
    service.detach(ctx, "box", force=True)
    run = until(ctx, run)
    assert run.state == "Lost"
    assert "was detached while it ran" in (run.error or "")


@pytest.mark.usefixtures("box")
def test_what_needs_the_studio_beside_it_is_refused(ctx: Context) -> None:
    from studiolo.studio.experiments import elsewhere

    for context, field in (
        ({"environment": {"hash": "x"}}, "environment"),
        ({"staged": {"data": {}}}, "inputs.data"),
        ({"kept_at": {"model": {}}}, "outputs.model"),
    ):
        with pytest.raises(BadJob) as error:
            elsewhere.check(JobSpec(command=["true"], compute="box", context=context))
        assert error.value.field == field
    with pytest.raises(BadJob) as error:
        experiments.submit(ctx, JobSpec(command=["true"], compute="box", kind="profile"))
    assert error.value.field == "compute"
