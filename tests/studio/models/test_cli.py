"""The registry's commands."""

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from studiolo.kernel.auth.request import Services
from studiolo.kernel.http import Transport
from studiolo.studio.models.cli import app
from studiolo.testing.context import context_in
from tests.studio.models.folders import MLMODEL, a_model


def test_register_show_alias_download_delete(
    services: Services, client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    connection = Transport("http://testserver", "", client=client)  # type: ignore[arg-type]
    monkeypatch.setattr("studiolo.studio.models.cli.transport", lambda _context: connection)
    run_id = a_model(context_in(services))

    def asked(*words: str) -> dict:
        done = CliRunner().invoke(app, [*words, "--output", "json"])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    assert asked("register", "m", "--run", run_id)["version"] == 1
    assert asked("list")[0]["name"] == "m"
    assert asked("alias", "m:1", "champion")["aliases"] == {"champion": 1}
    assert asked("show", "m@champion")["run_id"] == run_id
    assert len(asked("show", "m")["all"]) == 1
    assert asked("download", "m")["folder"] == "m-1"
    assert (tmp_path / "m-1" / "MLmodel").read_text() == MLMODEL
    assert "champion" in CliRunner().invoke(app, ["show", "m"]).stdout
    assert asked("delete", "m:1") == {"deleted": "m:1"}
    assert asked("list")[0]["latest"] is None


def test_prompts_are_told_from_models(services: Services, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = Transport("http://testserver", "", client=client)  # type: ignore[arg-type]
    monkeypatch.setattr("studiolo.studio.models.cli.transport", lambda _context: connection)
    client.post("/api/2.0/mlflow/registered-models/create", json={"name": "m"})
    assert "kind" not in CliRunner().invoke(app, ["list"]).stdout
    tags = [{"key": "mlflow.prompt.is_prompt", "value": "true"}]
    client.post("/api/2.0/mlflow/registered-models/create", json={"name": "greet", "tags": tags})
    lines = [line.split()[:2] for line in CliRunner().invoke(app, ["list"]).stdout.splitlines()]
    assert lines[:3] == [["name", "kind"], ["greet", "prompt"], ["m", "model"]]
