"""Dates and numbers as they are written where English is not: `31.12.2026`, `31/12/2026`, `1.234,56`.

Only what can be read in one way is taken for them: dots stand between day, month and year nowhere else, and of slashes one value must
tell that its first number is no month, or its second one none.
"""

from collections.abc import Sequence
from typing import NamedTuple

from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.reading.kinds import SQL_TYPES
from studiolo.studio.datasets.schemas import ColumnSchema, ColumnType

_TIMES = ("", " %H:%M", " %H:%M:%S")


class Form(NamedTuple):
    """A way to write a date. looks: what a value with it is LIKE, cheap to ask."""

    date: str
    looks: str

    @property
    def formats(self) -> list[str]:
        """The forms of it with and without a time of day."""
        return [f"{self.date}{time}" for time in _TIMES]


FORMS = {
    "dotted": Form("%d.%m.%Y", "%_._%.____%"),
    "day_first": Form("%d/%m/%Y", "%_/_%/____%"),
    "month_first": Form("%m/%d/%Y", "%_/_%/____%"),
}
# a number whose thousands are told apart by dots, of those with a decimal comma
GROUPED = "regexp_full_match(v, '\\s*[+-]?[0-9]{1,3}(\\.[0-9]{3})+(,[0-9]+)?\\s*')"


def conditions() -> dict[str, tuple[str, str]]:
    """Return by name of a form what is cheap to ask of a value `v`, and what says that it is a date in that form."""
    return {
        name: (
            f"v LIKE {engine.literal(form.looks)}",
            f"try_strptime(trim(v), {engine.literal(form.formats)}) IS NOT NULL",
        )
        for name, form in FORMS.items()
    }


def moment(name: str, facts: dict[str, int], present: int, before: Sequence[str] = ()) -> ColumnSchema | None:
    """Return the column of dates that all values are in one form, None when they are none, or could be read in two ways.

    facts: how many values are dates in each form, and how many tell a time of day (`timed`); present: values that are not missing;
    before: formats of the column in the files before, which tell how to read what could be read in two ways.
    """
    fitting = [form for key, form in FORMS.items() if facts[key] == present]
    if len(fitting) > 1:
        fitting = [form for form in fitting if form.date in before]
    if len(fitting) != 1:
        return None
    (form,) = fitting
    kind: ColumnType = "datetime" if facts["timed"] else "date"
    formats = form.formats if facts["timed"] else [form.date]
    return ColumnSchema(name=name, type=kind, sql_type=SQL_TYPES[kind], lenient=True, formats=formats)
