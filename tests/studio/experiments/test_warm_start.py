"""Jobs that begin warm: which may, with what they share, and with whom they never do."""

import dataclasses
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from studiolo.kernel.context import Context
from studiolo.runner import warming
from studiolo.sdk.pipelines import pipeline, step
from studiolo.sdk.studio import Studio
from studiolo.studio.experiments import attempts, claims, job_variables, service, tracking, warm_start
from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.schemas import InputFile, JobSpec, Run
from studiolo.studio.pipelines import service as pipelines
from tests.controller.test_process import Controllers, controllers, ended, wait_for  # noqa: F401 - a fixture
from tests.studio.experiments.jobs import carrying
from tests.studio.pipelines.graphs import ended as pipeline_ended

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="programs begin warm on Linux")


@pytest.fixture
def opened() -> Iterator[warming.Warming]:
    warming.open_(4, 60.0, 1 << 40)
    assert warming._warming is not None
    yield warming._warming
    warming.close()


def job(ctx: Context, code: str, command: str = "python step.py", **more: Any) -> JobSpec:
    blob = ctx.blobs.put(code.encode())
    return JobSpec(command=[command], code=[InputFile(path="step.py", digest=blob.digest)], warm=True, **more)


def began_warm(ctx: Context, run_id: str) -> bool:
    with ctx.db.read() as tx:
        seq = service.row(tx, ctx, run_id).seq
        return tracking.tags_of(tx, [seq]).get(seq, {}).get(warm_start.TAG) == "true"


@pytest.mark.parametrize(
    "change",
    [
        {"command": "python -m step"},
        {"command": "python step.py | tee log"},
        {"command": "python step.py $HOME"},
        {"command": "bash step.sh"},
        {"distribution": {"type": "pytorch", "processes": 2}},
    ],
)
def test_what_never_could_begin_warm_is_refused(ctx: Context, change: dict[str, Any]) -> None:
    with pytest.raises(BadJob) as refused:
        service.submit(ctx, job(ctx, "pass", **change))
    assert refused.value.field == "warm"


@step(warm=True)
def count(number: int) -> int:
    import statistics
    import sys

    print("held" if "fractions" in sys.modules else "loaded now")
    import fractions

    return int(fractions.Fraction(statistics.mean([number, number + 2])))


@pipeline
def counting(number: int) -> Any:
    return count(count(number))


def test_steps_of_a_pipeline_begin_warm_once_their_modules_are_held(
    ctx: Context, studio: Studio, opened: warming.Warming
) -> None:
    first = pipeline_ended(ctx, studio.pipelines.submit(counting(1)))
    assert first.run.state == "Completed", first.run.error
    wait_for(lambda: opened.tick() or all(one.loading is None for one in opened._warm.values()))
    again = pipeline_ended(ctx, studio.pipelines.submit(counting(1), force_rerun=True))
    for one in pipelines.steps(ctx, again.run.id):
        run_id = str(one.run_id)
        assert began_warm(ctx, run_id)
        assert service.read_log(ctx, run_id).text == "held\n"
    assert len(opened.pids()) == 1


def test_neither_workspaces_nor_accounts_nor_variables_share(ctx: Context, tmp_path: Path) -> None:
    def key(user: str = "owner", workspace: str = "", **spec: Any) -> str:
        inside = dataclasses.replace(ctx, workspace_id=workspace or ctx.workspace_id)
        run = service.submit(ctx, job(ctx, "import statistics", **spec))
        with ctx.db.read() as tx:
            claim = next(one for one in claims.live(tx, ctx.workspace_id) if one.id == run.id)
        claim = dataclasses.replace(claim, user=user, attempt=1)
        place = attempts.prepare(ctx, claim)
        env = job_variables.of(inside, claim, place, "secret-token")
        found = warm_start.wanted(inside, claim, place, ["python", "step.py"], env)
        assert found is not None
        shown = str(found)
        assert "secret-token" not in shown
        assert run.id not in shown
        assert found["modules"] == ["statistics"]
        return found["key"]

    same = key()
    assert key() == same
    others = {key(user="other"), key(workspace="f" * 32), key(env={"A": "1"}), key(resources={"cores": 2})}
    assert len(others | {same}) == 5


def test_a_warm_job_outlives_its_controller_and_the_next_one_ends_it(
    ctx: Context,
    controllers: Controllers,  # noqa: F811
) -> None:
    first = controllers.start()
    ended(ctx, service.submit(ctx, job(ctx, "import statistics, time")))

    def warm(code: str) -> Run:
        """Submit until one begins warm: the modules of the first are loaded beside it."""
        return wait_for(lambda: began_warm(ctx, (run := ended(ctx, service.submit(ctx, job(ctx, code)))).id) and run)  # type: ignore[return-value]

    warm("import statistics, time")
    (holder,) = [one for one in psutil.Process(first.pid).children() if "warm" in one.cmdline()]
    code = "import statistics, time\nfor n in range(20):\n    print(n, flush=True); time.sleep(0.1)"
    run = service.submit(ctx, job(ctx, code))
    wait_for(lambda: service.get(ctx, run.id).state == "Running")
    log = ctx.settings.attempts / run.id / "1" / "log.txt"
    wait_for(lambda: log.read_text().count("\n") > 3)
    first.kill()
    first.wait()
    wait_for(lambda: not holder.is_running() or holder.status() == psutil.STATUS_ZOMBIE)  # it ends with its controller
    second = controllers.start()
    stubborn = service.submit(ctx, job(ctx, "import statistics, time; time.sleep(60)"))
    run = ended(ctx, run)
    assert (run.state, run.attempt, began_warm(ctx, run.id)) == ("Completed", 1, True)
    assert log.read_text().split() == [str(n) for n in range(20)]
    service.cancel(ctx, stubborn.id)
    assert ended(ctx, stubborn).state == "Canceled"
    warm("import statistics, time")
    (holder,) = [one for one in psutil.Process(second.pid).children() if "warm" in one.cmdline()]
    os.kill(holder.pid, signal.SIGKILL)
    assert ended(ctx, service.submit(ctx, job(ctx, "import statistics"))).state == "Completed"
    assert carrying(run) == carrying(stubborn) == []
