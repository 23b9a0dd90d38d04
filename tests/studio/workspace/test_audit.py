"""Every verb that touches security leaves an audit row."""

import json
from collections.abc import Callable

from starlette.testclient import TestClient
from typer.testing import Result

from studiolo.kernel.auth.request import Services
from studiolo.sdk.studio import Studio
from studiolo.testing.client import make_client


def test_every_security_relevant_verb_is_written_down(services: Services, studio: Studio) -> None:
    house = studio.workspace
    house.create_account("ada", password="correct horse", role="Reader")
    house.set_role("ada", "Contributor")
    browser = make_client(services, token="")
    browser.post("/api/session", json={"name": "ada", "password": "wrong"})
    browser.post("/api/session", json={"name": "ada", "password": "correct horse"})
    house.set_password("ada", "another horse")
    house.disable("ada")
    house.disable("ada", disabled=False)
    house.remove_member("ada")
    token = house.create_token("ci")
    house.revoke_token(token.id)
    house.create("lab")
    entries = [(entry.actor, entry.action, entry.subject) for entry in reversed(house.audit())]
    assert entries == [
        ("owner", "account.created", "ada"),
        ("owner", "member.updated", "ada"),
        ("ada", "session.refused", "password"),
        ("ada", "session.created", "password"),
        ("owner", "account.password_set", "ada"),
        ("owner", "account.disabled", "ada"),
        ("owner", "account.enabled", "ada"),
        ("owner", "member.removed", "ada"),
        ("owner", "token.created", "ci"),
        ("owner", "token.revoked", token.id),
        ("owner", "workspace.created", "lab"),
    ]
    assert token.token not in str(house.audit())


def test_the_trail_is_paged_and_each_workspace_sees_its_own(services: Services, client: TestClient) -> None:
    for number in range(7):
        client.post("/w/default/api/workspace/tokens", json={"name": f"t{number}"})
    client.post("/w/default/api/workspace/workspaces", json={"name": "lab"})
    client.post("/w/lab/api/workspace/tokens", json={"name": "elsewhere"})
    seen, cursor = [], None
    while True:
        page = client.get("/w/default/api/workspace/audit", params={"limit": 3, "cursor": cursor}).json()
        seen += [entry["subject"] for entry in page["items"]]
        cursor = page["next"]
        if not cursor:
            break
    assert seen == ["lab", *(f"t{number}" for number in range(6, -1, -1))]
    assert [entry["subject"] for entry in client.get("/w/lab/api/workspace/audit").json()["items"]] == ["elsewhere"]


def test_a_cursor_that_is_none_is_named(client: TestClient) -> None:
    reply = client.get("/w/default/api/workspace/audit", params={"cursor": "nonsense"})
    assert (reply.status_code, reply.json()["field"]) == (422, "cursor")


def test_the_command_line_shows_it(cli: Callable[..., Result]) -> None:
    cli("workspace", "tokens", "create", "ci")
    entries = json.loads(cli("workspace", "audit", "-o", "json").stdout)
    assert [entry["action"] for entry in entries] == ["token.created"]
