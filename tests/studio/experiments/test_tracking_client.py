"""What runs recorded, through the SDK and the command line."""

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from studiolo.kernel.auth.request import Services
from studiolo.kernel.errors import Remote
from studiolo.kernel.http import Transport
from studiolo.studio.experiments import artifacts, tracking
from studiolo.studio.experiments.cli import app
from studiolo.studio.experiments.client import Experiments
from studiolo.testing.context import context_in
from tests.studio.experiments.runs import a_run


@pytest.fixture
def connection(client: TestClient) -> Transport:
    return Transport("http://testserver", "", client=client)  # type: ignore[arg-type]


@pytest.fixture
def run_id(services: Services) -> str:
    ctx = context_in(services)
    run_id, seq = a_run(ctx)
    with ctx.db.begin() as tx:
        tracking.record(tx, ctx, seq, params={"depth": "3"}, metrics=[("auc", 0.5, 0, 1), ("auc", 0.9, 1, 2)])
        artifacts.put(tx, ctx, run_id, "plots/roc.txt", ctx.blobs.put(b"curve"))
    return run_id


def test_the_sdk_reads_what_a_run_recorded(connection: Transport, run_id: str, tmp_path: Path) -> None:
    experiments = Experiments(connection)
    found = experiments.overview(run_id)
    assert found.params == {"depth": "3"}
    assert (found.metrics[0].value, found.metrics[0].low, found.metrics[0].high_step) == (0.9, 0.5, 1)
    assert experiments.history(run_id, "auc")[0].values == [0.5, 0.9]
    assert [record.run.id for record in experiments.search("metrics.auc > 0.8", ("metrics.auc DESC",))] == [run_id]
    assert experiments.search("metrics.auc > 0.95") == []
    assert [group.runs for group in experiments.groups()] == [1]
    assert [item.path for item in experiments.artifacts(run_id, "plots")] == ["plots/roc.txt"]
    assert experiments.download(run_id, "plots/roc.txt", tmp_path / "x").read_text() == "curve"
    assert experiments.lineage(run_id) == []
    with pytest.raises(Remote, match="Invalid clause"):
        experiments.search("metrics.auc >")


@pytest.fixture
def cli(connection: Transport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("studiolo.studio.experiments.tracking_cli.transport", lambda _context: connection)
    monkeypatch.setattr("studiolo.studio.experiments.table.cli.transport", lambda _context: connection)
    return CliRunner()


def test_the_commands_print_json(cli: CliRunner, run_id: str, tmp_path: Path) -> None:
    def asked(*words: str) -> object:
        done = cli.invoke(app, [*words, "--output", "json"])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    assert asked("params", run_id) == {"depth": "3"}
    assert asked("metrics", run_id)[0]["value"] == 0.9  # type: ignore[index]
    assert asked("groups")[0]["name"] == "first"  # type: ignore[index]
    assert asked("artifacts", run_id)[0]["path"] == "plots"  # type: ignore[index]
    assert asked("search", "params.depth = '3'")[0]["run"]["id"] == run_id  # type: ignore[index]
    assert asked("download", run_id, "plots/roc.txt")["size"] == 5  # type: ignore[index, call-overload]
    assert (tmp_path / "roc.txt").read_text() == "curve"
    assert "0.9" in cli.invoke(app, ["search"]).stdout
