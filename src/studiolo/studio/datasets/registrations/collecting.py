"""Brings files into the blob store: each is read once, by two threads, and not at all when it did not change."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from studiolo.kernel.errors import DiskFull, StudioloError
from studiolo.kernel.storage.batches import Batch
from studiolo.kernel.storage.blobs import LocalBlobStore
from studiolo.kernel.storage.manifests import Entry
from studiolo.studio.datasets.errors import FileChanging, FilesNotRead
from studiolo.studio.datasets.registration_schemas import Skipped
from studiolo.studio.datasets.registrations.sources import Found, Place
from studiolo.studio.datasets.registrations.stat_cache import StatCache, settled
from studiolo.studio.datastores.errors import AccessDenied, ObjectChanged, PathNotFound

THREADS = 2
_AHEAD = 256  # files given to the threads before the first of them is done
_NAMED = 5  # files that a refusal names
_PER_FILE = AccessDenied, PathNotFound, ObjectChanged


class Progress:
    """Files and bytes so far, told not more often than anybody could see. tell(bytes, of, label)."""

    def __init__(self, tell: Callable[[float, float | None, str], None]) -> None:
        self._tell, self._lock = tell, threading.Lock()
        self.files = self.bytes = 0
        self.files_total = self.bytes_total = 0
        self._told = 0.0

    def expect(self, found: Iterable[Found]) -> None:
        """Set what there will be."""
        for file in found:
            self.files_total += 1
            self.bytes_total += file.size

    def moved(self, files: int, size: int) -> None:
        """Count what was brought, or needed not be."""
        with self._lock:
            self.files += files
            self.bytes += size
            if time.monotonic() - self._told < 0.3:
                return
            self._told = time.monotonic()
        self._tell(self.bytes, self.bytes_total or None, f"{self.files:,} of {self.files_total:,} files")


class _Counted:
    """A stream that counts what is read of it."""

    def __init__(self, stream: object, count: Callable[[int, int], None]) -> None:
        self._stream, self._count = stream, count

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)

    def read(self, size: int = -1) -> bytes:
        piece: bytes = self._stream.read(size)  # type: ignore[attr-defined]
        self._count(0, len(piece))
        return piece


@dataclass
class Collected:
    """entries: by path; skipped: what could not be read, where that was allowed."""

    entries: dict[str, Entry] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    reused: int = 0


def collect(
    place: Place, found: list[Found], blobs: LocalBlobStore, cache: StatCache, progress: Progress, *, skip: bool = False
) -> Collected:
    """Copy files into the store; what the cache knows unchanged is only held. Each blob is there when this returns.

    Raises FilesNotRead (all that could not be read, unless `skip`), FileChanging, DiskFull, and what a store raises as a whole,
    such as an expired credential. What was copied by then is remembered, so that trying again goes on.
    """
    done = Collected()
    known = cache.known()
    unchanged = {
        file.path: known[file.place][1] for file in found if file.mark and known.get(file.place, ("",))[0] == file.mark
    }
    gone = set(blobs.keep_all(unchanged.values()))
    fresh: dict[str, tuple[str, str]] = {}
    copied: list[Found] = []
    for file in found:
        digest = unchanged.get(file.path)
        if digest is None or digest in gone:
            copied.append(file)
            continue
        done.entries[file.path] = Entry(file.path, file.size, digest)
        progress.moved(1, file.size)
    done.reused = len(done.entries)
    began = time.time()
    try:
        with Batch(blobs) as batch:
            try:
                _copy(place, copied, batch, progress, done)
            finally:
                batch.flush()  # also what came before an error: it need not be read again
                for file in copied:
                    entry = done.entries.get(file.path)
                    if entry and entry.digest and file.mark and settled(file.mtime, began):
                        fresh[file.place] = (file.mark, entry.digest)
    finally:
        cache.remember(fresh, (file.place for file in found if file.path in unchanged))
    done.skipped.sort(key=lambda item: item.path)
    if done.skipped and not skip:
        raise not_read(done.skipped)
    return done


def not_read(skipped: list[Skipped]) -> StudioloError:
    """Return the refusal that names files."""
    named = "; ".join(f"{file.path}: {file.reason}" for file in skipped[:_NAMED])
    more = f" and {len(skipped) - _NAMED:,} more" if len(skipped) > _NAMED else ""
    detail = f"{len(skipped):,} files cannot be read: {named}{more}."
    if all("changed" in file.reason for file in skipped):
        return FileChanging(detail, "Wait until nobody writes them, then register again.", field="source")
    return FilesNotRead(
        detail,
        "Give the studio the right to read them, or register without them: unreadable=skip.",
        field="source",
        extra={"files": [file.model_dump() for file in skipped[:100]]},
    )


def _copy(place: Place, found: list[Found], batch: Batch, progress: Progress, done: Collected) -> None:
    def bring(file: Found) -> Entry:
        with place.open(file) as stream:
            blob = batch.copy(_Counted(stream, progress.moved))  # type: ignore[arg-type]
        progress.moved(1, 0)
        return Entry(file.path, blob.size, blob.digest)

    running: deque[tuple[Future[Entry], Found]] = deque()
    files = iter(found)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="collect") as pool:
        try:
            while True:
                while len(running) < _AHEAD and (file := next(files, None)) is not None:
                    running.append((pool.submit(bring, file), file))
                if not running:
                    return
                _take(*running.popleft(), done)  # in turn: to wait for any of them costs as much as a small file
        except BaseException:
            left = [(future, file) for future, file in running if not future.cancel()]
            wait([future for future, _ in left])
            for future, file in left:  # what was copied besides need not be read again
                if future.exception() is None:
                    done.entries[file.path] = future.result()
            raise


def _take(ended: "Future[Entry]", file: Found, done: Collected) -> None:
    """Keep a file, or why it cannot be read; what is wrong with the source as a whole is raised."""
    try:
        done.entries[file.path] = ended.result()
    except DiskFull:
        raise
    except _PER_FILE as error:
        reason = "it changed while it was read" if isinstance(error, ObjectChanged) else error.detail
        done.skipped.append(Skipped(path=file.path, reason=reason))
    except PermissionError:
        done.skipped.append(Skipped(path=file.path, reason="the studio may not read it"))
    except OSError as error:
        done.skipped.append(Skipped(path=file.path, reason=error.strerror or str(error)))
