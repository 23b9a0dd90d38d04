"""What the driver of PostgreSQL does too often or by too long a way."""

from typing import Any

import psycopg
from psycopg.pq import ExecStatus

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
