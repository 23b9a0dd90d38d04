"""JSON documents: arrays, objects that hold one, nested values as text or as columns."""

import json
from pathlib import Path
from typing import Any

import pytest

from studiolo.studio.datasets import errors, looking, table_file
from studiolo.studio.datasets.formats.base import Inspected, Source
from studiolo.studio.datasets.schemas import ReadOptions
from studiolo.studio.datasets.table_file import TableInput


@pytest.fixture
def look(tmp_path: Path) -> Any:
    def inspect(data: bytes | str, name: str = "rows.json", **options: Any) -> Inspected:
        path = tmp_path / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        work = tmp_path / "work"
        work.mkdir(exist_ok=True)
        return looking.inspect(Source(path, name, work, ReadOptions(**options)))

    return inspect


def shown(found: Inspected, tmp_path: Path) -> list[list[Any]]:
    assert found.readable is not None
    return table_file.preview(TableInput.of(found.readable, found.schema), 10, tmp_path).rows


def test_an_array_is_rows(look: Any, tmp_path: Path) -> None:
    found = look(json.dumps([{"a": 1, "n": {"x": "é\n"}}, {"a": 9007199254740993, "b": True}], indent=2))
    assert found.schema.format == "json"
    assert [column.type for column in found.schema.columns] == ["integer", "json", "boolean"]
    assert shown(found, tmp_path) == [[1, '{"x":"é\\n"}', None], ["9007199254740993", None, True]]


def test_an_object_that_holds_the_rows_is_found_and_noted(look: Any, tmp_path: Path) -> None:
    found = look('{"count": 2, "data": [{"a": 1}, {"a": 2}], "more": {"a": [1]}}')
    assert shown(found, tmp_path) == [[1], [2]]
    assert "'data'" in found.schema.notes[0].message


def test_a_named_key_is_taken(look: Any, tmp_path: Path) -> None:
    found = look('{"first": [{"a": 1}], "deep": {"rows": [{"b": 5}]}}', records="deep.rows")
    assert [column.name for column in found.schema.columns] == ["b"]
    with pytest.raises(errors.MalformedJson, match="no key 'nowhere'"):
        look('{"first": [{"a": 1}]}', records="nowhere")


@pytest.mark.parametrize("indent", [None, 1])
def test_rows_deep_in_a_document_are_found_and_noted(look: Any, tmp_path: Path, indent: int | None) -> None:
    deep = {"meta": {"v": 1}, "data": {"page": {"of": 1}, "items": [{"id": 1, "tags": [{"t": 1}]}, {"id": 2}]}}
    found = look(json.dumps({**deep, "more": {"a": {"b": [{"c": 1}]}}}, indent=indent))
    assert shown(found, tmp_path) == [[1, '[{"t":1}]'], [2, None]]
    assert "'data.items'" in found.schema.notes[0].message
    other = look(json.dumps({**deep, "more": {"a": {"b": [{"c": 1}]}}}, indent=indent), records="more.a.b")
    assert shown(other, tmp_path) == [[1]]
    assert other.schema.notes == []


def test_one_object_over_several_lines_is_one_row(look: Any, tmp_path: Path) -> None:
    assert shown(look('{\n "a": 1,\n "b": "x"\n}\n'), tmp_path) == [[1, "x"]]


def test_nested_values_become_columns_when_that_is_wanted(look: Any, tmp_path: Path) -> None:
    text = json.dumps(
        [{"id": 1, "at": {"city": "Ulm", "geo": {"lat": 48.4}}, "tags": ["a"]}, {"id": 2, "at": {"city": "Bonn"}}]
    )
    found = look(text, nested="flatten")
    assert [(column.name, column.type) for column in found.schema.columns] == [
        ("id", "integer"), ("at.city", "text"), ("at.geo.lat", "number"), ("tags", "json"),
    ]  # fmt: skip
    assert shown(found, tmp_path) == [[1, "Ulm", 48.4, '["a"]'], [2, "Bonn", None, None]]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ('[\n{"a": 1},\n{"a": }\n]', "Line 3"),
        ('[{"a": 1}, 5]', "an element is int"),
        ('[{"a": 1}', "ends in the middle"),
        ("[]", "no object"),
        ('[{"a": 1}] x', "follows after its end"),
    ],
)
def test_a_broken_document_is_named_with_its_line(look: Any, data: str, says: str) -> None:
    with pytest.raises(errors.MalformedJson, match=says):
        look(data)


def test_pieces_that_end_anywhere_make_no_difference(look: Any, tmp_path: Path) -> None:
    rows = [{"i": i, "s": "x" * (i % 977)} for i in range(5000)]
    found = look(json.dumps(rows))
    assert found.schema.rows == 5000
    assert found.readable is not None
    frame = table_file.to_arrow(TableInput.of(found.readable, found.schema))
    assert frame.to_pylist() == rows
