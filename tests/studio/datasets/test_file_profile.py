"""Profiles of files as they are: sizes, kinds by content, repeats, damaged images, texts; the job and the routes."""

import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from studiolo.kernel.context import Context
from studiolo.studio.datasets import reconcile, service
from studiolo.studio.datasets.file_profile import look as looking
from studiolo.studio.datasets.file_profile.look import Listed, look
from studiolo.studio.datasets.reading import encoding
from studiolo.studio.experiments import artifacts
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.tables import runs
from tests.studio.datasets.many import a_version
from tests.studio.datasets.test_images import picture

FILES = {
    "a/1.png": picture(),
    "a/2.jpg": picture(400, 300, "JPEG"),
    "a/copy.png": picture(),
    "b/cut.jpg": picture(400, 300, "JPEG")[:1200],
    "b/really.jpg": picture(50, 20, "PNG", mode="L"),
    "notes/ü.txt": "ein\nGrüße\n".encode(),
    "notes/latin.txt": "Fünf große Jäger und ein Müller gehen über die Straße nach Köln\n".encode("cp1252"),
    "notes/none.txt": b"",
    "page.json": b'{"a": 1}',
    "noise": bytes(range(256)) * 10,
}


def test_files_are_described(tmp_path: Path) -> None:
    listed = []
    for place, (name, data) in enumerate(FILES.items()):
        (tmp_path / str(place)).write_bytes(data)
        listed.append(Listed(name, len(data), tmp_path / str(place), str(hash(data))))
    found = look(listed)
    assert (found.files, found.bytes, found.empty, found.first_empty) == (
        10,
        sum(map(len, FILES.values())),
        1,
        ["notes/none.txt"],
    )
    assert {group.name: group.files for group in found.kinds} == {
        "png": 3, "jpeg": 2, "text": 2, "empty": 1, "json": 1, "binary": 1,
    }  # fmt: skip
    assert {group.name: group.files for group in found.endings} == {
        ".png": 2,
        ".jpg": 3,
        ".txt": 3,
        ".json": 1,
        "none": 1,
    }
    assert [(file.path, file.note) for file in found.first_misnamed] == [("b/really.jpg", "its bytes are png")]
    assert (found.repeated, found.repeated_bytes) == (1, len(FILES["a/1.png"]))
    assert found.first_repeated[0].paths == ["a/1.png", "a/copy.png"]
    assert found.largest[0].path == max(FILES, key=lambda name: len(FILES[name]))
    assert [size.files for size in found.sizes if size.low == 0] == [1]
    assert found.images
    assert (found.images.files, found.images.damaged, found.images.modes) == (5, 1, {"RGB": 4, "L": 1})
    assert found.images.width
    assert (found.images.width.low, found.images.width.median, found.images.width.high) == (40, 50, 400)
    assert found.texts
    assert found.texts.encodings.pop("utf-8") == found.texts.encodings.pop("ascii") == 1
    assert next(iter(found.texts.encodings)).startswith("cp125")
    assert found.texts.lines
    assert (found.texts.lines.low, found.texts.lines.high) == (1, 2)


def test_a_text_in_no_encoding_is_counted_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = "Grüße\n" * 1_000
    files = {
        "odd.txt": b"a line of text\n" * 400 + bytes(range(128, 256)) * 200,
        "good.txt": good.encode(),
        "cut.txt": ("x" + "ü" * 10_000 + "\n").encode() + bytes(range(256)) * 100,  # only its beginning is read
    }
    listed = []
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
        listed.append(Listed(name, len(data), tmp_path / name))
    monkeypatch.setattr(looking, "READ", 10_000)
    monkeypatch.setattr(encoding, "_guess", lambda _: None)  # nothing fits
    found = look(listed).texts
    assert found
    assert found.encodings == {"utf-8": 2, "unknown": 1}
    assert found.lines
    assert (found.lines.low, found.lines.high) == (1_000, 1_000), "only of what was read whole and understood"


def test_the_encoding_of_a_piece_is_that_of_its_text() -> None:
    text = "Fünf große Jäger und ein Müller gehen über die Straße nach Köln\n" * 20
    assert encoding.detect_piece(text.encode()[:-1], cut=True) == "utf-8"
    assert encoding.detect_piece("ü".encode()[:1], cut=True) == "utf-8", "the rest of the letter comes later"
    assert encoding.detect_piece(text.encode("utf-16"), cut=False) == "utf-16"
    assert encoding.detect_piece(text.encode("utf-16-le"), cut=False) == "utf-16-le"
    assert (encoding.detect_piece(text.encode("cp1252"), cut=False) or "").startswith("cp125")


def test_files_that_are_elsewhere_are_known_by_name_and_size() -> None:
    found = look([Listed("a.csv", 5_000, None), Listed("b.csv", 0, None)])
    assert (found.kinds, found.images, found.texts) == ([], None, None)
    assert "stay in their datastore" in found.notes[0]
    assert [group.name for group in found.endings] == [".csv"]


def test_many_images_are_looked_at_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "LOOKED", 3)
    (tmp_path / "a.png").write_bytes(picture())
    found = look([Listed(f"{place}.png", 99, tmp_path / "a.png") for place in range(20)])
    assert found.images
    assert (found.images.files, found.images.looked) == (20, 3)


def test_the_job_makes_a_profile_that_the_version_keeps(any_ctx: Context, tmp_path: Path) -> None:
    ctx = any_ctx
    a_version(ctx, FILES)
    assert service.get(ctx, "many").profile.state == "none"
    assert service.profile_again(ctx, "many", None).profile.state == "queued"
    with ctx.db.read() as tx:
        run_id = str(tx.execute(select(runs.c.id).where(runs.c.kind == "profile")).scalar_one())
    spec = experiments.spec(ctx, run_id)
    assert spec is not None
    inputs, outputs = tmp_path / "in", tmp_path / "out"
    outputs.mkdir()
    from studiolo.runner.inputs import place

    given = spec.inputs["data"][0]
    order = {"blobs": str(ctx.settings.home / "blobs"), "manifests": [
        {"manifest": given.digest, "into": str(inputs / "data" / given.path), "listing": str(inputs / "data" / "files.json")}
    ]}  # fmt: skip
    place(order, lambda: True)
    told = {"STUDIOLO_INPUTS": str(inputs), "STUDIOLO_OUTPUTS": str(outputs), "STUDIOLO_JOURNAL": str(tmp_path / "j")}
    command = [sys.executable, *spec.command[1:]]
    subprocess.run(command, cwd=tmp_path, env={**os.environ, **told}, check=True, capture_output=True)
    data = (outputs / "profile.json").read_bytes()
    assert orjson.loads(data)["repeated"] == 1
    with ctx.db.begin() as tx:
        artifacts.put(tx, ctx, run_id, "profile.json", ctx.blobs.put(data))
        tx.execute(update(runs).where(runs.c.id == run_id).values(state="Completed"))
    reconcile.tick(ctx)
    assert service.get(ctx, "many").profile.state == "ready"


def test_a_profile_is_there_or_says_that_it_is_not(ctx: Context, client: TestClient) -> None:
    a_version(ctx, FILES)
    where = "/w/default/api/datasets/many/versions/1"
    missing = client.get(f"{where}/files/profile")
    assert (missing.status_code, missing.json()["state"]) == (409, "none")
    assert client.post(f"{where}/profile", json={"exact": True}).json()["code"] == "datasets.not_a_table"
    assert client.post(f"{where}/profile").status_code == 202
    assert client.get(f"{where}/files/profile").json()["state"] == "queued"
    assert client.get(f"{where}/profile").json()["code"] == "datasets.not_a_table"
    service.create_sample(ctx, "titanic")
    assert client.get("/w/default/api/datasets/titanic/versions/1/files/profile").status_code == 422
