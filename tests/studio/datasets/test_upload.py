"""Uploading over HTTP: what becomes of good files, and that bad ones leave nothing."""

import asyncio
import errno
import os
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.requests import ClientDisconnect
from starlette.testclient import TestClient

from studiolo.kernel.auth.request import Services
from studiolo.kernel.auth.roles import Role
from studiolo.kernel.context import Context
from studiolo.kernel.errors import DiskFull
from studiolo.kernel.storage.blobs import BlobWriter
from studiolo.server.app import build_app
from studiolo.studio.datasets import reconcile, uploads
from studiolo.studio.datasets.errors import UploadCutOff
from studiolo.testing.client import make_client, member_token, owner_token
from studiolo.testing.context import make_services

API = "/w/default/api/datasets"
GOOD = b"id,name\n1,ann\n2,bob\n"


def upload(client: TestClient, data: bytes | Iterator[bytes], **params: Any) -> Any:
    return client.post(f"{API}/uploads", params={"name": "people", "filename": "people.csv"} | params, content=data)


def blobs(services: Services) -> list[Path]:
    return [path for path in (services.settings.home / "blobs").rglob("*") if path.is_file()]


def assert_nothing_was_kept(client: TestClient, services: Services) -> None:
    assert client.get(API).json()["items"] == []
    assert client.get("/w/default/api/experiments/runs").json()["items"] == []
    assert blobs(services) == []
    work = services.settings.home / "work"
    assert not work.exists() or list(work.iterdir()) == []


def test_an_upload_becomes_version_one_with_a_profile_job(any_client: TestClient) -> None:
    reply = upload(any_client, GOOD, description="two people")
    assert reply.status_code == 201, reply.text
    made = reply.json()
    assert not made["existing"]
    dataset = made["dataset"]
    assert (dataset["reference"], dataset["rows"], dataset["columns"]) == ("people:1", 2, 2)
    assert dataset["files"][0]["path"] == "people.csv"
    assert dataset["profile"]["state"] == "queued"
    run = any_client.get(f"/w/default/api/experiments/runs/{dataset['profile']['run_id']}").json()
    assert (run["kind"], run["state"]) == ("profile", "Queued")
    listed = any_client.get(API).json()["items"]
    assert [(item["name"], item["description"], item["version"]) for item in listed] == [("people", "two people", 1)]


def test_the_same_bytes_are_the_same_version(any_client: TestClient) -> None:
    upload(any_client, GOOD)
    again = upload(any_client, GOOD).json()
    assert again["existing"]
    assert again["dataset"]["version"] == 1
    assert "people:1 already" in again["note"]
    assert upload(any_client, GOOD + b"3,cid\n").json()["dataset"]["version"] == 2
    assert upload(any_client, GOOD, header=False).json()["dataset"]["version"] == 3  # read differently
    versions = any_client.get(f"{API}/people/versions").json()
    assert [item["version"] for item in versions] == [3, 2, 1]
    assert any_client.get(f"{API}/people/versions/1").json()["rows"] == 2
    assert any_client.get(f"{API}/people/versions/latest").json()["version"] == 3


def test_the_name_comes_from_the_file_when_none_is_given(client: TestClient) -> None:
    reply = client.post(f"{API}/uploads", params={"filename": "Sales 2024 (final).csv"}, content=GOOD)
    assert reply.json()["dataset"]["name"] == "Sales-2024-final"


def test_a_preview_shows_the_first_rows(client: TestClient) -> None:
    upload(client, b"a,b\n" + b"".join(b"%d,x%d\n" % (i, i) for i in range(500)))
    shown = client.get(f"{API}/people/versions/1/preview", params={"rows": 3}).json()
    assert [column["name"] for column in shown["columns"]] == ["a", "b"]
    assert shown["rows"] == [[0, "x0"], [1, "x1"], [2, "x2"]]
    assert shown["total_rows"] == 500
    more = client.get(f"{API}/people/versions/1/preview", params={"rows": 300}).json()
    assert more["rows"][-1] == [299, "x299"]


def test_a_download_is_what_was_uploaded_and_heeds_range(client: TestClient) -> None:
    data = "name,n\nZoë,1\n".encode("utf-16")
    upload(client, data)
    path = f"{API}/people/versions/1/content"
    whole = client.get(path)
    assert whole.content == data
    assert 'filename="people.csv"' in whole.headers["content-disposition"]
    part = client.get(path, headers={"Range": "bytes=2-5"})
    assert (part.status_code, part.content) == (206, data[2:6])


BAD = [
    (b"", {}, "datasets.empty_file", "file"),
    (b"a,b\n", {}, "datasets.header_only", "file"),
    (b"a,b\n1,2\n3\n", {}, "datasets.ragged_row", "file"),
    (b"a,b,a\n1,2,3\n", {}, "datasets.bad_column_name", "file"),
    (b"a,,c\n1,2,3\n", {}, "datasets.bad_column_name", "file"),
    ("a,b\n1,é\n".encode("cp1252"), {"encoding": "utf-8"}, "datasets.wrong_encoding", "encoding"),
    (b"a,b\n1,x\0y\n", {}, "datasets.nul_bytes", "file"),
    (b"PAR1" + b"x" * 100, {"filename": "t.parquet"}, "datasets.damaged_file", "file"),
    (b'{"a": 1}\n{"a"\n', {"filename": "t.jsonl"}, "datasets.malformed_json", "file"),
    (GOOD, {"format": "klingon"}, "datasets.unknown_format", "format"),
    (GOOD, {"name": "../../etc/passwd"}, "datasets.bad_name", "name"),
    (GOOD, {"name": "a/b"}, "datasets.bad_name", "name"),
    (GOOD, {"name": ".hidden"}, "datasets.bad_name", "name"),
    (GOOD, {"name": "x" * 101}, "datasets.bad_name", "name"),
    (GOOD, {"name": "samples"}, "datasets.bad_name", "name"),
    (GOOD, {"name": "nul\0"}, "datasets.bad_name", "name"),
    (GOOD, {"filename": "../../people.csv"}, "datasets.bad_file_name", "filename"),
    (GOOD, {"filename": "..\\people.csv"}, "datasets.bad_file_name", "filename"),
    (GOOD, {"delimiter": "abcde"}, "studiolo.invalid", "delimiter"),
    (GOOD, {"colour": "red"}, "studiolo.invalid", "colour"),
]


@pytest.mark.parametrize(("data", "params", "code", "field"), BAD)
def test_a_bad_upload_is_answered_and_leaves_nothing(
    client: TestClient, services: Services, data: bytes, params: dict[str, str], code: str, field: str
) -> None:
    reply = upload(client, data, **params)
    problem = reply.json()
    assert reply.status_code == 422
    assert reply.headers["content-type"] == "application/problem+json"
    assert (problem["code"], problem["field"]) == (code, field)
    assert problem["detail"]
    assert code == "studiolo.invalid" or problem["hint"]
    assert_nothing_was_kept(client, services)


def test_a_line_of_1_gb_is_refused(client: TestClient, services: Services) -> None:
    """1 GB as it would come over the network, in pieces; neither server nor child holds it."""

    def pieces() -> Iterator[bytes]:
        yield b"a,b\n1,"
        block = b"x" * (1 << 20)
        for _ in range(1024):
            yield block

    reply = upload(client, pieces())
    assert reply.status_code == 422
    assert (reply.json()["code"], reply.json()["line"]) == ("datasets.line_too_long", 2)
    assert_nothing_was_kept(client, services)


def test_two_thousand_columns_and_late_types_are_accepted(client: TestClient) -> None:
    names = ",".join(f"c{i}" for i in range(2000))
    values = ",".join("1" for _ in range(2000))
    assert upload(client, f"{names}\n{values}\n".encode()).json()["dataset"]["columns"] == 2000
    late = upload(client, b"a,b\n" + b"1,x\n" * 25_000 + b"oops,x\n", name="late").json()["dataset"]
    assert [column["type"] for column in late["table"]["columns"]] == ["text", "text"]
    assert late["table"]["notes"][0]["line"] == 25_002


def test_a_full_disk_is_said_and_leaves_nothing(
    client: TestClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: BlobWriter, data: bytes) -> None:
        self.abort()
        raise DiskFull("There is no room left.", "Free some space, then try again; nothing was kept.")

    monkeypatch.setattr(BlobWriter, "write", full)
    reply = upload(client, GOOD)
    assert (reply.status_code, reply.json()["code"]) == (507, "studiolo.disk_full")
    monkeypatch.undo()
    assert_nothing_was_kept(client, services)


def test_the_system_s_own_no_space_becomes_disk_full(ctx: Context) -> None:
    writer = ctx.blobs.writer()
    writer._file.close()
    writer._file = Path("/dev/full").open("wb")  # noqa: SIM115 - the writer closes it
    with pytest.raises(DiskFull) as caught:
        writer.write(b"x" * (1 << 20))
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__cause__.errno == errno.ENOSPC
    assert list(ctx.blobs.spool.iterdir()) == []


def test_a_cut_off_upload_leaves_nothing(ctx: Context) -> None:
    async def cut() -> AsyncIterator[bytes]:
        yield b"a,b\n1,2\n"
        raise ClientDisconnect

    with pytest.raises(UploadCutOff, match="after 8 bytes"):
        asyncio.run(uploads.receive(ctx, cut(), 100))
    assert list(ctx.blobs.spool.iterdir()) == []


def test_fewer_bytes_than_announced_are_refused(ctx: Context) -> None:
    async def few() -> AsyncIterator[bytes]:
        yield b"a,b\n1,2\n"

    with pytest.raises(UploadCutOff, match="100 bytes were announced, 8 came"):
        asyncio.run(uploads.receive(ctx, few(), 100))
    assert list(ctx.blobs.spool.iterdir()) == []


def test_a_file_above_the_limit_is_refused(tmp_path: Path) -> None:
    services = make_services(tmp_path / "small", upload_limit_bytes=1000)
    with make_client(services) as client:
        for data in (b"x" * 2000, iter([b"x" * 600] * 2)):  # announced, and not
            reply = upload(client, data)
            assert (reply.status_code, reply.json()["code"]) == (413, "datasets.upload_too_large")
        assert_nothing_was_kept(client, services)
    services.db.close()


@pytest.mark.parametrize(
    ("settings", "says"),
    [({"inspect_seconds": 0.01}, "took longer"), ({"inspect_memory_bytes": 300 * 2**20}, "memory")],
)
def test_an_inspection_out_of_bounds_ends(tmp_path: Path, settings: dict[str, Any], says: str) -> None:
    services = make_services(tmp_path / "bounded", **settings)
    with make_client(services) as client:
        reply = upload(client, b"a,b\n" + b"1,x\n" * 1_000_000)  # a small one finds room in what is loaded
        assert (reply.status_code, reply.json()["code"]) == (422, "datasets.inspection_failed")
        assert says in reply.json()["detail"]
        assert_nothing_was_kept(client, services)
    services.db.close()


def test_a_reader_may_look_but_not_upload(services: Services) -> None:
    with make_client(services) as owner:
        upload(owner, GOOD)
    with make_client(services, member_token(services, Role.reader)) as reader:
        assert reader.get(f"{API}/people/versions/1/preview").status_code == 200
        refused = upload(reader, GOOD, name="mine")
        assert (refused.status_code, refused.json()["code"]) == (403, "auth.denied")


def test_an_unknown_workspace_and_a_foreign_token_are_refused(client: TestClient, services: Services) -> None:
    assert client.post("/w/nowhere/api/datasets/uploads", params={"name": "x"}, content=GOOD).status_code in (403, 404)
    with make_client(services, "") as nobody:
        assert upload(nobody, GOOD).status_code == 401
    with make_client(services, "not-a-token") as stranger:
        assert upload(stranger, GOOD).status_code == 401
    assert_nothing_was_kept(client, services)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/nothing", 404, "datasets.not_found"),
        ("/nothing/versions", 404, "datasets.not_found"),
        ("/nothing/versions/1", 404, "datasets.not_found"),
        ("/nothing/versions/latest/preview", 404, "datasets.not_found"),
        ("/nothing/versions/one", 422, "datasets.bad_reference"),
        ("/nothing/versions/0/content", 422, "datasets.bad_reference"),
        ("/nothing/versions/99999999999/profile", 422, "datasets.bad_reference"),
        ("?cursor=bad", 422, "studiolo.invalid"),
    ],
)
def test_what_is_not_there_is_said(client: TestClient, path: str, status: int, code: str) -> None:
    reply = client.get(f"{API}{path}")
    assert (reply.status_code, reply.json()["code"]) == (status, code)


def test_the_sample_becomes_a_dataset(client: TestClient) -> None:
    assert client.get(f"{API}/samples").json()[0]["name"] == "titanic"
    made = client.post(f"{API}/samples/titanic")
    assert made.status_code == 201
    assert (made.json()["dataset"]["reference"], made.json()["dataset"]["rows"]) == ("titanic:1", 891)
    assert client.post(f"{API}/samples/titanic").json()["existing"]
    assert client.post(f"{API}/samples/atlantis").json()["code"] == "datasets.sample_not_found"


def test_a_dataset_can_be_described_and_removed(any_client: TestClient) -> None:
    upload(any_client, GOOD)
    changed = any_client.patch(f"{API}/people", json={"description": "new"}).json()
    assert changed["description"] == "new"
    assert any_client.delete(f"{API}/people").json()["versions"]
    assert any_client.get(f"{API}/people").status_code == 404
    assert any_client.get(f"{API}/people/versions").status_code == 404
    again = upload(any_client, GOOD).json()["dataset"]
    assert again["version"] == 2  # 1 is in the bin, and will never be something else


def test_the_list_is_paged_and_searched(any_client: TestClient) -> None:
    for name in ("alpha", "beta", "gamma"):
        upload(any_client, GOOD, name=name)
    first = any_client.get(API, params={"limit": 2}).json()
    second = any_client.get(API, params={"limit": 2, "cursor": first["next"]}).json()
    assert [item["name"] for item in first["items"] + second["items"]] == ["gamma", "beta", "alpha"]
    assert second["next"] is None
    assert [item["name"] for item in any_client.get(API, params={"search": "ET"}).json()["items"]] == ["beta"]
    assert any_client.get(API, params={"search": "%"}).json()["items"] == []


def test_uploads_at_the_same_time_get_a_version_each(any_client: TestClient) -> None:
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda i: upload(any_client, GOOD + b"%d,x\n" % i), range(8)))
    assert [reply.status_code for reply in replies] == [201] * 8
    assert sorted(reply.json()["dataset"]["version"] for reply in replies) == list(range(1, 9))


def test_what_a_killed_server_left_is_cleared(ctx: Context) -> None:
    old, new = ctx.settings.home / "work" / "old", ctx.settings.home / "work" / "new"
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "utf8.txt").write_text("x")
    os.utime(old, (0, 0))
    reconcile.tick(ctx)
    assert [path.name for path in old.parent.iterdir()] == ["new"]


def test_a_json_file_from_a_browser_is_no_json_request(tmp_path: Path) -> None:
    services = make_services(tmp_path / "small", request_limit_bytes=1000)
    with make_client(services) as client:
        reply = client.post(
            f"{API}/uploads",
            params={"filename": "rows.json"},
            content=b'{"a": 1}\n' * 1000,
            headers={"Content-Type": "application/json"},
        )
        assert reply.status_code == 201, reply.text
        assert reply.json()["dataset"]["format"] == "json_lines"
    services.db.close()


@pytest.mark.parametrize("announced", [True, False])
def test_a_connection_that_breaks_leaves_nothing(services: Services, announced: bool) -> None:
    """A real server, a client that hangs up in the middle of the body."""
    config = uvicorn.Config(build_app(services), host="127.0.0.1", port=0, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    token = owner_token(services)
    length = "Content-Length: 100000\r\n" if announced else "Transfer-Encoding: chunked\r\n"
    body = GOOD if announced else b"14\r\n" + GOOD[:20] + b"\r\n"
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(
            f"POST {API}/uploads?name=people HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n{length}\r\n".encode()
            + body
        )
        while not list((services.settings.home / "blobs" / "spool").iterdir()) and time.monotonic() < until:
            time.sleep(0.02)
    while list((services.settings.home / "blobs" / "spool").iterdir()) and time.monotonic() < until:
        time.sleep(0.02)
    server.should_exit = True
    thread.join(10)
    with make_client(services) as client:
        assert_nothing_was_kept(client, services)
