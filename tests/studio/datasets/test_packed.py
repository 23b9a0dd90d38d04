"""Many small files in one request: all of a tar are taken, or none, and only what was announced."""

import io
import tarfile
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from studiolo.kernel.context import Context
from studiolo.sdk.studio import Studio
from studiolo.studio.datasets import packed, uploading
from studiolo.studio.datasets.registration_schemas import UploadFile, UploadSessionCreate

WHERE = "/w/default/api/datasets/uploads/sessions"


def begun(ctx: Context, **sizes: int) -> str:
    session = uploading.create(ctx, UploadSessionCreate(name="many", kind="file")).id
    files = [UploadFile(path=path.replace("__", "/"), size=size) for path, size in sizes.items()]
    uploading.announce(ctx, session, files)
    return session


def tar(*files: tuple[str, bytes], kind: bytes = tarfile.REGTYPE) -> bytes:
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w", format=tarfile.PAX_FORMAT) as made:
        for path, content in files:
            about = tarfile.TarInfo(path)
            about.type = kind
            about.size = len(content)
            made.addfile(about, io.BytesIO(content))
    return body.getvalue()


def send(client: TestClient, session: str, body: bytes) -> Any:
    return client.post(f"{WHERE}/{session}/contents", content=body)


def whole(ctx: Context, session: str) -> dict[str, bool]:
    return {state.path: state.complete for state in uploading.files(ctx, session).items}


def test_all_files_of_a_tar_are_there_and_may_be_sent_again(any_client: TestClient, any_ctx: Context) -> None:
    session = begun(any_ctx, a=3, b__c=0, later=5)
    body = tar(("a", b"one"), ("b/c", b""))
    for _ in range(2):
        answer = send(any_client, session, body)
        assert answer.status_code == 200, answer.text
        assert [(one["path"], one["complete"]) for one in answer.json()] == [("a", True), ("b/c", True)]
    assert whole(any_ctx, session) == {"a": True, "b/c": True, "later": False}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (tar(("a", b"one"), ("x", b"1")), "'x' was not announced"),
        (tar(("b", b"two"), ("a", b"four")), "'a' has 4 bytes, and was announced with 3"),
        (tar(("b", b"two"), ("../a", b"one")), "a"),
        (tar(("a", b"one"), ("a", b"one")), "twice"),
        (tar(("a", b""), kind=tarfile.SYMTYPE), "no plain file"),
        (tar(("a", b""), kind=tarfile.FIFOTYPE), "no plain file"),
        (tar(("b", b"two"), ("a", b"one"))[:1537], "a"),
        (b"this is no tar" * 100, "cannot be read as a tar"),
    ],
)
def test_a_bad_tar_is_refused_and_nothing_of_it_is_taken(
    client: TestClient, ctx: Context, body: bytes, said: str
) -> None:
    session = begun(ctx, a=3, b=3)
    answer = send(client, session, body)
    assert answer.status_code == 422, answer.text
    assert said in answer.json()["detail"]
    assert whole(ctx, session) == {"a": False, "b": False}


def test_an_upload_that_is_not_there_is_said_before_the_tar_is_read(client: TestClient) -> None:
    assert send(client, "0" * 32, b"this is no tar").status_code == 404


def test_names_are_utf8_also_in_a_header_without_pax(client: TestClient, ctx: Context, monkeypatch: Any) -> None:
    monkeypatch.setattr(tarfile, "ENCODING", "latin-1")  # of a server whose system says so
    session = begun(ctx, **{"день.csv": 3})
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w", format=tarfile.USTAR_FORMAT, encoding="utf-8") as made:
        about = tarfile.TarInfo("день.csv")
        about.size = 3
        made.addfile(about, io.BytesIO(b"one"))
    assert send(client, session, body.getvalue()).status_code == 200
    assert whole(ctx, session) == {"день.csv": True}


def test_a_tar_that_is_too_large_is_refused(client: TestClient, ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    session = begun(ctx, a=3)
    monkeypatch.setattr(packed, "MOST_BYTES", 2000)
    assert send(client, session, tar(("a", b"one"))).status_code == 413
    monkeypatch.undo()
    monkeypatch.setattr(packed, "MOST_FILES", 0)
    assert send(client, session, tar(("a", b"one"))).status_code == 422
    assert whole(ctx, session) == {"a": False}


def test_the_sdk_packs_small_files_and_sends_large_ones_alone(
    studio: Studio, ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    names = [*(f"{n}.txt" for n in range(20)), "ü", "日本", "x" * 200]
    for name in names:
        (folder / name).write_text(name)
    (folder / "large.bin").write_bytes(b"z" * (600 << 10))
    asked: list[tuple[str, str]] = []
    upload = type(studio.datasets._transport).upload

    def spy(self: Any, method: str, path: str, /, *rest: Any, **more: Any) -> Any:
        asked.append((method, path.rpartition("/")[2]))
        return upload(self, method, path, *rest, **more)

    monkeypatch.setattr(type(studio.datasets._transport), "upload", spy)
    made = studio.datasets.send(folder, "many", kind="file")
    assert asked == [("POST", "contents"), ("PUT", "content")]
    assert made.name == "many"
