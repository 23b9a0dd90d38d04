"""MLTables over files: what each transformation does, which files are read, and the error that names the one at fault."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from studiolo.kernel.errors import Invalid
from studiolo.studio.datasets import errors, looking, table_file
from studiolo.studio.datasets.mltable import export, file
from studiolo.studio.datasets.registrations import paths
from studiolo.studio.datasets.schemas import Reading, TableSchema
from studiolo.studio.datasets.table_file import TableInput
from tests.kernel.test_yaml_text import bomb

SALES: dict[str, str | bytes] = {
    "2024/01/a.csv": "id,day,amount,paid,code\n1,05/01/2024,1.5,yes,007\n2,06/01/2024,x,no,008\n3,07/01/2024,3,maybe,009\n",
    "2024/02/b.csv": "id,day,amount,paid,code\n4,01/02/2024,4,yes,010\n5,02/02/2024,,no,011\n",
}
READ = [{"read_delimited": {"delimiter": ","}}]


class Look:
    """Looks into files in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._count = folder, 0
        self.found: Any = None

    def __call__(self, files: Mapping[str, str | bytes], **reading: Any) -> TableInput:
        self._count += 1
        folder = self._folder / str(self._count)
        (folder / "work").mkdir(parents=True)
        listed = []
        for place, (name, data) in enumerate(sorted(files.items())):
            (folder / str(place)).write_bytes(data.encode() if isinstance(data, str) else data)
            listed.append((folder / str(place), name))
        self.found = looking.inspect_files(listed, Reading(**reading), folder / "work")
        return self.found.table(listed)

    def mltable(
        self, transformations: list[Any], files: Mapping[str, str | bytes] | None = None, **more: Any
    ) -> TableInput:
        """Look into files with an MLTable beside them."""
        about = {"type": "mltable", "paths": [{"pattern": "./**/*.csv"}], "transformations": transformations} | more
        return self({"MLTable": yaml.safe_dump(about), **(files or SALES)})


@pytest.fixture
def look(tmp_path: Path) -> Look:
    return Look(tmp_path)


def values(table: TableInput, column: str) -> list[Any]:
    return [row[column] for row in table_file.to_arrow(table).to_pylist()]


def types(table: TableInput) -> dict[str, str]:
    return {column.name: column.type for column in table.schema.columns}


def test_read_delimited_alone_reads_the_files_as_they_are(look: Look) -> None:
    table = look.mltable([{"read_delimited": {"include_path_column": True, "header": "all_files_same_headers"}}])
    assert table.names == ("2024/01/a.csv", "2024/02/b.csv")
    assert values(table, "Path")[-1] == "2024/02/b.csv"
    assert (table.schema.format, table.schema.rows, look.found.whole) == ("delimited", 5, None)
    assert table.schema.options["left_out"] == ["MLTable"]
    assert "MLTable says how" in table.schema.notes[0].message


def test_rows_are_skipped_and_taken_across_files(look: Look) -> None:
    assert values(look.mltable([*READ, {"skip": 2}, {"take": 2}]), "id") == [3, 4]
    assert values(look.mltable([*READ, {"take": 2}, {"skip": 1}]), "id") == [2]
    table = look.mltable([*READ, {"filter": 'col("id") > 1'}, {"take": 2}])
    assert (values(table, "id"), table.schema.rows, table.schema.format) == ([2, 3], 2, "mltable")


def test_a_sample_is_the_same_each_time_and_differs_with_its_seed(look: Look) -> None:
    files = {"a.csv": "n\n" + "\n".join(map(str, range(10_000)))}
    first, again, other = (
        values(look.mltable([*READ, {"take_random_sample": {"probability": 0.1, "seed": seed}}], dict(files)), "n")
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other
    assert first == sorted(first)
    assert 850 < len(first) < 1150
    assert len(values(look.mltable([*READ, {"take_random_sample": {"probability": 1}}], dict(files)), "n")) == 10_000


def test_columns_are_kept_and_dropped(look: Look) -> None:
    assert list(types(look.mltable([*READ, {"keep_columns": ["amount", "id"]}]))) == ["amount", "id"]
    assert list(types(look.mltable([*READ, {"drop_columns": "day"}]))) == ["id", "amount", "paid", "code"]
    filtered = look.mltable([*READ, {"filter": 'col("paid") == "yes"'}, {"drop_columns": ["paid"]}])
    assert values(filtered, "id") == [1, 4]


def test_columns_are_converted_and_what_does_not_fit_is_counted(look: Look) -> None:
    table = look.mltable(
        [
            *READ,
            {
                "convert_column_types": [
                    {"columns": ["amount"], "column_type": "float"},
                    {"columns": "day", "column_type": {"datetime": {"formats": ["%d/%m/%Y"]}}},
                    {
                        "columns": ["paid"],
                        "column_type": {
                            "boolean": {"true_values": ["yes"], "false_values": ["no"], "mismatch_as": "error"}
                        },
                    },
                    {"columns": ["code"], "column_type": "string"},
                ]
            },
        ]
    )
    assert types(table) == {"id": "integer", "day": "datetime", "amount": "number", "paid": "boolean", "code": "text"}
    assert values(table, "amount") == [1.5, None, 3.0, 4.0, None]
    assert values(table, "paid") == [True, False, None, True, False]
    assert values(table, "code") == ["007", "008", "009", "010", "011"]
    assert [moment.day for moment in values(table, "day")] == [5, 6, 7, 1, 2]
    assert table.schema.losses == {"amount": 1, "paid": 1}
    as_true = {"boolean": {"true_values": ["yes"], "false_values": ["no"], "mismatch_as": "true"}}
    table = look.mltable([*READ, {"convert_column_types": [{"columns": ["paid"], "column_type": as_true}]}])
    assert values(table, "paid") == [True, False, True, True, False]


def test_a_text_is_read_as_it_is_written(look: Look) -> None:
    convert = {"convert_column_types": [{"columns": ["id"], "column_type": "string"}]}
    assert values(look.mltable([*READ, convert], {"a.csv": "id\n1.50\n2\n"}), "id") == ["1.50", "2"]
    late = look.mltable([*READ, {"filter": "id > 1.6"}, convert], {"a.csv": "id\n1.50\n2\n"})
    assert values(late, "id") == ["2.0"]


def test_the_path_tells_columns_from_where_the_transformation_stands(look: Look) -> None:
    extract = {"extract_columns_from_partition_format": "{when:yyyy/MM}/{name}.csv"}
    table = look.mltable([*READ, {"keep_columns": ["id"]}, extract, {"filter": 'when >= "2024-02-01"'}])
    assert list(types(table)) == ["id", "when", "name"]
    assert (values(table, "id"), values(table, "name")) == ([4, 5], ["b", "b"])
    with pytest.raises(errors.BadMLTable, match=r"Transformation 2 \(filter\): There is no column 'when'"):
        look.mltable([*READ, {"filter": 'when >= "2024-02-01"'}, extract])


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        ([{"file": "./2024/02/b.csv"}], ["2024/02/b.csv"]),
        ([{"folder": "2024/01"}], ["2024/01/a.csv"]),
        ([{"folder": "."}], ["2024/01/a.csv", "2024/02/b.csv"]),
        ([{"pattern": "2024/*/b.*"}], ["2024/02/b.csv"]),
    ],
)
def test_paths_choose_files(look: Look, paths: list[dict[str, str]], names: list[str]) -> None:
    assert list(look.mltable(READ, paths=paths).names) == names


def test_other_formats_are_read(look: Look) -> None:
    lines = '{"a": 1, "b": {"c": 2}}\nnonsense\n{"a": 3, "b": null}\n'
    table = look.mltable([{"read_json_lines": {"invalid_lines": "drop", "encoding": "utf8"}}, {"filter": "a > 1"}],
                         {"x.csv": lines})  # fmt: skip
    assert values(table, "a") == [3]
    latin = {"x.csv": "näme;n\nä;1\n".encode("cp1252")}
    table = look.mltable([{"read_delimited": {"delimiter": ";", "encoding": "windows1252"}}], latin)
    assert values(table, "näme") == ["ä"]
    table = look.mltable([{"read_delimited": {"header": "no_header", "infer_column_types": False}}, {"take": 1}],
                         {"x.csv": "1,2\n3,4\n"})  # fmt: skip
    assert set(types(table).values()) == {"text"}


def test_the_file_in_the_one_folder_of_all_is_found(look: Look) -> None:
    files = {f"sales/{name}": data for name, data in SALES.items()}
    about = yaml.safe_dump({"paths": [{"folder": "./2024"}], "transformations": [*READ, {"take": 1}]})
    assert look({**files, "sales/MLTable": about}).schema.rows == 1


def test_transformations_that_were_asked_for_come_before_those_of_the_file(look: Look) -> None:
    about = yaml.safe_dump({"paths": [{"folder": "."}], "transformations": [*READ, {"take": 1}]})
    assert look({**SALES, "MLTable": about}, transformations=[]).schema.rows == 5
    assert look({**SALES, "MLTable": about}, transformations=[*READ, {"skip": 1}]).schema.rows == 4
    assert look(SALES, transformations=[{"take": 3}]).schema.rows == 3


def test_traits_name_the_timestamp(look: Look) -> None:
    convert = {"columns": ["day"], "column_type": {"datetime": {"formats": ["dd/MM/yyyy"]}}}
    traits: dict[str, Any] = {"metadata": {"traits": {"timestamp_column": "day"}}}
    assert look.mltable([*READ, {"convert_column_types": convert}], **traits).schema.timestamp == "day"


@pytest.mark.parametrize(
    ("transformations", "field", "said"),
    [
        ([*READ, {"tkae": 1}], "transformations[1].tkae", "no such transformation"),
        ([*READ, {"take": -1}], "transformations[1].take", "no number of rows"),
        ([*READ, {"take": True}], "transformations[1].take", "no number of rows"),
        ([{"take": 1}, *READ], "transformations[1].read_delimited", "comes after others"),
        ([*READ, *READ], "transformations[1].read_delimited", "an earlier one"),
        ([*READ, {"filter": 'col("idd") > 1'}], "transformations[1].filter", "Did you mean 'id'"),
        ([*READ, {"keep_columns": ["Id"]}], "transformations[1].keep_columns", "no column 'Id'"),
        ([*READ, {"keep_columns": ["id", "id"]}], "transformations[1].keep_columns", "named twice"),
        ([*READ, {"drop_columns": ["id", "day", "amount", "paid", "code"]}], "transformations[1].drop_columns", "no column is left"),
        ([{"read_delimited": {"delimeter": ","}}], "transformations[0].read_delimited", "no setting 'delimeter'"),
        ([{"read_delimited": {"header": "some"}}], "transformations[0].read_delimited", "is no `header`"),
        ([{"read_delimited": {"encoding": "klingon"}}], "transformations[0].read_delimited", "is no encoding"),
        ([*READ, {"take_random_sample": {"probability": 2}}], "transformations[1].take_random_sample", "from 0 to 1"),
        ([*READ, {"convert_column_types": [{"columns": ["id"], "column_type": "stream_info"}]}],
         "transformations[1].convert_column_types", "no type of a column"),
        ([*READ, {"convert_column_types": [{"columns": ["nobody"], "column_type": "string"}]}],
         "transformations[1].convert_column_types", "no column 'nobody'"),
        ([*READ, {"convert_column_types": [{"columns": ["day"], "column_type": {"datetime": {"formats": ["never"]}}}]}],
         "transformations[1].convert_column_types", "no format"),
        ([*READ, {"convert_column_types": [{"columns": ["id"], "column_type": {"boolean": {"true_values": ["1"]}}}]}],
         "transformations[1].convert_column_types", "one side alone"),
        ([*READ, {"filter": "id * 9223372036854775807 > 1"}], "transformations[1].filter", "cannot be done"),
        (["read_delimited", 3], "transformations[1]", "no `name: value`"),
        ({"take": 1}, "transformations", "no list"),
    ],
)  # fmt: skip
def test_the_transformation_at_fault_is_named(look: Look, transformations: Any, field: str, said: str) -> None:
    with pytest.raises(errors.BadMLTable) as told:
        look.mltable(transformations)
    assert told.value.field == field
    assert said in f"{told.value.detail} {told.value.hint}"


@pytest.mark.parametrize(
    ("about", "field"),
    [
        ("paths: [", "file"),
        ("- a", "file"),
        ("type: mltable", "paths"),
        ("type: uri_file\npaths: [{file: a.csv}]", "type"),
        ("paths: [{file: ./nowhere.csv}]", "paths[0].file"),
        ("paths: [{folder: .}, {file: ../secret.csv}]", "paths[1].file"),
        ("paths: [{file: /etc/passwd}]", "paths[0].file"),
        ("paths: [{url: a.csv}]", "paths[0]"),
        ("paths: [{folder: .}, {pattern: './{a,b'}]", "paths[1].pattern"),
        ("paths: [{pattern: './[z-a].csv'}]", "paths[0].pattern"),
        ("paths: [{file: 'azureml://datastores/x/paths/a.csv'}]", "paths[0].file"),
    ],
)
def test_a_file_that_is_no_mltable_says_why(look: Look, about: str, field: str) -> None:
    with pytest.raises(errors.BadMLTable) as told:
        look({**SALES, "MLTable": about})
    assert told.value.field == field


def test_transformations_that_leave_nothing_say_so(look: Look) -> None:
    with pytest.raises(errors.HeaderOnly, match="leave no row"):
        look.mltable([*READ, {"filter": "id > 100"}])


@pytest.mark.parametrize("key", ["unknown", "transformations", "paths"])
def test_an_alias_bomb_is_no_bomb(look: Look, key: str) -> None:
    more = "" if key == "paths" else "paths: [{folder: .}]\n"
    with pytest.raises(errors.BadMLTable, match="its aliases stand for") as told:
        look({**SALES, "MLTable": f"{more}{bomb(key)}"})
    assert told.value.field == "file"


def test_many_paths_are_looked_up_by_name_and_few_are_searched_for() -> None:
    names = [f"{number}.csv" for number in range(2_000)]
    table = file.of({"paths": [{"file": f"./{name}"} for name in names]})
    assert table.named("", names) == names
    assert table.named("data/", [f"data/{name}" for name in names]) == [f"data/{name}" for name in names]
    for kind in ("folder", "pattern"):
        with pytest.raises(errors.BadMLTable, match="501 folders and patterns") as told:
            file.of({"paths": [{kind: f"./{number}"} for number in range(501)]})
        assert told.value.field == "paths"


def test_a_pattern_is_made_ready_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def counted(pattern: str) -> paths.Pattern:
        made.append(pattern)
        return paths.Pattern(pattern)

    monkeypatch.setattr(file, "Pattern", counted)
    table = file.of({"paths": [{"pattern": "./*/1*.csv"}, {"pattern": "x/?.csv"}]})
    assert table.named("", ["a/1.csv", "a/12.csv", "a/2.csv", "x/2.csv"]) == ["a/1.csv", "a/12.csv", "x/2.csv"]
    assert made == ["*/1*.csv", "x/?.csv"]


def test_what_was_written_for_a_version_reads_the_same_rows(look: Look) -> None:
    chosen = [
        {"name": "day", "type": "datetime", "formats": ["%d/%m/%Y"]},
        {"name": "paid", "true": ["yes"], "false": ["no"]},
        {"name": "amount", "type": "number"},
        {"name": "code", "include": False},
    ]
    first = look(SALES, columns=chosen, path_column="Path", partition_format="{year}/{month}/*.csv")
    text = export.write("sales:1", first.schema, first.names)
    again = look({**SALES, "MLTable": text})
    assert again.schema.format == "mltable"
    rows = table_file.to_arrow(first).to_pylist()
    assert [{key: row[key] for key in rows[0]} for row in table_file.to_arrow(again).to_pylist()] == rows
    once_more = export.write("sales:2", again.schema, list(SALES))
    assert yaml.safe_load(once_more)["transformations"] == yaml.safe_load(text)["transformations"]


def paths_of(look: Look, files: Mapping[str, str | bytes]) -> list[dict[str, str]]:
    """Look into files, write an MLTable for them, and see that it names the very files that were read."""
    first = look(files)
    text = export.write("many:1", first.schema, first.names)
    found = yaml.safe_load(text)["paths"]
    listed = file.read(text.encode()).named("", sorted(files))
    assert listed == list(first.names)
    return list(found)


def test_a_pattern_is_written_only_when_it_takes_in_nothing_that_was_left_out(
    look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "LISTED", 4)
    many: dict[str, str | bytes] = {f"part={n % 2}/{n:03}.csv": "n\n1\n" for n in range(5)}
    assert paths_of(look, many) == [{"pattern": "./**/*.csv"}]
    assert paths_of(look, {**many, "_SUCCESS": ""}) == [{"pattern": "./**/*.csv"}]
    beside = [{"file": f"./part=0/{n:03}.csv"} for n in range(0, 5, 2)]
    assert paths_of(look, {**many, "part=0/empty.csv": ""}) == [*beside, {"folder": "./part=1"}]
    bare: dict[str, str | bytes] = {f"v1.0/{n:03}": "n\n1\n" for n in range(5)}
    assert paths_of(look, bare) == [{"folder": "./"}]
    assert len(paths_of(look, {**bare, "v1.0/_SUCCESS": ""})) == 5


def test_thousands_of_files_beside_some_that_are_left_out_fit_into_a_file_that_is_read() -> None:
    """Folders in which nothing is left out are named whole, and endings where a folder holds many of one."""
    schema = TableSchema(format="delimited", columns=[], rows=1, options={"delimiter": ",", "header": True})
    names = [f"day={day:03}/{n:03}.csv" for day in range(300) for n in range(20)]
    many = [f"flat [1]/{n:05}.csv" for n in range(3)] + [f"flat/{n:05}.csv" for n in range(500)]
    left = ["day=007/empty.csv", "flat/notes.txt", "flat [1]/x.csv"]
    told = schema.model_copy(update={"options": {**schema.options, "left_out": left}})
    text = export.write("many:1", told, sorted([*names, *many]))
    assert len(text.encode()) < file.LARGEST
    listed = file.read(text.encode()).named("", sorted([*names, *many, *left]))
    assert listed == sorted([*names, *many])
    wild = [f"day/{n:05}" for n in range(8000)]  # no ending, and one of them is left out
    with pytest.raises(Invalid, match="one by one"):
        export.write("many:1", schema.model_copy(update={"options": told.options | {"left_out": ["day/x"]}}), wild)
