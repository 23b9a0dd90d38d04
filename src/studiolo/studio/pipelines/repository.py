"""SQL of pipelines: definitions, runs, steps, and results that may be taken once more."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, func, insert, or_, select, update

from studiolo.kernel.context import Context
from studiolo.kernel.db.prepared import Prepared
from studiolo.studio.experiments import led
from studiolo.studio.pipelines.tables import definitions, pipeline_runs, pipeline_steps

Row = Any
_RUN, _STEP = pipeline_runs.c, pipeline_steps.c
WAITING, UNDER_WAY = "NotStarted", "Queued"
GOOD = ("Completed", "Reused")
_ENDED = exists().where(
    _STEP.run_seq == _RUN.run_seq, _STEP.state == UNDER_WAY, _STEP.run_id.is_not(None), led.ended(_STEP.run_id)
)
_LIVE = Prepared(  # asked at every tick of the controller
    select(_RUN.run_seq, _RUN.version, or_(_ENDED, led.canceled(_RUN.run_id)).label("news"))
    .where(_RUN.workspace_id == bindparam("workspace_id"), _RUN.live)
    .order_by(_RUN.run_seq)
)
_BY_SEQ = Prepared(select(pipeline_runs).where(_RUN.run_seq == bindparam("seq")))
_STANDING = ("name", "kind", "state", "run_id", "answer", "reuse", "failure", "error")
_STEPS = Prepared(
    select(*(_STEP[name] for name in _STANDING)).where(_STEP.run_seq == bindparam("seq")).order_by(_STEP.position)
)
_OUTPUTS_OF = select(_STEP.name, _STEP.outputs).where(_STEP.run_seq == bindparam("seq"))
_OUTPUTS = _OUTPUTS_OF.where(_STEP.name.in_(bindparam("names", expanding=True)))
_OUTPUTS_OF_ONE = Prepared(_OUTPUTS_OF.where(_STEP.name == bindparam("name")))
_IN_FLIGHT = Prepared(
    select(_STEP.root_id, _STEP.path, _STEP.run_id, _STEP.run_seq).where(
        _STEP.workspace_id == bindparam("workspace_id"), _STEP.flight == bindparam("key")
    )
)
_EARLIER = Prepared(
    select(_STEP.run_id, _STEP.root_id, _STEP.path, _STEP.parts, _STEP.inputs, _STEP.run_seq, _STEP.name)
    .where(_STEP.workspace_id == bindparam("workspace_id"), _STEP.slot == bindparam("slot"))
    .where(_STEP.state == "Completed", _STEP.key.is_not(None))
    .order_by(_STEP.run_seq.desc())
    .limit(bindparam("many"))
)
_BY_KEY = Prepared(
    select(_STEP.run_id, _STEP.root_id, _STEP.path, _STEP.outputs)
    .where(_STEP.workspace_id == bindparam("workspace_id"), _STEP.key == bindparam("key"), _STEP.state == "Completed")
    .order_by(_STEP.run_seq.desc())
    .limit(bindparam("many"))
)
_KEPT = Prepared(
    select(definitions.c.digest).where(
        definitions.c.workspace_id == bindparam("workspace_id"), definitions.c.digest == bindparam("digest")
    )
)
_SETTLE = (
    update(pipeline_steps)
    .where(_STEP.run_seq == bindparam("of_seq"), _STEP.name == bindparam("of_name"))
    .where(_STEP.state == bindparam("of_state"))
)


def put_definition(tx: Connection, ctx: Context, digest: str, graph: Mapping[str, Any]) -> None:
    """Keep a graph, unless it is there."""
    row = {"workspace_id": ctx.workspace_id, "digest": digest, "graph": graph, "created_at": ctx.clock.now()}
    tx.execute(
        ctx.db.upsert(definitions).values(**row).on_conflict_do_nothing(index_elements=["workspace_id", "digest"])
    )


def has_definition(tx: Connection, ctx: Context, digest: str) -> bool:
    """Say whether a graph is kept."""
    return _KEPT.first(tx, {"workspace_id": ctx.workspace_id, "digest": digest}) is not None


def definition(tx: Connection, ctx: Context, digest: str) -> Mapping[str, Any]:
    """Return a graph."""
    query = select(definitions.c.graph).where(
        definitions.c.workspace_id == ctx.workspace_id, definitions.c.digest == digest
    )
    found: Mapping[str, Any] = tx.execute(query).scalar_one()
    return found


def forget_definitions(tx: Connection, ctx: Context, before: datetime) -> int:
    """Remove graphs that no run has any more; returns how many."""
    used = select(_RUN.definition).where(_RUN.workspace_id == ctx.workspace_id)
    of = definitions.c
    gone = delete(definitions).where(
        of.workspace_id == ctx.workspace_id, of.created_at < before, of.digest.not_in(used)
    )
    return tx.execute(gone).rowcount


def insert_run(tx: Connection, values: Mapping[str, Any], steps: Sequence[Mapping[str, Any]]) -> None:
    """Add a pipeline's run with its steps, none of which has started."""
    tx.execute(insert(pipeline_runs), [dict(values)])
    if steps:
        insert_steps(tx, steps)


def insert_steps(tx: Connection, steps: Sequence[Mapping[str, Any]]) -> None:
    """Add steps that have not started."""
    tx.execute(insert(pipeline_steps), [dict(step) for step in steps])


def by_id(tx: Connection, ctx: Context, run_id: str) -> Row | None:
    """Return a pipeline's run."""
    return tx.execute(select(pipeline_runs).where(_RUN.run_id == run_id, _RUN.workspace_id == ctx.workspace_id)).first()


def by_seq(tx: Connection, seq: int) -> Row | None:
    """Return a pipeline's run by its number."""
    return _BY_SEQ.first(tx, {"seq": seq})


def by_run_ids(tx: Connection, run_ids: Collection[str]) -> dict[str, Row]:
    """Return pipelines' runs by their ids."""
    found: dict[str, Row] = {}
    for some in _some(sorted(run_ids)):
        found |= {row.run_id: row for row in tx.execute(select(pipeline_runs).where(_RUN.run_id.in_(some)))}
    return found


def live(tx: Connection, ctx: Context) -> list[Row]:
    """Return the pipelines that have not ended: run_seq, version; news: the run of a step has ended, or they are to end."""
    return _LIVE.all(tx, {"workspace_id": ctx.workspace_id})


def steps(tx: Connection, seq: int) -> list[Row]:
    """Return how the steps of a pipeline stand, in their order; without what they were given and made, which may be long."""
    return _STEPS.all(tx, {"seq": seq})


def outputs(tx: Connection, seq: int, names: Sequence[str]) -> list[Row]:
    """Return name and outputs of steps of a pipeline."""
    if len(names) == 1:  # of a chain the one that has just ended
        return _OUTPUTS_OF_ONE.all(tx, {"seq": seq, "name": names[0]})
    return [row for some in _some(names) for row in tx.execute(_OUTPUTS, {"seq": seq, "names": some})]


def list_runs(tx: Connection, ctx: Context, before: int | None, limit: int, seqs: Sequence[int] | None) -> list[Row]:
    """Return topmost pipelines, newest first. seqs: only these."""
    query = select(pipeline_runs).where(_RUN.workspace_id == ctx.workspace_id, _RUN.parent_seq.is_(None))
    if before is not None:
        query = query.where(_RUN.run_seq < before)
    if seqs is not None:
        query = query.where(_RUN.run_seq.in_(list(seqs)))
    return list(tx.execute(query.order_by(_RUN.run_seq.desc()).limit(limit)))


def tree(tx: Connection, ctx: Context, root_id: str) -> tuple[list[Row], list[Row]]:
    """Return all pipelines of a tree, and all of their steps."""
    runs = select(pipeline_runs).where(_RUN.root_id == root_id, _RUN.workspace_id == ctx.workspace_id)
    every = select(pipeline_steps).where(_STEP.root_id == root_id, _STEP.workspace_id == ctx.workspace_id)
    return (
        list(tx.execute(runs.order_by(_RUN.run_seq))),
        list(tx.execute(every.order_by(_STEP.run_seq, _STEP.position))),
    )


def started(tx: Connection, ctx: Context, root_id: str, below: str) -> list[str]:
    """Return the ids of the runs that the steps of a tree were started as. below: path of the pipeline whose they are."""
    query = select(_STEP.run_id).where(
        _STEP.root_id == root_id, _STEP.workspace_id == ctx.workspace_id, _STEP.run_id.is_not(None)
    )
    if below:
        query = query.where(_STEP.path.startswith(f"{below}/", autoescape=True))
    return list(tx.execute(query.where(_STEP.state != "Reused")).scalars())


def started_of(tx: Connection, ctx: Context, root_ids: Collection[str]) -> dict[str, str]:
    """Return the runs that the steps of whole trees were started as, each with its tree."""
    found: dict[str, str] = {}
    for some in _some(sorted(root_ids)):
        query = select(_STEP.run_id, _STEP.root_id).where(
            _STEP.root_id.in_(some), _STEP.workspace_id == ctx.workspace_id
        )
        query = query.where(_STEP.run_id.is_not(None), _STEP.state != "Reused")
        found |= {row.run_id: row.root_id for row in tx.execute(query)}
    return found


def step_by_path(tx: Connection, ctx: Context, root_id: str, path: str) -> Row | None:
    """Return a step of a tree."""
    query = select(pipeline_steps).where(
        _STEP.root_id == root_id, _STEP.path == path, _STEP.workspace_id == ctx.workspace_id
    )
    return tx.execute(query).first()


def counts(tx: Connection, root_ids: Collection[str]) -> dict[str, dict[str, int]]:
    """Return how many steps of trees stand how; a nested pipeline or a fan-out counts by its own steps."""
    found: dict[str, dict[str, int]] = {}
    for some in _some(sorted(root_ids)):
        query = (
            select(_STEP.root_id, _STEP.state, _STEP.kind, func.count())
            .where(_STEP.root_id.in_(some))
            .group_by(_STEP.root_id, _STEP.state, _STEP.kind)
        )
        for root, state, kind, count in tx.execute(query):
            if kind in ("pipeline", "parallel_for", "do_while") and state not in (
                "NotStarted",
                "Skipped",
                "Reused",
                "Canceled",
            ):
                continue
            found.setdefault(root, {})
            found[root][state] = found[root].get(state, 0) + int(count)
    return found


def bump(tx: Connection, seq: int, version: int, **values: Any) -> bool:
    """Take the right to change a pipeline in this transaction; False when somebody else has changed it."""
    given = {"version": version + 1, **values}
    return _bumping(tuple(given)).run(tx, {**given, "of_seq": seq, "of_version": version}) == 1


@lru_cache
def _bumping(names: tuple[str, ...]) -> Prepared:
    change = update(pipeline_runs).where(_RUN.run_seq == bindparam("of_seq"), _RUN.version == bindparam("of_version"))
    return Prepared(change.where(_RUN.live).values({name: bindparam(name) for name in names}))


def settle(tx: Connection, seq: int, before: str, steps_: Mapping[str, Mapping[str, Any]]) -> bool:
    """Change steps that stand as they were read; False when one does not. before: their state; steps_: columns by name."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for name, values in steps_.items():
        row = {**values, "of_seq": seq, "of_name": name, "of_state": before}
        groups.setdefault(tuple(sorted(values)), []).append(row)
    return all(_settling(names).run_all(tx, rows) == len(rows) for names, rows in groups.items())


@lru_cache
def _settling(names: tuple[str, ...]) -> Prepared:
    return Prepared(_SETTLE.values({name: bindparam(name) for name in names}))


def results(tx: Connection, ctx: Context, key: str, many: int = 3) -> list[Row]:
    """Return run_id, root_id, path and outputs of steps that have computed what a key stands for, newest first."""
    return _BY_KEY.all(tx, {"workspace_id": ctx.workspace_id, "key": key, "many": many})


def in_flight(tx: Connection, ctx: Context, key: str) -> Row | None:
    """Return the step whose job computes a result now."""
    return _IN_FLIGHT.first(tx, {"workspace_id": ctx.workspace_id, "key": key})


def earlier(tx: Connection, ctx: Context, slot: str, many: int = 20) -> list[Row]:
    """Return the newest results of a step, whatever their keys."""
    return _EARLIER.all(tx, {"workspace_id": ctx.workspace_id, "slot": slot, "many": many})


def finished(tx: Connection, ctx: Context, root_id: str, paths: Collection[str]) -> dict[str, Row]:
    """Return those of some steps of a tree that ended well, by path."""
    found: dict[str, Row] = {}
    for some in _some(sorted(paths)):
        query = select(pipeline_steps).where(
            _STEP.root_id == root_id, _STEP.workspace_id == ctx.workspace_id, _STEP.path.in_(some)
        )
        found |= {row.path: row for row in tx.execute(query.where(_STEP.state.in_(GOOD)))}
    return found


def _some(items: Sequence[Any]) -> list[Sequence[Any]]:
    return [items[start : start + 500] for start in range(0, len(items), 500)]
