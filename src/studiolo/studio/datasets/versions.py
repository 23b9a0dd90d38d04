"""What is asked of one version: its files for people and for jobs, one file or all of them, and what another one has of it."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from studiolo.kernel.context import Context
from studiolo.kernel.errors import Invalid, NotFound
from studiolo.kernel.paging import Page
from studiolo.kernel.storage.manifests import Entry
from studiolo.studio.datasets import archiving, comparison, contents, referenced, repository
from studiolo.studio.datasets.errors import DatasetNotFound
from studiolo.studio.datasets.formats.base import family
from studiolo.studio.datasets.schemas import DatasetVersion, TableSchema
from studiolo.studio.datasets.table_file import SCHEMA, TableInput, members
from studiolo.studio.datasets.version_schemas import FileChange, VersionCheck, VersionComparison, VersionFile
from studiolo.studio.datastores import service as datastores
from studiolo.studio.experiments.schemas import InputFile


def find_row(ctx: Context, name: str, version: int | None) -> Any:
    """Return the row of a version, the newest for None; raises DatasetNotFound."""
    with ctx.db.read() as tx:
        row = repository.version_row(tx, ctx.workspace_id, name, version)
    if row is None:
        raise not_found(name, version)
    return row


def not_found(name: str, version: int | None = None) -> NotFound:
    """Return the error that names what is not there."""
    shown = name[:100] if version is None else f"{name[:100]}:{version}"
    return DatasetNotFound(f"There is no dataset '{shown}'.", "List them: studiolo datasets list", field="dataset")


def as_input(ctx: Context, version: DatasetVersion) -> list[InputFile]:
    """Return the input files of a job that reads this version; it opens them with `table_file.open_input`."""
    return inputs(ctx, find_row(ctx, version.name, version.version))


def inputs(ctx: Context, row: Any) -> list[InputFile]:
    """Return the input files of a job that reads the version of a row."""
    ending = Path(row.files[0]["path"]).suffix.lower() if row.files else ""
    known = {extension for module in family().values() for extension in module.SPEC.extensions}
    return contents.inputs(ctx, row, f"table{ending if ending in known else ''}", SCHEMA)


def manifest(ctx: Context, version: DatasetVersion) -> Iterator[Entry]:
    """Yield the files of a version in order of their paths, however many there are."""
    return contents.of(ctx, find_row(ctx, version.name, version.version)).entries()


def open_files(ctx: Context, version: DatasetVersion) -> list[Path]:
    """Return local files with the bytes of a version, in the manifest's order: of each the copy that is read.

    Files that stay in their datastore are checked and copied into a cache of the home; raises DatasetChanged with the difference.
    """
    entries = manifest(ctx, version)
    if version.mode == "managed":
        return [ctx.blobs.path(entry.readable or str(entry.digest)) for entry in entries]
    source = version.source or {}
    store = datastores.store(ctx, str(version.datastore))
    return referenced.bring(entries, store, source, ctx.workspace_id, ctx.settings.home / "cache" / "referenced")


def open_table(ctx: Context, version: DatasetVersion) -> TableInput:
    """Return the table of a version in local files; as `open_files`, but where one copy is read instead of all files, that one."""
    made = contents.whole(find_row(ctx, version.name, version.version))
    if made:
        return TableInput.of(ctx.blobs.path(made), version.table)
    files = open_files(ctx, version)
    named = dict(zip((entry.path for entry in manifest(ctx, version)), files, strict=True))
    names = members(version.table, list(named))
    return TableInput(tuple(named[name] for name in names), tuple(names), version.table)


def table_input(ctx: Context, row: Any, most: int = 2000) -> TableInput:
    """Return the first files with rows of a managed version, as they lie in the store."""
    schema = TableSchema.model_validate(row.table)
    made = contents.whole(row)
    if made:
        return TableInput.of(ctx.blobs.path(made), schema)
    entries = {entry.path: entry for entry in islice(contents.of(ctx, row).entries(), most)}
    names = members(schema, list(entries))
    files = [ctx.blobs.path(entries[name].readable or str(entries[name].digest)) for name in names]
    return TableInput(tuple(files), tuple(names), schema)


def check_files(ctx: Context, name: str, version: int | None) -> VersionCheck:
    """Look whether the files of a version are what they were: of a managed one they always are."""
    row = find_row(ctx, name, version)
    reference = repository.reference(row.name, row.version)
    if row.mode == "managed":
        return VersionCheck(reference=reference, unchanged=True, changes=[], count=0)
    store = datastores.store(ctx, str(row.datastore))
    changed = referenced.check(contents.of(ctx, row).entries(), store, row.source or {}, ctx.workspace_id)
    return VersionCheck(reference=reference, unchanged=not changed, changes=changed[:1000], count=len(changed))


def secrets(version: DatasetVersion) -> dict[str, str]:
    """Return the `secrets` of a job that reads a version: the datastore that its files stay in."""
    return secrets_of(version.datastore)


def secret_fields(datastore: str | None) -> dict[str, Any]:
    """Return the field of a job's spec that gives it a datastore; nothing where it needs none."""
    return {"secrets": secrets_of(datastore)} if datastore else {}


def secrets_of(datastore: str | None) -> dict[str, str]:
    """Return how a job is given a datastore."""
    return {f"STUDIOLO_STORE_{datastore.upper()}": f"datastore:{datastore}"} if datastore else {}


def files(
    ctx: Context,
    name: str,
    version: int | None,
    *,
    folder: str | None = None,
    search: str = "",
    cursor: str | None = None,
    limit: int = 100,
) -> Page[VersionFile]:
    """Return some files of a version, or what is directly in a folder of it."""
    return contents.page(ctx, find_row(ctx, name, version), folder, search, cursor, limit)


def content(ctx: Context, name: str, version: int | None, path: str | None = None) -> tuple[Path, str]:
    """Return a file of a version, the only one for None, and what to call it."""
    row = find_row(ctx, name, version)
    found = contents.entry(ctx, row, path)
    if found.digest is None:
        raise Invalid(f"'{found.path}' stays in the datastore '{row.datastore}'.", "Fetch it from there.", field="path")
    return ctx.blobs.path(found.digest), found.path.rpartition("/")[2]


def archive(ctx: Context, name: str, version: int | None) -> tuple[Iterator[bytes], str]:
    """Return the pieces of a zip of all files of a version, and what to call it."""
    row = find_row(ctx, name, version)
    if row.mode != "managed":
        raise Invalid(f"The files stay in the datastore '{row.datastore}'.", "Fetch them from there.", field="dataset")
    return archiving.pieces(ctx.blobs, contents.of(ctx, row).entries()), f"{row.name}-{row.version}.zip"


def compare(ctx: Context, name: str, left: int, right: int) -> VersionComparison:
    """Return what differs between two versions."""
    return comparison.compare(ctx, find_row(ctx, name, left), find_row(ctx, name, right))


def compare_files(
    ctx: Context,
    name: str,
    left: int,
    right: int,
    change: comparison.Change | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[FileChange]:
    """Return some of the files that two versions do not share."""
    return comparison.changes(ctx, find_row(ctx, name, left), find_row(ctx, name, right), change, cursor, limit)
