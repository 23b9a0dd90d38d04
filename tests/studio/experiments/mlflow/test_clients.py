"""Every call of MLflow's client, the newest and the last of MLflow 2, against a live studio.

A client does all of them in one process, because importing it takes longer than most of them; each is a test of its own.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from studiolo.testing.environments import EnvironmentMissing, environment
from tests.studio.live import Live

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1200),
]  # the first call waits for the environment and for all others
CALLS = Path(__file__).with_name("calls")
FOUND = [
    found
    for file in sorted(CALLS.glob("*.py"))
    for found in re.findall(r"^@(call|three)\ndef (\w+)\(", file.read_text("utf-8"), re.MULTILINE)
]
ALL = pytest.mark.parametrize("call", [name for _, name in FOUND])
BOTH = pytest.mark.parametrize("call", [name for kind, name in FOUND if kind == "call"])
# the last release of MLflow 2, with what its calls need; with a newer OpenTelemetry it sends no traces and says nothing
OLD = ("mlflow-skinny==2.22.5", "opentelemetry-sdk<1.31", "scikit-learn<1.10", "pandas<4", "psutil<8", "lightgbm<5")
OLD += ("matplotlib<4", "pillow<13", "xgboost-cpu<4", "catboost<2")


def results(python: Path, live: Live, folder: Path) -> dict[str, str]:
    """Let a client do everything: name of the call → what went wrong."""
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")},
        "MLFLOW_TRACKING_URI": f"{live.url}/w/default",
        "MLFLOW_TRACKING_TOKEN": live.token,
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        "MLFLOW_ENABLE_ASYNC_TRACE_LOGGING": "false",  # a trace is there when the traced function returns
    }
    with (folder / "said").open("w") as said, (folder / "errors").open("w") as errors:
        try:
            code = subprocess.run(
                [str(python), str(CALLS)], cwd=folder, env=environ, stdout=said, stderr=errors, timeout=500, check=False
            ).returncode
        except subprocess.TimeoutExpired:
            code = -1  # what was done so far counts
    lines = [json.loads(line) for line in (folder / "said").read_text().splitlines() if line.startswith('{"name": ')]
    done = {line["name"]: line["problem"] for line in lines}
    ending = f"the client ended with {code} before this: {(folder / 'errors').read_text()[-3000:]}"
    return {name: done.get(name, ending) for _, name in FOUND}


def check(problem: str) -> None:
    if problem.startswith("needs "):
        pytest.skip(problem)
    assert not problem, problem


@pytest.fixture(scope="class")
def newest(live: Live, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return results(Path(sys.executable), live, tmp_path_factory.mktemp("newest"))


@pytest.fixture(scope="class")
def last_of_2(live: Live, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    try:
        python = environment("mlflow-2", *OLD)
    except EnvironmentMissing as error:
        pytest.skip(str(error))
    return results(python, live, tmp_path_factory.mktemp("two"))


class TestNewest:  # a class each: test processes that run beside each other take one each
    @ALL
    def test_the_newest_client_can(self, newest: dict[str, str], call: str) -> None:
        check(newest[call])


class TestMlflow2:
    @BOTH
    def test_the_last_client_of_mlflow_2_can(self, last_of_2: dict[str, str], call: str) -> None:
        check(last_of_2[call])
