"""A SQLite file. It is opened in the process of a job or of a page's child alone, never in the server."""

import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
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
    ValueUnfit,
)
from studiolo.studio.datastores.sql._file import PATH, located
from studiolo.studio.datastores.sql._statement import first_word
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
    name="sqlite",
    title="SQLite file",
    description="A database in one file that the studio's machine sees.",
    family="sql",
    fields=(PATH,),
    auth=(Auth("none", "The account of the studio", "The file is read with the rights of the account that runs it."),),
    place="{path}",
)
_LONGEST = 64 << 20  # bytes of one value
_STEPS = 20_000  # of SQLite's machine between looks at the clock
_MAY = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    getattr(sqlite3, "SQLITE_RECURSIVE", 33),
    sqlite3.SQLITE_TRANSACTION,
}
_NESTED = ("select", "with", "values")  # what may stand within another query
_MAY_ASK = {"table_info", "table_xinfo", "table_list", "index_list", "index_info", "foreign_key_list"}


def open_database(config: Mapping[str, Any], credentials: Mapping[str, str], about: Surroundings) -> "Sqlite":
    """Return the database; the file is opened by each verb."""
    del credentials  # the account of the studio is the credential
    return Sqlite(config, about)


class Sqlite(SqlDatabase):
    """Tables of a SQLite file. Types are of values there: a column of an answer gets the one type that all its values fit."""

    def __init__(self, config: Mapping[str, Any], about: Surroundings) -> None:
        super().__init__(about, read_only=bool(config.get("read_only")))
        self._config = config
        self.where = f"the file {config['path']}"

    @contextmanager
    def _connected(self, seconds: float, *, writes: bool = False) -> Iterator[sqlite3.Connection]:
        path = located(self._config, self.about)
        link = sqlite3.connect(
            f"{path.as_uri()}?mode={'rw' if writes else 'ro'}", uri=True, timeout=min(seconds, 30), isolation_level=None
        )
        with closing(link) as connection:
            until = time.monotonic() + seconds
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
            connection.set_progress_handler(lambda: int(time.monotonic() > until), _STEPS)
            connection.text_factory = lambda data: data.decode("utf-8", "replace")
            if not writes:
                connection.execute("PRAGMA query_only = on")
                connection.set_authorizer(_judge)
            yield connection

    def probe(self) -> None:
        """Read the header."""
        with self._connected(self.about.seconds) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()

    def find_schemas(self) -> list[str]:
        """Return the one there is."""
        self.probe()
        return ["main"]

    def find_tables(self, schema: str, after: str, limit: int) -> list[Relation]:
        """Return tables and views; SQLite keeps no counts."""
        with self._connected(self.about.seconds) as connection:
            found = connection.execute(
                "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
                "AND name > ? ORDER BY name LIMIT ?",
                (after, limit),
            ).fetchall()
        return [Relation(str(name), kind) for name, kind in found]

    def find_columns(self, schema: str, table: str) -> list[Attribute]:
        """Return the columns with the types that were declared, which bind nobody."""
        with self._connected(self.about.seconds) as connection:
            found = connection.execute(f"PRAGMA table_xinfo({self.quote(table)})").fetchall()
        return [Attribute(str(row[1]), str(row[2]), not row[3], bool(row[5])) for row in found if row[6] != 1]

    def shortened(self, query: str, rows: int) -> str:
        """Look no further than is shown."""
        return f"SELECT * FROM ({query}\n) LIMIT {rows}" if first_word(query) in _NESTED else query

    @contextmanager
    def rows(
        self, query: str, parameters: Sequence[Any] | None, batch_rows: int
    ) -> "Iterator[tuple[pa.Schema, Iterator[pa.RecordBatch]]]":
        """Ask twice within one transaction: which types of values each column has, then for the rows."""
        import pyarrow as pa

        given = tuple(parameters or ())
        with self._connected(self.about.query_seconds) as connection:
            connection.execute("BEGIN")
            names = [item[0] for item in connection.execute(query, given).description or ()]
            if not names:
                raise failed("It returns no columns.", "Write a SELECT.")
            kinds = _kinds(connection, query, given, len(names))
            schema = pa.schema([pa.field(name, kind) for name, kind in zip(names, kinds, strict=True)])
            cursor = connection.execute(query, given)

            def made() -> "Iterator[pa.RecordBatch]":
                while found := cursor.fetchmany(batch_rows):
                    columns = zip(*found, strict=True)
                    yield pa.record_batch([_column(c, f) for c, f in zip(columns, schema, strict=True)], schema=schema)

            yield schema, made()

    def put(self, schema: str, table: str, batches: "pa.RecordBatchReader", mode: Mode) -> int:
        """Make the table and fill it in one transaction."""
        name, count = self.quote(table), 0
        columns = ", ".join(f"{self.quote(field.name)} {_declared(field)}" for field in batches.schema)
        marks = ", ".join("?" * len(batches.schema))
        named = ", ".join(self.quote(field.name) for field in batches.schema)
        with self._connected(self.about.query_seconds, writes=True) as connection:
            connection.execute("BEGIN IMMEDIATE")
            there = connection.execute(
                "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)
            ).fetchone()
            if there and mode == "create":
                raise TableExists(table)
            if not there and mode == "append":
                raise TableNotFound(table)
            if there and mode == "replace":
                connection.execute(f"DROP TABLE {name}")
            if mode != "append":
                connection.execute(f"CREATE TABLE {name} ({columns})")
            for batch in batches:
                written = [_plain(column, field) for column, field in zip(batch.columns, batch.schema, strict=True)]
                connection.executemany(f"INSERT INTO {name} ({named}) VALUES ({marks})", zip(*written, strict=True))
                count += batch.num_rows
            connection.execute("COMMIT")
        return count

    def name_cause(self, error: Exception) -> StudioloError | None:  # noqa: PLR0911 - one line a cause
        """Return our error by SQLite's name of it."""
        if not isinstance(error, sqlite3.Error | sqlite3.Warning):
            return None
        name, text = getattr(error, "sqlite_errorname", "") or "", str(error)
        if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
            return ContainerMissing(f"{self.where} is no SQLite database, or is damaged.", "Name another file.")
        if name.startswith("SQLITE_INTERRUPT"):
            return QueryTooSlow(self.about.query_seconds)
        if name.startswith(("SQLITE_READONLY", "SQLITE_AUTH")) or "not authorized" in text or "prohibited" in text:
            return StoreReadOnly()
        if name.startswith(("SQLITE_CANTOPEN", "SQLITE_PERM")):
            return AccessDenied(f"{self.where} cannot be opened.", "Give the account of the studio the right to it.")
        if name.startswith(("SQLITE_FULL", "SQLITE_NOMEM", "SQLITE_IOERR")):
            return StoreFull(f"{self.where}: {text}.", "Free some space.")
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return AccessDenied(f"{self.where} is being written by somebody else.", "Try again in a moment.")
        return failed(text)


def _judge(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    """Let a statement read; no files are attached, no extension is loaded, no setting is changed."""
    allowed = action in _MAY or (action == sqlite3.SQLITE_PRAGMA and first in _MAY_ASK)
    if action == sqlite3.SQLITE_FUNCTION and str(second).lower() in ("load_extension", "writefile", "readfile", "edit"):
        allowed = False
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def _kinds(connection: sqlite3.Connection, query: str, given: tuple[Any, ...], count: int) -> "list[pa.DataType]":
    """Return the type of each column: integers, numbers, texts or bytes; text where texts and numbers are mixed."""
    import pyarrow as pa

    names = [f"c{place}" for place in range(count)]
    kinds = [f"nullif(typeof({name}), 'null')" for name in names]
    asked = ", ".join(f"min({kind}), max({kind})" for kind in kinds)
    if first_word(query) not in _NESTED:
        return [pa.string()] * count
    found = connection.execute(f"WITH q({', '.join(names)}) AS ({query}\n) SELECT {asked} FROM q", given).fetchone()
    made = []
    for place in range(count):
        least, most = found[place * 2 : place * 2 + 2]  # of blob, integer, real, text, in this order
        if least == "blob":
            made.append(pa.binary())
        elif most in ("text", None):
            made.append(pa.string())
        else:
            made.append(pa.int64() if most == "integer" else pa.float64())
    return made


def _column(values: Sequence[Any], field: "pa.Field") -> "pa.Array":
    import pyarrow as pa

    try:
        return pa.array(values, field.type)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        pass
    if pa.types.is_string(field.type):
        return pa.array([v if v is None or isinstance(v, str) else str(v) for v in values], field.type)
    if pa.types.is_binary(field.type):
        return pa.array([v if v is None or isinstance(v, bytes) else str(v).encode() for v in values], field.type)
    if pa.types.is_floating(field.type):
        exact = all(v is None or isinstance(v, float) or abs(v) <= 2**53 for v in values)
        if exact:
            return pa.array([None if v is None else float(v) for v in values], field.type)
    raise ValueUnfit(
        f"The column '{field.name}' mixes numbers with integers above 2^53, which would be rounded.",
        "Convert it in the query: CAST(column AS TEXT).",
        field="query",
    )


def _declared(field: "pa.Field") -> str:
    import pyarrow as pa

    kind, is_ = field.type, pa.types
    if is_.is_boolean(kind) or (is_.is_integer(kind) and not is_.is_uint64(kind)):
        return "INTEGER"
    if is_.is_floating(kind):
        return "REAL"
    return "BLOB" if is_.is_binary(kind) or is_.is_large_binary(kind) else "TEXT"


def _plain(column: "pa.Array", field: "pa.Field") -> list[Any]:
    """Return values as SQLite keeps them: what it has no type for as text, exactly."""
    import json

    import pyarrow as pa

    kind = field.type
    if pa.types.is_nested(kind):
        return [None if v is None else json.dumps(v, default=str) for v in column.to_pylist()]
    if _declared(field) == "TEXT":
        found: list[Any] = column.cast(pa.string()).to_pylist()
        return found
    values: list[Any] = column.to_pylist()
    return [int(v) if isinstance(v, bool) else v for v in values]
