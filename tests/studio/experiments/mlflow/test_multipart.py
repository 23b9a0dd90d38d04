"""Uploads in parts: as the MLflow client sends them, and everything that can go wrong on the way."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import mlflow
import pytest
from starlette.testclient import TestClient

from studiolo.kernel.auth.request import Services
from studiolo.kernel.context import Context
from studiolo.studio.experiments import multipart
from studiolo.testing.client import make_client, owner_token
from studiolo.testing.context import make_services
from tests.studio.live import Live

API = "/w/default/api/2.0/mlflow"
MPU = "/w/default/api/2.0/mlflow-artifacts/mpu"
FILES = "/w/default/api/2.0/mlflow-artifacts/artifacts"
Begin = Callable[..., dict[str, Any]]


@pytest.fixture
def root(client: TestClient) -> str:
    info = client.post(f"{API}/runs/create", json={"experiment_id": "0"}).json()["run"]["info"]
    path: str = info["artifact_uri"].removeprefix("mlflow-artifacts:/")
    return path


@pytest.fixture
def begin(client: TestClient, root: str) -> Begin:
    def create(parts: int = 2) -> dict[str, Any]:
        reply = client.post(f"{MPU}/create/{root}/deep", json={"path": "/home/me/big.bin", "num_parts": parts})
        assert reply.status_code == 200, reply.text
        found: dict[str, Any] = reply.json()
        return found

    return create


def send(client: TestClient, upload: dict[str, Any], number: int, content: bytes) -> dict[str, Any]:
    url = upload["credentials"][number - 1]["url"]
    reply = client.put(url, content=content, headers={"Authorization": ""})
    assert reply.status_code == 200, reply.text
    return {"part_number": number, "etag": reply.headers["ETag"], "url": url}


def complete(client: TestClient, root: str, upload: dict[str, Any], parts: list[dict[str, Any]]) -> Any:
    body = {"path": "/home/me/big.bin", "upload_id": upload["upload_id"], "parts": parts}
    return client.post(f"{MPU}/complete/{root}/deep", json=body)


def test_the_parts_become_one_file(client: TestClient, root: str, begin: Begin, services: Services) -> None:
    upload = begin()
    second = send(client, upload, 2, b"world")
    first = send(client, upload, 1, b"hello ")
    assert client.get(f"{FILES}/{root}/deep/big.bin").status_code == 404
    assert complete(client, root, upload, [first, second]).json() == {}
    assert client.get(f"{FILES}/{root}/deep/big.bin").content == b"hello world"
    assert complete(client, root, upload, [first, second]).status_code == 200  # the client asks again after a timeout
    assert [file.name for file in (services.blobs.root / "multipart" / upload["upload_id"]).iterdir()] == [
        "upload.json"
    ]
    assert list(services.blobs.root.joinpath("spool").iterdir()) == []


def test_a_part_that_is_sent_again_replaces_the_first(client: TestClient, root: str, begin: Begin) -> None:
    upload = begin(1)
    old = send(client, upload, 1, b"old")
    new = send(client, upload, 1, b"new")
    reply = complete(client, root, upload, [old])
    assert (reply.status_code, "not received" in reply.json()["message"]) == (400, True)
    assert complete(client, root, upload, [new]).status_code == 200
    assert client.get(f"{FILES}/{root}/deep/big.bin").content == b"new"


def test_a_missing_or_misplaced_part_leaves_no_file(client: TestClient, root: str, begin: Begin) -> None:
    upload = begin()
    first, second = (send(client, upload, n, b"x" * n) for n in (1, 2))
    for parts in ([second], [second, first], [first, first], [{**first, "etag": "../../x"}], [{"part_number": 1}]):
        reply = complete(client, root, upload, parts)
        assert (reply.status_code, reply.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE"), parts
    reply = complete(client, root, {"upload_id": "f" * 32}, [first])
    assert (reply.status_code, reply.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")
    assert complete(client, root, {"upload_id": "../../etc"}, [first]).status_code == 404
    assert client.get(f"{FILES}/{root}/deep/big.bin").status_code == 404


def test_a_part_needs_the_secret_of_its_address(client: TestClient, root: str, begin: Begin) -> None:
    upload = begin()
    url = upload["credentials"][0]["url"]
    assert client.put(url[:-3] + "abc", content=b"x").status_code == 404
    assert client.put(url.split("?")[0], content=b"x").status_code == 404
    reply = client.put(url.replace("/1?", "/3?"), content=b"x")
    assert (reply.status_code, "parts 1 to 2" in reply.json()["message"]) == (400, True)


def test_an_abandoned_upload_is_removed(
    client: TestClient, root: str, begin: Begin, services: Services, ctx: Context
) -> None:
    upload = begin()
    send(client, upload, 1, b"x")
    body = {"path": "big.bin", "upload_id": upload["upload_id"]}
    assert client.post(f"{MPU}/abort/{root}/deep", json=body).json() == {}
    assert client.put(upload["credentials"][0]["url"], content=b"x").status_code == 404
    upload = begin()
    folder = services.blobs.root / "multipart" / upload["upload_id"]
    assert multipart.sweep(services.blobs, ctx.clock.now() - timedelta(hours=1)) == 0
    os.utime(folder, (0, 0))
    assert multipart.sweep(services.blobs, ctx.clock.now() - timedelta(hours=1)) == 1
    assert not folder.exists()


@pytest.mark.parametrize(
    ("path", "body", "text"),
    [
        ("create", {"num_parts": 1}, "parameter 'path'"),
        ("create", {"path": "x", "num_parts": 0}, "parameter 'num_parts'"),
        ("create", {"path": "x", "num_parts": 10_001}, "at most 10000"),
        ("create", {"path": "x", "num_parts": "many"}, "parameter 'num_parts'"),
        ("create", {"path": "a/..", "num_parts": 1}, "Invalid path"),
        ("complete", {"path": "x", "upload_id": "f" * 32}, "parameter 'parts'"),
        ("complete", {"path": "x", "parts": []}, "parameter 'upload_id'"),
        ("complete", {"path": "x", "upload_id": "f" * 32, "parts": [5]}, "parameter 'parts'"),
        ("abort", {"path": "x"}, "parameter 'upload_id'"),
    ],
)
def test_what_is_wrong_is_named(client: TestClient, root: str, path: str, body: dict[str, Any], text: str) -> None:
    reply = client.post(f"{MPU}/{path}/{root}", json=body)
    assert (reply.status_code, reply.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert text in reply.json()["message"]


def test_nothing_is_begun_for_a_run_that_takes_nothing(client: TestClient, root: str) -> None:
    client.post(f"{API}/runs/delete", json={"run_id": root.split("/")[1]})
    reply = client.post(f"{MPU}/create/{root}", json={"path": "x", "num_parts": 1})
    assert (reply.status_code, "'active' state" in reply.json()["message"]) == (400, True)
    reply = client.post(f"{MPU}/create/registry/x", json={"path": "MLmodel", "num_parts": 1})
    assert "never changes" in reply.json()["message"]


def test_parts_together_above_the_limit_are_refused(tmp_path: Path) -> None:
    services = make_services(tmp_path / "home", upload_limit_bytes=1000)
    with make_client(services, owner_token(services)) as client:
        upload = client.post(f"{MPU}/create/free", json={"path": "x", "num_parts": 2}).json()
        send(client, upload, 1, b"x" * 500)
        reply = client.put(upload["credentials"][1]["url"], content=b"x" * 600)
        assert reply.status_code == 413
        assert list((services.blobs.root / "spool").iterdir()) == []
    services.db.close()


@pytest.mark.slow
def test_the_client_uploads_in_parts(tracked: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", "1000000")
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE", str(5 << 20))  # the client takes no smaller ones
    content = os.urandom(23 << 20)
    (tmp_path / "big.bin").write_bytes(content)
    mlflow.set_experiment("parts")
    with mlflow.start_run() as run:
        mlflow.log_artifact(str(tmp_path / "big.bin"), "models")
    got = mlflow.artifacts.download_artifacts(f"runs:/{run.info.run_id}/models/big.bin", dst_path=str(tmp_path / "got"))
    assert Path(got).read_bytes() == content
    uploads = list((tracked.services.blobs.root / "multipart").iterdir())
    assert len(uploads) == 1  # it did come in parts
