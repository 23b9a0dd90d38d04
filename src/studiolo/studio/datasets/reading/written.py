"""Dates and numbers as they are written where English is not: `31.12.2026`, `31/12/2026`, `1.234,56`.

Only what can be read in one way is taken for them: dots stand between day, month and year nowhere else, and of slashes one value must
tell that its first number is no month, or its second one none. Until one does, the column is text, and the options of the schema say what
it could be: a file that comes later may tell.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.reading.kinds import SQL_TYPES
from studiolo.studio.datasets.schemas import ColumnSchema, ColumnType, ReadingNote

_TIMES = ("", " %H:%M", " %H:%M:%S")
_FIRST_YEAR = 1000  # a year of two digits is read as one of the first century
# what may be a date in one of the forms below: cheap to ask of every value `v`
PARTED = "(v LIKE '%_._%.____%' OR v LIKE '%_/_%/____%')"
# a number whose thousands are told apart by dots, of those with a decimal comma
GROUPED = "regexp_full_match(v, '\\s*[+-]?[0-9]{1,3}(\\.[0-9]{3})+(,[0-9]+)?\\s*')"
OPEN = "could_be"  # in the options of a schema
FORMS = {"dotted": "%d.%m.%Y", "day_first": "%d/%m/%Y", "month_first": "%m/%d/%Y"}


def facts() -> dict[str, str]:
    """Return what is counted of a column with values that are `PARTED`: dates in each form, and those with a time of day."""
    found = {
        name: f"count(*) FILTER (year(try_strptime(trim(v), {engine.literal(_timed(form))})) >= {_FIRST_YEAR})"
        for name, form in FORMS.items()
    }
    return {**found, "timed": "count(*) FILTER (contains(v, ':'))"}


def _timed(form: str) -> list[str]:
    return [f"{form}{time}" for time in _TIMES]


def credible(column: ColumnSchema, value: str) -> str:
    """Return the SQL value of a column that was guessed, NULL where it is none that such a column would have."""
    return f"CASE WHEN year({value}) >= {_FIRST_YEAR} THEN {value} END" if column.formats else value


def dates(name: str, counted: dict[str, int], present: int, before: Sequence[str] = ()) -> list[ColumnSchema]:
    """Return the columns of dates that all values can be read as: none, one, or two where nothing tells day from month.

    counted: of the `facts`; present: values that are not missing; before: formats of the column in the files before, which tell how to
    read what could be read in two ways.
    """
    fitting = [form for key, form in FORMS.items() if counted[key] == present > 0]
    known = [form for form in fitting if form in before]
    return [_dates(name, _timed(form) if counted["timed"] else [form]) for form in known or fitting]


def _dates(name: str, formats: list[str]) -> ColumnSchema:
    kind: ColumnType = "datetime" if len(formats) > 1 else "date"
    return ColumnSchema(name=name, type=kind, sql_type=SQL_TYPES[kind], lenient=True, formats=formats)


def open_of(ways: Mapping[str, Sequence[ColumnSchema]]) -> dict[str, list[list[str]]]:
    """Return, as a schema's options keep it, in which forms the dates of columns that are text until more is known could be written."""
    return {place: [column.formats for column in columns] for place, columns in ways.items()}


def ways(column: ColumnSchema, options: Mapping[str, Any]) -> list[ColumnSchema]:
    """Return what a column can be: itself, or the dates that its texts could be read as (`open_of` in the options)."""
    formats = options.get(OPEN, {}).get(column.place[0], ()) if column.type == "text" else ()
    found = [_dates(column.name, listed).model_copy(update={"field": column.field}) for listed in formats]
    return found or [column]


def day_first(column: ColumnSchema) -> bool:
    """Say whether the day stands before the month in the dates of a column."""
    return column.formats[0].startswith("%d")


def doubt(name: str) -> ReadingNote:
    """Return the note on a column of dates that could be read in two ways."""
    return ReadingNote(
        message=f"Column '{name}' could be dates with the day first or with the month first; it stays text until a file or its owner "
        "tells (format dd/MM/yyyy or MM/dd/yyyy).",
        column=name,
    )
