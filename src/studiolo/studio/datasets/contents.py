"""The files of a version: listed by its manifest, or, of a version with one file, by its row."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Protocol

import orjson

from studiolo.kernel.context import Context
from studiolo.kernel.errors import Invalid
from studiolo.kernel.paging import Page, bounded, decode, encode
from studiolo.kernel.storage.manifests import Entry, Manifest
from studiolo.studio.datasets.errors import FileNotInVersion
from studiolo.studio.datasets.schemas import DatasetFile
from studiolo.studio.datasets.table_file import REFERENCE
from studiolo.studio.datasets.version_schemas import VersionFile
from studiolo.studio.experiments.schemas import InputFile

FILES = "files"  # folder of a job's input that holds the files of a version, and `files.json` beside it their names
SHOWN = 100  # files that a version itself shows


class Contents(Protocol):
    """Files in order of their paths."""

    def entries(self, after: str = "", without: frozenset[str] = frozenset()) -> Iterator[Entry]:
        """Yield the files whose path comes after one. without: parts of a manifest that are left out."""
        ...

    def below(self, folder: str) -> Iterator[Entry]:
        """Yield the files below a folder; the empty one is the whole."""
        ...

    def find(self, path: str) -> Entry | None:
        """Return one file, None when it is not in the version."""
        ...


class OneFile:
    """The contents of a version whose one file stands in its row."""

    def __init__(self, files: list[dict[str, Any]], readable: str | None) -> None:
        given = [Entry(file["path"], file["size"], file["digest"], readable) for file in files]
        self._entries = sorted(given, key=lambda entry: entry.path)

    def entries(self, after: str = "", without: frozenset[str] = frozenset()) -> Iterator[Entry]:
        """Yield the files whose path comes after one."""
        return (entry for entry in self._entries if entry.path > after)

    def below(self, folder: str) -> Iterator[Entry]:
        """Yield the files below a folder."""
        prefix = f"{folder.rstrip('/')}/" if folder else ""
        return (entry for entry in self._entries if entry.path.startswith(prefix))

    def find(self, path: str) -> Entry | None:
        """Return one file."""
        return next((entry for entry in self._entries if entry.path == path), None)


def of(ctx: Context, row: Any) -> Contents:
    """Return the files of a version's row."""
    return Manifest(ctx.blobs, row.manifest) if row.manifest else OneFile(row.files, row.readable)


def first(ctx: Context, row: Any) -> list[DatasetFile]:
    """Return the files that a version shows by itself."""
    return [DatasetFile(path=e.path, size=e.size, digest=e.digest) for e in islice(of(ctx, row).entries(), SHOWN)]


def entry(ctx: Context, row: Any, path: str | None) -> Entry:
    """Return a file by its path, or the only one; raises FileNotInVersion, or Invalid where one must be named."""
    contents = of(ctx, row)
    if path is None:
        some = list(islice(contents.entries(), 2))
        if len(some) == 1:
            return some[0]
        raise Invalid(
            f"The version has {row.file_count:,} files: which one?",
            "Name its path, or fetch all of them.",
            field="path",
        )
    found = contents.find(path)
    if found is None:
        raise FileNotInVersion(path, f"{row.name}:{row.version}")
    return found


def inputs(ctx: Context, row: Any, table_name: str, schema: str) -> list[InputFile]:
    """Return the input files of a job that reads a version. schema: the name of the blob in such an input, and its digest follows.

    A version with one file is `<table_name>`; with more the runner places all of them below `files/`.
    """
    if row.kind == "file" and row.mode == "managed":
        if row.manifest:
            return [InputFile(path=".", digest=row.manifest, manifest=True)]
        return [InputFile(path=row.files[0]["path"], digest=row.files[0]["digest"])]
    described = InputFile(path=schema, digest=ctx.blobs.put(orjson.dumps(row.table)).digest)
    made = whole(row)
    if made:
        return [InputFile(path=table_name, digest=made), described]
    if not row.manifest:
        return [InputFile(path=table_name, digest=row.readable or row.files[0]["digest"]), described]
    found = [InputFile(path=FILES, digest=row.manifest, manifest=True), described]
    if row.mode == "referenced":
        place = {"source": row.source, "workspace": ctx.workspace_id}
        found.append(InputFile(path=REFERENCE, digest=ctx.blobs.put(orjson.dumps(place)).digest))
    return found


def whole(row: Any) -> str | None:
    """Return the digest of the one copy that is read instead of all files of a version; None where the files are read."""
    return row.readable if row.manifest and row.kind == "tabular" else None


def page(ctx: Context, row: Any, folder: str | None, search: str, cursor: str | None, limit: int) -> Page[VersionFile]:
    """Return some files in order: of the whole version, or what is directly in a folder, folders with what they hold.

    search: a part of the path, whatever its case.
    """
    limit = bounded(limit)
    keys = decode(cursor, 1)
    after = str(keys[0]) if keys else ""
    contents = of(ctx, row)
    if folder is None:
        entries = contents.entries(after)
        if search:
            wanted = search.casefold()
            entries = (entry for entry in entries if wanted in entry.path.casefold())
        found = [_file(entry) for entry in islice(entries, limit + 1)]
        return _page(found, limit)
    return _page(list(islice(_children(contents, folder.strip("/"), after), limit + 1)), limit)


def _children(contents: Contents, folder: str, after: str) -> Iterator[VersionFile]:
    """Yield what is directly in a folder; all that is below it is read through, since folders say how much they hold."""
    prefix = f"{folder}/" if folder else ""
    inside: VersionFile | None = None
    for entry in contents.below(folder):
        name, slash, _ = entry.path[len(prefix) :].partition("/")
        path = f"{prefix}{name}"
        if inside is not None and (not slash or inside.path != path):
            if f"{inside.path}/" > after:
                yield inside
            inside = None
        if not slash:
            if entry.path > after:
                yield _file(entry)
        elif inside is None:
            inside = VersionFile(path=path, size=entry.size, folder=True, files=1)
        else:
            inside.size, inside.files = inside.size + entry.size, inside.files + 1
    if inside is not None and f"{inside.path}/" > after:
        yield inside


def _page(found: list[VersionFile], limit: int) -> Page[VersionFile]:
    last = found[limit - 1] if len(found) > limit else None
    return Page(
        items=found[:limit], next=encode(f"{last.path}/\U0010ffff" if last.folder else last.path) if last else None
    )


def _file(entry: Entry) -> VersionFile:
    mark = f"{entry.fingerprint.kind}:{entry.fingerprint.value}" if entry.fingerprint else None
    return VersionFile(path=entry.path, size=entry.size, folder=False, files=1, digest=entry.digest, fingerprint=mark)
