"""The verbs of endpoints on their rows; no scorer runs."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

from studiolo.kernel.context import Context
from studiolo.studio.endpoints import service
from studiolo.studio.endpoints.errors import (
    BadEndpoint,
    BeingDeleted,
    DeploymentNotFound,
    EndpointNotFound,
    NoPort,
    NoSample,
    PortTaken,
)
from studiolo.studio.endpoints.schemas import EndpointDeploy
from studiolo.studio.models import service as models
from studiolo.studio.models.errors import AliasNotFound, InUse, ModelNotFound, VersionNotFound
from studiolo.testing.context import make_context
from tests.studio.models.folders import a_model


def deploy(ctx: Context, name: str = "e", model: str = "rich:1", **options: Any) -> Any:
    return service.deploy(ctx, EndpointDeploy(name=name, model=model, **options))


@pytest.fixture
def with_model(any_ctx: Context) -> Context:
    models.register(any_ctx, "rich", a_model(any_ctx))
    return any_ctx


def test_a_new_endpoint_shows_its_keys_once(with_model: Context) -> None:
    made = deploy(with_model)
    assert [key.name for key in made.keys] == ["primary", "secondary"]
    assert all(key.key.startswith("score_") and key.key.endswith(key.hint[1:]) for key in made.keys)
    assert deploy(with_model).keys == []
    text = service.get(with_model, "e").model_dump_json() + str(service.keys(with_model, "e"))
    assert made.keys[0].key not in text


def test_each_deploy_is_the_next_number_and_supersedes_what_waits(with_model: Context) -> None:
    first = deploy(with_model)
    second = deploy(with_model, description="now better")
    assert (first.latest.number, second.latest.number) == (1, 2)
    assert (second.port, second.description) == (first.port, "now better")
    assert [found.number for found in service.deployments(with_model, "e")] == [2, 1]


def test_endpoints_have_ports_of_their_own(with_model: Context) -> None:
    found = [deploy(with_model, name=f"e{place}").port for place in range(3)]
    assert len(set(found)) == 3
    with pytest.raises(PortTaken, match="another endpoint"):
        deploy(with_model, name="other", port=found[0])
    assert [endpoint.name for endpoint in service.list_(with_model).items] == ["e0", "e1", "e2"]
    page = service.list_(with_model, limit=2)
    assert [endpoint.name for endpoint in service.list_(with_model, page.next, 2).items] == ["e2"]


def test_a_port_that_another_program_has_is_refused_and_nothing_is_made(with_model: Context) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(PortTaken) as caught:
        deploy(with_model, port=other.getsockname()[1])
    assert caught.value.field == "port"
    assert service.list_(with_model).items == []
    assert models.get_version(with_model, "rich", 1).used_by == []


def test_no_port_left_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ctx = make_context(tmp_path / "home", endpoint_ports=f"{port}-{port}")
        models.register(ctx, "rich", a_model(ctx))
        with pytest.raises(NoPort, match=str(port)):
            deploy(ctx)


@pytest.mark.parametrize("text", ["x-y", "9-3", "0-10", "70000-70001", ""])
def test_a_bad_range_of_ports_is_said(tmp_path: Path, text: str) -> None:
    ctx = make_context(tmp_path / "home", endpoint_ports=text)
    models.register(ctx, "rich", a_model(ctx))
    with pytest.raises(BadEndpoint, match="STUDIOLO_ENDPOINT_PORTS"):
        deploy(ctx)


@pytest.mark.parametrize(
    ("model", "error"),
    [("none:1", ModelNotFound), ("rich:9", VersionNotFound), ("rich:x", BadEndpoint), ("rich@best", AliasNotFound)],
)
def test_an_unknown_model_is_named_and_nothing_is_made(with_model: Context, model: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        deploy(with_model, model=model)
    assert service.list_(with_model).items == []


def test_a_model_may_be_named_by_alias_or_newest(with_model: Context) -> None:
    models.register(with_model, "rich", a_model(with_model))
    models.set_alias(with_model, "rich", "best", 1)
    assert deploy(with_model, name="a", model="rich").latest.version == 2
    assert deploy(with_model, name="b", model="rich@best").latest.version == 1
    assert deploy(with_model, name="c", model="rich:latest").latest.version == 2


@pytest.mark.parametrize("name", ["", "a b", "../x", "-a", "a/b", "x" * 64, "ä"])
def test_a_name_that_no_url_can_have_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="name"):
        EndpointDeploy(name=name, model="rich")


@pytest.mark.parametrize(
    "change", [{"workers": 0}, {"workers": 99}, {"port": -1}, {"port": 65536}, {"tier": "fast"}, {"x": 1}]
)
def test_bad_options_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(change))):
        EndpointDeploy(name="e", model="rich", **change)


def test_the_port_of_an_endpoint_stays(with_model: Context) -> None:
    port = deploy(with_model).port
    assert deploy(with_model, port=port).port == port
    with pytest.raises(BadEndpoint, match=str(port)):
        deploy(with_model, port=port + 1)


def test_a_deployed_version_cannot_be_deleted(with_model: Context) -> None:
    deploy(with_model)
    with pytest.raises(InUse, match="endpoint:e"):
        models.delete_version(with_model, "rich", 1)


def test_deleting_twice_is_deleting_once_and_deploying_meanwhile_is_refused(with_model: Context) -> None:
    deploy(with_model)
    assert service.delete(with_model, "e").state == "Deleting"
    assert service.delete(with_model, "e").state == "Deleting"
    with pytest.raises(BeingDeleted):
        deploy(with_model)


def test_what_is_not_there_is_named(with_model: Context) -> None:
    for verb in (service.get, service.delete, service.keys, service.sample, service.stats, service.deployments):
        with pytest.raises(EndpointNotFound, match="'none'"):
            verb(with_model, "none")  # type: ignore[operator]
    deploy(with_model)
    with pytest.raises(DeploymentNotFound):
        service.log(with_model, "e", "process", 7)
    with pytest.raises(NoSample):
        service.sample(with_model, "e")
    assert service.stats(with_model, "e").p50 is None


def test_routes_and_their_permissions(client: TestClient, ctx: Context) -> None:
    models.register(ctx, "rich", a_model(ctx))
    api = "/w/default/api/endpoints"
    made = client.post(api, json={"name": "e", "model": "rich:1"})
    assert made.status_code == 202
    assert made.json()["forward"] == "/w/default/serve/e/score"
    assert client.get(f"{api}/e").json()["state"] == "Deploying"
    assert [key["name"] for key in client.get(f"{api}/e/keys").json()] == ["primary", "secondary"]
    replaced = client.post(f"{api}/e/keys/secondary").json()
    assert replaced["key"] != made.json()["keys"][1]["key"]
    assert client.post(f"{api}/e/keys/third").status_code == 422
    assert client.get(f"{api}/e/logs?kind=process").json()["text"] == ""
    assert client.get(f"{api}/e/stats").json()["requests"] == 0
    assert client.delete(f"{api}/e").json()["state"] == "Deleting"
    bad = client.post(api, json={"name": "a/b", "model": "rich:1"})
    assert (bad.status_code, bad.json()["field"]) == (422, "name")


def test_the_commands(ctx: Context, cli: Callable[..., Any], tmp_path: Path) -> None:
    models.register(ctx, "rich", a_model(ctx))
    assert "No endpoints yet" in cli("endpoints", "list").output
    made = cli("endpoints", "deploy", "rich:1", "--name", "e")
    assert made.exit_code == 0, made.output
    assert "primary key" in made.output
    assert "rich:1" in cli("endpoints", "list").output
    assert '"state": "Deploying"' in cli("endpoints", "show", "e", "-o", "json").output
    assert "primary" in cli("endpoints", "keys", "e").output
    assert cli("endpoints", "keys", "e", "--regenerate", "primary").output.startswith("score_")
    assert cli("endpoints", "logs", "e").exit_code == 0
    assert "requests" in cli("endpoints", "stats", "e").output
    broken = tmp_path / "rows.json"
    broken.write_text("{")
    assert "is not JSON" in str(cli("endpoints", "score", "e", "--file", str(broken)).exception)
    assert "Deleting" in cli("endpoints", "delete", "e").output
