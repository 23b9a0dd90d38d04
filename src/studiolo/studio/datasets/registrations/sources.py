"""Where a registration finds files: a store, seen through one small port."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from studiolo.kernel.storage.manifests import Fingerprint
from studiolo.studio.datasets.errors import NoFiles
from studiolo.studio.datasets.registration_schemas import FromDatastore
from studiolo.studio.datasets.registrations import paths
from studiolo.studio.datastores.errors import PathNotFound
from studiolo.studio.datastores.ports import Entry, Store


@dataclass(frozen=True, slots=True)
class Found:
    """A file of a source. path: in the dataset; place: in the source; mark: equal while it is unchanged, empty where unknown."""

    path: str
    place: str
    size: int
    mark: str = ""
    mtime: float | None = None
    fingerprint: Fingerprint | None = None


class Place(Protocol):
    """What files are found in and read from. key: names it in the stat cache."""

    key: str

    def find(self) -> Iterator[Found]:
        """Yield the files."""
        ...

    def open(self, found: Found) -> AbstractContextManager[BinaryIO]:
        """Open a file as it was found; reading one that has changed since raises ObjectChanged."""
        ...


class InStore:
    """A file, folder or pattern of a datastore."""

    def __init__(self, store: Store, source: FromDatastore, workspace: str) -> None:
        self._store, self._source = store, source
        self.key = f"{workspace}/{source.datastore}"

    def find(self) -> Iterator[Found]:
        """Yield the files; paths begin below the folder that was named. Raises NoFiles, BadFilePath, and what a store raises."""
        asked = self._source
        start = (paths.fixed_part(asked.glob) if asked.glob else asked.path).strip("/")
        pattern = paths.Pattern(asked.glob.lstrip("/")) if asked.glob else None
        alone = not asked.glob and bool(start) and not self._store.stat(start).folder
        any_ = False
        walked = self._store.walk(start)
        for entry in pattern.choose(walked, lambda one: one.path) if pattern else walked:
            if entry.folder:
                continue
            name = entry.path if not start else entry.path.removeprefix(f"{start}/")
            if alone:
                name = entry.path.rpartition("/")[2]
            if paths.noise(name):
                continue
            any_ = True
            yield described(entry, paths.judged(name))
        if not any_:
            what = f"fits '{asked.glob}'" if asked.glob else f"is in '{asked.path}'" if asked.path else "is in it"
            raise NoFiles(
                f"Nothing in the datastore '{asked.datastore}' {what}.",
                f"See what is there: studiolo datastores ls {asked.datastore}",
                field="source.glob" if asked.glob else "source.path",
            )

    def open(self, found: Found) -> AbstractContextManager[BinaryIO]:
        """Open a file as it was found."""
        from studiolo.studio.datastores.ports import Fingerprint as Pin

        mark = found.fingerprint
        pin = Pin(mark.kind, mark.value, found.size) if mark else None  # type: ignore[arg-type]
        return self._store.read(found.place, pin=pin)


def described(entry: Entry, path: str) -> Found:
    """Return a store's entry as what a dataset keeps of it."""
    mark = entry.fingerprint
    kept = Fingerprint(mark.kind, mark.value) if mark else None
    text = f"{entry.size}:{mark.kind}:{mark.value}" if mark else ""
    mtime = entry.modified.timestamp() if entry.modified else None
    return Found(path, entry.path, entry.size, text, mtime, kept)


def exists(store: Store, path: str) -> bool:
    """Say whether a path is there."""
    try:
        store.stat(path)
    except PathNotFound:
        return False
    return True
