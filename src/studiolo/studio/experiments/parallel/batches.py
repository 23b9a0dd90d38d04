"""Cuts data into mini-batches; the same data and size give the same ones, in the same order."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path


def files(root: Path) -> list[tuple[str, int]]:
    """Return the files of an input by path, with their bytes; of an input that is a file, itself. A table's `MLTable` is no data."""
    if root.is_file():
        return [(str(root), root.stat().st_size)]
    found = []
    for place, _, names in os.walk(root, followlinks=True):
        found += [Path(place, name) for name in names if name != "MLTable"]
    return [(str(path), path.stat().st_size) for path in sorted(found)]


def cut(found: Iterable[tuple[str, int]], count: int, size: int) -> list[list[str]]:
    """Return mini-batches of so many files, or of so many bytes together; a larger file is one alone. One of both is 0.

    >>> cut([("a", 5), ("b", 5), ("c", 20), ("d", 1)], 0, 10), cut([("a", 5), ("b", 5), ("c", 20)], 2, 0)
    ([['a', 'b'], ['c'], ['d']], [['a', 'b'], ['c']])
    """
    made: list[list[str]] = []
    held = 0
    for path, many in found:
        full = not made or (count and len(made[-1]) >= count) or (size and held + many > size)
        if full:
            made.append([])
            held = 0
        made[-1].append(path)
        held += many
    return made


def fingerprint(root: Path, found: Iterable[tuple[str, int]], size: str) -> str:
    """Return what two cuts have in common that are the same, wherever the data lies."""
    digest = hashlib.sha256(size.encode())
    for path, many in found:
        digest.update(f"\0{os.path.relpath(path, root.parent)}\0{many}".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
