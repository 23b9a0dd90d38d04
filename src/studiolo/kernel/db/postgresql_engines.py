"""Opens PostgreSQL: connections that are told by us where a transaction begins, as those of SQLite are."""

import time
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError, NoSuchModuleError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from studiolo.kernel.db.options import ALONE, RESTING, dumps
from studiolo.kernel.errors import MissingExtra, StudioloError

_REST_SECONDS = 1.0  # after which a connection may have been closed by the other side
_HINT = "Write postgresql://user:password@host:5432/database, or leave it empty for SQLite."
_SNAPSHOT = "one_snapshot"  # option of connections whose transactions see one state, as on SQLite


class BadDatabaseUrl(StudioloError):
    """A database address that names nothing we can open."""

    code, status, title = "db.bad_url", 500, "The database cannot be opened"


def postgresql_engines(url: str) -> tuple[Engine, Engine]:
    """Return the engine of readers and that of writers, which share their connections; raises BadDatabaseUrl."""
    if not url.startswith(("postgresql:", "postgresql+psycopg:", "postgres:")):
        raise BadDatabaseUrl(f"'{url.partition(':')[0]}' is no database that Studiolo knows.", _HINT)
    try:
        address = make_url(url)
        if address.drivername in ("postgresql", "postgres"):
            address = address.set(drivername="postgresql+psycopg")
        engine = create_engine(
            address,
            pool_size=8,
            max_overflow=24,
            pool_use_lifo=True,  # the connection that was used last has statements prepared and its caches warm
            json_serializer=dumps,
            json_deserializer=orjson.loads,
        )
        event.listen(engine, "do_connect", _connect)
        event.listen(engine, "connect", _plan_well)
        event.listen(engine, "checkin", _rest)
        event.listen(engine, "checkout", _wake)
        event.listen(engine, "begin", _begin)
    except ModuleNotFoundError:
        raise MissingExtra("PostgreSQL", "postgres") from None
    except (NoSuchModuleError, ArgumentError, ValueError) as error:
        raise BadDatabaseUrl(
            f"STUDIOLO_DATABASE_URL cannot be used: {error}",
            _HINT,
        ) from None
    try:
        with engine.connect() as connection:
            connection.execute(text("select 1"))
    except OperationalError as error:
        raise BadDatabaseUrl(
            f"PostgreSQL at {address.host}:{address.port or 5432} does not answer: {str(error.orig).splitlines()[0]}",
            "Start it, or leave STUDIOLO_DATABASE_URL empty for SQLite.",
        ) from None
    return engine.execution_options(**{_SNAPSHOT: True}), engine


def _connect(_dialect: Any, _record: ConnectionPoolEntry, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
    from studiolo.kernel.db.postgresql_driver import Ours

    return Ours.connect(*given, **named)


def _plan_well(connection: Any, _record: ConnectionPoolEntry) -> None:
    """Let the planner know disks without arms, where an index is rarely worse than the whole table, and compile nothing.

    Statements are planned once from their second time on: a client's call has up to a hundred different ones, which is as many
    as the driver keeps by itself, from the sixth time on.
    """
    connection.autocommit = True  # to switch it for each look that is no transaction cost a tenth of the look
    connection.execute("SET random_page_cost = 1.1; SET jit = off")


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get(ALONE):
        return
    level = "REPEATABLE READ" if options.get(_SNAPSHOT) else "READ COMMITTED"
    driver: Any = connection.connection.driver_connection
    driver.begin(f"BEGIN ISOLATION LEVEL {level}".encode())


def _rest(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info.setdefault(RESTING, time.monotonic())  # it may have rested before it came back


def _wake(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
    """Ask a connection whether it is still alive when it has rested: to ask each time is a third of a small write."""
    resting = record.info.pop(RESTING, None)  # none: it was opened just now
    if resting is None or time.monotonic() - resting < _REST_SECONDS:
        return
    try:
        connection.execute("SELECT 1")
    except Exception as error:
        raise DisconnectionError from error  # the pool opens another one
