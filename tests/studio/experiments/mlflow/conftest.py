"""MLflow's messages over HTTP, on each database in turn."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.studio.experiments.mlflow.wire import API, Post


@pytest.fixture
def post(any_client: TestClient) -> Post:
    def send(path: str, expected: int = 200, /, **body: Any) -> dict[str, Any]:
        reply = any_client.post(f"{API}/{path}", json=body)
        assert reply.status_code == expected, reply.text
        found: dict[str, Any] = reply.json()
        return found

    return send


@pytest.fixture
def run_id(post: Post) -> str:
    created: str = post("runs/create", experiment_id="0", start_time=1_700_000_000_123)["run"]["info"]["run_id"]
    return created
