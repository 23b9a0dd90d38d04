"""The actor is checked in every route: nobody without proof, nobody without the right. New routes are found by themselves."""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts
from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from studiolo.kernel.auth.roles import Role
from studiolo.kernel.mlflow import protocol
from studiolo.server.app import build_app
from studiolo.testing.client import make_client, member_token
from studiolo.testing.context import make_services

# what answers without a token on purpose, and why
OPEN = {
    "/health": "probes have no token",
    "/login": "is how one gets in",
    "/api/session": "is how one gets in",
    "/api/session/exchange": "is how one gets in",
    "/version": "is what MLflow's client asks first",
    "/api/3.0/mlflow/server-info": "is what MLflow's client asks first",
    "/{path:path}": "the page itself holds no data",
    "/assets": "the page itself holds no data",
    "/api/openapi.json": "describes, holds no data",
    "/api/docs": "describes, holds no data",
    "/docs/oauth2-redirect": "describes, holds no data",
}
# belongs to an account, not to a workspace: every role may
ACCOUNT = {"/api/session/link"}
OWN_PROOF = re.compile(r"/serve/|/mpu/parts/")  # an endpoint asks for its own key, a part of an upload for its secret
# what the generator below cannot guess: the query of a route whose parameters depend on each other
QUERY: dict[str, dict[str, str]] = {}
BODY: dict[str, Any] = {  # where one field depends on another
    "/w/{workspace}/api/experiments/compare": {"run_ids": ["x"]},
    "/w/{workspace}/api/datasets/registrations": {
        "name": "x",
        "source": {"type": "url", "url": "https://example.com/x.csv"},
    },
    "/w/{workspace}/api/schedules": {
        "name": "x",
        "trigger": {"kind": "cron", "expression": "0 3 * * *"},
        "target": {"kind": "published", "name": "x"},
    },
    "/w/{workspace}/api/schedules/times": {"trigger": {"kind": "cron", "expression": "0 3 * * *"}},
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, TestClient, TestClient]]:
    """The application, a client without a token, and one of a Labeler, who has no right to any of it."""
    services = make_services(tmp_path_factory.mktemp("home"))
    built = build_app(services)
    labeler = member_token(services, Role.labeler)
    yield built, make_client(services, token=""), make_client(services, labeler)
    services.db.close()


def routes() -> list[tuple[str, str]]:
    """Return every (method, path) of the application, also those that the OpenAPI document leaves out."""
    with tempfile.TemporaryDirectory() as folder:
        services = make_services(Path(folder))
        found = set()
        for route in iter_route_contexts(build_app(services).routes):
            path = str(route.path or route.starlette_route.path)
            plain = path.removeprefix("/w/{workspace}").replace("/ajax-api/", "/api/")
            if plain in OPEN or OWN_PROOF.search(path):
                continue
            if path.endswith("/{rest:path}"):  # MLflow's protocol: one route for the whole table of its endpoints
                before, version = path.removesuffix("/{rest:path}").rsplit("/", 1)
                table = [(method, below) for method, below in protocol.registered() if below.startswith(f"{version}/")]
                found |= {(method, f"{before}/{below}") for method, below in table}
            elif plain in protocol.OUTSIDE:
                found |= {(method, path) for method, below in protocol.registered() if below == plain}
            else:
                found |= {(method, path) for method in (route.methods or {"GET"}) - {"HEAD", "OPTIONS"}}
        services.db.close()
    return sorted(found)


def made_up(schema: dict[str, Any], document: dict[str, Any]) -> Any:
    """Return the smallest value that a JSON schema lets through."""
    if "$ref" in schema:
        return made_up(document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], document)
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return made_up(schema[key][0], document)
    if "const" in schema or "default" in schema or "enum" in schema:
        return schema.get("const", schema.get("default", schema.get("enum", [None])[0]))
    simple = {
        "integer": max(schema.get("minimum", 1), schema.get("exclusiveMinimum", 0) + 1),
        "number": max(schema.get("minimum", 1), schema.get("exclusiveMinimum", 0) + 1),
        "boolean": True,
        "string": text_of(schema),
    }
    kind = schema.get("type", "object")
    if kind == "array":
        return [made_up(schema["items"], document)] * schema.get("minItems", 0)
    if kind == "object":
        return {name: made_up(schema["properties"][name], document) for name in schema.get("required", ())}
    return simple[kind]


def text_of(schema: dict[str, Any]) -> str:
    least = schema.get("minLength", 1)
    if schema.get("format") == "date-time":
        return "2026-01-01T00:00:00Z"
    if "pattern" not in schema or re.search(schema["pattern"], "x" * least):
        return "x" * least
    quick = settings(  # the first that is found: to make it shorter takes seconds
        max_examples=50, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    return find(st.from_regex(schema["pattern"], fullmatch=True), lambda text: len(text) >= least, settings=quick)


def call(app: Any, client: TestClient, method: str, path: str) -> Any:
    """Send a request that only its sender's rights can stop."""
    document = app.openapi()
    operation = document["paths"].get(re.sub(r":path}", "}", path), {}).get(method.lower(), {})
    address = re.sub(r"{workspace}", "default", path)
    query = dict(QUERY.get(path, {}))
    for parameter in operation.get("parameters", ()):
        value = made_up(parameter["schema"], document)
        if parameter["in"] == "path" and parameter["name"] != "workspace":
            address = re.sub(r"{" + parameter["name"] + r"(:path)?}", str(value), address)
        elif parameter["in"] == "query" and parameter.get("required"):
            query.setdefault(parameter["name"], str(value))
    address = re.sub(r"{[^}]*}", "x", address)
    content = operation.get("requestBody", {}).get("content", {})
    body = BODY.get(path)
    if body is None and "application/json" in content:
        body = made_up(content["application/json"]["schema"], document)
    return client.request(method, address, params=query, json=body if body is not None else {})


ROUTES = routes()


def test_there_are_routes_to_look_at() -> None:
    assert ("GET", "/w/{workspace}/api/workspace") in ROUTES
    assert ("POST", "/api/2.0/mlflow/runs/create") in ROUTES


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=[f"{method} {path}" for method, path in ROUTES])
def test_the_actor_is_checked(app: tuple[Any, TestClient, TestClient], method: str, path: str) -> None:
    built, nobody, labeler = app
    refused = call(built, nobody, method, path)
    assert refused.status_code == 401, f"without a token: {refused.status_code}"
    if path in ACCOUNT:
        return
    denied = call(built, labeler, method, path)
    assert denied.status_code in (403, 404), (
        f"for a Labeler: {denied.status_code} {denied.text[:300]}; "
        "a 422 means that this test needs a body for the route: add it to BODY"
    )
    if denied.status_code == 404:
        assert "workspace" not in denied.json().get("code", ""), "a member knows the workspace"


def test_checks_of_what_requests_bring_are_made_at_the_start(app: tuple[Any, TestClient, TestClient]) -> None:
    late = set()
    for route in iter_route_contexts(app[0].routes):
        dependant = getattr(route, "dependant", None)
        for field in dependant.body_params if dependant else ():
            if getattr(field.field_info.annotation, "model_config", {}).get("defer_build"):
                late.add(field.field_info.annotation)
    assert not late, "nouns that requests bring must not say `defer_build`: FastAPI warns of each"
