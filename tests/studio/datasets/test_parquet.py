"""Parquet: types of its own, read from the footer alone."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from studiolo.studio.datasets import errors, looking, table_file
from studiolo.studio.datasets.formats.base import Inspected, Source
from studiolo.studio.datasets.table_file import TableInput


def look(path: Path) -> Inspected:
    return looking.inspect(Source(path, path.name, path.parent))


def test_types_become_ours(tmp_path: Path) -> None:
    from datetime import UTC, date, datetime
    from decimal import Decimal

    path = tmp_path / "t.parquet"
    moment = datetime(2024, 1, 31, 10, tzinfo=UTC)
    table = pa.table(
        {
            "small": pa.array([1, None], pa.int8()),
            "wide": pa.array([2**63, 1], pa.uint64()),
            "money": pa.array([Decimal("1.25"), None], pa.decimal128(10, 2)),
            "ok": [True, None],
            "day": [date(2024, 1, 31), None],
            "at": pa.array([moment, None], pa.timestamp("us", "UTC")),
            "level": pa.array(["a", "b"]).dictionary_encode(),
            "nested": [{"x": 1}, None],
            "many": [[1, 2], None],
            "raw": [b"\xff", None],
        }
    )
    pq.write_table(table, path)
    found = look(path)
    assert [column.type for column in found.schema.columns] == [
        "integer", "decimal", "decimal", "boolean", "date", "datetime", "text", "json", "json", "binary",
    ]  # fmt: skip
    shown = table_file.preview(TableInput.of(path, found.schema), 1, tmp_path)
    assert shown.rows == [
        [1, str(2**63), "1.25", True, "2024-01-31", "2024-01-31T10:00:00", "a", '{"x":1}', "[1,2]", "ff"]
    ]
    assert table_file.to_pandas(TableInput.of(path, found.schema))["money"].tolist()[0] == Decimal("1.25")


def test_infinity_and_nan_can_be_shown(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"x": [float("nan"), float("inf"), -float("inf")]}), path)
    assert table_file.preview(TableInput.of(path, look(path).schema), 5, tmp_path).rows == [[None], ["inf"], ["-inf"]]


def test_every_arrow_type_can_be_read(tmp_path: Path) -> None:
    from datetime import time, timedelta

    path = tmp_path / "t.parquet"
    columns = {
        "time": pa.array([time(1, 2, 3)], pa.time64("us")),
        "duration": pa.array([timedelta(days=1)], pa.duration("us")),
        "nothing": pa.nulls(1),
        "map": pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())),
        "half": pa.array([1.5], pa.float32()).cast(pa.float16()),
        "far": pa.array([3_000_000], pa.int32()).cast(pa.date32()),
        "nanoseconds": pa.array([1], pa.timestamp("ns")),
        "large": [2**62],
    }
    pq.write_table(pa.table(columns), path)
    found = look(path)
    shown = table_file.preview(TableInput.of(path, found.schema), 1, tmp_path).rows[0]
    assert shown[0] == "01:02:03"
    assert shown[2:] == [None, '{"a":1}', 1.5, "10183-09-21", "1970-01-01T00:00:00", str(2**62)]
    assert table_file.to_arrow(TableInput.of(path, found.schema)).num_rows == 1


def test_a_cut_off_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"x": list(range(1000))}), path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(errors.DamagedFile, match="cut off"):
        look(path)


def test_a_damaged_footer_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(b"PAR1" + b"\x07" * 200 + (100).to_bytes(4, "little") + b"PAR1")
    with pytest.raises(errors.DamagedFile, match="cannot be read"):
        look(path)


def test_another_file_under_that_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(errors.DamagedFile, match="does not begin with PAR1"):
        look(path)


@pytest.mark.parametrize(
    ("names", "says"), [(["x", "x"], "Two columns are named 'x'"), (["x", "X"], "only in case"), (["x", ""], "no name")]
)
def test_column_names_are_checked(tmp_path: Path, names: list[str], says: str) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table([[1], [2]], names=names), path)
    with pytest.raises(errors.BadColumnName, match=says):
        look(path)


def test_a_table_without_rows_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"x": pa.array([], pa.int64())}), path)
    with pytest.raises(errors.HeaderOnly):
        look(path)


def test_an_error_names_no_path_of_the_machine(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"x": [f"text {i}" for i in range(5000)]}), path)
    data = bytearray(path.read_bytes())
    data[100:400] = b"\xff" * 300
    path.write_bytes(bytes(data))
    with pytest.raises(errors.DamagedFile) as caught:
        table_file.preview(TableInput.of(path, look(path).schema), 10, tmp_path)
    assert str(tmp_path) not in caught.value.detail
