"""The engine's types and ours: ten words for people, one way to read each."""

import re
from collections.abc import Sequence

from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.reading.conversion import of_stored
from studiolo.studio.datasets.schemas import ColumnSchema, ColumnType

NESTED = ("LIST", "STRUCT", "MAP", "UNION", "JSON", "VARIANT")
READ_AS: dict[str, tuple[ColumnType, str]] = {
    **dict.fromkeys(
        ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"), ("integer", "BIGINT")
    ),
    **dict.fromkeys(("FLOAT", "DOUBLE", "UHUGEINT"), ("number", "DOUBLE")),
    "UBIGINT": ("decimal", "DECIMAL(20,0)"),  # beyond BIGINT, and exact
    "HUGEINT": ("decimal", "DECIMAL(38,0)"),
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"), ("datetime", "TIMESTAMP")),
    "TIMESTAMP WITH TIME ZONE": ("datetime", "TIMESTAMPTZ"),
    "BOOLEAN": ("boolean", "BOOLEAN"),
    "DATE": ("date", "DATE"),
    "TIME": ("time", "TIME"),
    "BLOB": ("binary", "BLOB"),
    **dict.fromkeys(NESTED, ("json", "VARCHAR")),
}
SQL_TYPES: dict[ColumnType, str] = {
    "integer": "BIGINT",
    "number": "DOUBLE",
    "decimal": "DECIMAL(38,9)",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "datetime": "TIMESTAMP",
    "time": "TIME",
    "text": "VARCHAR",
    "binary": "BLOB",
    "json": "VARCHAR",
}


def bare(stored: str) -> str:
    """Return the engine's type without its arguments; `LIST` for every array."""
    return "LIST" if stored.endswith("]") else re.sub(r"\(.*", "", stored).strip()


def of_sql(name: str, stored: str, place: Sequence[str] = ()) -> ColumnSchema:
    """Return how a typed column is read. Nested types become JSON text, types without a word of ours text.

    place: where it stands in the file, where that is not its name.
    """
    kind, sql_type = READ_AS.get(bare(stored), ("text", "VARCHAR"))
    if bare(stored) == "DECIMAL":
        kind, sql_type = "decimal", stored
    return ColumnSchema(name=name, type=kind, sql_type=sql_type, stored=stored, field=list(place))


def reference(place: Sequence[str]) -> str:
    """Return the expression of a value by its place: a column, or a field inside structs."""
    quoted = engine.name(place[0])
    for inner in place[1:]:
        quoted = f"struct_extract({quoted}, {engine.literal(inner)})"
    return quoted


def in_utc(column: ColumnSchema, value: str) -> str:
    """Put moments with a zone in UTC."""
    return f"timezone('UTC', {value})" if column.sql_type == "TIMESTAMPTZ" else value


def expression(column: ColumnSchema) -> str:
    """Return the SELECT item of a column that was read as its sql_type."""
    return f"{in_utc(column, reference(column.place))} AS {engine.name(column.name)}"


def cast(column: ColumnSchema) -> str:
    """Return the SELECT item for a file with types of its own: nested values come as JSON text."""
    value, stored = reference(column.place), bare(column.stored)
    if stored in NESTED and not column.lenient:
        value = f"CAST(to_json({value}) AS VARCHAR)"
    elif column.sql_type == "TIMESTAMPTZ" and not column.lenient:
        value = in_utc(column, f"CAST({value} AS TIMESTAMPTZ)" if stored != "TIMESTAMP WITH TIME ZONE" else value)
    elif column.lenient:
        value = of_stored(column, value)
    elif column.sql_type != column.stored:
        value = f"CAST({value} AS {column.sql_type})"
    return f"{value} AS {engine.name(column.name)}"


def nothing(column: ColumnSchema) -> str:
    """Return the SELECT item of a column that some files lack."""
    kind = "TIMESTAMP" if column.sql_type == "TIMESTAMPTZ" else column.sql_type
    return f"CAST(NULL AS {kind}) AS {engine.name(column.name)}"
