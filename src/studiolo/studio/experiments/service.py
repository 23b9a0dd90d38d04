"""The verbs of runs and jobs."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from studiolo.kernel.auth import service as auth
from studiolo.kernel.context import Context
from studiolo.kernel.errors import Denied, Invalid, NotFound
from studiolo.kernel.ids import new_id
from studiolo.kernel.paging import Page, bounded, decode, encode
from studiolo.kernel.storage.blobs import Blob
from studiolo.kernel.storage.log_pieces import LogChunk
from studiolo.runner import attempt as files
from studiolo.studio.compute import service as compute
from studiolo.studio.compute import silence
from studiolo.studio.experiments import (
    artifacts,
    claims,
    job_resolution,
    job_rules,
    lineage,
    logs,
    recycling,
    registering,
    repository,
    tracking,
    turns,
)
from studiolo.studio.experiments.errors import BadJob, ExperimentNotFound, LogNotThere, RunNotFound
from studiolo.studio.experiments.repository import RunFilter as RunFilter  # noqa: PLC0414 - what `list_runs` takes
from studiolo.studio.experiments.schemas import (
    LED,
    TERMINAL,
    Attempt,
    Document,
    JobSpec,
    OutputState,
    Run,
)

LOG_CHUNK = logs.CHUNK
LOG = "log.txt"  # the artifact that keeps the log when the attempt directory is gone


def submit(ctx: Context, spec: JobSpec, tx: Connection | None = None) -> Run:
    """Queue a job; the controller starts it. With `tx` it is part of the caller's transaction.

    Raises ComputeNotFound, TooBig for what the compute can never give, and BadJob when a name or a path leaves
    its folder, an input's bytes are not in the store or the command is empty.
    """
    if tx is not None:
        admit(ctx, spec)
        return queue(tx, ctx, spec)
    spec = check(ctx, spec)
    with ctx.db.begin() as own:
        run = queue(own, ctx, spec)
    hurry(ctx)
    return run


def hurry(ctx: Context) -> None:
    """Have the controller of this machine look for what was queued just now; without it, it does so in its next round."""
    files.wake_at(str(ctx.settings.attempts))


def check(ctx: Context, spec: JobSpec) -> JobSpec:
    """Refuse what `submit` would, and return the job with all that it refers to found; nothing is queued."""
    job_rules.check_spec(ctx, spec)
    found = job_resolution.resolve(ctx, spec)
    job_rules.check_given(ctx, found)
    return found


def admit(ctx: Context, found: JobSpec) -> None:
    """Refuse what `submit` would of a job whose references are found."""
    job_rules.check_spec(ctx, found)
    job_rules.check_given(ctx, found)


def queue(tx: Connection, ctx: Context, job: JobSpec) -> Run:
    """Queue a job that was checked, or admitted, just now."""
    return repository.to_run(row(tx, ctx, add(tx, ctx, job)))


def add(tx: Connection, ctx: Context, job: JobSpec, *, of_parent: bool = False, follows: int | None = None) -> str:
    """The same, for who needs no more than its id; returns that. of_parent: who leads its parent asks for it, so that is there.

    follows: of a pipeline's step, how many come one after the other behind it; those with more are taken first.
    """
    run_id = new_id()
    if job.parent_id is not None and not of_parent:
        row(tx, ctx, job.parent_id)
    experiment = repository.experiment_number(tx, ctx, job.experiment)
    values: Mapping[str, Any] = {
        "id": run_id,
        "workspace_id": ctx.workspace_id,
        "experiment": experiment,
        "parent_id": job.parent_id,
        "name": job.name or f"{job.kind}-{run_id[-6:]}",
        "kind": job.kind,
        "lifecycle": "active",
        "state": "Queued",
        "desired": "completed",
        "user": ctx.actor.name,
        "created_at": ctx.clock.now(),
        "compute": job.compute,
        "priority": job.priority,
        **turns.take(tx, ctx, job, follows),
        "spec": job.model_dump(mode="json"),
    }
    seq = repository.insert_run(tx, values)
    tracking.record(tx, ctx, seq, params=job.params, tags={"mlflow.runName": values["name"], **job.tags}, new=True)
    root = artifacts.run_root(experiment, run_id)
    for file in job.artifacts:
        blob = Blob(file.digest, ctx.blobs.path(file.digest).stat().st_size)
        artifacts.put_at(tx, ctx, f"{root}/{artifacts.clean(file.path)}", blob)
    registering.note(tx, ctx, seq, run_id, job)
    for source in {*job.context.get("sources", {}).values()}:
        lineage.link(tx, ctx, source, f"run:{run_id}")
    ctx.events.emit(tx, "run.created", run_id, {"kind": job.kind, "state": "Queued", "parent_id": job.parent_id})
    return run_id


def some(ctx: Context, run_ids: Collection[str]) -> dict[str, Run]:
    """Return runs by their ids; those that are queued say what they wait for. Who is not there is left out."""
    with ctx.db.read() as tx:
        rows = repository.run_rows(tx, ctx.workspace_id, list(run_ids))
        return {run.id: run for run in _with_reasons(tx, ctx, rows)}


def get(ctx: Context, run_id: str) -> Run:
    """Return a run; raises RunNotFound."""
    with ctx.db.read() as tx:
        return _with_reasons(tx, ctx, [row(tx, ctx, run_id)])[0]


def row(tx: Connection, ctx: Context, run_id: str) -> Any:
    """Return the row of a run of this workspace; raises RunNotFound."""
    found = repository.run_row(tx, ctx.workspace_id, run_id)
    if found is None:
        raise RunNotFound(run_id)
    return found


def list_runs(ctx: Context, where: RunFilter, cursor: str | None = None, limit: int = 100) -> Page[Run]:
    """Return a page of runs, newest first."""
    keys = decode(cursor, 1)
    limit = bounded(limit)
    with ctx.db.read() as tx:
        rows = repository.list_runs(tx, ctx.workspace_id, where, int(keys[0]) if keys else None, limit + 1)
        items = _with_reasons(tx, ctx, rows[:limit])
    return Page(items=items, next=encode(rows[limit - 1].seq) if len(rows) > limit else None)


def experiment_filter(ctx: Context, name: str | None) -> int | None:
    """Return the number of an experiment named by a user; raises ExperimentNotFound."""
    if not name:
        return None
    with ctx.db.read() as tx:
        found = repository.experiment_by_name(tx, ctx.workspace_id, name)
    if found is None:
        raise ExperimentNotFound(name)
    return int(found.number)


def children(ctx: Context, run_id: str) -> list[Run]:
    """Return the children of a run in the order they were made."""
    with ctx.db.read() as tx:
        row(tx, ctx, run_id)
        return [repository.to_run(found) for found in repository.children(tx, ctx.workspace_id, run_id)]


def cancel(ctx: Context, run_id: str) -> Run:
    """Ask a job to stop; a run that has ended stays as it ended."""
    with ctx.db.begin() as tx:
        found = row(tx, ctx, run_id)
        if found.spec is None and found.kind not in LED and found.state not in TERMINAL:
            raise BadJob(
                f"'{found.name or run_id[:8]}' is run by a client, not by the studio.",
                "Stop the client's process; then set the run's status there.",
                field="run_id",
            )
        if repository.set_desired(tx, run_id, "canceled"):
            auth.audit(tx, ctx.clock, ctx.workspace_id, ctx.actor.name, "run.cancel", run_id)
            ctx.events.emit(tx, "run.updated", run_id, {"desired": "canceled", "kind": found.kind})
        return repository.to_run(row(tx, ctx, run_id))


def documents(ctx: Context, run_id: str) -> list[Document]:
    """Return the names of a run's documents."""
    with ctx.db.read() as tx:
        names = repository.document_names(tx, row(tx, ctx, run_id).seq)
    return [Document(name=name, updated_at=moment) for name, moment in names.items()]


def document(ctx: Context, run_id: str, name: str) -> Any:
    """Return the value of a document, None when it is not there (yet)."""
    with ctx.db.read() as tx:
        return repository.document(tx, row(tx, ctx, run_id).seq, name)


def attempt_folder(ctx: Context, run_id: str, attempt: int) -> Path:
    """Return where an attempt's files are."""
    return ctx.settings.attempts / run_id / str(attempt)


def log_path(ctx: Context, run_id: str, attempt: int | None = None) -> Path:
    """Return the file with the log of a job: of an attempt, or of its newest one, or the artifact that kept that.

    Raises LogNotThere.
    """
    with ctx.db.read() as tx:
        found = row(tx, ctx, run_id)
        if attempt is not None and attempt != found.attempt:
            return _earlier_log(ctx, run_id, attempt, found.attempt)
        path = attempt_folder(ctx, run_id, found.attempt) / LOG
        if path.is_file():
            return path
        try:
            return ctx.blobs.path(artifacts.find(tx, ctx, run_id, f"logs/{LOG}").digest)
        except NotFound:
            pass
    if found.spec is None:
        raise LogNotThere(
            "The run was made by a client; its output stayed there.", "Log a file as an artifact instead."
        )
    raise LogNotThere(f"The job is {found.state} and has written nothing yet.", "Wait for it to start.")


def _earlier_log(ctx: Context, run_id: str, attempt: int, newest: int) -> Path:
    """Return the log of an attempt before the newest one, which is only in its folder; raises LogNotThere."""
    path = attempt_folder(ctx, run_id, attempt) / LOG
    if path.is_file():
        return path
    if 1 <= attempt < newest:
        raise LogNotThere(
            f"The log of attempt {attempt} is not kept any more, or it wrote none.", "That of the last one is kept."
        )
    raise LogNotThere(f"The job has no attempt {attempt}.", f"It has had {newest}.")


def read_log(
    ctx: Context,
    run_id: str,
    offset: int = 0,
    limit: int = LOG_CHUNK,
    *,
    numbered: bool = False,
    line: int | None = None,
    attempt: int | None = None,
) -> LogChunk:
    """Return a piece of a job's log from a byte offset (negative: from so many bytes before the end), or from a line."""
    if limit <= 0:
        raise Invalid("The limit must be positive.", field="limit")
    path = log_path(ctx, run_id, attempt)
    chunk = logs.read(path, offset if line is None else logs.offset_of(path, line), limit)
    return chunk.model_copy(update={"line": logs.line_at(path, chunk.offset)}) if numbered else chunk


def discard(tx: Connection, ctx: Context, run_ids: Sequence[str]) -> None:
    """Put jobs in the bin whose purpose is gone, in the caller's transaction; one that still runs is told to end."""
    for run_id in run_ids:
        found = repository.run_row(tx, ctx.workspace_id, run_id)
        if found is None or found.lifecycle != "active":
            continue
        repository.set_desired(tx, run_id, "canceled")
        recycling.put_in(tx, run_id, found.seq, ctx.clock.now())
        ctx.events.emit(tx, "run.deleted", run_id, {})


def consume(tx: Connection, run_id: str) -> None:
    """Say, in the transaction that keeps it, that the result of a run was taken."""
    repository.set_consumed(tx, run_id)


def unconsumed(tx: Connection, ctx: Context, kind: str) -> list[tuple[Run, JobSpec]]:
    """Return ended jobs of a kind whose result was not taken yet, oldest first."""
    rows = repository.unconsumed(tx, ctx.workspace_id, kind)
    return [(repository.to_run(found), claims.spec_of(found.id, found.spec)) for found in rows if found.spec]


def spec(ctx: Context, run_id: str) -> JobSpec | None:
    """Return what a job was asked to run, None for a run made by a client."""
    with ctx.db.read() as tx:
        found = row(tx, ctx, run_id).spec
    return claims.spec_of(run_id, found) if found else None


def outputs(ctx: Context, run_id: str) -> list[OutputState]:
    """Return how the outputs of a job stand that become datasets or models."""
    with ctx.db.read() as tx:
        return list(registering.of_run(tx, row(tx, ctx, run_id).seq).values())


def must_own(ctx: Context, run_id: str, ancestors: Sequence[str] = ()) -> None:
    """Refuse the token of a job that writes to a run which is neither its own nor a child of it."""
    mine = ctx.actor.run_id
    if mine and mine != run_id and mine not in ancestors:
        raise Denied("The token of a job may write to its own run and that run's children only.", "Use MLFLOW_RUN_ID.")


def attempts(ctx: Context, run_id: str) -> list[Attempt]:
    """Return what each attempt of a job came to."""
    with ctx.db.read() as tx:
        found = claims.attempts(tx, row(tx, ctx, run_id).seq)
    return [Attempt.model_validate(dict(one._mapping)) for one in found]  # noqa: SLF001 - SQLAlchemy's public name


def _with_reasons(tx: Connection, ctx: Context, rows: Sequence[Any]) -> list[Run]:
    """Make runs of rows; those that are queued say what they wait for."""
    reasons: dict[tuple[str, int, int, int | None, int], str] = {}
    queues: dict[str, dict[int, turns.Place]] = {}
    silent = why = None
    found = []
    for one in rows:
        run = repository.to_run(one)
        if one.state == "Queued" and one.spec:
            name = one.compute or "local"
            key = (name, *compute.at_place(tx, ctx, name, claims.spec_of(one.id, one.spec).asked()))
            if key not in reasons:
                reasons[key] = compute.waits_for(tx, ctx, *key)
            if key[0] not in queues:
                queues[key[0]] = turns.places(tx, ctx, key[0])
            place = queues[key[0]].get(one.seq)
            said = reasons[key] if one.desired == "canceled" else turns.told(place, key[0], reasons[key])
            run = run.model_copy(update={"waits_for": said, "position": place.number if place else None})
        elif one.state in ("Starting", "Running") and one.spec and one.compute not in (None, "local"):
            silent = silent or silence.silent(tx, ctx)
            why = why or silence.standing(tx, ctx)
            holder = f"{one.id}/{one.attempt}"
            there = {
                "not_responding": silent(one.compute, holder),
                "waits_for": why(one.compute, holder),
            }
            run = run.model_copy(update=there)
        found.append(run)
    return recycling.dated(ctx, found)
