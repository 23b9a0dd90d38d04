"""The server's side of registering: what is asked for is checked, a job is submitted, and how far it is can be asked."""

import os
import re
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from studiolo.kernel.context import Context
from studiolo.kernel.errors import Denied, Invalid
from studiolo.kernel.outbound import check_url
from studiolo.kernel.paging import Page, bounded, decode, encode
from studiolo.kernel.secrets.envelope import seal, unseal
from studiolo.kernel.secrets.master import master_key
from studiolo.kernel.storage import manifests
from studiolo.kernel.storage.manifests import Entry
from studiolo.studio.datasets import names, repository, upload_rows
from studiolo.studio.datasets.errors import NoFiles, RegistrationNotFound
from studiolo.studio.datasets.mltable import file as mltable
from studiolo.studio.datasets.registration_schemas import (
    FromAnswer,
    FromDatastore,
    FromQuery,
    FromRun,
    FromUpload,
    FromUrl,
    Registration,
    RegistrationCreate,
    Source,
)
from studiolo.studio.datasets.registrations import paths, rows
from studiolo.studio.datasets.registrations.fetching import SETTING, without_secrets
from studiolo.studio.datasets.registrations.order import ORDER, PROBLEM, Asked, Order, Parent, SentPart
from studiolo.studio.datasets.schemas import TableSchema
from studiolo.studio.datasets.versions import secrets_of
from studiolo.studio.datastores import service as datastores
from studiolo.studio.datastores.errors import NotADatabase
from studiolo.studio.experiments import artifacts
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.errors import RunNotFound
from studiolo.studio.experiments.schemas import TERMINAL, InputFile, JobSpec, Resources, Run

KIND = "register_dataset"
_FOLDER = Path("secrets") / "registrations"
_FILES = re.compile(r"([\d,]+) of ([\d,]+) files")


@dataclass(frozen=True)
class Over:
    """What the job of a query over datasets gets: its bounds, the files of each version, and what opens their datastores."""

    answer: Asked
    inputs: dict[str, list[InputFile]]
    secrets: dict[str, str]


def start(ctx: Context, asked: RegistrationCreate) -> Registration:
    """Queue a registration from elsewhere; raises what is wrong with it before any byte is read."""
    source = asked.source
    _begun_elsewhere(source)
    asked = asked.model_copy(update={"name": names.checked(asked.name) if asked.name else _name_of(asked)})
    if asked.mode == "referenced":
        if not isinstance(source, FromDatastore):
            raise Invalid(
                "Only files of a datastore can stay where they are.", "Use mode managed: they are copied.", field="mode"
            )
        if asked.unpack:
            raise Invalid("What stays in its archive cannot be unpacked.", "Use mode managed.", field="unpack")
    given = None
    if isinstance(source, FromDatastore):
        if source.glob is not None and source.path:
            raise Invalid(
                "Give a path or a pattern, not both.", "Write the folder into the pattern.", field="source.glob"
            )
        if source.glob is not None:
            paths.Pattern(source.glob)
        if (
            asked.kind == "tabular" and source.path.rpartition("/")[2] == mltable.NAME
        ):  # it says how the folder that it is in is read
            source = source.model_copy(update={"path": source.path.rpartition("/")[0]})
            asked = asked.model_copy(update={"source": source})
        datastores.get(ctx, source.datastore)
    elif isinstance(source, FromQuery):
        ctx.actor.must("datastores.write")  # as for a query of its page: it may call functions of the database
        _has_tables(ctx, source.datastore)
    elif isinstance(source, FromUrl):
        check_url(source.url, private=ctx.settings.fetch_private, field="source.url", setting=SETTING)
    elif isinstance(source, FromRun):
        given = _artifacts(ctx, source)
    return submit(ctx, asked, given)


def _begun_elsewhere(source: Source) -> None:
    """Refuse what another verb makes."""
    if isinstance(source, FromUpload):
        raise Invalid(
            "Complete the upload session instead.", "POST …/uploads/sessions/{id}/complete", field="source.type"
        )
    if isinstance(source, FromAnswer):
        raise Invalid("Save the answer of the query instead.", "POST …/datasets/sql/save", field="source.type")


def _has_tables(ctx: Context, datastore: str) -> None:
    if datastores.get(ctx, datastore).family != "sql":
        raise NotADatabase(datastore)


def submit(
    ctx: Context,
    asked: RegistrationCreate,
    given: str | None = None,
    parts: list[SentPart] | None = None,
    upload_id: str | None = None,
    over: Over | None = None,
) -> Registration:
    """Queue the job. given: manifest of files that are in the store; parts: files of the upload that lie in its spool.

    over: what a query over datasets is given.
    """
    source = asked.source
    sealed = isinstance(source, FromUrl)
    told = FromUrl(url=without_secrets(source.url)) if isinstance(source, FromUrl) else source
    order = Order(
        name=asked.name,
        kind=asked.kind,
        mode=asked.mode,
        source=told,
        sealed=sealed,
        given=given,
        parts=parts or [],
        unpack=asked.unpack,
        skip=asked.unreadable == "skip",
        reading=asked.reading,
        parent=None if over else _parent(ctx, asked),
        answer=over.answer if over else None,
        limit=ctx.settings.upload_limit_bytes,
        seconds=ctx.settings.fetch_seconds,
        private=ctx.settings.fetch_private,
        line_limit=ctx.settings.line_limit_bytes,
        workspace_id=ctx.workspace_id,
    )
    spec = JobSpec(
        experiment="Datasets",
        name=f"register {asked.name}",
        kind=KIND,
        command=[sys.executable, "-m", "studiolo.studio.datasets.registrations.job"],
        env={ORDER: order.model_dump_json()},
        resources=Resources(cores=1),
        retries={"lost": 2},
        params={"dataset": asked.name},
        context={"dataset": asked.name},
        inputs=over.inputs if over else {},
        secrets=over.secrets if over else secrets_of(_datastore(source)),
    )
    about = asked.model_dump(mode="json", exclude={"source"}) | {"source": told.model_dump(mode="json")}
    with ctx.db.begin() as tx:
        run = experiments.submit(ctx, spec, tx)
        rows.insert_(tx, ctx, run.id, asked.name, about, given, upload_id)
        if upload_id:
            upload_rows.set_state(tx, ctx, upload_id, "completing", run.id)
        if isinstance(source, FromUrl):
            _write(_path(ctx, run.id), seal(master_key(ctx.settings), source.url, _bound_to(ctx, run.id)))
    return get(ctx, run.id)


def _datastore(source: Source) -> str | None:
    return source.datastore if isinstance(source, FromDatastore | FromQuery) else None


def get(ctx: Context, run_id: str) -> Registration:
    """Return how far a registration is; raises RegistrationNotFound."""
    with ctx.db.read() as tx:
        row = rows.find(tx, ctx, run_id)
    if row is None:
        raise RegistrationNotFound(run_id)
    return _registration(ctx, row)


def list_registrations(ctx: Context, cursor: str | None = None, limit: int = 50) -> Page[Registration]:
    """Return a page of registrations, newest first."""
    keys = decode(cursor, 2)
    limit = bounded(limit)
    before = (datetime.fromisoformat(str(keys[0])), str(keys[1])) if keys else None
    with ctx.db.read() as tx:
        found = rows.list_(tx, ctx, before, limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    following = encode(last.created_at.isoformat(), last.run_id) if last else None
    return Page(items=[_registration(ctx, row) for row in found[:limit]], next=following)


def cancel(ctx: Context, run_id: str) -> Registration:
    """Stop a registration; what was copied is kept a day, so that the next one goes on from there."""
    get(ctx, run_id)
    experiments.cancel(ctx, run_id)
    return get(ctx, run_id)


def secret_order(ctx: Context, run_id: str) -> dict[str, str]:
    """Return the address that a job fetches, to that job alone: it may hold a signature."""
    if ctx.actor.run_id != run_id:
        raise Denied("Only the job itself may read what it fetches: the address may hold a key.")
    get(ctx, run_id)
    try:
        envelope = _path(ctx, run_id).read_bytes()
    except FileNotFoundError:
        raise RegistrationNotFound(run_id) from None
    return {"url": str(unseal(master_key(ctx.settings), envelope, _bound_to(ctx, run_id)))}


def forget_ended(ctx: Context) -> None:
    """Remove the addresses of jobs that have ended, or never came to be."""
    for path in (ctx.settings.home / _FOLDER).glob(f"{ctx.workspace_id}.*"):
        try:
            ended = experiments.get(ctx, path.name.partition(".")[2]).state in TERMINAL
        except RunNotFound:  # its transaction is still open, or was never ended
            ended = False
            with suppress(FileNotFoundError):
                ended = ctx.clock.now().timestamp() - path.stat().st_mtime > 600
        if ended:
            path.unlink(missing_ok=True)


def _name_of(asked: RegistrationCreate) -> str:
    """Make a name of where the files come from."""
    source = asked.source
    if isinstance(source, FromUrl):
        return names.from_file(without_secrets(source.url).rstrip("/").rpartition("/")[2] or "data")
    if isinstance(source, FromDatastore):
        place = (paths.fixed_part(source.glob) if source.glob else source.path).strip("/")
        return names.from_file(place.rpartition("/")[2] or source.datastore)
    if isinstance(source, FromRun) and source.path:
        return names.from_file(source.path.rstrip("/").rpartition("/")[2])
    raise Invalid("Give the dataset a name.", "Such as sales-2024.", field="name")


def _artifacts(ctx: Context, source: FromRun) -> str:
    """Return a manifest of what a run left; raises RunNotFound, NoFiles."""
    path = artifacts.clean(source.path.strip("/"), empty=True)
    with ctx.db.read() as tx:
        root = artifacts.root_of_run(tx, ctx, source.run_id)
        folder = f"{root}/{path}" if path else root
        found = [(file.path, file.digest, file.size) for file in artifacts.below(tx, ctx, folder)]
        if not found and path:
            file = artifacts.find(tx, ctx, source.run_id, path)
            found = [(path.rpartition("/")[2], file.digest, file.size)]
    if not found:
        raise NoFiles("The run has no files.", "Choose a run that logged some.", field="source.run_id")
    entries = (Entry(paths.judged(name), size, digest) for name, digest, size in sorted(found))
    return manifests.write(ctx.blobs, entries).digest


def _parent(ctx: Context, asked: RegistrationCreate) -> Parent | None:
    """Return the newest version, when it is a table that was read the same way."""
    if asked.kind != "tabular":
        return None
    with ctx.db.read() as tx:
        row = repository.version_row(tx, ctx.workspace_id, asked.name, None)
    reading = asked.reading.model_dump(mode="json", exclude_defaults=True)
    if row is None or row.kind != "tabular" or row.mode != asked.mode or not row.source:
        return None
    if row.source.get("reading", {}) != reading:
        return None
    return Parent(
        manifest=row.manifest, files=row.files, readable=row.readable, table=TableSchema.model_validate(row.table)
    )


def _registration(ctx: Context, row: Any) -> Registration:
    about, problem = row.about, row.problem or {}
    found = Registration(
        run_id=row.run_id,
        name=row.name,
        kind=about["kind"],
        mode=about.get("mode", "managed"),
        source=about["source"],
        state="done" if row.version else "failed" if row.problem else "running",
        version=row.version,
        existing=row.existing,
        skipped=row.skipped,
        error=problem.get("detail", ""),
        hint=problem.get("hint", ""),
        field=problem.get("field") or None,
        code=problem.get("code"),
        upload_id=row.upload_id,
        created_at=row.created_at,
        created_by=row.created_by,
        ended_at=row.ended_at,
    )
    if row.existing:
        found.note = f"The same files are {row.name}:{row.version} already; no new version was made."
    if problem.get("canceled"):
        found.state = "canceled"
    if row.ended_at is None:
        with suppress(RunNotFound):
            _follow(ctx, found, experiments.get(ctx, row.run_id))
    return found


def _follow(ctx: Context, found: Registration, run: Run) -> None:
    if run.state in ("NotStarted", "Queued"):
        found.state, found.label = "queued", run.waits_for or "Waiting for a free core"
    elif run.state in TERMINAL:
        found.label = "Making the version"
    elif run.progress:
        found.label = run.progress.label
        counts = _FILES.fullmatch(found.label)
        if counts:
            found.files_done, found.files_total = (int(text.replace(",", "")) for text in counts.groups())
            found.bytes_done = int(run.progress.done)
            found.bytes_total = int(run.progress.total) if run.progress.total else None
        if run.progress.total and run.progress.done and run.started_at:
            spent = (ctx.clock.now() - run.started_at).total_seconds()
            left = max(0.0, run.progress.total - run.progress.done)
            found.seconds_left = round(spent * left / run.progress.done, 1)


def problem_of(ctx: Context, run: Run) -> dict[str, Any]:
    """Return what a job that made nothing said was wrong."""
    if run.state == "Canceled":
        return {"detail": "It was stopped; no version was made.", "hint": "", "canceled": True}
    told = experiments.document(ctx, run.id, PROBLEM)
    if isinstance(told, dict) and told.get("detail"):
        return {key: told.get(key) for key in ("detail", "hint", "field", "code", "files")}
    return {"detail": run.error or f"Its job ended as {run.state}.", "hint": "Look at the log of its run."}


def _path(ctx: Context, run_id: str) -> Path:
    return ctx.settings.home / _FOLDER / f"{ctx.workspace_id}.{run_id}"


def _bound_to(ctx: Context, run_id: str) -> str:
    return f"{ctx.workspace_id}|registration|{run_id}"


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
