"""Tables of many files: one schema for all, the file that does not fit is named, paths that tell columns."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from studiolo.studio.datasets import errors, looking, table_file
from studiolo.studio.datasets.looking import InspectedFiles
from studiolo.studio.datasets.schemas import ColumnChoice, Reading, TableSchema
from studiolo.studio.datasets.table_file import TableInput


@pytest.fixture
def look(tmp_path: Path) -> Any:
    count = iter(range(100))

    def inspect(
        files: dict[str, bytes | str], known: TableSchema | None = None, **options: Any
    ) -> tuple[InspectedFiles, TableInput]:
        folder = tmp_path / f"look{next(count)}"
        (folder / "work").mkdir(parents=True)
        listed = []
        for place, (name, data) in enumerate(files.items()):
            path = folder / f"{place}"
            path.write_bytes(data.encode() if isinstance(data, str) else data)
            listed.append((path, name))
        found = looking.inspect_files(listed, Reading(**options), folder / "work", known=known)
        names = table_file.members(found.schema, list(files))
        paths = {name: readable or path for (path, name), readable in zip(listed, found.readables, strict=True)}
        return found, TableInput(tuple(paths[name] for name in names), tuple(names), found.schema)

    return inspect


def values(table: TableInput) -> list[dict[str, Any]]:
    return table_file.to_arrow(table).to_pylist()


def types(table: TableInput) -> dict[str, str]:
    return {column.name: column.type for column in table.schema.columns}


def test_rows_come_file_by_file(look: Any) -> None:
    found, table = look({"a.csv": "x,y\n1,p\n2,q\n", "b.csv": "x,y\n3,r\n"})
    assert (found.schema.rows, found.rows) == (3, [2, 1])
    assert values(table) == [{"x": 1, "y": "p"}, {"x": 2, "y": "q"}, {"x": 3, "y": "r"}]


def test_columns_in_another_order_are_put_right(look: Any) -> None:
    _, table = look({"a.csv": "x,y\n1,p\n", "b.csv": "y,x\nr,3\n", "c.csv": "x,y\n4,s\n"})
    assert values(table) == [{"x": 1, "y": "p"}, {"x": 3, "y": "r"}, {"x": 4, "y": "s"}]


def test_types_are_widened_and_the_file_is_named(look: Any) -> None:
    _, table = look({"a.csv": "x,d\n1,2024-01-01\n", "b.csv": "x,d\n2.5,2024-01-01 10:00:00\n"})
    assert types(table) == {"x": "number", "d": "datetime"}
    assert "b.csv" in table.schema.notes[0].message
    assert [row["x"] for row in values(table)] == [1.0, 2.5]


def test_a_column_that_is_empty_in_one_file_takes_the_type_of_the_other(look: Any) -> None:
    for files in ({"a.csv": "x,y\n1,\n", "b.csv": "x,y\n2,5\n"}, {"a.csv": "x,y\n1,5\n", "b.csv": "x,y\n2,\n"}):
        assert types(look(files)[1]) == {"x": "integer", "y": "integer"}


def test_a_file_with_other_columns_is_named_with_line_and_column(look: Any) -> None:
    with pytest.raises(errors.DoesNotFit, match=r"b\.csv: Line 1 names no column 'y'") as caught:
        look({"a.csv": "x,y\n1,p\n", "b.csv": "x,z\n3,r\n"})
    assert (caught.value.file, caught.value.line) == ("b.csv", 1)
    assert "combine" in caught.value.hint


def test_a_broken_row_names_its_file(look: Any) -> None:
    with pytest.raises(errors.RaggedRow, match=r"b\.csv: Line 3 has 1 field") as caught:
        look({"a.csv": "x,y\n1,p\n", "b.csv": "x,y\n3,r\n4\n"})
    assert (caught.value.file, caught.value.line) == ("b.csv", 3)


def test_files_with_different_columns_can_be_combined(look: Any) -> None:
    _, table = look({"a.csv": "x,y\n1,p\n", "b.csv": "x,z\n3,true\n"}, header="combine")
    assert values(table) == [{"x": 1, "y": "p", "z": None}, {"x": 3, "y": None, "z": True}]


def test_only_the_first_file_may_name_the_columns(look: Any) -> None:
    _, table = look({"a.csv": "x,y\n1,p\n", "b.csv": "2,q\n"}, header="first")
    assert values(table) == [{"x": 1, "y": "p"}, {"x": 2, "y": "q"}]
    assert values(table.part(1, 2)) == [{"x": 2, "y": "q"}]  # a part of the table knows where the names stand


def test_no_file_may_name_the_columns(look: Any) -> None:
    _, table = look({"a.csv": "1,p\n", "b.csv": "2,q\n"}, header="none")
    assert values(table) == [{"column_1": 1, "column_2": "p"}, {"column_1": 2, "column_2": "q"}]


def test_markers_and_empty_parts_are_left_out(look: Any) -> None:
    found, table = look(
        {"_SUCCESS": "", "part-0.csv": "x\n1\n", "part-1.csv": "", "part-2.csv": "x\n", "part-3.csv": "x\n2\n"}
    )
    assert found.schema.options["left_out"] == ["_SUCCESS", "part-1.csv", "part-2.csv"]
    assert values(table) == [{"x": 1}, {"x": 2}]


def test_paths_tell_columns(look: Any) -> None:
    files = {f"weather/{state}/2024/01/0{day}/data.csv": f"t\n{day}\n" for state in ("WA", "OR") for day in (1, 2)}
    _, table = look(files, path_column="Path", partition_format="/{state}/{day:yyyy/MM/dd}/data.csv")
    assert types(table) == {"t": "integer", "Path": "text", "state": "text", "day": "datetime"}
    found = values(table)
    assert [(row["t"], row["state"], row["day"].isoformat()) for row in found] == [
        (1, "WA", "2024-01-01T00:00:00"), (2, "WA", "2024-01-02T00:00:00"),
        (1, "OR", "2024-01-01T00:00:00"), (2, "OR", "2024-01-02T00:00:00"),
    ]  # fmt: skip
    assert found[3]["Path"] == "weather/OR/2024/01/02/data.csv"
    assert [row["state"] for row in table_file.to_arrow(table, ["state"]).to_pylist()] == ["WA", "WA", "OR", "OR"]


def test_a_path_that_does_not_fit_is_named(look: Any) -> None:
    with pytest.raises(errors.BadPartitionFormat, match=r"data/b\.csv"):
        look({"data/year=2024/a.csv": "x\n1\n", "data/b.csv": "x\n1\n"}, partition_format="year={year}/{name}.csv")


def test_parquet_files_with_different_columns(look: Any, tmp_path: Path) -> None:
    files = {}
    for name, columns in {"a": {"x": pa.array([1], pa.int32())}, "b": {"x": pa.array([2**40]), "y": ["p"]}}.items():
        pq.write_table(pa.table(columns), tmp_path / name)
        files[f"{name}.parquet"] = (tmp_path / name).read_bytes()
    _, table = look(files)
    assert values(table) == [{"x": 1, "y": None}, {"x": 2**40, "y": "p"}]
    numbered = table_file.scan(table, ["x"], row="n")
    assert [row[0] for row in _ask(numbered)] == [0, 2**40]


def _ask(query: str) -> list[Any]:
    import duckdb

    with duckdb.connect() as connection:
        return connection.execute(query).fetchall()


def test_json_lines_with_different_keys(look: Any) -> None:
    _, table = look({"a.jsonl": '{"x": 1}\n', "b.jsonl": '{"y": "p"}\n'})
    assert values(table) == [{"x": 1, "y": None}, {"x": None, "y": "p"}]


def test_another_format_among_them_is_refused(look: Any) -> None:
    with pytest.raises(errors.BadFile, match=r"b\.parquet"):
        look({"a.csv": "x\n1\n", "b.parquet": b"PAR1" + b"\0" * 20})


def test_new_files_alone_are_read_for_the_next_version(look: Any) -> None:
    first, _ = look({"a.csv": "x,y\n1,p\n"}, path_column="Path")
    found, table = look({"b.csv": "x,y\n2.5,q\n"}, known=first.schema)
    assert (found.schema.rows, found.rows) == (2, [1])
    assert types(table) == {"x": "number", "y": "text", "Path": "text"}


def test_chosen_types_names_and_columns(look: Any) -> None:
    choices = [
        ColumnChoice(name="x", type="text"),
        ColumnChoice(name="d", formats=["dd/MM/yyyy"], type="date", rename="day"),
        ColumnChoice(name="n", type="integer"),
        ColumnChoice(name="gone", include=False),
        ColumnChoice(name="ok", type="boolean", true=["ja"], false=["nein"]),
        ColumnChoice(name="money", type="decimal", precision=10, scale=2),
    ]
    text = "x,d,n,gone,ok,money\n1,31/01/2024,5,q,ja,1.25\n2,01/02/2024,oops,q,nein,2.50\n"
    found, table = look({"a.csv": text}, columns=choices, timestamp="day")
    assert types(table) == {"x": "text", "day": "date", "n": "integer", "ok": "boolean", "money": "decimal"}
    assert [str(value) for value in values(table)[1].values()] == ["2", "2024-02-01", "None", "False", "2.50"]
    note = next(note for note in found.schema.notes if note.column == "n")
    assert (note.line, note.value) == (3, "oops")
    assert "1 value is no integer and therefore missing, the first in line 3: 'oops'" in note.message
    assert found.schema.timestamp == "day"
    assert values(table.only(["ok"])) == [{"ok": True}, {"ok": False}]


def test_values_that_must_fit_are_refused(look: Any) -> None:
    with pytest.raises(errors.LostValues, match="line 3: 'oops'"):
        look({"a.csv": "n\n1\noops\n"}, columns=[ColumnChoice(name="n", type="integer", mismatch="error")])


def test_a_choice_of_a_column_that_is_not_there_is_refused(look: Any) -> None:
    with pytest.raises(errors.BadColumnChoice, match="no column 'N'") as caught:
        look({"a.csv": "n\n1\n"}, columns=[ColumnChoice(name="N", type="text")])
    assert "'n'" in caught.value.hint


def test_an_input_folder_of_many_files_opens(look: Any, tmp_path: Path) -> None:
    _, table = look({"d/a.csv": "x\n1\n", "d/_SUCCESS": "", "d/b.csv": "x\n2\n"})
    folder = tmp_path / "input"
    (folder / "files/d").mkdir(parents=True)
    for path, name in zip(table.files, table.names, strict=True):
        (folder / "files" / name).symlink_to(path)
    (folder / "files/d/_SUCCESS").write_text("")
    listed = [{"path": name, "file": f"files/{name}"} for name in ("d/_SUCCESS", "d/a.csv", "d/b.csv")]
    (folder / "files.json").write_text(json.dumps(listed))
    (folder / "schema.json").write_text(table.schema.model_dump_json())
    opened = table_file.open_input(folder)
    assert opened.names == ("d/a.csv", "d/b.csv")
    assert values(opened) == [{"x": 1}, {"x": 2}]
    with table_file.batches(opened, rows=1) as reader:
        assert sum(batch.num_rows for batch in reader) == 2


def test_moments_of_mixed_zones_are_put_in_utc_and_told(look: Any) -> None:
    _, table = look({"a.csv": "at\n2024-01-01T10:00:00Z\n2024-01-01T10:00:00+02:00\n2024-01-01T10:00:00\n"})
    assert [row["at"].hour for row in values(table)] == [10, 8, 10]
    assert "some moments name a zone" in table.schema.notes[0].message


def test_a_zone_that_comes_late_is_told_with_its_line(look: Any) -> None:
    text = (
        "at,x\n"
        + "2024-01-01T10:00:00,1\n" * 25_000
        + "2024-01-01T10:00:00+02:00,1\n"
        + "2024-01-01T10:00:00,1\n" * 25_000
    )
    _, table = look({"a.csv": text})
    assert types(table)["at"] == "datetime"
    note = table.schema.notes[0]
    assert (note.line, note.column) == (25_002, "at")
    assert values(table)[25_000]["at"].hour == 8
