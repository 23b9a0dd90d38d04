"""Uploads of many files that can be gone on with: offsets, cut lines, restarts, names, and what happens when they are complete."""

import asyncio
import io
import os
import tarfile
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from blake3 import blake3
from starlette.requests import ClientDisconnect
from starlette.testclient import TestClient
from typer.testing import Result

from studiolo.kernel.auth.request import Services
from studiolo.kernel.clock import FakeClock
from studiolo.kernel.context import Context
from studiolo.kernel.storage.blobs import LocalBlobStore
from studiolo.sdk.studio import Studio
from studiolo.studio.datasets import service, uploading
from studiolo.studio.datasets.appending import Appending
from studiolo.studio.datasets.errors import (
    FilesNotRead,
    UploadCutOff,
    UploadIncomplete,
    UploadOffset,
    UploadSessionNotFound,
)
from studiolo.studio.datasets.registration_schemas import UploadFile, UploadSessionCreate
from studiolo.studio.datasets.registrations import orders
from studiolo.studio.experiments import sweeping
from studiolo.testing.client import make_client
from studiolo.testing.context import context_in
from tests.studio.datasets.registering import finish

API = "/w/default/api/datasets/uploads/sessions"


def begin(client: TestClient, **about: Any) -> str:
    reply = client.post(API, json={"name": "d", "kind": "file"} | about)
    assert reply.status_code == 201, reply.text
    return str(reply.json()["id"])


def announce(client: TestClient, session: str, **files: int) -> Any:
    body = [{"path": path, "size": size} for path, size in files.items()]
    return client.post(f"{API}/{session}/files", json={"files": body})


def put(client: TestClient, session: str, path: str, data: bytes, offset: int = 0) -> Any:
    return client.put(f"{API}/{session}/content", params={"path": path, "offset": offset}, content=data)


def test_files_are_sent_in_pieces_and_become_a_version(
    any_client: TestClient, any_ctx: Context, tmp_path: Path
) -> None:
    client, ctx = any_client, any_ctx
    session = begin(client, tags={"a": "b"})
    big = bytes(range(256)) * 4000
    body = [
        {"path": "ordner/groß.bin", "size": len(big)},
        {"path": "leer", "size": 0},
        {"path": "klein.txt", "size": 5},
    ]
    told = client.post(f"{API}/{session}/files", json={"files": body}).json()
    assert [(file["received"], file["complete"]) for file in told] == [(0, False), (0, False), (0, False)]
    assert put(client, session, "klein.txt", b"small").json()["complete"]
    assert put(client, session, "leer", b"").json()["complete"]
    half = len(big) // 2
    assert put(client, session, "ordner/groß.bin", big[:half]).json() == {
        "path": "ordner/groß.bin", "size": len(big), "received": half, "complete": False
    }  # fmt: skip
    wrong = put(client, session, "ordner/groß.bin", big[:10])
    assert (wrong.status_code, wrong.json()["code"], wrong.json()["received"]) == (409, UploadOffset.code, half)
    early = client.post(f"{API}/{session}/complete")
    assert (early.json()["code"], early.json()["missing"]) == (UploadIncomplete.code, ["ordner/groß.bin"])
    pending = client.get(f"{API}/{session}/files", params={"pending": True}).json()["items"]
    assert [(file["path"], file["received"]) for file in pending] == [("ordner/groß.bin", half)]
    assert put(client, session, "ordner/groß.bin", big[half:], half).json()["complete"]
    now = client.get(f"{API}/{session}").json()
    assert (now["files"], now["files_complete"], now["bytes"], now["bytes_received"]) == (
        3,
        3,
        len(big) + 5,
        len(big) + 5,
    )
    reply = client.post(f"{API}/{session}/complete")
    assert reply.status_code == 202, reply.text
    assert client.post(f"{API}/{session}/complete").json()["run_id"] == reply.json()["run_id"]  # twice is once
    assert put(client, session, "klein.txt", b"small").json()["code"] == "datasets.upload_not_open"
    done = finish(ctx, orders.get(ctx, reply.json()["run_id"]), tmp_path)
    made = service.get(ctx, "d", done.version)
    assert [(file.path, file.size) for file in made.files] == [
        ("klein.txt", 5),
        ("leer", 0),
        ("ordner/groß.bin", len(big)),
    ]
    assert ctx.blobs.path(str(made.files[2].digest)).read_bytes() == big
    assert made.tags == {"a": "b"}
    assert client.get(f"{API}/{session}").json()["state"] == "done"


def test_a_cut_line_and_a_new_server_lose_nothing(services: Services, ctx: Context) -> None:
    session = uploading.create(ctx, UploadSessionCreate(name="d", kind="file")).id
    uploading.announce(ctx, session, [UploadFile(path="a.bin", size=3_000_000)])

    async def cut() -> AsyncIterator[bytes]:
        yield b"x" * 1_500_000
        raise ClientDisconnect

    with pytest.raises(UploadCutOff, match="1,500,000"):
        asyncio.run(uploading.receive(ctx, session, "a.bin", 0, cut(), None))
    restarted = context_in(
        Services(services.db, services.settings, LocalBlobStore(services.settings.home / "blobs"), services.clock)
    )
    [state] = uploading.announce(restarted, session, [UploadFile(path="a.bin", size=3_000_000)])
    assert (state.received, state.complete) == (1_500_000, False)
    [listed] = uploading.list_sessions(restarted)
    assert (listed.id, listed.state) == (session, "open")
    with make_client(services) as client:
        assert put(client, session, "a.bin", b"y" * 1_500_000, 1_500_000).json()["complete"]


def test_more_than_was_announced_is_refused_and_a_new_size_begins_anew(client: TestClient) -> None:
    session = begin(client)
    announce(client, session, a=10)
    too_much = put(client, session, "a", b"x" * 11)
    assert (too_much.status_code, too_much.json()["code"]) == (413, "datasets.upload_too_large")
    put(client, session, "a", b"12345")
    assert announce(client, session, a=10).json()[0]["received"] == 5
    assert announce(client, session, a=7).json()[0]["received"] == 0
    assert put(client, session, "a", b"1234567").json()["complete"]
    assert put(client, session, "b", b"x").json()["field"] == "path"  # never announced
    assert client.delete(f"{API}/{session}/files", params={"path": "a"}).status_code == 204
    assert client.post(f"{API}/{session}/complete").json()["code"] == "datasets.no_files"


def test_bytes_that_are_here_are_not_sent_again(client: TestClient, ctx: Context) -> None:
    session = begin(client)
    digest = ctx.blobs.put(b"known").digest
    body = [
        {"path": "known", "size": 5, "digest": digest},
        {"path": "lie", "size": 6, "digest": digest},
        {"path": "new", "size": 3, "digest": blake3(b"new").hexdigest()},
    ]
    told = client.post(f"{API}/{session}/files", json={"files": body}).json()
    assert [file["complete"] for file in told] == [True, False, False]


def test_other_bytes_of_the_same_size_begin_anew(ctx: Context) -> None:
    session = uploading.create(ctx, UploadSessionCreate(name="edited", kind="file")).id
    digest = ctx.blobs.put(b"first").digest
    for asked, complete in ((digest, True), (None, True), (blake3(b"other").hexdigest(), False)):
        [state] = uploading.announce(ctx, session, [UploadFile(path="a", size=5, digest=asked)])
        assert (state.complete, state.received) == (complete, 5 if complete else 0)


@pytest.mark.parametrize("marked", ["mark", "digest"])
def test_a_file_that_changed_half_way_begins_anew(client: TestClient, marked: str) -> None:
    session = begin(client)
    body = {"path": "big", "size": 10, marked: "1" * 64}
    for asked, received in ((body, 0), (body, 6), ({"path": "big", "size": 10}, 6), ({**body, marked: "2" * 64}, 0)):
        [state] = client.post(f"{API}/{session}/files", json={"files": [asked]}).json()
        assert state["received"] == received, asked
        if asked is body and not received:
            assert put(client, session, "big", b"before").json()["received"] == 6
    assert put(client, session, "big", b"afterwards").json()["complete"]


@pytest.mark.parametrize("path", ["../x", "/x", "a\nb", "a\\b", "a//b", "x" * 1025, "", "a/./b"])
def test_names_are_judged_before_any_is_added(client: TestClient, path: str) -> None:
    session = begin(client)
    reply = client.post(
        f"{API}/{session}/files", json={"files": [{"path": "ok", "size": 1}, {"path": path, "size": 1}]}
    )
    assert reply.status_code == 422
    assert client.get(f"{API}/{session}").json()["files"] == 0


def test_two_spellings_of_one_name_are_one_name(client: TestClient) -> None:
    session = begin(client)
    body = {"files": [{"path": "é", "size": 1}, {"path": "e\u0301", "size": 1}]}
    assert client.post(f"{API}/{session}/files", json=body).json()["field"] == "files"


def test_what_it_becomes_may_be_said_at_the_end(client: TestClient, ctx: Context, tmp_path: Path) -> None:
    session = str(client.post(API, json={}).json()["id"])
    announce(client, session, **{"t.csv": 8})
    put(client, session, "t.csv", b"a,b\n1,2\n")
    bad = client.post(f"{API}/{session}/complete", json={"name": "../x"})
    assert (bad.status_code, bad.json()["field"]) == (422, "name")
    body = {"name": "late", "kind": "tabular", "tags": {"a": "b"}, "reading": {"header": True}}
    run = client.post(f"{API}/{session}/complete", json=body).json()["run_id"]
    assert finish(ctx, orders.get(ctx, run), tmp_path).state == "done"
    made = service.get(ctx, "late")
    assert (made.tags, made.rows) == ({"a": "b"}, 1)


def test_a_failed_registration_leaves_the_session_open(client: TestClient, ctx: Context, tmp_path: Path) -> None:
    session = begin(client, kind="tabular", name="t")
    announce(client, session, **{"t.csv": 8})
    put(client, session, "t.csv", b"a,b\n1\n2\n")
    run = client.post(f"{API}/{session}/complete").json()["run_id"]
    failed = finish(ctx, orders.get(ctx, run), tmp_path)
    assert (failed.state, failed.upload_id) == ("failed", session)
    assert client.get(f"{API}/{session}").json()["state"] == "open"
    announce(client, session, **{"t.csv": 9})
    put(client, session, "t.csv", b"a,b\n1,2\n\n")
    again = finish(ctx, orders.get(ctx, client.post(f"{API}/{session}/complete").json()["run_id"]), tmp_path)
    assert (again.state, again.version) == ("done", 1)


def test_sessions_that_nobody_goes_on_with_are_swept_and_others_keep_their_bytes(services: Services) -> None:
    clock = FakeClock()
    ctx = context_in(Services(services.db, services.settings, services.blobs, clock))
    old = uploading.create(ctx, UploadSessionCreate(name="old")).id
    clock.advance(71 * 3600)
    young = uploading.create(ctx, UploadSessionCreate(name="young")).id
    digest = ctx.blobs.put(b"kept").digest
    uploading.announce(ctx, young, [UploadFile(path="a", size=4, digest=digest)])
    clock.advance(2 * 3600)
    assert uploading.sweep(ctx) == 1
    with pytest.raises(UploadSessionNotFound):
        uploading.get(ctx, old)
    assert [path.name for path in (services.settings.home / "uploads").iterdir()] == [young]
    clock.advance(timedelta(days=2).total_seconds())
    os.utime(ctx.blobs.path(digest), (0, 0))
    listed = sweeping.named_in_json(ctx)
    assert sweeping.sweep(ctx, digest[:2], listed).files == 0
    assert ctx.blobs.exists(digest)
    uploading.cancel(ctx, young)
    assert sweeping.sweep(ctx, digest[:2], listed).files == 1


def test_one_writer_at_a_time(ctx: Context) -> None:
    session = uploading.create(ctx, UploadSessionCreate(name="d")).id
    uploading.announce(ctx, session, [UploadFile(path="a", size=100)])
    part = uploading.part(ctx, session, "a")
    first, second = Appending(part, "a", 0, 100), Appending(part, "a", 0, 100)
    first.begin()
    first.write(b"x" * 10)
    with pytest.raises(UploadOffset):
        second.begin()
    assert first.end() == 10


def test_the_sdk_and_the_command_line_send_a_folder(
    studio: Studio, ctx: Context, cli: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "pictures"
    for path in ("a/1.png", "a/2.png", "b.txt"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(path.encode() * 10)
    (folder / "a/loop").symlink_to(folder)
    (folder / "a/self").symlink_to("self")
    (folder / "gone").symlink_to("nowhere")
    told: list[str] = []
    sent = studio.datasets.send(folder, kind="file", warn=told.append)
    for what in ("loop (leads back)", "self (leads to itself)", "gone (leads nowhere)"):
        assert what in told[0]
    with pytest.warns(UserWarning, match="Left out"):
        studio.datasets.send(folder, kind="file")
    assert (sent.name, sent.state) == ("pictures", "queued")
    done = finish(ctx, sent, tmp_path / "one")
    assert [file.path for file in service.get(ctx, "pictures", done.version).files] == ["a/1.png", "a/2.png", "b.txt"]
    (folder / "new.txt").write_bytes(b"new")
    sent_names: list[str] = []
    plain = studio.datasets._transport.upload

    def spy(method: str, path: str, chunks: list[bytes], /, **rest: Any) -> Any:
        with tarfile.open(fileobj=io.BytesIO(chunks[0])) as packed:
            sent_names.extend(packed.getnames())
        return plain(method, path, chunks, **rest)

    monkeypatch.setattr(studio.datasets._transport, "upload", spy)
    again = studio.datasets.send(folder, kind="file", warn=told.append)
    assert sent_names == ["new.txt"]
    assert finish(ctx, again, tmp_path / "two").version == 2
    said = cli("datasets", "create", str(folder), "--name", "cmd", "--kind", "file", "--no-wait", "-o", "json")
    assert said.exit_code == 0, said.output
    assert '"state": "queued"' in said.stdout
    assert cli("datasets", "registrations").exit_code == 0


def test_create_takes_a_folder_as_the_command_does(studio: Studio, ctx: Context, tmp_path: Path) -> None:
    folder = tmp_path / "sales"
    folder.mkdir()
    for month in ("01", "02"):
        (folder / f"{month}.csv").write_text("n;x\n1;2\n")
    with ThreadPoolExecutor(1) as pool:
        making = pool.submit(studio.datasets.create, folder, delimiter=";")
        until = time.monotonic() + 30
        while not (sent := studio.datasets.registrations()) and time.monotonic() < until:
            time.sleep(0.02)
        finish(ctx, sent[0], tmp_path)
        made = making.result(30)
    assert (made.reference, made.rows, made.file_count) == ("sales:1", 2, 2)


def test_what_may_not_be_read_is_named_with_the_reason(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as place:  # not pytest's, which only its owner may enter
        Path(place).chmod(0o777)
        monkeypatch.setenv("STUDIOLO_HOME", f"{place}/home")
        folder = Path(place) / "sent"
        folder.mkdir()
        (folder / "open.txt").write_text("a")
        (folder / "shut.txt").write_text("b")
        (folder / "shut.txt").chmod(0)
        (folder / "folder").mkdir()
        (folder / "folder/c.txt").write_text("c")
        (folder / "folder").chmod(0o744)  # names may be read, files not be reached
        was = os.geteuid()
        try:
            if was == 0:  # who may read everything
                os.seteuid(65534)
            else:
                (folder / "folder").chmod(0o444)
            with pytest.raises(FilesNotRead, match=r"folder/c\.txt: Permission denied"):
                studio.datasets.send(folder, kind="file")
            with pytest.raises(FilesNotRead, match=r"1 file cannot be read: .*shut\.txt: Permission denied\."):
                studio.datasets.send([folder / "open.txt", folder / "shut.txt"], "two", kind="file")
        finally:
            os.seteuid(was)
            (folder / "folder").chmod(0o755)
    assert studio.datasets.uploads() == [], "nothing half-made stays"
