"""PostgreSQL, and what speaks its protocol: rows come as COPY, which Arrow reads at its own speed."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studiolo.kernel.errors import StudioloError
from studiolo.studio.datastores.errors import (
    AccessDenied,
    ConnectionCut,
    DatabaseMissing,
    DatastoreInvalid,
    NoAnswer,
    QueryTooSlow,
    StoreFull,
    StoreReadOnly,
    TableExists,
    TableNotFound,
    TlsFailed,
    WrongCredential,
)
from studiolo.studio.datastores.sql import _postgresql_types as types
from studiolo.studio.datastores.sql._postgresql_copy import pieces
from studiolo.studio.datastores.sql._reach import addresses, place
from studiolo.studio.datastores.sql._statement import first_word
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
    name="postgresql",
    title="PostgreSQL",
    description="A PostgreSQL database, also TimescaleDB and others that speak its protocol and its COPY.",
    family="sql",
    fields=(
        HOST,
        Field("port", "Port", type="integer", default=5432),
        DATABASE,
        USER,
        PASSWORD,
        Field(
            "tls",
            "TLS",
            "`verify-full` checks that the server is the one that is named.",
            type="choice",
            choices=("prefer", "require", "verify-ca", "verify-full", "disable"),
            default="prefer",
            group="Server",
            address=True,
        ),
        AUTHORITY,
    ),
    auth=(BY_PASSWORD, BY_NAME),
    extra="postgres",
    modules=("psycopg",),
    place="{database} on {host}",
)


def open_database(config: Mapping[str, Any], credentials: Mapping[str, str], about: Surroundings) -> "PostgreSql":
    """Return the database; nothing is asked over the network yet."""
    tls = str(config.get("tls") or "prefer")
    if tls == "verify-ca" and not config.get("ca"):
        raise DatastoreInvalid("verify-ca needs a certificate authority.", "Give it in PEM.", field="config.ca")
    return PostgreSql(config, credentials.get("password", ""), about)


class PostgreSql(SqlDatabase):
    """Tables of a PostgreSQL database; each verb has a connection of its own."""

    def __init__(self, config: Mapping[str, Any], password: str, about: Surroundings) -> None:
        super().__init__(about, read_only=bool(config.get("read_only")))
        self._host, self._port, self.where = place(config, 5432)
        self._config, self._password = config, password

    @contextmanager
    def _connected(self, seconds: float, *, writes: bool = False) -> Iterator[Any]:
        (psycopg,) = library("PostgreSQL", "postgres", "psycopg")
        known = addresses(self._host, self._port, self.about)[:3]
        wait = max(2, min(round(self.about.seconds), 60))
        options = {
            "host": ",".join([self._host] * len(known)),
            "hostaddr": ",".join(known),
            "port": self._port,
            "dbname": str(self._config["database"]),
            "user": str(self._config["user"]),
            "password": self._password or None,
            "sslmode": str(self._config.get("tls") or "prefer"),
            "connect_timeout": wait,
            "application_name": "studiolo",
            "keepalives_idle": 30,
            "tcp_user_timeout": round(max(self.about.seconds, 5) * 1000),
            "passfile": "/dev/null",  # neither a file nor a service of this machine's account says who we are
            "client_encoding": "utf8",
            "options": f"-c statement_timeout={round(seconds * 1000)} -c timezone=UTC -c datestyle=ISO,YMD "
            f"-c bytea_output=hex -c intervalstyle=iso_8601 -c extra_float_digits=1 "
            f"-c default_transaction_read_only={'off' if writes else 'on'}",
        }
        with _authority(self._config, options):
            connection = psycopg.connect(**options, autocommit=True)
        try:
            yield connection
        finally:
            connection.close()

    def probe(self) -> None:
        """Sign in and ask for a row."""
        with self._connected(self.about.seconds) as connection:
            connection.execute("SELECT 1").fetchone()

    def find_schemas(self) -> list[str]:
        """Return the schemas that the account may look into."""
        return [row[0] for row in self._asked(
            "SELECT nspname FROM pg_namespace WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') "
            "AND nspname !~ '^pg_(temp|toast_temp)_' AND has_schema_privilege(oid, 'USAGE') ORDER BY nspname"
        )]  # fmt: skip

    def find_tables(self, schema: str, after: str, limit: int) -> list[Relation]:
        """Return tables and views, with the planner's estimate of rows."""
        found = self._asked(
            "SELECT c.relname, c.relkind::text, c.reltuples::float8 FROM pg_class c "
            "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s AND c.relkind IN ('r','p','v','m','f') "
            'AND c.relname COLLATE "C" > %s ORDER BY c.relname COLLATE "C" LIMIT %s',
            (schema, after, limit),
        )
        return [
            Relation(
                str(name),
                "view" if kind in "vm" else "table",
                int(rows) if kind in "rm" and rows is not None and rows >= 0 else None,
            )
            for name, kind, rows in found
        ]

    def find_columns(self, schema: str, table: str) -> list[Attribute]:
        """Return the columns with their types as PostgreSQL writes them."""
        found = self._asked(
            "SELECT a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull, EXISTS (SELECT 1 FROM pg_index i "
            "WHERE i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY (i.indkey)) FROM pg_attribute a "
            "JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = %s AND c.relname = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
            (schema, table),
        )
        return [Attribute(*row) for row in found]

    def _asked(self, query: str, parameters: Sequence[Any] = ()) -> list[Any]:
        with self._connected(self.about.seconds) as connection:
            found: list[Any] = connection.execute(query, parameters).fetchall()
            return found

    def shortened(self, query: str, rows: int) -> str:
        """Let the planner know that few rows are wanted."""
        nested = first_word(query) in ("select", "with", "values", "table")
        return f"SELECT * FROM ({query}\n) AS q LIMIT {rows}" if nested else query

    @contextmanager
    def rows(
        self, query: str, parameters: Sequence[Any] | None, batch_rows: int
    ) -> "Iterator[tuple[pa.Schema, Iterator[pa.RecordBatch]]]":
        """Ask for the shape by a cursor, then copy within the same transaction."""
        with self._connected(self.about.query_seconds) as connection:
            if parameters:
                (psycopg,) = library("PostgreSQL", "postgres", "psycopg")
                query = psycopg.ClientCursor(connection).mogrify(query, parameters)
            connection.execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            shape = types.measured(self._shape(connection, query), query, connection.execute)
            over = False

            def copied() -> Iterator[bytes]:
                nonlocal over
                yield from pieces(connection, types.copying(query, shape))
                over = True

            try:
                yield types.batches(copied(), shape, batch_rows)
            finally:
                if not over:
                    with suppress(Exception):  # what still runs is stopped on the server too
                        connection.cancel_safe(timeout=2)

    def _shape(self, connection: Any, query: str) -> list[types.Column]:
        """Declare a cursor, which takes one statement that reads, plans it and does not run it."""
        with connection.cursor(name="studiolo") as cursor:
            cursor.execute(query)
            result = cursor.pgresult
            if result is None or result.nfields == 0:
                raise failed("It returns no columns.", "Write a SELECT.")
            return [
                types.Column((result.fname(i) or b"").decode(), result.ftype(i), result.fmod(i))
                for i in range(result.nfields)
            ]

    def put(self, schema: str, table: str, batches: "pa.RecordBatchReader", mode: Mode) -> int:
        """Make the table and fill it in one transaction: others see the old one or the new one."""
        name = self.quoted(schema, table)
        with self._connected(self.about.query_seconds, writes=True) as connection, connection.transaction():
            there = connection.execute("SELECT to_regclass(%s)", (name,)).fetchone()[0] is not None
            if there and mode == "create":
                raise TableExists(table)
            if not there and mode == "append":
                raise TableNotFound(table)
            if there and mode == "replace":
                connection.execute(f"DROP TABLE {name}")
            columns = ", ".join(self.quote(field.name) for field in batches.schema)
            if mode != "append":
                made = ", ".join(f"{self.quote(f.name)} {types.declared(f)}" for f in batches.schema)
                connection.execute(f"CREATE TABLE {name} ({made})")
            count = 0
            with connection.cursor().copy(f"COPY {name} ({columns}) FROM STDIN (FORMAT csv)") as copy:
                for batch in batches:
                    copy.write(types.as_csv(batch))
                    count += batch.num_rows
            return count

    def name_cause(self, error: Exception) -> StudioloError | None:  # noqa: PLR0911 - one line a cause
        """Return our error by SQLSTATE, or, of a connection that did not come about, by libpq's words."""
        state, text = getattr(error, "sqlstate", None) or "", str(error).strip()
        first = getattr(getattr(error, "diag", None), "message_primary", None) or text
        if not type(error).__module__.startswith("psycopg"):
            return None
        if state:
            return self._by_state(state, first, _advice(error))
        words = text.lower()
        if (
            "password authentication failed" in words
            or "no password supplied" in words
            or ("role" in words and "does not exist" in words)
        ):
            return WrongCredential("The user or the password is not accepted.", "Check both, or rotate them.")
        if "pg_hba.conf" in words:
            return AccessDenied(
                f"The server does not let this user in from here: {_last(text)}",
                "Its pg_hba.conf says who may come from where.",
            )
        if "database" in words and "does not exist" in words:
            return DatabaseMissing(
                f"There is no database '{self._config['database']}' at {self.where}.", "Check its name."
            )
        if "ssl" in words or "certificate" in words:
            return TlsFailed(
                f"No trusted connection to {self.where}: {_last(text)}", "Check TLS and the authority in the settings."
            )
        if "timeout expired" in words or "timed out" in words:
            return NoAnswer(f"{self.where} did not answer in time.", "Check host and port: is it PostgreSQL?")
        if (
            "server closed the connection" in words
            or "connection is closed" in words
            or "connection to server was lost" in words
        ):
            return ConnectionCut(f"The connection to {self.where} broke off.", "Try again; nothing half-made stays.")
        if type(error).__name__ in ("OperationalError", "InterfaceError", "ConnectionTimeout"):
            return None
        return failed(first)

    def _by_state(self, state: str, text: str, hint: str) -> StudioloError:  # noqa: PLR0911 - one line a cause
        if state in ("28P01", "28000"):
            return WrongCredential("The user or the password is not accepted.", "Check both, or rotate them.")
        if state == "3D000":
            return DatabaseMissing(
                f"There is no database '{self._config['database']}' at {self.where}.", "Check its name."
            )
        if state == "25006":
            return StoreReadOnly()
        if state == "57014":
            return QueryTooSlow(self.about.query_seconds)
        if state.startswith(("57P", "08")):
            return ConnectionCut(f"{self.where} ended the connection: {text}", "Try again; nothing half-made stays.")
        if state == "42501":
            return AccessDenied(text[:300], "Grant the account the right, or name another one.")
        if state.startswith("53"):
            return StoreFull(f"{self.where} has no room or no connection left: {text}", "Try again later.")
        return failed(text, hint)


def _advice(error: Exception) -> str:
    return getattr(getattr(error, "diag", None), "message_hint", "") or ""


def _last(text: str) -> str:
    return text.splitlines()[-1][:300] if text else ""


@contextmanager
def _authority(config: Mapping[str, Any], options: dict[str, Any]) -> Iterator[None]:
    """Give libpq the authority as a file, while it connects; without one it knows the system's."""
    if options["sslmode"] in ("disable", "prefer", "require") and not config.get("ca"):
        yield
        return
    if not config.get("ca"):
        options["sslrootcert"] = "system"
        yield
        return
    with tempfile.TemporaryDirectory(prefix="studiolo-") as folder:
        path = Path(folder) / "ca.pem"
        path.write_text(str(config["ca"]), "utf-8")
        options["sslrootcert"] = str(path)
        yield
