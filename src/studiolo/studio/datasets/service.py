"""The verbs of datasets."""

import hashlib
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection

from studiolo.kernel.context import Context
from studiolo.kernel.paging import Page, bounded, decode, encode
from studiolo.kernel.storage.blobs import BlobWriter
from studiolo.studio.datasets import contents, inspection, names, profiling, recycling, repository, samples
from studiolo.studio.datasets.errors import NotATable
from studiolo.studio.datasets.profile_schemas import Profile
from studiolo.studio.datasets.quality import repository as quality
from studiolo.studio.datasets.rows.parts import part_inputs as part_inputs  # noqa: PLC0414
from studiolo.studio.datasets.schemas import (
    Dataset,
    DatasetCreate,
    DatasetCreated,
    DatasetFile,
    DatasetPatch,
    DatasetVersion,
    Preview,
    ProfileAsked,
    SampleTable,
    TableSchema,
    VersionPatch,
    VersionSummary,
)
from studiolo.studio.datasets.version_schemas import DatasetCleanup, DatasetCleanupRequest, Deleted
from studiolo.studio.datasets.versions import as_input as as_input  # noqa: PLC0414 - what other slices ask of a version
from studiolo.studio.datasets.versions import find_row, not_found, table_input
from studiolo.studio.datasets.versions import manifest as manifest  # noqa: PLC0414
from studiolo.studio.datasets.versions import open_files as open_files  # noqa: PLC0414
from studiolo.studio.datasets.versions import secrets as secrets  # noqa: PLC0414
from studiolo.studio.datastores import usage
from studiolo.studio.datastores.schemas import DatastoreUser
from studiolo.studio.experiments import lineage as edges
from studiolo.studio.experiments.schemas import Edge

PREVIEW_LIMIT = 1000


@usage.add
def _in_datastore(tx: Connection, ctx: Context, datastore: str) -> list[DatastoreUser]:
    """Return the datasets that are lost without a datastore."""
    found = repository.referring_to(tx, ctx.workspace_id, datastore)
    return [DatastoreUser(kind="dataset", name=name, title=f"dataset {name}") for name in found]


def check(spec: DatasetCreate) -> DatasetCreate:
    """Return the spec with its name settled, before any byte is taken; raises what is wrong with it."""
    filename = names.file_name(spec.filename or f"{spec.name or 'dataset'}.csv")
    name = names.checked(spec.name) if spec.name else names.from_file(filename)
    return spec.model_copy(update={"filename": filename, "name": name})


def create(
    ctx: Context, spec: DatasetCreate, writer: BlobWriter, source: dict[str, Any] | None = None
) -> DatasetCreated:  # fmt: skip
    """Look into received bytes and register them: version 1 of a new dataset, or the next of an existing one.

    spec: checked. source: where the bytes came from, when not from an upload. The bytes become a blob only when they are a table. Raises a BadFile that says where and what to do.
    The same bytes read the same way are the version that holds them already.
    """
    with writer, inspection.work_folder(ctx) as work:
        found = inspection.inspect(ctx, writer.flushed(), spec.filename, spec, work)
        blob = writer.commit()
        readable = ctx.blobs.put(found.readables[0]) if found.readables[0] else None
    table = found.schema.model_dump(mode="json")
    values: dict[str, Any] = {
        "name": spec.name,
        "digest": identity([blob.digest], found.schema),
        "files": [DatasetFile(path=spec.filename, size=blob.size, digest=blob.digest).model_dump()],
        "readable": readable.digest if readable else None,
        "size": blob.size,
        "rows": found.schema.rows,
        "columns": len(found.schema.columns),
        "format": found.schema.format,
        "table": table,
        "preview": ctx.blobs.put(found.preview.model_dump_json().encode()).digest,
        "source": source or {"type": "upload", "path": spec.filename},
    }
    with ctx.db.begin() as tx:
        number, existing = publish(tx, ctx, values, spec.description)
    version = get(ctx, spec.name, number)
    note = f"The same file is {version.reference} already; no new version was made." if existing else ""
    return DatasetCreated(dataset=version, existing=existing, note=note)


def publish(tx: Connection, ctx: Context, values: dict[str, Any], description: str = "") -> tuple[int, bool]:
    """Add a version whose blobs are in the store, and start its profile; returns its number, and whether it was there already.

    values: the columns of its row, without number. The same digest is the same version. description: of the dataset.
    """
    name = values["name"]
    locked = repository.lock_dataset(tx, ctx, name, description)
    same = repository.version_by_digest(tx, ctx.workspace_id, name, values["digest"])
    if same is not None:
        return same, True
    number = locked.numbered + 1
    values = {"kind": "tabular", "mode": "managed", "files": [], "file_count": 1, **values}
    values |= {"version": number, "parent": locked.latest or None}
    values["quality"] = quality.first_state(tx, ctx, name) if values["kind"] == "tabular" else None
    repository.insert_version(tx, ctx, values, description)
    if values["kind"] == "tabular":
        profiling.submit(tx, ctx, repository.version_row(tx, ctx.workspace_id, name, number))
    kind = "dataset.created" if locked.new else "dataset.version_created"
    ctx.events.emit(tx, kind, name, {"version": number, "rows": values["rows"]})
    return number, False


def create_sample(ctx: Context, name: str) -> DatasetCreated:
    """Make a dataset of a table that comes with the studio."""
    sample = samples.get(name)
    path = samples.path(name)
    text = f"{sample.description} Source: {sample.source}. Licence: {sample.licence}."
    spec = check(DatasetCreate(name=sample.name, filename=path.name, description=text))
    with ctx.blobs.writer() as writer:
        writer.write(path.read_bytes())
        return create(ctx, spec, writer)


def list_samples(ctx: Context) -> list[SampleTable]:  # noqa: ARG001 - every verb takes the context
    """Return the tables that come with the studio."""
    return samples.every()


def identity(digests: list[str], schema: TableSchema) -> str:
    """Return what makes a version itself: its bytes and how they are read."""
    read = schema.model_dump(mode="json", exclude={"notes", "rows", "losses"})
    text = orjson.dumps({"files": digests, "read": read}, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).hexdigest()


def list_datasets(
    ctx: Context, search: str = "", cursor: str | None = None, limit: int = 100, *, deleted: bool = False
) -> Page[Dataset]:
    """Return a page of datasets, last changed first. deleted: those in the bin."""
    keys = decode(cursor, 2)
    limit = bounded(limit)
    before = (datetime.fromisoformat(str(keys[0])), str(keys[1])) if keys else None
    with ctx.db.read() as tx:
        lifecycle = "deleted" if deleted else "active"
        found = repository.list_datasets(tx, ctx.workspace_id, search, before, limit + 1, lifecycle)
    following = encode(found[limit - 1][0].updated_at.isoformat(), found[limit - 1][1]) if len(found) > limit else None
    return Page(items=[recycling.dated(ctx, dataset) for dataset, _ in found[:limit]], next=following)


def get_dataset(ctx: Context, name: str) -> Dataset:
    """Return a dataset; raises DatasetNotFound."""
    with ctx.db.read() as tx:
        found = repository.dataset(tx, ctx.workspace_id, name)
    if found is None:
        raise not_found(name)
    return found


def list_versions(ctx: Context, name: str, *, deleted: bool = False) -> list[VersionSummary]:
    """Return the versions of a dataset, newest first. deleted: those in the bin."""
    with ctx.db.read() as tx:
        found = repository.list_versions(tx, ctx.workspace_id, name, lifecycle="deleted" if deleted else "active")
    if not found and not deleted:
        raise not_found(name)
    return [recycling.dated(ctx, version) for version in found]


def numbers_after(tx: Connection, ctx: Context, name: str, after: int) -> list[tuple[int, str | None, datetime]]:
    """Return number, quality and time of the versions above a number, lowest first, in the caller's transaction."""
    return repository.numbers_after(tx, ctx.workspace_id, name, after)


def get(ctx: Context, name: str, version: int | None = None) -> DatasetVersion:
    """Return a version, the newest for None; raises DatasetNotFound."""
    row = find_row(ctx, name, version)
    return DatasetVersion(
        **repository.to_summary(row).model_dump(),
        files=contents.first(ctx, row),
        manifest=row.manifest,
        datastore=row.datastore,
        table=TableSchema.model_validate(row.table),
        profile=profiling.status(ctx, row),
    )


def resolve(ctx: Context, reference: str) -> DatasetVersion:
    """Return the version that `name` or `name:version` means."""
    return get(ctx, *names.parse(reference))


def lineage_reference(version: DatasetVersion) -> str:
    """Return how lineage names a version."""
    return f"dataset:{version.reference}"


def update(ctx: Context, name: str, patch: DatasetPatch) -> Dataset:
    """Change what is said about a dataset, and how long its versions stay; what the patch leaves out stays as it is."""
    values = patch.model_dump(exclude_unset=True, mode="json")
    values = {key: value for key, value in values.items() if value is not None or key == "retention"}
    with ctx.db.begin() as tx:
        if values and not repository.set_about(tx, ctx.workspace_id, name, values):
            raise not_found(name)
        ctx.events.emit(tx, "dataset.updated", name)
    return get_dataset(ctx, name)


def update_version(ctx: Context, name: str, version: int | None, patch: VersionPatch) -> DatasetVersion:
    """Change what is said about a version; its bytes never change."""
    row = find_row(ctx, name, version)
    values = {key: value for key, value in patch.model_dump(exclude_unset=True).items() if value is not None}
    if values:
        with ctx.db.begin() as tx:
            repository.set_about_version(tx, ctx.workspace_id, name, row.version, values)
            ctx.events.emit(tx, "dataset.updated", name, {"version": row.version})
    return get(ctx, name, row.version)


def delete(ctx: Context, name: str, version: int | None = None) -> Deleted:
    """Put a dataset with its versions, or one version, in the bin; runs and models that were made from it stay.

    The bytes are freed some time after it was removed from there, when no run names them any more.
    """
    return recycling.delete(ctx, name, version)


def restore(ctx: Context, name: str, version: int | None = None) -> Dataset:
    """Take a dataset out of the bin with the versions that went in with it, or one version; raises NotInTheBin."""
    recycling.restore(ctx, name, version)
    return get_dataset(ctx, name)


def clean_up(ctx: Context, asked: DatasetCleanupRequest) -> DatasetCleanup:
    """Remove for good what has been in the bin too long."""
    return recycling.clean_up(ctx, asked)


def preview(ctx: Context, name: str, version: int | None, rows: int) -> Preview:
    """Return the first rows; up to 100 were kept when the version was made, more are read by a child process."""
    row = find_row(ctx, name, version)
    if row.kind == "file":
        raise NotATable(repository.reference(name, row.version))
    rows = max(1, min(rows, PREVIEW_LIMIT))
    kept = Preview.model_validate_json(ctx.blobs.path(row.preview).read_bytes())
    if rows <= len(kept.rows) or len(kept.rows) == row.rows or row.mode == "referenced":
        return kept.model_copy(update={"rows": kept.rows[:rows]})
    with inspection.work_folder(ctx) as work:
        return inspection.preview(ctx, table_input(ctx, row), rows, work)


def profile(ctx: Context, name: str, version: int | None = None) -> Profile:
    """Return the profile; raises ProfileNotReady."""
    return profiling.get(ctx, name, version)


def profile_again(ctx: Context, name: str, version: int | None, asked: ProfileAsked | None = None) -> DatasetVersion:
    """Compute the profile once more, exactly or for a target; the old one stays until then."""
    profiling.again(ctx, name, version, asked)
    return get(ctx, name, version)


def cancel_profile(ctx: Context, name: str, version: int | None) -> DatasetVersion:
    """Stop computing the profile; an earlier one stays."""
    profiling.cancel(ctx, name, version)
    return get(ctx, name, version)


def around(ctx: Context, name: str, version: int | None) -> list[Edge]:
    """Return what a version led to."""
    found = get(ctx, name, version)
    with ctx.db.read() as tx:
        return edges.around(tx, ctx, lineage_reference(found))
