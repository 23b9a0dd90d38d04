"""The server's side of an import: takes experiments, logged models and runs; each with the record that it is here."""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from studiolo.kernel.auth import service as auth
from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.kernel.ids import is_id, new_id
from studiolo.kernel.mlflow.values import moment
from studiolo.kernel.storage.blobs import Blob
from studiolo.studio.experiments import artifacts, catalog, repository, tracking
from studiolo.studio.experiments import traces as trace_rows
from studiolo.studio.experiments.import_tables import import_items, imports
from studiolo.studio.experiments.importing import relations, traced
from studiolo.studio.experiments.importing.errors import BadBatch, ImportNotFound
from studiolo.studio.experiments.importing.schemas import (
    ExperimentHere,
    Import,
    ImportedExperiment,
    ImportStart,
    Known,
    Stamps,
    Taken,
)
from studiolo.studio.experiments.importing.wire import Batch, File, SentModel, SentRun, SentTrace
from studiolo.studio.experiments.states import STATE
from studiolo.studio.experiments.tables import experiments, runs
from studiolo.studio.experiments.trace_tables import traces
from studiolo.studio.experiments.tracking_tables import logged_models, metric_latest, params, run_tags

_CHUNK = 500
State = Literal["added", "updated", "there"]


def start(ctx: Context, asked: ImportStart) -> Import:
    """Begin to import a source, or go on with it."""
    where = (imports.c.workspace_id == ctx.workspace_id, imports.c.fingerprint == asked.fingerprint)
    now = ctx.clock.now()
    with ctx.db.begin() as tx:
        values = {"id": new_id(), "workspace_id": ctx.workspace_id, **asked.model_dump(), "user": ctx.actor.name}
        change = ctx.db.upsert(imports).on_conflict_do_nothing(index_elements=["workspace_id", "fingerprint"])
        made = tx.execute(change.values(**values, created_at=now, updated_at=now)).rowcount
        row = tx.execute(select(imports).where(*where)).one()
        if made:
            auth.audit(
                tx, ctx.clock, ctx.workspace_id, ctx.actor.name, "import.started", row.id, {"source": row.source}
            )
    return _to_import(row)


def every(ctx: Context) -> list[Import]:
    """Return the imports of the workspace, newest first."""
    query = select(imports).where(imports.c.workspace_id == ctx.workspace_id)
    with ctx.db.read() as tx:
        return [_to_import(row) for row in tx.execute(query.order_by(imports.c.updated_at.desc()).limit(1000))]


def end(ctx: Context, import_id: str, report: dict[str, Any]) -> Import:
    """Keep what an import came to."""
    with ctx.db.begin() as tx:
        find(tx, ctx, import_id)
        change = update(imports).where(imports.c.id == import_id)
        tx.execute(change.values(report=report, updated_at=ctx.clock.now()))
        ctx.events.emit(tx, "experiment.imported", import_id, {})
        return _to_import(find(tx, ctx, import_id))


def find(tx: Connection, ctx: Context, import_id: str) -> Any:
    """Return the row of an import; raises ImportNotFound."""
    query = select(imports).where(imports.c.id == import_id, imports.c.workspace_id == ctx.workspace_id)
    row = tx.execute(query).first()
    if row is None:
        raise ImportNotFound(import_id)
    return row


def take_experiments(ctx: Context, import_id: str, sent: Sequence[ImportedExperiment]) -> list[ExperimentHere]:
    """Find or make the experiments of a source: one name is one experiment."""
    with ctx.db.begin() as tx:
        find(tx, ctx, import_id)
        known = _targets(tx, import_id, "experiment", [item.source_id for item in sent])
        return [_take_experiment(tx, ctx, import_id, item, known.get(item.source_id)) for item in sent]


def _take_experiment(
    tx: Connection, ctx: Context, import_id: str, sent: ImportedExperiment, known: str | None
) -> ExperimentHere:
    if known is not None:
        row = tx.execute(select(experiments).where(experiments.c.number == int(known))).first()
        if row is not None and row.workspace_id == ctx.workspace_id:
            return ExperimentHere(source_id=sent.source_id, id=known, name=row.name, state="there")
    row = repository.experiment_by_name(tx, ctx.workspace_id, sent.name)
    if row is None:
        catalog.check_name(sent.name)
        number = repository.insert_experiment(tx, ctx, sent.name, sent.tags)
        values: dict[str, Any] = {}
        if sent.deleted:
            values = {"lifecycle": "deleted", "deleted_at": ctx.clock.now()}
        if sent.created:
            values["created_at"] = moment(sent.created, "created")
        if sent.updated or sent.created:
            values["updated_at"] = moment(sent.updated or sent.created or 0, "updated")
        if values:
            tx.execute(update(experiments).where(experiments.c.number == number).values(**values))
    else:
        number = int(row.number)
        values = {"tags": {**sent.tags, **row.tags}}
        if row.lifecycle == "deleted" and not sent.deleted:  # else what is imported could not be seen
            values |= {"lifecycle": "active", "deleted_at": None}
        tx.execute(update(experiments).where(experiments.c.number == number).values(**values))
    _remember(tx, ctx, import_id, "experiment", sent.source_id, str(number), "here")
    made = row is None
    return ExperimentHere(source_id=sent.source_id, id=str(number), name=sent.name, state="added" if made else "merged")


def known(ctx: Context, import_id: str, asked: Stamps) -> Known:
    """Say what of a source is here already, unchanged."""
    same: list[str] = []
    gone: list[str] = []
    ids = list(asked.stamps)
    i = import_items.c
    with ctx.db.read() as tx:
        find(tx, ctx, import_id)
        for first in range(0, len(ids), _CHUNK):
            part = ids[first : first + _CHUNK]
            query = select(i.source_id, i.target, i.stamp).where(i.import_id == import_id, i.kind == asked.kind)
            rows = tx.execute(query.where(i.source_id.in_(part))).all()
            here = _existing(tx, ctx, asked.kind, [row.target for row in rows])
            for row in rows:
                if here is not None and row.target not in here:
                    gone.append(row.source_id)
                elif row.stamp == asked.stamps[row.source_id]:
                    same.append(row.source_id)
    return Known(same=same, gone=gone)


def _existing(tx: Connection, ctx: Context, kind: str, ids: list[str]) -> set[str] | None:
    """Return which of the targets are (still) here; None where other slices know."""
    if kind == "run":
        query = select(runs.c.id).where(runs.c.workspace_id == ctx.workspace_id, runs.c.id.in_(ids))
    elif kind == "logged_model":
        query = select(logged_models.c.id).where(logged_models.c.id.in_(ids))
    elif kind == "trace":
        query = select(traces.c.id).where(traces.c.workspace_id == ctx.workspace_id, traces.c.id.in_(ids))
    else:
        return None
    return set(tx.execute(query).scalars())


def take(ctx: Context, import_id: str, batch: Batch) -> list[Taken]:
    """Write models and runs; what cannot be written is refused with its reason, the others are here."""
    _keep_files(ctx, batch)
    taken: list[Taken] = []
    with ctx.db.begin() as tx:
        find(tx, ctx, import_id)
        taken += [_try(tx, ctx, import_id, "logged_model", model) for model in batch.models]
        taken += [_try(tx, ctx, import_id, "run", run) for run in batch.runs]
        taken += [_try(tx, ctx, import_id, "trace", trace) for trace in batch.traces]
        changed = [item.source_id for item in taken if item.state in ("added", "updated")]
        if changed:
            ctx.events.emit(tx, "experiment.imported", import_id, {"changed": len(changed)})
    return taken


def _try(
    tx: Connection,
    ctx: Context,
    import_id: str,
    kind: Literal["run", "logged_model", "trace"],
    sent: SentRun | SentModel | SentTrace,
) -> Taken:
    try:
        with tx.begin_nested():
            if isinstance(sent, SentRun):
                state = _take_run(tx, ctx, sent)
            else:
                state = _take_model(tx, ctx, sent) if isinstance(sent, SentModel) else _take_trace(tx, ctx, sent)
            _remember(tx, ctx, import_id, kind, sent.source_id, sent.id, sent.stamp)
    except (
        StudioloError,
        SQLAlchemyError,
        ValueError,
        OverflowError,
    ) as error:  # a value that the database cannot hold
        reason = str(error.orig) if isinstance(error, DBAPIError) else str(error)
        return Taken(kind=kind, source_id=sent.source_id, state="refused", reason=reason[:500])
    return Taken(kind=kind, source_id=sent.source_id, state=state)


def _take_run(tx: Connection, ctx: Context, sent: SentRun) -> State:
    if not is_id(sent.id):
        raise BadBatch(f"'{sent.id[:80]}' is no id of a run: 32 hex digits.", field="id")
    number = _experiment(tx, ctx, sent.experiment)
    row = tx.execute(select(runs).where(runs.c.id == sent.id)).first()
    if row is not None and row.workspace_id != ctx.workspace_id:
        raise BadBatch(
            "A run of this id is being removed."
            if not row.workspace_id
            else "A run of this id is in another workspace.",
            "Try again in a moment." if not row.workspace_id else "Import it there.",
            field="id",
        )
    values = _run_values(sent)
    if row is None:
        begun = _at(sent.start) or ctx.clock.now()
        lifecycle: dict[str, Any] = {"lifecycle": "active"}
        if sent.deleted:  # the retention time begins with the import: nobody could restore it here before
            lifecycle = {"lifecycle": "deleted", "deleted_at": ctx.clock.now()}
        fixed = {"id": sent.id, "workspace_id": ctx.workspace_id, "experiment": number, "kind": "run"}
        seq = repository.insert_run(tx, {**fixed, **values, **lifecycle, "created_at": begun, "started_at": begun})
        before = None
    else:
        seq, before = row.seq, _amount(tx, row.seq)
        if row.spec is None and any(getattr(row, name) != value for name, value in values.items()):
            tx.execute(update(runs).where(runs.c.seq == seq).values(**values))
            before = None if row.state != values["state"] else before
    points = (
        (points.key, value, step, time)
        for points in sent.metrics
        for value, step, time in zip(points.values, points.steps, points.timestamps, strict=True)
    )
    tracking.record(tx, ctx, seq, params=sent.params, metrics=points, tags=sent.tags, replace_params=True)
    relations.add(tx, ctx, seq, number, sent)
    root = artifacts.run_root(row.experiment if row else number, sent.id)
    added = _name_files(tx, ctx, root, sent.files)
    if row is None:
        return "added"
    return "there" if before is not None and not added and before == _amount(tx, seq) else "updated"


def _run_values(sent: SentRun) -> dict[str, Any]:
    state = STATE.get(sent.status)
    if state is None:
        raise BadBatch(f"'{sent.status[:40]}' is no status of a run.", field="status")
    if state == "Queued":  # nobody here will ever start it; the queue is for jobs of the studio
        state = "Canceled"
    return {
        "state": state,
        "name": (sent.name or sent.tags.get("mlflow.runName") or sent.id[:8])[:500],
        "user": sent.user[:120],
        "parent_id": sent.tags.get("mlflow.parentRunId", "")[:32] or None,
        "ended_at": _at(sent.end),
    }


def _take_model(tx: Connection, ctx: Context, sent: SentModel) -> State:
    number = _experiment(tx, ctx, sent.experiment)
    row = tx.execute(select(logged_models).where(logged_models.c.id == sent.id)).first()
    if row is not None and row.workspace_id != ctx.workspace_id:
        raise BadBatch("A logged model of this id is in another workspace.", "Import it there.", field="id")
    created = _at(sent.created) or ctx.clock.now()
    values: dict[str, Any] = {
        "status": sent.status,
        "params": sent.params,
        "tags": sent.tags,
        "updated_at": _at(sent.updated) or created,
    }
    if row is None:
        fixed = {"id": sent.id, "workspace_id": ctx.workspace_id, "experiment": number, "name": sent.name[:500]}
        fixed |= {"model_type": sent.model_type[:500], "source_run_id": sent.source_run_id}
        life = {"lifecycle": "deleted", "deleted_at": ctx.clock.now()} if sent.deleted else {"lifecycle": "active"}
        tx.execute(insert(logged_models).values(**fixed, **values, **life, created_at=created))
    elif any(getattr(row, name) != value for name, value in values.items()):
        tx.execute(update(logged_models).where(logged_models.c.id == sent.id).values(**values))
    added = _name_files(tx, ctx, artifacts.model_root(row.experiment if row else number, sent.id), sent.files)
    if row is None:
        return "added"
    return "updated" if added or any(getattr(row, name) != value for name, value in values.items()) else "there"


def _take_trace(tx: Connection, ctx: Context, sent: SentTrace) -> State:
    number = _experiment(tx, ctx, sent.experiment)
    state = traced.write(tx, ctx, number, sent)
    added = _name_files(tx, ctx, trace_rows.folder(number, sent.id), sent.files)
    return "updated" if added and state == "there" else state


def _experiment(tx: Connection, ctx: Context, experiment_id: str) -> int:
    query = select(experiments.c.number).where(experiments.c.workspace_id == ctx.workspace_id)
    number = tx.execute(query.where(experiments.c.number == int(experiment_id))).scalar_one_or_none()
    if number is None:
        raise BadBatch(f"There is no experiment {experiment_id}.", field="experiment")
    return int(number)


def _amount(tx: Connection, seq: int) -> tuple[int, ...]:
    """Return how much a run has recorded: what was there already adds nothing to it."""
    points = select(func.coalesce(func.sum(metric_latest.c.points), 0)).where(metric_latest.c.run == seq)
    counts = [select(func.count()).where(table.c.run == seq) for table in (params, run_tags)]
    return tuple(int(tx.execute(query).scalar_one()) for query in (points, *counts))


def _keep_files(ctx: Context, batch: Batch) -> None:
    """Hold the bytes that are about to be named; raises BadBatch when some are not here."""
    lists = [model.files for model in batch.models]
    lists += [run.files for run in batch.runs] + [trace.files for trace in batch.traces]
    for files in lists:
        for file in files:
            if not ctx.blobs.keep(file.digest):
                raise BadBatch(f"The bytes of '{file.path[:200]}' are not in the store.", "Send the file first.")


def _name_files(tx: Connection, ctx: Context, root: str, files: Sequence[File]) -> bool:
    there = {file.path: file.digest for file in artifacts.below(tx, ctx, root)} if files else {}
    fresh = [file for file in files if there.get(file.path) != file.digest]
    for file in fresh:
        artifacts.put_at(tx, ctx, f"{root}/{artifacts.clean(file.path)}", Blob(file.digest, file.size))
    return bool(fresh)


def _targets(tx: Connection, import_id: str, kind: str, ids: Iterable[str]) -> dict[str, str]:
    i = import_items.c
    query = select(i.source_id, i.target).where(i.import_id == import_id, i.kind == kind, i.source_id.in_(list(ids)))
    return {row.source_id: row.target for row in tx.execute(query)}


def _remember(tx: Connection, ctx: Context, import_id: str, kind: str, source_id: str, target: str, stamp: str) -> None:
    change = ctx.db.upsert(import_items).values(
        import_id=import_id, kind=kind, source_id=source_id[:256], target=target, stamp=stamp[:64]
    )
    new = change.excluded
    keys = ["import_id", "kind", "source_id"]
    tx.execute(change.on_conflict_do_update(index_elements=keys, set_={"target": new.target, "stamp": new.stamp}))


def _at(milliseconds: int | None) -> datetime | None:
    if not milliseconds or milliseconds < 0 or not math.isfinite(milliseconds):
        return None
    return moment(milliseconds, "time")


def _to_import(row: Any) -> Import:
    fields = ("id", "source", "user", "report", "created_at", "updated_at")
    return Import(**{name: getattr(row, name) for name in fields})
