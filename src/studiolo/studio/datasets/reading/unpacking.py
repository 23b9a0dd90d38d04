"""Packed text: gzip, zstd, bzip2, xz, or one file of a zip archive, unpacked within bounds before anything looks at it."""

import bz2
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

from studiolo.studio.datasets.errors import DamagedFile, PackedTooTightly, UnknownFormat

PIECE = 1 << 20
FREE = 64 << 20  # so much may come out of any archive
RATIO = (
    250  # and above it so many times the packed size: text of tables packs to a third, at the very best to a hundredth
)
ENDINGS = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"PK\x03\x04": "zip",
}
SUFFIXES = (".gz", ".gzip", ".zst", ".zstd", ".bz2", ".xz", ".zip")
WORKBOOK = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")  # an archive with one of these is a workbook


def packed(head: bytes) -> str | None:
    """Return how a file with this head is packed."""
    return next((kind for magic, kind in ENDINGS.items() if head.startswith(magic)), None)


def is_workbook(path: Path) -> bool:
    """Say whether a zip archive is a workbook."""
    try:
        with zipfile.ZipFile(path) as archive:
            return bool(set(WORKBOOK) & set(archive.namelist()))
    except (zipfile.BadZipFile, OSError):
        return False


def unpack(path: Path, name: str, kind: str, work: Path, *, member: str | None = None) -> tuple[Path, str]:
    """Write what is packed into the work folder; returns where it is and its name.

    Raises PackedTooTightly for bombs, UnknownFormat for archives of many files or with a password, DamagedFile.
    """
    target = work / "unpacked"
    allowed = max(FREE, path.stat().st_size * RATIO)
    try:
        with _opened(path, kind, member) as (stream, inner), target.open("wb") as out:
            for piece in _bounded(stream, allowed, name):
                out.write(piece)
    except (
        OSError,
        EOFError,
        zlib.error,
        lzma.LZMAError,
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
    ) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise DamagedFile(
            f"The {kind} archive cannot be unpacked: {error}.", "Pack it again, or send it unpacked."
        ) from error
    return target, inner or inner_name(name)


def inner_name(name: str) -> str:
    """Return the name without the ending of its packing.

    >>> inner_name("a.csv.gz"), inner_name("b.tgz")
    ('a.csv', 'b.tgz')
    """
    lower = name.lower()
    return next((name[: -len(suffix)] for suffix in SUFFIXES if lower.endswith(suffix)), name)


def _bounded(stream: IO[bytes], allowed: int, name: str) -> Iterator[bytes]:
    done = 0
    while piece := stream.read(PIECE):
        done += len(piece)
        if done > allowed:
            raise PackedTooTightly(
                f"{PurePosixPath(name).name} unpacks to more than {allowed:,} bytes, {RATIO} times its size.",
                "Tables do not pack so well: is it damaged, or a bomb? If it is right, send it unpacked.",
            )
        yield piece


@contextmanager
def _opened(path: Path, kind: str, member: str | None) -> Iterator[tuple[IO[bytes], str]]:
    if kind == "zip":
        with zipfile.ZipFile(path) as archive:
            chosen = _member(archive, member)
            with archive.open(chosen) as stream:
                yield stream, PurePosixPath(chosen.filename).name
        return
    if kind == "zstd":
        import pyarrow as pa

        with pa.OSFile(str(path)) as source, pa.CompressedInputStream(source, "zstd") as stream:
            yield stream, ""
        return
    openers: dict[str, Any] = {"gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open}
    with openers[kind](path, "rb") as stream:
        yield stream, ""


def _member(archive: zipfile.ZipFile, wanted: str | None) -> zipfile.ZipInfo:
    files = [info for info in archive.infolist() if not info.is_dir() and not _is_noise(info.filename)]
    names = [info.filename for info in files]
    if wanted is not None:
        found = next((info for info in files if info.filename == wanted), None)
        if found is None:
            raise UnknownFormat(f"The archive holds no file '{wanted[:100]}'.", _list(names), field="member")
    elif len(files) == 1:
        found = files[0]
    elif not files:
        raise UnknownFormat("The archive holds no file.", "Is it the right one?")
    else:
        raise UnknownFormat(
            f"The archive holds {len(files):,} files.",
            f"Name one (option `member`), or unpack it and upload the folder. {_list(names)}",
            field="member",
        )
    if found.flag_bits & 1:
        raise UnknownFormat("The archive has a password.", "Pack it without one.")
    return found


def _list(names: list[str]) -> str:
    return f"It holds: {', '.join(names[:5])}{', …' if len(names) > 5 else ''}."


def _is_noise(name: str) -> bool:
    return name.startswith("__MACOSX/") or PurePosixPath(name).name in (".DS_Store", "Thumbs.db")
