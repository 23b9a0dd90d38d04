"""Experiments as named groups: make, rename, delete, restore, tag."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy.exc import IntegrityError

from studiolo.kernel.auth import service as auth
from studiolo.kernel.context import Context
from studiolo.kernel.db.engine import Database
from studiolo.kernel.db.prepared import Prepared
from studiolo.kernel.errors import Invalid
from studiolo.studio.experiments import keys, recycling, repository
from studiolo.studio.experiments.errors import ExperimentExists, ExperimentNotFound, NotActive
from studiolo.studio.experiments.tables import experiments, runs

MAX_NAME = 500
MAX_TAG = 20_000
_BY_NUMBER = Prepared(
    select(experiments).where(
        experiments.c.workspace_id == bindparam("workspace_id"), experiments.c.number == bindparam("number")
    )
)
_there: WeakKeyDictionary[Database, set[tuple[str, int]]] = WeakKeyDictionary()  # workspaces and experiments in them


def create(ctx: Context, name: str, tags: Mapping[str, str] | None = None, artifact_location: str = "") -> str:
    """Make an experiment and return its id; raises ExperimentExists, also when one of that name is deleted."""
    check_name(name)
    for key, value in (tags or {}).items():
        _check_tag(key, value)
    with ctx.db.begin() as tx:
        if repository.experiment_by_name(tx, ctx.workspace_id, name) is not None:
            raise ExperimentExists(name)
        try:
            with tx.begin_nested():
                number = repository.insert_experiment(tx, ctx, name, tags, artifact_location)
        except IntegrityError:  # PostgreSQL: another server made it in this moment
            raise ExperimentExists(name) from None
        ctx.events.emit(tx, "experiment.created", str(number), {"name": name})
    return str(number)


def check_name(name: str) -> None:
    """Raise Invalid for a name that no experiment may have."""
    if not name.strip():
        raise Invalid(f"Invalid experiment name: '{name}'.", "Write a name.", field="name")
    if len(name) > MAX_NAME:
        raise Invalid(f"'name' exceeds the maximum length of {MAX_NAME} characters.", field="name")


def find(tx: Connection, ctx: Context, experiment_id: str) -> Any:
    """Return the row of an experiment; `0` is the workspace's Default, made when it is first asked for."""
    if not experiment_id.isdecimal() or len(experiment_id) > 18:
        raise Invalid(
            f"Invalid experiment ID '{experiment_id[:80]}'. Experiment ID must be a valid integer.",
            field="experiment_id",
        )
    number = int(experiment_id)
    if number:
        row = _BY_NUMBER.first(tx, {"workspace_id": ctx.workspace_id, "number": number})
    else:
        row = repository.experiment_by_name(tx, ctx.workspace_id, repository.DEFAULT)
    if row is None:
        raise ExperimentNotFound(experiment_id)
    return row


def numbers(tx: Connection, ctx: Context, experiment_ids: Iterable[str]) -> list[int]:
    """Return the numbers of those experiments that are there: a search in nothing finds nothing."""
    asked = dict.fromkeys(experiment_ids)
    plain = {one for one in asked if one.isdecimal() and len(one) <= 18 and int(one)}
    # searches ask for the same ones again and again; one that is gone has no runs, and who asks narrows by workspace too
    there = _there.setdefault(ctx.db, set())
    found = [int(one) for one in plain if (ctx.workspace_id, int(one)) in there]
    missing = {int(one) for one in plain}.difference(found)
    if missing:
        query = select(experiments.c.number).where(experiments.c.workspace_id == ctx.workspace_id)
        fresh = list(tx.execute(query.where(experiments.c.number.in_(missing))).scalars())
        there.update((ctx.workspace_id, number) for number in fresh)
        found += fresh
    for experiment_id in asked.keys() - plain:  # the Default experiment, and what is refused
        with suppress(ExperimentNotFound):
            found.append(int(find(tx, ctx, experiment_id).number))
    return sorted(found)


def ensure_default(ctx: Context) -> None:
    """Make the workspace's Default experiment unless it is there."""
    with ctx.db.read() as tx:
        if repository.experiment_by_name(tx, ctx.workspace_id, repository.DEFAULT) is not None:
            return
    with ctx.db.begin() as tx:
        repository.experiment_number(tx, ctx, repository.DEFAULT)


def active(tx: Connection, ctx: Context, experiment_id: str) -> Any:
    """Return the row of an experiment that may be changed; raises NotActive when it is deleted."""
    row = find(tx, ctx, experiment_id)
    if row.lifecycle != "active":
        raise NotActive("experiment", experiment_id)
    return row


def rename(ctx: Context, experiment_id: str, name: str) -> None:
    """Give an experiment another name."""
    check_name(name)
    with ctx.db.begin() as tx:
        row = active(tx, ctx, experiment_id)
        other = repository.experiment_by_name(tx, ctx.workspace_id, name)
        if other is not None and other.number != row.number:
            raise ExperimentExists(name)
        _change(tx, ctx, row.number, name=name)
        ctx.events.emit(tx, "experiment.updated", str(row.number), {"name": name})


def delete(ctx: Context, experiment_id: str) -> None:
    """Put an experiment and its runs in the bin."""
    _move(ctx, experiment_id, "active", "deleted")


def restore(ctx: Context, experiment_id: str) -> None:
    """Take an experiment and its runs out of the bin."""
    _move(ctx, experiment_id, "deleted", "active")


def _move(ctx: Context, experiment_id: str, source: str, target: str) -> None:
    with ctx.db.begin() as tx:
        row = find(tx, ctx, experiment_id)
        if row.lifecycle != source:
            raise NotActive("experiment", experiment_id, source)
        now = ctx.clock.now()
        if target == "deleted":
            _change(tx, ctx, row.number, lifecycle=target, deleted_at=now)
            recycling.put_in_all(tx, row.number, now)
        else:
            _change(tx, ctx, row.number, lifecycle=target, deleted_at=None)
            recycling.take_out_all(tx, row.number, row.deleted_at)
        action = "experiment.deleted" if target == "deleted" else "experiment.restored"
        auth.audit(tx, ctx.clock, ctx.workspace_id, ctx.actor.name, action, str(row.number), {"name": row.name})
        ctx.events.emit(tx, action, str(row.number), {"name": row.name})


def set_tag(ctx: Context, experiment_id: str, key: str, value: str) -> None:
    """Write a tag of an experiment."""
    _check_tag(key, value)
    with ctx.db.begin() as tx:
        row = active(tx, ctx, experiment_id)
        _change(tx, ctx, row.number, tags={**row.tags, key: value})


def delete_tag(ctx: Context, experiment_id: str, key: str) -> bool:
    """Remove a tag; False when there is none of this name."""
    with ctx.db.begin() as tx:
        row = active(tx, ctx, experiment_id)
        if key not in row.tags:
            return False
        _change(tx, ctx, row.number, tags={name: value for name, value in row.tags.items() if name != key})
        return True


def run_counts(tx: Connection, numbers: list[int]) -> dict[int, int]:
    """Return how many active runs each experiment has: read off one index, without the rows."""
    query = select(runs.c.experiment, func.count()).where(runs.c.experiment.in_(numbers), runs.c.lifecycle == "active")
    return {number: int(count) for number, count in tx.execute(query.group_by(runs.c.experiment))}


def _check_tag(key: str, value: str) -> None:
    keys.check(key)
    if len(value) > MAX_TAG:
        raise Invalid(f"'value' exceeds the maximum length of {MAX_TAG} characters.", field="value")


def _change(tx: Connection, ctx: Context, number: int, **values: Any) -> None:
    change = update(experiments).where(experiments.c.number == number)
    tx.execute(change.values(**values, updated_at=ctx.clock.now()))
