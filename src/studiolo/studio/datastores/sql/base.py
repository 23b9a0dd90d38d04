"""The port of a database: a module in this folder with a SPEC and `open_database`; its database derives from `SqlDatabase`.

Each new kind passes `studiolo.testing.databases.DatabaseChecks`. Drivers are imported inside functions.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Literal

from studiolo.kernel.errors import StudioloError
from studiolo.studio.datastores import causes
from studiolo.studio.datastores.errors import QueryFailed, StoreReadOnly, TableNotFound, ValueUnfit
from studiolo.studio.datastores.kinds.base import library
from studiolo.studio.datastores.ports import Attribute, Check, Relation
from studiolo.studio.datastores.spec import Auth, Field, KindSpec, Surroundings
from studiolo.studio.datastores.sql._statement import judged

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Attribute", "Auth", "Field", "KindSpec", "Relation", "SqlDatabase", "Surroundings", "library"]

Mode = Literal["create", "append", "replace"]
BATCH = 65_536
HEAD_BATCH = 100

HOST = Field("host", "Host", required=True, example="db.example.org", pattern=r"[^/@\s]+")
DATABASE = Field("database", "Database", required=True, example="shop")
USER = Field("user", "User", "Better one that may only read.", required=True)
PASSWORD = Field("password", "Password", required=True, secret=True, auth=("password",))
BY_PASSWORD = Auth("password", "User and password")
BY_NAME = Auth("none", "User without a password", "The server trusts this machine.")
AUTHORITY = Field(
    "ca",
    "Certificate authority",
    "In PEM, where the server's certificate is not signed by a public one.",
    type="lines",
    group="Server",
    address=True,
)


class SqlDatabase(ABC):
    """What databases share: named causes, the try of a connection, the one lock against writing.

    A subclass has `where` (for sentences), `opened`, `find_*`, `rows`, `put` and `name_cause`.
    """

    where: str = "the database"
    strict: bool = False  # whether nothing but the text of a query says that it only reads
    escapes: bool = False  # whether a backslash in a text of a query is an escape

    def __init__(self, about: Surroundings, *, read_only: bool) -> None:
        self.about, self.read_only = about, read_only

    # what a kind does

    @abstractmethod
    def probe(self) -> None:
        """Sign in and ask for the least that shows that host, credential and database are right."""

    @abstractmethod
    def find_schemas(self) -> list[str]:
        """Return the names of the schemas."""

    @abstractmethod
    def find_tables(self, schema: str, after: str, limit: int) -> list[Relation]:
        """Return tables and views behind a name."""

    @abstractmethod
    def find_columns(self, schema: str, table: str) -> list[Attribute]:
        """Return the columns of a table, none for one that is not there."""

    @abstractmethod
    def rows(
        self, query: str, parameters: Sequence[Any] | None, batch_rows: int
    ) -> "AbstractContextManager[tuple[pa.Schema, Iterator[pa.RecordBatch]]]":
        """Run a query that was judged: the schema, and the batches as they come."""

    def put(self, schema: str, table: str, batches: "pa.RecordBatchReader", mode: Mode) -> int:
        """Write rows whole or not at all; kinds that only read leave it."""
        raise StoreReadOnly

    @abstractmethod
    def name_cause(self, error: Exception) -> StudioloError | None:
        """Return our error of what the driver raised, None when it is a matter of the connection or unknown."""

    def quote(self, name: str) -> str:
        """Write one name so that any letter may stand in it."""
        return '"' + name.replace('"', '""') + '"'

    # what everybody calls

    def check(self) -> Check:
        """Try the connection."""
        begun = time.monotonic()
        try:
            with self.named():
                self.probe()
        except StudioloError as error:
            return Check(False, error.detail, error.hint, (time.monotonic() - begun) * 1000, error.code)
        return Check(True, "", "", (time.monotonic() - begun) * 1000)

    def schemas(self) -> list[str]:
        """Return the names of the schemas."""
        with self.named():
            return self.find_schemas()

    def tables(self, schema: str, after: str = "", limit: int = 1000) -> list[Relation]:
        """Return tables and views of a schema in order of name."""
        with self.named():
            return self.find_tables(schema, after, max(1, min(limit, 1000)))

    def columns(self, schema: str, table: str) -> list[Attribute]:
        """Return the columns of a table."""
        with self.named():
            found = self.find_columns(schema, table)
        if not found:
            raise TableNotFound(f"{schema}.{table}" if schema else table)
        return found

    def quoted(self, schema: str, table: str) -> str:
        """Return a table's name as a query writes it."""
        return f"{self.quote(schema)}.{self.quote(table)}" if schema else self.quote(table)

    def head(self, query: str, rows: int) -> "pa.Table":
        """Return the first rows of a query."""
        import pyarrow as pa

        found: list[pa.RecordBatch] = []
        left = rows
        with self.read(
            self.shortened(judged(query, strict=self.strict, escapes=self.escapes), rows), None, min(rows, HEAD_BATCH)
        ) as batches:
            schema = batches.schema
            for batch in batches:
                found.append(batch.slice(0, left))
                left -= batch.num_rows
                if left <= 0:
                    break
        return pa.Table.from_batches(found, schema)

    def shortened(self, query: str, rows: int) -> str:
        """Return a query of no more rows, where it can be written around another one; reading ends by itself anyway."""
        return query

    @contextmanager
    def read(
        self, query: str, parameters: Sequence[Any] | None = None, batch_rows: int = BATCH
    ) -> "Iterator[pa.RecordBatchReader]":
        """Run a query in a transaction that cannot write; the rows stream."""
        import pyarrow as pa

        query = judged(query, strict=self.strict, escapes=self.escapes)
        with self.named():
            stack = self.rows(query, parameters, batch_rows)
            schema, batches = stack.__enter__()
        try:
            reader = pa.RecordBatchReader.from_batches(schema, self._naming(batches))
            yield reader  # what goes wrong in a batch comes out of Arrow as it went in
        finally:
            with self.closing():
                stack.__exit__(None, None, None)

    def _naming(self, batches: "Iterator[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
        with self.named():
            yield from batches

    def write(self, table: str, batches: "pa.RecordBatchReader", mode: Mode) -> int:
        """Write rows into a table, all of them or none."""
        if self.read_only:
            raise StoreReadOnly
        schema, _, name = table.rpartition(".")
        with self.named():
            return self.put(schema, name, batches, mode)

    def close(self) -> None:  # noqa: B027 - most kinds open a connection for each verb
        """Give connections back."""

    @contextmanager
    def named(self) -> Iterator[None]:
        """Turn whatever a driver raises into an error of ours that names the cause."""
        try:
            yield
        except (StudioloError, GeneratorExit):
            raise
        except Exception as error:  # noqa: BLE001 - drivers raise what they like; each becomes a sentence
            found = causes.ours(error) or self.name_cause(error) or unfit(error) or causes.reaching(error, self.where)
            raise (found or causes.unknown(error, self.where)) from None

    @contextmanager
    def closing(self) -> Iterator[None]:
        """Let go of a connection that may be broken already."""
        try:
            yield
        except Exception:  # noqa: BLE001 - the read is over; how its connection ends concerns nobody
            return


def unfit(error: Exception) -> ValueUnfit | None:
    """Return our error of a value that Arrow could not take."""
    name = type(error).__name__
    if not name.startswith("Arrow"):
        return None
    return ValueUnfit(
        f"A value of the answer cannot be kept: {str(error).splitlines()[0][:300]}",
        "Convert that column in the query, such as to text.",
        field="query",
    )


def failed(text: str, hint: str = "") -> QueryFailed:
    """Return the error of a query that the database refused, in its words."""
    line = " ".join(text.split())
    return QueryFailed(line[:1000] or "The database gives no reason.", hint, field="query")
