"""A DuckDB file. It is opened in the process of a job or of a page's child alone, read-only and without its other doors."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from studiolo.kernel.errors import StudioloError
from studiolo.studio.datastores.errors import (
    AccessDenied,
    ContainerMissing,
    QueryTooSlow,
    StoreFull,
    StoreReadOnly,
    TableExists,
    TableNotFound,
)
from studiolo.studio.datastores.sql._file import PATH, located
from studiolo.studio.datastores.sql.base import (
    Attribute,
    Auth,
    KindSpec,
    Mode,
    Relation,
    SqlDatabase,
    Surroundings,
    failed,
)

if TYPE_CHECKING:
    import pyarrow as pa

SPEC = KindSpec(
    name="duckdb",
    title="DuckDB file",
    description="A database in one file that the studio's machine sees.",
    family="sql",
    fields=(PATH,),
    auth=(Auth("none", "The account of the studio", "The file is read with the rights of the account that runs it."),),
    place="{path}",
)
_SETTINGS = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_persistent_secrets": "false",
    "enable_external_access": "false",
    "python_enable_replacements": "false",
    "max_temp_directory_size": "0B",
    "memory_limit": "512MB",
    "threads": "2",
    "TimeZone": "UTC",
}


def open_database(config: Mapping[str, Any], credentials: Mapping[str, str], about: Surroundings) -> "DuckDb":
    """Return the database; the file is opened by each verb."""
    del credentials  # the account of the studio is the credential
    return DuckDb(config, about)


class DuckDb(SqlDatabase):
    """Tables of a DuckDB file, whose types are Arrow's own."""

    def __init__(self, config: Mapping[str, Any], about: Surroundings) -> None:
        super().__init__(about, read_only=bool(config.get("read_only")))
        self._config = config
        self.where = f"the file {config['path']}"

    @contextmanager
    def _connected(self, seconds: float, *, writes: bool = False) -> Iterator[Any]:
        import duckdb

        path = located(self._config, self.about)
        with closing(duckdb.connect(str(path), read_only=not writes)) as connection:
            for name, value in _SETTINGS.items():
                connection.execute(f"SET {name} = '{value}'")
            connection.execute("SET lock_configuration = true")
            timer = threading.Timer(seconds, connection.interrupt)
            timer.daemon = True
            timer.start()
            try:
                yield connection
            finally:
                timer.cancel()

    def probe(self) -> None:
        """Open the file."""
        self._asked("SELECT 1")

    def find_schemas(self) -> list[str]:
        """Return the schemas of the file."""
        return [row[0] for row in self._asked(
            "SELECT schema_name FROM duckdb_schemas() WHERE database_name = current_database() AND NOT internal "
            "OR (database_name = current_database() AND schema_name = 'main') ORDER BY schema_name <> 'main', schema_name"
        )]  # fmt: skip

    def find_tables(self, schema: str, after: str, limit: int) -> list[Relation]:
        """Return tables and views with their rows."""
        found = self._asked(
            "SELECT * FROM (SELECT table_name AS name, 'table' AS kind, estimated_size AS rows FROM duckdb_tables() "
            "WHERE database_name = current_database() AND schema_name = $1 UNION ALL SELECT view_name, 'view', NULL "
            "FROM duckdb_views() WHERE database_name = current_database() AND schema_name = $1 AND NOT internal) "
            "WHERE name > $2 ORDER BY name LIMIT $3",
            [schema, after, limit],
        )
        return [Relation(*row) for row in found]

    def find_columns(self, schema: str, table: str) -> list[Attribute]:
        """Return the columns with DuckDB's types."""
        keys = self._asked(
            "SELECT unnest(constraint_column_names) FROM duckdb_constraints() WHERE database_name = current_database() "
            "AND schema_name = $1 AND table_name = $2 AND constraint_type = 'PRIMARY KEY'",
            [schema, table],
        )
        found = self._asked(
            "SELECT column_name, data_type, is_nullable FROM duckdb_columns() WHERE database_name = current_database() "
            "AND schema_name = $1 AND table_name = $2 ORDER BY column_index",
            [schema, table],
        )
        return [Attribute(name, kind, null, (name,) in keys) for name, kind, null in found]

    def _asked(self, query: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        with self._connected(self.about.seconds) as connection:
            found: list[tuple[Any, ...]] = connection.execute(query, parameters).fetchall()
            return found

    @contextmanager
    def rows(
        self, query: str, parameters: Sequence[Any] | None, batch_rows: int
    ) -> "Iterator[tuple[pa.Schema, Iterator[pa.RecordBatch]]]":
        """Stream what DuckDB gives as Arrow."""
        import duckdb

        with self._connected(self.about.query_seconds) as connection:
            statements = connection.extract_statements(query)
            if len(statements) != 1 or statements[0].type not in (
                duckdb.StatementType.SELECT,
                duckdb.StatementType.EXPLAIN,
            ):
                raise StoreReadOnly
            reader = connection.sql(query, params=list(parameters or ())).to_arrow_reader(batch_rows)
            yield reader.schema, iter(reader)

    def put(self, schema: str, table: str, batches: "pa.RecordBatchReader", mode: Mode) -> int:
        """Make the table and fill it in one transaction."""
        name = self.quoted(schema, table)
        with self._connected(self.about.query_seconds, writes=True) as connection:
            connection.begin()
            there = bool(connection.execute(
                "SELECT 1 FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = $1 AND table_name = $2",
                [schema or "main", table],
            ).fetchall())  # fmt: skip
            if there and mode == "create":
                raise TableExists(table)
            if not there and mode == "append":
                raise TableNotFound(table)
            if there and mode == "replace":
                connection.execute(f"DROP TABLE {name}")
            connection.register("studiolo_rows", batches)
            if mode == "append":
                done = connection.execute(f"INSERT INTO {name} BY NAME SELECT * FROM studiolo_rows")
            else:
                done = connection.execute(f"CREATE TABLE {name} AS SELECT * FROM studiolo_rows")
            count = int(done.fetchone()[0])
            connection.commit()
            return count

    def name_cause(self, error: Exception) -> StudioloError | None:  # noqa: PLR0911 - one line a cause
        """Return our error by the class of DuckDB's."""
        if not type(error).__module__.startswith(("duckdb", "_duckdb")):
            return None
        name, text = type(error).__name__, str(error)
        first = text.split("\n\n", maxsplit=1)[0].strip()
        if name == "InterruptException":
            return QueryTooSlow(self.about.query_seconds)
        if name == "OutOfMemoryException":
            return StoreFull("The query needs more memory than it may take.", "Ask for less, or without a sort.")
        if name == "PermissionException" or "read-only mode" in text:
            return StoreReadOnly()
        if name == "IOException" and "Could not set lock" in text:
            return AccessDenied(
                f"{self.where} is open in another process.", "Close it there, or try again in a moment."
            )
        if name in ("IOException", "SerializationException") and "not a valid DuckDB" in text:
            return ContainerMissing(f"{self.where} is no DuckDB database.", "Name another file.")
        with suppress(IndexError):
            first = first.splitlines()[0]
        return failed(first)
