"""What a datastore is to everybody who reads and writes through it: files by path, or tables by query."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, Protocol

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What tells one state of an object from another, the strongest that the store gives; equal means unchanged."""

    kind: Literal["version_id", "generation", "etag", "md5", "crc32c", "mtime"]
    value: str
    size: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder. path: from the datastore's root; size: bytes, 0 of a folder; modified: in UTC, where known."""

    path: str
    size: int
    folder: bool
    modified: datetime | None
    fingerprint: Fingerprint | None

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Check:
    """What came of a try. cause, hint: for people, empty when it is well; code: of the error; milliseconds: it took."""

    ok: bool
    cause: str
    hint: str
    milliseconds: float
    code: str = ""


class Store(Protocol):
    """Files by path. Paths are relative, '/'-separated, and never leave the datastore's root; "" is the root.

    Every verb raises a StoreError that names the cause; no message ever holds a credential.
    """

    def list(self, folder: str, cursor: str | None, limit: int) -> tuple[list[Entry], str | None]:
        """Return some of what is directly in a folder, and the cursor of the rest (None at the end)."""
        ...

    def walk(self, prefix: str) -> Iterator[Entry]:
        """Yield the files below a folder at any depth, or the one file of that path, in bounded memory."""
        ...

    def stat(self, path: str) -> Entry:
        """Return a file or a folder; raises PathNotFound."""
        ...

    def read(
        self, path: str, start: int = 0, end: int | None = None, pin: Fingerprint | None = None
    ) -> AbstractContextManager[BinaryIO]:
        """Open the bytes from start up to, and without, end; they stream.

        pin: that very version of the object where the store keeps versions, else ObjectChanged when it is not that any more.
        Fewer bytes than there should be raise Truncated or ConnectionCut, never end early in silence.
        """
        ...

    def write(self, path: str, source: BinaryIO, size: int | None = None) -> Entry:
        """Write all of a stream, and return what stands there now; whole or not at all. size: bytes, where known."""
        ...

    def delete(self, path: str) -> None:
        """Remove a file; raises PathNotFound."""
        ...

    def check(self) -> Check:
        """Try the connection; never raises a StoreError."""
        ...

    def close(self) -> None:
        """Give connections back; what is open no longer works."""
        ...


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view. rows: as the database's own statistics estimate them, None where it keeps none."""

    name: str
    kind: Literal["table", "view"] = "table"
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Attribute:
    """A column of a table. type: in the database's own words; key: whether it is part of the primary key."""

    name: str
    type: str
    nullable: bool = True
    key: bool = False


class Database(Protocol):
    """Tables by query.

    Every verb raises a StoreError that names the cause; no message ever holds a credential. A query is one statement that reads:
    anything else is refused before it is sent, and the transaction that it runs in cannot write, where the database has such.
    """

    def check(self) -> Check:
        """Try the connection; never raises a StoreError."""
        ...

    def schemas(self) -> Sequence[str]:
        """Return the names of the schemas, without those of the database itself."""
        ...

    def tables(self, schema: str, after: str = "", limit: int = 1000) -> Sequence[Relation]:
        """Return tables and views of a schema in order of name, at most `limit` of those behind a name."""
        ...

    def columns(self, schema: str, table: str) -> Sequence[Attribute]:
        """Return the columns of a table in their order; raises TableNotFound."""
        ...

    def quoted(self, schema: str, table: str) -> str:
        """Return a table's name as a query writes it."""
        ...

    def head(self, query: str, rows: int) -> pa.Table:
        """Return the first rows of a query, and stop it then."""
        ...

    def read(
        self, query: str, parameters: Sequence[Any] | None = None, batch_rows: int = 65_536
    ) -> AbstractContextManager[pa.RecordBatchReader]:
        """Run a query in a transaction that cannot write; the rows stream, and end when the block does.

        parameters: for the placeholders of the database's driver (`%s`, in SQLite and DuckDB `?`).
        """
        ...

    def write(self, table: str, batches: pa.RecordBatchReader, mode: Literal["create", "append", "replace"]) -> int:
        """Write rows into a table, all of them or none; returns how many. table: `name` or `schema.name`.

        Raises TableExists for `create`, TableNotFound for `append`, StoreReadOnly.
        """
        ...

    def close(self) -> None:
        """Give connections back; what is open no longer works."""
        ...
