"""A folder of this machine, also a mounted NFS or SMB share: paths never leave it, not by `..` and not by a link."""

import errno
import heapq
import io
import os
import secrets
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

from studiolo.kernel.errors import StudioloError
from studiolo.studio.datastores import causes
from studiolo.studio.datastores.errors import (
    AccessDenied,
    ContainerMissing,
    DatastoreInvalid,
    NotAFile,
    ObjectChanged,
    PathNotFound,
    StoreError,
    Truncated,
    shown,
)
from studiolo.studio.datastores.kinds.base import (
    Auth,
    Entry,
    Field,
    FileStore,
    Fingerprint,
    KindSpec,
    Surroundings,
    moment,
)
from studiolo.studio.datastores.paths import clean, under
from studiolo.studio.datastores.streams import PIECE, Counted, span

SPEC = KindSpec(
    name="local",
    title="Folder of this machine",
    description="A folder that the studio's machine sees, also a mounted NFS or SMB share.",
    fields=(
        Field(
            "path",
            "Folder",
            "Its full path on the machine of the studio. Links may stay inside it, and lead nowhere else.",
            type="folder",
            required=True,
            example="/data/sales",
        ),
    ),
    auth=(Auth("none", "The account of the studio", "Files are read with the rights of the account that runs it."),),
    place="{path}",
)

_PART = ".studiolo-part"  # end of the name of a file that is being written; never listed
_STALE_SECONDS = 24 * 3600


def open_store(config: Mapping[str, Any], credentials: Mapping[str, str], about: Surroundings) -> "LocalStore":
    """Return the store of a folder; raises DatastoreInvalid for a path that is not absolute."""
    del credentials  # the account of the studio is the credential
    root = Path(str(config["path"])).expanduser()
    if not root.is_absolute():
        raise DatastoreInvalid(f"'{root}' is no full path.", "Begin it with a slash.", field="config.path")
    return LocalStore(root, about.barred)


class LocalStore(FileStore):
    """Files below a folder."""

    def __init__(self, root: Path, barred: tuple[Path, ...] = ()) -> None:
        self.root = Path(os.path.realpath(root))
        self._barred = tuple(Path(os.path.realpath(folder)) for folder in barred)
        self.where = f"the folder {root}"
        self._last = ("", str(self.root))  # the folder that was last read from, and where it is

    def page(self, folder: str, cursor: str | None, limit: int) -> tuple[list[Entry], str | None]:
        """Return a part of a folder in order of name; only its names are read through, not their state."""
        place = self._place(folder)
        with os.scandir(place) as found:
            names = (item.name for item in found if not _hidden(item.name) and (cursor is None or item.name > cursor))
            chosen = heapq.nsmallest(limit + 1, names)
        entries = [entry for name in chosen[:limit] if (entry := self._entry(under(folder, name))) is not None]
        return entries, chosen[limit - 1] if len(chosen) > limit else None

    def find(self, path: str) -> Entry:
        """Return a file or folder."""
        found = self._stat(path)
        if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
            raise NotAFile(path)
        return _described(path, found)

    def below(self, prefix: str) -> Iterator[Entry]:
        """Walk in order of path; a link that leads back to a folder it lies in is not followed."""
        start = self._stat(prefix) if prefix else self.root_stat()
        if not stat.S_ISDIR(start.st_mode):
            yield self.keep_pin(_described(prefix, start), None)
            return
        yield from self._tree(prefix, ((start.st_dev, start.st_ino),))

    def root_stat(self) -> os.stat_result:
        """Look at the root; raises ContainerMissing."""
        self._place("")
        return self.root.stat()

    def _tree(self, folder: str, above: tuple[tuple[int, int], ...]) -> Iterator[Entry]:
        place = self._place(folder)
        try:
            with os.scandir(place) as found:
                items = sorted(
                    (f"{item.name}/" if _leads_on(item) else item.name, item)
                    for item in found
                    if not _hidden(item.name)
                )
        except OSError as error:
            raise causes.local(error, folder) from None
        for _, item in items:
            path = under(folder, item.name)
            try:
                path.encode()
            except UnicodeEncodeError:
                raise StoreError(
                    f"'{shown(path)}' has a name that is no UTF-8.", "Rename the file, for instance with convmv."
                ) from None
            seen = self._seen(item, path)
            if seen is None:
                continue
            if stat.S_ISDIR(seen.st_mode):
                key = (seen.st_dev, seen.st_ino)
                if key not in above:
                    yield from self._tree(path, (*above, key))
            elif stat.S_ISREG(seen.st_mode):
                yield _described(path, seen)

    def _seen(self, item: "os.DirEntry[str]", path: str) -> os.stat_result | None:
        """Look at an item of a folder that is inside; None for a link that leads out of it, or nowhere."""
        if not item.is_symlink():
            if self._barred:
                self._inside(item.path, path)
            return item.stat(follow_symlinks=False)
        try:
            return self._stat(path)
        except (AccessDenied, PathNotFound, FileNotFoundError):
            return None

    @contextmanager
    def read(
        self, path: str, start: int = 0, end: int | None = None, pin: Fingerprint | None = None
    ) -> Iterator[BinaryIO]:
        """Open the bytes from start up to, and without, end; they are handed on as the kernel gives them, without a buffer."""
        path = clean(path)
        with self.named(path):
            file = self._open(path, start, end, pin)
        with file:
            yield cast("BinaryIO", file)

    @contextmanager
    def pieces(
        self, path: str, start: int, end: int | None, pin: Fingerprint | None
    ) -> Iterator[tuple[Iterator[bytes], int | None]]:
        """Open a file; it must not change while it is read."""
        with self._open(path, start, end, pin) as file:
            yield iter(lambda: file.read(PIECE), b""), file.left

    def _open(self, path: str, start: int, end: int | None, pin: Fingerprint | None) -> "_Opened":
        folder, _, name = path.rpartition("/")
        last = self._last  # read once: several threads collect from one store
        if last[0] != folder:
            last = self._last = (folder, str(self._place(folder)))
        place = f"{last[1]}/{name}"
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            descriptor = os.open(place, flags)
        except OSError as error:
            if error.errno == errno.ENOENT and not folder:
                self._place("")  # names a root that is not there
            if error.errno != errno.ELOOP:
                raise
            place = str(self._place(path))  # a link, which may stay inside
            descriptor = os.open(place, flags)
        try:
            found = self._judged(descriptor, place, path, pin)
        except BaseException:
            os.close(descriptor)
            raise
        return _Opened(self, path, descriptor, span(found.st_size, start, end), _mark(found))

    def _judged(self, descriptor: int, place: str, path: str, pin: Fingerprint | None) -> os.stat_result:
        """Look at an open file: it must be one, inside, and what was pinned."""
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise NotAFile(path)
        self._inside(_real(descriptor, place), path)
        if pin is not None and pin != _mark(found):
            raise ObjectChanged(path)
        return found

    def put(self, path: str, source: Counted, size: int | None) -> None:
        """Write beside, sync, rename: who looks sees the old file or the new one."""
        self._make_folder(path.rpartition("/")[0])
        place = self._place(path, new=True)
        if place.is_dir():
            raise NotAFile(path)
        _sweep(place.parent)
        part = place.with_name(f".{secrets.token_hex(6)}{_PART}")
        try:
            with part.open("xb") as file:
                while piece := source.read(PIECE):
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            part.replace(place)
        finally:
            part.unlink(missing_ok=True)

    def remove(self, path: str) -> None:
        """Remove a file; a link goes, not what it leads to."""
        if self.find(path).folder:
            raise NotAFile(path)
        folder, _, name = path.rpartition("/")
        (self._place(folder) / name).unlink()

    def name_cause(self, error: Exception, path: str) -> StudioloError | None:
        """Return our error of an error of the operating system."""
        return causes.local(error, path) if isinstance(error, OSError) else None

    def _make_folder(self, folder: str) -> None:
        made = ""
        for name in folder.split("/") if folder else ():
            made = under(made, name)
            place = self._place(made, new=True)
            with suppress(FileExistsError):
                place.mkdir()

    def _place(self, path: str, *, new: bool = False) -> Path:
        """Return where a path really is; raises AccessDenied outside of the root, ContainerMissing without a root."""
        if not path or new:
            try:
                if not self.root.is_dir():
                    raise ContainerMissing(f"There is no folder {self.root}.", "Make it, or mount the share.")
            except PermissionError:
                raise AccessDenied(
                    f"The folder {self.root} may not be entered.", "Give the studio's account the right."
                ) from None
        real = os.path.realpath(self.root / path) if path else str(self.root)
        self._inside(real, path)
        return Path(real)

    def _inside(self, real: str, path: str) -> None:
        root = str(self.root)
        if real != root and not real.startswith(root.rstrip("/") + "/"):
            raise AccessDenied(f"'{shown(path)}' is a link that leads out of the datastore.", "Copy the file into it.")
        for folder in self._barred:
            if real == str(folder) or real.startswith(f"{folder}/"):
                raise AccessDenied(
                    f"'{shown(path)}' belongs to the studio itself.", "Its own folder is no part of a datastore."
                )

    def _stat(self, path: str) -> os.stat_result:
        return self._place(path).lstat()

    def _entry(self, path: str) -> Entry | None:
        """Return what a listing shows: links that lead out, devices and unreadable names are left out."""
        try:
            path.encode()
            return self.find(path)
        except (UnicodeEncodeError, AccessDenied, NotAFile, OSError):
            return None


def _described(path: str, found: os.stat_result) -> Entry:
    if stat.S_ISDIR(found.st_mode):
        return Entry(path, 0, True, moment(found.st_mtime), None)
    return Entry(path, found.st_size, False, moment(found.st_mtime), _mark(found))


def _mark(found: os.stat_result) -> Fingerprint:
    return Fingerprint("mtime", f"{found.st_mtime_ns}-{found.st_ino}", found.st_size)


class _Opened(io.RawIOBase):
    """A part of a file that must not change while it is read: looked at again when its last byte was read."""

    def __init__(self, store: LocalStore, path: str, descriptor: int, part: tuple[int, int], mark: Fingerprint) -> None:
        super().__init__()
        self._store, self._path, self._mark = store, path, mark
        self._descriptor, (self._first, self._last) = descriptor, part
        self._at = self._first

    @property
    def left(self) -> int:
        """How many bytes are to come."""
        return self._last - self._at

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def read(self, size: int | None = -1) -> bytes:
        """Read so many bytes, fewer at the end only; raises ObjectChanged."""
        wanted = self.left if size is None or size < 0 else min(size, self.left)
        if not wanted:
            return b""
        with self._store.named(self._path):
            parts = [piece := os.pread(self._descriptor, wanted, self._at)]
            self._at += len(piece)
            while piece and (short := wanted - sum(map(len, parts))):
                parts.append(piece := os.pread(self._descriptor, short, self._at))
                self._at += len(piece)
            self._looked_at(short=not piece)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def readall(self) -> bytes:
        """Read the rest."""
        return self.read()

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer as far as there are bytes; raises ObjectChanged."""
        view = memoryview(buffer).cast("B")[: self.left]
        if not view:
            return 0
        count = 0
        with self._store.named(self._path):
            while count < len(view) and (came := os.preadv(self._descriptor, [view[count:]], self._at)):
                count += came
                self._at += came
            self._looked_at(short=count < len(view))
        return count

    def _looked_at(self, *, short: bool) -> None:
        """Look at the file again when its last byte was read, or when it has fewer than it had."""
        if (not self.left or short) and _mark(os.fstat(self._descriptor)) != self._mark:
            raise ObjectChanged(self._path, f"'{shown(self._path)}' changed while it was read.")
        if short:
            raise Truncated(self._path, self._last - self._first, self._at - self._first)

    def close(self) -> None:
        """Let go of the file."""
        if not self.closed:
            os.close(self._descriptor)
        super().close()


def _real(descriptor: int, place: str) -> str:
    """Return where an open file is, as the kernel says, where it says so: a folder may have become a link meanwhile."""
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115 - once for each of many small files
    except OSError:
        return place


def _leads_on(item: "os.DirEntry[str]") -> bool:
    """Say whether an item is a folder; a link to itself is none."""
    try:
        return item.is_dir()
    except OSError:
        return False


def _hidden(name: str) -> bool:
    return name.startswith(".") and name.endswith(_PART)


def _sweep(folder: Path) -> None:
    """Remove what a killed process left of its writing, after a day."""
    for part in folder.glob(f".*{_PART}"):
        with suppress(OSError):
            if time.time() - part.stat().st_mtime > _STALE_SECONDS:
                part.unlink()
