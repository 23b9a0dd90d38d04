"""A manifest: the names of many blobs in a blob, one JSON line per file, sorted by path, the same bytes for the same files.

The first line is the head. A large manifest is a list of parts, which are manifests themselves; where one part ends and the next
begins is chosen by the paths (a part ends after about every 2,048th of them, by a checksum of the path alone), so that files which
are added anywhere change the parts they fall into and the list, and nothing else. Nothing here holds more than a part in memory.
"""

import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple, TypeVar

import msgspec

from studiolo.kernel.errors import StudioloError
from studiolo.kernel.storage.blobs import BlobStore

FORMAT = 1
T = TypeVar("T")
PART_SMALLEST, PART_USUAL, PART_LARGEST = 512, 2048, 16_384  # files in a part


class ManifestUnreadable(StudioloError):
    """A blob that should be a manifest is none, or of a later version of the studio."""

    code, status, title = "storage.manifest_unreadable", 500, "A manifest cannot be read"


class Fingerprint(msgspec.Struct, frozen=True, omit_defaults=True):
    """What tells one state of an object from another. kind: version_id, generation, etag, md5, crc32c or mtime."""

    kind: str
    value: str


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file. digest: blake3 of its bytes, of a managed one; readable: of a UTF-8 copy that is read instead.

    fingerprint: of an object that stays where it is; mtime: seconds since 1970, of such an object.
    """

    path: str
    size: int
    digest: str | None = None
    readable: str | None = None
    fingerprint: Fingerprint | None = None
    mtime: float | None = None


class Part(msgspec.Struct, frozen=True):
    """A run of files: first and last path, how many, their bytes, and the manifest that lists them."""

    first: str
    last: str
    files: int
    bytes: int
    manifest: str


class Head(msgspec.Struct, frozen=True, omit_defaults=True):
    """The first line. parts: how many parts follow; 0: the files themselves follow."""

    format: int
    files: int
    bytes: int
    parts: int = 0


class Written(NamedTuple):
    """digest: of the manifest; files, bytes: that it lists."""

    digest: str
    files: int
    bytes: int


class _Names(msgspec.Struct, frozen=True):
    """The fields of a line that name blobs."""

    digest: str | None = None
    readable: str | None = None
    manifest: str | None = None


_encode = msgspec.json.encode
_entry = msgspec.json.Decoder(Entry).decode
_part = msgspec.json.Decoder(Part).decode
_head = msgspec.json.Decoder(Head).decode
_names = msgspec.json.Decoder(_Names).decode


class Writer:
    """Takes files in order of their paths and writes the manifest; holds one part at a time."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs
        self._lines: list[bytes] = []
        self._first = self._last = ""
        self._bytes = 0
        self._parts: list[Part] = []

    def add(self, entry: Entry) -> None:
        """Append a file; raises ValueError for one out of order, or listed twice."""
        if entry.path <= self._last:
            raise ValueError(f"{entry.path!r} must come after {self._last!r}")
        if not self._lines:
            self._first = entry.path
        self._last = entry.path
        self._lines.append(_encode(entry))
        self._bytes += entry.size
        count = len(self._lines)
        if count >= PART_LARGEST or (
            count >= PART_SMALLEST and zlib.crc32(entry.path.encode()) % (PART_USUAL - PART_SMALLEST) == 0
        ):
            self._end_part()

    def _end_part(self) -> None:
        files, size = len(self._lines), self._bytes
        digest = self._put(Head(FORMAT, files, size), self._lines)
        self._parts.append(Part(self._first, self._last, files, size, digest))
        self._lines, self._bytes = [], 0

    def _put(self, head: Head, lines: Iterable[bytes]) -> str:
        return self._blobs.put(b"\n".join([_encode(head), *lines, b""])).digest

    def finish(self) -> Written:
        """Write what is left; returns the name of the whole."""
        if not self._parts:
            head = Head(FORMAT, len(self._lines), self._bytes)
            return Written(self._put(head, self._lines), head.files, head.bytes)
        if self._lines:
            self._end_part()
        if len(self._parts) == 1:
            only = self._parts[0]
            return Written(only.manifest, only.files, only.bytes)
        head = Head(FORMAT, sum(p.files for p in self._parts), sum(p.bytes for p in self._parts), len(self._parts))
        return Written(self._put(head, map(_encode, self._parts)), head.files, head.bytes)


def write(blobs: BlobStore, entries: Iterable[Entry]) -> Written:
    """Write a manifest of files that come in order of their paths."""
    writer = Writer(blobs)
    for entry in entries:
        writer.add(entry)
    return writer.finish()


class Manifest:
    """A manifest that is read; opening it reads its first line."""

    def __init__(self, blobs: BlobStore, digest: str) -> None:
        self._blobs, self.digest = blobs, digest
        with self._told(), blobs.open(digest) as file:
            self.head = _head(file.readline())
        if self.head.format != FORMAT:
            raise ManifestUnreadable(
                f"The manifest {digest[:12]}… has format {self.head.format}; this studio reads {FORMAT}.",
                "Start the newer Studiolo.",
            )

    def _told(self) -> "_Told":
        return _Told(self.digest)

    def parts(self) -> list[Part]:
        """Return the parts, none when the files are listed here."""
        if not self.head.parts:
            return []
        return list(self._lines(_part))

    def entries(self, after: str = "", without: frozenset[str] = frozenset()) -> Iterator[Entry]:
        """Yield the files whose path comes after one, in order. without: parts that are left out, by their digests."""
        if not self.head.parts:
            if self.digest in without:
                return
            for entry in self._lines(_entry):
                if entry.path > after:
                    yield entry
            return
        for part in self._lines(_part):
            if part.last > after and part.manifest not in without:
                yield from Manifest(self._blobs, part.manifest).entries(after)

    def below(self, folder: str) -> Iterator[Entry]:
        """Yield the files below a folder; the empty one is the whole."""
        if not folder:
            yield from self.entries()
            return
        prefix = f"{folder.rstrip('/')}/"
        for entry in self.entries(prefix):
            if not entry.path.startswith(prefix):
                return
            yield entry

    def find(self, path: str) -> Entry | None:
        """Return one file, None when it is not in it."""
        if self.head.parts:
            inside = next((part for part in self._lines(_part) if part.first <= path <= part.last), None)
            return Manifest(self._blobs, inside.manifest).find(path) if inside else None
        return next((entry for entry in self._lines(_entry) if entry.path == path), None)

    def _lines(self, decode: Callable[[bytes], T]) -> Iterator[T]:
        with self._told(), self._blobs.open(self.digest) as file:
            file.readline()
            for line in file:
                yield decode(line)


class _Told:
    """Says of what cannot be decoded that it is no manifest."""

    def __init__(self, digest: str) -> None:
        self._digest = digest

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, msgspec.DecodeError):
            raise ManifestUnreadable(
                f"The blob {self._digest[:12]}… is no manifest: {error}.", "Restore it from a backup."
            ) from error


def named(blobs: BlobStore, manifests: Iterable[str]) -> Iterator[str]:
    """Yield the digests of all that some manifests name: files, their copies, their parts. Each part is read once.

    Raises BlobMissing or ManifestUnreadable: who sweeps must not go on without knowing.
    """
    seen: set[str] = set()
    waiting = list(manifests)
    while waiting:
        digest = waiting.pop()
        if digest in seen:
            continue
        seen.add(digest)
        with _Told(digest), blobs.open(digest) as file:
            for line in file:
                names = _names(line)
                if names.digest:
                    yield names.digest
                if names.readable:
                    yield names.readable
                if names.manifest:
                    yield names.manifest
                    waiting.append(names.manifest)


_FEW, _MANY = 64, 2000
_known: dict[str, tuple[str, ...]] = {}  # what small manifests name, which never changes
_listed: dict[str, tuple[Entry, ...]] = {}  # and their files


def listed(blobs: BlobStore, digest: str) -> Iterable[Entry]:
    """Return the files of a manifest that the caller has held a moment ago, in order."""
    found = _listed.get(digest)
    if found is not None:
        return found
    manifest = Manifest(blobs, digest)
    if manifest.head.files > _FEW:
        return manifest.entries()
    if len(_listed) >= _MANY:
        _listed.clear()
    found = _listed[digest] = tuple(manifest.entries())
    return found


def keep(blobs: BlobStore, digest: str, held: Collection[str] = ()) -> list[str]:
    """Hold all that a manifest names, and itself, for the grace time of the sweep; returns the digests that are not here.

    held: blobs that the caller has held a moment ago; they need not be held again.
    """
    names = _known.get(digest)
    if names is None:
        names = tuple(named(blobs, [digest]))
        if len(names) <= _FEW:  # of the outputs of a pipeline's steps, which are held at each reuse
            if len(_known) >= _MANY:
                _known.clear()
            _known[digest] = names
    return blobs.keep_all([digest, *(name for name in names if name not in held)])
