"""Every call of MLflow's client, the newest and the last of MLflow 2, each in a process of its own against a live studio."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from studiolo.testing.environments import EnvironmentMissing, environment
from tests.studio.live import Live

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
CALLS = Path(__file__).with_name("calls")
TEXT = "".join(file.read_text() for file in sorted(CALLS.glob("*.py")))
FOUND = re.findall(r"^@(call|three)\ndef (\w+)\(", TEXT, re.MULTILINE)
# the last release of MLflow 2, with what its calls need
OLD = ("mlflow-skinny==2.22.5", "scikit-learn<1.10", "pandas<4", "psutil<8", "lightgbm<5", "matplotlib<4", "pillow<13")
Results = Callable[[str], dict[str, str]]


@pytest.fixture(scope="module")
def results(live: Live, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Everything done once by a client: name of the call → what went wrong."""
    done: dict[str, dict[str, str]] = {}

    def of(client: str) -> dict[str, str]:
        if client not in done:
            try:
                python = Path(sys.executable) if client == "newest" else environment("mlflow-2", *OLD)
            except EnvironmentMissing as error:
                pytest.skip(str(error))
            environ = {
                **{name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")},
                "MLFLOW_TRACKING_URI": f"{live.url}/w/default",
                "MLFLOW_TRACKING_TOKEN": live.token,
                "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
                "MLFLOW_DISABLE_TELEMETRY": "true",
                "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
            }
            folder = tmp_path_factory.mktemp(client)
            command = [str(python), str(CALLS)]
            run = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
            assert run.stdout.strip(), run.stderr[-3000:]
            done[client] = json.loads(run.stdout.strip().splitlines()[-1])
        return done[client]

    return of


@pytest.mark.parametrize("client", ["newest", "2.x"])
@pytest.mark.parametrize(("kind", "call"), FOUND, ids=[name for _, name in FOUND])
def test_the_client_can(results: Results, client: str, kind: str, call: str) -> None:
    if kind == "three" and client == "2.x":
        pytest.skip("MLflow 2 has no such call")
    problem = results(client)[call]
    if problem.startswith("needs "):
        pytest.skip(problem)
    assert not problem, problem
