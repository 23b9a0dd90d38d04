"""How the files of a registration are read as one table; what a parent version knows of its files is not found out again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from studiolo.kernel.storage.blobs import LocalBlobStore
from studiolo.kernel.storage.manifests import Entry, Manifest
from studiolo.studio.datasets import looking, table_file
from studiolo.studio.datasets.delta import log
from studiolo.studio.datasets.delta import table as delta
from studiolo.studio.datasets.errors import BadDelta, BadFile, BadMLTable
from studiolo.studio.datasets.formats.base import family
from studiolo.studio.datasets.mltable import file as mltable
from studiolo.studio.datasets.registrations.order import Order
from studiolo.studio.datasets.schemas import Preview, TableSchema
from studiolo.studio.datasets.table_file import TableInput

ROWS = 100  # of the preview that is kept
Tell = Callable[[float, float | None, str], None]


@dataclass(frozen=True)
class Read:
    """How files are read as a table. whole: digest of one copy that is read instead of all of them."""

    schema: TableSchema
    preview: Preview
    whole: str | None = None


def read(
    order: Order, entries: dict[str, Entry], files: Mapping[str, Path], blobs: LocalBlobStore, work: Path, tell: Tell
) -> Read:
    """Look into the files; returns their schema and first rows, and sets the readable copies of `entries`.

    files: local copies by path. Raises a BadFile that names the file at fault.
    """
    names = sorted(entries)
    known = _known(order, entries, blobs)
    looked = [name for name in names if name not in known]
    if known and order.parent:
        for name, entry in known.items():
            entries[name] = replace_readable(entries[name], entry.readable)
    schema = order.parent.table if known and order.parent else None
    if looked or schema is None:
        given = [(files[name], name) for name in looked]
        try:
            found = looking.inspect_files(
                given,
                order.reading,
                work,
                line_limit=order.line_limit,
                known=schema,
                report=lambda done, name: tell(done, len(given), f"Looking into {name}"),
            )
        except BadFile as error:
            if len(given) == 1 and len(names) > 1:  # among others that were read before
                raise error.of(looked[0]) from error
            raise
        schema = found.schema
        if found.whole is not None:
            return _made(order, entries, found.whole, schema, blobs, work)
        for name, copy in zip(looked, found.readables, strict=True):
            if copy is not None:
                entries[name] = replace_readable(entries[name], blobs.put(copy).digest)
                copy.unlink()
    with_rows = table_file.members(schema, names)
    paths = tuple(_readable(blobs, entries[name], files[name]) for name in with_rows)
    heads = work / "heads"
    heads.mkdir(exist_ok=True)
    return Read(schema, table_file.preview(TableInput(paths, tuple(with_rows), schema), ROWS, heads))


def _made(
    order: Order, entries: dict[str, Entry], whole: Path, schema: TableSchema, blobs: LocalBlobStore, work: Path
) -> Read:
    if order.mode == "referenced" and schema.format == "delta":
        raise BadDelta(
            "The rows of a version of a Delta table are kept as a copy, and these files stay in their datastore.",
            "Register it as managed.",
            field="mode",
        )
    if order.mode == "referenced" and schema.format != "images":
        raise BadMLTable(
            "What is done to rows and columns is kept, and these files stay in their datastore.",
            "Register them as managed, or leave only `read_…` in the MLTable.",
            field="mode",
        )
    if schema.format == "delta":  # what came after the version is no part of it; what people laid beside it is
        top = log.below(list(entries)) or ""
        for name in schema.options.pop("left_out", ()):
            if name.startswith(top) and delta.written(name[len(top) :]):
                del entries[name]
    preview = table_file.preview(TableInput.of(whole, schema), ROWS, work)
    return Read(schema, preview, blobs.put(whole).digest)


def replace_readable(entry: Entry, digest: str | None) -> Entry:
    """Return an entry with the digest of its readable copy."""
    return Entry(entry.path, entry.size, entry.digest, digest, entry.fingerprint, entry.mtime)


def _readable(blobs: LocalBlobStore, entry: Entry, file: Path) -> Path:
    return blobs.path(entry.readable) if entry.readable else file


def _known(order: Order, entries: Mapping[str, Entry], blobs: LocalBlobStore) -> dict[str, Entry]:
    """Return the parent's entries by path, when all of them are in the new version as they were; else nothing.

    A file that went may be the one that made a column text, so then all is looked into again.
    """
    parent = order.parent
    formats = family()
    if (
        parent is None
        or parent.table.format not in formats
        or formats[parent.table.format].SPEC.together
        or parent.table.options.get("mltable")
        or mltable.beside(list(entries))
        or delta.wanted(order.reading, list(entries))
    ):
        return {}  # what an MLTable does to rows, or a log says of them, may depend on all of them
    if parent.manifest:
        old = list(Manifest(blobs, parent.manifest).entries())
    else:
        old = [Entry(file["path"], file["size"], file["digest"], parent.readable) for file in parent.files]
    for entry in old:
        new = entries.get(entry.path)
        if new is None or (new.digest, new.fingerprint, new.size) != (entry.digest, entry.fingerprint, entry.size):
            return {}
    return {entry.path: entry for entry in old}
