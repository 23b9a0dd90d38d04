"""One file of a model: what it is, by its content, and what in it is looked into."""

import bz2
import gzip
import io
import lzma
import re
import struct
import tarfile
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

from studiolo.studio.models.scan import formats, pickles
from studiolo.studio.models.scan.names import Grade
from studiolo.studio.models.scan.report import Report

PICKLES = frozenset(
    {".pkl", ".pickle", ".joblib", ".jl", ".sav", ".p", ".pt", ".pth", ".ckpt", ".dill", ".cloudpickle", ".z"}
)
MAX_NESTED = 3
MAX_ENTRIES = 100_000
MAX_INNER = 256 << 20
_NPY = b"\x93NUMPY"
_LZ4 = b"\x04\x22\x4d\x18"


class Unreadable(Exception):
    """Why a file could not be looked into."""


def look(report: Report, path: Path, name: str) -> None:
    """Look into a file of a model."""
    report.files += 1
    with path.open("rb") as file:
        _look(report, cast("BinaryIO", file), name, path=path)


def _look(report: Report, file: BinaryIO, name: str, depth: int = 0, path: Path | None = None) -> None:
    head = file.read(512)
    file.seek(0)
    suffix = PurePosixPath(name.rsplit("!", maxsplit=1)[-1]).suffix.lower()
    if depth > MAX_NESTED:
        report.unreadable(name, f"is nested more than {MAX_NESTED} archives deep")
        return
    if formats.by_name(name.rsplit("/", 1)[-1].rsplit("!", 1)[-1], suffix):
        formats.look(report, file, head, name, suffix, path)
    elif head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        _archive(report, file, name, depth)
    elif head[257:262] == b"ustar":
        _tar(report, file, name, depth)
    elif head.startswith(_NPY):
        with _told(report, name):
            _array(report, file, name)
    elif (opened := _unpacked(head)) is not None:
        if suffix not in PICKLES:  # "x = 1" begins like zlib
            formats.look(report, file, head, name, suffix, path)
            file.seek(0)
        with _told(report, name, quiet=suffix not in PICKLES):
            inner = opened(file)
            with inner:
                _pickles(report, _Counted(inner, report), name, quiet=suffix not in PICKLES)
    elif pickles.starts(head) or suffix in PICKLES:
        sure = suffix in PICKLES
        with _told(report, name, quiet=not sure):
            _pickles(report, file, name, quiet=not sure)
    elif not formats.look(report, file, head, name, suffix, path):
        _pickles(report, file, name, quiet=True)  # a pickle of protocol 0 has no beginning to know it by


def _unpacked(head: bytes) -> Any:
    if head.startswith(b"\x1f\x8b"):
        return lambda file: gzip.GzipFile(fileobj=file)
    if head.startswith(b"BZh"):
        return bz2.BZ2File
    if head.startswith((b"\xfd7zXZ\x00", b"\x5d\x00\x00")):
        return lzma.LZMAFile
    if head.startswith(_LZ4):
        return _lz4
    if len(head) > 2 and head[0] == 0x78 and int.from_bytes(head[:2], "big") % 31 == 0:
        return lambda file: io.BufferedReader(_Zlib(file))
    return None


def _lz4(file: BinaryIO) -> Any:
    try:
        import lz4.frame
    except ImportError:
        raise Unreadable(
            "is packed with LZ4, for which the studio has no reader: install lz4 beside it (pip install lz4), or write "
            "the file anew with joblib.dump(model, path, compress=3)"
        ) from None
    return lz4.frame.LZ4FrameFile(file)


def _pickles(report: Report, file: Any, name: str, *, quiet: bool = False, depth: int = 0) -> None:
    """Follow the pickles of a stream one after another (PyTorch's old files hold five); then raw bytes may come."""
    found: list[tuple[str, Grade, str, int]] = []

    def nested(data: bytes, at: int) -> None:
        if depth < MAX_NESTED:
            inner = io.BytesIO(data)
            if data[:2] == b"PK":
                _archive(report, inner, f"{name}!bytes at {at}", depth + 1)
            else:
                with _told(report, f"{name}!bytes at {at}"):
                    _pickles(report, inner, f"{name}!bytes at {at}", depth=depth + 1)

    trace = pickles.Trace(lambda what, how, why, at: found.append((what, how, why, at)), nested)
    stream = file if hasattr(file, "readline") else io.BufferedReader(file)
    many, problem = 0, ""
    try:
        while True:
            if many:
                following = stream.read(2)
                if not pickles.starts(following):
                    break
                stream.seek(-2, 1)
            pickles.follow(stream, trace)
            many += 1
    except (pickles.Broken, EOFError, Unreadable) as error:
        problem = str(error)
    finally:  # also when a packed stream ends badly: what was found until then would have run
        whole = not problem and many > 0
        worst = any(how == "dangerous" for _, how, _, _ in found)
        if not quiet or (whole and trace.imports) or (worst and trace.calls):
            for what, how, why, at in found:
                report.add(what, how, why, name, at)
            if whole or found:
                report.pickled += 1
    if problem and many == 0 and (not quiet or (worst and trace.calls)):
        raise Unreadable(f"is no whole pickle: {problem}")


def _array(report: Report, file: BinaryIO, name: str) -> None:
    file.seek(6)
    major = file.read(2)[0]
    size = struct.unpack("<H" if major == 1 else "<I", file.read(2 if major == 1 else 4))[0]
    if size > 1 << 20:
        raise Unreadable("has a header of more than a megabyte")
    header = file.read(size).decode("latin-1")
    described = re.search(r"'descr':\s*(.*?),\s*'fortran_order'", header, re.DOTALL)
    if described is None:
        raise Unreadable("has no NumPy header")
    if re.search(r"'[<>=|]?O\d*'", described.group(1)):
        _pickles(report, file, name)


def _whole(file: BinaryIO) -> BinaryIO:
    """Return an archive that lies in another one as a file that can be read from its end."""
    if not isinstance(file, _Rewound):
        return file
    data = file.read(MAX_INNER + 1)
    if len(data) > MAX_INNER:
        raise Unreadable(f"is an archive of more than {MAX_INNER >> 20} MB inside another one")
    return io.BytesIO(data)


def _archive(report: Report, file: BinaryIO, name: str, depth: int) -> None:
    try:
        file = _whole(file)
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES:
                report.unreadable(name, f"has more than {MAX_ENTRIES:,} entries")
                return
            names = {entry.filename for entry in entries}
            formats.archive(report, archive, names, name)
            torch = any(entry.endswith(("data.pkl", "constants.pkl")) for entry in names)
            for entry in entries:
                if entry.is_dir() or (
                    torch and re.search(r"(^|/)(data|tensors)/\d+$|/\.data/|byteorder$|version$", entry.filename)
                ):
                    continue
                where = f"{name}!{entry.filename}"
                if entry.flag_bits & 1:
                    report.unreadable(where, "is encrypted")
                    continue
                with _told(report, where), archive.open(entry) as inner:
                    _look(report, cast("BinaryIO", _Rewound(inner, report)), where, depth + 1)
    except (Unreadable, zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        report.unreadable(name, f"is no whole zip: {str(error)[:100]}")


def _tar(report: Report, file: BinaryIO, name: str, depth: int) -> None:
    with _told(report, name), tarfile.open(fileobj=_whole(file)) as archive:
        for count, entry in enumerate(archive):
            if count > MAX_ENTRIES:
                raise Unreadable(f"has more than {MAX_ENTRIES:,} entries")
            if entry.isfile() and (inner := archive.extractfile(entry)) is not None:
                _look(report, cast("BinaryIO", _Rewound(inner, report)), f"{name}!{entry.name}", depth + 1)


@contextmanager
def _told(report: Report, name: str, *, quiet: bool = False) -> Iterator[None]:
    try:
        yield
    except (
        Unreadable,
        pickles.Broken,
        EOFError,
        zlib.error,
        lzma.LZMAError,
        tarfile.TarError,
        zipfile.BadZipFile,
        OSError,
        NotImplementedError,
        struct.error,
        IndexError,
    ) as error:
        if not quiet or isinstance(error, Unreadable):
            report.unreadable(name, str(error)[:200] or type(error).__name__)


class _Counted(io.RawIOBase):
    """Counts what unpacks, so that a bomb ends."""

    def __init__(self, inner: Any, report: Report) -> None:
        self._inner, self._report, self._at, self._kept = inner, report, 0, b""

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        if whence != 1 or not -2 <= offset <= 0:
            raise OSError("a packed stream goes one way")
        self._kept, self._at = self._last[offset:] + self._kept, self._at + offset
        return self._at

    _last = b""

    def read(self, size: int | None = -1) -> bytes:
        data = self._kept[:size] if size is not None and size >= 0 else self._kept
        self._kept = self._kept[len(data) :]
        if size is None or size < 0 or len(data) < size:
            more: bytes = self._inner.read(-1 if size is None or size < 0 else size - len(data))
            self._report.spend(len(more))
            data += more
        self._at += len(data)
        self._last = data[-2:]
        return data

    def readline(self, size: int | None = -1) -> bytes:
        line = bytearray()
        while size is None or size < 0 or len(line) < size:
            byte = self.read(1)
            line += byte
            if not byte or byte == b"\n":
                break
        return bytes(line)


class _Rewound(_Counted):
    """An entry of an archive: goes back to its beginning by keeping the first bytes."""

    def seek(self, offset: int, whence: int = 0) -> int:
        if whence == 0:
            ahead = offset - self._at
            if ahead >= 0:
                while ahead > 0 and (piece := self.read(min(ahead, 1 << 20))):
                    ahead -= len(piece)
                return self._at
            if self._at > len(self._first):
                raise OSError("an entry goes one way")
            self._kept = self._first[offset : self._at] + self._kept
            self._at = offset
            return offset
        return super().seek(offset, whence)

    _first = b""

    def read(self, size: int | None = -1) -> bytes:
        before = self._at
        data = super().read(size)
        if before <= len(self._first) < 4096:
            self._first = (self._first[:before] + data)[:4096] if before + len(data) > len(self._first) else self._first
        return data


class _Zlib(io.RawIOBase):
    """A zlib stream, as joblib writes it, read piece by piece."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._engine, self._buffer = file, zlib.decompressobj(), b""

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        data = self._engine.decompress(self._buffer or self._file.read(1 << 16), len(target))
        while not data and not self._engine.eof:
            piece = self._engine.unconsumed_tail or self._file.read(1 << 16)
            if not piece:
                return 0
            data = self._engine.decompress(piece, len(target))
        self._buffer = self._engine.unconsumed_tail
        target[: len(data)] = data
        return len(data)


def until(seconds: float) -> float:
    """Return the moment when looking ends."""
    return time.monotonic() + seconds
