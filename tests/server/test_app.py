from starlette.testclient import TestClient

from studiolo.kernel.auth.request import Services
from studiolo.testing.client import make_client
from studiolo.testing.context import make_services


def test_every_reply_carries_the_security_headers(client: TestClient) -> None:
    reply = client.get("/health")
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'self'" in reply.headers["content-security-policy"]


def test_unknown_api_paths_are_problems_not_pages(client: TestClient) -> None:
    reply = client.get("/w/default/api/nothing/here")
    assert reply.status_code == 404
    assert reply.headers["content-type"] == "application/problem+json"


def test_too_large_a_body_is_refused_with_the_setting_named(tmp_path) -> None:  # type: ignore[no-untyped-def]
    client = make_client(make_services(tmp_path, request_limit_bytes=1000))
    big = {"name": "x" * 2000, "password": "y"}
    reply = client.post("/api/session", json=big)
    assert reply.status_code == 413
    assert "STUDIOLO_REQUEST_LIMIT_BYTES" in reply.json()["hint"]


def test_too_large_a_stream_is_refused_too(tmp_path) -> None:  # type: ignore[no-untyped-def]
    client = make_client(make_services(tmp_path, request_limit_bytes=1000))
    chunks = (b"x" * 500 for _ in range(4))
    reply = client.post("/api/session", content=chunks, headers={"content-type": "application/json"})
    assert reply.status_code == 413


def test_a_missing_field_is_named(services: Services) -> None:
    reply = make_client(services).post("/api/session", json={"name": "ada"})
    assert reply.status_code == 422
    assert reply.json()["field"] == "password"


def test_malformed_json_is_a_problem(client: TestClient) -> None:
    reply = client.post("/api/session", content=b"{", headers={"content-type": "application/json"})
    assert reply.status_code == 422
    assert reply.json()["code"] == "studiolo.invalid"
