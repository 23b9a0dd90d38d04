"""Reading many rows from PostgreSQL in its binary form: bytes sent as text are twice as long and are decoded digit by digit."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Connection, Select, any_, bindparam
from sqlalchemy.dialects import postgresql


def binary_rows(
    tx: Connection, query: Select[Any], column: ColumnElement[int], numbers: Sequence[int]
) -> dict[int, Any]:
    """Return the rows of a query whose column, which is the first one selected, has one of the numbers."""
    from psycopg.rows import namedtuple_row

    connection: Any = tx.connection.driver_connection
    with connection.cursor(binary=True, row_factory=namedtuple_row) as cursor:
        cursor.execute(_text(query, column), {"numbers": list(numbers)})
        return {row[0]: row for row in cursor}


@lru_cache
def _text(query: Select[Any], column: ColumnElement[int]) -> str:
    narrowed = query.where(column == any_(bindparam("numbers", type_=ARRAY(BigInteger))))
    return str(narrowed.compile(dialect=postgresql.psycopg.dialect()))  # type: ignore[no-untyped-call]
