"""Reading many rows from PostgreSQL in its binary form: bytes sent as text are twice as long and are decoded digit by digit."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Connection, Select, any_, bindparam
from sqlalchemy.dialects import postgresql

from studiolo.kernel.errors import Unavailable


class BinaryQuery:
    """A query whose text is made once: to make it takes longer than to run it. Rows have their values as the driver has them."""

    def __init__(self, query: Select[Any]) -> None:
        made = query.compile(dialect=postgresql.psycopg.dialect())  # type: ignore[no-untyped-call]
        self._text, self._own = str(made), made.params

    def rows(self, tx: Connection, values: Mapping[str, Any]) -> list[Any]:
        """Return what it finds. values: of its parameters that have none of their own; others may be among them."""
        from psycopg import OperationalError
        from psycopg.rows import namedtuple_row

        connection: Any = tx.connection.driver_connection
        try:
            with connection.cursor(binary=True, row_factory=namedtuple_row) as cursor:
                cursor.execute(self._text, {**self._own, **values}, prepare=True)
                return list(cursor.fetchall())
        except OperationalError as error:
            if not connection.closed:
                raise
            tx.invalidate(error)  # the pool opens another one
            raise Unavailable("The database does not answer.", "Try again in a moment.") from error


def binary_rows(
    tx: Connection, query: Select[Any], column: ColumnElement[int], numbers: Sequence[int]
) -> dict[int, Any]:
    """Return the rows of a query whose column, which is the first one selected, has one of the numbers."""
    return {row[0]: row for row in _numbered(query, column).rows(tx, {"numbers": list(numbers)})}


@lru_cache
def _numbered(query: Select[Any], column: ColumnElement[int]) -> BinaryQuery:
    return BinaryQuery(query.where(column == any_(bindparam("numbers", type_=ARRAY(BigInteger)))))
