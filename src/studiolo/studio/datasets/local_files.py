"""The files of a folder of this machine that are to be sent."""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from studiolo.kernel.errors import Invalid
from studiolo.studio.datasets.errors import FilesNotRead
from studiolo.studio.datasets.registrations import paths


class LocalFile(NamedTuple):
    """A file that is to be sent. path: in the dataset; place: on this machine."""

    path: str
    place: Path
    size: int
    mark: str
    mtime: float


def local_files(place: str | Path | list[str | Path], left_out: list[str] | None = None) -> Iterator[LocalFile]:
    """Yield the files of a folder, or the files given, in order of path; a link back to a folder around it is not followed.

    left_out: is told each link that leads nowhere or back, and each pipe, socket or device.
    Raises BadFilePath for a name that cannot be sent, FilesNotRead for what may not be read.
    """
    told = [] if left_out is None else left_out
    if isinstance(place, list):
        for one in sorted(map(Path, place)):
            yield from _below(one, one.name, (), told) if one.is_dir() else [_file(one, one.name)]
        return
    root = Path(place)
    if root.is_dir():
        yield from _below(root, "", (), told)
    else:
        yield _file(root, root.name)


def _below(folder: Path, prefix: str, above: tuple[tuple[int, int], ...], told: list[str]) -> Iterator[LocalFile]:
    at = folder  # what an error names
    try:
        here = folder.stat()
        key = (here.st_dev, here.st_ino)
        if key in above:
            told.append(f"{folder} (leads back)")
            return
        items = []
        with os.scandir(folder) as found:
            for item in found:
                at = Path(item.path)
                if not _endless(item):
                    items.append(f"{item.name}/" if item.is_dir() else item.name)
                elif not paths.noise(item.name):
                    told.append(f"{at} (leads to itself)")
    except OSError as error:
        raise FilesNotRead(f"{at}: {error.strerror}.", "Give yourself the right to read it.", field="file") from None
    for item_name in sorted(items):
        name = f"{prefix}/{item_name}" if prefix else item_name
        inner = folder / item_name
        if item_name.endswith("/"):
            yield from _below(inner, name.rstrip("/"), (*above, key), told)
        elif not paths.noise(name):
            try:
                kept = inner.is_file()
            except OSError as error:  # a folder whose names may be read, but not what they stand for
                raise FilesNotRead(
                    f"{inner}: {error.strerror}.", "Give yourself the right to read it.", field="file"
                ) from None
            if kept:
                yield _file(inner, name)
            else:
                told.append(f"{inner} ({'leads nowhere' if inner.is_symlink() else 'no file'})")


def _endless(item: "os.DirEntry[str]") -> bool:
    """Tell a link that leads in a circle of links, which the system refuses to follow."""
    if not item.is_symlink():
        return False
    try:
        item.stat()
    except OSError as error:
        return error.errno == errno.ELOOP
    return False


def _file(place: Path, path: str) -> LocalFile:
    try:
        about = place.stat()
    except FileNotFoundError:
        raise Invalid(f"There is no file {place}.", "Check the path.", field="file") from None
    except OSError as error:
        raise FilesNotRead(f"{place}: {error.strerror}.", "Give yourself the right to read it.", field="file") from None
    if not stat.S_ISREG(about.st_mode):
        raise Invalid(f"{place} is no file.", "Name a file or a folder.", field="file")
    mark = f"{about.st_size}:{about.st_mtime_ns}:{about.st_ino}"
    return LocalFile(paths.judged(path), place, about.st_size, mark, about.st_mtime)
