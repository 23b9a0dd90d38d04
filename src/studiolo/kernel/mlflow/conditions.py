"""Comparisons and pages in SQL, the same for runs, experiments and logged models."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Integer, Select, Subquery, and_, bindparam, false, literal_column, or_
from sqlalchemy.exc import DBAPIError

from studiolo.kernel.db.patterns import BadPattern, matches
from studiolo.kernel.db.types import UtcDateTime
from studiolo.kernel.mlflow.errors import MlflowError
from studiolo.kernel.mlflow.grammar import LISTS, NUMERIC, PATTERNS, TEXT
from studiolo.kernel.mlflow.values import EPOCH
from studiolo.kernel.paging import decode, encode

Column = ColumnElement[Any]
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": lambda column, value: column == value,
    "!=": lambda column, value: column != value,
    ">": lambda column, value: column > value,
    ">=": lambda column, value: column >= value,
    "<": lambda column, value: column < value,
    "<=": lambda column, value: column <= value,
    "LIKE": lambda column, value: column.like(value),
    "ILIKE": lambda column, value: column.ilike(value),
    "IN": lambda column, value: column.in_(value),
    "NOT IN": lambda column, value: column.not_in(value),
}


def _refuse(operator: str, valid: frozenset[str]) -> MlflowError:
    return MlflowError(f"Invalid comparator '{operator}' not one of '{sorted(valid)}'")


def compare(column: Any, operator: str, value: Any) -> ColumnElement[bool]:
    """Compare a column with a value, or with a parameter of a statement, that was found to be of the right type."""
    result: ColumnElement[bool] = _COMPARE[operator](column, value)
    return result


def text_condition(
    column: Any, operator: str, value: Any, what: str, *, lists: bool = False, patterns: bool = False
) -> ColumnElement[bool]:
    """Compare a text column; `lists` allows [NOT] IN, `patterns` RLIKE with a regular expression."""
    valid = TEXT | (LISTS if lists else frozenset()) | (PATTERNS if patterns else frozenset())
    if operator not in valid:
        raise _refuse(operator, valid)
    if not isinstance(value, tuple if operator in LISTS else str):
        raise MlflowError(f"Expected a quoted string value for {what} (e.g. 'my-value'). Got value {value}")
    if operator in PATTERNS and isinstance(value, str):
        return pattern_condition(column, value)
    result: ColumnElement[bool] = _COMPARE[operator](column, value)
    return result


def pattern_condition(column: Any, pattern: str) -> ColumnElement[bool]:
    """Match some part of a text column with a regular expression."""
    with readable_patterns():
        return matches(column, pattern)


def _bad_pattern(error: BadPattern) -> MlflowError:
    return MlflowError(
        f"Invalid regular expression: {error}. RLIKE takes those of RE2: without looking ahead or behind, and without "
        "references back."
    )


@contextmanager
def readable_patterns() -> Iterator[None]:
    """Turn what RE2 or PostgreSQL says of a regular expression into the client's error."""
    try:
        yield
    except BadPattern as error:
        raise _bad_pattern(error) from None
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != "2201B":
            raise
        raise _bad_pattern(BadPattern(str(error.orig).splitlines()[0])) from None


def number_condition(column: Any, operator: str, value: Any, what: str) -> ColumnElement[bool]:
    """Compare a number column, or a time column with milliseconds since 1970."""
    if operator not in NUMERIC:
        raise _refuse(operator, NUMERIC)
    if not isinstance(value, float):
        raise MlflowError(f"Expected numeric value type for numeric attribute: {what}. Found {value}")
    bound: Any = value
    if isinstance(column.type, UtcDateTime):
        # rows keep microseconds, the protocol milliseconds: compare whole ones
        if not math.isfinite(value) or abs(value) > 2.5e14:
            return false() if (value > 0) == (operator in (">", ">=", "=")) else column.is_not(None)
        start, after = (EPOCH + timedelta(milliseconds=math.floor(value) + more) for more in (0, 1))
        whole: dict[str, ColumnElement[bool]] = {
            "=": and_(column >= start, column < after),
            "!=": or_(column < start, column >= after),
            ">": column >= after,
            ">=": column >= start,
            "<": column < start,
            "<=": column < after,
        }
        return whole[operator]
    result: ColumnElement[bool] = _COMPARE[operator](column, bound)
    return result


def null_condition(column: Any, operator: str) -> ColumnElement[bool]:
    """Say whether a column has no value, or has one."""
    result: ColumnElement[bool] = column.is_(None) if operator == "IS NULL" else column.is_not(None)
    return result


class SortKey(NamedTuple):
    """An expression that is never NULL, and its direction."""

    column: Any
    ascending: bool


class Keyset:
    """Pages by the sort keys of the last row, so that page 1,000 costs what page 1 costs."""

    def __init__(self, keys: Sequence[SortKey]) -> None:
        self._keys = keys
        self._begun: tuple[Select[Any], Select[Any]] | None = None

    def __len__(self) -> int:
        return len(self._keys)

    def page(
        self, tx: Connection, query: Select[Any], token: str, limit: int, values: Mapping[str, Any] | None = None
    ) -> tuple[list[Any], str | None]:
        """Return the rows of a page and the token of the next one, None at the end. values: of the query's parameters."""
        rows = self.after(tx, query, decode(token, len(self._keys)), limit + 1, values)
        if len(rows) <= limit:
            return rows, None
        return rows[:limit], encode(*self.place(rows[limit - 1]))

    def after(
        self,
        tx: Connection,
        query: Select[Any],
        place: Sequence[Any] | None,
        limit: int,
        values: Mapping[str, Any] | None = None,
    ) -> list[Any]:
        """Return the rows that follow a place, None for the beginning. values: of the parameters of a query that is kept."""
        if place is None and values is not None:
            return list(tx.execute(self.first(query), {**values, "most": limit}))
        if place is not None:
            query = query.where(self._beyond([self._typed(k, v) for k, v in zip(self._keys, place, strict=True)]))
        return list(tx.execute(self._in_order(query).limit(limit), values))

    def first(self, query: Select[Any]) -> Select[Any]:
        """Return the query of a first page, always the same for a query that is kept. Its size is the parameter `most`."""
        if self._begun is None or self._begun[0] is not query:
            self._begun = query, self._in_order(query).limit(bindparam("most", type_=Integer))
        return self._begun[1]

    def _in_order(self, query: Select[Any]) -> Select[Any]:
        query = query.add_columns(*(key.column.label(f"sort_{n}") for n, key in enumerate(self._keys)))
        return query.order_by(*self.order([key.column for key in self._keys]))

    def order(self, columns: Sequence[Any]) -> list[Any]:
        """Return what puts rows in order. columns: that have the values of the sort keys."""
        pairs = zip(self._keys, columns, strict=True)
        return [column.asc() if key.ascending else column.desc() for key, column in pairs]

    def beginning(self, query: Select[Any], most: int) -> tuple[Subquery, list[Any]]:
        """Return a first page as what more can be joined to, and how it is put in order again.

        Its size is part of the text: of a parameter a planner expects a tenth of the table, and then reads all of it.
        """
        page = self._in_order(query).limit(literal_column(str(most), Integer)).subquery("page")
        return page, self.order([page.c[f"sort_{n}"] for n in range(len(self._keys))])

    def place(self, row: Any) -> list[Any]:
        """Return the place of a row: what `after` is given to go on behind it."""
        return [_plain(getattr(row, f"sort_{n}")) for n in range(len(self._keys))]

    def _beyond(self, values: list[Any]) -> ColumnElement[bool]:
        either: list[ColumnElement[bool]] = []
        for n, (key, value) in enumerate(zip(self._keys, values, strict=True)):
            same = [earlier.column == values[m] for m, earlier in enumerate(self._keys[:n])]
            either.append(and_(*same, key.column > value if key.ascending else key.column < value))
        first, value = self._keys[0], values[0]
        # says nothing new, but lets an index begin where the page begins
        bound = first.column >= value if first.ascending else first.column <= value
        return and_(bound, or_(*either))

    def _typed(self, key: SortKey, value: Any) -> Any:
        if isinstance(key.column.type, UtcDateTime):
            if isinstance(value, int) and abs(value) < 2**57:
                return EPOCH + timedelta(microseconds=value)
            raise MlflowError("Invalid page token: it belongs to another search.")
        kind = key.column.type.python_type
        if kind is float and (isinstance(value, int) or value in ("inf", "-inf")):
            return float(value)
        if not isinstance(value, kind):
            raise MlflowError("Invalid page token: it belongs to another search.")
        return value


def _plain(value: Any) -> Any:
    if isinstance(value, float) and math.isinf(value):
        return str(value)  # a token is JSON
    return (value - EPOCH) // timedelta(microseconds=1) if isinstance(value, datetime) else value
