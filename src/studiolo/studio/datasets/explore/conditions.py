"""Filters and sorts as SQL over the columns `c0`, `c1`, … of a table; values are always quoted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from studiolo.studio.datasets.explore.errors import BadFilter
from studiolo.studio.datasets.reading import engine

NUMBERS = {"integer", "number", "decimal"}
MOMENTS = {"date", "datetime"}


@dataclass(frozen=True)
class Column:
    """name, type: as people know them; sql_type: the engine's; place: its number in the table."""

    name: str
    type: str
    sql_type: str
    place: int

    @property
    def sql(self) -> str:
        """The column in a query."""
        return f"c{self.place}"


def find(columns: Sequence[Column], name: str) -> Column:
    """Return a column; raises BadFilter."""
    found = next((column for column in columns if column.name == name), None)
    if found is None:
        raise BadFilter(f"There is no column '{name[:100]}'.", "Columns are named exactly.", field="column")
    return found


def where(columns: Sequence[Column], conditions: Sequence[dict[str, Any]]) -> str:
    """Return what follows WHERE; empty for no condition."""
    return " AND ".join(f"({_condition(find(columns, one['column']), one)})" for one in conditions)


def _condition(column: Column, one: dict[str, Any]) -> str:
    sql, op = column.sql, one["op"]
    there = f"{sql} IS NOT NULL" + (f" AND NOT isnan({sql})" if column.sql_type in ("DOUBLE", "FLOAT") else "")
    if op == "missing":
        return f"NOT ({there})"
    if op == "present":
        return there
    if op == "contains":
        text = str(next(iter(one.get("values") or [""])))
        return f"contains(lower(CAST({sql} AS VARCHAR)), lower({engine.literal(text)}))"
    if op in ("in", "not_in"):
        values = [_word(value) for value in one.get("values") or []]
        if not values:
            return "false" if op == "in" else "true"
        listed = f"CAST({sql} AS VARCHAR) IN ({', '.join(map(engine.literal, values))})"
        return listed if op == "in" else f"NOT coalesce({listed}, false)"
    ends = [(">=", one.get("min")), ("<=", one.get("max"))]
    parts = [f"{sql} {sign} {_value(column, end)}" for sign, end in ends if end is not None]
    if column.sql_type in ("DOUBLE", "FLOAT") and parts:
        parts.append(f"NOT isnan({sql})")  # the engine sorts it above every number
    return " AND ".join(parts) or "true"


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _value(column: Column, value: Any) -> str:
    if column.type in NUMBERS:
        try:
            float(value)
        except ValueError:
            raise BadFilter(
                f"'{str(value)[:60]}' is no number, as column '{column.name}' holds.", field="filter"
            ) from None
        return f"CAST({engine.literal(str(value))} AS {'DOUBLE' if _fraction(value) else column.sql_type})"
    return f"CAST({engine.literal(str(value))} AS {column.sql_type})"


def _fraction(value: Any) -> bool:
    text = str(value).lower()
    return "." in text or "e" in text or "inf" in text or "nan" in text


def order(columns: Sequence[Column], sort: Sequence[str]) -> str:
    """Return what follows ORDER BY; missing values come last either way, equal ones stay as they stand in the table."""
    parts = []
    for one in sort:
        column = find(columns, one.removeprefix("-"))
        parts.append(f"{column.sql} {'DESC' if one.startswith('-') else 'ASC'} NULLS LAST")
    return ", ".join([*parts, "r"]) if parts else ""
