"""Many blobs at once: copied while they are hashed, in one read, and made durable together.

A blob gets its name only when its bytes are on the disk. For one file that is one fsync; for thousands of small ones the file
system is told once to write all of them, and then they are named.
"""

import ctypes
import fcntl
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from blake3 import blake3

from studiolo.kernel.ids import new_id
from studiolo.kernel.storage.blobs import CHUNK, Blob, LocalBlobStore, _room, _touch

TOGETHER_FILES, TOGETHER_BYTES = 4000, 1 << 30  # written before they are made durable
AHEAD_BYTES = 32 << 20  # copied before the disk begins to take them, beside the copying
_FEW = 8  # so many are synced one by one
_FICLONE = 0x40049409  # of Linux; other systems refuse it


class Batch:
    """Takes files from several threads. A blob is there, under its name, after `flush`; what is not flushed is forgotten."""

    def __init__(self, store: LocalBlobStore) -> None:
        self._store, self._spool = store, str(store.spool)
        self._lock = threading.Lock()
        self._waiting: list[tuple[str, str]] = []
        self._bytes = self._ahead = 0
        self._writing: threading.Thread | None = None
        self._one_by_one = False  # the disk refused something, and says so of a whole file system but once
        self._clones = True
        self._own = threading.local()

    def copy(self, source: BinaryIO) -> Blob:
        """Copy a stream into the spool while hashing it; raises DiskFull and what reading raises, then nothing of it stays."""
        part = f"{self._spool}/{new_id()}.part"
        hashed, size = blake3(), 0
        try:
            file = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o444)
        except OSError as error:
            raise _room(error, self._store.root) from error
        try:
            cloned = self._clones and _clone(source, file)
            self._clones = cloned  # where one cannot be, the others cannot either
            buffer, fill = self._buffer(), _filling(source)
            while count := os.readv(file, [buffer]) if cloned else fill(buffer):
                piece = buffer[:count]
                hashed.update(piece)
                size += count
                if not cloned:
                    _write(file, piece)
                    if size >= AHEAD_BYTES:
                        self._count(count)
        except _Write as error:
            os.unlink(part)
            raise _room(error.cause, self._store.root) from error.cause
        except BaseException:
            os.unlink(part)
            raise
        finally:
            os.close(file)
        return self._wait(part, Blob(hashed.hexdigest(), size))

    def take(self, own: Path) -> Blob:
        """Take a file of our own spool by another name for it, after hashing it: it must not change any more."""
        hashed, size = blake3(), 0
        with own.open("rb") as file:
            while piece := file.read(CHUNK):
                hashed.update(piece)
                size += len(piece)
        part = f"{self._spool}/{new_id()}.part"
        try:
            os.link(own, part)
        except OSError:  # another file system
            with own.open("rb") as file:
                return self.copy(file)
        os.chmod(part, 0o444)
        return self._wait(part, Blob(hashed.hexdigest(), size))

    def _buffer(self) -> memoryview:
        """Return the thread's own bytes to read into: memory that is taken anew for each small file costs more than its copy."""
        found: memoryview | None = getattr(self._own, "buffer", None)
        if found is None:
            found = self._own.buffer = memoryview(bytearray(CHUNK))
        return found

    def _wait(self, part: str, blob: Blob) -> Blob:
        with self._lock:
            self._waiting.append((part, blob.digest))
            self._bytes += blob.size
            full = len(self._waiting) >= TOGETHER_FILES or self._bytes >= TOGETHER_BYTES
        if full:
            self.flush()
        elif blob.size < AHEAD_BYTES:
            self._count(blob.size)
        return blob

    def _count(self, size: int) -> None:
        with self._lock:
            self._ahead += size
            if self._ahead >= AHEAD_BYTES:
                self._begin_writing()

    def _begin_writing(self) -> None:
        """Have the disk take what is copied while more is being copied, so that `flush`, which alone promises, finds little left."""
        if not sys.platform.startswith("linux") or (self._writing is not None and self._writing.is_alive()):
            return
        self._ahead = 0
        writing = threading.Thread(target=self._write_ahead, name="to-disk", daemon=True)
        with suppress(RuntimeError):  # no thread to be had: `flush` writes all of it
            writing.start()
            self._writing = writing

    def _write_ahead(self) -> None:
        try:
            self._one_by_one |= not _sync_all(self._store.root)
        except OSError:
            self._one_by_one = True

    def flush(self) -> None:
        """Make all that was copied durable, and name it."""
        with self._lock:
            waiting, self._waiting, self._bytes = self._waiting, [], 0
        if not waiting:
            return
        try:
            self._name(waiting)
        except OSError as error:
            for part, _ in waiting:
                with suppress(FileNotFoundError):
                    os.unlink(part)
            raise _room(error, self._store.root) from error

    def _name(self, waiting: list[tuple[str, str]]) -> None:
        if self._writing is not None:
            self._writing.join()  # what it was told of the disk would not be told again
        _to_disk([part for part, _ in waiting], self._store.root, together=not self._one_by_one)
        places = [self._store.place(digest) for _, digest in waiting]
        folders = {place.rpartition("/")[0] for place in places}
        for folder in folders:
            if not os.path.isdir(folder):
                os.makedirs(folder, exist_ok=True)
        with self._store.held():
            for (part, _), place in zip(waiting, places, strict=True):
                if _touch(place):
                    os.unlink(part)
                else:
                    os.utime(part)
                    os.rename(part, place)
        _to_disk([*folders, str(self._store.root)], self._store.root)

    def forget(self) -> None:
        """Remove what was not flushed."""
        with self._lock:
            waiting, self._waiting, self._bytes = self._waiting, [], 0
        for part, _ in waiting:
            with suppress(FileNotFoundError):
                os.unlink(part)

    def __enter__(self) -> "Batch":
        return self

    def __exit__(self, *_: object) -> None:
        self.forget()


def _filling(source: BinaryIO) -> Callable[[memoryview], int]:
    """Return what reads a stream into given bytes; of streams that cannot, the copy of what they read."""
    own: Callable[[memoryview], int] | None = getattr(source, "readinto", None)

    def copied(buffer: memoryview) -> int:
        piece = source.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    return own or copied


class _Write(Exception):
    """Writing failed, not reading."""

    def __init__(self, cause: OSError) -> None:
        super().__init__(str(cause))
        self.cause = cause


def _write(file: int, view: memoryview) -> None:
    try:
        while view:
            view = view[os.write(file, view) :]
    except OSError as error:
        raise _Write(error) from error


def _clone(source: BinaryIO, target: int) -> bool:
    """Let a new file share the blocks of another, where the file system can: it is then the file as it was at one moment."""
    try:
        descriptor = source.fileno()
        if source.tell() != 0:
            return False
        fcntl.ioctl(target, _FICLONE, descriptor)
    except (OSError, AttributeError, ValueError):
        return False
    return True


def _to_disk(paths: list[str], root: Path, *, together: bool = True) -> None:
    if together and len(paths) > _FEW and sys.platform.startswith("linux") and _sync_all(root):
        return
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _sync_all(root: Path) -> bool:
    """Write everything of a file system to its disk, other threads going on meanwhile; says whether that was done."""
    descriptor = os.open(root, os.O_RDONLY)
    try:
        done: int = ctypes.CDLL(None, use_errno=True).syncfs(descriptor)
        return done == 0
    finally:
        os.close(descriptor)
