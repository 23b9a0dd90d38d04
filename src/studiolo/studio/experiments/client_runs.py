"""Runs that a client makes and ends, such as `mlflow.start_run()` on a laptop; and what any client may change on a run."""

import secrets
import time
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, func, select, update

from studiolo.kernel.auth import service as auth
from studiolo.kernel.context import Context
from studiolo.kernel.db.prepared import PostgresStatement, Prepared
from studiolo.kernel.ids import new_id
from studiolo.studio.experiments import catalog, recycling, repository, service, tracking
from studiolo.studio.experiments.errors import NotActive, RunNotFound
from studiolo.studio.experiments.schemas import TERMINAL
from studiolo.studio.experiments.tables import experiments, runs

NAME_TAG, PARENT_TAG, USER_TAG = "mlflow.runName", "mlflow.parentRunId", "mlflow.user"
_FIRST = (
    "able",
    "amber",
    "bold",
    "brave",
    "bright",
    "calm",
    "clever",
    "cosmic",
    "crisp",
    "daring",
    "eager",
    "early",
    "fair",
    "gentle",
    "golden",
    "grand",
    "keen",
    "kind",
)
_SECOND = (
    "ash",
    "bear",
    "birch",
    "crane",
    "crow",
    "deer",
    "dove",
    "elk",
    "elm",
    "finch",
    "fox",
    "hare",
    "heron",
    "jay",
    "lark",
    "lynx",
    "maple",
    "moth",
    "otter",
    "owl",
    "wren",
)
_told: dict[str, float] = {}
_TELL_EVERY = 1.0  # seconds between events that say a run has new records


class Shown(NamedTuple):
    """A run as MLflow's clients are told of it. ended: None while it goes on; tags: as they are kept, of a run that was made just now."""

    id: str
    name: str
    experiment: int
    user: str
    state: str
    started: datetime
    ended: datetime | None
    lifecycle: str
    artifact_location: str
    parent_id: str | None
    tags: Mapping[str, str]


class Target(NamedTuple):
    """What recording needs to know of a run."""

    seq: int
    id: str
    experiment: int
    lifecycle: str
    parent_id: str | None


_TARGET = select(runs.c.seq, runs.c.id, runs.c.experiment, runs.c.lifecycle, runs.c.parent_id).where(
    runs.c.id == bindparam("run_id"), runs.c.workspace_id == bindparam("workspace_id")
)
_FIND = Prepared(_TARGET)  # it is asked for every logged point
_CHANGED = Prepared(
    _TARGET.add_columns(
        and_(runs.c.spec.is_(None), runs.c.kind == "run").label("by_client"),
        *(runs.c.kind, runs.c.state, runs.c.name, runs.c.user, experiments.c.artifact_location),
        func.coalesce(runs.c.started_at, runs.c.created_at, type_=runs.c.created_at.type).label("started"),
        runs.c.ended_at.label("ended"),
    ).join(experiments, experiments.c.number == runs.c.experiment)
)


@lru_cache
def _updating(names: tuple[str, ...]) -> Prepared:
    return Prepared(
        update(runs).where(runs.c.seq == bindparam("number")).values({name: bindparam(name) for name in names})
    )


def find(tx: Connection, ctx: Context, run_id: str) -> Target:
    """Return a run of the workspace; raises RunNotFound."""
    row = _FIND.first(tx, {"run_id": run_id, "workspace_id": ctx.workspace_id})
    if row is None:
        raise RunNotFound(run_id)
    return Target(*row)


def writable(tx: Connection, ctx: Context, run_id: str) -> Target:
    """Return a run that may be recorded on.

    Raises RunNotFound, NotActive, and Denied for a job's token on a run that is neither its own nor below it.
    """
    return _open(tx, ctx, run_id, find(tx, ctx, run_id))


def _open(tx: Connection, ctx: Context, run_id: str, found: Target | None) -> Target:
    if found is None:
        raise RunNotFound(run_id)
    if found.lifecycle != "active":
        raise NotActive("run", run_id)
    if ctx.actor.run_id is not None:
        service.must_own(ctx, run_id, _ancestors(tx, ctx, found))
    return found


_WRITABLE = select(runs.c.id, runs.c.seq, runs.c.lifecycle).where(
    runs.c.id.in_(bindparam("run_ids", expanding=True)), runs.c.workspace_id == bindparam("workspace_id")
)


_WRITABLE_POSTGRES = PostgresStatement(
    "SELECT id, seq, lifecycle FROM runs WHERE id = ANY($1::text[]) AND workspace_id = $2::text"
)


def writable_all(tx: Connection, ctx: Context, run_ids: Collection[str]) -> dict[str, int]:
    """Return the numbers of runs that a user may record on. Raises RunNotFound and NotActive."""
    found: dict[str, int] = {}
    if ctx.db.dialect == "postgresql":
        rows: Iterable[Any] = _WRITABLE_POSTGRES.rows(tx, list(run_ids), ctx.workspace_id)
    else:
        rows = tx.execute(_WRITABLE, {"run_ids": list(run_ids), "workspace_id": ctx.workspace_id})
    for run_id, seq, lifecycle in rows:
        if lifecycle != "active":
            raise NotActive("run", run_id)
        found[run_id] = seq
    for run_id in run_ids:
        if run_id not in found:
            raise RunNotFound(run_id)
    return found


def _ancestors(tx: Connection, ctx: Context, found: Target) -> list[str]:
    chain: list[str] = []
    while found.parent_id and found.parent_id not in chain and len(chain) < 10:
        chain.append(found.parent_id)
        try:
            found = find(tx, ctx, found.parent_id)
        except RunNotFound:
            break
    return chain


def create(
    ctx: Context, experiment_id: str, *, name: str, start: datetime, user: str, tags: Mapping[str, str]
) -> Shown:
    """Start a run. One that a job starts is the job's child unless a tag names another parent."""
    if experiment_id == "0":
        catalog.ensure_default(ctx)
    run_id = new_id()
    name = name or tags.get(NAME_TAG, "") or f"{secrets.choice(_FIRST)}-{secrets.choice(_SECOND)}-{run_id[-3:]}"
    parent_id = tags.get(PARENT_TAG) or ctx.actor.run_id

    def work(tx: Connection) -> Shown:
        experiment = catalog.active(tx, ctx, experiment_id)
        values = {
            "id": run_id,
            "workspace_id": ctx.workspace_id,
            "experiment": experiment.number,
            "parent_id": parent_id,
            "name": name[:500],
            "kind": "run",
            "lifecycle": "active",
            "state": "Running",
            "user": (user or tags.get(USER_TAG) or ctx.actor.name)[:120],
            "created_at": ctx.clock.now(),
            "started_at": start,
        }
        seq = repository.insert_run(tx, values)
        named = {**tags, NAME_TAG: name}
        tracking.record(tx, ctx, seq, tags=named, new=True)
        ctx.events.emit(tx, "run.created", run_id, {"kind": "run", "state": "Running", "parent_id": parent_id})
        kept = {key: value[: tracking.MAX_TAG] for key, value in sorted(named.items())}
        own = (run_id, values["name"], experiment.number, values["user"], values["state"], start, None, "active")
        return Shown(*own, experiment.artifact_location, parent_id, kept)

    return ctx.db.write(work)


def change(ctx: Context, run_id: str, *, state: str | None, end: datetime | None, name: str | None) -> Shown:
    """Set name, state and end of a run; returns it without tags. State and end of a job are the controller's: from clients they are ignored."""

    def work(tx: Connection) -> Shown:
        row = _CHANGED.first(tx, {"run_id": run_id, "workspace_id": ctx.workspace_id})
        target = _open(tx, ctx, run_id, Target(*row[:5]) if row else None)
        assert row is not None
        values: dict[str, Any] = {}
        if name:
            values["name"] = name[:500]
            tracking.record(tx, ctx, target.seq, tags={NAME_TAG: name})
        if row.by_client:
            if state:
                values["state"] = state
                values["ended_at"] = end if end or state not in TERMINAL else ctx.clock.now()
            elif end:
                values["ended_at"] = end
        now = {"name": row.name, "state": row.state, "ended_at": row.ended, **values}
        if values:
            _updating(tuple(values)).later(tx, {**values, "number": target.seq})
            kind = "run.completed" if values.get("state") in TERMINAL else "run.updated"
            ctx.events.emit(tx, kind, run_id, {"kind": row.kind, "state": now["state"]})
        own = (run_id, now["name"], row.experiment, row.user, now["state"], row.started, now["ended_at"], row.lifecycle)
        return Shown(*own, row.artifact_location, row.parent_id, {})

    return ctx.db.write(work)


def set_tags(tx: Connection, ctx: Context, target: Target, tags: Mapping[str, str]) -> None:
    """Write tags; those that mean a name or a parent change it."""
    tracking.record(tx, ctx, target.seq, tags=tags)
    values: dict[str, str] = {}
    if tags.get(NAME_TAG):
        values["name"] = tags[NAME_TAG][:500]
    if tags.get(PARENT_TAG):
        values["parent_id"] = tags[PARENT_TAG][:32]
    if values:
        tx.execute(update(runs).where(runs.c.seq == target.seq).values(**values))


def move(ctx: Context, run_ids: list[str], lifecycle: str) -> int:
    """Put runs in the bin (`deleted`) or take them out (`active`); returns how many changed."""
    with ctx.db.begin() as tx:
        moved = 0
        for run_id in run_ids:
            target = find(tx, ctx, run_id)
            if ctx.actor.run_id is not None:
                service.must_own(ctx, run_id, _ancestors(tx, ctx, target))
            if target.lifecycle == lifecycle:
                continue
            if lifecycle == "deleted":
                recycling.put_in(tx, run_id, target.seq, ctx.clock.now())
            else:
                recycling.take_out(tx, run_id, target.seq)
            action = "run.deleted" if lifecycle == "deleted" else "run.restored"
            auth.audit(tx, ctx.clock, ctx.workspace_id, ctx.actor.name, action, run_id)
            ctx.events.emit(tx, action, run_id, {})
            moved += 1
        return moved


def tell(tx: Connection, ctx: Context, run_id: str) -> None:
    """Say that a run has new records, at most once a second and run: pages read again, nobody counts these."""
    now = time.monotonic()
    if now - _told.get(run_id, -_TELL_EVERY) < _TELL_EVERY:
        return
    if len(_told) > 10_000:
        _told.clear()
    _told[run_id] = now
    ctx.events.emit(tx, "run.logged", run_id, {})
