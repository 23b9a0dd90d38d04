"""Jobs over HTTP and from the SDK: submit, files, attempts, and what is refused."""

from pathlib import Path

import pytest
from blake3 import blake3
from starlette.testclient import TestClient

from studiolo.kernel.auth.request import Services
from studiolo.kernel.context import Context
from studiolo.kernel.http import Transport
from studiolo.studio.experiments import service
from studiolo.studio.experiments.client import Experiments
from studiolo.testing.client import make_client
from tests.studio.experiments.jobs import ended, log_of, python

API = "/w/default/api/experiments"


@pytest.fixture
def experiments(client: TestClient) -> Experiments:
    return Experiments(Transport("http://testserver", "", client=client))


def test_a_yaml_job_brings_its_files_and_runs(ctx: Context, experiments: Experiments, tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "run.sh").write_text(
        "#!/bin/sh\ncat $1; echo rate $2; echo kept > ./outputs/kept.txt; echo m > $3/m\n"
    )
    folder = tmp_path / "my data"
    folder.mkdir()
    (folder / "t.csv").write_text("a,b\n")
    (tmp_path / "job.yml").write_text(
        """
command: ./run.sh "${{inputs.data}}" ${{inputs.rate}} ${{outputs.model}} $[[--seed ${{inputs.seed}}]]
code: src
inputs:
  data: {type: uri_file, path: my data/t.csv}
  rate: 0.5
outputs: {model: }
odd: 1
"""
    )
    run, warnings = experiments.submit_file(tmp_path / "job.yml")
    assert warnings == ["'odd' is not known here and is left out"]
    run = ended(ctx, run)
    assert log_of(ctx, run) == "a,b\nrate 0.5\n"
    assert run.state == "Completed"
    from studiolo.studio.experiments import artifacts

    assert artifacts.open_(ctx, run.id, "kept.txt").read_text() == "kept\n"
    assert artifacts.open_(ctx, run.id, "model/m").read_text() == "m\n"
    [attempt] = experiments.attempts(run.id)
    assert attempt.exit_code == 0


def test_a_file_that_is_here_is_not_sent_again(client: TestClient) -> None:
    digest = blake3(b"code").hexdigest()
    assert client.post(f"{API}/files/missing", json={"digests": [digest]}).json() == {"digests": [digest]}
    reply = client.post(f"{API}/files", content=b"code")
    assert (reply.status_code, reply.json()) == (201, {"digest": digest, "size": 4})
    assert client.post(f"{API}/files/missing", json={"digests": [digest]}).json() == {"digests": []}


def test_a_file_above_the_limit_leaves_nothing(services: Services) -> None:
    from dataclasses import replace

    small = replace(services, settings=services.settings.model_copy(update={"upload_limit_bytes": 10}))
    reply = make_client(small).post(f"{API}/files", content=b"x" * 11)
    assert (reply.status_code, reply.json()["code"]) == (413, "experiments.file_too_large")
    assert list(services.blobs.spool.iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"command": []}, 422, "command"),
        ({"command": [" "]}, 422, "command"),
        ({"command": ["echo ${{inputs.x}}"]}, 422, "command"),
        ({"command": ["echo ${{parent.inputs.x}}"]}, 422, "command"),
        ({"compute": "cluster"}, 404, "compute"),
        ({"resources": {"cores": 100000}}, 422, "resources.cores"),
        ({"resources": {"cores": 0}}, 422, "resources.cores"),
        ({"resources": {"memory_bytes": 2**60}}, 422, "resources.memory_bytes"),
        ({"timeout_s": 0}, 422, "timeout_s"),
        ({"inputs": {"a/b": []}}, 422, "inputs"),
        ({"inputs": {"data": [{"path": "../up", "digest": "0" * 64}]}}, 422, "path"),
        ({"inputs": {"data": [{"path": "x", "digest": "0" * 64}]}}, 422, "inputs.data"),
        ({"code": [{"path": "/etc/passwd", "digest": "0" * 64}]}, 422, "path"),
        ({"parent_id": "0" * 32}, 404, "run_id"),
        ({"unknown": 1}, 422, "unknown"),
    ],
)
def test_what_cannot_run_is_refused_with_the_field_and_nothing_is_made(
    client: TestClient, changes: dict, status: int, field: str
) -> None:
    reply = client.post(f"{API}/runs", json={"command": ["true"], **changes})
    assert (reply.status_code, reply.json().get("field")) == (status, field), reply.json()
    assert client.get(f"{API}/runs").json()["items"] == []


def test_cancel_by_a_reader_is_denied(services: Services, client: TestClient) -> None:
    run = client.post(f"{API}/runs", json={"command": python("pass")}).json()
    from studiolo.kernel.auth import service as auth

    with services.db.begin() as tx:
        account = auth.found(services.db, services.clock)
        token = auth.create_token(tx, services.clock, account, "narrow", scopes=["*.read"])
    reader = make_client(services, token=token)
    assert reader.post(f"{API}/runs/{run['id']}/cancel").status_code == 403
    assert reader.get(f"{API}/runs/{run['id']}").status_code == 200


def test_a_run_of_a_client_cannot_be_canceled_here(ctx: Context, client: TestClient) -> None:
    made = client.post("/api/2.0/mlflow/runs/create", json={"experiment_id": "0"})
    if made.status_code == 404:
        pytest.skip("there is no Default experiment yet")
    run_id = made.json()["run"]["info"]["run_id"]
    reply = client.post(f"{API}/runs/{run_id}/cancel")
    assert (reply.status_code, reply.json()["code"]) == (422, "experiments.bad_job")
    assert service.get(ctx, run_id).state == "Running"
