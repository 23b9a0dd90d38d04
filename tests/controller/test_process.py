"""The controller as a process: killed and started again, jobs neither notice nor run twice."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from studiolo.kernel.context import Context
from studiolo.studio.experiments import service
from studiolo.studio.experiments.schemas import TERMINAL, JobSpec, Run
from tests.studio.experiments.jobs import carrying, journaling, python

T = TypeVar("T")


def wait_for(condition: Callable[[], T], seconds: float = 120) -> T:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s")
        time.sleep(0.02)
    return found


class Controllers:
    """Starts controllers of one home; all are ended afterwards."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        environ = {key: value for key, value in os.environ.items() if not key.startswith("STUDIOLO_")}
        with (self.home / "logs" / "controller.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "studiolo.controller"],
                env={**environ, "STUDIOLO_HOME": str(self.home), "STUDIOLO_DURABILITY": "normal"},
                stderr=log,
                stdout=log,
            )
        self.started.append(process)
        wait_for(lambda: self.heart().get("pid") == process.pid or process.poll() is not None)
        return process

    def heart(self) -> dict[str, object]:
        try:
            return dict(json.loads((self.home / "controller.json").read_text()))
        except (OSError, ValueError):
            return {}

    def log(self) -> str:
        return (self.home / "logs" / "controller.log").read_text()


@pytest.fixture
def controllers(ctx: Context) -> Iterator[Controllers]:
    found = Controllers(ctx.settings.home)
    yield found
    for process in found.started:
        if process.poll() is None:
            process.kill()
        process.wait()


def ended(ctx: Context, run: Run) -> Run:
    return wait_for(lambda: (now := service.get(ctx, run.id)).state in TERMINAL and now)  # type: ignore[return-value]


def test_a_job_is_started_and_finished(ctx: Context, controllers: Controllers) -> None:
    controllers.start()
    run = service.submit(ctx, JobSpec(command=python("print('hello')")))
    run = ended(ctx, run)
    assert (run.state, service.read_log(ctx, run.id).text) == ("Completed", "hello\n")


def test_a_job_outlives_the_kill_of_its_controller(ctx: Context, controllers: Controllers) -> None:
    first = controllers.start()
    code = "import time\nfor step in range(20):\n    journal.metric('step', step, step)\n    print(step, flush=True)\n    time.sleep(0.1)"
    run = service.submit(ctx, JobSpec(command=journaling(code)))
    wait_for(lambda: service.get(ctx, run.id).state == "Running")
    first.kill()
    first.wait()
    wait_for(lambda: (ctx.settings.attempts / run.id / "1" / "log.txt").read_text().count("\n") > 8)
    assert service.get(ctx, run.id).state == "Running"
    controllers.start()
    run = ended(ctx, run)
    assert (run.state, run.attempt) == ("Completed", 1)
    assert service.read_log(ctx, run.id).text.split() == [str(step) for step in range(20)]
    from studiolo.studio.experiments import metrics

    with ctx.db.read() as tx:
        seq = service.row(tx, ctx, run.id).seq
        assert metrics.latest_of(tx, [seq])[seq][0].points == 20


def test_kills_of_the_controller_at_any_moment_run_each_job_once(ctx: Context, controllers: Controllers) -> None:
    out = ctx.settings.home / "ran.txt"
    code = f"import os, time; f = os.open({str(out)!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT); os.write(f, (os.environ['STUDIOLO_RUN_ID'] + chr(10)).encode()); time.sleep(0.1)"
    runs = [service.submit(ctx, JobSpec(command=python(code))) for _ in range(6)]
    for pause in (0.0, 0.05, 0.1, 0.2):
        controller = controllers.start()
        time.sleep(pause)  # not for timing: kills at different moments are the point
        controller.send_signal(signal.SIGKILL)
        controller.wait()
    controllers.start()
    assert {ended(ctx, run).state for run in runs} == {"Completed"}
    assert sorted(out.read_text().split()) == sorted(run.id for run in runs)
    assert all(carrying(run) == [] for run in runs)


def test_a_newcomer_takes_over(ctx: Context, controllers: Controllers) -> None:
    first = controllers.start()
    second = controllers.start()
    assert first.wait(20) == 0
    assert second.poll() is None
    assert "taking over" in controllers.log()
    run = service.submit(ctx, JobSpec(command=python("pass")))
    assert ended(ctx, run).state == "Completed"


def test_term_ends_it_and_its_heartbeat(ctx: Context, controllers: Controllers) -> None:
    controller = controllers.start()
    controller.terminate()
    assert controller.wait(20) == 0
    assert controllers.heart() == {}


def test_a_wrong_setting_is_a_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "studiolo.controller"],
        env={**os.environ, "STUDIOLO_HOME": str(tmp_path), "STUDIOLO_TICK_MS": "soon"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "STUDIOLO_TICK_MS='soon' cannot be used" in done.stderr
    assert "Traceback" not in done.stderr
