"""What the driver of PostgreSQL does too often or by too long a way."""

from collections import deque
from collections.abc import MutableMapping, Sequence
from itertools import count
from typing import Any

import psycopg
from psycopg import adapt
from psycopg._preparing import PrepareManager
from psycopg.abc import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, Escaping, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

_MOST = 1000  # statements whose columns are kept
_MOST_WAITING = 200  # statements that wait on a connection
_PREPARED = 400  # statements that the driver keeps prepared on one, from their second time on
_PASSING = 200  # statements of those that come and go that stay prepared on one
_DONE = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)
_columns: dict[bytes, list[psycopg.Column]] = {}
_numbers = count()  # no statement gets the name of one that is gone: a connection may still have that


class Kept(PrepareManager):
    """The statements that a connection has prepared, through rollbacks too: the driver forgets all of the session with each of them.

    It does so for tables that are made anew. Ours are by migrations, after which connections are too.
    """

    def clear(self) -> bool:
        """Keep them; returns that there is nothing to be told to the server."""
        return False


class Ours(psycopg.Connection[Any]):
    """A connection that keeps what needs no answer, and sends it with what does.

    PostgreSQL and we wake each other for each statement, which takes longer than a short one does. That a transaction begins, and what it
    writes without looking at it, goes along with the next question or with the end of the transaction, which is when its errors come.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._prepared = Kept()  # the driver has no setting for it
        self.prepare_threshold, self.prepared_max = 1, _PREPARED
        self.cursor_factory = Cursor
        self.escaping = Escaping(self.pgconn)
        self.waiting: list[bytes] = []
        self._begun = False  # what waits is no more than that a transaction begins

    def begin(self, statement: bytes) -> None:
        """Begin a transaction, with the first that is asked in it."""
        self.waiting, self._begun = [statement], True

    def keep(self, statement: bytes) -> bool:
        """Keep a statement for later; False where there is no transaction whose end would send it."""
        if not self.waiting and self.pgconn.transaction_status == TransactionStatus.IDLE:
            return False
        self.waiting.append(statement)
        self._begun = False
        if len(self.waiting) >= _MOST_WAITING:
            self.tell()
        return True

    def tell(self) -> None:
        """Send what waits; raises what a cursor would."""
        waiting, self.waiting = self.waiting, []
        if waiting:
            result = self.pgconn.exec_(b";".join(waiting))
            if result.status not in _DONE:
                raise _error(self, result)

    def join(self, statement: bytes) -> PGresult:
        """Send what waits and a statement; returns the result of the statement, or of the first that failed."""
        waiting, self.waiting = [*self.waiting, statement], []
        return self.pgconn.exec_(b";".join(waiting))

    def wait(self, *args: Any, **kwargs: Any) -> Any:
        """Do what a cursor does; all that the driver itself sends comes by here."""
        if self.waiting:
            self.tell()
        return super().wait(*args, **kwargs)

    def commit(self) -> None:
        """Send what waits, and end the transaction."""
        if self.waiting and self._begun:  # nothing was asked
            self.waiting = []
        elif self.waiting or self.pgconn.transaction_status != TransactionStatus.IDLE:
            result = self.join(b"COMMIT")
            if result.status != ExecStatus.COMMAND_OK:
                raise _error(self, result)

    def rollback(self) -> None:
        """Forget what waits, and undo the transaction."""
        self.waiting = []
        super().rollback()


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


class Numbered:
    """A statement whose parameters are `$1`, `$2`…: each connection prepares it once, and is then asked with nothing around it.

    A cursor of the driver takes about fifty calls of Python to do the same, which is longer than PostgreSQL takes for a short statement.
    The types of the parameters are those that the statement casts them to, so each value is sent as text.
    binary: rows come in PostgreSQL's own form, where bytes are half as long as in words; passing: it is one of many that come and go,
    of which a connection keeps the last.
    """

    def __init__(self, statement: str, parameters: int, *, binary: bool = False, passing: bool = False) -> None:
        self._statement = statement.encode()
        self._formats = [adapt.PyFormat.TEXT] * parameters
        self.name = b"studiolo_%d" % next(_numbers)
        self._form = 1 if binary else 0
        self._passing = passing

    def ask(self, connection: Ours, kept: MutableMapping[Any, Any], values: Sequence[Any]) -> "Found":
        """Run it; kept: what lives as long as the connection. Raises what a cursor would."""
        name, turns = kept.get(self) or self._prepare(connection, kept)
        sent: Any = turns.dump_sequence(values, self._formats) if values else None
        if connection.waiting:
            result = connection.join(_call(connection, name, sent))
        else:
            result = connection.pgconn.exec_prepared(name, sent, result_format=self._form)
        if result.status == ExecStatus.TUPLES_OK:
            turns.set_pgresult(result)
            return Found(turns.load_rows(0, result.ntuples, tuple), result.command_tuples or 0)
        if result.status == ExecStatus.COMMAND_OK:
            return Found([], result.command_tuples or 0)
        raise _error(connection, result)

    def later(self, connection: Ours, kept: MutableMapping[Any, Any], values: Sequence[Any]) -> None:
        """Run it with what is asked next, or with the end of the transaction; at once where there is none."""
        name, turns = kept.get(self) or self._prepare(connection, kept)
        sent: Any = turns.dump_sequence(values, self._formats) if values else None
        if not connection.keep(_call(connection, name, sent)):
            self.ask(connection, kept, values)

    def _prepare(self, connection: Ours, kept: MutableMapping[Any, Any]) -> tuple[bytes, Transformer]:
        result = connection.pgconn.prepare(self.name, self._statement)
        if result.status != ExecStatus.COMMAND_OK:
            raise _error(connection, result)
        made: tuple[bytes, Transformer] = self.name, adapt.Transformer(connection)
        kept[self] = made
        if self._passing:
            self._make_room(connection, kept)
        return made

    def _make_room(self, connection: Ours, kept: MutableMapping[Any, Any]) -> None:
        passing: deque[Numbered] = kept.setdefault("passing", deque())
        passing.append(self)
        if len(passing) > _PASSING:
            oldest = passing.popleft()
            del kept[oldest]
            connection.pgconn.exec_(b"DEALLOCATE " + oldest.name)


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


def _call(connection: Ours, name: bytes, values: Sequence[bytes | None] | None) -> bytes:
    """Return the words that run a prepared statement, of which several go together."""
    if not values:
        return b"EXECUTE " + name
    quoted = connection.escaping.escape_literal
    return b"EXECUTE %b(%b)" % (name, b",".join(b"NULL" if value is None else quoted(value) for value in values))


def _error(connection: Ours, result: PGresult) -> psycopg.Error:
    error = error_from_result(result)
    return psycopg.OperationalError(str(error)) if connection.pgconn.status == ConnStatus.BAD else error
