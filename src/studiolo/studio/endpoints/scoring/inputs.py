"""The columns that a model takes: which there are, what fits into them, and a sentence for what does not."""

import difflib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from studiolo.kernel.errors import StudioloError
from studiolo.studio.endpoints.scoring.bodies import Table, kind_of
from studiolo.studio.endpoints.scoring.problems import BadRows, ExtraColumn, MissingColumn, WrongType

_FLOAT32 = 3.4028234e38
_NEEDS = {
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "datetime": "a date",
    "string": "text or a number",
}
_FIXES = {
    "number": "Send a JSON number; null where it is unknown.",
    "integer": "Send a number without decimals.",
    "boolean": "Send true or false.",
    "datetime": "Send ISO 8601 text, e.g. 2024-03-01T12:00:00.",
    "string": "Send text.",
}
_PLAIN: dict[str, frozenset[type]] = {
    "number": frozenset({int, float, type(None)}),
    "integer": frozenset({int, type(None)}),
    "boolean": frozenset({bool, type(None)}),
    "string": frozenset({str, int, float, bool, type(None)}),
}
_WORDS = {"true", "false", "yes", "no", "t", "f", "y", "n", "1", "0", "1.0", "0.0"}


@dataclass(frozen=True, slots=True)
class Input:
    """One column. type: number, integer, boolean, string, datetime, or any.

    required: neither null nor absent. pattern: of dates that are not ISO 8601. float32: the model sees single precision.
    """

    name: str
    type: str = "any"
    required: bool = True
    pattern: str | None = None
    float32: bool = False


class Inputs:
    """All columns of a model, in its order. Without any (a model with no signature) every table fits.

    ignored: names that may be sent and mean nothing, such as the target. missing: says which values mean null.
    """

    def __init__(
        self,
        columns: Sequence[Input],
        ignored: Iterable[str] = (),
        extra: str = "reject",
        missing: Callable[[Any], bool] | None = None,
    ) -> None:
        self.columns = tuple(columns)
        self.names = [column.name for column in columns]
        self.known = frozenset(self.names)
        self.ignored = frozenset(ignored)
        self.extra = extra
        self.missing = missing or is_blank

    def named(self, table: Table) -> Table:
        """Give the columns of a table without names the names of the model's inputs."""
        rows = table.positional
        if rows is None:
            return table
        if not self.columns:
            names = [str(place) for place in range(len(rows[0]))]
        elif len(rows[0]) == len(self.names):
            names = self.names
        else:
            raise BadRows(
                f"The rows have {len(rows[0])} values; the model takes {len(self.names)} columns.",
                f"Send objects, or lists in this order: {', '.join(self.names[:8])}{'…' if len(self.names) > 8 else ''}.",
                field=table.at or "body",
            )
        columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
        result = Table(table.at, table.rows, columns=columns)
        result.params = table.params
        return result

    def collect(self, table: Table) -> dict[str, list[Any]]:
        """Return the columns that the model takes; absent ones that may be absent are left out.

        Raises MissingColumn, ExtraColumn.
        """
        table = self.named(table)
        columns = table.columns
        if columns is None:
            records = table.records or []
            if self.columns:
                names: Iterable[str] = self.names
                if self.extra == "reject":
                    self._no_extra({key: None for record in records for key in record}, table)
            else:
                names = dict.fromkeys(key for record in records for key in record)
            columns = {name: [record.get(name) for record in records] for name in names}
            present = {key for record in records for key in record} if self.columns else set(names)
            columns = {name: values for name, values in columns.items() if name in present}
        elif self.columns:
            if self.extra == "reject":
                self._no_extra(columns, table)
            columns = {name: columns[name] for name in self.names if name in columns}
        for column in self.columns:
            if column.required:
                values = columns.get(column.name)
                if values is None or None in values:
                    raise self._missing(column, values, table)
        return columns

    def _missing(self, column: Input, values: list[Any] | None, table: Table) -> MissingColumn:
        row = 0 if values is None else values.index(None)
        everywhere = values is None or (table.rows > 1 and all(value is None for value in values))
        where = "" if everywhere or table.rows == 1 else f" in row {row}"
        return MissingColumn(
            f"The column '{column.name}' is missing{where}.",
            f"The model needs {_NEEDS.get(column.type, 'a value')} for it in each row.",
            field=self._field(column.name, row, table),
            extra={"row": row},
        )

    def _no_extra(self, present: Mapping[str, Any], table: Table) -> None:
        for name in present:
            if name not in self.known and name not in self.ignored:
                raise self.unknown(name, table)

    def unknown(self, name: str, table: Table) -> ExtraColumn:
        """Say that a column is none of the model's, and which may have been meant."""
        near = difflib.get_close_matches(name, self.names, n=1, cutoff=0.7)
        hint = f"Did you mean '{near[0]}'?" if near else f"The model takes: {', '.join(self.names[:12])}."
        row = next((place for place, record in enumerate(table.records or ()) if name in record), 0)
        return ExtraColumn(
            f"The model has no column '{name[:200]}'.", hint, field=self._field(name, row, table), extra={"row": row}
        )

    def diagnose(self, table: Table) -> StudioloError | None:
        """Find the first thing in a table that the model cannot take; slow and exact, for when it was refused."""
        columns = self.collect(table)
        doubtful = [
            column for column in self.columns if column.name in columns and not _plain(column, columns[column.name])
        ]
        for row in range(table.rows if doubtful else 0):
            for column in doubtful:
                value = columns[column.name][row]
                if not self.missing(value) and not fits(column, value):
                    return self.wrong(column, value, row, table)
        return None

    def wrong(self, column: Input, value: Any, row: int, table: Table) -> WrongType:
        """Say that a value does not fit."""
        shown = f"{value!r}" if isinstance(value, str | int | float) and not isinstance(value, bool) else kind_of(value)
        shown = shown if len(shown) <= 80 else shown[:77] + "…"
        where = f"row {row}: " if table.rows > 1 else ""
        return WrongType(
            f"{where}'{column.name}' is {shown} where {_NEEDS.get(column.type, 'another value')} is needed.",
            _FIXES.get(column.type, ""),
            field=self._field(column.name, row, table),
            extra={"row": row},
        )

    def _field(self, name: str, row: int, table: Table) -> str:
        return name if table.rows == 1 else f"{table.at}[{row}].{name}"


def is_blank(value: Any) -> bool:
    """Say whether a value means null: null itself, or text without a character."""
    return value is None or (isinstance(value, str) and (not value or value.isspace()))


def _plain(column: Input, values: list[Any]) -> bool:
    """Say whether all values fit by their types alone, which is quick to see."""
    if column.float32 and column.type == "number":
        return False
    plain = _PLAIN.get(column.type)
    return plain is not None and plain.issuperset(map(type, values))


def fits(column: Input, value: Any) -> bool:
    """Say whether a value that is not missing fits a column."""
    if column.type == "any" or isinstance(value, dict | list):
        return column.type == "any"
    if column.type in {"number", "integer"}:
        number = _number(value)
        if number is None or (column.float32 and abs(number) > _FLOAT32):
            return False
        return column.type == "number" or number.is_integer()
    if column.type == "boolean":
        return isinstance(value, bool) or str(value).strip().lower() in _WORDS
    return column.type != "datetime" or _is_date(value, column.pattern)


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _is_date(value: Any, pattern: str | None) -> bool:
    if isinstance(value, datetime | date):
        return True
    try:
        text = str(value).strip()
        if pattern:
            datetime.strptime(text, pattern)  # noqa: DTZ007 - only whether it can be read
        else:
            datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
