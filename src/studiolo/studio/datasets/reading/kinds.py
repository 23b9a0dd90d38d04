"""The engine's types and ours: six words for people, one way to read each."""

import re

from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.schemas import ColumnSchema, ColumnType

READ_AS: dict[str, tuple[ColumnType, str]] = {
    **dict.fromkeys(
        ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"), ("integer", "BIGINT")
    ),
    **dict.fromkeys(("FLOAT", "DOUBLE", "UBIGINT", "HUGEINT", "UHUGEINT", "DECIMAL"), ("number", "DOUBLE")),
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"), ("datetime", "TIMESTAMP")),
    "TIMESTAMP WITH TIME ZONE": ("datetime", "TIMESTAMPTZ"),
    "BOOLEAN": ("boolean", "BOOLEAN"),
    "DATE": ("date", "DATE"),
}


def bare(stored: str) -> str:
    """Return the engine's type without its arguments; `LIST` for every array."""
    return "LIST" if stored.endswith("]") else re.sub(r"\(.*", "", stored).strip()


def of_sql(name: str, stored: str) -> ColumnSchema:
    """Return how a typed column is read. Nested, binary and other types become text; wide integers numbers."""
    kind, sql_type = READ_AS.get(bare(stored), ("text", "VARCHAR"))
    return ColumnSchema(name=name, type=kind, sql_type=sql_type, stored=stored)


def expression(column: ColumnSchema) -> str:
    """Return the SELECT item of a column that was read as its sql_type; moments are put in UTC."""
    quoted = engine.name(column.name)
    return f"timezone('UTC', {quoted}) AS {quoted}" if column.sql_type == "TIMESTAMPTZ" else quoted


def cast(column: ColumnSchema) -> str:
    """Return the SELECT item for a file with types of its own: nested values as JSON text, bytes as hex digits."""
    quoted, stored = engine.name(column.name), bare(column.stored)
    if stored in ("LIST", "STRUCT", "MAP", "UNION"):
        return f"CAST(to_json({quoted}) AS VARCHAR) AS {quoted}"
    if stored == "BLOB":
        return f"hex({quoted}) AS {quoted}"
    if column.sql_type == "TIMESTAMPTZ":
        return expression(column)
    return quoted if column.sql_type == column.stored else f"CAST({quoted} AS {column.sql_type}) AS {quoted}"
