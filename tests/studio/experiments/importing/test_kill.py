"""The command and the server are killed with SIGKILL in the middle of an import and of a cleaning up; nothing is lost, nothing twice."""

import contextlib
import importlib.util
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from studiolo.kernel.http import Transport
from studiolo.sdk.studio import Studio
from studiolo.testing.studio import Started, started

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
RUNS, METRICS, POINTS = 240, 10, 25
BENCHMARK = Path(__file__).resolve().parents[4] / "benchmarks" / "import" / "run.py"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An `mlruns` folder as the benchmark writes it."""
    spec = importlib.util.spec_from_file_location("import_benchmark", BENCHMARK)
    assert spec
    assert spec.loader
    benchmark: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    found: Path = benchmark.write_folder(tmp_path_factory.mktemp("source"), RUNS, METRICS, POINTS)
    return found


def _wait(condition: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.005)


def _one(home: Path, query: str) -> int:
    db = sqlite3.connect(home / "studiolo.db", timeout=30)
    try:
        return int(db.execute(query).fetchone()[0])
    finally:
        db.close()


def _pid(studio: Started, name: str) -> int:
    return int(json.loads((studio.home / f"{name}.json").read_text())["pid"])


def _gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def _begin(studio: Started, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "studiolo", "experiments", *words, "--output", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=studio.env,
    )


def _kill_all(studio: Started) -> None:
    """As when the power fails, but for the disk."""
    pids = [studio.process.pid, _pid(studio, "studio"), _pid(studio, "controller")]
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):  # a child ends by itself when it misses its parent
            os.kill(pid, signal.SIGKILL)
    studio.process.wait()
    for pid in pids:
        _wait(lambda pid=pid: _gone(pid))  # type: ignore[misc]


def _in_store(home: Path) -> int:
    return sum(1 for path in (home / "blobs").glob("??/*"))


def test_an_import_whose_client_and_server_are_killed_is_complete_after_the_next(source: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    runs = "SELECT count(*) FROM runs WHERE kind = 'run'"
    with started(home) as studio:
        client = _begin(studio, "import-mlflow", str(source))
        _wait(lambda: _one(home, runs) > 0)
        client.kill()
        client.communicate()
        first = _one(home, runs)
        client = _begin(studio, "import-mlflow", str(source))
        _wait(lambda: _one(home, runs) > first)
        _kill_all(studio)
        said = client.communicate()[1].decode()
        assert client.returncode == 1
        assert "does not answer" in said, said
        second = _one(home, runs)
    assert 0 < first < second < RUNS, "killed too early or too late: the test shows nothing"
    with started(home) as studio:
        report = json.loads(studio.command("experiments", "import-mlflow", str(source), "-o", "json").stdout)
        assert report["counts"]["runs"] == {"there": second, "added": RUNS - second}
        assert report["lost"] == []
        amounts = (
            runs,
            "SELECT sum(points) FROM metric_latest",
            "SELECT count(*) FROM artifacts",
            "SELECT count(*) FROM params",
        )
        expected = [RUNS, RUNS * METRICS * POINTS, RUNS, RUNS * 10]
        assert [_one(home, query) for query in amounts] == expected
        history = Studio(transport=Transport(home=home)).experiments.history(f"{RUNS - 1:032x}", "m3")[0]
        assert history.steps == list(range(POINTS))
        files = _in_store(home)
        again = json.loads(studio.command("experiments", "import-mlflow", str(source), "-o", "json").stdout)
        assert again["counts"] == {"experiments": {"there": 10}, "runs": {"there": RUNS}}
        assert again["sent"] == {"points": 0, "files": 0, "bytes": 0}
        whole = json.loads(studio.command("experiments", "import-mlflow", str(source), "--full", "-o", "json").stdout)
        assert whole["counts"] == {"experiments": {"there": 10}, "runs": {"there": RUNS}}
        assert whole["sent"]["files"] == 0
        assert [_one(home, query) for query in amounts] == expected
        assert _in_store(home) == files == RUNS


def test_a_cleaning_up_that_is_killed_is_ended_by_the_next_and_loses_nothing_that_lives(
    source: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    doomed = [f"{number:032x}" for number in range(0, RUNS, 2)]
    rows = "SELECT count(*) FROM runs WHERE lifecycle = 'deleted'"
    with started(home) as studio:
        studio.command("experiments", "import-mlflow", str(source))
        studio.command("experiments", "delete", *doomed)
        moment = time.time() - 3 * 86400
        for path in (home / "blobs").glob("??/*"):
            os.utime(path, (moment, moment))
        assert _one(home, rows) == len(doomed)
        client = _begin(studio, "gc", "--older-than", "0d")
        _wait(lambda: _one(home, rows) < len(doomed))
        _kill_all(studio)
        client.communicate()
        left = _one(home, rows)
        assert 0 < left < len(doomed), "killed too early or too late: the test shows nothing"
        assert _in_store(home) == RUNS, "bytes went before the names of all that goes"
    with started(home) as studio:
        client = _begin(studio, "gc", "--older-than", "0d")
        _wait(lambda: _in_store(home) < RUNS)
        _kill_all(studio)
        client.communicate()
        assert _one(home, rows) == 0, "rows go before bytes"
        half = _in_store(home)
        assert RUNS - len(doomed) < half < RUNS, "killed too early or too late: the test shows nothing"
    with started(home) as studio:
        studio.command("experiments", "gc", "--older-than", "0d")
        assert _one(home, "SELECT count(*) FROM runs WHERE kind = 'run'") == RUNS - len(doomed)
        assert _one(home, "SELECT sum(points) FROM metric_latest") == (RUNS - len(doomed)) * METRICS * POINTS
        assert _in_store(home) == RUNS - len(doomed)
        experiments = Studio(transport=Transport(home=home)).experiments
        for number in range(1, RUNS, 2):
            target = experiments.download(f"{number:032x}", "note.txt", tmp_path / "note.txt")
            assert Path(target).read_text() == f"of run {number}"
