from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from studiolo.kernel.auth import service
from studiolo.kernel.auth.actor import Actor
from studiolo.kernel.auth.request import Services
from studiolo.kernel.auth.roles import Role
from studiolo.kernel.clock import FakeClock
from studiolo.kernel.errors import Denied, Unauthenticated
from studiolo.testing.client import make_client
from studiolo.testing.context import context_in, make_services


def test_health_needs_no_token(services: Services) -> None:
    reply = make_client(services, token="").get("/health")
    assert reply.status_code == 200
    assert reply.json()["status"] == "ok"


@pytest.mark.parametrize(("token", "says"), [("", "No token"), ("studiolo_wrong", "not known")])
def test_without_proof_the_answer_says_what_to_do(services: Services, token: str, says: str) -> None:
    reply = make_client(services, token=token).get("/w/default/api/events")
    assert reply.status_code == 401
    assert reply.headers["content-type"] == "application/problem+json"
    assert says in reply.json()["detail"]
    assert reply.json()["hint"]


def test_unknown_workspace_is_named(client: TestClient) -> None:
    reply = client.get("/w/nowhere/api/events")
    assert reply.status_code == 404
    assert reply.json()["code"] == "workspace.unknown"
    assert "nowhere" in reply.json()["detail"]


def test_expired_token_is_refused(tmp_path: Path) -> None:
    clock = FakeClock()
    services = make_services(tmp_path, clock=clock)
    ctx = context_in(services)
    with services.db.begin() as tx:
        token = service.create_token(tx, clock, ctx.actor.id, "short", hours=1)
    with services.db.read() as tx:
        assert service.identify(tx, clock, token=token).name == "owner"
    clock.advance(timedelta(hours=2).total_seconds())
    with services.db.read() as tx, pytest.raises(Unauthenticated, match="expired"):
        service.identify(tx, clock, token=token)


def test_token_of_another_workspace_is_refused(services: Services) -> None:
    ctx = context_in(services)
    with services.db.begin() as tx:
        other = service.create_workspace(tx, services.clock, "other", ctx.actor.id)
        token = service.create_token(tx, services.clock, ctx.actor.id, "foreign", workspace_id=other)
    reply = make_client(services, token=token).get("/w/default/api/events")
    assert reply.status_code == 403
    assert "another workspace" in reply.json()["detail"]


def test_login_link_works_once(services: Services) -> None:
    account = service.found(services.db, services.clock)
    ticket = service.login_link(services.db, services.clock, account, 10)
    client = make_client(services, token="")
    first = client.get(f"/login?ticket={ticket}", follow_redirects=False)
    assert (first.status_code, first.headers["location"]) == (303, "/")
    assert client.get("/api/session").json()["account"] == "owner"
    second = make_client(services, token="").get(f"/login?ticket={ticket}", follow_redirects=False)
    assert second.headers["location"].startswith("/signin?problem=")


def test_a_foreign_page_cannot_use_the_cookie(services: Services) -> None:
    account = service.found(services.db, services.clock)
    ticket = service.login_link(services.db, services.clock, account, 10)
    client = make_client(services, token="")
    client.get(f"/login?ticket={ticket}", follow_redirects=False)
    reply = client.delete("/api/session", headers={"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"})
    assert reply.status_code == 403
    assert client.delete("/api/session", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 204


def test_login_never_redirects_elsewhere(services: Services) -> None:
    account = service.found(services.db, services.clock)
    ticket = service.login_link(services.db, services.clock, account, 10)
    reply = make_client(services, token="").get(f"/login?ticket={ticket}&then=//evil.example", follow_redirects=False)
    assert reply.headers["location"] == "/"


def test_password_sign_in(services: Services) -> None:
    with services.db.begin() as tx:
        service.create_account(tx, services.clock, "ada", "correct horse")
    client = make_client(services, token="")
    wrong = client.post("/api/session", json={"name": "ada", "password": "wrong"})
    assert wrong.status_code == 401
    assert client.post("/api/session", json={"name": "ada", "password": "correct horse"}).status_code == 200
    assert client.get("/api/session").json()["account"] == "ada"


@pytest.mark.parametrize(
    ("role", "permission", "may"),
    [
        (Role.owner, "anything.write", True),
        (Role.reader, "datasets.read", True),
        (Role.reader, "datasets.write", False),
        (Role.data_scientist, "compute.write", False),
        (Role.labeler, "datasets.read", False),
    ],
)
def test_roles(role: Role, permission: str, may: bool) -> None:
    assert Actor("a", "a", role).may(permission) is may


def test_denied_names_the_permission() -> None:
    with pytest.raises(Denied, match=r"datasets\.write"):
        Actor("a", "ada", Role.reader).must("datasets.write")
