"""Runs without a process of their own, which a slice above leads: pipelines, and steps whose result was there already.

They stand among the other runs, are canceled like them, and lie in the same bin. Their states are written by `move`.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, exists, insert, or_, select, update

from studiolo.kernel.context import Context
from studiolo.kernel.db.prepared import Prepared
from studiolo.kernel.storage.blobs import Blob
from studiolo.studio.experiments import artifacts, lineage, registering, repository, tracking
from studiolo.studio.experiments.job_schemas import JobOutput
from studiolo.studio.experiments.schemas import TERMINAL, State
from studiolo.studio.experiments.tables import runs
from studiolo.studio.experiments.tracking_tables import run_docs

_MANY = 500


class Led(NamedTuple):
    """A run to be made. state: of one that has ended already, its end."""

    id: str
    kind: str
    name: str
    experiment: str
    parent_id: str | None
    state: State
    params: Mapping[str, str] = {}
    tags: Mapping[str, str] = {}
    sources: Collection[str] = ()  # what it was made from, as lineage names it
    files: Sequence[tuple[str, Blob]] = ()


class Seen(NamedTuple):
    """How a run stands. experiment: number of its experiment."""

    id: str
    seq: int
    experiment: int
    name: str
    state: State
    desired: str
    failure: str | None
    error: str | None
    started_at: datetime | None
    ended_at: datetime | None


_SEEN = select(*(runs.c[name] for name in Seen._fields))
_INSERT, _INSERT_DOCS = Prepared(insert(runs)), Prepared(insert(run_docs))
_FEW = 8  # runs whose number has a statement of its own


def begin(tx: Connection, ctx: Context, made: Sequence[Led]) -> dict[str, int]:
    """Make runs in the caller's transaction, with few statements for many of them; returns their numbers."""
    if not made:
        return {}
    now = ctx.clock.now()
    numbers = {name: repository.experiment_number(tx, ctx, name) for name in {one.experiment for one in made}}
    rows = [_row(ctx, one, numbers[one.experiment], now) for one in made]
    _INSERT.run_all(tx, rows)
    seqs: dict[str, int] = {}
    for some in _some([one.id for one in made]):
        seqs |= {row.id: row.seq for row in tx.execute(select(runs.c.id, runs.c.seq).where(runs.c.id.in_(some)))}
    changed = int(now.timestamp() * 1000)
    _INSERT_DOCS.run_all(tx, [{"run": seq, "changed": changed} for seq in sorted(seqs.values())])
    for one in made:
        if one.params or one.tags:
            tracking.record(tx, ctx, seqs[one.id], params=one.params, tags=one.tags, new=True)
    lineage.link_all(tx, ctx, [(source, f"run:{one.id}") for one in made for source in one.sources])
    artifacts.put_at_all(
        tx,
        ctx,
        [
            (f"{artifacts.run_root(numbers[one.experiment], one.id)}/{path}", blob)
            for one in made
            for path, blob in one.files
        ],
    )
    return seqs


def _row(ctx: Context, one: Led, experiment: int, now: datetime) -> dict[str, Any]:
    over = one.state in TERMINAL
    return {
        "id": one.id,
        "workspace_id": ctx.workspace_id,
        "experiment": experiment,
        "parent_id": one.parent_id,
        "name": one.name[:500],
        "kind": one.kind,
        "lifecycle": "active",
        "state": one.state,
        "desired": "completed",
        "user": ctx.actor.name,
        "created_at": now,
        "started_at": now if over else None,
        "ended_at": now if over else None,
    }


def tell(tx: Connection, ctx: Context, one: Led) -> None:
    """Say that a run was made."""
    ctx.events.emit(tx, "run.created", one.id, {"kind": one.kind, "state": one.state, "parent_id": one.parent_id})


def move(
    tx: Connection,
    ctx: Context,
    run_id: str,
    state: State,
    *,
    failure: str | None = None,
    error: str | None = None,
    progress: Mapping[str, Any] | None = None,
    started_at: datetime | None = None,
) -> bool:
    """Write the state of a run that has not ended; False when it has."""
    now = ctx.clock.now()
    over = state in TERMINAL
    values: dict[str, Any] = {"state": state}
    if over:
        values |= {"failure": failure, "error": error, "ended_at": now}
    if started_at is not None:
        values["started_at"] = started_at
    if progress is not None:
        values["progress"] = dict(progress)
    row = _moving(tuple(values)).first(tx, {**values, "of_id": run_id})
    if row is None:
        return False
    data = {"run_id": run_id, "kind": row.kind, "state": state, "failure": failure, "parent_id": row.parent_id}
    data |= {"experiment_id": str(row.experiment), "name": row.name}
    ctx.events.emit(tx, "run.updated", run_id, data)
    if over:
        ctx.events.emit(tx, f"run.{state.lower()}", run_id, data)
    return True


@lru_cache
def _moving(names: tuple[str, ...]) -> Prepared:
    change = update(runs).where(runs.c.id == bindparam("of_id"), runs.c.state.not_in(sorted(TERMINAL)))
    change = change.values({**{name: bindparam(name) for name in names}, "version": runs.c.version + 1})
    return Prepared(change.returning(runs.c.kind, runs.c.parent_id, runs.c.experiment, runs.c.name))


def seen(tx: Connection, run_ids: Collection[str]) -> dict[str, Seen]:
    """Return how runs stand, by id; those that are gone are left out."""
    found: dict[str, Seen] = {}
    for some in _some(sorted(run_ids)):
        if len(some) <= _FEW:
            rows = _seeing(len(some)).all(tx, {f"id{number}": run_id for number, run_id in enumerate(some)})
        else:
            rows = list(tx.execute(_SEEN.where(runs.c.id.in_(some))))
        found |= {row.id: Seen(*row) for row in rows}
    return found


@lru_cache
def _seeing(count: int) -> Prepared:
    return Prepared(_SEEN.where(or_(*(runs.c.id == bindparam(f"id{number}") for number in range(count)))))


def attempts(tx: Connection, run_ids: Collection[str]) -> dict[str, int]:
    """Return how often jobs were started, by id; those that are gone are left out."""
    asked = select(runs.c.id, runs.c.attempt)
    return {
        row.id: row.attempt for some in _some(sorted(run_ids)) for row in tx.execute(asked.where(runs.c.id.in_(some)))
    }


def ended(run_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition that the run which a column names has ended, or is gone."""
    return ~exists().where(runs.c.id == run_id, runs.c.state.not_in(sorted(TERMINAL)))


def canceled(run_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition that the run which a column names is to end."""
    return exists().where(runs.c.id == run_id, runs.c.desired == "canceled")


def stop(tx: Connection, ctx: Context, run_id: str) -> None:
    """Tell a job, or a run that is led, to end, in the caller's transaction."""
    if repository.set_desired(tx, run_id, "canceled"):
        ctx.events.emit(tx, "run.updated", run_id, {"desired": "canceled"})


def files(tx: Connection, ctx: Context, run: Seen) -> list[artifacts.Stored]:
    """Return every file of a run, by path."""
    return list(artifacts.below(tx, ctx, artifacts.run_root(run.experiment, run.id)))


def publish(tx: Connection, ctx: Context, run: Seen, made: Sequence[tuple[str, Blob]]) -> None:
    """Name stored blobs as files of a run."""
    root = artifacts.run_root(run.experiment, run.id)
    artifacts.put_at_all(tx, ctx, [(f"{root}/{path}", blob) for path, blob in made])


def declare(tx: Connection, ctx: Context, seq: int, run_id: str, outputs: Mapping[str, JobOutput]) -> None:
    """Write down which outputs of a run become datasets or models when it has completed."""
    registering.note_outputs(tx, ctx, seq, run_id, outputs)


def settle(tx: Connection, seq: int, *, completed: bool) -> None:
    """Say that the outputs of a run may be registered now, or never will be."""
    registering.ended(tx, seq, completed=completed)


def _some(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _MANY):
        yield ids[start : start + _MANY]
