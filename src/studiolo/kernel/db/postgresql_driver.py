"""What the driver of PostgreSQL does too often or by too long a way."""

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.pq import ExecStatus
from psycopg.rows import namedtuple_row
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from studiolo.kernel.errors import Unavailable

_MOST = 1000  # statements whose columns are kept
_columns: dict[bytes, list[psycopg.Column]] = {}


class Cursor(psycopg.Cursor[Any]):
    """A cursor that knows the columns of a statement from the last time: they were made anew each time, and looked at by nobody."""

    @property
    def description(self) -> list[psycopg.Column] | None:
        """Columns of what was found, None for a statement that finds nothing."""
        statement = self._query.query if self._query is not None else b"*"
        if b"*" in statement:  # its columns are the table's, which a migration changes
            return super().description
        found = _columns.get(statement)
        if found is None:
            found = super().description
            if found is not None:
                if len(_columns) >= _MOST:
                    _columns.clear()
                _columns[statement] = found
        return found


def say(connection: "psycopg.Connection[Any]", statement: str) -> bool:
    """Run a statement that returns nothing, without a cursor; False when it failed."""
    try:
        return connection.pgconn.exec_(statement.encode()).status == ExecStatus.COMMAND_OK
    except psycopg.Error:
        return False


def rows(tx: Connection, statement: str, values: Mapping[str, Any]) -> list[Any]:
    """Return what a statement finds, in binary form: numbers and moments sent as text are longer and are decoded digit by digit.

    Raises Unavailable when the database is gone, else SQLAlchemy's errors.
    """
    connection: Any = tx.connection.driver_connection
    try:
        with connection.cursor(binary=True, row_factory=namedtuple_row) as cursor:
            cursor.execute(statement, values, prepare=True)
            return list(cursor.fetchall()) if cursor.pgresult.nfields else []
    except psycopg.Error as error:
        if isinstance(error, psycopg.OperationalError) and connection.closed:
            tx.invalidate(error)  # the pool opens another one
            raise Unavailable("The database does not answer.", "Try again in a moment.") from error
        raise DBAPIError.instance(statement, dict(values), error, psycopg.Error, dialect=tx.dialect) from error
