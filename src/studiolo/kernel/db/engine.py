"""The one place that opens SQLite or PostgreSQL, and the one writer in front of SQLite."""

import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

import orjson
from sqlalchemy import Connection, Engine, Executable, Row, Table, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError, NoSuchModuleError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from studiolo.kernel.db.patterns import regexp
from studiolo.kernel.db.turn import Turn
from studiolo.kernel.errors import DiskFull, MissingExtra, StudioloError, Unavailable

T = TypeVar("T")
log = logging.getLogger(__name__)
_BATCH = 256  # writes that may share one commit
_PREPARED = 400  # statements that a connection to PostgreSQL keeps prepared
_ALONE = "statements_alone"  # option of connections whose statements are no transaction together
_REST_SECONDS = 1.0  # after which a connection to PostgreSQL may have been closed by the other side
_DATABASE_HINT = "Write postgresql://user:password@host:5432/database, or leave it empty for SQLite."


class BadDatabaseUrl(StudioloError):
    """A database address that names nothing we can open."""

    code, status, title = "db.bad_url", 500, "The database cannot be opened"


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
        self._readers, self._writer = _sqlite_engines(url, durability) if self.dialect == "sqlite" else _postgres(url)
        self._glances = (
            self._readers.execution_options(**{_ALONE: True})
            if self.dialect == "sqlite"
            else self._writer.execution_options(isolation_level="AUTOCOMMIT")
        )
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
        with _patiently(self._readers), self._readers.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def glance(self) -> Iterator[Connection]:
        """Read with single statements, each of which sees one state; two may see different ones.

        The database is asked twice less than by `read`, which says where a transaction begins and ends: half of a short question.
        """
        if (kept := getattr(self._mine, "glances", None)) is not None:
            yield kept
            return
        with _patiently(self._glances), self._glances.connect() as connection:
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
            with _patiently(self._writer), self._writer.begin() as connection:
                yield connection
            return
        if getattr(self._mine, "writing", False):
            raise NestedTransaction("A write transaction is open in this thread.", "Pass its connection on instead.")
        with self._turn:
            self._mine.writing = True
            try:
                with _patiently(self._writer), self._writer.begin() as connection:
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

    def write_one(self, statement: Executable, values: Mapping[str, Any]) -> list[Row[Any]]:
        """Write with one statement; returns the rows that it says to return, once they are committed.

        PostgreSQL is asked once: such a statement is a transaction by itself.
        """
        if self.dialect == "sqlite":
            return self.write(lambda tx: list(tx.execute(statement, values)))
        with self.glance() as tx:
            return list(tx.execute(statement, values))

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
                with _patiently(self._writer), self._writer.begin() as connection:
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
        with _patiently(self._writer), self._writer.connect() as connection:
            transaction = connection.begin()
            try:
                for item in batch:
                    item.value = item.work(connection)
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


def _sqlite_engines(url: str, durability: str) -> tuple[Engine, Engine]:
    readers = create_engine(
        url,
        pool_size=8,
        max_overflow=40,
        pool_use_lifo=True,  # the connection that was used last has its pages and statements in memory
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
    )
    writer = create_engine(url, pool_size=1, max_overflow=0, json_serializer=_dumps, json_deserializer=orjson.loads)
    # readers see the file through mmap, which they share; 48 of them with a large cache each would be a process of 1.5 GB
    for engine, begin, cache in ((readers, "BEGIN", 4_000), (writer, "BEGIN IMMEDIATE", 32_000)):
        event.listen(engine, "connect", _pragmas(durability, cache))
        event.listen(engine, "begin", _beginner(begin))
    return readers, writer


def _pragmas(durability: str, cache: int) -> Callable[[sqlite3.Connection, object], None]:
    """Return what prepares a connection. cache: KiB of its own."""

    def connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        connection.execute("PRAGMA busy_timeout = 30000")  # the controller is a second process
        _set_wal(connection)
        connection.execute(f"PRAGMA synchronous = {'FULL' if durability == 'full' else 'NORMAL'}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA cache_size = -{cache}")
        connection.execute("PRAGMA mmap_size = 268435456")
        connection.execute("PRAGMA case_sensitive_like = ON")  # as PostgreSQL does
        connection.create_function("regexp", 2, regexp, deterministic=True)  # SQLAlchemy's own may take for ever

    return connect


def _set_wal(connection: sqlite3.Connection) -> None:
    """Switch to WAL; the switch itself does not wait for a lock, so two processes at their start may collide."""
    deadline = time.monotonic() + 30
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _beginner(statement: str) -> Callable[[Connection], None]:
    def begin(connection: Connection) -> None:
        if not connection.get_execution_options().get(_ALONE):
            connection.exec_driver_sql(statement)

    return begin


def _postgres(url: str) -> tuple[Engine, Engine]:
    if not url.startswith(("postgresql:", "postgresql+psycopg:", "postgres:")):
        raise BadDatabaseUrl(f"'{url.partition(':')[0]}' is no database that Studiolo knows.", _DATABASE_HINT)
    try:
        address = make_url(url)
        if address.drivername in ("postgresql", "postgres"):
            address = address.set(drivername="postgresql+psycopg")
        engine = create_engine(
            address,
            pool_size=8,
            max_overflow=24,
            pool_use_lifo=True,  # the connection that was used last has statements prepared and its caches warm
            json_serializer=_dumps,
            json_deserializer=orjson.loads,
        )
        event.listen(engine, "connect", _plan_well)
        event.listen(engine, "checkin", _rest)
        event.listen(engine, "checkout", _wake)
    except ModuleNotFoundError:
        raise MissingExtra("PostgreSQL", "postgres") from None
    except (NoSuchModuleError, ArgumentError, ValueError) as error:
        raise BadDatabaseUrl(
            f"STUDIOLO_DATABASE_URL cannot be used: {error}",
            _DATABASE_HINT,
        ) from None
    try:
        with engine.connect() as connection:
            connection.execute(text("select 1"))
    except OperationalError as error:
        raise BadDatabaseUrl(
            f"PostgreSQL at {address.host}:{address.port or 5432} does not answer: {str(error.orig).splitlines()[0]}",
            "Start it, or leave STUDIOLO_DATABASE_URL empty for SQLite.",
        ) from None
    return engine.execution_options(
        isolation_level="REPEATABLE READ"
    ), engine  # what a reader sees is one state, as on SQLite


def _plan_well(connection: Any, _record: ConnectionPoolEntry) -> None:
    """Let the planner know disks without arms, where an index is rarely worse than the whole table, and compile nothing.

    Statements are planned once from their second time on: a client's call has up to a hundred different ones, which is as many
    as the driver keeps by itself, from the sixth time on.
    """
    connection.prepare_threshold, connection.prepared_max = 1, _PREPARED
    connection.execute("SET random_page_cost = 1.1; SET jit = off")
    connection.commit()


def _rest(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["resting"] = time.monotonic()


def _wake(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
    """Ask a connection whether it is still alive when it has rested: to ask each time is a third of a small write."""
    resting = record.info.get("resting")  # none: it was opened just now
    if resting is None or time.monotonic() - resting < _REST_SECONDS:
        return
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except Exception as error:
        raise DisconnectionError from error  # the pool opens another one


def _dumps(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY).decode()
