"""Every error is a problem document, whatever the request carried."""

import pytest
from starlette.testclient import TestClient

TOKENS = "/w/default/api/workspace/tokens"


@pytest.mark.parametrize("body", [b"{", b"", b"\xff\xfe", b"[1,", b"nonsense", b'{"name": }'])
def test_malformed_json_is_said_in_words(client: TestClient, body: bytes) -> None:
    reply = client.post(TOKENS, content=body, headers={"Content-Type": "application/json"})
    assert reply.status_code in (400, 422)
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["detail"]


def test_malformed_json_says_where(client: TestClient) -> None:
    reply = client.post(TOKENS, content=b'{"name": }', headers={"Content-Type": "application/json"})
    assert reply.json()["detail"] == "The body is no JSON: Expecting value at character 9."


def test_a_lone_surrogate_is_an_answer_too(client: TestClient) -> None:
    body = b'{"name": "x", "\\ud800": 1}'
    reply = client.post(TOKENS, content=body, headers={"Content-Type": "application/json"})
    assert reply.status_code == 422
    assert reply.json()["code"] == "studiolo.invalid"


def test_an_unknown_address_is_a_problem(client: TestClient) -> None:
    reply = client.get("/w/default/api/nowhere")
    assert (reply.status_code, reply.headers["content-type"]) == (404, "application/problem+json")


def test_a_wrong_method_is_a_problem(client: TestClient) -> None:
    reply = client.patch("/w/default/api/workspace/members")
    assert (reply.status_code, reply.headers["content-type"]) == (405, "application/problem+json")


def test_a_bad_field_is_named_with_its_place(client: TestClient) -> None:
    reply = client.post(TOKENS, json={"name": "x", "scopes": ["a.read", 7]})
    assert (reply.status_code, reply.json()["field"]) == (422, "scopes.1")


def test_a_field_is_named_as_the_request_has_it(client: TestClient) -> None:
    asked = {"trigger": {"kind": "recurrence", "frequency": "day", "hours": [7, 25]}}
    reply = client.post("/w/default/api/schedules/times", json=asked)
    assert (reply.status_code, reply.json()["field"]) == (422, "trigger.hours.1")
    schedule = {
        "name": "nightly",
        "trigger": {"kind": "cron", "expression": "@daily"},
        "target": {"kind": "job", "spec": {"command": ["true"], "data": {"table": {"path": ""}}}},
    }
    reply = client.post("/w/default/api/schedules", json=schedule)
    assert (reply.status_code, reply.json()["field"]) == (422, "target.spec.data.table.path")


def test_a_name_that_does_not_fit_is_told_in_words(client: TestClient) -> None:
    reply = client.post("/w/default/api/compute/clusters", json={"name": "no good", "max_nodes": 1})
    [error] = reply.json()["errors"]
    assert error["field"] == "name"
    assert error["message"].startswith("It takes letters, digits and '-'")
    assert "(?:" not in reply.text


def test_a_pattern_without_words_is_shown(client: TestClient) -> None:
    reply = client.post(TOKENS, json={"name": "x", "scopes": ["no scope"]})
    assert reply.json()["errors"][0]["message"].startswith("It does not match the pattern ^")
