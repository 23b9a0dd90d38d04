"""JSON lines: keys and types of all lines, and how bad lines are refused."""

from pathlib import Path
from typing import Any

import pytest

from studiolo.studio.datasets import errors, looking, table_file
from studiolo.studio.datasets.formats.base import Inspected, Source
from studiolo.studio.datasets.table_file import TableInput


@pytest.fixture
def look(tmp_path: Path) -> Any:
    def inspect(data: bytes, name: str = "rows.jsonl") -> Inspected:
        path = tmp_path / name
        path.write_bytes(data)
        work = tmp_path / "work"
        work.mkdir(exist_ok=True)
        return looking.inspect(Source(path, name, work))

    return inspect


def types(found: Inspected) -> dict[str, str]:
    return {column.name: column.type for column in found.schema.columns}


def test_types_are_inferred(look: Any, tmp_path: Path) -> None:
    found = look(
        b'{"id": 1, "x": 1.5, "ok": true, "day": "2024-01-31", "at": "2024-01-31T10:00:00Z", "tags": ["a"], "s": "x"}\n'
        b'{"id": 2, "at": "2024-01-31T12:00:00+02:00", "s": null}\n'
    )
    assert types(found) == {
        "id": "integer", "x": "number", "ok": "boolean", "day": "date", "at": "datetime", "tags": "json", "s": "text",
    }  # fmt: skip
    shown = table_file.preview(TableInput.of(tmp_path / "rows.jsonl", found.schema), 10, tmp_path)
    assert shown.rows == [
        [1, 1.5, True, "2024-01-31", "2024-01-31T10:00:00", '["a"]', "x"],
        [2, None, None, None, "2024-01-31T10:00:00", None, None],
    ]


def test_a_key_that_comes_late_is_a_column(look: Any) -> None:
    found = look(b'{"a": 1}\n' * 50_000 + b'{"a": 1, "late": "x"}\n')
    assert types(found) == {"a": "integer", "late": "text"}
    assert found.schema.rows == 50_001


def test_a_type_that_changes_late_is_widened(look: Any) -> None:
    assert types(look(b'{"a": 1}\n' * 30_000 + b'{"a": 1.5}\n')) == {"a": "number"}
    assert types(look(b'{"a": 1}\n' * 30_000 + b'{"a": "x"}\n')) == {"a": "text"}


def test_a_byte_order_mark_is_passed_over(look: Any) -> None:
    assert types(look(b'\xef\xbb\xbf{"a": 1}\n')) == {"a": "integer"}


def test_many_keys_stay_columns(look: Any) -> None:
    line = "{" + ", ".join(f'"c{i}": {i}' for i in range(2000)) + "}\n"
    assert len(look(line.encode() * 3).schema.columns) == 2000


@pytest.mark.parametrize(
    ("data", "error", "says"),
    [
        (b"", errors.EmptyFile, "empty"),
        (b'{"a": 1}\n{"a": 2\n{"a": 3}\n', errors.MalformedJson, "Line 2 is not valid JSON: .* .column 8."),
        (b'{"a": 1}\n[1, 2]\n', errors.MalformedJson, "Line 2 is not a JSON object"),
        (b'{"a": 1, "a": 2}\n', errors.BadColumnName, "key 'a' twice"),
        (b'{"a": 1, "A": 2}\n', errors.BadColumnName, "differ only in case"),
        (b'{"": 1}\n', errors.BadColumnName, "no name"),
        (b'{"a": "x\0y"}\n', errors.NulBytes, "Line 1"),
    ],
)
def test_a_bad_file_is_named_with_its_line(look: Any, data: bytes, error: type[errors.BadFile], says: str) -> None:
    with pytest.raises(error, match=says) as caught:
        look(data)
    assert caught.value.hint
