"""Looking at files before they are registered: bounded, with what the owner changes, and nothing kept."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from studiolo.kernel.context import Context
from studiolo.studio.datasets.inspections import heads, service, sources
from studiolo.studio.datasets.inspections.schemas import InspectionRequest
from studiolo.studio.datasets.reading.pieces import of_file


class Counted:
    """A file elsewhere: every byte that is read of it is counted."""

    def __init__(self, path: Path) -> None:
        self.read_bytes = 0
        self._read = of_file(path)
        self.opened = sources.Opened(path.name, path.stat().st_size, self.read)

    def read(self, start: int, end: int) -> bytes:
        data = self._read(start, end)
        self.read_bytes += len(data)
        return data


@contextmanager
def elsewhere(*files: Counted) -> Iterator[None]:
    sources.add("url", lambda ctx, source: [file.opened for file in files])
    try:
        yield
    finally:
        sources._finders.pop("url")


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


def test_it_is_quick(ctx: Context, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "1,x\n" * 1_000_000)
    file = sources.local(path, "t.csv")
    started = time.perf_counter()
    head = heads.take(file, tmp_path)
    assert head.taken <= 2 << 20
    assert time.perf_counter() - started < 2
