"""Which kept parts a version is profiled from, and how the files that no part covers are put together into new ones.

Pure: a file is named by what its bytes are (digest or fingerprint), a part by the files that it covers.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

LARGE = 16 * 2**20  # a file of so many bytes is a part of its own
TOGETHER = 64 * 2**20  # smaller neighbours share a part up to so many bytes
MOST = 64  # parts that a version is cut into at most


@dataclass(frozen=True)
class File:
    """key: digest or fingerprint of its bytes."""

    path: str
    size: int
    key: str


@dataclass(frozen=True)
class Kept:
    """A part that is there. id: names it; files: keys of the files that it covers."""

    id: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class Cover:
    """parts: those to use; groups: files to look at, one new part each."""

    parts: tuple[Kept, ...]
    groups: tuple[tuple[File, ...], ...]


def cover(files: Sequence[File], kept: Sequence[Kept]) -> Cover:
    """Take the parts that cover the most files and fit; group the rest.

    >>> cover([File("a", 10, "1"), File("b", 10, "2")], [Kept("p", ("1",)), Kept("q", ("1", "3"))])
    Cover(parts=(Kept(id='p', files=('1',)),), groups=((File(path='b', size=10, key='2'),),))
    """
    left = Counter(file.key for file in files)
    used = []
    for part in sorted(kept, key=lambda part: (-len(part.files), part.id)):
        wanted = Counter(part.files)
        if wanted and all(left[key] >= times for key, times in wanted.items()):
            left -= wanted
            used.append(part)
    rest = []
    for file in files:
        if left[file.key] > 0:
            left[file.key] -= 1
            rest.append(file)
    return Cover(tuple(used), tuple(_groups(rest)))


def _groups(files: Sequence[File]) -> list[tuple[File, ...]]:
    together = max(TOGETHER, sum(file.size for file in files) // MOST)
    found: list[tuple[File, ...]] = []
    group: list[File] = []
    size = 0
    for file in files:
        alone = file.size >= LARGE and file.size >= together // 4
        if group and (alone or size + file.size > together):
            found.append(tuple(group))
            group, size = [], 0
        group.append(file)
        size += file.size
        if alone:
            found.append(tuple(group))
            group, size = [], 0
    if group:
        found.append(tuple(group))
    return found


def name(keys: Sequence[str]) -> str:
    """Return the name of the part that covers these files: of one file its own digest, as far as it is one."""
    if len(keys) == 1 and len(keys[0]) == 64:
        return keys[0]
    return hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest()
