"""The registry over HTTP, the SDK and the command line."""

import io
import zipfile
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from studiolo.kernel.auth.request import Services
from studiolo.kernel.auth.roles import Role
from studiolo.kernel.errors import Conflict, Remote
from studiolo.kernel.http import Transport
from studiolo.studio.models import service
from studiolo.studio.models.client import Models
from studiolo.testing.context import context_in
from tests.studio.models.folders import MLMODEL, a_model

BASE = "/w/default/api/models"


@pytest.fixture
def models(client: TestClient) -> Models:
    return Models(Transport("http://testserver", "", client=client))  # type: ignore[arg-type]


def test_a_version_is_registered_shown_and_downloaded(services: Services, models: Models, tmp_path: Path) -> None:
    run_id = a_model(context_in(services))
    version = models.register("my model", run_id)
    assert models.version("my model:1") == version
    assert models.list()[0].name == "my model"
    assert models.load_uri("my model@best") == "models:/my model@best"
    folder = models.download("my model", tmp_path / "got")
    assert (folder / "MLmodel").read_text() == MLMODEL
    assert sorted(p.name for p in folder.rglob("*") if p.is_file()) == ["MLmodel", "a.py", "model.pkl"]
    with pytest.raises(Conflict, match="not empty"):
        models.download("my model", tmp_path / "got")


def test_the_zip_is_sent_as_a_download_in_pieces(services: Services, client: TestClient) -> None:
    ctx = context_in(services)
    service.register(ctx, "m", a_model(ctx))
    reply = client.get(f"{BASE}/m/versions/1/download")
    assert reply.headers["content-disposition"] == 'attachment; filename="m-1.zip"'
    with zipfile.ZipFile(io.BytesIO(reply.content)) as archive:
        assert archive.testzip() is None
        assert archive.read("MLmodel").decode() == MLMODEL
    assert client.get(f"{BASE}/m/versions/latest/download").content == reply.content


def test_aliases_tags_and_deletion(services: Services, client: TestClient, models: Models) -> None:
    ctx = context_in(services)
    service.register(ctx, "m", a_model(ctx))
    assert models.set_alias("m", "champion", 1).aliases == {"champion": 1}
    assert client.patch(f"{BASE}/m/versions/1", json={"tags": {"a": "b"}, "description": "d"}).json()["tags"] == {
        "a": "b"
    }
    described = client.get(f"{BASE}/m/versions/champion/files").json()[0]
    assert (described["path"], described["size"]) == ("MLmodel", len(MLMODEL))
    assert len(client.get(f"{BASE}/m/versions/1/lineage").json()) == 1
    assert client.delete(f"{BASE}/m/aliases/champion").status_code == 204
    models.delete("m:1")
    models.delete("m")
    assert models.list() == []


def test_what_is_wrong_is_named(services: Services, client: TestClient, models: Models) -> None:
    with pytest.raises(Remote, match="not found") as caught:
        models.get("nothing")
    assert caught.value.remote_code == "models.not_found"
    assert client.post(f"{BASE}/m/versions", json={}).json()["field"] == "source"
    assert client.post(f"{BASE}/m/versions", json={"run_id": 3}).json()["field"] == "run_id"
    assert client.post(f"{BASE}/m/versions", json={"run_id": "f" * 32}).status_code == 404
    assert client.post(f"{BASE}/m/versions", json={"run_id": "f" * 32, "path": "../x"}).status_code == 422
    assert client.get(f"{BASE}/m/versions/1").status_code == 404
    assert client.delete(f"{BASE}/m/versions/x").status_code == 422


def test_a_reader_may_look_but_not_change(services: Services) -> None:
    from studiolo.kernel.errors import Denied

    with pytest.raises(Denied):
        context_in(services, Role.reader).actor.must("models.write")
