"""The files of a source, each with a way to read ranges of it."""

from pathlib import Path

from studiolo.kernel.context import Context
from studiolo.kernel.errors import Invalid
from studiolo.studio.datasets import uploading
from studiolo.studio.datasets.errors import NoFiles
from studiolo.studio.datasets.inspections import web
from studiolo.studio.datasets.inspections.opened import Opened, local
from studiolo.studio.datasets.inspections.schemas import InspectionSource
from studiolo.studio.datasets.reading.pieces import Read
from studiolo.studio.datasets.registrations import paths
from studiolo.studio.datasets.versions import find_row, manifest
from studiolo.studio.datastores import databases
from studiolo.studio.datastores import service as datastores
from studiolo.studio.datastores.ports import Store

LISTED = 1000  # files that are found at most; a look needs no more


def find(ctx: Context, source: InspectionSource) -> list[Opened]:
    """Return the files of a source, at most a thousand; raises what is wrong with it."""
    if source.type == "dataset":
        return _of_dataset(ctx, source.dataset)
    if source.type == "datastore":
        return _of_datastore(ctx, source)
    if source.type == "url":
        return [web.find(ctx, source.url)]
    return _of_upload(ctx, source.session)


def _of_upload(ctx: Context, session: str) -> list[Opened]:
    """Return the files of a session that are here whole: the others are still on their way."""
    found = [local(path, name) for name, path in uploading.whole_files(ctx, session, LISTED)]
    if not found:
        raise NoFiles("No file of this upload is here yet.", "Wait for the first one, then look again.", field="source")
    return found


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
    glob = source.glob.lstrip("/")
    begin = paths.fixed_part(glob) if glob else source.path
    walked = store.walk(begin)
    found = []
    for entry in paths.Pattern(glob).choose(walked, lambda one: one.path) if glob else walked:
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


def of_query(ctx: Context, source: InspectionSource, rows: int, work: Path) -> tuple[Opened, bool]:
    """Return the first rows of a query as the file that registering it would make, and whether there are more."""
    file = work / "query.parquet"
    more = databases.head_file(ctx, source.datastore, source.query, rows, file)
    return local(file, file.name), more


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
