"""MySQL and MariaDB: rows stream as text, and Arrow makes the values."""

import hashlib
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from studiolo.kernel.errors import StudioloError
from studiolo.studio.datastores.errors import (
    AccessDenied,
    ConnectionCut,
    CredentialExpired,
    DatabaseMissing,
    NoAnswer,
    QueryTooSlow,
    StoreFull,
    StoreReadOnly,
    TableExists,
    TableNotFound,
    TlsFailed,
    WrongCredential,
)
from studiolo.studio.datastores.sql import _mysql_types as types
from studiolo.studio.datastores.sql._reach import addresses, place
from studiolo.studio.datastores.sql.base import (
    AUTHORITY,
    BY_NAME,
    BY_PASSWORD,
    DATABASE,
    HOST,
    PASSWORD,
    USER,
    Attribute,
    Field,
    KindSpec,
    Mode,
    Relation,
    SqlDatabase,
    Surroundings,
    failed,
    library,
)

if TYPE_CHECKING:
    import pyarrow as pa

SPEC = KindSpec(
    name="mysql",
    title="MySQL or MariaDB",
    description="A database of MySQL, MariaDB, Aurora, TiDB or another server that speaks the protocol.",
    family="sql",
    fields=(
        HOST,
        Field("port", "Port", type="integer", default=3306),
        DATABASE,
        USER,
        PASSWORD,
        Field(
            "tls",
            "TLS",
            "`verify-full` checks that the server is the one that is named; `prefer` uses TLS where the server has it.",
            type="choice",
            choices=("prefer", "require", "verify-full", "disable"),
            default="prefer",
            group="Server",
            address=True,
        ),
        AUTHORITY,
    ),
    auth=(BY_PASSWORD, BY_NAME),
    extra="mysql",
    modules=("pymysql",),
    place="{database} on {host}",
)
_OWN = ("information_schema", "mysql", "performance_schema", "sys")
_ROWS = 1000  # of one statement that inserts


def open_database(config: Mapping[str, Any], credentials: Mapping[str, str], about: Surroundings) -> "MySql":
    """Return the database; nothing is asked over the network yet."""
    return MySql(config, credentials.get("password", ""), about)


class MySql(SqlDatabase):
    """Tables of a MySQL server; each verb has a connection of its own. A schema is what MySQL calls a database."""

    escapes = True

    def __init__(self, config: Mapping[str, Any], password: str, about: Surroundings) -> None:
        super().__init__(about, read_only=bool(config.get("read_only")))
        self._host, self._port, self.where = place(config, 3306)
        self._config, self._password = config, password

    def quote(self, name: str) -> str:
        """Write one name as MySQL does."""
        return "`" + name.replace("`", "``") + "`"

    @contextmanager
    def _connected(self, seconds: float, *, writes: bool = False) -> Iterator[Any]:
        (pymysql,) = library("MySQL", "mysql", "pymysql")
        connection = pymysql.connections.Connection(
            host=self._host,
            port=self._port,
            user=str(self._config["user"]),
            password=self._password,
            database=str(self._config["database"]),
            charset="utf8mb4",
            conv=pymysql.converters.encoders,  # nothing is decoded: texts come as they are; Arrow makes the values
            connect_timeout=max(1, round(self.about.seconds)),
            read_timeout=max(1, round(self.about.seconds)),
            write_timeout=max(1, round(self.about.seconds)),
            program_name="studiolo",
            defer_connect=True,
            local_infile=False,
            **self._tls(),
        )
        try:
            connection.connect(self._socket())
        except pymysql.err.OperationalError as error:
            if "timed out" in str(error):
                raise NoAnswer(f"{self.where} did not answer in time.", "Check host and port: is it MySQL?") from None
            raise
        connection._read_timeout = seconds + 5  # noqa: SLF001 - signing in is not to take as long as a query
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET SESSION time_zone = '+00:00'")
                maria = "mariadb" in str(connection.get_server_info()).lower()
                limit = f"max_statement_time = {seconds}" if maria else f"max_execution_time = {round(seconds * 1000)}"
                with suppress(pymysql.err.OperationalError):  # servers that are neither may not know it
                    cursor.execute(f"SET SESSION {limit}")
                if not writes:
                    cursor.execute("SET SESSION TRANSACTION READ ONLY")
            yield connection
        finally:
            with suppress(Exception):  # it may be broken already
                connection.close()

    def _socket(self) -> socket.socket:
        """Connect to an address that was judged; the name stays for TLS."""
        last: OSError | None = None
        for address in addresses(self._host, self._port, self.about)[:3]:
            try:
                link = socket.create_connection((address, self._port), self.about.seconds)
            except OSError as error:
                last = error
                continue
            link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            return link
        raise last or OSError("no address")

    def _tls(self) -> dict[str, Any]:
        tls, authority = str(self._config.get("tls") or "prefer"), str(self._config.get("ca") or "")
        if tls == "disable":
            return {"ssl_disabled": True}
        if tls == "prefer" and not authority:
            return {}  # the driver takes TLS where the server has it
        context = ssl.create_default_context(cadata=authority or None)
        if tls != "verify-full":
            context.check_hostname = False
            context.verify_mode = ssl.CERT_REQUIRED if authority else ssl.CERT_NONE
        return {"ssl": context}

    def probe(self) -> None:
        """Sign in and ask for a row."""
        self._asked("SELECT 1")

    def find_schemas(self) -> list[str]:
        """Return the databases that the account may see, the one that was named first."""
        names = [
            row[0] for row in self._asked("SELECT schema_name FROM information_schema.schemata ORDER BY schema_name")
        ]
        named = str(self._config["database"])
        return sorted((name for name in names if name not in _OWN), key=lambda name: (name != named, name))

    def find_tables(self, schema: str, after: str, limit: int) -> list[Relation]:
        """Return tables and views, with the engine's estimate of rows."""
        found = self._asked(
            "SELECT table_name, table_type, table_rows FROM information_schema.tables WHERE table_schema = %s "
            f"AND CAST(table_name AS BINARY) > CAST(%s AS BINARY) ORDER BY CAST(table_name AS BINARY) LIMIT {limit}",
            (schema, after),
        )
        return [
            Relation(n, "view" if "VIEW" in kind else "table", int(r) if r is not None else None)
            for n, kind, r in found
        ]

    def find_columns(self, schema: str, table: str) -> list[Attribute]:
        """Return the columns with their types as MySQL writes them."""
        found = self._asked(
            "SELECT column_name, column_type, is_nullable, column_key FROM information_schema.columns "
            "WHERE table_schema = %s AND table_name = %s ORDER BY ordinal_position",
            (schema, table),
        )
        return [Attribute(name, str(kind), null == "YES", key == "PRI") for name, kind, null, key in found]

    def _asked(self, query: str, parameters: Sequence[Any] = ()) -> list[Any]:
        with self._connected(self.about.seconds) as connection, connection.cursor() as cursor:
            cursor.execute(query, parameters or None)
            return [tuple(_text(value) for value in row) for row in cursor.fetchall()]

    @contextmanager
    def rows(
        self, query: str, parameters: Sequence[Any] | None, batch_rows: int
    ) -> "Iterator[tuple[pa.Schema, Iterator[pa.RecordBatch]]]":
        """Stream the rows; a query that is left half way is stopped on the server too."""
        from pymysql.cursors import SSCursor

        with self._connected(self.about.query_seconds) as connection:
            connection.query("START TRANSACTION READ ONLY")
            cursor = SSCursor(connection)
            cursor.execute(query, parameters or None)
            shape = types.shape(cursor)
            if not shape:
                raise failed("It returns no columns.", "Write a SELECT.")
            schema, over = types.schema(shape), False

            def made() -> "Iterator[pa.RecordBatch]":
                nonlocal over
                while found := cursor.fetchmany(batch_rows):
                    yield types.batch(found, shape, schema)
                over = True

            try:
                yield schema, made()
            finally:
                if not over:
                    with suppress(Exception):  # the connection is given up either way
                        self._stop(connection)

    def _stop(self, running: Any) -> None:
        """Have the server stop what a connection runs, then cut it: its rows are not waited for."""
        number, result = running.thread_id(), running._result  # noqa: SLF001 - the driver would read all that is still to come
        if result is not None:
            result.unbuffered_active, result.connection = False, None
        running._force_close()  # noqa: SLF001 - as would its `close`
        with self._connected(self.about.seconds) as connection, connection.cursor() as cursor:
            cursor.execute(f"KILL {int(number)}")

    def put(self, schema: str, table: str, batches: "pa.RecordBatchReader", mode: Mode) -> int:
        """Fill a table of another name, then rename: MySQL's statements that make tables are no part of a transaction."""
        schema = schema or str(self._config["database"])
        own = hashlib.sha256(f"{schema}.{table}".encode()).hexdigest()[:12]  # names have 64 letters at most
        name, fresh = self.quoted(schema, table), self.quoted(schema, f"{table[:30]}_{own}_studiolo_new")
        old = self.quoted(schema, f"{table[:30]}_{own}_studiolo_old")
        there = bool(self.find_columns(schema, table))
        if there and mode == "create":
            raise TableExists(table)
        if not there and mode == "append":
            raise TableNotFound(table)
        made = ", ".join(f"{self.quote(field.name)} {types.declared(field)}" for field in batches.schema)
        with self._connected(self.about.query_seconds, writes=True) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT GET_LOCK(%s, 0)", (f"studiolo:{own}",))  # goes with the connection
            if str(_text(cursor.fetchone()[0])) != "1":
                raise AccessDenied(f"'{table}' is being written by somebody else.", "Try again in a moment.")
            target = name if mode == "append" else fresh
            if mode != "append":
                cursor.execute(f"DROP TABLE IF EXISTS {fresh}, {old}")
                cursor.execute(f"CREATE TABLE {fresh} ({made}) CHARACTER SET utf8mb4")
            try:
                count = self._filled(connection, cursor, target, batches)
            except BaseException:
                with suppress(Exception):
                    connection.rollback()
                if mode != "append":
                    with suppress(Exception):
                        cursor.execute(f"DROP TABLE IF EXISTS {fresh}")
                raise
            if mode != "append":
                moved = (
                    f"RENAME TABLE {name} TO {old}, {fresh} TO {name}" if there else f"RENAME TABLE {fresh} TO {name}"
                )
                cursor.execute(moved)
                cursor.execute(f"DROP TABLE IF EXISTS {old}")
            return count

    def _filled(self, connection: Any, cursor: Any, target: str, batches: "pa.RecordBatchReader") -> int:
        columns = ", ".join(self.quote(field.name) for field in batches.schema)
        marks = f"({', '.join(['%s'] * len(batches.schema))})"
        count = 0
        connection.begin()
        for batch in batches:
            for start in range(0, batch.num_rows, _ROWS):
                rows = types.written(batch.slice(start, _ROWS))
                values = [value for row in rows for value in row]
                cursor.execute(f"INSERT INTO {target} ({columns}) VALUES {', '.join([marks] * len(rows))}", values)
                count += len(rows)
        connection.commit()
        return count

    def name_cause(self, error: Exception) -> StudioloError | None:
        """Return our error by the server's number."""
        if not type(error).__module__.startswith("pymysql"):
            return None
        number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        text = str(error.args[1]) if len(error.args) > 1 else str(error)
        if number == 2003 or (number == 0 and "cryptography" not in text):
            return None  # the exception inside says why
        return self._by_number(number, text)

    def _by_number(self, number: int, text: str) -> StudioloError:  # noqa: PLR0911 - one line a cause
        if number in (1045, 1698, 1251):
            return WrongCredential("The user or the password is not accepted.", "Check both, or rotate them.")
        if number in (1862, 1820):
            return CredentialExpired("The password has expired.", "Set a new one on the server, then rotate it here.")
        if number in (1044, 1142, 1143, 1227, 1370, 1130):
            return AccessDenied(text[:300], "Grant the account the right, or name another one.")
        if number == 1049:
            return DatabaseMissing(
                f"There is no database '{self._config['database']}' at {self.where}.", "Check its name."
            )
        if number in (1792, 1290):
            return StoreReadOnly()
        if number in (1969, 3024, 1317):
            return QueryTooSlow(self.about.query_seconds)
        if number in (2006, 2013, 2014, 1053, 1927, 1152, 1158, 1159, 4031):
            if "timed out" in text:
                return QueryTooSlow(self.about.query_seconds)
            return ConnectionCut(f"The connection to {self.where} broke off.", "Try again; nothing half-made stays.")
        if number in (1040, 1203, 1226, 1021, 1114):
            return StoreFull(f"{self.where} has no room or no connection left: {text[:200]}", "Try again later.")
        if number == 2026 or "SSL" in text:
            return TlsFailed(f"No trusted connection to {self.where}: {text[:200]}", "Check TLS and the authority.")
        return failed(text)


def _text(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
