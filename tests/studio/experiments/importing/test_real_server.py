"""From a real `mlflow server` on SQLite and on PostgreSQL: over HTTP, and from the database itself."""

import contextlib
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from studiolo.kernel.auth.request import Services
from studiolo.sdk.studio import Studio
from studiolo.testing.client import make_transport
from studiolo.testing.context import make_services
from studiolo.testing.environments import EnvironmentMissing, environment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
MAKE = Path(__file__).parent / "sources" / "make.py"
EVERYTHING = {"experiments": 3, "logged_models": 2, "runs": 6, "traces": 1, "models": 2, "versions": 3}


class Real(NamedTuple):
    """url: of the server; database: its own; artifacts: where it keeps files."""

    url: str
    database: str
    artifacts: Path


@pytest.fixture(params=["sqlite", "postgresql"])
def real(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Real]:
    """A server on which a real client has recorded a bit of everything."""
    import mlflow

    try:
        python = environment("mlflow-server", f"mlflow=={mlflow.__version__}", "psycopg2-binary<3")
    except EnvironmentMissing as error:
        pytest.skip(f"no whole MLflow for a server: {error}")
    database = f"sqlite:///{tmp_path}/mlflow.db"
    if request.param == "postgresql":
        database = request.getfixturevalue("postgres_database").replace("postgresql:", "postgresql+psycopg2:")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    # five more processes, for judges of GenAI that nobody asks here
    environ["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"
    place = tmp_path / "files"
    words = ["--backend-store-uri", database, "--artifacts-destination", str(place), "--workers", "1"]
    command = [str(python), "-m", "mlflow", "server", *words, "--host", "127.0.0.1", "--port", str(port)]
    url = f"http://127.0.0.1:{port}"
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=tmp_path, env=environ, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait(url, process, tmp_path / "server.log")
        made = subprocess.run(
            [str(python), str(MAKE), url], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
        )
        assert made.returncode == 0, made.stderr[-3000:]
        yield Real(url, database, place)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        process.wait()


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 180
    while True:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/health", timeout=5):
            return
        assert process.poll() is None, log.read_text()[-3000:]
        assert time.monotonic() < deadline, log.read_text()[-3000:]
        time.sleep(0.1)


def _counts(report: dict[str, Any], state: str) -> dict[str, int]:
    assert {one for counts in report["counts"].values() for one in counts} == {state}, report["counts"]
    return {kind: counts[state] for kind, counts in report["counts"].items()}


def _same(studio: Studio) -> dict[str, Any]:
    found = {}
    for run in studio.experiments.list():
        about = studio.experiments.overview(run.id)
        points = {metric.key: studio.experiments.history(run.id, metric.key)[0].values for metric in about.metrics}
        files = sorted(item.path for item in studio.experiments.artifacts(run.id))
        found[run.id] = (run.name, run.state, run.user, about.params, repr(points), files)
    return found


def test_a_server_and_its_database_give_the_same(real: Real, services: Services, tmp_path: Path) -> None:
    studio = Studio(transport=make_transport(services))
    first = studio.experiments.import_mlflow(real.url)
    assert _counts(first, "added") == EVERYTHING
    assert (first["lost"], first["not_taken"]) == ([], [])
    again = studio.experiments.import_mlflow(real.url)
    assert _counts(again, "there") == EVERYTHING
    assert again["sent"] == {"points": 0, "files": 0, "bytes": 0}
    (trace,) = studio.experiments.traces.search()
    assert studio.experiments.traces.get(trace.id).steps[0].outputs == 2
    _missed_without_full(real, studio)

    other = make_services(tmp_path / "second")
    try:
        direct = Studio(transport=make_transport(other))
        for state in ("added", "there"):
            report = direct.experiments.import_mlflow(real.database, artifacts=real.artifacts)
            assert _counts(report, state) == EVERYTHING
            assert report["lost"] == []
        assert _same(direct) == _same(studio)
        steps = direct.experiments.traces.get(trace.id).steps
        assert steps == studio.experiments.traces.get(trace.id).steps
    finally:
        other.db.close()


def _missed_without_full(real: Real, studio: Studio) -> None:
    """What the lists of a server do not show is read by a full import."""
    from mlflow import MlflowClient

    client = MlflowClient(real.url, real.url)
    parent = next(run.id for run in studio.experiments.list() if run.name == "parent")
    client.log_metric(parent, "loss", 7.0, timestamp=1, step=3)
    client.log_text(parent, "late", "late.txt")
    assert _counts(studio.experiments.import_mlflow(real.url), "there") == EVERYTHING
    whole = studio.experiments.import_mlflow(real.url, full=True)
    assert whole["counts"]["runs"] == {"there": 5, "updated": 1}
    assert 7.0 in studio.experiments.history(parent, "loss")[0].values
    assert "late.txt" in [item.path for item in studio.experiments.artifacts(parent)]
    assert _counts(studio.experiments.import_mlflow(real.url, full=True), "there") == EVERYTHING
