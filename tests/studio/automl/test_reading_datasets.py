"""AutoML reads a dataset as its schema says, whatever the file looks like."""

from pathlib import Path

import pyarrow as pa
import pytest

from studiolo.kernel.context import Context
from studiolo.studio.automl.jobs import read_input
from studiolo.studio.automl.reading import as_numbers, read
from studiolo.studio.datasets import service
from studiolo.studio.datasets.errors import SplitNotFound
from studiolo.studio.datasets.rows import service as rows
from studiolo.studio.datasets.rows.schemas import SplitCreate
from studiolo.studio.datasets.schemas import DatasetCreate


def input_folder(ctx: Context, folder: Path, data: bytes, filename: str) -> Path:
    writer = ctx.blobs.writer()
    writer.write(data)
    made = service.create(ctx, service.check(DatasetCreate(name="t", filename=filename)), writer).dataset
    for file in service.as_input(ctx, made):
        ctx.blobs.link(file.digest, folder / file.path)
    return folder


def test_a_part_of_a_split_is_read_as_the_stream_gives_it(ctx: Context, tmp_path: Path) -> None:
    lines = "".join(f"{i},{'ab'[i % 2]}\n" for i in range(3000))
    data = input_folder(ctx, tmp_path / "data", f"i,s\n{lines}".encode(), "t.csv")
    spec = SplitCreate(name="mine", method="stratified", column="s", shares={"train": 0.7, "test": 0.3})
    rows.create_split(ctx, "t", 1, spec)
    for part in ("mine.train", "mine.test"):
        for file in service.part_inputs(ctx, "t", 1, part)["split"]:
            (tmp_path / "split" / file.path).unlink(missing_ok=True)
            ctx.blobs.link(file.digest, tmp_path / "split" / file.path)
        pieces = b"".join(rows.arrow(ctx, "t", 1, split=part))
        wanted = pa.ipc.open_stream(pieces).read_all()["i"].to_pylist()
        assert read_input(data).columns["i"].to_pylist() == wanted
    with pytest.raises(SplitNotFound):
        service.part_inputs(ctx, "t", 1, "train")
    assert service.part_inputs(ctx, "t", 1, "") == {}


def test_a_semicolon_file_in_utf16_with_decimal_commas(ctx: Context, tmp_path: Path) -> None:
    data = "ort;wert;tag\nKöln;1,5;2024-01-31\nGenève;NA;2024-02-01\n".encode("utf-16")
    table = read(input_folder(ctx, tmp_path / "in", data, "t.csv"))
    assert table.rows == 2
    assert table.columns["ort"].to_pylist() == ["Köln", "Genève"]
    assert table.columns["wert"].to_pylist() == [1.5, None]
    assert str(table.columns["tag"].type) == "timestamp[us]"


def test_json_lines(ctx: Context, tmp_path: Path) -> None:
    table = read(input_folder(ctx, tmp_path / "in", b'{"a": 1, "ok": true}\n{"a": null, "ok": false}\n', "t.jsonl"))
    numbers = as_numbers(table.columns["a"])
    assert numbers is not None
    assert numbers[0] == 1.0
    assert table.columns["ok"].to_pylist() == [True, False]


def test_rows_keep_the_order_of_the_file(ctx: Context, tmp_path: Path) -> None:
    lines = "".join(f"{i},{'x' * 50}\n" for i in range(200_000))
    table = read(input_folder(ctx, tmp_path / "in", f"i,s\n{lines}".encode(), "t.csv"))
    assert table.columns["i"].to_pylist() == list(range(200_000))
