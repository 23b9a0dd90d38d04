"""The second origin: signed addresses, and nothing of the studio behind its port."""

import re
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from studiolo.kernel.auth.request import Services
from studiolo.kernel.clock import Clock, FakeClock
from studiolo.kernel.context import Context
from studiolo.server.app import build_app
from studiolo.studio.experiments import artifacts
from studiolo.testing.client import owner_token
from studiolo.testing.context import context_in, make_services
from tests.studio.experiments.runs import a_run

STUDIO, SECOND = "http://127.0.0.1:8585", "http://127.0.0.1:8586"


def opened(folder: Path, clock: Clock | None = None, **settings: object) -> tuple[Services, Context, str]:
    have = make_services(folder / "home", clock=clock, content_port=8586, **settings)
    ctx = context_in(have)
    run_id, _ = a_run(ctx)
    files = {"report/index.html": b"<script src=a.js></script>", "report/a.js": b"1", "secret.txt": b"s"}
    with ctx.db.begin() as tx:
        artifacts.put_all(tx, ctx, run_id, [(path, ctx.blobs.put(data)) for path, data in files.items()])
    return have, ctx, run_id


def link(have: Services, run_id: str, path: str = "report/index.html", base: str = STUDIO) -> Any:
    headers = {"Authorization": f"Bearer {owner_token(have)}"}
    studio = TestClient(build_app(have), base_url=base, headers=headers)
    return studio.get(f"/w/default/api/experiments/runs/{run_id}/artifacts/link", params={"path": path})


def test_a_page_comes_with_what_lies_beside_it_and_nothing_else(tmp_path: Path) -> None:
    have, _, run_id = opened(tmp_path)
    found = link(have, run_id).json()
    assert re.fullmatch(rf"{SECOND}/c/[\w.-]+/index\.html", found["url"])
    second = TestClient(build_app(have), base_url=SECOND)
    page = second.get(found["url"])
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = page.headers["content-security-policy"]
    folder = found["url"].removesuffix("index.html")
    assert policy.startswith("sandbox allow-scripts; default-src 'none'")
    assert f"connect-src {folder};" in policy
    assert f"frame-ancestors {SECOND[:-4]}" not in policy  # the studio's port is 0 here: nobody may frame it
    assert "set-cookie" not in page.headers
    assert second.get(f"{folder}a.js").headers["content-type"].startswith("text/javascript")
    for outside in ("../secret.txt", "%2e%2e/secret.txt", "..%2fsecret.txt", "nothing.txt", "a.js%00"):
        assert second.get(folder + outside).status_code == 404, outside


def test_nothing_of_the_studio_answers_on_the_second_port(tmp_path: Path) -> None:
    have, _, run_id = opened(tmp_path)
    headers = {"Authorization": f"Bearer {owner_token(have)}"}
    second = TestClient(build_app(have), base_url=SECOND, headers=headers)
    for path in ("/", "/health", "/w/default/api/experiments/runs", "/api/2.0/mlflow/experiments/search", "/login"):
        assert second.get(path).status_code == 404, path
    assert second.post("/api/session", json={}).status_code == 405
    url = link(have, run_id).json()["url"]
    studio = TestClient(build_app(have), base_url=STUDIO)
    assert "sandbox" not in studio.get(url.replace(SECOND, STUDIO)).headers.get("content-security-policy", "")


def test_an_address_ends_and_cannot_be_forged(tmp_path: Path) -> None:
    clock = FakeClock()
    have, _, run_id = opened(tmp_path, clock)
    url = link(have, run_id).json()["url"]
    second = TestClient(build_app(have), base_url=SECOND)
    assert second.get(url).status_code == 200
    body, signature = re.search(r"/c/([\w-]+)\.([\w-]+)/", url).groups()  # type: ignore[union-attr]
    for token in (f"{body}.{signature[::-1]}", f"{body[:-2]}AA.{signature}", "x.y", f"{body}."):
        assert second.get(f"{SECOND}/c/{token}/index.html").status_code == 404
    clock.advance(1801)
    assert second.get(url).status_code == 404


def test_the_pages_of_the_studio_may_frame_the_second_origin_only(tmp_path: Path) -> None:
    have, _, _ = opened(tmp_path)
    policy = TestClient(build_app(have), base_url=STUDIO).get("/health").headers["content-security-policy"]
    assert policy.endswith(f"frame-src {SECOND}")
    odd = TestClient(build_app(have), base_url=STUDIO).get("/health", headers={"host": "x; script-src *"})
    assert odd.headers["content-security-policy"].endswith("frame-src 'none'")


@pytest.mark.parametrize(("second", "status"), [("", 409), ("https://content.example.org/", 200)])
def test_behind_a_proxy_the_second_address_must_be_said(tmp_path: Path, second: str, status: int) -> None:
    have, _, run_id = opened(tmp_path, public_url="https://studio.example.org", content_url=second)
    reply = link(have, run_id, base="http://studio.example.org")
    assert reply.status_code == status
    if status == 200:
        assert reply.json()["url"].startswith("https://content.example.org/c/")
    else:
        assert "STUDIOLO_CONTENT_URL" in reply.json()["hint"]


def test_an_unknown_file_gets_no_address(tmp_path: Path) -> None:
    have, _, run_id = opened(tmp_path)
    assert link(have, run_id, "no.html").json()["code"] == "experiments.artifact_not_found"
