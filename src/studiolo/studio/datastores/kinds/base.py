"""The port of a file datastore: a module in this folder with a SPEC and `open_store`; its store derives from `FileStore`.

Each new kind passes `studiolo.testing.stores.StoreChecks`. Heavy libraries are imported inside functions.
"""

import builtins  # `list` is a verb here
import heapq
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Any, BinaryIO, Protocol, TypeVar

from studiolo.kernel.errors import MissingExtra, StudioloError
from studiolo.studio.datastores import causes
from studiolo.studio.datastores.errors import ConnectionCut, NotAFile, ObjectChanged, PathNotFound
from studiolo.studio.datastores.paths import clean
from studiolo.studio.datastores.ports import Check, Entry, Fingerprint, Store
from studiolo.studio.datastores.spec import Auth, Field, KindSpec, Surroundings
from studiolo.studio.datastores.streams import Counted, opened

__all__ = ["Auth", "Entry", "Field", "FileStore", "Fingerprint", "Kind", "KindSpec", "Surroundings"]

PAGE = 1000
T = TypeVar("T")
FOLDER = Field(
    "folder", "Folder", "Everything in this datastore is below it; empty: the whole container.", example="team/data"
)


class Kind(Protocol):
    """What the module of a kind has."""

    SPEC: KindSpec

    def open_store(self, config: Mapping[str, Any], credentials: Mapping[str, str], about: Surroundings) -> Store:
        """Return the store; nothing is asked over the network yet."""
        ...


class FileStore(ABC):
    """What stores share: clean paths, named causes, the try of a connection, walking by listing.

    A subclass has `where` (for sentences), `page`, `find`, `pieces`, `put`, `remove` and `named`, all with clean paths.
    """

    where: str = "the datastore"
    _snapshot: tuple[str, dict[str, Any]] | None = None

    # what a kind does

    @abstractmethod
    def page(self, folder: str, cursor: str | None, limit: int) -> tuple[list[Entry], str | None]:
        """Return some of a folder; a folder that is not there is empty or PathNotFound, as the store knows."""

    @abstractmethod
    def find(self, path: str) -> Entry:
        """Return a file or folder, raising PathNotFound."""

    @abstractmethod
    def pieces(
        self, path: str, start: int, end: int | None, pin: Fingerprint | None
    ) -> AbstractContextManager[tuple[Iterator[bytes], int | None]]:
        """Open an object: its bytes as they come, and how many must come (None when the store does not say)."""

    @abstractmethod
    def put(self, path: str, source: Counted, size: int | None) -> None:
        """Write an object whole or not at all."""

    @abstractmethod
    def remove(self, path: str) -> None:
        """Remove a file that is there."""

    @abstractmethod
    def name_cause(self, error: Exception, path: str) -> StudioloError | None:
        """Return our error of what the kind's library raised, None when it is a matter of the connection or unknown."""

    # what everybody calls

    def list(self, folder: str, cursor: str | None = None, limit: int = PAGE) -> tuple[list[Entry], str | None]:
        """Return some of what is directly in a folder, and the cursor of the rest."""
        folder = clean(folder, empty=True)
        with self.named(folder):
            return self.page(folder, cursor or None, max(1, min(limit, PAGE)))

    def walk(self, prefix: str) -> Iterator[Entry]:
        """Yield the files below a folder at any depth, or the one file of that path."""
        prefix = clean(prefix, empty=True)
        with self.named(prefix):
            yield from self.below(prefix)

    def below(self, prefix: str) -> Iterator[Entry]:
        """Walk folder by folder; stores that list a whole tree at once do that instead."""
        if prefix:
            entry = self.find(prefix)
            if not entry.folder:
                yield entry
                return
        waiting = [prefix]
        while waiting:
            folder, cursor, first = waiting.pop(), None, True
            inside: list[str] = []
            while first or cursor:
                first = False
                entries, cursor = self.page(folder, cursor, PAGE)
                for entry in entries:
                    if entry.folder:
                        inside.append(entry.path)
                    else:
                        yield entry
            waiting += reversed(inside)

    def stat(self, path: str) -> Entry:
        """Return a file or a folder."""
        path = clean(path)
        with self.named(path):
            return self.find(path)

    @contextmanager
    def read(
        self, path: str, start: int = 0, end: int | None = None, pin: Fingerprint | None = None
    ) -> Iterator[BinaryIO]:
        """Open the bytes from start up to, and without, end."""
        path = clean(path)
        stack = self.pieces(path, max(start, 0), end, pin)
        with self.named(path):
            pieces, expected = stack.__enter__()
        try:
            with opened(pieces, path, expected, lambda: self.named(path)) as file:
                yield file
        finally:
            with self.closing():
                stack.__exit__(None, None, None)

    def write(self, path: str, source: BinaryIO, size: int | None = None) -> Entry:
        """Write all of a stream, whole or not at all."""
        path = clean(path)
        counted = Counted(source, path, size)
        with self.named(path):
            self.put(path, counted, size)
            return self.find(path)

    def delete(self, path: str) -> None:
        """Remove a file."""
        path = clean(path)
        with self.named(path):
            self.remove(path)

    def check(self) -> Check:
        """Try the connection by listing the root."""
        begun = time.monotonic()
        try:
            with self.named(""):
                self.probe()
        except StudioloError as error:
            hint = causes.OTHER if isinstance(error, ConnectionCut) else error.hint
            return Check(False, error.detail, hint, (time.monotonic() - begun) * 1000, error.code)
        return Check(True, "", "", (time.monotonic() - begun) * 1000)

    def probe(self) -> None:
        """Ask for the least that shows that address, credential and container are right."""
        self.page("", None, 1)

    def close(self) -> None:  # noqa: B027 - most kinds have nothing to give back
        """Give connections back; there are none to give unless a kind says so."""

    @contextmanager
    def named(self, path: str) -> Iterator[None]:
        """Turn whatever a library raises into an error of ours that names the cause."""
        try:
            yield
        except StudioloError:
            raise
        except GeneratorExit:
            raise
        except Exception as error:  # noqa: BLE001 - libraries raise what they like; each becomes a sentence
            found = causes.ours(error) or self.name_cause(error, path) or causes.reaching(error, self.where)
            raise (found or causes.unknown(error, self.where)) from None

    @contextmanager
    def closing(self) -> Iterator[None]:
        """Let go of a connection that may be broken already."""
        try:
            yield
        except Exception:  # noqa: BLE001 - the read is over; how its connection ends concerns nobody
            return

    # small parts that kinds share

    def cut(
        self, folder: str, cursor: str | None, limit: int, whole: Callable[[], dict[str, T]]
    ) -> tuple[builtins.list[T], str | None]:
        """Return a page of a folder that the other side gives only whole: by name, after a cursor.

        A page that follows is cut from what the first one was; each first page asks anew.
        """
        if cursor is None or self._snapshot is None or self._snapshot[0] != folder:
            self._snapshot = (folder, whole())
        found: dict[str, T] = self._snapshot[1]
        names = heapq.nsmallest(limit + 1, (name for name in found if cursor is None or name > cursor))
        more = len(names) > limit
        if not more:
            self._snapshot = None
        return [found[name] for name in names[:limit]], names[limit - 1] if more else None

    @staticmethod
    def as_folder(path: str) -> Entry:
        """Return the entry of a folder of which only the name is known."""
        return Entry(path, 0, True, None, None)

    @staticmethod
    def keep_pin(entry: Entry, pin: Fingerprint | None) -> Entry:
        """Return a file's entry when it is what was pinned; raises ObjectChanged, NotAFile."""
        if entry.folder:
            raise NotAFile(entry.path)
        if pin is not None and entry.fingerprint != pin:
            raise ObjectChanged(entry.path)
        return entry


def moment(seconds: float) -> datetime:
    """Return a moment of seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def library(title: str, extra: str, *names: str) -> list[Any]:
    """Import modules of an extra; raises MissingExtra, a sentence that names it."""
    import importlib

    try:
        return [importlib.import_module(name) for name in names]
    except ModuleNotFoundError:
        raise MissingExtra(title, extra) from None


def missing(path: str) -> PathNotFound:
    """Return the error of a path that is not there."""
    return PathNotFound(path)
