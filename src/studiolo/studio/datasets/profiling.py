"""The verbs of profiles: start one, say where it is, take what a job came to, keep the parts it is made of."""

import hashlib
import json
import sys
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection

from studiolo.kernel.context import Context
from studiolo.kernel.errors import Invalid
from studiolo.studio.datasets import contents, part_repository, repository
from studiolo.studio.datasets.errors import ColumnNotFound, NotATable, ProfileNotReady
from studiolo.studio.datasets.profile.names import ENDING, ENVIRONMENT, PARTS_FILE, PARTS_FOLDER
from studiolo.studio.datasets.profile_schemas import Profile
from studiolo.studio.datasets.schemas import ProfileAsked, ProfileStatus, ProfileUpdate
from studiolo.studio.datasets.table_file import PROFILE_FILE
from studiolo.studio.datasets.versions import find_row, inputs, secret_fields
from studiolo.studio.experiments import artifacts
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.errors import ArtifactNotFound, RunNotFound
from studiolo.studio.experiments.schemas import InputFile, JobSpec, Resources, Run

PROFILE = "profile"
ENDED = ("Completed", "Failed", "Canceled", "Lost")
# options of reading that change with the set of files, not with how one of them is read
OF_THE_SET = ("longest_line", "largest_object", "left_out", "layout_of", "layouts", "first_file")


def submit(tx: Connection, ctx: Context, row: Any, asked: ProfileAsked | None = None) -> None:
    """Start the job that profiles a version; the parts of earlier versions are among its inputs."""
    if row.kind == "file":
        _submit_files(tx, ctx, row)
        return
    asked = asked or ProfileAsked()
    reading = reading_of(row.table)
    given = {"data": inputs(ctx, row)}
    kept = part_repository.kept(tx, ctx, row.name, reading)
    parts = [InputFile(path=f"{part.cover}{ENDING}", digest=part.part) for part in kept if ctx.blobs.keep(part.part)]
    if parts:
        given["parts"] = parts
    command = [sys.executable, "-m", "studiolo.studio.datasets.jobs"]
    only = contents.whole(row) or (row.files[0]["digest"] if row.files and not row.manifest else "")
    if only:
        command += ["--file-key", only]
    if asked.exact:
        command.append("--exact")
    if asked.target:
        command += ["--target", asked.target]
    spec = JobSpec(
        experiment="Profiles",
        name=f"{'exact ' if asked.exact else ''}profile of {repository.reference(row.name, row.version)}",
        kind=PROFILE,
        command=command,
        env=ENVIRONMENT,
        inputs=given,
        resources=Resources(cores=1),
        **secret_fields(row.datastore),
        context={
            "dataset": row.name,
            "version": row.version,
            "reading": reading,
            "exact": asked.exact,
            "target": asked.target,
        },
    )
    run = experiments.submit(ctx, spec, tx)
    repository.set_profile_run(tx, ctx.workspace_id, row.name, row.version, run.id)


def _submit_files(tx: Connection, ctx: Context, row: Any) -> None:
    """Start the job that looks at files as they are; those that stay in their datastore are known by name and size alone."""
    if row.manifest:
        data = [InputFile(path=contents.FILES, digest=row.manifest, manifest=True)]
    else:
        data = [InputFile(path=row.files[0]["path"], digest=row.files[0]["digest"])]
    spec = JobSpec(
        experiment="Profiles",
        name=f"profile of {repository.reference(row.name, row.version)}",
        kind=PROFILE,
        command=[sys.executable, "-m", "studiolo.studio.datasets.file_profile.job"],
        inputs={"data": data},
        resources=Resources(cores=1),
        context={"dataset": row.name, "version": row.version},
    )
    run = experiments.submit(ctx, spec, tx)
    repository.set_profile_run(tx, ctx.workspace_id, row.name, row.version, run.id)


def reading_of(table: dict[str, Any]) -> str:
    """Return what parts must share to be merged: how values are read, and by which engine their sketches were filled."""
    options = {key: value for key, value in (table.get("options") or {}).items() if key not in OF_THE_SET}
    if options.get("headers") == "first":
        options["first_file"] = table["options"].get("first_file")
    read = {"format": table["format"], "columns": table["columns"], "options": options}
    engine = ".".join(version_of("duckdb").split(".")[:2])
    return hashlib.sha256(orjson.dumps([read, engine], option=orjson.OPT_SORT_KEYS)).hexdigest()


def document(ctx: Context, name: str, version: int | None) -> Path:
    """Return the file that holds the profile of a table as JSON; raises ProfileNotReady, NotATable."""
    row = find_row(ctx, name, version)
    if row.kind == "file":
        raise NotATable(repository.reference(name, row.version))
    return _ready(ctx, row)


def files_document(ctx: Context, name: str, version: int | None) -> Path:
    """Return the file that holds the profile of files as they are as JSON; raises ProfileNotReady, and Invalid for a table."""
    row = find_row(ctx, name, version)
    if row.kind != "file":
        reference = repository.reference(name, row.version)
        raise Invalid(f"{reference} is a table.", "Its profile is at …/profile.", field="dataset")
    return _ready(ctx, row)


def _ready(ctx: Context, row: Any) -> Path:
    name = row.name
    if row.profile is None:
        found = status(ctx, row)
        raise ProfileNotReady(
            f"The profile of {name}:{row.version} is {found.state}{f': {found.error}' if found.error else ''}.",
            "Compute it." if found.state in ("failed", "none") else "Wait for it: its job is running.",
            extra={"state": found.state, "run_id": found.run_id},
        )
    return ctx.blobs.path(row.profile)


def get(ctx: Context, name: str, version: int | None = None) -> Profile:
    """Return the profile; raises ProfileNotReady."""
    return Profile.model_validate_json(document(ctx, name, version).read_bytes())


def again(ctx: Context, name: str, version: int | None, asked: ProfileAsked | None = None) -> None:
    """Compute the profile once more; the old one stays until the new one is there. One that is on its way is left alone."""
    row = find_row(ctx, name, version)
    asked = asked or ProfileAsked()
    if row.kind == "file" and (asked.exact or asked.target):
        raise NotATable(repository.reference(name, row.version))
    columns = [column["name"] for column in row.table["columns"]]
    if asked.target and asked.target not in columns:
        raise ColumnNotFound(asked.target, columns, field="target")
    found = status(ctx, row)
    if found.state in ("queued", "running") or found.update is not None:
        return
    with ctx.db.begin() as tx:
        submit(tx, ctx, row, asked)
        experiments.discard(tx, ctx, [row.profile_run] if row.profile_run else [])
        ctx.events.emit(tx, "dataset.updated", name, {"version": row.version})


def cancel(ctx: Context, name: str, version: int | None) -> None:
    """Stop the job that computes the profile, if there is one; an earlier profile stays."""
    row = find_row(ctx, name, version)
    if row.profile_run:
        try:
            run = experiments.get(ctx, row.profile_run)
        except RunNotFound:
            return
        if run.state not in ENDED:
            experiments.cancel(ctx, run.id)


def finish(tx: Connection, ctx: Context, run: Run, context: dict[str, Any]) -> None:
    """Keep what an ended profile job came to."""
    digest, error = None, run.error or f"Its job ended as {run.state}."
    if run.state == "Completed":
        try:
            digest, error = artifacts.find(tx, ctx, run.id, PROFILE_FILE).digest, ""
        except ArtifactNotFound:
            error = "Its job left no profile."
    keep(tx, ctx, run.id, digest, error or None)
    if digest and "reading" in context:
        _take_parts(tx, ctx, run.id, context)


def keep(tx: Connection, ctx: Context, run_id: str, digest: str | None, error: str | None) -> None:
    """Link a profile to its version."""
    version = repository.set_profile(tx, run_id, digest, error)
    if version is not None:
        name, number = version
        ctx.events.emit(tx, "dataset.updated", name, {"version": number, "profile": "failed" if error else "ready"})


def _take_parts(tx: Connection, ctx: Context, run_id: str, context: dict[str, Any]) -> None:
    try:
        listed = artifacts.find(tx, ctx, run_id, PARTS_FILE)
    except ArtifactNotFound:
        return
    told = json.loads(ctx.blobs.path(listed.digest).read_bytes())
    new = []
    for cover, rows in told["new"].items():
        try:
            stored = artifacts.find(tx, ctx, run_id, f"{PARTS_FOLDER}/{cover}{ENDING}")
        except ArtifactNotFound:
            continue
        new.append(part_repository.New(cover, stored.digest, rows))
    name, version, reading = context["dataset"], context["version"], context["reading"]
    part_repository.take(tx, ctx, name, version, reading, told["used"], new)


def status(ctx: Context, row: Any) -> ProfileStatus:
    """Say where the profile of a version is."""
    if row.kind == "file" and not row.profile_run and not row.profile:
        return ProfileStatus(state="none")
    if not row.profile_run or row.profile_error:
        state = "ready" if row.profile else "failed"
        error = row.profile_error or (None if row.profile else "It was never started.")
        return ProfileStatus.model_validate({"state": state, "run_id": row.profile_run, "error": error})
    try:
        run = experiments.get(ctx, row.profile_run)
    except RunNotFound:
        error = None if row.profile else "Its job is gone."
        return ProfileStatus(state="ready" if row.profile else "failed", error=error)
    progress = run.progress.done if run.progress else None
    queued = run.state in ("NotStarted", "Queued")
    label = "Waiting for a free core" if queued else run.progress.label if run.progress else run.state
    if not row.profile:
        return ProfileStatus(
            state="queued" if queued else "running", run_id=run.id, progress=None if queued else progress, label=label
        )
    spec = experiments.spec(ctx, run.id) if run.state not in ENDED else None
    exact = bool(spec and spec.context.get("exact"))
    update = None
    if spec is not None:
        update = ProfileUpdate(run_id=run.id, exact=exact, progress=progress, label=label, started_at=run.started_at)
    return ProfileStatus(state="ready", run_id=run.id, update=update)
