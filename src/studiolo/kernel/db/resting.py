"""Connections that were used a moment ago: to take one from SQLAlchemy's pool, and give it back, is half of a short question."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, Engine

from studiolo.kernel.db.options import RESTING

_MOST = 2  # of an engine; what more is used at once goes back to the pool
_SECONDS = 0.9  # after which the other side may have ended one, which the pool finds out


class Resting:
    """The connections of an engine, of which the last ones used are kept beside its pool."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._kept: deque[Connection] = deque()

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Lend a connection to one thread."""
        connection = self._newest() or self._engine.connect()
        options = connection.get_execution_options()
        try:
            yield connection
        except BaseException:  # whatever it was, the pool looks at the connection
            connection.close()
            raise
        if (
            connection.invalidated or connection.get_execution_options() is not options
        ):  # which would be the next one's too
            connection.close()
            return
        if connection.in_transaction():  # SQLAlchemy's own, which it begins with a statement that is executed
            connection.rollback()
        connection.info[RESTING] = time.monotonic()
        self._kept.append(connection)
        if len(self._kept) > _MOST:
            self._let_go()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Lend a connection with a transaction: committed at the end of the block, rolled back by an exception."""
        with self.connection() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Give all that rest back to the pool."""
        while self._kept:
            self._let_go()

    def _newest(self) -> Connection | None:
        try:
            connection = self._kept.pop()
        except IndexError:
            return None
        if time.monotonic() - connection.info[RESTING] < _SECONDS:
            del connection.info[RESTING]
            return connection
        connection.close()
        return None

    def _let_go(self) -> None:
        with suppress(IndexError):  # another thread was faster
            self._kept.popleft().close()
