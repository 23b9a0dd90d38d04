"""Workbooks: sheets, headers, merged cells, the values of formulas, dates."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from studiolo.studio.datasets import errors, looking, table_file
from studiolo.studio.datasets.formats.base import Inspected, Source
from studiolo.studio.datasets.schemas import ReadOptions
from studiolo.studio.datasets.table_file import TableInput

pytest.importorskip("python_calamine", reason="python-calamine is not installed")


@pytest.fixture
def book(tmp_path: Path) -> Path:
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = "Sales"
    sheet.append(["region", "units", "price", "day", "at", "mixed"])
    sheet.append(["North", 3, 1.5, date(2024, 1, 31), datetime.fromisoformat("2024-01-31T10:30"), 1])
    sheet.append([None, 4, 2, date(2024, 2, 1), datetime.fromisoformat("2024-02-01T11:00"), "x"])
    sheet.append(["South", None, 3, None, None, None])
    sheet.merge_cells("A2:A3")
    other = made.create_sheet("Other")
    other.append(["a note above the table"])
    other.append([])
    other.append(["k", "v"])
    other.append([1, "#DIV/0!"])
    path = tmp_path / "book.xlsx"
    made.save(path)
    return path


def look(path: Path, **options: Any) -> Inspected:
    work = path.parent / "work"
    work.mkdir(exist_ok=True)
    return looking.inspect(Source(path, path.name, work, ReadOptions(**options)))


def rows(found: Inspected, tmp_path: Path) -> list[list[Any]]:
    assert found.readable is not None
    return table_file.preview(TableInput.of(found.readable, found.schema), 10, tmp_path).rows


def test_the_first_sheet_is_a_table(book: Path, tmp_path: Path) -> None:
    found = look(book)
    assert [(column.name, column.type) for column in found.schema.columns] == [
        ("region", "text"), ("units", "integer"), ("price", "number"), ("day", "date"), ("at", "datetime"),
        ("mixed", "text"),
    ]  # fmt: skip
    assert rows(found, tmp_path)[:2] == [
        ["North", 3, 1.5, "2024-01-31", "2024-01-31T10:30:00", "1"],
        ["North", 4, 2.0, "2024-02-01", "2024-02-01T11:00:00", "x"],
    ]
    said = " ".join(note.message for note in found.schema.notes)
    assert "'Other'" in said
    assert "merged" in said
    assert "several types" in said


def test_merged_cells_may_stay_empty(book: Path, tmp_path: Path) -> None:
    assert rows(look(book, fill_merged=False), tmp_path)[1][0] is None


def test_another_sheet_below_a_note(book: Path, tmp_path: Path) -> None:
    for sheet in ("Other", "2"):
        found = look(book, sheet=sheet, skip_rows=2)
        assert [column.name for column in found.schema.columns] == ["k", "v"]
        assert rows(found, tmp_path) == [[1, None]]
    with pytest.raises(errors.UnknownFormat, match="no sheet 'Third'"):
        look(book, sheet="Third")


def test_a_damaged_workbook_is_refused(book: Path) -> None:
    book.write_bytes(book.read_bytes()[:-400])
    with pytest.raises(errors.DamagedFile):
        look(book)


def test_a_formula_has_the_value_it_was_saved_with(tmp_path: Path) -> None:
    """The library writes no values of formulas, so the sheet's XML is mended as a spreadsheet program would have saved it."""
    import zipfile

    made = openpyxl.Workbook()
    made.active.append(["a", "twice"])
    made.active.append([21, "=A2*2"])
    made.save(tmp_path / "plain.xlsx")
    path = tmp_path / "saved.xlsx"
    with zipfile.ZipFile(tmp_path / "plain.xlsx") as old, zipfile.ZipFile(path, "w") as new:
        for info in old.infolist():
            data = old.read(info)
            if info.filename == "xl/worksheets/sheet1.xml":
                data = data.replace(b"<f>A2*2</f><v />", b"<f>A2*2</f><v>42</v>")
                assert b"<v>42</v>" in data
            new.writestr(info, data)
    assert rows(look(path), tmp_path) == [[21, 42]]
    assert look(path).schema.notes == []


def test_formulas_that_nobody_calculated_are_noted(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    made.active.append(["a", "twice"])
    other = made.create_sheet("R&D 'x'")
    other.append(["a", "twice"])
    for row in range(2, 2002):
        other.append([row, f"=A{row}*2"])
    made.active.append([1, 2])
    made.save(tmp_path / "plain.xlsx")
    found = look(tmp_path / "plain.xlsx", sheet="2")
    [note] = found.schema.notes
    assert "2,000 formulas have no value in the file (the first in B2)" in note.message
    assert not any("formula" in note.message for note in look(tmp_path / "plain.xlsx").schema.notes)


@pytest.mark.parametrize("gap", [0, 1, 3])
def test_titles_above_the_table_are_left_out(tmp_path: Path, gap: int) -> None:
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.append(["Sales of 2024", None, None])
    sheet.merge_cells("A1:C1")
    sheet.append(["as of January"])
    for _ in range(gap):
        sheet.append([])
    for row in (["a", "b", "c"], [1, 2, 3], [4, 5, 6]):
        sheet.append(row)
    path = tmp_path / "titled.xlsx"
    made.save(path)
    found = look(path)
    assert [column.name for column in found.schema.columns] == ["a", "b", "c"]
    assert rows(found, tmp_path) == [[1, 2, 3], [4, 5, 6]]
    assert any("'Sales of 2024', 'as of January'" in note.message for note in found.schema.notes)


def test_a_column_that_is_merged_or_lone_is_no_title(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    for row in (["a", "b"], ["only", None], [None, 2]):
        made.active.append(row)
    path = tmp_path / "sparse.xlsx"
    made.save(path)
    assert rows(look(path), tmp_path) == [["only", None], [None, 2]]
    made.active.delete_rows(1)
    made.active.insert_rows(1)
    made.active["A1"] = "first"
    made.save(path)
    assert len(rows(look(path, header=None), tmp_path)) == 3
