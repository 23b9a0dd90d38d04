"""API tokens: shown once, stored as hashes, never wider than who made them."""

import json
from collections.abc import Callable

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient
from typer.testing import Result

from studiolo.kernel.auth.request import Services
from studiolo.kernel.auth.roles import Role
from studiolo.kernel.auth.tables import tokens
from studiolo.kernel.context import Context
from studiolo.kernel.errors import Denied
from studiolo.sdk.studio import Studio
from studiolo.studio.workspace import service
from studiolo.studio.workspace.schemas import TokenCreate
from studiolo.testing.client import make_client, member_token

API = "/w/default/api/workspace"


def test_a_token_is_shown_once_and_stored_as_a_hash(services: Services, studio: Studio) -> None:
    made = studio.workspace.create_token("ci")
    assert make_client(services, made.token).get(API).status_code == 200
    listed = [token for token in studio.workspace.tokens() if token.id == made.id]
    assert [token.name for token in listed] == ["ci"]
    assert made.token not in str(studio.workspace.tokens())
    with services.db.read() as tx:
        assert made.token not in str(tx.execute(select(tokens)).all())


def test_a_revoked_token_is_refused_at_once(services: Services, studio: Studio) -> None:
    made = studio.workspace.create_token("ci")
    client = make_client(services, made.token)
    assert client.get(API).status_code == 200
    studio.workspace.revoke_token(made.id)
    assert client.get(API).status_code == 401
    assert made.id not in [token.id for token in studio.workspace.tokens()]


def test_scopes_narrow_what_the_account_may(services: Services, studio: Studio) -> None:
    made = studio.workspace.create_token("reader", scopes=["workspace.read"])
    client = make_client(services, made.token)
    assert client.get(API).status_code == 200
    assert client.get(f"{API}/accounts").status_code == 403
    assert client.post(f"{API}/tokens", json={"name": "wider"}).status_code == 403


def test_a_narrowed_token_cannot_make_a_wider_one(any_ctx: Context) -> None:
    from dataclasses import replace

    narrow = replace(any_ctx, actor=replace(any_ctx.actor, scopes=frozenset({"tokens.write", "*.read"})))
    assert service.create_token(narrow, TokenCreate(name="same", scopes=["datasets.read"])).scopes == ["datasets.read"]
    for scopes in (None, ["*.*"], ["datasets.write"], ["*.read", "*.write"]):
        with pytest.raises(Denied, match="may not give away"):
            service.create_token(narrow, TokenCreate(name="wider", scopes=scopes))


def test_a_token_is_good_in_its_workspace_only(services: Services, studio: Studio) -> None:
    made = studio.workspace.create_token("here")
    studio.workspace.create("lab")
    assert make_client(services, made.token).get("/w/lab/api/workspace").status_code == 403


def test_a_token_of_somebody_else_cannot_be_revoked_or_seen(services: Services, studio: Studio) -> None:
    made = studio.workspace.create_token("mine")
    other = make_client(services, member_token(services, Role.reader))
    assert other.delete(f"{API}/tokens/{made.id}").status_code == 404
    assert made.id not in other.get(f"{API}/tokens").text
    assert make_client(services, made.token).get(API).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x", "days": 0}, "days"),
        ({"name": "x", "days": -1}, "days"),
        ({"name": "x", "scopes": ["everything"]}, "scopes.0"),
    ],
)
def test_a_bad_token_request_names_the_field(client: TestClient, body: dict[str, object], field: str) -> None:
    reply = client.post(f"{API}/tokens", json=body)
    assert (reply.status_code, reply.json()["field"]) == (422, field)


def test_the_command_line_makes_lists_and_revokes(cli: Callable[..., Result]) -> None:
    made = json.loads(cli("workspace", "tokens", "create", "ci", "--scope", "*.read", "-o", "json").stdout)
    assert made["token"].startswith("studiolo_")
    listed = json.loads(cli("workspace", "tokens", "list", "-o", "json").stdout)
    assert ("ci", ["*.read"]) in [(token["name"], token["scopes"]) for token in listed]
    assert cli("workspace", "tokens", "revoke", made["id"]).exit_code == 0
    again = cli("workspace", "tokens", "revoke", made["id"])
    assert "no token" in str(again.exception)
