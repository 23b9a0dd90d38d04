"""SQL of experiments, runs and their documents."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, insert, select, update

from studiolo.kernel.context import Context
from studiolo.kernel.db.prepared import Prepared
from studiolo.studio.experiments.schemas import TERMINAL, Experiment, Run
from studiolo.studio.experiments.tables import experiments, run_documents, runs
from studiolo.studio.experiments.tracking_tables import run_docs

DEFAULT = "Default"
_RUN = select(runs, experiments.c.name.label("experiment_name")).join(
    experiments, experiments.c.number == runs.c.experiment
)


_BY_NAME = Prepared(
    select(experiments).where(
        experiments.c.workspace_id == bindparam("workspace_id"), experiments.c.name == bindparam("name")
    )
)
_BY_ID = Prepared(_RUN.where(runs.c.id == bindparam("id"), runs.c.workspace_id == bindparam("workspace_id")))


def to_run(row: Row[Any] | Any) -> Run:
    """Make the noun of a row of `_RUN`."""
    return Run(
        id=row.id,
        experiment_id=str(row.experiment),
        experiment=row.experiment_name,
        parent_id=row.parent_id,
        name=row.name,
        kind=row.kind,
        state=row.state,
        desired=row.desired,
        failure=row.failure,
        exit_code=row.exit_code,
        error=row.error,
        user=row.user,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        compute=row.compute,
        priority=row.priority,
        attempt=row.attempt,
        progress=row.progress,
        lifecycle=row.lifecycle,
        deleted_at=row.deleted_at,
    )


def to_experiment(row: Row[Any] | Any) -> Experiment:
    """Make the noun of a row of `experiments`."""
    return Experiment(
        id=str(row.number),
        name=row.name,
        lifecycle=row.lifecycle,
        tags=row.tags or {},
        created_at=row.created_at,
        updated_at=row.updated_at,
        deleted_at=row.deleted_at,
    )


def experiment_by_name(tx: Connection, workspace_id: str, name: str) -> Any:
    """Return an experiment's row by its name, deleted or not."""
    return _BY_NAME.first(tx, {"workspace_id": workspace_id, "name": name})


def experiment_number(tx: Connection, ctx: Context, name: str) -> int:
    """Return the number of an experiment, making it when it is not there."""
    found = experiment_by_name(tx, ctx.workspace_id, name)
    if found is not None:
        return int(found.number)
    return insert_experiment(tx, ctx, name)


def insert_experiment(
    tx: Connection, ctx: Context, name: str, tags: Mapping[str, str] | None = None, artifact_location: str = ""
) -> int:
    """Add an experiment; returns its number."""
    now = ctx.clock.now()
    values: dict[str, Any] = {"workspace_id": ctx.workspace_id, "name": name, "lifecycle": "active"}
    if name == DEFAULT and tx.execute(select(experiments.c.number).where(experiments.c.number == 0)).first() is None:
        values["number"] = 0  # what MLflow's clients take for granted
    values |= {"artifact_location": artifact_location, "tags": dict(tags or {})}
    change = insert(experiments).values(**values, created_at=now, updated_at=now)
    return int(tx.execute(change.returning(experiments.c.number)).scalar_one())


def list_experiments(
    tx: Connection, workspace_id: str, before: int | None, limit: int, lifecycle: str
) -> list[Row[Any]]:
    """Return experiments, newest first."""
    query = select(experiments).where(experiments.c.workspace_id == workspace_id, experiments.c.lifecycle == lifecycle)
    if before is not None:
        query = query.where(experiments.c.number < before)
    return list(tx.execute(query.order_by(experiments.c.number.desc()).limit(limit)))


_INSERT_RUN, _INSERT_DOC = Prepared(insert(runs).returning(runs.c.seq)), Prepared(insert(run_docs))


def insert_run(tx: Connection, values: Mapping[str, Any]) -> int:
    """Add a run; returns its seq."""
    seq = int(_INSERT_RUN.scalar(tx, values))
    _INSERT_DOC.later(tx, {"run": seq, "changed": int(values["created_at"].timestamp() * 1000)})
    return seq


def run_row(tx: Connection, workspace_id: str, run_id: str) -> Any:
    """Return a run's row with `experiment_name`, None when it is not there."""
    return _BY_ID.first(tx, {"id": run_id, "workspace_id": workspace_id})


def run_rows(tx: Connection, workspace_id: str, run_ids: Sequence[str]) -> list[Any]:
    """Return the rows of several runs, in the order in which they were made."""
    found: list[Any] = []
    for start in range(0, len(run_ids), 500):
        query = _RUN.where(runs.c.id.in_(run_ids[start : start + 500]), runs.c.workspace_id == workspace_id)
        found += tx.execute(query.order_by(runs.c.seq))
    return found


def run_by_name(tx: Connection, workspace_id: str, name: str) -> Any:
    """Return the newest job of a name that has completed, else the newest; None when there is none."""
    query = _RUN.where(
        runs.c.workspace_id == workspace_id, runs.c.name == name, runs.c.spec.is_not(None), runs.c.lifecycle == "active"
    )
    return tx.execute(query.order_by((runs.c.state == "Completed").desc(), runs.c.seq.desc()).limit(1)).first()


def list_runs(tx: Connection, workspace_id: str, where: "RunFilter", before: int | None, limit: int) -> list[Any]:
    """Return runs, newest first, below a seq."""
    query = where.narrow(_RUN.where(runs.c.workspace_id == workspace_id))
    if before is not None:
        query = query.where(runs.c.seq < before)
    return list(tx.execute(query.order_by(runs.c.seq.desc()).limit(limit)))


class RunFilter:
    """What a list of runs is narrowed to; None and empty mean all."""

    def __init__(
        self,
        *,
        experiment: int | None = None,
        parent_id: str | None = None,
        top_level: bool = False,
        kinds: Sequence[str] = (),
        states: Sequence[str] = (),
        live: bool = False,
        lifecycle: str = "active",
    ) -> None:
        self.experiment, self.parent_id, self.top_level = experiment, parent_id, top_level
        self.kinds, self.states, self.live, self.lifecycle = kinds, states, live, lifecycle

    def narrow(self, query: Select[Any]) -> Select[Any]:
        """Add the conditions to a query."""
        query = query.where(runs.c.lifecycle == self.lifecycle)
        if self.experiment is not None:
            query = query.where(runs.c.experiment == self.experiment)
        if self.parent_id is not None:
            query = query.where(runs.c.parent_id == self.parent_id)
        if self.top_level:
            query = query.where(runs.c.parent_id.is_(None))
        if self.kinds:
            query = query.where(runs.c.kind.in_(self.kinds))
        if self.states:
            query = query.where(runs.c.state.in_(self.states))
        if self.live:
            query = query.where(runs.c.state.not_in(sorted(TERMINAL)))
        return query


def children(tx: Connection, workspace_id: str, run_id: str) -> list[Any]:
    """Return the children of a run in the order they were made."""
    query = _RUN.where(runs.c.parent_id == run_id, runs.c.workspace_id == workspace_id)
    return list(tx.execute(query.order_by(runs.c.seq)))


def set_desired(tx: Connection, run_id: str, desired: str) -> bool:
    """Write what a user wants; False when the run has ended, which makes it too late."""
    change = update(runs).where(runs.c.id == run_id, runs.c.state.not_in(sorted(TERMINAL)))
    return tx.execute(change.values(desired=desired)).rowcount == 1


def put_document(tx: Connection, ctx: Context, run_seq: int, name: str, value: Any) -> None:
    """Write a document of a run, replacing the one of that name."""
    change = ctx.db.upsert(run_documents).values(run_seq=run_seq, name=name, value=value, updated_at=ctx.clock.now())
    excluded = change.excluded
    tx.execute(
        change.on_conflict_do_update(
            index_elements=["run_seq", "name"], set_={"value": excluded.value, "updated_at": excluded.updated_at}
        )
    )


def document(tx: Connection, run_seq: int, name: str) -> Any:
    """Return a document's value, None when there is none."""
    query = select(run_documents.c.value).where(run_documents.c.run_seq == run_seq, run_documents.c.name == name)
    return tx.execute(query).scalar_one_or_none()


def document_names(tx: Connection, run_seq: int) -> dict[str, datetime]:
    """Return the names of a run's documents with the time each was written."""
    query = select(run_documents.c.name, run_documents.c.updated_at).where(run_documents.c.run_seq == run_seq)
    return {row.name: row.updated_at for row in tx.execute(query.order_by(run_documents.c.name))}


_UNCONSUMED = Prepared(  # asked at every tick
    _RUN.where(runs.c.workspace_id == bindparam("workspace_id"), runs.c.kind == bindparam("kind"), ~runs.c.consumed)
    .where(runs.c.state.in_(sorted(TERMINAL)))
    .order_by(runs.c.seq)
    .limit(50)
)


def unconsumed(tx: Connection, workspace_id: str, kind: str) -> list[Any]:
    """Return at most 50 ended runs of a kind whose slice has not taken the result, oldest first."""
    return _UNCONSUMED.all(tx, {"workspace_id": workspace_id, "kind": kind})


def set_consumed(tx: Connection, run_id: str) -> None:
    """Say that the result of a run was taken."""
    tx.execute(update(runs).where(runs.c.id == run_id).values(consumed=True))
