"""What the driver of PostgreSQL does too often or by too long a way."""

from collections.abc import MutableMapping, Sequence
from typing import Any

import psycopg
from psycopg import adapt
from psycopg._preparing import PrepareManager
from psycopg.abc import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGresult

_MOST = 1000  # statements whose columns are kept
_columns: dict[bytes, list[psycopg.Column]] = {}


class Kept(PrepareManager):
    """The statements that a connection has prepared, through rollbacks too: the driver forgets all of the session with each of them.

    It does so for tables that are made anew. Ours are by migrations, after which connections are too.
    """

    def clear(self) -> bool:
        """Keep them; returns that there is nothing to be told to the server."""
        return False


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


def prepare(connection: "psycopg.Connection[Any]", most: int) -> None:
    """Make a new connection ours. most: statements that it keeps prepared, from their second time on."""
    connection._prepared = Kept()  # noqa: SLF001 - the driver has no setting for it
    connection.prepare_threshold, connection.prepared_max = 1, most
    connection.cursor_factory = Cursor


def say(connection: "psycopg.Connection[Any]", statement: str) -> bool:
    """Run a statement that returns nothing, without a cursor; False when it failed."""
    try:
        return connection.pgconn.exec_(statement.encode()).status == ExecStatus.COMMAND_OK
    except psycopg.Error:
        return False


class Numbered:
    """A statement whose parameters are `$1`, `$2`…: each connection prepares it once, and is then asked with nothing around it.

    A cursor of the driver takes about fifty calls of Python to do the same, which is longer than PostgreSQL takes for a short statement.
    The types of the parameters are those that the statement casts them to, so each value is sent as text.
    """

    def __init__(self, statement: str, parameters: int) -> None:
        self._statement = statement.encode()
        self._formats = [adapt.PyFormat.TEXT] * parameters

    def ask(
        self, connection: "psycopg.Connection[Any]", kept: MutableMapping[Any, Any], values: Sequence[Any]
    ) -> "Found":
        """Run it; kept: what lives as long as the connection. Raises what a cursor would."""
        name, turns = kept.get(self) or self._prepare(connection, kept)
        sent: Any = turns.dump_sequence(values, self._formats) if values else None
        result = connection.pgconn.exec_prepared(name, sent)
        if result.status == ExecStatus.TUPLES_OK:
            turns.set_pgresult(result)
            return Found(turns.load_rows(0, result.ntuples, tuple), result.command_tuples or 0)
        if result.status == ExecStatus.COMMAND_OK:
            return Found([], result.command_tuples or 0)
        raise _error(connection, result)

    def _prepare(
        self, connection: "psycopg.Connection[Any]", kept: MutableMapping[Any, Any]
    ) -> tuple[bytes, Transformer]:
        name = b"studiolo_%d" % id(self)
        result = connection.pgconn.prepare(name, self._statement)
        if result.status != ExecStatus.COMMAND_OK:
            raise _error(connection, result)
        made: tuple[bytes, Transformer] = name, adapt.Transformer(connection)
        kept[self] = made
        return made


class Found:
    """What a statement found, as far as it is asked for: the part of a cursor that prepared statements use."""

    __slots__ = ("_rows", "rowcount")

    def __init__(self, rows: list[tuple[Any, ...]], rowcount: int) -> None:
        self._rows = rows
        self.rowcount = rowcount

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return the rows."""
        return self._rows

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the first row, None without one."""
        return self._rows[0] if self._rows else None

    def close(self) -> None:
        """Do nothing: the rows are here already."""


def _error(connection: "psycopg.Connection[Any]", result: PGresult) -> psycopg.Error:
    error = error_from_result(result)
    return psycopg.OperationalError(str(error)) if connection.pgconn.status == ConnStatus.BAD else error
