"""Dates and numbers as they are written where English is not: `31.12.2026`, `31/12/2026`, `1.234,56`.

Only what can be read in one way is taken for them: dots stand between day, month and year nowhere else, and of slashes one value must
tell that its first number is no month, or its second one none.
"""

from collections.abc import Sequence

from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.reading.kinds import SQL_TYPES
from studiolo.studio.datasets.schemas import ColumnSchema, ColumnType

_TIMES = ("", " %H:%M", " %H:%M:%S")
_FIRST_YEAR = 1000  # a year of two digits is read as one of the first century
# what may be a date in one of the forms below: cheap to ask of every value `v`
PARTED = "(v LIKE '%_._%.____%' OR v LIKE '%_/_%/____%')"
# a number whose thousands are told apart by dots, of those with a decimal comma
GROUPED = "regexp_full_match(v, '\\s*[+-]?[0-9]{1,3}(\\.[0-9]{3})+(,[0-9]+)?\\s*')"
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


def moment(name: str, counted: dict[str, int], present: int, before: Sequence[str] = ()) -> ColumnSchema | None:
    """Return the column of dates that all values are in one form, None when they are none, or could be read in two ways.

    counted: of the `facts`; present: values that are not missing; before: formats of the column in the files before, which tell how to read what could be read in two ways.
    """
    fitting = [form for key, form in FORMS.items() if counted[key] == present]
    if len(fitting) > 1:
        fitting = [form for form in fitting if form in before]
    if len(fitting) != 1:
        return None
    (form,) = fitting
    kind: ColumnType = "datetime" if counted["timed"] else "date"
    formats = _timed(form) if counted["timed"] else [form]
    return ColumnSchema(name=name, type=kind, sql_type=SQL_TYPES[kind], lenient=True, formats=formats)
