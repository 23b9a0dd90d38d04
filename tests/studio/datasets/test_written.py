"""Dates and numbers as they are written where English is not."""
# ruff: noqa: DTZ001 - moments as they stand in a file

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from studiolo.studio.datasets import looking, table_file
from studiolo.studio.datasets.schemas import ColumnChoice, Reading, TableSchema
from studiolo.studio.datasets.table_file import TableInput


@pytest.fixture
def look(tmp_path: Path) -> Any:
    """Inspect files of a table; returns what was found, and the table."""

    def inspect(*texts: str, known: TableSchema | None = None, **reading: Any) -> TableInput:
        work = tmp_path / f"work-{len(list(tmp_path.iterdir()))}"
        work.mkdir()
        listed = [(work / f"{n}.csv", f"{n}.csv") for n in range(len(texts))]
        for (path, _), text in zip(listed, texts, strict=True):
            path.write_text(text)
        found = looking.inspect_files(listed, Reading(**reading), work, known=known)
        paths = tuple(readable or path for (path, _), readable in zip(listed, found.readables, strict=True))
        return TableInput(paths, tuple(name for _, name in listed), found.schema)

    return inspect


def column(table: TableInput, name: str = "when") -> tuple[str, list[Any]]:
    found = next(one for one in table.schema.columns if one.name == name)
    return found.type, table_file.to_arrow(table).column(name).to_pylist()


def rows(*texts: str) -> str:
    return "id;when\n" + "".join(f"{n};{text}\n" for n, text in enumerate(texts))


@pytest.mark.parametrize(
    ("texts", "kind", "found"),
    [
        (["01.02.2026", "3.12.2025"], "date", [date(2026, 2, 1), date(2025, 12, 3)]),
        (["31/01/2026", "01/02/2026"], "date", [date(2026, 1, 31), date(2026, 2, 1)]),
        (["01/31/2026", "01/02/2026"], "date", [date(2026, 1, 31), date(2026, 1, 2)]),
        (["1.2.2026 9:05", "", "2.2.2026"], "datetime", [datetime(2026, 2, 1, 9, 5), None, datetime(2026, 2, 2)]),
        (["31/01/2026 10:00:01"], "datetime", [datetime(2026, 1, 31, 10, 0, 1)]),
        (["01/02/2026", "03/04/2026"], "text", ["01/02/2026", "03/04/2026"]),  # either way
        (["31/01/2026", "01/31/2026"], "text", ["31/01/2026", "01/31/2026"]),  # neither
        (["31.02.2026", "01.02.2026"], "text", ["31.02.2026", "01.02.2026"]),
        (["01.02.26", "02.02.26"], "text", ["01.02.26", "02.02.26"]),
        (["01.02.26 10:00"], "text", ["01.02.26 10:00"]),
        (["1.2.2026", "n/a"], "date", [date(2026, 2, 1), None]),
        (["127.0.0.1", "10.0.0.2026"], "text", ["127.0.0.1", "10.0.0.2026"]),
    ],
)
def test_dates_are_found_where_there_is_one_way_to_read_them(
    look: Any, texts: list[str], kind: str, found: list[Any]
) -> None:
    assert column(look(rows(*texts))) == (kind, found)


@pytest.mark.parametrize(
    ("late", "said"),
    [("30.02.2026", "30.02.2026"), ("2026-03-01", "2026-03-01"), ("soon", "soon"), ("01.02.26", "01.02.26")],
)
def test_a_later_value_makes_it_text_and_is_named(look: Any, late: str, said: str) -> None:
    table = look(rows(*["01.02.2026"] * 30_000, late, "-"))
    assert column(table)[0] == "text"
    (note,) = [one for one in table.schema.notes if one.column == "when"]
    assert (note.line, note.value) == (30_002, said)
    assert "looked like date" in note.message


def test_a_later_word_for_nothing_is_missing(look: Any) -> None:
    table = look(rows(*["01.02.2026"] * 30_000, "-", "NA"))
    kind, found = column(table)
    assert (kind, found[-3:]) == ("date", [date(2026, 2, 1), None, None])


def test_the_owner_may_choose_otherwise(look: Any) -> None:
    table = look(rows("01.02.2026", "02.03.2026"), columns=[ColumnChoice(name="when", type="text")])
    assert column(table) == ("text", ["01.02.2026", "02.03.2026"])


def test_files_that_write_dates_in_two_ways_keep_the_texts(look: Any) -> None:
    table = look(rows("01.02.2026"), rows("2026-02-01"))
    assert column(table) == ("text", ["01.02.2026", "2026-02-01"])


def test_days_and_moments_of_one_form_are_moments(look: Any) -> None:
    table = look(rows("01.02.2026"), rows("02.02.2026 10:30"))
    assert column(table) == ("datetime", [datetime(2026, 2, 1), datetime(2026, 2, 2, 10, 30)])


def test_what_could_be_read_in_two_ways_is_read_as_in_the_files_before(look: Any) -> None:
    table = look(rows("31/01/2026"), rows("01/02/2026"))
    assert column(table) == ("date", [date(2026, 1, 31), date(2026, 2, 1)])


EITHER, DAYS, MONTHS = "01/02/2026", "31/01/2026", "01/31/2026"
FIRST, SECOND = date(2026, 2, 1), date(2026, 1, 2)  # what EITHER is with the day, with the month first


def doubts(table: TableInput) -> list[str]:
    return [note.column for note in table.schema.notes if "could be dates" in note.message]


@pytest.mark.parametrize(
    ("files", "kind", "found"),
    [
        ([EITHER, DAYS], "date", [FIRST, date(2026, 1, 31)]),
        ([EITHER, MONTHS], "date", [SECOND, date(2026, 1, 31)]),
        ([EITHER, EITHER, "", DAYS, EITHER], "date", [FIRST, FIRST, None, date(2026, 1, 31), FIRST]),
        (["", EITHER, MONTHS], "date", [None, SECOND, date(2026, 1, 31)]),
        ([EITHER, f"{DAYS} 10:30"], "datetime", [datetime(2026, 2, 1), datetime(2026, 1, 31, 10, 30)]),
        ([f"{EITHER} 10:30", MONTHS], "datetime", [datetime(2026, 1, 2, 10, 30), datetime(2026, 1, 31)]),
        (["NA", EITHER, DAYS], "date", [None, FIRST, date(2026, 1, 31)]),
        ([EITHER, DAYS, MONTHS], "text", [EITHER, DAYS, MONTHS]),
        ([EITHER, "soon", DAYS], "text", [EITHER, "soon", DAYS]),
        ([EITHER, "01.02.2026", DAYS], "text", [EITHER, "01.02.2026", DAYS]),
        ([EITHER, "2026-02-01"], "text", [EITHER, "2026-02-01"]),
        (["12", EITHER, DAYS], "text", ["12", EITHER, DAYS]),
    ],
)
def test_files_that_come_later_tell_day_from_month(look: Any, files: list[str], kind: str, found: list[Any]) -> None:
    table = look(*(rows(text) for text in files))
    assert column(table) == (kind, found)
    assert not doubts(table)
    told = [note.file for note in table.schema.notes if "comes first" in note.message]
    first = next((place for place, text in enumerate(files) if text.startswith((DAYS, MONTHS))), None)
    assert told == ([f"{first}.csv"] if (files[0] != "12" and kind != "text") or MONTHS in files else [])


def test_nothing_tells_day_from_month(look: Any) -> None:
    table = look(rows(EITHER), rows("03/04/2026"))
    assert column(table) == ("text", [EITHER, "03/04/2026"])
    assert doubts(table) == ["when"]


def test_a_version_that_is_added_to_may_tell_day_from_month(look: Any) -> None:
    before = look("id;when;until\n1;01/02/2026;05/06/2026\n")
    assert doubts(before) == ["when", "until"]
    same = look("id;when;until\n2;02/02/2026;06/07/2026\n", known=before.schema)
    assert doubts(same) == ["when", "until"]
    after = look("id;when;until\n2;20/02/2026;06/07/2026\n", known=same.schema)
    assert doubts(after) == ["until"]
    whole = TableInput(before.files + same.files + after.files, ("0.csv", "1.csv", "2.csv"), after.schema)
    assert column(whole) == ("date", [FIRST, date(2026, 2, 2), date(2026, 2, 20)])
    assert column(whole, "until")[0] == "text"
    assert "could_be" not in look("id;when;until\n2;20/02/2026;06/20/2026\n", known=after.schema).schema.options


@pytest.mark.parametrize(
    ("late", "kind", "doubted"),
    [
        (DAYS, "date", []),
        (MONTHS, "date", []),
        (EITHER, "text", ["when"]),
        ("-", "text", ["when"]),
        ("soon", "text", []),
    ],
)
def test_rows_further_down_tell_day_from_month(look: Any, late: str, kind: str, doubted: list[str]) -> None:
    table = look(rows(*[EITHER] * 60_000, late, *[EITHER] * 60_000))
    found = column(table)
    assert (found[0], doubts(table)) == (kind, doubted)
    assert found[1][0] == {DAYS: FIRST, MONTHS: SECOND}.get(late, EITHER)


def test_no_doubt_is_left_where_the_owner_says_how_dates_are_written(look: Any) -> None:
    choice = ColumnChoice(name="when", type="date", formats=["dd/MM/yyyy"], rename="day")
    table = look(rows(EITHER), columns=[choice])
    assert (column(table, "day"), doubts(table)) == (("date", [FIRST]), [])
    steps = [
        {"read_delimited": {"delimiter": ";"}},
        {"convert_column_types": [{"columns": ["when"], "column_type": {"datetime": {"formats": ["%m/%d/%Y"]}}}]},
    ]
    assert doubts(look(rows(EITHER), transformations=steps)) == []


def test_a_renamed_column_is_told_by_a_later_file_too(look: Any) -> None:
    table = look(rows(EITHER), rows(DAYS), columns=[ColumnChoice(name="when", rename="day")])
    assert column(table, "day") == ("date", [FIRST, date(2026, 1, 31)])


def test_numbers_with_dots_between_thousands_and_a_decimal_comma(look: Any) -> None:
    table = look("id;price\n1;1.234.567,50\n2;-1.000,25\n3;0,5\n4;12\n")
    assert column(table, "price") == ("number", [1234567.5, -1000.25, 0.5, 12.0])
    assert column(table, "id") == ("integer", [1, 2, 3, 4])


def test_thousands_alone_are_no_proof_of_a_decimal_comma(look: Any) -> None:
    assert column(look("id;price\n1;1.234\n2;5.678\n"), "price") == ("number", [1.234, 5.678])
