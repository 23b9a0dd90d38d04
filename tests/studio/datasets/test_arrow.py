"""Arrow files and streams, Feather."""

from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import feather

from studiolo.studio.datasets import errors, looking, table_file
from studiolo.studio.datasets.formats.base import Inspected, Source
from studiolo.studio.datasets.table_file import TableInput

TABLE = pa.table(
    {
        "n": pa.array([1, 2**60, None], pa.int64()),
        "kind": pa.array(["a", "b", "a"]).dictionary_encode(),
        "view": pa.array(["x", None, "y"], pa.string_view()),
        "took": pa.array([1, 2, None], pa.duration("s")),
        "nested": [{"x": 1}, None, {"x": 2}],
    }
)


def look(path: Path, tmp_path: Path) -> Inspected:
    work = tmp_path / "work"
    work.mkdir()
    return looking.inspect(Source(path, path.name, work))


@pytest.mark.parametrize("kind", ["file", "stream", "feather", "compressed"])
def test_every_kind_is_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / ("t.arrows" if kind == "stream" else "t.feather")
    if kind in ("feather", "compressed"):
        feather.write_feather(TABLE, path, compression="zstd" if kind == "compressed" else "uncompressed")
    else:
        opener = pa.ipc.new_file if kind == "file" else pa.ipc.new_stream
        with path.open("wb") as stream, opener(stream, TABLE.schema) as writer:
            writer.write_table(TABLE, max_chunksize=2)
    found = look(path, tmp_path)
    assert (found.schema.format, found.schema.rows) == ("arrow", 3)
    assert [column.type for column in found.schema.columns] == ["integer", "text", "text", "text", "json"]
    assert found.readable is not None
    shown = table_file.preview(TableInput.of(found.readable, found.schema), 2, tmp_path)
    assert shown.rows[1][:3] == [str(2**60), "b", None]
    assert shown.rows[0][4] == '{"x":1}'


def test_a_cut_off_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.feather"
    feather.write_feather(TABLE, path)
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(errors.DamagedFile, match="Arrow file cannot be read"):
        look(path, tmp_path)


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.arrow"
    with path.open("wb") as stream, pa.ipc.new_file(stream, TABLE.schema):
        pass
    with pytest.raises(errors.HeaderOnly):
        look(path, tmp_path)
