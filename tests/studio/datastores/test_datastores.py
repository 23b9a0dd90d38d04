"""The workspace's own datastore over HTTP, SDK and command line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from typer.testing import Result

from studiolo.kernel.auth.request import Services
from studiolo.kernel.auth.roles import Role
from studiolo.kernel.errors import Remote
from studiolo.sdk.studio import Studio
from studiolo.testing.client import make_client, member_token


def test_the_default_datastore_is_the_blob_folder(client: TestClient, services: Services) -> None:
    found = client.get("/w/default/api/datastores").json()
    assert [(store["name"], store["kind"], store["default"]) for store in found] == [("workspace", "local", True)]
    assert Path(found[0]["location"]) == services.settings.home / "blobs"
    assert 0 < found[0]["free_bytes"] <= found[0]["total_bytes"]
    assert client.get("/w/default/api/datastores/workspace").json()["name"] == "workspace"


def test_an_unknown_datastore_is_named(client: TestClient) -> None:
    reply = client.get("/w/default/api/datastores/attic")
    assert (reply.status_code, reply.json()["code"]) == (404, "datastores.not_found")
    assert "'attic'" in reply.json()["detail"]


def test_a_labeler_may_not_look(services: Services) -> None:
    with make_client(services, member_token(services, Role.labeler)) as labeler:
        assert labeler.get("/w/default/api/datastores").status_code == 403


def test_sdk_and_commands_show_it(studio: Studio, cli: Callable[..., Result]) -> None:
    assert studio.datastores.list()[0] == studio.datastores.get()
    assert "workspace" in cli("datastores", "list").stdout
    assert json.loads(cli("datastores", "show", "-o", "json").stdout)["kind"] == "local"
    with pytest.raises(Remote, match="no datastore 'attic'"):
        studio.datastores.get("attic")
