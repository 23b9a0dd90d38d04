"""Opens SQLite: many readers, one writer."""

import sqlite3
import time
from collections.abc import Callable

import orjson
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError

from studiolo.kernel.db.options import ALONE, dumps
from studiolo.kernel.db.patterns import regexp


def sqlite_engines(url: str, durability: str) -> tuple[Engine, Engine]:
    readers = create_engine(
        url,
        pool_size=8,
        max_overflow=40,
        pool_use_lifo=True,  # the connection that was used last has its pages and statements in memory
        json_serializer=dumps,
        json_deserializer=orjson.loads,
    )
    writer = create_engine(url, pool_size=1, max_overflow=2, json_serializer=dumps, json_deserializer=orjson.loads)
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
        if connection.get_execution_options().get(ALONE):
            return
        try:
            connection.connection.cursor().execute(statement)  # said to the driver, it costs a quarter
        except sqlite3.OperationalError as error:
            raise OperationalError(statement, None, error) from error

    return begin
