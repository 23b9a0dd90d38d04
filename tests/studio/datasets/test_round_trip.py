"""Whatever is written as CSV or JSON lines comes back as it was: generated tables, every dialect and encoding."""

import csv
import io
import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studiolo.studio.datasets import looking, table_file
from studiolo.studio.datasets.formats.base import Source
from studiolo.studio.datasets.reading.types import MISSING
from studiolo.studio.datasets.schemas import ReadOptions
from studiolo.studio.datasets.table_file import TableInput

LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufeff\u2028\u2029\x85")
WORDS = st.text(LETTERS, min_size=1, max_size=12).filter(lambda text: text.strip() and text not in MISSING)
SENTENCES = st.text(st.sampled_from("abc ,;\t|\"'\nxyz0"), min_size=1, max_size=12).filter(lambda text: text.strip())
NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=32)
INTEGERS = st.integers(-(10**17), 10**17)


@st.composite
def tables(draw: st.DrawFn) -> dict[str, list[Any]]:
    rows = draw(st.integers(1, 12))
    kinds = draw(st.lists(st.sampled_from(["word", "sentence", "number", "integer"]), min_size=1, max_size=4))
    made = {"word": WORDS, "sentence": SENTENCES, "number": NUMBERS, "integer": INTEGERS}
    return {f"c{i} {kind}": draw(st.lists(made[kind], min_size=rows, max_size=rows)) for i, kind in enumerate(kinds)}


def read(data: bytes, name: str, **options: Any) -> tuple[Any, list[list[Any]]]:
    with tempfile.TemporaryDirectory() as folder:
        path, work = Path(folder) / name, Path(folder) / "work"
        work.mkdir()
        path.write_bytes(data)
        found = looking.inspect(Source(path, name, work, ReadOptions(**options)))
        frame = table_file.to_arrow(TableInput.of(found.readable or path, found.schema))
        return found.schema, [column.to_pylist() for column in frame.columns]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    tables(),
    st.sampled_from(",;\t|"),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_csv(table: dict[str, list[Any]], delimiter: str, ends: str, encoding: str) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=ends, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(table)
    writer.writerows(zip(*table.values(), strict=True))
    schema, columns = read(text.getvalue().encode(encoding), "t.csv", delimiter=delimiter, header=True)
    assert schema.rows == len(columns[0])
    for (name, wanted), column, found in zip(table.items(), schema.columns, columns, strict=True):
        assert column.name == name
        kind = name.split()[1]
        if kind == "integer":
            assert found == wanted
        elif kind == "number":
            assert [float(value) for value in found] == wanted
        elif column.type == "text":
            assert found == [value.replace("\r\n", "\n") for value in wanted]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tables())
def test_json_lines(table: dict[str, list[Any]]) -> None:
    rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    data = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    schema, columns = read(data, "t.jsonl")
    for (name, wanted), column, found in zip(table.items(), schema.columns, columns, strict=True):
        if column.type == "text" and "word" not in name and "sentence" not in name:
            raise AssertionError(f"{name} became text")
        if column.type in ("text", "integer"):
            assert found == wanted
        elif column.type == "number":
            assert [float(value) for value in found] == [float(value) for value in wanted]
