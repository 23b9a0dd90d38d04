"""What the commands that register are told about columns: types, names, what is left out, and which orders the rows in time."""

import re
from typing import Annotated, Any, get_args

import typer

from studiolo.kernel.errors import Invalid
from studiolo.kernel.nearest import nearest
from studiolo.studio.datasets.schemas import ColumnType

ColumnOption = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        help="NAME=TYPE: integer, number, decimal(12,2), boolean, text, date, datetime or time, of moments with how they are written: "
        "date:dd.MM.yyyy; more than one.",
    ),
]
RenameOption = Annotated[list[str] | None, typer.Option("--rename", help="NAME=NEW of a column; more than one.")]
LeaveOutOption = Annotated[
    list[str] | None, typer.Option("--leave-out", help="A column that is left out; more than one.")
]
TimestampOption = Annotated[str | None, typer.Option(help="Column that orders the rows in time.")]
_DECIMAL = re.compile(r"decimal\((\d{1,2}),\s*(\d{1,2})\)")


def chosen(
    column: list[str] | None, rename: list[str] | None, leave_out: list[str] | None, timestamp: str | None
) -> dict[str, Any]:
    """Return what was said of columns, as a reading says it; raises Invalid, which names the option.

    >>> chosen(["day=date:dd.MM.yyyy"], ["day=sold"], ["note"], None)["columns"][0]
    {'name': 'day', 'type': 'date', 'formats': ['dd.MM.yyyy'], 'rename': 'sold'}
    """
    found: dict[str, dict[str, Any]] = {}
    for word in column or ():
        name, equals, kind = word.rpartition("=")
        if not equals or not name:
            raise Invalid(
                f"'{word}' names no column and its type.", "Write NAME=TYPE, such as day=date.", field="column"
            )
        found[name] = {"name": name, **_type(kind)}
    for word in rename or ():
        name, equals, new = word.partition("=")
        if not equals or not name or not new.strip():
            raise Invalid(f"'{word}' is no new name of a column.", "Write NAME=NEW.", field="rename")
        found.setdefault(name, {"name": name})["rename"] = new.strip()
    for name in leave_out or ():
        found.setdefault(name, {"name": name})["include"] = False
    return ({"columns": list(found.values())} if found else {}) | ({"timestamp": timestamp} if timestamp else {})


def _type(text: str) -> dict[str, Any]:
    kind, _, form = text.strip().partition(":")
    exact = _DECIMAL.fullmatch(kind)
    if exact:
        return {"type": "decimal", "precision": int(exact[1]), "scale": int(exact[2])}
    known = [one for one in get_args(ColumnType) if one not in ("json", "binary")]
    if kind not in known:
        near = nearest(kind, known)
        listed = f"There are: {', '.join(known)}."
        raise Invalid(
            f"'{kind[:80]}' is no type of a column.",
            f"Did you mean '{near}'? {listed}" if near else listed,
            field="column",
        )
    if form and kind not in ("date", "datetime"):
        raise Invalid(
            f"The type {kind} has no form.", "A form says how dates and datetimes are written.", field="column"
        )
    return {"type": kind} | ({"formats": [form]} if form else {})
