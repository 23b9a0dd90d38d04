"""From a datastore's settings and credentials to the store itself: in the server, and in a job without a server."""

import importlib.util
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from studiolo.kernel import plugins
from studiolo.kernel.errors import Invalid, MissingExtra, StudioloError
from studiolo.kernel.settings import Settings, load
from studiolo.studio.datastores.errors import KindNotFound, NotAFileStore, StoreReadOnly
from studiolo.studio.datastores.ports import Attribute, Check, Database, Entry, Fingerprint, Relation, Store
from studiolo.studio.datastores.spec import KindSpec, Surroundings

if TYPE_CHECKING:
    import pyarrow as pa

VARIABLE = "STUDIOLO_STORE_"
_FAMILIES = ("studiolo.studio.datastores.kinds", "studiolo.studio.datastores.sql")
_HIDDEN = "•••"


def kinds() -> dict[str, ModuleType]:
    """Return the modules of all kinds, of files and of tables, by name."""
    found: dict[str, ModuleType] = {}
    for package in _FAMILIES:
        if importlib.util.find_spec(package) is not None:
            found |= plugins.find(package, KindSpec)
    return found


def spec(kind: str) -> KindSpec:
    """Return what a kind says of itself; raises KindNotFound."""
    family = kinds()
    if kind not in family:
        raise KindNotFound(kind, list(family))
    found: KindSpec = family[kind].SPEC
    return found


def installed(found: KindSpec) -> bool:
    """Say whether what a kind needs is there."""
    for name in found.modules:
        try:
            if importlib.util.find_spec(name) is None:
                return False
        except ModuleNotFoundError:  # the package around it is not there either
            return False
    return True


def surroundings(settings: Settings) -> Surroundings:
    """Return how a store is opened in this studio: what may be asked, where no path may lead."""
    return Surroundings(
        settings.datastore_private, (settings.home,), settings.datastore_seconds, settings.datastore_query_seconds
    )


def open_store(
    name: str,
    kind: str,
    auth: str,
    config: Mapping[str, Any],
    credentials: Mapping[str, str],
    about: Surroundings,
    *,
    read_only: bool = False,
) -> Store:
    """Open a store of files; raises NotAFileStore, KindNotFound, MissingExtra."""
    found = spec(kind)
    if found.family != "files":
        raise NotAFileStore(name)
    if found.extra and not installed(found):
        raise MissingExtra(found.title, found.extra)
    store: Store = kinds()[kind].open_store({**config, "auth": auth}, credentials, about)
    return Guarded(store, name, tuple(credentials.values()), read_only=read_only or not found.writable)


def open_database(
    name: str,
    kind: str,
    auth: str,
    config: Mapping[str, Any],
    credentials: Mapping[str, str],
    about: Surroundings,
    *,
    read_only: bool = False,
) -> Database:
    """Open a database; raises Invalid for a store of files, KindNotFound, MissingExtra."""
    found = spec(kind)
    if found.family != "sql":
        raise Invalid(f"The datastore '{name}' has files and no tables.", "Choose a database.", field="datastore")
    if found.extra and not installed(found):
        raise MissingExtra(found.title, found.extra)
    given = {**config, "auth": auth, "read_only": read_only}
    database: Database = kinds()[kind].open_database(given, credentials, about)
    return GuardedDatabase(database, name, tuple(credentials.values()), read_only=read_only or not found.writable)


def variable(name: str) -> str:
    """Return the environment variable by which a job gets a datastore.

    >>> variable("sales")
    'STUDIOLO_STORE_SALES'
    """
    return VARIABLE + name.upper()


def packed(
    name: str,
    kind: str,
    auth: str,
    config: Mapping[str, Any],
    credentials: Mapping[str, str],
    *,
    read_only: bool = False,
    own: bool = False,
) -> str:
    """Return everything that opens a datastore, as one text for a job's environment. own: of the studio's own folder."""
    whole = {"name": name, "kind": kind, "auth": auth, "config": dict(config), "read_only": read_only, "own": own}
    return json.dumps({**whole, "credentials": dict(credentials)})


def _unpacked(name: str, environ: Mapping[str, str] | None) -> tuple[dict[str, Any], Surroundings]:
    text = (os.environ if environ is None else environ).get(variable(name))
    if not text:
        raise Invalid(
            f"This job was not given the datastore '{name}'.", "Name it among the job's datastores.", field="datastore"
        )
    about = surroundings(load())
    given = json.loads(text)
    if given.get("own"):
        about = replace(about, barred=())
    return given, about


def from_environment(name: str, environ: Mapping[str, str] | None = None) -> Store:
    """Open a datastore in a job that was given it; raises Invalid for one that it was not given."""
    given, about = _unpacked(name, environ)
    return open_store(
        given["name"],
        given["kind"],
        given["auth"],
        given["config"],
        given["credentials"],
        about,
        read_only=given["read_only"],
    )


def database_from_environment(name: str, environ: Mapping[str, str] | None = None) -> Database:
    """Open a database in a job that was given it; raises Invalid for one that it was not given."""
    given, about = _unpacked(name, environ)
    return open_database(
        given["name"],
        given["kind"],
        given["auth"],
        given["config"],
        given["credentials"],
        about,
        read_only=given["read_only"],
    )


class Hushed:
    """What keeps credentials out of messages."""

    def __init__(self, name: str, secrets: Sequence[str], *, read_only: bool) -> None:
        self._name, self._read_only = name, read_only
        self._secrets = sorted((secret for secret in secrets if len(secret) >= 4), key=len, reverse=True)

    def _checked(self, found: Check) -> Check:
        return Check(found.ok, self._plain(found.cause), self._plain(found.hint), found.milliseconds, found.code)

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        try:
            yield
        except StudioloError as error:
            error.detail, error.hint = self._plain(error.detail), self._plain(error.hint)
            error.args = (error.detail,)
            raise

    def _plain(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return text


class Guarded(Hushed):
    """A store as it is given out: read-only where it should be, and without a credential in any message."""

    def __init__(self, store: Store, name: str, secrets: Sequence[str], *, read_only: bool) -> None:
        super().__init__(name, secrets, read_only=read_only)
        self._store = store

    def list(self, folder: str, cursor: str | None = None, limit: int = 1000) -> "tuple[list[Entry], str | None]":
        """See Store.list."""
        with self._quiet():
            return self._store.list(folder, cursor, limit)

    def walk(self, prefix: str) -> Iterator[Entry]:
        """See Store.walk."""
        with self._quiet():
            yield from self._store.walk(prefix)

    def stat(self, path: str) -> Entry:
        """See Store.stat."""
        with self._quiet():
            return self._store.stat(path)

    @contextmanager
    def read(
        self, path: str, start: int = 0, end: int | None = None, pin: Fingerprint | None = None
    ) -> Iterator[BinaryIO]:
        """See Store.read."""
        with self._quiet(), self._store.read(path, start, end, pin) as file:
            yield file

    def write(self, path: str, source: BinaryIO, size: int | None = None) -> Entry:
        """See Store.write."""
        if self._read_only:
            raise StoreReadOnly(self._name)
        with self._quiet():
            return self._store.write(path, source, size)

    def delete(self, path: str) -> None:
        """See Store.delete."""
        if self._read_only:
            raise StoreReadOnly(self._name)
        with self._quiet():
            self._store.delete(path)

    def check(self) -> Check:
        """See Store.check."""
        return self._checked(self._store.check())

    def close(self) -> None:
        """See Store.close."""
        self._store.close()


class GuardedDatabase(Hushed):
    """A database as it is given out: read-only where it should be, and without a credential in any message."""

    def __init__(self, database: Database, name: str, secrets: Sequence[str], *, read_only: bool) -> None:
        super().__init__(name, secrets, read_only=read_only)
        self._database = database

    def check(self) -> Check:
        """See Database.check."""
        return self._checked(self._database.check())

    def schemas(self) -> Sequence[str]:
        """See Database.schemas."""
        with self._quiet():
            return self._database.schemas()

    def tables(self, schema: str, after: str = "", limit: int = 1000) -> Sequence[Relation]:
        """See Database.tables."""
        with self._quiet():
            return self._database.tables(schema, after, limit)

    def columns(self, schema: str, table: str) -> Sequence[Attribute]:
        """See Database.columns."""
        with self._quiet():
            return self._database.columns(schema, table)

    def quoted(self, schema: str, table: str) -> str:
        """See Database.quoted."""
        return self._database.quoted(schema, table)

    def head(self, query: str, rows: int) -> "pa.Table":
        """See Database.head."""
        with self._quiet():
            return self._database.head(query, rows)

    @contextmanager
    def read(
        self, query: str, parameters: Sequence[Any] | None = None, batch_rows: int = 65_536
    ) -> "Iterator[pa.RecordBatchReader]":
        """See Database.read."""
        with self._quiet(), self._database.read(query, parameters, batch_rows) as batches:
            yield batches

    def write(self, table: str, batches: "pa.RecordBatchReader", mode: Literal["create", "append", "replace"]) -> int:
        """See Database.write."""
        if self._read_only:
            raise StoreReadOnly(self._name)
        with self._quiet():
            return self._database.write(table, batches, mode)

    def close(self) -> None:
        """See Database.close."""
        self._database.close()


def own_folder(settings: Settings, workspace_id: str) -> Path:
    """Return where the files of `workspaceblobstore` are."""
    return settings.home / "datastores" / workspace_id
