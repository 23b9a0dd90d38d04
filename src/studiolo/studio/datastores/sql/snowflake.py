"""Snowflake by its own driver. Tests speak with a server of the same protocol, not with Snowflake: see the docs page."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from studiolo.kernel.errors import StudioloError
from studiolo.studio.datastores.errors import (
    AccessDenied,
    CredentialExpired,
    DatabaseMissing,
    DatastoreInvalid,
    HostNotFound,
    QueryTooSlow,
    WrongCredential,
)
from studiolo.studio.datastores.sql._reach import addresses
from studiolo.studio.datastores.sql.base import (
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
    name="snowflake",
    title="Snowflake",
    description="A database of a Snowflake account. It is read, not written.",
    family="sql",
    fields=(
        Field(
            "account",
            "Account",
            "As in its address, before `.snowflakecomputing.com`.",
            required=True,
            example="myorg-prod",
            pattern=r"(?i)(?!.*\.snowflakecomputing\.)[\w-]+(\.[\w-]+)*",
        ),
        Field("database", "Database", required=True, example="SHOP"),
        Field("warehouse", "Warehouse", "What computes; the user's default one when it is empty."),
        Field("role", "Role", "Better one that may only read; the user's default one when it is empty."),
        Field("user", "User", required=True),
        Field(
            "private_key",
            "Private key",
            "In PEM, without a passphrase.",
            type="lines",
            required=True,
            secret=True,
            auth=("key_pair",),
        ),
        Field("password", "Password", required=True, secret=True, auth=("password",)),
        Field("token", "Programmatic access token", required=True, secret=True, auth=("token",)),
    ),
    auth=(
        Auth("key_pair", "Key pair"),
        Auth("token", "Programmatic access token"),
        Auth("password", "User and password", "Snowflake refuses it for most users, who need a second factor."),
    ),
    extra="snowflake",
    modules=("snowflake.connector",),
    writable=False,
    place="{database} of {account}",
)


def open_database(config: Mapping[str, Any], credentials: Mapping[str, str], about: Surroundings) -> "Snowflake":
    """Return the database; nothing is asked over the network yet."""
    return Snowflake(config, credentials, about)


def options(config: Mapping[str, Any], credentials: Mapping[str, str], about: Surroundings) -> dict[str, Any]:
    """Return what the driver connects with; raises DatastoreInvalid for a text that is no key."""
    given: dict[str, Any] = {
        "account": config["account"],
        "user": config["user"],
        "database": config["database"],
        "application": "Studiolo",
        "login_timeout": max(5, round(about.seconds)),
        "network_timeout": max(5, round(about.query_seconds)),
        "client_session_keep_alive": False,
        "session_parameters": {
            "STATEMENT_TIMEOUT_IN_SECONDS": max(1, round(about.query_seconds)),
            "MULTI_STATEMENT_COUNT": 1,
            "TIMEZONE": "UTC",
            "QUERY_TAG": "studiolo",
        },
    }
    given |= {name: config[name] for name in ("warehouse", "role") if config.get(name)}
    if config.get("auth") == "token":
        given |= {"authenticator": "PROGRAMMATIC_ACCESS_TOKEN", "token": credentials["token"]}
    elif config.get("auth") == "password":
        given["password"] = credentials["password"]
    else:
        given["private_key"] = _key(credentials["private_key"])
    return given


def _key(text: str) -> bytes:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    try:
        key = serialization.load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise DatastoreInvalid(
            "The private key cannot be read.", "Give it in PEM without a passphrase.", field="credentials.private_key"
        ) from None
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


class Snowflake(SqlDatabase):
    """Tables of a Snowflake database. It has no transaction that cannot write: the words are judged, the role should only read."""

    strict = True
    escapes = True

    def __init__(self, config: Mapping[str, Any], credentials: Mapping[str, str], about: Surroundings) -> None:
        super().__init__(about, read_only=True)
        self._config, self._credentials = config, credentials
        self.where = f"{config['account']}.snowflakecomputing.com"

    @contextmanager
    def _connected(self, about: Surroundings) -> Iterator[Any]:
        (driver,) = library("Snowflake", "snowflake", "snowflake.connector")
        addresses(self.where, 443, self.about)  # judged; the driver looks the name up again
        given = options(self._config, self._credentials, about)
        if (
            int(driver.__version__.partition(".")[0]) >= 5
        ):  # else it warns at each connection that it will change its mind
            given["enable_server_session_keep_alive_auto_detection"] = False
        connection = driver.connect(**given)
        try:
            yield connection
        finally:
            with suppress(Exception):  # it may be broken already
                connection.close()

    def probe(self) -> None:
        """Sign in, and see that the database is there: Snowflake connects without it too."""
        found = self._asked("SELECT current_database()")
        if not found or found[0][0] is None:
            raise DatabaseMissing(
                f"There is no database '{self._config['database']}', or the role may not use it.", "Check its name."
            )

    def find_schemas(self) -> list[str]:
        """Return the schemas of the database."""
        return [row[0] for row in self._asked(
            "SELECT schema_name FROM information_schema.schemata WHERE schema_name <> 'INFORMATION_SCHEMA' ORDER BY schema_name"
        )]  # fmt: skip

    def find_tables(self, schema: str, after: str, limit: int) -> list[Relation]:
        """Return tables and views with their rows."""
        found = self._asked(
            "SELECT table_name, table_type, row_count FROM information_schema.tables WHERE table_schema = %s "
            f"AND table_name > %s ORDER BY table_name LIMIT {limit}",
            (schema, after),
        )
        return [
            Relation(n, "view" if "VIEW" in kind else "table", None if r is None else int(r)) for n, kind, r in found
        ]

    def find_columns(self, schema: str, table: str) -> list[Attribute]:
        """Return the columns with their types."""
        found = self._asked(
            "SELECT column_name, data_type, numeric_precision, numeric_scale, is_nullable FROM information_schema.columns "
            "WHERE table_schema = %s AND table_name = %s ORDER BY ordinal_position",
            (schema, table),
        )
        return [
            Attribute(name, f"{kind}({precision},{scale})" if kind == "NUMBER" else kind, null == "YES")
            for name, kind, precision, scale, null in found
        ]

    def _asked(self, query: str, parameters: Sequence[Any] = ()) -> list[Any]:
        about = Surroundings(self.about.private, (), self.about.seconds, self.about.seconds)
        with self._connected(about) as connection, connection.cursor() as cursor:
            cursor.execute(query, parameters or None)
            found: list[Any] = cursor.fetchall()
            return found

    @contextmanager
    def rows(
        self, query: str, parameters: Sequence[Any] | None, batch_rows: int
    ) -> "Iterator[tuple[pa.Schema, Iterator[pa.RecordBatch]]]":
        """Stream the chunks that Snowflake keeps of the answer, each an Arrow table of its own."""
        with self._connected(self.about) as connection, connection.cursor() as cursor:
            cursor.execute(query, parameters or None)
            tables = cursor.fetch_arrow_batches()
            first = next(tables, None)
            if first is None:
                first = cursor.fetch_arrow_all(force_return_table=True)

            def made() -> "Iterator[pa.RecordBatch]":
                yield from first.to_batches(batch_rows)
                for table in tables:
                    yield from table.cast(first.schema).to_batches(batch_rows)

            yield first.schema, made()

    def name_cause(self, error: Exception) -> StudioloError | None:
        """Return our error by Snowflake's number."""
        if not type(error).__module__.startswith("snowflake"):
            return None
        number = getattr(error, "errno", 0) or 0
        return cause(int(number), str(getattr(error, "raw_msg", "") or error), self.where, self.about.query_seconds)


def cause(number: int, text: str, where: str, seconds: float) -> StudioloError | None:  # noqa: PLR0911 - one line a cause
    """Return our error of what driver and server say."""
    words = text.lower()
    if number in (390100, 390144, 250001) and ("incorrect username" in words or "jwt" in words or "password" in words):
        return WrongCredential("The user or the credential is not accepted.", "Check both, or rotate them.")
    if number in (390114, 390195, 390318) or "expired" in words:
        return CredentialExpired("The credential has expired.", "Make a new one in Snowflake, then rotate it here.")
    if number in (390201, 390186, 3001) or "insufficient privileges" in words or "not allowed to access" in words:
        return AccessDenied(text[:300], "Grant the role the right, or name another one.")
    if (number == 250001 and "404" in words) or number == 290404:
        return HostNotFound(
            f"There is no account at {where}.", "Check its name: it stands in the address of its pages."
        )
    if number in (604, 630) or "statement reached its statement or warehouse timeout" in words:
        return QueryTooSlow(seconds)
    if number in (250001, 250003, 251011):
        return None
    return failed(text)
