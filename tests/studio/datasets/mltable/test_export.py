"""An MLTable that was written for a table brings the same columns and values when it is read."""
# ruff: noqa: DTZ001 - moments as they stand in a file

import io
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from studiolo.studio.datasets import errors, table_file
from studiolo.studio.datasets.mltable import client, export, file
from studiolo.studio.datasets.schemas import TableSchema
from studiolo.studio.datasets.table_file import TableInput
from tests.studio.datasets.mltable.test_transformations import Look


@pytest.fixture
def look(tmp_path: Path) -> Look:
    return Look(tmp_path)


def seen(table: TableInput) -> tuple[list[tuple[str, str]], list[dict[str, Any]]]:
    columns = [(column.name, column.type) for column in table.schema.columns]
    return columns, table_file.to_arrow(table).to_pylist()


def written(schema: TableSchema, files: Mapping[str, str | bytes]) -> str:
    return export.write("sales:1", schema, table_file.members(schema, sorted(files)))


CASES: dict[str, tuple[dict[str, str | bytes], dict[str, Any]]] = {
    "dates with dots": ({"a.csv": "id;d\n1;31.12.2026\n2;01.02.2027\n"}, {}),
    "dates with slashes": ({"a.csv": "id,d\n1,12/31/2026\n2,01/02/2027\n"}, {}),
    "moments": ({"a.csv": "id,d\n1,31/12/2026 10:00\n2,01/02/2027\n"}, {}),
    "dates that a later file tells": ({"a.csv": "id,d\n1,01/02/2026\n", "b.csv": "id,d\n2,31/03/2027\n"}, {}),
    "dates that nothing tells": ({"a.csv": "id,d\n1,01/02/2026\n"}, {}),
    "gaps": ({"a.csv": "id,d,w\n1,31.12.2026,NA\n2,NA,x\n"}, {}),
    "decimal commas": ({"a.csv": "id;x\n1;1,5\n2;2,25\n3;7\n"}, {}),
    "thousands": ({"a.csv": "id;x;y\n1;1.234,5;3\n2;2,25;4\n3;7;1.200\n"}, {}),
    "decimal commas as told": ({"a.csv": 'id,x\n1,"1,5"\n2,"2"\n'}, {"decimal": ","}),
    "iso": ({"a.csv": "id,d,t\n1,2026-01-01,2026-01-01 10:00:00\n2,,\n"}, {}),
    "zones": ({"a.csv": "id,t\n1,2026-01-01T10:00:00+02:00\n2,2026-01-01T10:00:00Z\n"}, {}),
    "times": ({"a.csv": "id,b\n1,10:00:00\n2,11:00:00.5\n"}, {}),
    "codes": ({"a.csv": "id,b\n1,0123\n2,0004\n"}, {}),
    "words": ({"a.csv": "id,b\n1,ja\n2,nein\n"}, {"columns": [{"name": "b", "true": ["ja"], "false": ["nein"]}]}),
    "exact numbers": (
        {"a.csv": "id,b\n1,12345678901234567890.123\n2,3\n"},
        {"columns": [{"name": "b", "type": "decimal", "precision": 30, "scale": 3}]},
    ),
    "exact numbers with commas": (
        {"a.csv": "id;b\n1;1.234,50\n2;7,25\n"},
        {"columns": [{"name": "b", "type": "decimal", "precision": 12, "scale": 2, "rename": "c"}]},
    ),
    "lines before": ({"a.csv": "Title\nmore\nid,b\n1,2\n2,3\n"}, {"skip_rows": 2}),
    "comments": ({"a.csv": "# hi\nid,b\n1,2\n#x\n2,3\n"}, {"comment": "#"}),
    "quotes": ({"a.csv": "id,b\n1,'2,x'\n2,'3'\n"}, {"quote": "'"}),
    "escapes": ({"a.csv": 'id,b\n1,"2\\"x"\n2,"3"\n'}, {"escape": "\\"}),
    "left out": ({"a.csv": "id;d;x\n1;31.12.2026;1,5\n"}, {"columns": [{"name": "id", "include": False}]}),
    "no header": ({"a.csv": "1;31.12.2026\n2;30.12.2026\n"}, {"header": "none"}),
    "another page": ({"a.csv": "id;d;n\n1;31.12.2026;Peña\n".encode("latin-1")}, {"encoding": "latin-1"}),
    "paths": (
        {"x/a.csv": "id;d\n1;31.12.2026\n", "y/b.csv": "id;d\n1;1.12.2026\n"},
        {"partition_format": "{k}/*.csv", "path_column": "Path"},
    ),
    "renamed": (
        {"a.csv": "id;d;x\n1;31.12.2026;1,5\n2;;2\n"},
        {"columns": [{"name": "d", "rename": "sold on"}, {"name": "x", "rename": "Preis"}], "timestamp": "sold on"},
    ),
    "names that change places": (
        {"a.csv": "id,b\n1,x\n2,y\n"},
        {"columns": [{"name": "id", "rename": "b"}, {"name": "b", "rename": "id"}]},
    ),
    "renamed and left out": (
        {"a.csv": "id,b,c\n1,0123,z\n"},
        {"columns": [{"name": "id", "include": False}, {"name": "b", "rename": "id"}]},
    ),
    "a path of another name": ({"a.csv": "id\n1\n", "b.csv": "id\n2\n"}, {"path_column": "file"}),
    "renamed beside paths": (
        {"x/2025.csv": "id\n1\n", "y/2026.csv": "id\n2\n"},
        {
            "partition_format": "{k}/{d:yyyy}.csv",
            "path_column": "file",
            "columns": [
                {"name": "id", "rename": "key"},
                {"name": "k", "rename": "store"},
                {"name": "d", "rename": "year"},
                {"name": "file", "include": False},
            ],
            "timestamp": "year",
        },
    ),
    "paths of which a part is left out": (
        {"x/2025.csv": "id\n1\n", "y/2026.csv": "id\n2\n"},
        {"partition_format": "{k}/{d:yyyy}.csv", "columns": [{"name": "k", "include": False}]},
    ),
    "lines that are flattened": ({"a.jsonl": '{"a":1,"b":{"c":2,"d":{"e":"x"}}}\n'}, {"nested": "flatten"}),
    "lines renamed from within": (
        {"a.jsonl": '{"a":1,"b":{"c":2}}\n'},
        {"nested": "flatten", "columns": [{"name": "b.c", "rename": "depth"}]},
    ),
    "lines without some": (
        {"a.jsonl": '{"a":1,"b":2}\n{"a":2,"b":3}\n'},
        {"columns": [{"name": "a", "include": False}]},
    ),
    "bad lines": ({"a.jsonl": '{"a":1}\nnothing\n{"a":2}\n'}, {"invalid_lines": "drop"}),
    "texts alone": ({"a.csv": "id,b\n1,2026-01-01\n"}, {"infer_types": False}),
    "dates of lines": (
        {"a.jsonl": '{"a":1,"d":"31.12.2026"}\n'},
        {"columns": [{"name": "d", "type": "date", "formats": ["dd.MM.yyyy"]}]},
    ),
}


SENT: dict[str, tuple[dict[str, str | bytes], dict[str, Any]]] = {
    "a filter alone": ({"a.csv": "id;x\n1;1,5\n2;2,5\n"}, {"transformations": [{"filter": "id > 1"}]}),
    "how it is read": (
        {"a.csv": "Title\nid|x\n1|Peña\n2|b\n".encode("latin-1")},
        {"transformations": [{"take": 1}], "delimiter": "|", "encoding": "latin-1", "skip_rows": 1},
    ),
    "a reader that says less": (
        {"a.csv": "1~31.12.2026\n2~1.12.2026\n"},
        {"transformations": [{"read_delimited": {"header": "no_header"}}, {"skip": 1}], "delimiter": "~"},
    ),
    "columns from the path": (
        {"x/a.csv": "id\n1\n", "y/b.csv": "id\n2\n"},
        {"transformations": [{"filter": 'k == "y"'}], "partition_format": "{k}/*.csv", "path_column": "file"},
    ),
    "exact types": (
        {"a.csv": "id,d,p,t\n1,31/12/2026,12345678901234567890.125,10:00:00\n2,01/02/2026,2,11:30:00\n"},
        {
            "transformations": [
                {"read_delimited": {}},
                {"convert_column_types": [
                    {"columns": ["d"], "column_type": {"datetime": {"formats": ["%d/%m/%Y"]}}},
                    {"columns": ["p"], "column_type": "float"},
                    {"columns": ["t"], "column_type": "string"},
                ]},
            ],
            "columns": [
                {"name": "d", "type": "date"},
                {"name": "p", "type": "decimal", "precision": 30, "scale": 3},
                {"name": "t", "type": "time"},
            ],
        },
    ),
    "types that no transformation says": (
        {"a.csv": "id,d,w\n1,31/12/2026,ja\n2,01/02/2026,nein\n"},
        {
            "transformations": [{"read_delimited": {}}],
            "columns": [
                {"name": "id", "type": "number"},
                {"name": "d", "type": "date", "formats": ["dd/MM/yyyy"]},
                {"name": "w", "true": ["ja"], "false": ["nein"]},
            ],
        },
    ),
    "names": (
        {"a.csv": "id,d,x\n1,2026-12-31,a\n2,2027-01-01,b\n"},
        {
            "transformations": [{"filter": "id > 1"}],
            "columns": [{"name": "d", "rename": "day"}, {"name": "x", "include": False}],
            "timestamp": "day",
        },
    ),
    "lines": (
        {"a.jsonl": '{"a":1,"b":{"c":2}}\nno\n{"a":2,"b":{"c":3}}\n'},
        {"transformations": [{"filter": "a > 1"}], "nested": "flatten", "invalid_lines": "drop"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SENT)
def test_what_a_registration_sent_comes_back(look: Look, case: str) -> None:
    files, reading = SENT[case]
    table = look(files, **reading)
    assert seen(table)[1]
    again = look({**files, "MLTable": written(table.schema, files)})
    assert seen(again) == seen(table)
    assert again.schema.timestamp == table.schema.timestamp
    assert written(again.schema, files) == written(table.schema, files)


@pytest.mark.parametrize("case", [*CASES, *SENT])
def test_an_mltable_of_addresses_brings_the_same(look: Look, case: str) -> None:
    """What is beside the words goes with them when the files are in a datastore and only the MLTable is sent."""
    files, reading = (CASES | SENT)[case]
    table = look(files, **reading)
    about = yaml.safe_load(written(table.schema, files))
    about["paths"] = [{"file": f"azureml://datastores/lake/paths/x/{name}"} for name in files]
    sent = client.elsewhere(file.of(about))
    assert sent
    again = look(files, **sent["reading"])
    assert seen(again) == seen(table)
    assert again.schema.timestamp == table.schema.timestamp


def test_columns_that_were_left_out_of_files_with_types_stay_out(look: Look) -> None:
    content = io.BytesIO()
    pq.write_table(pa.table({"id": [1, 2], "name": ["a", "b"], "x": [0.5, 1.5]}), content)
    files: dict[str, str | bytes] = {"a.parquet": content.getvalue()}
    table = look(files, columns=[{"name": "name", "include": False}, {"name": "x", "rename": "y"}])
    again = look({**files, "MLTable": written(table.schema, files)})
    assert (
        seen(again) == seen(table) == ([("id", "integer"), ("y", "number")], [{"id": 1, "y": 0.5}, {"id": 2, "y": 1.5}])
    )


def test_what_is_chosen_beside_transformations_is_done_after_them(look: Look) -> None:
    files, reading = SENT["exact types"]
    columns, rows = seen(look(files, **reading))
    assert columns == [("id", "integer"), ("d", "date"), ("p", "decimal"), ("t", "time")]
    assert (str(rows[0]["p"]), rows[0]["d"]) == ("12345678901234567890.125", date(2026, 12, 31))
    columns, rows = seen(look(*SENT["names"][:1], **SENT["names"][1]))
    assert (columns, rows) == ([("id", "integer"), ("day", "date")], [{"id": 2, "day": date(2027, 1, 1)}])


def test_a_column_of_the_path_has_the_type_that_its_format_says(look: Look) -> None:
    files: dict[str, str | bytes] = {"x/2025.csv": "id\n1\n"}
    for choice in ({"type": "integer"}, {"formats": ["%Y"]}):
        with pytest.raises(errors.BadColumnChoice, match="'d' comes from the paths"):
            look(files, partition_format="{k}/{d:yyyy}.csv", columns=[{"name": "d", **choice}])
    with pytest.raises(errors.BadColumnChoice, match="no column 'dd'"):
        look(files, partition_format="{k}/{d:yyyy}.csv", columns=[{"name": "dd", "rename": "x"}])


def test_two_columns_of_one_name_are_refused(look: Look) -> None:
    with pytest.raises(errors.BadColumnName, match="id"):
        look({"a.csv": "id,b\n1,2\n"}, transformations=[{"take": 1}], columns=[{"name": "b", "rename": "id"}])


def test_a_name_for_a_column_that_the_words_drop_is_noted(look: Look) -> None:
    files: dict[str, str | bytes] = {"a.csv": "id,b\n1,2\n"}
    about = yaml.safe_load(written(look(files, columns=[{"name": "b", "rename": "c"}]).schema, files))
    about["transformations"].append({"drop_columns": ["b"]})
    again = look({**files, "MLTable": yaml.safe_dump(about)})
    assert seen(again)[0] == [("id", "integer")]
    assert "no column 'b' that could be renamed" in " ".join(note.message for note in again.schema.notes)


@pytest.mark.parametrize("case", CASES)
def test_the_same_columns_and_values_come_back(look: Look, case: str) -> None:
    files, reading = CASES[case]
    table = look(files, **reading)
    again = look({**files, "MLTable": written(table.schema, files)})
    assert seen(again) == seen(table)
    assert again.schema.losses == table.schema.losses == {}


def test_azures_words_say_what_they_can(look: Look) -> None:
    files: dict[str, str | bytes] = {"a.csv": "id;d;x\n1;31.12.2026;1,5\n2;01.02.2027 10:30;2\n"}
    table = look(files)
    text = written(table.schema, files)
    about = yaml.safe_load(text)
    assert about["transformations"][1] == {
        "convert_column_types": [
            {"columns": ["id"], "column_type": "int"},
            {"columns": ["x"], "column_type": "float"},
            {
                "columns": ["d"],
                "column_type": {"datetime": {"formats": ["%d.%m.%Y", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S"]}},
            },
        ]
    }
    assert about["metadata"] == {"studiolo": {"decimal": ","}}
    assert "# decimal ,: read_delimited cannot say it" in text


def test_what_somebody_changes_in_the_words_counts(look: Look) -> None:
    files: dict[str, str | bytes] = {"a.csv": "id;d;t\n1;31.12.2026;10:00:00\n"}
    about = yaml.safe_load(written(look(files).schema, files))
    assert about["metadata"] == {"studiolo": {"types": {"d": "date", "t": "time"}}}
    conversions = about["transformations"][1]["convert_column_types"]
    assert conversions[1]["columns"] == ["t"]
    conversions[2] = {"columns": ["d"], "column_type": "string"}
    del conversions[1]
    again = look({**files, "MLTable": yaml.safe_dump(about)})
    assert seen(again)[0] == [("id", "integer"), ("d", "text"), ("t", "time")]
    assert seen(again)[1][0]["d"] == "31.12.2026"


def test_a_version_that_was_read_by_an_mltable_keeps_what_is_its_own(look: Look) -> None:
    files: dict[str, str | bytes] = {"a.csv": "id;d\n1;31.12.2026\n"}
    first = written(look(files).schema, files)
    again = look({**files, "MLTable": first})
    assert yaml.safe_load(written(again.schema, files)) == yaml.safe_load(first)


@pytest.mark.parametrize(
    ("own", "field", "said"),
    [
        ("x", "metadata.studiolo", "has no settings"),
        ({"decimal": "x"}, "metadata.studiolo.decimal", "Input should be"),
        ({"types": ["d"]}, "metadata.studiolo.types", "names no columns"),
        ({"types": {"d": "day"}}, "metadata.studiolo.types.d", "none of date, time and decimal"),
        ({"types": {"d": "decimal(99,1)"}}, "metadata.studiolo.types.d", "none of date, time and decimal"),
        ({"names": ["d"]}, "metadata.studiolo.names", "names no columns"),
        ({"names": {"d": ""}}, "metadata.studiolo.names.d", "no name of a column"),
        ({"types": {"d": "decimal(3,4)"}}, "metadata.studiolo.types.d", "none of date, time and decimal"),
    ],
)
def test_what_is_wrong_of_its_own_is_named(look: Look, own: Any, field: str, said: str) -> None:
    about = {"paths": [{"file": "a.csv"}], "transformations": [], "metadata": {"studiolo": own}}
    with pytest.raises(errors.BadMLTable, match=said) as raised:
        look({"a.csv": "d\n1\n", "MLTable": yaml.safe_dump(about)})
    assert raised.value.field == field


def converted(look: Look, text: str, *steps: Any, read: Any = None) -> list[Any]:
    about = {"paths": [{"pattern": "./**/*.csv"}], "transformations": [{"read_delimited": read or {}}, *steps]}
    table = look({"y=2026/a.csv": text, "MLTable": yaml.safe_dump(about)})
    return [row["d"] for row in seen(table)[1]]


def as_dates(form: str) -> Any:
    return {"convert_column_types": [{"columns": ["d"], "column_type": {"datetime": {"formats": [form]}}}]}


def test_formats_are_of_what_stands_in_the_file_not_of_what_it_was_taken_for(look: Look) -> None:
    assert converted(look, "d\n31.12.2026\n", as_dates("%d.%m.%Y")) == [datetime(2026, 12, 31)]
    assert converted(look, "d\n2026-02-01\n", as_dates("%Y-%d-%m")) == [datetime(2026, 1, 2)]
    assert converted(look, "d\n20260201\n", as_dates("%Y%m%d")) == [datetime(2026, 2, 1)]


def test_what_is_a_moment_already_stays_what_it_is(look: Look) -> None:
    later = {"filter": "d > datetime(2026, 1, 1)"}
    assert converted(look, "d\n31.12.2026\n01.01.2020\n", later, as_dates("%d.%m.%Y")) == [datetime(2026, 12, 31)]
    dates = {"convert_column_types": [{"columns": ["d"], "column_type": "date"}]}
    assert converted(look, "d\n31.12.2026 00:00\n", dates) == [date(2026, 12, 31)]


def test_parts_of_the_path_can_be_converted(look: Look) -> None:
    steps = [{"extract_columns_from_partition_format": "y={d}/*.csv"}, as_dates("%Y")]
    assert converted(look, "x\n1\n", *steps) == [datetime(2026, 1, 1)]
    text = {"convert_column_types": [{"columns": ["d", "Path"], "column_type": "string"}]}
    assert converted(look, "x\n1\n", steps[0], text, read={"include_path_column": True}) == ["2026"]


def test_words_that_azures_library_writes_are_understood(look: Look) -> None:
    assert converted(look, "\ufeffd\n1\n", read={"encoding": "utf8 bom", "partition_size": 20_971_520}) == [1]
