"""Removes for good what has been in the bin too long: first its names, then its rows, a little in each transaction.

A run goes in two steps. It is *buried*: one transaction takes its files' names, edges and models, and takes the run itself out of
its workspace, where nobody finds it any more. Then it is *drained*: its points and other rows go by the thousand, at last its own.
A process that dies in between leaves a buried run, and the next one drains it.
"""

import shutil
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)

from studiolo.kernel.auth import service as auth
from studiolo.kernel.context import Context
from studiolo.kernel.db.metadata import metadata
from studiolo.kernel.ids import is_id
from studiolo.studio.experiments import artifacts, lineage, ready_docs
from studiolo.studio.experiments.schemas import TERMINAL
from studiolo.studio.experiments.tables import experiments, runs
from studiolo.studio.experiments.tables import lineage as edges
from studiolo.studio.experiments.tracking_tables import logged_models, run_models

BURIED = ""  # the workspace of runs that are gone but for their rows
AT_ONCE = 50  # runs buried, and drained, together
ROWS = 5000  # rows removed by one statement


def _held() -> ColumnElement[bool]:
    """A registered model version was made from the run: it stays in the bin, whole, as long as the version is there."""
    to_model = select(literal(1)).where(
        edges.c.workspace_id == runs.c.workspace_id,
        edges.c.source == literal("run:") + runs.c.id,
        or_(edges.c.target.like("model:%"), edges.c.target.like(f"{lineage.BINNED}model:%")),
    )
    return exists(to_model)


def _over(ctx: Context, before: datetime) -> tuple[ColumnElement[bool], ...]:
    """Runs that were deleted before a moment, and of which nothing is running."""
    return (
        runs.c.workspace_id == ctx.workspace_id,
        runs.c.lifecycle == "deleted",
        runs.c.deleted_at <= before,
        or_(runs.c.spec.is_(None), runs.c.state.in_(sorted(TERMINAL))),
    )


def due_runs(ctx: Context, before: datetime) -> Select[Any]:
    """Return the query of runs that are to be removed: seq, id, experiment."""
    return select(runs.c.seq, runs.c.id, runs.c.experiment).where(*_over(ctx, before), ~_held())


def due_models(ctx: Context, before: datetime) -> Select[Any]:
    """Return the query of logged models that are to be removed: id, experiment."""
    m = logged_models.c
    over = (m.workspace_id == ctx.workspace_id, m.lifecycle == "deleted", m.deleted_at <= before)
    return select(m.id, m.experiment).where(*over)


def due_experiments(ctx: Context, before: datetime, *, with_due_runs: bool = False) -> Select[Any]:
    """Return the query of experiments that are to be removed: those without runs (or, to count, with none but due ones)."""
    e = experiments.c
    inside = select(runs.c.seq).where(runs.c.experiment == e.number)
    if with_due_runs:
        inside = inside.where(runs.c.workspace_id != BURIED)
        inside = inside.where(~runs.c.seq.in_(select(due_runs(ctx, before).subquery().c.seq)))
    over = (e.workspace_id == ctx.workspace_id, e.lifecycle == "deleted", e.deleted_at <= before)
    return select(e.number, e.name).where(*over, ~exists(inside))


def held_runs(tx: Connection, ctx: Context, before: datetime) -> list[str]:
    """Return runs that would be removed, but a model version was made from them."""
    return list(tx.execute(select(runs.c.id).where(*_over(ctx, before), _held()).order_by(runs.c.seq)).scalars())


def count(tx: Connection, query: Select[Any]) -> int:
    """Return how many rows a query has."""
    return int(tx.execute(select(func.count()).select_from(query.subquery())).scalar_one())


def bury(ctx: Context, before: datetime) -> int:
    """Take some runs out of the bin and out of sight; returns how many."""
    with ctx.db.begin() as tx:
        found = tx.execute(due_runs(ctx, before).order_by(runs.c.deleted_at, runs.c.seq).limit(AT_ONCE)).all()
        for row in found:
            artifacts.remove_at(tx, ctx, f"{row.experiment}/{row.id}")
            models = select(logged_models.c.id, logged_models.c.experiment).where(
                logged_models.c.workspace_id == ctx.workspace_id, logged_models.c.source_run_id == row.id
            )
            for model in tx.execute(models).all():
                _remove_model(tx, ctx, model.id, model.experiment)
            lineage.forget(tx, ctx, f"run:{row.id}")
            orphaned = (runs.c.parent_id == row.id, runs.c.workspace_id == ctx.workspace_id)
            tx.execute(update(runs).where(*orphaned).values(parent_id=None))
            ctx.events.emit(tx, "run.removed", row.id, {"experiment_id": str(row.experiment)})
        if found:
            gone = update(runs).where(runs.c.seq.in_([row.seq for row in found]))
            tx.execute(gone.values(workspace_id=BURIED, spec=None, parent_id=None))
            names = {"runs": [row.id for row in found]}
            auth.audit(tx, ctx.clock, ctx.workspace_id, ctx.actor.name, "run.removed", f"{len(found)} runs", names)
    return len(found)


def drain(ctx: Context) -> bool:
    """Remove the rows of some buried runs and experiments, at last their own; False when there are none."""
    with ctx.db.read() as tx:
        found = tx.execute(select(runs.c.seq, runs.c.id).where(runs.c.workspace_id == BURIED).limit(AT_ONCE)).all()
        empty = select(experiments.c.number).where(experiments.c.workspace_id == BURIED).limit(AT_ONCE)
        numbers = list(tx.execute(empty).scalars())
    for row in found:
        if is_id(row.id):
            shutil.rmtree(ctx.settings.attempts / row.id, ignore_errors=True)
    _drain(ctx, runs.c.seq, runs.c.workspace_id, [row.seq for row in found])
    _drain(ctx, experiments.c.number, experiments.c.workspace_id, numbers)
    return bool(found or numbers)


def _drain(ctx: Context, key: Any, workspace: Any, values: list[int]) -> None:
    if not values:
        return
    for table, column in _below(key):
        while _remove_some(ctx, table, column, values):
            pass
    with ctx.db.begin() as tx:
        tx.execute(delete(key.table).where(key.in_(values), workspace == BURIED))


def remove_models(ctx: Context, before: datetime) -> int:
    """Remove some logged models from the bin; returns how many. A version that was registered from one has its own files."""
    with ctx.db.begin() as tx:
        found = tx.execute(due_models(ctx, before).limit(AT_ONCE)).all()
        for row in found:
            _remove_model(tx, ctx, row.id, row.experiment)
    return len(found)


def bury_experiments(ctx: Context, before: datetime) -> int:
    """Take experiments that have no run left out of sight; returns how many. Their names are free then."""
    with ctx.db.begin() as tx:
        found = tx.execute(due_experiments(ctx, before).limit(AT_ONCE)).all()
        for row in found:
            artifacts.remove_at(tx, ctx, str(row.number))
            gone = update(experiments).where(experiments.c.number == row.number)
            tx.execute(gone.values(workspace_id=BURIED, name=f"removed {row.number}", tags={}))
            detail = {"name": row.name}
            auth.audit(tx, ctx.clock, ctx.workspace_id, ctx.actor.name, "experiment.removed", str(row.number), detail)
            ctx.events.emit(tx, "experiment.removed", str(row.number), detail)
    return len(found)


def _remove_model(tx: Connection, ctx: Context, model_id: str, experiment: int) -> None:
    naming = select(run_models.c.run).where(run_models.c.model_id == model_id).distinct().order_by(run_models.c.run)
    for run in tx.execute(naming).scalars().all():  # runs that stay tell of it in their documents
        ready_docs.spoil(tx, ctx, run)
    artifacts.remove_at(tx, ctx, f"{experiment}/models/{model_id}")
    of = select(run_models.c.run).where(run_models.c.model_id == model_id).distinct().order_by(run_models.c.run)
    for seq in tx.execute(of).scalars().all():  # runs that stay name it no more: what is ready of them is made anew
        ready_docs.spoil(tx, ctx, seq)
    tx.execute(delete(logged_models).where(logged_models.c.id == model_id))


def _below(key: Any) -> list[tuple[Table, Any]]:
    """Return every table whose rows belong to a run (or experiment), whichever module has it, with the column that says which."""
    return [
        (table, reference.parent)
        for table in metadata.sorted_tables
        for reference in table.foreign_keys
        if reference.column is key and table is not runs and table.primary_key.columns
    ]


def _remove_some(ctx: Context, table: Table, column: Any, seqs: list[int]) -> bool:
    """Remove at most `ROWS` rows; True when there may be more."""
    keys = list(table.primary_key.columns)
    some = select(*keys).where(column.in_(seqs)).limit(ROWS)
    key = tuple_(*keys) if len(keys) > 1 else keys[0]
    return bool(ctx.db.write(lambda tx: tx.execute(delete(table).where(key.in_(some))).rowcount) == ROWS)
