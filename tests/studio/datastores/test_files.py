"""Browsing a datastore, and bytes in and out of it over HTTP."""

import os
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from studiolo.kernel.auth.request import Services
from studiolo.studio.datastores import service
from studiolo.studio.datastores.schemas import DatastoreCreate
from studiolo.testing.client import make_client
from studiolo.testing.context import context_in, make_services

API = "/w/default/api/datastores/files"
ODD = "日本語 new\nline & ünïcode %20+.txt"


@pytest.fixture
def root(services: Services, tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    service.create(context_in(services), DatastoreCreate(name="files", kind="local", config={"path": str(folder)}))
    return folder


def test_a_folder_is_listed_in_pages(client: TestClient, root: Path) -> None:
    (root / "sub").mkdir()
    for number in range(25):
        (root / f"f{number:02}").write_text("x" * number)
    seen, cursor = [], None
    while cursor or not seen:
        page = client.get(f"{API}/files", params={"limit": 10, **({"cursor": cursor} if cursor else {})}).json()
        seen += page["items"]
        cursor = page["next"]
    assert [one["name"] for one in seen] == [*[f"f{number:02}" for number in range(25)], "sub"]
    assert (seen[7]["size"], seen[7]["folder"], seen[-1]["size"], seen[-1]["folder"]) == (7, False, None, True)


def test_bytes_come_back_as_they_went(client: TestClient, root: Path) -> None:
    content = os.urandom((3 << 20) + 17)
    made = client.put(f"{API}/content", params={"path": f"a/{ODD}"}, content=content)
    assert (made.status_code, made.json()["size"]) == (201, len(content))
    assert (root / "a" / ODD).read_bytes() == content
    reply = client.get(f"{API}/content", params={"path": f"a/{ODD}"})
    assert reply.content == content
    assert reply.headers["content-disposition"].startswith("attachment")
    assert reply.headers["content-length"] == str(len(content))


@pytest.mark.parametrize(
    ("wanted", "status", "expected"),
    [
        ("bytes=0-3", 206, b"0123"),
        ("bytes=5-", 206, b"56789"),
        ("bytes=8-99", 206, b"89"),
        ("bytes=20-", 416, b""),
        ("bytes=-3", 200, b"0123456789"),
        ("lines=1-2", 200, b"0123456789"),
    ],
)
def test_ranges(client: TestClient, root: Path, wanted: str, status: int, expected: bytes) -> None:
    (root / "digits").write_bytes(b"0123456789")
    reply = client.get(f"{API}/content", params={"path": "digits"}, headers={"Range": wanted})
    assert (reply.status_code, reply.content) == (status, expected)
    if status == 206:
        assert reply.headers["content-range"].endswith("/10")


def test_what_is_there_is_replaced_only_when_it_is_said(client: TestClient, root: Path) -> None:
    (root / "f").write_text("old")
    refused = client.put(f"{API}/content", params={"path": "f"}, content=b"new")
    assert (refused.status_code, refused.json()["code"]) == (409, "datastores.path_exists")
    assert (root / "f").read_text() == "old"
    assert client.put(f"{API}/content", params={"path": "f", "overwrite": True}, content=b"new").status_code == 201
    assert (root / "f").read_text() == "new"


def test_an_empty_file_and_a_deleted_one(client: TestClient, root: Path) -> None:
    assert client.put(f"{API}/content", params={"path": "empty"}, content=b"").status_code == 201
    assert client.get(f"{API}/content", params={"path": "empty"}).content == b""
    assert client.delete(f"{API}/content", params={"path": "empty"}).status_code == 204
    assert client.delete(f"{API}/content", params={"path": "empty"}).status_code == 404
    assert list(root.iterdir()) == []


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a//b", "."])
def test_paths_stay_inside(client: TestClient, root: Path, path: str) -> None:
    for reply in (
        client.get(f"{API}/content", params={"path": path}),
        client.put(f"{API}/content", params={"path": path}, content=b"x"),
        client.get(f"{API}/preview", params={"path": path}),
        client.get(f"{API}/files", params={"folder": path}),
    ):
        assert (reply.status_code, reply.json()["code"]) == (422, "datastores.bad_path")
    assert list(root.iterdir()) == []


def test_a_read_only_datastore_takes_nothing(client: TestClient, root: Path) -> None:
    client.patch(API, json={"read_only": True})
    refused = client.put(f"{API}/content", params={"path": "f"}, content=b"x")
    assert (refused.status_code, refused.json()["code"]) == (409, "datastores.read_only")
    assert list(root.iterdir()) == []


def test_a_body_that_is_too_large_leaves_nothing(tmp_path: Path) -> None:
    services = make_services(tmp_path / "home", upload_limit_bytes=100_000)
    folder = tmp_path / "root"
    folder.mkdir()
    service.create(context_in(services), DatastoreCreate(name="files", kind="local", config={"path": str(folder)}))
    with make_client(services) as client:
        announced = client.put(f"{API}/content", params={"path": "f"}, content=b"x" * 200_000)
        pieces = (b"x" * 50_000 for _ in range(60))
        streamed = client.put(f"{API}/content", params={"path": "f"}, content=pieces)
    assert [reply.json()["code"] for reply in (announced, streamed)] == ["datastores.upload_too_large"] * 2
    assert list(folder.iterdir()) == []
    services.db.close()


def test_previews(client: TestClient, root: Path) -> None:
    (root / "a.csv").write_text("a,b\n1,2\n")
    (root / "long.txt").write_text("ü" * 60_000)
    (root / "old.txt").write_bytes("Müller".encode("cp1252"))
    (root / "wide.txt").write_bytes("hello".encode("utf-16"))
    (root / "data.bin").write_bytes(b"\0\1\2" * 100)
    (root / "pic.png").write_bytes(b"\x89PNG")
    (root / "empty.txt").write_bytes(b"")

    def look(path: str) -> tuple[str, str, bool]:
        found = client.get(f"{API}/preview", params={"path": path}).json()
        return found["kind"], found["text"], found["truncated"]

    assert look("a.csv") == ("text", "a,b\n1,2\n", False)
    assert look("long.txt") == ("text", "ü" * 32768, True)
    assert look("old.txt") == ("text", "Müller", False)
    assert look("wide.txt") == ("text", "hello", False)
    assert look("data.bin") == ("binary", "", False)
    assert look("pic.png") == ("image", "", False)
    assert look("empty.txt") == ("text", "", False)
    shown = client.get(f"{API}/content", params={"path": "pic.png", "inline": True})
    assert (shown.headers["content-type"], shown.headers["content-disposition"]) == ("image/png", "inline")


def test_nothing_but_a_picture_is_shown_in_the_page(client: TestClient, root: Path) -> None:
    for name in ("a.html", "a.svg", "a.js"):
        (root / name).write_text("<script>alert(1)</script>")
        reply = client.get(f"{API}/content", params={"path": name, "inline": True})
        assert reply.headers["content-type"] == "application/octet-stream"
        assert reply.headers["content-disposition"].startswith("attachment")
        assert reply.headers["x-content-type-options"] == "nosniff"


def test_what_is_no_file_by_path_says_so(client: TestClient) -> None:
    reply = client.get("/w/default/api/datastores/workspace/files")
    assert (reply.status_code, reply.json()["code"]) == (422, "datastores.no_files")
