"""The one place that opens SQLite or PostgreSQL, and the one writer in front of SQLite."""

import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError

from studiolo.kernel.db.options import ALONE
from studiolo.kernel.db.postgresql_engines import postgresql_engines
from studiolo.kernel.db.prepared import Prepared
from studiolo.kernel.db.resting import Resting
from studiolo.kernel.db.sqlite_engines import sqlite_engines
from studiolo.kernel.db.turn import Turn
from studiolo.kernel.errors import DiskFull, StudioloError, Unavailable

T = TypeVar("T")
log = logging.getLogger(__name__)
_BATCH = 256  # writes that may share one commit


class NestedTransaction(StudioloError):
    """A write transaction was begun inside another of the same thread, which would wait for itself."""

    code, status, title = "db.nested", 500, "A transaction inside a transaction"


def upsert(dialect: str, table: Table) -> Any:
    """Return an insert of a dialect, for statements that are built once; see `Database.upsert`."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


class Database:
    """Snapshot reads, one fair writer, and group commit for small writes.

    `read()` and `begin()` give a SQLAlchemy Core connection. `write(work)` runs `work(connection)` in a transaction that
    it may share with the writes of other threads: each has its own savepoint, all have one commit and so one fsync.
    """

    def __init__(self, url: str, durability: Literal["full", "normal"] = "full") -> None:
        self.url = url
        self.dialect: Literal["sqlite", "postgresql"] = "sqlite" if url.startswith("sqlite") else "postgresql"
        readers, writer = sqlite_engines(url, durability) if self.dialect == "sqlite" else postgresql_engines(url)
        self._readers, self._writer = readers, writer
        self._reading, self._glancing = Resting(readers), Resting(readers.execution_options(**{ALONE: True}))
        self._writing = Resting(writer)
        self._turn = Turn()
        self._queue: deque[_Write[Any]] = deque()
        self._mine = threading.local()

    @property
    def engine(self) -> Engine:
        """The engine of the writer, for migrations."""
        return self._writer

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Read one consistent state of the database."""
        with _patiently(self._readers), self._reading.transaction() as connection:
            yield connection

    @contextmanager
    def glance(self) -> Iterator[Connection]:
        """Read with single statements, each of which sees one state; two may see different ones.

        The database is asked twice less than by `read`, which says where a transaction begins and ends: half of a short question.
        """
        if (kept := getattr(self._mine, "glances", None)) is not None:
            yield kept
            return
        with _patiently(self._readers), self._glancing.connection() as connection:
            yield connection

    @contextmanager
    def glances(self) -> Iterator[None]:
        """Let the glances of this thread share one connection until the end of the block: to take one costs as much as a short question."""
        if getattr(self._mine, "glances", None) is not None:  # in such a block
            yield
            return
        with self.glance() as connection:
            self._mine.glances = connection
            try:
                yield
            finally:
                self._mine.glances = None

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Write in one transaction: committed at the end of the block, rolled back by an exception."""
        if self.dialect == "postgresql":
            with _patiently(self._writer), self._writing.transaction() as connection:
                yield connection
            return
        if getattr(self._mine, "writing", False):
            raise NestedTransaction("A write transaction is open in this thread.", "Pass its connection on instead.")
        with self._turn:
            self._mine.writing = True
            try:
                with _patiently(self._writer), self._writing.transaction() as connection:
                    yield connection
            finally:
                self._mine.writing = False

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run a small write; returns its result after the commit that holds it, or raises its error.

        A work may be called twice: when another one of its batch fails, all are rolled back and run again apart.
        """
        if self.dialect == "postgresql":
            with self.begin() as connection:
                return work(connection)
        item: _Write[T] = _Write(work)
        self._queue.append(item)
        while not item.done.is_set():
            with self._turn:
                if not item.done.is_set():
                    self._write_batch([])
        return item.result()

    def write_one(self, statement: Prepared, values: Mapping[str, Any]) -> list[Any]:
        """Write with one statement; returns the rows that it says to return, once they are committed.

        PostgreSQL is asked once: such a statement is a transaction by itself.
        """
        if self.dialect == "sqlite":
            return self.write(lambda tx: statement.all(tx, values))
        with self.glance() as tx:
            return statement.all(tx, values)

    def write_all(self, works: Sequence[Callable[[Connection], object]]) -> list[BaseException | None]:
        """Run small writes with one commit; returns for each None once it is committed, or its error."""
        items: list[_Write[object]] = [_Write(work) for work in works]
        if self.dialect == "sqlite":
            with self._turn:
                self._write_batch(items)
        elif not self._together(items):
            for item in items:
                try:
                    with self.begin() as connection:
                        item.work(connection)
                except Exception as error:  # noqa: BLE001 - it belongs to who asked for this write
                    item.error = error
        return [item.error for item in items]

    def _write_batch(self, batch: "list[_Write[Any]]") -> None:
        """Commit some writes and the queued ones together; the turn is ours."""
        batch = batch + [self._queue.popleft() for _ in range(min(_BATCH, len(self._queue)))]
        self._mine.writing = True
        try:
            if not self._together(batch):
                with _patiently(self._writer), self._writing.transaction() as connection:
                    for item in batch:
                        item.run(connection, alone=len(batch) == 1)
        except BaseException as error:  # also a Ctrl-C must not leave the others of the batch waiting
            for item in batch:
                item.error = item.error or error
            if not isinstance(error, Exception):
                raise
        finally:
            self._mine.writing = False
            for item in batch:
                item.done.set()

    def _together(self, batch: "list[_Write[Any]]") -> bool:
        """Commit several writes without a savepoint for each; False, and nothing is kept, when one of them fails."""
        if len(batch) < 2:
            return False
        with _patiently(self._writer), self._writing.connection() as connection:
            transaction = connection.begin()
            try:
                for item in batch:
                    item.value = item.work(connection)
                if self.dialect == "postgresql":  # so that an error of what waits comes before the end
                    connection.connection.driver_connection.tell()  # type: ignore[union-attr]
            except Exception:  # noqa: BLE001 - it is raised again to the one whose it is, when they run apart
                transaction.rollback()
                return False
            transaction.commit()
        return True

    def upsert(self, table: Table) -> Any:
        """Return an insert of this dialect, which has `on_conflict_do_update` and `on_conflict_do_nothing`."""
        return upsert(self.dialect, table)

    def close(self) -> None:
        """Close all connections."""
        for resting in (self._reading, self._glancing, self._writing):
            resting.close()
        self._readers.dispose()
        self._writer.dispose()


class _Write(Generic[T]):
    """A queued write and what came of it."""

    def __init__(self, work: Callable[[Connection], T]) -> None:
        self.work = work
        self.done = threading.Event()
        self.value: T | None = None
        self.error: BaseException | None = None

    def run(self, connection: Connection, *, alone: bool) -> None:
        if alone:  # the transaction itself is what can be rolled back
            self.value = self.work(connection)
            return
        savepoint = connection.begin_nested()
        try:
            self.value = self.work(connection)
        except Exception as error:
            if not connection.connection.driver_connection.in_transaction:  # type: ignore[union-attr]
                raise  # a full disk ended the whole transaction: nothing of the batch is kept
            savepoint.rollback()
            self.error = error  # belongs to this caller, not to the others of the batch
        else:
            savepoint.commit()

    def result(self) -> T:
        if self.error is not None:
            raise self.error
        return self.value  # type: ignore[return-value]


@contextmanager
def _patiently(engine: Engine) -> Iterator[None]:
    """Turn a database that does not answer into a sentence."""
    try:
        yield
    except OperationalError as error:
        if engine.dialect.name == "postgresql" and error.connection_invalidated:
            raise Unavailable("The database does not answer.", "Try again in a moment.") from error
        if _is_full(error.orig):
            raise DiskFull(
                "The database cannot grow: the disk is full. Nothing of this request was kept.",
                "Free some space; the studio goes on by itself.",
            ) from error
        raise


def _is_full(error: BaseException | None) -> bool:
    """Say whether a driver's error means that there is no room: SQLite's FULL, or PostgreSQL's disk_full."""
    return (
        getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL or getattr(error, "sqlstate", None) == "53100"
    )


def sqlite_url(path: Path) -> str:
    """Return the SQLAlchemy address of a SQLite file."""
    return f"sqlite:///{path}"
