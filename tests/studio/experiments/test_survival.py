"""The whole studio as started by a person, killed in parts while a job runs."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

from studiolo.kernel.errors import StudioloError
from studiolo.kernel.http import Transport
from studiolo.studio.experiments.client import Experiments
from studiolo.studio.experiments.schemas import TERMINAL, JobSpec, Run
from studiolo.testing.studio import Started, clean_environment, started
from tests.studio.experiments.jobs import carrying, journaling, python

T = TypeVar("T")
STEPS = 25
WORK = f"""
import time
for step in range({STEPS}):
    journal.metric("step", step, step)
    journal.child("%032x" % (step + 1 + 1000 * int(__import__("os").environ["STUDIOLO_RUN_ID"][-8:], 16)), f"trial {{step}}", "Completed")
    print(step, flush=True)
    time.sleep(0.1)
"""


def wait_for(condition: Callable[[], T], seconds: float = 120) -> T:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s")
        time.sleep(0.02)
    return found


def patiently(call: Callable[[], T]) -> T:
    """Ask until the server answers again."""

    def ask() -> tuple[T] | None:
        try:
            return (call(),)
        except StudioloError:
            return None

    return wait_for(ask)[0]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    with started(tmp_path_factory.mktemp("survival") / "home") as found:
        wait_for((found.home / "controller.json").exists)
        yield found


def experiments_of(studio: Started) -> Experiments:
    return Experiments(Transport(home=studio.home))


def pid_of(studio: Started, name: str) -> int:
    return int(json.loads((studio.home / f"{name}.json").read_text())["pid"])


def ended(experiments: Experiments, run: Run) -> Run:
    return wait_for(lambda: (now := patiently(lambda: experiments.get(run.id))).state in TERMINAL and now)  # type: ignore[return-value]


def test_the_first_log_line_comes_within_two_seconds(studio: Started) -> None:
    experiments = experiments_of(studio)
    took = []
    for _ in range(3):
        begun = time.monotonic()
        run = experiments.submit(JobSpec(command=["python", "-c", "print('hello')"]))
        assert next(iter(experiments.follow(run.id, 0.02))) == "hello\n"
        took.append(time.monotonic() - begun)
        assert ended(experiments, run).state == "Completed"
    assert min(took) < 2, took


@pytest.mark.slow
@pytest.mark.parametrize("killed", [("studio",), ("controller",), ("studio", "controller")])
def test_a_job_completes_whatever_is_killed(studio: Started, killed: tuple[str, ...]) -> None:
    experiments = experiments_of(studio)
    run = experiments.submit(JobSpec(command=journaling(WORK)))
    log = studio.home / "attempts" / run.id / "1" / "log.txt"
    wait_for(lambda: log.exists() and log.read_text().count("\n") >= 3)
    for name in killed:
        os.kill(pid_of(studio, name), signal.SIGKILL)
    run = ended(experiments, run)
    assert (run.state, run.attempt, run.exit_code) == ("Completed", 1, 0)
    assert log.read_text().split() == [str(step) for step in range(STEPS)]
    children = patiently(lambda: experiments.children(run.id))
    assert [child.name for child in children] == [f"trial {step}" for step in range(STEPS)]
    assert {child.state for child in children} == {"Completed"}
    assert carrying(run) == []


@pytest.mark.slow
def test_a_job_outlives_the_whole_studio_and_is_found_by_the_next(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with started(home) as studio:
        experiments = experiments_of(studio)
        run = experiments.submit(JobSpec(command=journaling(WORK)))
        log = home / "attempts" / run.id / "1" / "log.txt"
        wait_for(lambda: log.exists() and log.read_text().count("\n") >= 3)
        wait_for((home / "controller.json").exists)  # written at the end of its first look, which may start the job
        pids = [studio.process.pid, pid_of(studio, "studio"), pid_of(studio, "controller")]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        studio.process.wait()
        wait_for(lambda: not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in pids))
    with started(home) as studio:
        run = ended(experiments_of(studio), run)
    assert (run.state, run.attempt) == ("Completed", 1)
    assert log.read_text().split() == [str(step) for step in range(STEPS)]


@pytest.mark.slow
def test_submit_waits_and_prints_the_log(studio: Started, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.yml", tmp_path / "bad.yml"
    good.write_text("command: echo hello from $STUDIOLO_RUN_ID\ntypo: 1\n")
    bad.write_text("command: echo so far; exit 3\n")

    def submit(path: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "studiolo", "submit", str(path), "--wait"]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, env=clean_environment(studio.home))

    done = submit(good)
    assert (done.returncode, "hello from 0" in done.stdout) == (0, True)
    assert "'typo' is not known here" in done.stderr
    failed = submit(bad)
    assert (failed.returncode, failed.stdout) == (1, "so far\n")
    assert "exit code 3" in failed.stderr


@pytest.mark.slow
def test_mlflow_in_a_job_logs_into_the_run_of_the_job(studio: Started) -> None:
    experiments = experiments_of(studio)
    code = "import mlflow; mlflow.log_metric('auc', 0.5); mlflow.log_param('p', 1)"
    run = ended(experiments, experiments.submit(JobSpec(command=[*python(code)[:1], "-c", code])))
    assert run.state == "Completed", run.error
    assert [item.id for item in experiments.list(parent_id=run.id)] == []
    from sqlalchemy import create_engine, text

    engine = create_engine(f"sqlite:///{studio.home / 'studiolo.db'}")
    with engine.connect() as tx:
        # the runner's own samples are named system/…
        query = text(
            "select value from metric_latest m join runs r on r.seq = m.run join tracking_keys k on k.id = m.key"
            " where r.id = :id and k.name not like 'system/%'"
        )
        assert list(tx.execute(query, {"id": run.id}).scalars()) == [0.5]
    engine.dispose()
