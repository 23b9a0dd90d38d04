"""Versions whose files stay in their datastore: at every use they must be what they were when they were registered."""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from studiolo.kernel.storage.manifests import Entry, Fingerprint
from studiolo.studio.datasets.errors import DatasetChanged
from studiolo.studio.datasets.registration_schemas import FromDatastore
from studiolo.studio.datasets.registrations.sources import Found, InStore
from studiolo.studio.datasets.version_schemas import FileChange
from studiolo.studio.datastores.errors import ObjectChanged, PathNotFound
from studiolo.studio.datastores.ports import Store

PINNED = ("version_id", "generation")  # the store gives that very state of an object, whatever came after
_NAMED = 100


def check(entries: Iterable[Entry], store: Store, source: dict[str, Any], workspace: str) -> list[FileChange]:
    """Return what is not what it was: files that came, went or changed. One listing of the source is read, no file."""
    now = {found.path: found for found in _place(store, source, workspace).find()}
    changed: list[FileChange] = []
    for entry in entries:
        found = now.pop(entry.path, None)
        if found is None:
            changed.append(FileChange(path=entry.path, change="removed", left_size=entry.size))
        elif found.fingerprint != entry.fingerprint or found.size != entry.size:
            changed.append(FileChange(path=entry.path, change="changed", left_size=entry.size, right_size=found.size))
    changed += [FileChange(path=path, change="added", right_size=found.size) for path, found in now.items()]
    return sorted(changed, key=lambda change: change.path)


def bring(
    entries: Iterable[Entry],
    store: Store,
    source: dict[str, Any],
    workspace: str,
    folder: Path,
    name: Callable[[Entry], str] | None = None,
) -> list[Path]:
    """Copy the files of a version into a folder, each as it was registered; raises DatasetChanged with the difference.

    name: of each file below the folder; default: one that tells its state, so that a second call copies nothing again.
    """
    given = list(entries)
    place = _place(store, source, workspace)
    brought: list[Path] = []
    folder.mkdir(parents=True, exist_ok=True)
    for entry in given:
        target = folder / (name(entry) if name else _state_name(entry, place.key))
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                _copy(place, entry, source, target)
            except (ObjectChanged, PathNotFound):
                raise changed(given, store, source, workspace, entry) from None
        brought.append(target)
    return brought


def place(folder: Path) -> None:
    """Fetch the files of a job's input that stay in their datastore, and say in `files.json` where they lie now.

    Raises DatasetChanged when they are not what they were. A second call finds them there.
    """
    from studiolo.studio.datastores.opening import from_environment

    listed = folder / "files.json"
    found = json.loads(listed.read_text("utf-8"))
    if all("file" in item for item in found):
        return
    about = json.loads((folder / "reference.json").read_text("utf-8"))
    entries = [
        Entry(item["path"], item["size"], fingerprint=Fingerprint(**item["fingerprint"]), mtime=item.get("mtime"))
        for item in found
    ]
    store = from_environment(about["source"]["datastore"])
    bring(entries, store, about["source"], about["workspace"], folder / "files", lambda entry: entry.path)
    part = listed.with_name("files.json.part")
    part.write_text(json.dumps([{"path": e.path, "file": f"files/{e.path}"} for e in entries]), "utf-8")
    part.replace(listed)


def changed(
    entries: list[Entry], store: Store, source: dict[str, Any], workspace: str, first: Entry | None = None
) -> DatasetChanged:
    """Return the error that names what changed."""
    found = check(entries, store, source, workspace)
    if not found and first is not None:
        found = [FileChange(path=first.path, change="changed", left_size=first.size)]
    counts = [(kind, sum(1 for change in found if change.change == kind)) for kind in ("changed", "removed", "added")]
    told = ", ".join(f"{count:,} {kind}" for kind, count in counts if count)
    named = ", ".join(change.path for change in found[:3])
    return DatasetChanged(
        f"The files in '{source['datastore']}' are not what they were: {told} ({named}{', …' if len(found) > 3 else ''}).",
        "Register them as a new version, or bring the old files back.",
        field="dataset",
        extra={"changes": [change.model_dump() for change in found[:_NAMED]], "count": len(found)},
    )


def verify(entries: Iterable[Entry], store: Store, source: dict[str, Any], workspace: str) -> None:
    """Raise DatasetChanged when a file that is needed changed or went; one that came later, or is pinned, does not matter."""
    given = list(entries)
    pinned = {entry.path for entry in given if entry.fingerprint and entry.fingerprint.kind in PINNED}
    bad = [
        change
        for change in check(given, store, source, workspace)
        if change.change != "added" and change.path not in pinned
    ]
    if bad:
        raise changed(given, store, source, workspace)


def _copy(place: InStore, entry: Entry, source: dict[str, Any], target: Path) -> None:
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with place.open(_found(entry, source)) as stream, part.open("wb") as file:
            for piece in _pieces(stream):
                file.write(piece)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    while piece := stream.read(1 << 20):
        yield piece


def _place(store: Store, source: dict[str, Any], workspace: str) -> InStore:
    asked = {key: source[key] for key in ("datastore", "path", "glob") if key in source}
    return InStore(store, FromDatastore.model_validate(asked), workspace)


def _found(entry: Entry, source: dict[str, Any]) -> Found:
    """Return where an entry is in its datastore."""
    from studiolo.studio.datasets.registrations import paths

    start = (paths.fixed_part(source["glob"]) if source.get("glob") else source.get("path", "")).strip("/")
    inside = f"{start}/{entry.path}" if start else entry.path
    if not source.get("glob") and start.rpartition("/")[2] == entry.path:
        inside = start  # the source is this one file
    return Found(entry.path, inside, entry.size, "", entry.mtime, entry.fingerprint)


def _state_name(entry: Entry, key: str) -> str:
    mark = entry.fingerprint
    text = f"{key}\0{entry.path}\0{entry.size}\0{mark.kind if mark else ''}\0{mark.value if mark else ''}"
    return hashlib.sha256(text.encode()).hexdigest()
