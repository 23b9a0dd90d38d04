"""Cuts data into mini-batches; the same data and size give the same ones, in the same order."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from studiolo.studio import slices
from studiolo.studio.experiments.parallel.schemas import Parallel

TABLE = "mini_batches"  # the module of a slice above that cuts tables


class Cut(Protocol):
    """Data in mini-batches, which are called by their numbers from 0.

    about: what the data is, for the log; noun: of what `run` returns a row for each; fingerprint: what two cuts have in common that are
    the same.
    """

    about: str
    noun: str
    fingerprint: str

    def __len__(self) -> int:
        """How many mini-batches there are."""
        ...

    def items(self, number: int) -> int:
        """Return what counts as failed when the mini-batch does."""
        ...

    def wanted(self, number: int) -> int:
        """Return the rows that `run` must return for it."""
        ...

    def give(self, number: int) -> dict[str, Any]:
        """Return what a worker is told of it, once that is there."""
        ...

    def over(self, number: int) -> None:
        """Let go of what a worker was given."""
        ...

    def shown(self, number: int) -> str:
        """Name it."""
        ...

    def close(self) -> None:
        """Let go of all."""
        ...


class Files:
    """Files of an input, by path."""

    noun = "files"

    def __init__(self, root: Path, parallel: Parallel) -> None:
        found = files(root)
        self.batches = cut(found, *parallel.size())
        self.about = f"{len(found)} files"
        self.fingerprint = fingerprint(root, found, parallel.mini_batch_size or "1")

    def __len__(self) -> int:
        return len(self.batches)

    def items(self, number: int) -> int:
        """Return its files: each is one that fails."""
        return len(self.batches[number])

    def wanted(self, number: int) -> int:
        """Return its files: a row for each is wanted."""
        return len(self.batches[number])

    def give(self, number: int) -> dict[str, Any]:
        """Return its paths."""
        return {"items": self.batches[number]}

    def over(self, number: int) -> None:
        """Nothing is to go: the files are the input's own."""

    def shown(self, number: int) -> str:
        """Name its files."""
        return ", ".join(self.batches[number])

    def close(self) -> None:
        """Nothing is to go."""


def of(root: Path, parallel: Parallel, folder: Path) -> Cut:
    """Cut an input as its job says. folder: for what is made of a table. Raises StudioloError, which says what is wrong with the table."""
    if parallel.partition_keys or parallel.cut != "files":
        for _, part in slices.parts(TABLE):
            made: Cut | None = part.of(root, parallel, folder)
            if made is not None:
                return made
    return Files(root, parallel)


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
