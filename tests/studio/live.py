"""A real server on loopback, and the unmodified MLflow client pointed at it."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from studiolo.kernel.auth.request import Services
from studiolo.testing.client import owner_token
from studiolo.testing.context import make_services
from studiolo.testing.server import serve


class Live(NamedTuple):
    """A running studio."""

    url: str
    token: str
    services: Services


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    services = make_services(tmp_path_factory.mktemp("live") / "home")
    with serve(services) as url:
        yield Live(url, owner_token(services), services)
    services.db.close()


@pytest.fixture
def tracked(live: Live, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Live]:
    """MLflow's client, set up as `eval "$(studiolo env)"` does it."""
    import mlflow

    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"{live.url}/w/default")
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", live.token)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    monkeypatch.chdir(tmp_path)
    mlflow.set_tracking_uri(f"{live.url}/w/default")
    mlflow.set_registry_uri(f"{live.url}/w/default")
    yield live
    while mlflow.active_run():
        mlflow.end_run()
    mlflow.set_tracking_uri(None)
