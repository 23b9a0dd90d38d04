"""Unpacks a folder that was sent as zip or tar. Every entry is checked by name and kind before a byte is written."""

import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from studiolo.studio.models.packing.refusal import Refused

MAX_FILES = 10_000
MAX_PATH = 500
RATIO = 200  # unpacked to packed, beyond the first 64 MB: what is packed tighter is a bomb
_FREE = 64 << 20
_PIECE = 1 << 20
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NOISE = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|\._|PaxHeaders)")


def unpack(path: Path, target: Path, limit: int) -> bool:
    """Unpack into a new folder; False when the file is no archive. Raises Refused, which names the entry.

    limit: most bytes of all entries together.
    """
    with path.open("rb") as file:
        head = file.read(512)
    if head[:4] == b"PK\x03\x04":
        with _told(), zipfile.ZipFile(path) as archive:
            _zip(archive, target, min(limit, _FREE + RATIO * path.stat().st_size))
        return True
    if head[257:262] == b"ustar" or head[:2] == b"\x1f\x8b" or head[:3] == b"BZh" or head[:6] == b"\xfd7zXZ\x00":
        if head[257:262] != b"ustar" and not _holds_tar(path):
            return False
        with _told(), tarfile.open(path, "r:*") as tape:
            _tar(tape, target, min(limit, _FREE + RATIO * path.stat().st_size))
        return True
    return False


def model_root(folder: Path) -> Path | None:
    """Return the one folder with an MLmodel file: the archive's own, or one that lies alone in it."""
    for _ in range(5):
        if (folder / "MLmodel").is_file():
            return folder
        inside = list(folder.iterdir())
        if len(inside) != 1 or not inside[0].is_dir():
            return None
        folder = inside[0]
    return None


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, NotImplementedError, RuntimeError) as error:
        raise Refused(f"The archive cannot be read: {str(error)[:150]}.", "Is it whole? Pack it again.") from None


def _holds_tar(path: Path) -> bool:
    try:
        with tarfile.open(path, "r:*"):
            return True
    except (tarfile.TarError, EOFError, zlib.error, OSError):
        return False


def _zip(archive: zipfile.ZipFile, target: Path, limit: int) -> None:
    seen: set[str] = set()
    left = limit
    for entry in archive.infolist():
        mode = entry.external_attr >> 16
        if stat.S_ISLNK(mode):
            raise Refused(f"'{_shown(entry.filename)}' is a symbolic link.", "Pack the file itself in its place.")
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise Refused(f"'{_shown(entry.filename)}' is no ordinary file.")
        if entry.flag_bits & 1:
            raise Refused(f"'{_shown(entry.filename)}' is encrypted.", "Pack it without a password.")
        if entry.is_dir() or _NOISE.search(entry.filename):
            checked(entry.filename.rstrip("/"))
            continue
        with archive.open(entry) as file:
            left -= _write(file, target, checked(entry.filename), seen, left, limit)


def _tar(tape: tarfile.TarFile, target: Path, limit: int) -> None:
    seen: set[str] = set()
    left = limit
    for entry in tape:
        name = entry.name.removeprefix("./")
        if entry.issym() or entry.islnk():
            raise Refused(
                f"'{_shown(entry.name)}' is a link to '{_shown(entry.linkname)}'.", "Pack the file itself in its place."
            )
        if entry.isdir():
            if name not in ("", "."):
                checked(name)
            continue
        if not entry.isfile():
            raise Refused(f"'{_shown(entry.name)}' is a device or a pipe, no file.")
        if _NOISE.search(name):
            continue
        file = tape.extractfile(entry)
        assert file is not None
        left -= _write(file, target, checked(name), seen, left, limit)


def checked(name: str) -> str:
    """Return a relative path without tricks; raises Refused, which names it."""
    parts = name.split("/")
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        raise Refused(f"'{_shown(name)}' is an absolute path.", "Pack the folder from inside its parent.")
    if ".." in parts:
        raise Refused(f"'{_shown(name)}' leaves its folder by '..'.", "Pack the folder from inside its parent.")
    if "\\" in name or _CONTROL.search(name) or not name.isprintable() or any(part in ("", ".") for part in parts):
        raise Refused(f"'{_shown(name)}' is no plain path.", "Rename the file: no backslash, no control characters.")
    if len(name.encode("utf-8", "surrogatepass")) > MAX_PATH:
        raise Refused(f"The path '{_shown(name)}' is longer than {MAX_PATH} bytes.")
    return name


def _write(file: IO[bytes], target: Path, name: str, seen: set[str], left: int, limit: int) -> int:
    if name in seen:
        raise Refused(f"'{_shown(name)}' is in the archive twice.")
    seen.add(name)
    if len(seen) > MAX_FILES:
        raise Refused(f"The archive has more than {MAX_FILES:,} files.")
    path = target / name
    written = 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as out:
            while piece := file.read(_PIECE):
                written += len(piece)
                if written > left:
                    raise Refused(
                        f"The archive unpacks to more than {limit >> 20:,} MB ('{_shown(name)}').",
                        "Send the folder with less compression, or raise STUDIOLO_UPLOAD_LIMIT_BYTES.",
                    )
                out.write(piece)
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        raise Refused(f"'{_shown(name)}' is a file and a folder at once.") from None
    return written


def _shown(name: str) -> str:
    return name[:120].encode("unicode_escape").decode()
