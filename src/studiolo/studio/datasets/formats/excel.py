"""Workbooks: one sheet of an .xlsx, .xls, .xlsb or .ods, with the values that its formulas had when it was saved.

A cell that shows an error, such as #DIV/0!, is missing.
"""

import math
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studiolo.studio.datasets.errors import DamagedFile, EmptyFile, HeaderOnly, MissingExtra, UnknownFormat
from studiolo.studio.datasets.formats import parquet
from studiolo.studio.datasets.formats.base import FormatSpec, Inspected, Source
from studiolo.studio.datasets.reading import engine, formulas, parquet_copy
from studiolo.studio.datasets.reading.dialect import column_names
from studiolo.studio.datasets.reading.table_input import TableInput
from studiolo.studio.datasets.schemas import ReadingNote, ReadOptions, TableSchema

if TYPE_CHECKING:
    import pyarrow as pa

SPEC = FormatSpec(
    name="excel",
    title="Excel workbook",
    extensions=(".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"),
    options=("sheet", "header", "skip_rows", "fill_merged"),
    copies=True,
    numbered=True,
)
OLD = b"\xd0\xcf\x11\xe0"
EXACT = 2**53


def matches(head: bytes, name: str) -> bool:
    """Take what is called so; a zip archive is asked for a workbook before."""
    return name.lower().endswith(SPEC.extensions) and head.startswith((b"PK\x03\x04", OLD))


def inspect(source: Source) -> Inspected:
    """Read the sheet, write its rows as Parquet, and look into that."""
    name, rows, notes = _sheet(source)
    rows = rows[source.options.skip_rows :]
    while rows and not any(_there(cell) for cell in rows[0]):
        rows = rows[1:]
    while rows and not any(_there(cell) for cell in rows[-1]):
        rows = rows[:-1]
    if not rows:
        raise EmptyFile(f"The sheet '{name}' is empty.", "Choose another sheet (option `sheet`).")
    rows = _below_titles(_without_empty_edges(rows), source.options, notes)
    header = _has_header(source.options, rows)
    names = column_names(_titles(rows[0]), header=header)
    body = rows[1:] if header else rows
    if not body:
        raise HeaderOnly(f"The sheet '{name}' has column names but no rows.", "Add rows, or choose another sheet.")
    batch = _columns(names, body, notes)
    target = source.work / "rows.parquet"
    parquet_copy.write(batch.schema, [batch], target)
    found = parquet.look(source, target, SPEC.name)
    options = found.schema.options | {"sheet": name, "header": header}
    schema = found.schema.model_copy(update={"options": options, "notes": [*notes, *found.schema.notes]})
    empty = frozenset(field for field in names if batch.column(field).null_count == batch.num_rows)
    return Inspected(schema, found.readable, empty)


def _sheet(source: Source) -> tuple[str, list[list[Any]], list[ReadingNote]]:
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError:
        raise MissingExtra(
            "Reading workbooks needs the package python-calamine, which is not installed.",
            "Install it: pip install 'studiolo[excel]', or save the sheet as CSV.",
            field="file",
        ) from None
    try:
        with source.path.open("rb") as stream, CalamineWorkbook.from_filelike(stream) as book:
            name = _choose(book.sheet_names, source.options.sheet)
            sheet = book.get_sheet_by_name(name)
            rows = sheet.to_python(skip_empty_area=False)
            merged = getattr(sheet, "merged_cell_ranges", None) or []
            others = [other for other in book.sheet_names if other != name]
    except (CalamineError, OSError, ValueError) as error:
        raise DamagedFile(f"The workbook cannot be read: {engine.said(error)}", "Save it again, or as CSV.") from error
    notes = []
    if others and source.options.sheet is None:
        listed = ", ".join(f"'{other}'" for other in others[:5])
        notes.append(ReadingNote(message=f"The sheet '{name}' is read; the workbook also has {listed}."))
    if merged and source.options.fill_merged:
        areas = "1 merged area is" if len(merged) == 1 else f"{len(merged):,} merged areas are"
        notes.append(ReadingNote(message=f"{areas} filled with the value of the first cell."))
        _fill(rows, merged)
    bare = formulas.uncalculated(source.path, name)
    if bare.cells:
        some = "1 formula has" if bare.cells == 1 else f"{bare.cells:,} formulas have"
        notes.append(
            ReadingNote(
                message=f"{some} no value in the file (the first in {bare.first}), and {'is' if bare.cells == 1 else 'are'} missing here: "
                "open the workbook in a spreadsheet program, save it, and send it again."
            )
        )
    return name, rows, notes


def _choose(names: Sequence[str], wanted: str | None) -> str:
    if not names:
        raise EmptyFile("The workbook has no sheet.", "Is it the right file?")
    if wanted is None:
        return names[0]
    if wanted in names:
        return wanted
    if wanted.isdigit() and 1 <= int(wanted) <= len(names):
        return names[int(wanted) - 1]
    listed = ", ".join(f"'{name}'" for name in names[:10])
    raise UnknownFormat(f"The workbook has no sheet '{wanted}'.", f"It has: {listed}.", field="sheet")


def _fill(rows: list[list[Any]], merged: Sequence[Any]) -> None:
    for (top, left), (bottom, right) in merged:
        if top >= len(rows) or left >= len(rows[top]):
            continue
        value = rows[top][left]
        for row in rows[top : bottom + 1]:
            for place in range(left, min(right + 1, len(row))):
                row[place] = value


def _there(cell: Any) -> bool:
    return cell is not None and cell != ""


def _without_empty_edges(rows: list[list[Any]]) -> list[list[Any]]:
    """Cut columns off on the left and right in which nothing stands."""
    width = max(len(row) for row in rows)
    used = [any(place < len(row) and _there(row[place]) for row in rows) for place in range(width)]
    first, last = used.index(True), width - used[::-1].index(True)
    return [[row[place] if place < len(row) else None for place in range(first, last)] for row in rows]


def _below_titles(rows: list[list[Any]], options: ReadOptions, notes: list[ReadingNote]) -> list[list[Any]]:
    """Leave out titles: rows above the table in which one text stands in its first cell, or in all that are merged; and gaps below."""
    if options.skip_rows or options.header is not None:  # the owner has said where the table begins
        return rows
    begin = 0
    while begin + 2 < len(rows) and (_is_title(rows[begin]) or (begin and not any(map(_there, rows[begin])))):
        begin += 1
    if begin and not _has_header(options, rows[begin:]):  # a column of texts with gaps beside it looks the same
        return rows
    if begin:
        titles = ", ".join(f"'{_text(row[0])[:40]}'" for row in rows[:begin] if _is_title(row))
        notes.append(ReadingNote(message=f"What stands above the table is left out: {titles}."))
    return rows[begin:]


def _is_title(row: list[Any]) -> bool:
    there = {cell for cell in row if _there(cell)}
    return len(row) > 1 and len(there) == 1 and isinstance(row[0], str) and bool(row[0].strip())


def _has_header(options: ReadOptions, rows: list[list[Any]]) -> bool:
    if options.header is not None:
        return options.header not in (False, "none")
    return all(isinstance(cell, str) and cell.strip() for cell in rows[0])


def _titles(row: Sequence[Any]) -> list[str]:
    return [
        str(int(cell)) if isinstance(cell, float) and cell.is_integer() else "" if cell is None else str(cell)
        for cell in row
    ]


def _columns(names: list[str], body: list[list[Any]], notes: list[ReadingNote]) -> "pa.RecordBatch":
    import pyarrow as pa

    made = []
    for place, name in enumerate(names):
        values = [row[place] if _there(row[place]) else None for row in body]
        made.append(_column(name, values, notes))
    return pa.RecordBatch.from_arrays(made, names=names)


def _column(name: str, values: list[Any], notes: list[ReadingNote]) -> Any:  # noqa: PLR0911 - one line per type
    """Return the values as one type; text when they are of several."""
    import pyarrow as pa

    kinds = {type(value) for value in values if value is not None}
    if not kinds:
        return pa.nulls(len(values), pa.string())
    if kinds <= {int, float}:
        return _numbers(values)
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    if kinds <= {date, datetime}:
        moments = [
            value if value is None or isinstance(value, datetime) else datetime.combine(value, time())
            for value in values
        ]
        if all(
            value is None or (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
            for value in moments
        ):
            return pa.array([value and value.date() for value in moments], pa.date32())
        return pa.array(moments, pa.timestamp("us"))
    if kinds == {time}:
        return pa.array(values, pa.time64("us"))
    if kinds != {str}:
        other = next(
            row for row, value in enumerate(values, 1) if value is not None and type(value) is not type(_first(values))
        )
        notes.append(
            ReadingNote(
                message=f"Column '{name}' holds values of several types, the first other one is '{_text(values[other - 1])}' in row "
                f"{other:,}; it is read as text.",
                column=name,
                line=other,
                value=_text(values[other - 1])[:40],
            )
        )
    return pa.array([None if value is None else _text(value) for value in values], pa.string())


def _first(values: list[Any]) -> Any:
    return next(value for value in values if value is not None)


def _numbers(values: list[Any]) -> Any:
    """Return integers where all are: a sheet knows only floating point."""
    import pyarrow as pa

    whole = all(
        value is None or isinstance(value, int) or (math.isfinite(value) and value.is_integer() and abs(value) <= EXACT)
        for value in values
    )
    if whole:
        return pa.array([None if value is None else int(value) for value in values], pa.int64())
    return pa.array([None if value is None else float(value) for value in values], pa.float64())


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) <= EXACT:
        return str(int(value))
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)


def scan(table: TableInput, row: str = "") -> str:
    """Read the Parquet that the inspection wrote."""
    return parquet.scan(table, row)


def head(path: Path, schema: TableSchema, rows: int, work: Path) -> Path:  # noqa: ARG001
    """Return the copy itself: a LIMIT reads no more than the first row group."""
    return path
