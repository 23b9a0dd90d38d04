"""Content-addressed bytes: a blob is named by the blake3 of its content, written once, never changed."""

import contextlib
import errno
import fcntl
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol

from blake3 import blake3

from studiolo.kernel.errors import DiskFull, NotFound
from studiolo.kernel.ids import new_id
from studiolo.kernel.storage.beside import Beside

CHUNK = 1 << 20
_SYNCED = 10_000  # digests that a process remembers
_NAME = re.compile(r"[0-9a-f]{64}")
_TOGETHER = 1000  # blobs kept under one hold of the lock


class BlobMissing(NotFound):
    """A blob that a row names is not in the store."""

    code, title = "storage.blob_missing", "Stored bytes are missing"


@dataclass(frozen=True, slots=True)
class Blob:
    """digest: blake3, 64 hex digits; size: bytes."""

    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A blob as the sweep sees it. touched: seconds since 1970 when it was last written or kept."""

    digest: str
    size: int
    touched: float


class BlobStore(Protocol):
    """What slices need of a store; object stores will implement the same over a local cache.

    root: the local folder in which bytes arrive and are read.
    """

    root: Path

    def writer(self) -> "BlobWriter":
        """Begin a new blob."""
        ...

    def beside(self) -> contextlib.AbstractContextManager[Callable[[], None]]:
        """Let what this thread stores `in_passing` go to the disk beside its work, until it calls what it is given: before it commits what
        names it."""
        ...

    def in_passing(self) -> contextlib.AbstractContextManager[None]:
        """Do not wait for the disk for what is stored now, in a block of `beside`; outside of one nothing is different."""
        ...

    def put(self, source: Path | bytes | Iterable[bytes]) -> Blob:
        """Store bytes; the same content twice is stored once."""
        ...

    def path(self, digest: str) -> Path:
        """Return a read-only local file with the content."""
        ...

    def open(self, digest: str) -> BinaryIO:
        """Open for reading."""
        ...

    def exists(self, digest: str) -> bool:
        """Say whether the content is here."""
        ...

    def keep(self, digest: str) -> bool:
        """Say whether the content is here, and hold it for the grace time of the sweep: the caller is about to name it."""
        ...

    def keep_all(self, digests: Iterable[str]) -> list[str]:
        """Do the same for many; returns those that are not here."""
        ...

    def stored(self, prefix: str) -> "Iterator[Kept]":
        """Yield the blobs whose digest begins with two hex digits."""
        ...

    def drop(self, digest: str, before: datetime) -> bool:
        """Remove a blob that nobody has written or kept since a moment; False when somebody has, or it is gone."""
        ...

    def link(self, digest: str, target: Path) -> None:
        """Place the content at `target`, read-only."""
        ...

    def sweep_spool(self, before: datetime) -> int:
        """Remove what writers that died before then left behind; returns how many files went."""
        ...


class BlobWriter:
    """Takes bytes while hashing them; the blob appears at `commit`, whole or not at all."""

    def __init__(self, store: "LocalBlobStore") -> None:
        self._store = store
        self._hash = blake3()
        self.size = 0
        self.path = store.spool / f"{new_id()}.part"
        self._file = self.path.open("xb")
        self._open = True

    def write(self, data: bytes) -> None:
        """Append; raises DiskFull and leaves nothing behind when there is no room."""
        try:
            self._file.write(data)
        except OSError as error:
            self.abort()
            raise _room(error, self._store.root) from error
        self._hash.update(data)
        self.size += len(data)

    def flushed(self) -> Path:
        """Return the file as far as it is written, for a look before `commit`; raises DiskFull."""
        try:
            self._file.flush()
        except OSError as error:
            self.abort()
            raise _room(error, self._store.root) from error
        return self.path

    def commit(self) -> Blob:
        """Write through to the disk, then name the content: write → fsync → rename. `in_passing` another thread does so."""
        blob = Blob(self._hash.hexdigest(), self.size)
        self._store.going.wait(blob.digest)
        self.flushed()  # a full disk is told of at once
        if self._store.going.takes(blob.digest, lambda: self._commit(blob)):
            self._open = False
            return blob
        return self._commit(blob)

    def _commit(self, blob: Blob) -> Blob:
        target = self._store.location(blob.digest)
        try:
            os.fsync(self._file.fileno())
            self._file.close()
            self._open = False
            if not target.parent.is_dir():
                target.parent.mkdir(parents=True, exist_ok=True)
                _sync_folder(self._store.root)
            self.path.chmod(0o444)
            with self._store.held():  # what is found here is touched before a sweep can look again: it stays
                if _touch(target):
                    self.path.unlink()
                else:
                    os.utime(self.path)
                    self.path.rename(target)
            _sync_folder(target.parent)  # also where another writer named it a moment ago and may not be so far
            self._store.synced(blob.digest)
        except OSError as error:
            self.abort()
            raise _room(error, self._store.root) from error
        return blob

    def set_aside(self, place: Callable[[Blob], Path]) -> Blob:
        """Leave the bytes as a file that is no blob yet, at the place chosen by their digest; not synced to the disk."""
        blob = Blob(self._hash.hexdigest(), self.size)
        try:
            self._file.close()
            self._open = False
            self.path.rename(place(blob))
        except OSError as error:
            self.abort()
            raise _room(error, self._store.root) from error
        return blob

    def abort(self) -> None:
        """Forget what was written."""
        self._open = False
        with contextlib.suppress(OSError):  # a full disk makes close fail too; the file is removed next
            self._file.close()
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> "BlobWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        if self._open:
            self.abort()


class LocalBlobStore:
    """Blobs as files `blobs/ab/cdef…`, mode 0444, in one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._root = str(root)
        self.spool = root / "spool"
        self._synced: set[str] = set()
        self.going = Beside()
        self.spool.mkdir(parents=True, exist_ok=True)

    def location(self, digest: str) -> Path:
        """Return where a digest is or would be."""
        if _NAME.fullmatch(digest) is None:
            raise BlobMissing(f"'{digest[:80]}' is not the name of a blob.")
        return self.root / digest[:2] / digest[2:]

    def place(self, digest: str) -> str:
        """Return the same as a plain text: a Path costs more than the call that it is made for."""
        if _NAME.fullmatch(digest) is None:
            raise BlobMissing(f"'{digest[:80]}' is not the name of a blob.")
        return f"{self._root}/{digest[:2]}/{digest[2:]}"

    def synced(self, digest: str) -> None:
        """Note that this process has seen a blob through to the disk."""
        if len(self._synced) >= _SYNCED:
            self._synced.clear()
        self._synced.add(digest)

    def writer(self) -> BlobWriter:
        """Begin a new blob."""
        try:
            return BlobWriter(self)
        except OSError as error:
            raise _room(error, self.root) from error

    def put(self, source: Path | bytes | Iterable[bytes]) -> Blob:
        """Store bytes, a file's content, or a stream of chunks."""
        if isinstance(source, bytes):
            digest = blake3(source).hexdigest()
            if digest in self._synced and self.keep(digest):  # it is on the disk, under its name
                return Blob(digest, len(source))
        with self.writer() as writer:
            if isinstance(source, bytes):
                writer.write(source)
            elif isinstance(source, Path):
                with source.open("rb") as file:
                    while chunk := file.read(CHUNK):
                        writer.write(chunk)
            else:
                for chunk in source:
                    writer.write(chunk)
            return writer.commit()

    def beside(self) -> contextlib.AbstractContextManager[Callable[[], None]]:
        """Let what is stored `in_passing` go to the disk beside, until what is given is called."""
        return self.going.block()

    def in_passing(self) -> contextlib.AbstractContextManager[None]:
        """Do not wait for the disk for what is stored now, in a block of `beside`."""
        return self.going.in_passing()

    def path(self, digest: str) -> Path:
        """Return the read-only file; raises BlobMissing."""
        self.going.wait(digest)
        location = self.location(digest)
        if not location.is_file():
            raise BlobMissing(
                f"The bytes {digest[:12]}… are not in {self.root}.",
                "Restore the folder from a backup, or upload again.",
            )
        return location

    def open(self, digest: str) -> BinaryIO:
        """Open for reading."""
        self.going.wait(digest)
        try:
            return open(self.place(digest), "rb")  # noqa: PTH123 - a Path costs more than the call
        except FileNotFoundError:
            return self.path(digest).open("rb")  # which says what is missing

    def exists(self, digest: str) -> bool:
        """Say whether the content is here."""
        self.going.wait(digest)
        return self.location(digest).is_file()

    @contextlib.contextmanager
    def held(self, *, alone: bool = False) -> Iterator[None]:
        """Hold the store's lock for a moment: shared by those who name blobs, alone for the one who removes one.

        A lock of the file system on the folder, since server and controller are two processes. Each holder opens it anew:
        threads that shared a descriptor would give up each other's lock.
        """
        descriptor = os.open(self.root, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
            yield
        finally:
            os.close(descriptor)

    def keep(self, digest: str) -> bool:
        """Say whether the content is here, and hold it for the grace time of the sweep."""
        if self.going.is_mine(digest):  # it is being written, and waited for before it is named
            return True
        self.going.wait(digest)
        location = self.location(digest)
        with self.held():
            return _touch(location)

    def keep_all(self, digests: Iterable[str]) -> list[str]:
        """Hold many blobs for the grace time of the sweep; returns those that are not here."""
        missing: list[str] = []
        for some in _some((one for one in digests if not self.going.is_mine(one)), _TOGETHER):
            for digest in some:
                self.going.wait(digest)
            with self.held():
                missing += [digest for digest in some if not _touch(self.place(digest))]
        return missing

    def stored(self, prefix: str) -> Iterator[Kept]:
        """Yield the blobs whose digest begins with two hex digits."""
        folder = self.root / prefix
        if not folder.is_dir():
            return
        with os.scandir(folder) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    about = entry.stat()
                    yield Kept(prefix + entry.name, about.st_size, about.st_mtime)

    def drop(self, digest: str, before: datetime) -> bool:
        """Remove a blob that nobody has written or kept since a moment; False when somebody has, or it is gone."""
        location = self.location(digest)
        with self.held(alone=True):
            try:
                if location.stat().st_mtime >= before.timestamp():
                    return False
                location.unlink()
            except FileNotFoundError:
                return False
        return True

    def sweep_spool(self, before: datetime) -> int:
        """Remove what was being written when a process died: parts untouched since a moment; returns how many."""
        swept = 0
        with os.scandir(self.spool) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):  # finished or aborted meanwhile
                    if entry.name.endswith(".part") and entry.stat().st_mtime < before.timestamp():
                        Path(entry.path).unlink()
                        swept += 1
        return swept

    def link(self, digest: str, target: Path) -> None:
        """Place the content at `target`, read-only: a hard link, or a copy across file systems."""
        target.parent.mkdir(parents=True, exist_ok=True)
        source = self.path(digest)
        target.unlink(missing_ok=True)
        try:
            os.link(source, target)
        except OSError:  # another file system, or one without hard links
            shutil.copyfile(source, target)
            target.chmod(0o444)


def _some(digests: Iterable[str], size: int) -> Iterator[list[str]]:
    waiting = iter(digests)
    while some := list(islice(waiting, size)):
        yield some


def _touch(location: Path | str) -> bool:
    try:
        os.utime(location)
    except FileNotFoundError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _room(error: OSError, root: Path) -> Exception:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):  # the last: a limit of the file system or process
        return DiskFull(
            f"There is no room left in {root} ({error.strerror}).", "Free some space, then try again; nothing was kept."
        )
    return error
