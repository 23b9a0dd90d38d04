"""The verbs of datasets."""

import hashlib
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection

from studiolo.kernel.context import Context
from studiolo.kernel.errors import NotFound
from studiolo.kernel.paging import Page, bounded, decode, encode
from studiolo.kernel.storage.blobs import BlobWriter
from studiolo.studio.datasets import inspection, names, repository, samples
from studiolo.studio.datasets.errors import DatasetNotFound, ProfileNotReady
from studiolo.studio.datasets.formats.base import family
from studiolo.studio.datasets.schemas import (
    Dataset,
    DatasetCreate,
    DatasetCreated,
    DatasetFile,
    DatasetVersion,
    Preview,
    Profile,
    ProfileStatus,
    SampleTable,
    TableSchema,
    VersionSummary,
)
from studiolo.studio.datasets.table_file import SCHEMA
from studiolo.studio.experiments import lineage as edges
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.errors import RunNotFound
from studiolo.studio.experiments.schemas import Edge, InputFile, JobSpec, Resources

PROFILE = "profile"
PREVIEW_LIMIT = 1000


def check(spec: DatasetCreate) -> DatasetCreate:
    """Return the spec with its name settled, before any byte is taken; raises what is wrong with it."""
    filename = names.file_name(spec.filename or f"{spec.name or 'dataset'}.csv")
    name = names.checked(spec.name) if spec.name else names.from_file(filename)
    return spec.model_copy(update={"filename": filename, "name": name})


def create(ctx: Context, spec: DatasetCreate, writer: BlobWriter) -> DatasetCreated:
    """Look into received bytes and register them: version 1 of a new dataset, or the next of an existing one.

    spec: checked. The bytes become a blob only when they are a table. Raises a BadFile that says where and what to do.
    The same bytes read the same way are the version that holds them already.
    """
    with writer, inspection.work_folder(ctx) as work:
        found = inspection.inspect(ctx, writer.flushed(), spec.filename, spec, work)
        blob = writer.commit()
        readable = ctx.blobs.put(found.readable) if found.readable else None
    files = [DatasetFile(path=spec.filename, size=blob.size, digest=blob.digest)]
    table = found.schema.model_dump(mode="json")
    values: dict[str, Any] = {
        "name": spec.name,
        "digest": _identity([blob.digest], found.schema),
        "files": [file.model_dump() for file in files],
        "readable": readable.digest if readable else None,
        "size": blob.size,
        "rows": found.schema.rows,
        "columns": len(found.schema.columns),
        "format": found.schema.format,
        "table": table,
        "preview": ctx.blobs.put(found.preview.model_dump_json().encode()).digest,
    }
    schema_digest = ctx.blobs.put(orjson.dumps(table)).digest
    with ctx.db.begin() as tx:
        latest, new = repository.lock_dataset(tx, ctx, spec.name, spec.description)
        same = repository.version_by_digest(tx, ctx.workspace_id, spec.name, values["digest"])
        if same is None:
            values["version"] = latest + 1
            repository.insert_version(tx, ctx, values, spec.description)
            _submit_profile(tx, ctx, values, schema_digest)
            kind = "dataset.created" if new else "dataset.version_created"
            ctx.events.emit(tx, kind, spec.name, {"version": latest + 1, "rows": values["rows"]})
    version = get(ctx, spec.name, same or latest + 1)
    if same is None:
        return DatasetCreated(dataset=version, existing=False)
    note = f"The same file is {version.reference} already; no new version was made."
    return DatasetCreated(dataset=version, existing=True, note=note)


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


def _identity(digests: list[str], schema: TableSchema) -> str:
    """Return what makes a version itself: its bytes and how they are read."""
    read = schema.model_dump(mode="json", exclude={"notes", "rows"})
    text = orjson.dumps({"files": digests, "read": read}, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).hexdigest()


def list_datasets(ctx: Context, search: str = "", cursor: str | None = None, limit: int = 100) -> Page[Dataset]:
    """Return a page of datasets, last changed first."""
    keys = decode(cursor, 2)
    limit = bounded(limit)
    before = (datetime.fromisoformat(str(keys[0])), str(keys[1])) if keys else None
    with ctx.db.read() as tx:
        found = repository.list_datasets(tx, ctx.workspace_id, search, before, limit + 1)
    following = encode(found[limit - 1][0].updated_at.isoformat(), found[limit - 1][1]) if len(found) > limit else None
    return Page(items=[dataset for dataset, _ in found[:limit]], next=following)


def get_dataset(ctx: Context, name: str) -> Dataset:
    """Return a dataset; raises DatasetNotFound."""
    with ctx.db.read() as tx:
        found = repository.dataset(tx, ctx.workspace_id, name)
    if found is None:
        raise _not_found(name)
    return found


def list_versions(ctx: Context, name: str) -> list[VersionSummary]:
    """Return the versions of a dataset, newest first."""
    with ctx.db.read() as tx:
        found = repository.list_versions(tx, ctx.workspace_id, name)
    if not found:
        raise _not_found(name)
    return found


def get(ctx: Context, name: str, version: int | None = None) -> DatasetVersion:
    """Return a version, the newest for None; raises DatasetNotFound."""
    row = _row(ctx, name, version)
    return DatasetVersion(
        **repository.to_summary(row).model_dump(),
        files=row.files,
        table=TableSchema.model_validate(row.table),
        profile=_profile_status(ctx, row),
    )


def resolve(ctx: Context, reference: str) -> DatasetVersion:
    """Return the version that `name` or `name:version` means."""
    return get(ctx, *names.parse(reference))


def as_input(ctx: Context, version: DatasetVersion) -> list[InputFile]:
    """Return the input files of a job that reads this version; it opens them with `table_file.open_input`."""
    row = _row(ctx, version.name, version.version)
    return _inputs(row.files, row.readable, ctx.blobs.put(orjson.dumps(row.table)).digest)


def lineage_reference(version: DatasetVersion) -> str:
    """Return how lineage names a version."""
    return f"dataset:{version.reference}"


def update(ctx: Context, name: str, description: str) -> Dataset:
    """Change the description."""
    with ctx.db.begin() as tx:
        if not repository.set_description(tx, ctx.workspace_id, name, description):
            raise _not_found(name)
        ctx.events.emit(tx, "dataset.updated", name)
    return get_dataset(ctx, name)


def delete(ctx: Context, name: str) -> None:
    """Remove a dataset and its versions; its profiles go with it, other runs and models that were made from it stay.

    The bytes are freed when no run names them any more: the profile jobs do so until their time in the bin is over.
    """
    with ctx.db.begin() as tx:
        profiles = repository.profile_runs(tx, ctx.workspace_id, name)
        if not repository.remove(tx, ctx.workspace_id, name):
            raise _not_found(name)
        experiments.discard(tx, ctx, profiles)
        ctx.events.emit(tx, "dataset.deleted", name)


def preview(ctx: Context, name: str, version: int | None, rows: int) -> Preview:
    """Return the first rows; up to 100 were kept when the version was made, more are read by a child process."""
    row = _row(ctx, name, version)
    rows = max(1, min(rows, PREVIEW_LIMIT))
    kept = Preview.model_validate_json(ctx.blobs.path(row.preview).read_bytes())
    if rows <= len(kept.rows) or len(kept.rows) == row.rows:
        return kept.model_copy(update={"rows": kept.rows[:rows]})
    with inspection.work_folder(ctx) as work:
        schema = TableSchema.model_validate(row.table)
        return inspection.preview(ctx, _table_path(ctx, row), schema, rows, work)


def content(ctx: Context, name: str, version: int | None) -> tuple[Path, str]:
    """Return the file of a version and what to call it."""
    row = _row(ctx, name, version)
    return ctx.blobs.path(row.files[0]["digest"]), str(row.files[0]["path"])


def profile_document(ctx: Context, name: str, version: int | None) -> Path:
    """Return the file that holds the profile as JSON; raises ProfileNotReady."""
    row = _row(ctx, name, version)
    if row.profile is None:
        status = _profile_status(ctx, row)
        raise ProfileNotReady(
            f"The profile of {name}:{row.version} is {status.state}{f': {status.error}' if status.error else ''}.",
            "Compute it again." if status.state == "failed" else "Wait for it: its job is running.",
            extra={"state": status.state, "run_id": status.run_id},
        )
    return ctx.blobs.path(row.profile)


def profile(ctx: Context, name: str, version: int | None = None) -> Profile:
    """Return the profile; raises ProfileNotReady."""
    return Profile.model_validate_json(profile_document(ctx, name, version).read_bytes())


def profile_again(ctx: Context, name: str, version: int | None) -> DatasetVersion:
    """Compute the profile once more; one that is on its way is left alone."""
    row = _row(ctx, name, version)
    if _profile_status(ctx, row).state in ("ready", "failed"):
        schema = ctx.blobs.put(orjson.dumps(row.table)).digest
        with ctx.db.begin() as tx:
            _submit_profile(tx, ctx, dict(row._mapping), schema)  # noqa: SLF001 - SQLAlchemy's public name
            experiments.discard(tx, ctx, [row.profile_run] if row.profile_run else [])
            ctx.events.emit(tx, "dataset.updated", name, {"version": row.version})
    return get(ctx, name, row.version)


def finish_profile(tx: Connection, ctx: Context, run_id: str, digest: str | None, error: str | None) -> None:
    """Keep what a profile job came to."""
    version = repository.set_profile(tx, run_id, digest, error)
    if version is not None:
        name, number = version
        ctx.events.emit(tx, "dataset.updated", name, {"version": number, "profile": "failed" if error else "ready"})


def around(ctx: Context, name: str, version: int | None) -> list[Edge]:
    """Return what a version led to."""
    found = get(ctx, name, version)
    with ctx.db.read() as tx:
        return edges.around(tx, ctx, lineage_reference(found))


def _submit_profile(tx: Connection, ctx: Context, version: dict[str, Any], schema: str) -> None:
    reference = repository.reference(version["name"], version["version"])
    spec = JobSpec(
        experiment="Profiles",
        name=f"profile of {reference}",
        kind=PROFILE,
        command=[sys.executable, "-m", "studiolo.studio.datasets.jobs"],
        inputs={"data": _inputs(version["files"], version["readable"], schema)},
        resources=Resources(cores=1),
        context={"dataset": version["name"], "version": version["version"]},
    )
    run = experiments.submit(ctx, spec, tx)
    repository.set_profile_run(tx, ctx.workspace_id, version["name"], version["version"], run.id)


def _inputs(files: list[dict[str, Any]], readable: str | None, schema: str) -> list[InputFile]:
    ending = Path(files[0]["path"]).suffix.lower()
    known = {extension for module in family().values() for extension in module.SPEC.extensions}
    name = f"table{ending if ending in known else ''}"
    return [InputFile(path=name, digest=readable or files[0]["digest"]), InputFile(path=SCHEMA, digest=schema)]


def _profile_status(ctx: Context, row: Any) -> ProfileStatus:
    if row.profile:
        return ProfileStatus(state="ready", run_id=row.profile_run)
    if row.profile_error or not row.profile_run:
        return ProfileStatus(state="failed", run_id=row.profile_run, error=row.profile_error or "It was never started.")
    try:
        run = experiments.get(ctx, row.profile_run)
    except RunNotFound:
        return ProfileStatus(state="failed", error="Its job is gone.")
    if run.state in ("NotStarted", "Queued"):
        return ProfileStatus(state="queued", run_id=run.id, label="Waiting for a free core")
    share = run.progress.done if run.progress else None
    label = run.progress.label if run.progress else run.state
    return ProfileStatus(state="running", run_id=run.id, progress=share, label=label)


def _table_path(ctx: Context, row: Any) -> Path:
    return ctx.blobs.path(row.readable or row.files[0]["digest"])


def _row(ctx: Context, name: str, version: int | None) -> Any:
    with ctx.db.read() as tx:
        row = repository.version_row(tx, ctx.workspace_id, name, version)
    if row is None:
        raise _not_found(name, version)
    return row


def _not_found(name: str, version: int | None = None) -> NotFound:
    shown = name[:100] if version is None else f"{name[:100]}:{version}"
    return DatasetNotFound(f"There is no dataset '{shown}'.", "List them: studiolo datasets list", field="dataset")
