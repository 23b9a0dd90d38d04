"""Brings files into the blob store: each is read once, by two threads, and not at all when it did not change."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from studiolo.kernel.errors import DiskFull, StudioloError
from studiolo.kernel.storage.batches import Batch
from studiolo.kernel.storage.blobs import CHUNK, LocalBlobStore
from studiolo.kernel.storage.manifests import Entry
from studiolo.studio.datasets.errors import FileChanging, FilesNotRead, SourceWithdrawn
from studiolo.studio.datasets.registration_schemas import Skipped
from studiolo.studio.datasets.registrations.sources import Found, Place
from studiolo.studio.datasets.registrations.stat_cache import StatCache, settled
from studiolo.studio.datastores.errors import AccessDenied, ObjectChanged, PathNotFound

THREADS = 2
_AHEAD = 64  # runs of files given to the threads before the first of them is done
_TOGETHER = 32  # small files in a run
_NAMED = 5  # files that a refusal names
_LOOKED = 8  # files that were read and are opened again, where others could not be
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

    def readinto(self, buffer: memoryview) -> int:
        count: int = self._stream.readinto(buffer)  # type: ignore[attr-defined]
        self._count(0, count)
        return count


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
    such as an expired credential. With `skip` too it raises FilesNotRead where nothing can be read, and SourceWithdrawn where what
    was read cannot be any more. What was copied by then is remembered, so that trying again goes on.
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
    if done.skipped and (not skip or not done.entries):
        raise not_read(done.skipped, skip=skip)
    if done.skipped:
        _still_there(place, [file for file in found if file.path in done.entries], done.skipped)
    return done


def _still_there(place: Place, read: list[Found], skipped: list[Skipped]) -> None:
    """Raise SourceWithdrawn where files that were read cannot be opened any more: those left out would be more than a few bad ones.

    Looked at are those beside what was left out, since the rights to one folder may have gone alone, and some of all.
    """
    folders = {item.path.rpartition("/")[0] for item in skipped}
    beside = [file for file in read if file.path.rpartition("/")[0] in folders]
    looked = {file.path: file for file in (*_some(beside, _LOOKED // 2), *_some(read, _LOOKED // 2))}.values()
    gone = 0
    for file in looked:
        try:
            with place.open(file) as stream:
                stream.read(1)
        except (AccessDenied, PermissionError) as error:
            raise _withdrawn(file.path, len(skipped)) from error
        except (PathNotFound, FileNotFoundError):
            gone += 1
        except ObjectChanged:
            continue  # whoever writes it has not taken it away
    if gone == len(looked):
        raise _withdrawn(next(iter(looked)).path, len(skipped))


def _withdrawn(path: str, left_out: int) -> SourceWithdrawn:
    return SourceWithdrawn(
        f"'{path}' was read and cannot be any more, and {left_out:,} others cannot be read: the source was taken away meanwhile.",
        "See that it is there and that the studio may read it, then register again: what was read is not read twice.",
        field="source",
    )


def _some(files: list[Found], count: int) -> list[Found]:
    """Return a few of many, evenly, the last of them first: it was read just before."""
    step = max(len(files) // count, 1)
    return files[::-1][::step][:count]


def not_read(skipped: list[Skipped], *, skip: bool = False) -> StudioloError:
    """Return the refusal that names files. skip: they might have been left out."""
    named = "; ".join(f"{file.path}: {file.reason}" for file in skipped[:_NAMED])
    more = f" and {len(skipped) - _NAMED:,} more" if len(skipped) > _NAMED else ""
    detail = f"{len(skipped):,} files cannot be read: {named}{more}."
    if all("changed" in file.reason for file in skipped):
        return FileChanging(detail, "Wait until nobody writes them, then register again.", field="source")
    return FilesNotRead(
        detail,
        "Give the studio the right to read them" + ("." if skip else ", or register without them: unreadable=skip."),
        field="source",
        extra={"files": [file.model_dump() for file in skipped[:100]]},
    )


Outcome = tuple[Found, Entry | Exception]


class _Bringing:
    """What the two threads do: a few small files at a time, since to hand over each by itself costs as much as copying it."""

    def __init__(self, place: Place, batch: Batch, progress: Progress) -> None:
        self._place, self._batch, self._progress = place, batch, progress
        self.stopped = False

    def several(self, files: list[Found]) -> list[Outcome]:
        """Bring files, until one cannot be for a reason that concerns all of them."""
        brought: list[Outcome] = []
        for file in files:
            if self.stopped:
                break
            try:
                brought.append((file, self._one(file)))
            except Exception as error:  # noqa: BLE001 - judged by the thread that collects
                brought.append((file, error))
                if isinstance(error, DiskFull) or not isinstance(error, (*_PER_FILE, OSError)):
                    break
        return brought

    def _one(self, file: Found) -> Entry:
        small = file.size <= CHUNK
        with self._place.open(file) as stream:
            read = stream if small else _Counted(stream, self._progress.moved)
            blob = self._batch.copy(read)  # type: ignore[arg-type]
        self._progress.moved(1, blob.size if small else 0)
        return Entry(file.path, blob.size, blob.digest)


def _copy(place: Place, found: list[Found], batch: Batch, progress: Progress, done: Collected) -> None:
    bringing = _Bringing(place, batch, progress)
    running: deque[Future[list[Outcome]]] = deque()
    waiting = _together(found)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="collect") as pool:
        try:
            while True:
                while len(running) < _AHEAD and (files := next(waiting, None)) is not None:
                    running.append(pool.submit(bringing.several, files))
                if not running:
                    return
                _take_all(running.popleft().result(), done)
        except BaseException:
            bringing.stopped = True
            left = [future for future in running if not future.cancel()]
            for future in left:  # what was copied besides need not be read again
                done.entries |= {file.path: got for file, got in future.result() if isinstance(got, Entry)}
            raise


def _take_all(outcomes: list[Outcome], done: Collected) -> None:
    """Keep what was brought, then raise what concerns the source as a whole, if it came last."""
    for file, outcome in outcomes:
        _take(file, outcome, done)


def _together(found: list[Found]) -> Iterator[list[Found]]:
    """Yield runs of files: many small ones, or one large one."""
    some: list[Found] = []
    size = 0
    for file in found:
        some.append(file)
        size += file.size
        if len(some) >= _TOGETHER or size >= CHUNK:
            yield some
            some, size = [], 0
    if some:
        yield some


def _take(file: Found, outcome: Entry | Exception, done: Collected) -> None:
    """Keep a file, or why it cannot be read; what is wrong with the source as a whole is raised."""
    try:
        if isinstance(outcome, Exception):
            raise outcome
        done.entries[file.path] = outcome
    except DiskFull:
        raise
    except _PER_FILE as error:
        reason = "it changed while it was read" if isinstance(error, ObjectChanged) else error.detail
        done.skipped.append(Skipped(path=file.path, reason=reason))
    except PermissionError:
        done.skipped.append(Skipped(path=file.path, reason="the studio may not read it"))
    except OSError as error:
        done.skipped.append(Skipped(path=file.path, reason=error.strerror or str(error)))
