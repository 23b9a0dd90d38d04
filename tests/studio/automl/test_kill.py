"""The studio is killed while AutoML runs: the run goes on, every trial once, and nothing is left; nor of a cancelled one."""

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from studiolo.kernel.errors import StudioloError
from studiolo.sdk.studio import Studio
from studiolo.studio.automl.schemas import AutoMLRun
from studiolo.testing.studio import Started, started

pytestmark = pytest.mark.slow


def wait_for(condition: Callable[[], Any], seconds: float = 120) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s")
        time.sleep(0.1)
    return found


def kill(home: Path, name: str) -> None:
    """End the server or the controller as the system would for want of memory; what it wrote of itself names it."""
    pid = json.loads((home / name).read_text(encoding="utf-8"))["pid"]
    os.kill(pid, signal.SIGKILL)


def show(studio: Started, run_id: str) -> AutoMLRun | None:
    """Ask for the run; None while nobody answers."""
    try:
        return Studio(home=studio.home).automl.get(run_id)
    except (StudioloError, OSError):
        return None


def carrying(run_id: str) -> list[int]:
    """List the living processes of a run by the mark in their environment."""
    found = []
    for process in psutil.process_iter():
        try:
            mine = process.environ().get("STUDIOLO_ATTEMPT", "").startswith(run_id)
            if mine and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def test_a_run_outlives_the_studio(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with started(home) as studio:
        client = Studio(home=home)
        client.datasets.create_sample("titanic")
        run_id = client.automl.submit("titanic", "Survived", time_limit=None, max_trials=3, seed=1).run.id
        journal = home / "attempts" / run_id / "1" / "journal.jsonl"
        wait_for(lambda: journal.exists() and '"Running"' in journal.read_text(encoding="utf-8"))
        for name in ("studio.json", "controller.json"):
            kill(home, name)
        ended = wait_for(
            lambda: (found := show(studio, run_id)) and (found.model or found.run.state == "Failed") and found
        )
        assert ended.run.state == "Completed", ended.run.error
        assert (ended.model, ended.run.attempt) == ("titanic:1", 1)
        client = Studio(home=home)
        board = [row for row in client.automl.leaderboard(run_id).rows if row.state == "completed"]
        assert len({row.name for row in board}) == len(board) == 4
        trials = [run.id for run in client.experiments.list(kind="trial", state="Completed")]
        assert sorted(trials) == sorted(row.id for row in board if row.kind == "trial")
        assert carrying(run_id) == []

        other = client.automl.submit("titanic", "Survived", time_limit=300).run.id
        wait_for(lambda: (found := show(studio, other)) and found.best)
        assert len(carrying(other)) > 1
        client.experiments.cancel(other)
        ended = wait_for(lambda: (found := show(studio, other)) and found.run.state == "Canceled" and found)
        assert ended.model is None
        wait_for(lambda: not carrying(other), 20)
