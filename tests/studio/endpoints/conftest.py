"""Models that several tests share, and a studio whose scorers really run."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from starlette.testclient import TestClient

from studiolo.kernel.auth.request import Services
from studiolo.kernel.context import Context
from studiolo.studio.endpoints import folders, reconcile, repository, service
from studiolo.studio.endpoints.schemas import Endpoint, EndpointDeploy
from studiolo.studio.experiments import artifacts
from studiolo.studio.models import service as models
from studiolo.testing.client import make_client
from studiolo.testing.context import context_in, make_services
from tests.studio.endpoints.sample_models import automl_model, python_model
from tests.studio.experiments.runs import a_run

SECONDS = 60.0


@pytest.fixture(scope="session")
def compiled_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return automl_model(tmp_path_factory.mktemp("models") / "compiled")


@pytest.fixture(scope="session")
def doubling_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Answers twice `a`; fails for a negative one; its example has two rows."""
    body = "assert (model_input['a'] >= 0).all(), 'no negative numbers'\n        return model_input['a'] * 2"
    return python_model(
        tmp_path_factory.mktemp("models") / "doubling", body, {"columns": ["a"], "data": [[1.0], [2.0]]}
    )


@pytest.fixture(scope="session")
def broken_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cannot be loaded."""
    load = "raise ValueError('weights are gone')"
    return python_model(tmp_path_factory.mktemp("models") / "broken", "return model_input", load=load)


class House:
    """A studio without its processes: the test ticks the controller's part itself; scorers are real."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.ctx: Context = context_in(services)

    def register(self, folder: Path, name: str = "rich") -> int:
        """Put a model folder into the registry; returns its version."""
        run_id, _ = a_run(self.ctx)
        files = [path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]
        blobs = [(f"model/{path.relative_to(folder)}", self.ctx.blobs.put(path)) for path in files]
        with self.ctx.db.begin() as tx:
            artifacts.put_all(tx, self.ctx, run_id, blobs)
        return models.register(self.ctx, name, run_id).version

    def until(self, what: Callable[[], Any], seconds: float = SECONDS) -> Any:
        """Tick until something is true."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            reconcile.tick(self.ctx)
            found = what()
            if found:
                return found
            time.sleep(0.03)
        raise AssertionError(f"it did not happen in time: {service.list_(self.ctx).items}")

    def deploy(self, model: str, name: str = "e", **options: Any) -> str:
        """Deploy and wait until it is live; returns the primary key of a new endpoint."""
        made = service.deploy(self.ctx, EndpointDeploy(name=name, model=model, **options))
        number = made.latest.number if made.latest else 0

        def live() -> bool:
            found = service.get(self.ctx, name)
            assert found.latest is None or found.latest.state != "Failed", found.latest
            return found.live is not None and found.live.number == number and found.live.state == "Live"

        self.until(live)
        return made.keys[0].key if made.keys else ""

    def get(self, name: str = "e") -> Endpoint:
        """Return an endpoint."""
        return service.get(self.ctx, name)

    def score(self, key: str, rows: list[Any], name: str = "e") -> httpx.Response:
        """Score on the endpoint's own port."""
        headers = {"Authorization": f"Bearer {key}"}
        return httpx.post(self.get(name).url, json={"data": rows}, headers=headers, timeout=30, trust_env=False)

    def row(self, name: str = "e") -> Any:
        """Return the row of the newest deployment."""
        with self.ctx.db.read() as tx:
            endpoint = repository.endpoint(tx, self.ctx.workspace_id, name)
            assert endpoint is not None
            return repository.deployments_of(tx, endpoint.id)[0]

    def attempt(self, name: str = "e") -> Path:
        """Return the attempt folder of the newest deployment."""
        return folders.of_attempt(self.ctx, self.row(name))

    def processes(self) -> list[psutil.Process]:
        """Return the scorer processes of this studio that are alive."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.status() != "zombie" and str(self.ctx.settings.home) in process.environ().get(
                    "PWD", ""
                ) + " ".join(process.cmdline()):
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def close(self) -> None:
        """Delete what is there."""
        for endpoint in service.list_(self.ctx).items:
            service.delete(self.ctx, endpoint.name)
        self.until(lambda: not service.list_(self.ctx).items)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    found = House(make_services(tmp_path / "home"))
    yield found
    found.close()
    assert found.processes() == []
    found.services.db.close()


@pytest.fixture
def web(house: House) -> Iterator[TestClient]:
    """HTTP to the studio of `house` as its owner."""
    with make_client(house.services) as client:
        yield client
