"""Recording params, metrics and tags of a run: the rules, and the statements made once."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, Table, bindparam, delete, select

from studiolo.kernel.context import Context
from studiolo.kernel.db.engine import upsert
from studiolo.kernel.db.prepared import Prepared
from studiolo.studio.experiments import keys, ready_docs
from studiolo.studio.experiments.errors import ParamChanged
from studiolo.studio.experiments.points import Measured, write_points
from studiolo.studio.experiments.tracking_tables import keys as names_table
from studiolo.studio.experiments.tracking_tables import params as params_table
from studiolo.studio.experiments.tracking_tables import run_tags

MAX_PARAM = 6000
MAX_TAG = 8000
HEAD = 200


def record(
    tx: Connection,
    ctx: Context,
    run_seq: int,
    *,
    params: Mapping[str, str] | None = None,
    metrics: Iterable[Measured] = (),
    tags: Mapping[str, str] | None = None,
    replace_params: bool = False,
    new: bool = False,
) -> None:
    """Record on a run in the caller's transaction.

    metrics: (key, value, step, milliseconds since 1970); a point that is there already is silently the same point.
    params are written once: the same value again is fine, another one raises ParamChanged (or, with `replace_params`,
    wins). new: the run was made in this transaction, so nothing of it is ready or packed. Long values are cut as MLflow cuts
    them. Raises BadKey for a name that cannot be used.
    """
    points = list(metrics)
    names = {point[0] for point in points}.union(params or (), tags or ())
    if not names:
        return
    for name in names:
        keys.check(name)
    packed = not new and ready_docs.spoil(tx, ctx, run_seq)
    numbers = keys.intern(tx, ctx, names)
    if points:
        write_points(tx, ctx.db.dialect, {run_seq: points}, numbers, packed={run_seq} if packed else set())
    if params:
        texts_ = {numbers[key]: str(value)[:MAX_PARAM] for key, value in params.items()}
        if replace_params:
            _replace(tx, ctx, params_table, run_seq, texts_)
        else:
            _write_once(tx, ctx, run_seq, texts_, params)
    if tags:
        _replace(tx, ctx, run_tags, run_seq, {numbers[key]: str(value)[:MAX_TAG] for key, value in tags.items()})


def record_points(tx: Connection, ctx: Context, measured: Mapping[int, Sequence[Measured]]) -> None:
    """Record metrics on several runs in the caller's transaction, by the same statements for all of them.

    measured: of each run, by its number. As in `record`: what is there already is the same point. Raises BadKey.
    """
    names = {point[0] for points in measured.values() for point in points}
    if not names:
        return
    for name in names:
        keys.check(name)
    packed = ready_docs.spoil_all(tx, ctx, sorted(measured))
    numbers = keys.intern(tx, ctx, names)
    write_points(tx, ctx.db.dialect, measured, numbers, packed=packed)


def delete_tag(tx: Connection, ctx: Context, run_seq: int, key: str) -> bool:
    """Remove a tag; False when the run has none of this name."""
    ready_docs.spoil(tx, ctx, run_seq)
    number = keys.known(tx, [key]).get(key)
    if number is None:
        return False
    gone = tx.execute(delete(run_tags).where(run_tags.c.run == run_seq, run_tags.c.key == number))
    return bool(gone.rowcount)


def texts(tx: Connection, table: Table, run_seqs: Sequence[int]) -> dict[int, dict[str, str]]:
    """Return the params or tags of runs, in order of name."""
    found: dict[int, dict[str, str]] = {}
    for run, name, value in tx.execute(_texts_of(table), {"runs": run_seqs}).all():
        found.setdefault(run, {})[name] = value
    return {run: dict(sorted(values.items())) for run, values in found.items()}


@lru_cache
def _texts_of(table: Table) -> Select[Any]:
    query = select(table.c.run, names_table.c.name, table.c.value).join(names_table, names_table.c.id == table.c.key)
    return query.where(table.c.run.in_(bindparam("runs", expanding=True)))


def params_of(tx: Connection, run_seqs: Sequence[int]) -> dict[int, dict[str, str]]:
    """Return the params of runs."""
    return texts(tx, params_table, run_seqs)


def tags_of(tx: Connection, run_seqs: Sequence[int]) -> dict[int, dict[str, str]]:
    """Return the tags of runs."""
    return texts(tx, run_tags, run_seqs)


def _rows(run_seq: int, values: Mapping[int, str]) -> list[dict[str, object]]:
    return [{"run": run_seq, "key": key, "value": value, "head": value[:HEAD]} for key, value in sorted(values.items())]


def _replace(tx: Connection, ctx: Context, table: Table, run_seq: int, values: Mapping[int, str]) -> None:
    _replacing(ctx.db.dialect, table).later(tx, *_rows(run_seq, values))


@lru_cache
def _replacing(dialect: str, table: Table) -> Prepared:
    insert = upsert(dialect, table)
    new = {"value": insert.excluded.value, "head": insert.excluded.head}
    return Prepared(insert.on_conflict_do_update(index_elements=["run", "key"], set_=new))


def _write_once(
    tx: Connection, ctx: Context, run_seq: int, values: Mapping[int, str], given: Mapping[str, str]
) -> None:
    insert = ctx.db.upsert(params_table).on_conflict_do_nothing(index_elements=["run", "key"])
    done = tx.execute(insert, _rows(run_seq, values))
    if done.rowcount == len(values):
        return
    stored = params_of(tx, [run_seq]).get(run_seq, {})
    for key, value in given.items():
        new = str(value)[:MAX_PARAM]
        if stored.get(key) != new:
            raise ParamChanged(key, stored.get(key, ""), new)
