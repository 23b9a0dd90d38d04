"""Looking at files before they are registered: bounded, with what the owner changes, and nothing kept."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from starlette.testclient import TestClient

from studiolo.kernel.context import Context
from studiolo.kernel.errors import Invalid, StudioloError
from studiolo.studio import datasets
from studiolo.studio.datasets.children import environment
from studiolo.studio.datasets.inspections import heads, service, sources
from studiolo.studio.datasets.inspections.opened import Opened, local
from studiolo.studio.datasets.inspections.schemas import InspectionRequest
from studiolo.studio.datasets.reading import pieces
from studiolo.studio.datasets.reading.pieces import of_file
from studiolo.testing.stores import servers


class Counted:
    """A file elsewhere: every byte that is read of it is counted."""

    def __init__(self, path: Path) -> None:
        self.read_bytes = 0
        self._read = of_file(path)
        self.opened = Opened(path.name, path.stat().st_size, self.read)

    def read(self, start: int, end: int) -> bytes:
        data = self._read(start, end)
        self.read_bytes += len(data)
        return data


@contextmanager
def elsewhere(*files: Counted) -> Iterator[None]:
    with patch.object(sources, "find", lambda ctx, source: [file.opened for file in files]):
        yield


def look(ctx: Context, **reading: Any) -> Any:
    return service.inspect(ctx, InspectionRequest.model_validate({"source": {"type": "url"}, "reading": reading}))


def test_of_a_large_file_at_most_two_mebibytes_are_read(ctx: Context, tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("wb") as out:
        out.write(b"id,value,at\n")
        for start in range(0, 2_000_000, 50_000):
            out.write(b"".join(b"%d,%d,2024-01-01\n" % (i, i % 97) for i in range(start, start + 50_000)))
    file = Counted(path)
    with elsewhere(file):
        found = look(ctx)
    assert file.read_bytes <= 2 << 20
    assert found.bytes_read <= 2 << 20
    assert [column.type for column in found.columns] == ["integer", "integer", "date"]
    assert len(found.preview.rows) == 100
    assert not found.exact
    assert found.rows == pytest.approx(2_000_000, rel=0.15)
    assert found.timestamps == ["at"]
    assert not list((ctx.settings.home / "work").iterdir())


def test_a_form_of_dates_that_was_found_is_told(ctx: Context, tmp_path: Path) -> None:
    path = tmp_path / "dates.csv"
    path.write_text("a;b\n1;31.12.2026\n2;01.02.2027\n")
    with elsewhere(Counted(path)):
        found = look(ctx).columns
    assert [(one.type, one.formats) for one in found] == [("integer", []), ("date", ["%d.%m.%Y"])]
    assert found[1].examples == ["2026-12-31", "2027-02-01"]


def test_what_comes_only_further_down_counts(ctx: Context, tmp_path: Path) -> None:
    path = tmp_path / "late.csv"
    path.write_text("a,b\n" + "1,x\n" * 600_000 + "1.5,x\n" * 600_000)
    file = Counted(path)
    with elsewhere(file):
        assert [column.type for column in look(ctx).columns] == ["number", "text"]


def test_choices_are_shown_with_what_they_lose(ctx: Context, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("d,n,x\n31/01/2024,5,a\noops,six,b\n")
    choices = [
        {"name": "d", "type": "date", "formats": ["dd/MM/yyyy"], "rename": "day"},
        {"name": "n", "type": "integer"},
        {"name": "x", "include": False},
    ]
    with elsewhere(Counted(path)):
        found = look(ctx, columns=choices)
    assert [(column.name, column.type, column.include) for column in found.columns] == [
        ("day", "date", True), ("n", "integer", True), ("x", "text", False),
    ]  # fmt: skip
    assert found.preview.rows == [["2024-01-31", 5], [None, None]]
    assert [(loss.column, loss.count, loss.first[0].line, loss.first[0].value) for loss in found.losses] == [
        ("day", 1, 3, "oops"), ("n", 1, 3, "six"),
    ]  # fmt: skip
    assert found.exact


def test_of_parquet_the_footer_and_the_first_rows_are_read(ctx: Context, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    table = pa.table({"x": list(range(3_000_000)), "s": [f"text {i * 7919 % 1000003}" for i in range(3_000_000)]})
    pq.write_table(table, path, row_group_size=100_000, compression="none")
    file = Counted(path)
    with elsewhere(file):
        found = look(ctx)
    assert (found.rows, found.exact) == (3_000_000, True)
    assert found.preview.rows[1] == [1, "text 7919"]
    assert file.read_bytes < path.stat().st_size / 5


def test_a_file_that_cannot_be_cut_and_is_large_is_refused(ctx: Context, tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "t.json"
    path.write_text("[" + ",".join('{"a": 1}' for _ in range(400_000)) + "]")
    monkeypatch.setattr(heads, "MOST", 1 << 20)
    with elsewhere(Counted(path)), pytest.raises(service.inspection.InspectionFailed, match="only be read whole"):
        look(ctx)


def test_a_version_is_looked_into_again(client: TestClient) -> None:
    reply = client.post("/w/default/api/datasets/uploads?name=t&filename=t.csv", content=b"a,b\n1,x\n2,y\n")
    assert reply.status_code == 201
    body = {"source": {"type": "dataset", "dataset": "t:1"}, "reading": {"columns": [{"name": "a", "type": "text"}]}}
    found = client.post("/w/default/api/datasets/inspections", json=body).json()
    assert found["preview"]["rows"] == [["1", "x"], ["2", "y"]]
    assert found["files"] == [{"path": "t.csv", "size": 12}]
    assert "datetime" in found["columns"][1]["choices"]


def test_bad_files_and_choices_are_answered(client: TestClient) -> None:
    client.post("/w/default/api/datasets/uploads?name=t&filename=t.csv", content=b"a,b\n1,x\n2,y\n")
    body = {"source": {"type": "dataset", "dataset": "t:1"}, "reading": {"columns": [{"name": "z"}]}}
    reply = client.post("/w/default/api/datasets/inspections", json=body)
    assert (reply.status_code, reply.json()["code"]) == (422, "datasets.bad_column_choice")
    assert client.post("/w/default/api/datasets/inspections", json={"source": {"type": "url"}}).status_code == 422


def test_formats_are_listed_with_their_options(client: TestClient) -> None:
    found = {entry["name"]: entry for entry in client.get("/w/default/api/datasets/formats").json()}
    assert {"delimited", "excel", "json", "parquet"} <= set(found)
    assert "skip_rows" in found["delimited"]["options"]


@pytest.mark.parametrize(("kind", "ending"), [("texts", "txt"), ("images", "png")])
def test_files_of_each_folder_are_looked_at_where_folders_are_labels(
    ctx: Context, tmp_path: Path, kind: str, ending: str
) -> None:
    made = tmp_path / "made"
    if kind == "images":
        Image.new("RGB", (4, 4)).save(made, "png")
    else:
        made.write_text("quite a text")
    files = []
    for name in [*(f"bad/{number:02}.{ending}" for number in range(20)), f"good/1.{ending}", f"good/2.{ending}"]:
        file = Counted(made)
        file.opened = replace(file.opened, name=name)
        files.append(file)
    with elsewhere(*files):
        found = look(ctx, format=kind)
    place = next(place for place, column in enumerate(found.columns) if column.name == "label")
    assert [row[place] for row in found.preview.rows] == ["bad"] * 7 + ["good"]


def test_columns_of_paths_can_be_asked_for_of_every_format_of_single_files(client: TestClient) -> None:
    formats = {one["name"]: one["options"] for one in client.get("/w/default/api/datasets/formats").json()}
    assert {name for name, options in formats.items() if "path_column" not in options} == {"images", "delta"}


def test_no_note_says_that_what_was_heeded_was_not(ctx: Context, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n1\n")
    file = Counted(tmp_path / "a.csv")
    file.opened = replace(file.opened, name="lab/a.csv")
    with elsewhere(file):
        found = look(ctx, partition_format="{place}/*.csv", path_column="file")
    assert ([column.name for column in found.columns], found.problems) == (["x", "file", "place"], [])


def test_of_a_file_that_is_here_only_pieces_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "1,x\n" * 1_000_000)
    assert heads.take(local(path, "t.csv"), tmp_path).taken <= 2 << 20


def test_an_upload_is_looked_into_while_it_is_on_its_way(client: TestClient) -> None:
    api = "/w/default/api/datasets"
    session = client.post(f"{api}/uploads/sessions", json={"name": "d"}).json()["id"]
    body = {"source": {"type": "upload", "session": session}}
    refused = client.post(f"{api}/inspections", json=body)
    assert (refused.status_code, refused.json()["code"]) == (422, "datasets.no_files")
    files = [{"path": "a.csv", "size": 12}, {"path": "b.csv", "size": 12}]
    client.post(f"{api}/uploads/sessions/{session}/files", json={"files": files})
    content = f"{api}/uploads/sessions/{session}/content"
    client.put(content, params={"path": "a.csv", "offset": 0}, content=b"a,b\n1,x\n2,y\n")
    client.put(content, params={"path": "b.csv", "offset": 0}, content=b"a,b\n3")  # the rest is not here yet
    found = client.post(f"{api}/inspections", json=body).json()
    assert found["files"] == [{"path": "a.csv", "size": 12}]
    assert found["preview"]["rows"] == [[1, "x"], [2, "y"]]
    assert client.post(f"{api}/inspections", json={"source": {"type": "upload", "session": "x"}}).status_code == 404


@pytest.mark.parametrize("serve", [servers.ranged_http, servers.static_http])
def test_a_file_of_the_web_is_looked_into(serve: Any, ctx: Context, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "small.csv").write_text("a,b\n1,x\n2,y\n")
    (root / "large.csv").write_text("a,b\n" + "1,x\n" * 3_000_000)
    private = replace(ctx, settings=ctx.settings.model_copy(update={"fetch_private": True}))
    with serve(root, tmp_path) as port:

        def look_at(name: str, where: Context = private) -> Any:
            source = {"type": "url", "url": f"http://127.0.0.1:{port}/{name}"}
            return service.inspect(where, InspectionRequest.model_validate({"source": source}))

        assert look_at("small.csv").preview.rows == [[1, "x"], [2, "y"]]
        if serve is servers.ranged_http:
            large = look_at("large.csv")
            assert (large.size, large.exact) == (12_000_004, False)
            assert large.bytes_read <= 2 << 20
        else:
            with pytest.raises(Invalid, match="only whole"):
                look_at("large.csv")
        with pytest.raises(Invalid, match="answers 404"):
            look_at("nothing.csv")
        with pytest.raises(StudioloError, match=r"http|public"):
            look_at("small.csv", ctx)


def test_what_every_child_needs_is_loaded_before_it_is_forked() -> None:
    code = """if True:
        import os, sys, studiolo.studio.datasets.loaded
        print(*sys.modules)
        print(*(open(f"/proc/self/task/{one}/comm").read().strip() for one in os.listdir("/proc/self/task")), flush=True)
        os._exit(0)
    """
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment()
    ).stdout
    modules, threads = ran.splitlines()
    loaded = modules.split()
    lost = [name for name in threads.split() if name != "jemalloc_bg_thd"][1:]  # of PyArrow's memory, which forks know
    assert not lost, "the open engine has threads, which a fork would lose"
    folder = Path(str(datasets.__file__)).parent
    paths = [path.relative_to(folder).with_suffix("").parts for path in folder.rglob("*process.py")]
    children = {".".join((datasets.__name__, *parts)) for parts in paths}
    assert len(children) >= 9
    assert children <= set(loaded)


def test_the_pieces_of_a_text_elsewhere_are_asked_for_at_the_same_time(tmp_path: Path) -> None:
    line = b"1,2,3\n"
    size = len(line) * 1_000_000
    together = Barrier(1 + len(pieces.PLACES), timeout=20)  # broken when one waits for another

    def read(start: int, end: int) -> bytes:
        together.wait()
        return (line * (end // len(line) + 2 - start // len(line)))[start % len(line) :][: end - start]

    head = heads.take(Opened("far.csv", size, read), tmp_path)
    assert len(head.further) == len(pieces.PLACES)
    assert head.taken == heads.HEAD + len(pieces.PLACES) * heads.FURTHER <= 2 << 20
    assert all(set(path.read_bytes().split()) == {line.strip()} for path in [head.path, *head.further])
