"""The files of a source, each with a way to read ranges of it."""

import fnmatch
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from studiolo.kernel.context import Context
from studiolo.kernel.errors import Invalid
from studiolo.studio.datasets.inspections.schemas import InspectionSource
from studiolo.studio.datasets.reading.pieces import Read, of_file
from studiolo.studio.datasets.versions import find_row, manifest
from studiolo.studio.datastores import service as datastores
from studiolo.studio.datastores.ports import Store

LISTED = 1000  # files that are found at most; a look needs no more


@dataclass(frozen=True)
class Opened:
    """A file that can be read in ranges. path: where it is, when it is here."""

    name: str
    size: int
    read: Read
    path: Path | None = None


Finder = Callable[[Context, InspectionSource], list[Opened]]
_finders: dict[str, Finder] = {}


def add(kind: str, finder: Finder) -> None:
    """Let sources of a kind be found, e.g. the sessions of uploads."""
    _finders[kind] = finder


def local(path: Path, name: str) -> Opened:
    """Open a file that is here."""
    return Opened(name, path.stat().st_size, of_file(path), path)


def find(ctx: Context, source: InspectionSource) -> list[Opened]:
    """Return the files of a source, at most a thousand; raises what is wrong with it."""
    if source.type == "dataset":
        return _of_dataset(ctx, source.dataset)
    if source.type == "datastore":
        return _of_datastore(ctx, source)
    if source.type in _finders:
        return _finders[source.type](ctx, source)
    raise Invalid(
        f"Files of the kind '{source.type}' cannot be looked into here.",
        "Register them; what they hold is told then.",
        field="source",
    )


def _of_dataset(ctx: Context, reference: str) -> list[Opened]:
    from studiolo.studio.datasets import service

    version = service.resolve(ctx, reference)
    if find_row(ctx, version.name, version.version).mode != "managed":
        raise Invalid(
            f"The files of {version.reference} stay in their datastore.", "Look into them there.", field="source"
        )
    found = []
    for entry in manifest(ctx, version):
        found.append(local(ctx.blobs.path(str(entry.digest)), entry.path))
        if len(found) == LISTED:
            break
    return found


def _of_datastore(ctx: Context, source: InspectionSource) -> list[Opened]:
    store = datastores.store(ctx, source.datastore)
    pattern = source.glob
    begin = (
        source.path
        if not pattern
        else pattern[: min([pattern.find(mark) for mark in "*?[" if mark in pattern] or [len(pattern)])].rpartition(
            "/"
        )[0]
    )
    found = []
    for entry in store.walk(begin):
        if pattern and not fnmatch.fnmatchcase(entry.path, pattern):
            continue
        name = entry.path if entry.path == begin or not begin else entry.path.removeprefix(f"{begin}/")
        found.append(
            Opened(name if name != begin else entry.path.rpartition("/")[2], entry.size, _ranges(store, entry.path))
        )
        if len(found) == LISTED:
            break
    if not found:
        raise Invalid(
            f"There is no file '{source.glob or source.path}' in the datastore '{source.datastore}'.",
            "Browse it.",
            field="source",
        )
    return found


def _ranges(store: Store, path: str) -> Read:
    def read(start: int, end: int) -> bytes:
        with store.read(path, start, end) as stream:
            parts = []
            left = end - start
            while left > 0 and (piece := stream.read(left)):
                parts.append(piece)
                left -= len(piece)
            return b"".join(parts)

    return read
