"""Opens archives that were registered: zip, tar (also compressed), gz, bz2, xz, zstd. Every entry is judged before it is read."""

import bz2
import gzip
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from studiolo.studio.datasets.errors import ArchiveRefused, BadFilePath
from studiolo.studio.datasets.registrations import paths

MAX_FILES = 1_000_000
RATIO = 200  # unpacked to packed, beyond the first 64 MB: what is packed tighter is a bomb
_FREE = 64 << 20
_ENDINGS = (
    ".tar.gz",
    ".tar.bz2",
    ".tar.xz",
    ".tar.zst",
    ".tgz",
    ".tbz2",
    ".txz",
    ".zip",
    ".tar",
    ".gz",
    ".bz2",
    ".xz",
    ".zst",
)
_MAGIC = {b"PK\x03\x04": "zip", b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zst"}
Keep = Callable[[str, BinaryIO], None]


def kind(path: Path) -> str | None:
    """Return what archive a file is, by its bytes: zip, tar, tar.gz, gz, …, tar.zst, zst; None for none."""
    with path.open("rb") as file:
        head = file.read(512)
    if head[257:262] == b"ustar":
        return "tar"
    found = next((name for magic, name in _MAGIC.items() if head.startswith(magic)), None)
    if found in (None, "zip"):
        return found
    with _told(path.name), _opened(path, found) as stream:
        return f"tar.{found}" if stream.read(512)[257:262] == b"ustar" else found


def plain_name(name: str) -> str:
    """Return a file's name without what says that it is packed.

    >>> plain_name("a/sales.csv.gz"), plain_name("photos.tar.gz"), plain_name("x.csv")
    ('a/sales.csv', 'photos', 'x.csv')
    """
    ending = next((ending for ending in _ENDINGS if name.lower().endswith(ending)), "")
    return name[: -len(ending)] if ending and len(name) > len(ending) else name


def unpack(path: Path, name: str, limit: int, keep: Keep) -> int:
    """Give each file of an archive to `keep(path inside, stream)`; returns how many. name: of the archive.

    limit: most bytes of all of them. Raises ArchiveRefused, which names the entry; what was kept by then is no version yet.
    """
    found = kind(path)
    bound = _Bound(min(limit, _FREE + RATIO * path.stat().st_size), name)
    with _told(name):
        if found == "zip":
            with zipfile.ZipFile(path) as archive:
                return _zip(archive, bound, keep)
        if found == "tar":
            with tarfile.open(path, "r:") as tape:
                return _tar(tape, bound, keep)
        with _opened(path, str(found).removeprefix("tar.")) as stream:
            if str(found).startswith("tar."):
                with tarfile.open(fileobj=stream, mode="r|") as tape:
                    return _tar(tape, bound, keep)
            inside = plain_name(name).rpartition("/")[2]
            bound.file(inside)
            keep(inside, cast("BinaryIO", _Bounded(stream, bound)))
            return 1


@contextmanager
def _opened(path: Path, found: str | None) -> Iterator[BinaryIO]:
    if found == "zst":
        import pyarrow as pa

        with pa.CompressedInputStream(pa.OSFile(str(path)), "zstd") as stream:
            yield stream
        return
    openers: dict[str, Callable[[Path], Any]] = {"gz": gzip.open, "bz2": bz2.open, "xz": lzma.open}
    with openers[str(found)](path) as stream:
        yield stream


class _Bound:
    """What an archive may still unpack to."""

    def __init__(self, limit: int, name: str) -> None:
        self.limit = self.left = limit
        self._name, self._seen = name, set[str]()

    def file(self, path: str) -> str:
        """Judge the name of an entry."""
        try:
            path = paths.judged(path)
        except BadFilePath as error:
            raise ArchiveRefused(f"In {self._name}: {error.detail}", error.hint) from None
        if path in self._seen:
            raise ArchiveRefused(f"'{path}' is in {self._name} twice.", "Pack it again.")
        self._seen.add(path)
        if len(self._seen) > MAX_FILES:
            raise ArchiveRefused(f"{self._name} has more than {MAX_FILES:,} files.", "Pack it in several archives.")
        return path

    def took(self, size: int) -> None:
        """Count bytes that came out."""
        self.left -= size
        if self.left < 0:
            raise ArchiveRefused(
                f"{self._name} unpacks to more than {self.limit / 1e6:,.0f} MB.",
                "Send the files themselves, or pack them less tightly; STUDIOLO_UPLOAD_LIMIT_BYTES is the limit of all.",
            )


class _Bounded:
    """The bytes of an entry, counted as they come out."""

    def __init__(self, stream: IO[bytes], bound: _Bound) -> None:
        self._stream, self._bound = stream, bound

    def read(self, size: int = -1) -> bytes:
        piece = self._stream.read(size) if size >= 0 else self._stream.read()
        self._bound.took(len(piece))
        return piece


def _zip(archive: zipfile.ZipFile, bound: _Bound, keep: Keep) -> int:
    count = 0
    for entry in archive.infolist():
        mode = entry.external_attr >> 16
        if stat.S_ISLNK(mode) or stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise ArchiveRefused(
                f"'{_shown(entry.filename)}' is a link or a device.", "Pack the file itself in its place."
            )
        if entry.flag_bits & 1:
            raise ArchiveRefused(f"'{_shown(entry.filename)}' is encrypted.", "Pack it without a password.")
        if entry.is_dir() or paths.noise(entry.filename):
            continue
        path = bound.file(entry.filename)
        with archive.open(entry) as stream:
            keep(path, cast("BinaryIO", _Bounded(stream, bound)))
        count += 1
    return count


def _tar(tape: tarfile.TarFile, bound: _Bound, keep: Keep) -> int:
    count = 0
    for entry in tape:
        name = entry.name.removeprefix("./")
        if entry.isdir() or paths.noise(name):
            continue
        if not entry.isfile():
            raise ArchiveRefused(f"'{_shown(entry.name)}' is a link or a device.", "Pack the file itself in its place.")
        stream = tape.extractfile(entry)
        assert stream is not None
        keep(bound.file(name), cast("BinaryIO", _Bounded(stream, bound)))
        count += 1
    return count


@contextmanager
def _told(name: str) -> Iterator[None]:
    try:
        yield
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        EOFError,
        zlib.error,
        lzma.LZMAError,
        NotImplementedError,
        RuntimeError,
        OSError,
    ) as error:
        if isinstance(error, OSError) and error.errno is not None:  # of the disk, not of the archive
            raise
        raise ArchiveRefused(f"{name} cannot be read: {str(error)[:150]}.", "Is it whole? Pack it again.") from None


def _shown(name: str) -> str:
    return name[:120].encode("unicode_escape").decode()
