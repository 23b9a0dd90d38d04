"""Microsoft SQL Server and Azure SQL by Microsoft's own driver. No server of it runs in our tests: see the docs page."""

import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from studiolo.kernel.errors import StudioloError
from studiolo.studio.datastores.causes import OTHER
from studiolo.studio.datastores.errors import (
    AccessDenied,
    ConnectionCut,
    CredentialExpired,
    DatabaseMissing,
    DriverUnusable,
    NoAnswer,
    QueryTooSlow,
    TlsFailed,
    WrongCredential,
)
from studiolo.studio.datastores.sql._reach import addresses, place
from studiolo.studio.datastores.sql.base import (
    BY_PASSWORD,
    DATABASE,
    HOST,
    Attribute,
    Auth,
    Field,
    KindSpec,
    Relation,
    SqlDatabase,
    Surroundings,
    failed,
    library,
)

if TYPE_CHECKING:
    import pyarrow as pa

SPEC = KindSpec(
    name="sqlserver",
    title="SQL Server or Azure SQL",
    description="A database of Microsoft SQL Server, Azure SQL, Synapse or Fabric. It is read, not written.",
    family="sql",
    fields=(
        HOST,
        Field("port", "Port", type="integer", default=1433),
        DATABASE,
        Field("user", "User", "Better one that may only read.", required=True, auth=("password",)),
        Field("password", "Password", required=True, secret=True, auth=("password",)),
        Field("client_id", "Client ID", required=True, auth=("service_principal",)),
        Field("client_secret", "Client secret", required=True, secret=True, auth=("service_principal",)),
        Field(
            "tls",
            "TLS",
            "`trust` encrypts without looking at the certificate; `strict` is TDS 8, of SQL Server 2022 on.",
            type="choice",
            choices=("verify", "strict", "trust", "disable"),
            default="verify",
            group="Server",
            address=True,
        ),
    ),
    auth=(
        BY_PASSWORD,
        Auth("service_principal", "Service principal", "An application of Microsoft Entra."),
        Auth(
            "identity",
            "Identity of this machine",
            "Managed identity or `az login` of the account that runs the studio.",
        ),
    ),
    extra="sqlserver",
    modules=("mssql_python",),
    writable=False,
    place="{database} on {host}",
)
_TLS = {
    "verify": "Encrypt=yes;TrustServerCertificate=no",
    "strict": "Encrypt=strict",
    "trust": "Encrypt=yes;TrustServerCertificate=yes",
    "disable": "Encrypt=no",
}


def open_database(config: Mapping[str, Any], credentials: Mapping[str, str], about: Surroundings) -> "SqlServer":
    """Return the database; nothing is asked over the network yet."""
    return SqlServer(config, credentials, about)


def connection_text(config: Mapping[str, Any], credentials: Mapping[str, str]) -> str:
    """Return the driver's connection string; a value in braces may hold anything.

    >>> connection_text({"host": "db", "database": "shop", "user": "ada"}, {"password": "a;b}c"})
    'Server={tcp:db,1433};Database={shop};UID={ada};PWD={a;b}}c};Encrypt=yes;TrustServerCertificate=no;ApplicationIntent=ReadOnly'
    """
    parts = {"Server": f"tcp:{config['host']},{int(config.get('port') or 1433)}", "Database": config["database"]}
    if config.get("auth") == "service_principal":
        parts |= {"UID": config["client_id"], "PWD": credentials["client_secret"]}
    elif config.get("auth") != "identity":
        parts |= {"UID": config["user"], "PWD": credentials.get("password", "")}
    text = ";".join(f"{key}={{{str(value).replace('}', '}}')}}}" for key, value in parts.items())
    ways = {"service_principal": "ActiveDirectoryServicePrincipal", "identity": "ActiveDirectoryDefault"}
    way = ways.get(str(config.get("auth")))
    signed = f";Authentication={way}" if way else ""
    return f"{text}{signed};{_TLS[str(config.get('tls') or 'verify')]};ApplicationIntent=ReadOnly"


class SqlServer(SqlDatabase):
    """Tables of a SQL Server database. It has no transaction that cannot write: the words are judged, all is rolled back."""

    strict = True

    def __init__(self, config: Mapping[str, Any], credentials: Mapping[str, str], about: Surroundings) -> None:
        super().__init__(about, read_only=True)
        self._host, self._port, self.where = place(config, 1433)
        self._config, self._credentials = config, credentials

    def quote(self, name: str) -> str:
        """Write one name as SQL Server does."""
        return "[" + name.replace("]", "]]") + "]"

    @contextmanager
    def _connected(self, seconds: float) -> Iterator[Any]:
        (driver,) = library("SQL Server", "sqlserver", "mssql_python")
        judged = addresses(self._host, self._port, self.about)  # the driver looks the name up again
        try:
            connection = driver.connect(
                connection_text(self._config, self._credentials),
                autocommit=False,
                timeout=max(1, round(self.about.seconds)),
            )
        except Exception as error:
            if "tcp provider" in str(error).lower():  # it says the same of a closed port and of another server at it
                socket.create_connection((judged[0], self._port), max(1.0, self.about.seconds)).close()
            raise
        connection.timeout = max(1, round(seconds))
        try:
            yield connection
        finally:
            with suppress(Exception):  # it may be broken already
                connection.rollback()
            with suppress(Exception):
                connection.close()

    def probe(self) -> None:
        """Sign in and ask for a row."""
        self._asked("SELECT 1")

    def find_schemas(self) -> list[str]:
        """Return the schemas that have something in them."""
        return [row[0] for row in self._asked(
            "SELECT DISTINCT s.name FROM sys.schemas s JOIN sys.objects o ON o.schema_id = s.schema_id "
            "WHERE o.type IN ('U', 'V') ORDER BY s.name"
        )]  # fmt: skip

    def find_tables(self, schema: str, after: str, limit: int) -> list[Relation]:
        """Return tables and views with the rows that the partitions count."""
        found = self._asked(
            f"SELECT TOP {limit} o.name, o.type, (SELECT sum(p.rows) FROM sys.partitions p WHERE p.object_id = o.object_id "
            "AND p.index_id IN (0, 1)) FROM sys.objects o JOIN sys.schemas s ON s.schema_id = o.schema_id "
            "WHERE s.name = ? AND o.type IN ('U', 'V') AND o.name > ? ORDER BY o.name",
            (schema, after),
        )
        return [
            Relation(str(name), "view" if kind.strip() == "V" else "table", None if rows is None else int(rows))
            for name, kind, rows in found
        ]

    def find_columns(self, schema: str, table: str) -> list[Attribute]:
        """Return the columns with their types."""
        found = self._asked(
            "SELECT c.name, t.name, c.max_length, c.precision, c.scale, c.is_nullable, (SELECT count(*) FROM sys.index_columns i "
            "JOIN sys.indexes x ON x.object_id = i.object_id AND x.index_id = i.index_id WHERE x.is_primary_key = 1 "
            "AND i.object_id = c.object_id AND i.column_id = c.column_id) FROM sys.columns c "
            "JOIN sys.types t ON t.user_type_id = c.user_type_id JOIN sys.objects o ON o.object_id = c.object_id "
            "JOIN sys.schemas s ON s.schema_id = o.schema_id WHERE s.name = ? AND o.name = ? ORDER BY c.column_id",
            (schema, table),
        )
        return [Attribute(str(row[0]), _type(*row[1:5]), bool(row[5]), bool(row[6])) for row in found]

    def _asked(self, query: str, parameters: Sequence[Any] = ()) -> list[Any]:
        with self._connected(self.about.seconds) as connection:
            cursor = connection.cursor()
            cursor.execute(query, *parameters)
            return [tuple(row) for row in cursor.fetchall()]

    @contextmanager
    def rows(
        self, query: str, parameters: Sequence[Any] | None, batch_rows: int
    ) -> "Iterator[tuple[pa.Schema, Iterator[pa.RecordBatch]]]":
        """Stream the rows as the driver's Arrow batches."""
        with self._connected(self.about.query_seconds) as connection:
            cursor = connection.cursor()
            cursor.execute(query, *(parameters or ()))
            if not cursor.description:
                raise failed("It returns no columns.", "Write a SELECT.")
            reader = cursor.arrow_reader(batch_rows)
            yield reader.schema, iter(reader)

    def name_cause(self, error: Exception) -> StudioloError | None:
        """Return our error by the server's number or the driver's words."""
        if not type(error).__module__.startswith("mssql_python"):
            return None
        return cause(str(error), self.where, str(self._config["database"]), self.about.query_seconds)


def _type(name: str, length: int, precision: int, scale: int) -> str:
    if name in ("decimal", "numeric"):
        return f"{name}({precision},{scale})"
    if name in ("varchar", "nvarchar", "char", "nchar", "varbinary", "binary"):
        size = "max" if length == -1 else str(length // 2 if name.startswith("n") else length)
        return f"{name}({size})"
    return name


def cause(text: str, where: str, database: str, seconds: float) -> StudioloError | None:  # noqa: PLR0911 - one line a cause
    """Return our error of what driver and server say."""
    words = text.lower()
    found = re.search(r"\b(4060|18456|18487|18488|229|230|40615|10928|1205)\b", text)
    number = int(found[1]) if found else 0
    if "failed to load the driver" in words:
        return DriverUnusable(
            "The driver of SQL Server is installed and cannot be loaded: a library of the system is missing.",
            "Debian and Ubuntu: apt install libltdl7 libkrb5-3 libgssapi-krb5-2; others: libtool-ltdl and krb5-libs.",
        )
    if "query timeout" in words or ("hyt00" in words and "login" not in words):
        return QueryTooSlow(seconds)
    if (
        number in (18487, 18488)
        or "password of the account has expired" in words
        or "password of the account must" in words
    ):
        return CredentialExpired("The password has expired.", "Set a new one on the server, then rotate it here.")
    if number == 18456 or "login failed" in words:
        return WrongCredential("The user or the password is not accepted.", "Check both, or rotate them.")
    if number == 4060 or "cannot open database" in words:
        return DatabaseMissing(
            f"There is no database '{database}' at {where}, or the user may not open it.", "Check its name."
        )
    if number in (229, 230, 40615) or "permission was denied" in words:
        return AccessDenied(text[:300], "Grant the account the right, or let this machine's address in.")
    if "ssl" in words or "certificate" in words:
        return TlsFailed(
            f"No trusted connection to {where}.", "Check TLS in the settings: `trust` takes any certificate."
        )
    if "login timeout" in words or "hyt01" in words or "tcp provider: timeout" in words:
        return NoAnswer(
            f"{where} did not answer in time.", "Check host and port, and the network between here and there."
        )
    if "tcp provider" in words or "handshakes before login" in words:
        return ConnectionCut(f"{where} took the connection and gave no answer of a SQL Server.", OTHER)
    if "communication link" in words or "08s01" in words:
        return ConnectionCut(f"The connection to {where} broke off.", "Try again; nothing half-made stays.")
    if "08001" in words:
        return None
    return failed(text)
