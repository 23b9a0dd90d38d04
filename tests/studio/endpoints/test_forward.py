"""`/w/<workspace>/serve/<name>/…`: the endpoint through the server's port."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from studiolo.kernel.auth.roles import Role
from studiolo.studio.endpoints import service
from studiolo.studio.endpoints.schemas import EndpointDeploy
from studiolo.testing.client import make_client, member_token
from studiolo.testing.context import make_services
from tests.studio.endpoints.conftest import House
from tests.studio.endpoints.sample_models import ROW

SERVE = "/w/default/serve/e"


def test_who_is_signed_in_scores_without_a_key(house: House, web: TestClient, compiled_model: Path) -> None:
    house.register(compiled_model)
    key = house.deploy("rich:1")
    direct = house.score(key, [ROW]).json()
    reply = web.post(f"{SERVE}/score", json={"data": [ROW]}, headers={"x-ms-client-request-id": "c-1"})
    assert reply.json() == direct
    assert reply.headers["x-ms-client-request-id"] == "c-1"
    assert "probabilities" in direct
    assert web.post(f"{SERVE}/invocations", json={"dataframe_records": [ROW]}).status_code == 200
    assert web.get(f"{SERVE}/openapi.json").json()["info"]["title"] == "e"
    assert web.get(f"{SERVE}/swagger.json?version=3").json()["openapi"] == "3.0.3"


def test_who_brings_a_key_needs_no_account(house: House, compiled_model: Path) -> None:
    house.register(compiled_model)
    key = house.deploy("rich:1")
    with make_client(house.services, token="") as nobody:
        good = nobody.post(f"{SERVE}/score", json={"data": [ROW]}, headers={"Authorization": f"Bearer {key}"})
        wrong = nobody.post(f"{SERVE}/score", json={"data": [ROW]}, headers={"Authorization": "Bearer score_no"})
        none = nobody.post(f"{SERVE}/score", json={"data": [ROW]})
        other = nobody.post("/w/nowhere/serve/e/score", json={}, headers={"Authorization": f"Bearer {key}"})
    assert (good.status_code, wrong.status_code, none.status_code, other.status_code) == (200, 401, 401, 404)
    assert wrong.json()["code"] == "scoring.wrong_key"
    with make_client(house.services, member_token(house.services, Role.labeler)) as labeler:
        assert labeler.post(f"{SERVE}/score", json={"data": [ROW]}).status_code == 403
    with make_client(house.services, member_token(house.services, Role.reader)) as reader:
        assert reader.post(f"{SERVE}/score", json={"data": [ROW]}).status_code == 200


def test_the_scorers_problems_come_back_as_they_are(house: House, web: TestClient, compiled_model: Path) -> None:
    house.register(compiled_model)
    house.deploy("rich:1")
    reply = web.post(f"{SERVE}/score", json={"data": [ROW | {"age": "old"}]})
    assert (reply.status_code, reply.json()["code"], reply.json()["field"]) == (422, "scoring.wrong_type", "age")
    assert reply.headers["content-type"] == "application/problem+json"
    assert web.get(f"{SERVE}/score").status_code == 405
    assert web.get(f"{SERVE}/nothing").json()["code"] == "scoring.no_route"


def test_a_body_above_the_limit_stops_at_the_server(tmp_path: Path, compiled_model: Path) -> None:
    house = House(make_services(tmp_path / "home", score_limit_bytes=100_000))
    try:
        house.register(compiled_model)
        house.deploy("rich:1")
        with make_client(house.services) as client:
            announced = client.post(f"{SERVE}/score", content=b"x" * 100_001)
            streamed = client.post(f"{SERVE}/score", content=iter([b"x" * 60_000] * 3))
        assert (announced.status_code, streamed.status_code) == (413, 413)
        assert "STUDIOLO_SCORE_LIMIT_BYTES" in announced.json()["hint"]
    finally:
        house.close()


def test_an_endpoint_that_is_not_live_says_so(house: House, web: TestClient, compiled_model: Path) -> None:
    house.register(compiled_model)
    service.deploy(house.ctx, EndpointDeploy(name="e", model="rich:1"))
    reply = web.post(f"{SERVE}/score", json={"data": [ROW]})
    assert (reply.status_code, reply.json()["code"]) == (503, "endpoints.not_live")
    assert web.post("/w/default/serve/none/score", json={}).status_code == 404


def test_a_foreign_page_cannot_score_with_the_users_session(house: House, compiled_model: Path) -> None:
    house.register(compiled_model)
    house.deploy("rich:1")
    with make_client(house.services, token="") as browser:
        browser.cookies.set(house.services.cookie, "whatever")
        reply = browser.post(f"{SERVE}/score", json={"data": [ROW]}, headers={"sec-fetch-site": "cross-site"})
    assert reply.status_code == 403


@pytest.mark.parametrize("path", ["../../health", "%2e%2e/score", "//evil.example/score"])
def test_a_path_stays_on_the_endpoint(house: House, web: TestClient, compiled_model: Path, path: str) -> None:
    house.register(compiled_model)
    house.deploy("rich:1")
    reply = web.post(f"{SERVE}/{path}", json={"data": [ROW]})
    assert reply.status_code in (404, 405, 200)
    assert "evil" not in reply.headers.get("location", "")
