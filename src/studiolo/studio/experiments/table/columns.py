"""What a table of runs can show and compare: names of params, metrics and tags, and their usual values.

Names are counted in a sample when there are many runs: the newest, and some of each time before. A name that only few runs
have is found by a part of it (`text`), which looks at all of them.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, Table, exists, func, select

from studiolo.kernel.context import Context
from studiolo.kernel.mlflow.grammar import identifier
from studiolo.studio.experiments import catalog, keys
from studiolo.studio.experiments.table import attributes as run_attributes
from studiolo.studio.experiments.table.schemas import ColumnName, ColumnValues, RunColumns
from studiolo.studio.experiments.tables import runs
from studiolo.studio.experiments.tracking_tables import keys as names_table
from studiolo.studio.experiments.tracking_tables import metric_latest, params, run_tags

SAMPLE = 1000
MOST = 500  # names of a family
VALUES = 50
_RARE = 50


def columns(ctx: Context, experiments: Sequence[str] = (), text: str = "") -> RunColumns:
    """Return the names that active runs of some experiments (none: of all) have, those of most runs without a parent first."""
    with ctx.db.read() as tx:
        where = _where(tx, ctx, experiments)
        total = tx.execute(select(func.count()).select_from(runs).where(*where)).scalar_one()
        seqs = _sample(tx, where, total)
        children = list(
            tx.execute(select(runs.c.seq).where(runs.c.seq.in_(seqs), runs.c.parent_id.is_not(None))).scalars()
        )
        found = {table.name: _names(tx, table, seqs, children, text) for table in (params, metric_latest, run_tags)}
        if text:
            for table in (params, metric_latest, run_tags):
                found[table.name] += _rare(tx, table, where, text, {one.name for one in found[table.name]})
        return RunColumns(
            params=found["params"],
            metrics=found["metric_latest"],
            tags=found["run_tags"],
            users=_plain(tx, runs.c.user, seqs),
            kinds=_plain(tx, runs.c.kind, seqs),
            states=_plain(tx, runs.c.state, seqs),
            runs=total,
            looked_at=len(seqs),
        )


def values(ctx: Context, of: str, experiments: Sequence[str] = (), text: str = "") -> ColumnValues:
    """Return the values that a sample of runs has most often for `params.x`, `tags.x` or `attributes.x`."""
    entity, key = identifier(of.strip())
    with ctx.db.read() as tx:
        where = _where(tx, ctx, experiments)
        total = tx.execute(select(func.count()).select_from(runs).where(*where)).scalar_one()
        seqs = _sample(tx, where, total)
        if entity in ("parameter", "tag"):
            table = params if entity == "parameter" else run_tags
            query = select(table.c.head, func.count()).where(
                table.c.run.in_(seqs), table.c.key == keys.known(tx, [key]).get(key, -1)
            )
            column: Any = table.c.head
        elif entity == "attribute":
            column = run_attributes.grouped(run_attributes.GROUP_ALIASES.get(key, key))
            query = select(column, func.count()).select_from(runs).where(runs.c.seq.in_(seqs), column.is_not(None))
        else:
            return ColumnValues(values=[])
        if text:
            query = query.where(column.icontains(text, autoescape=True))
        query = query.group_by(column).order_by(func.count().desc(), column).limit(VALUES)
        return ColumnValues(values=[ColumnName(name=name, runs=number) for name, number in tx.execute(query)])


def every(tx: Connection, query: Select[Any]) -> dict[str, list[str]]:
    """Return all names under which the runs of a query of `runs.seq` recorded something, by family, in order of name."""
    chosen = query.subquery()
    found = {}
    for family, table in (("params", params), ("metrics", metric_latest), ("tags", run_tags)):
        used = select(table.c.key).join(chosen, chosen.c.seq == table.c.run).distinct().subquery()
        names = select(names_table.c.name).join(used, used.c.key == names_table.c.id)
        found[family] = sorted(tx.execute(names).scalars())
    return found


def _where(tx: Connection, ctx: Context, experiments: Sequence[str]) -> list[Any]:
    where: list[Any] = [runs.c.workspace_id == ctx.workspace_id, runs.c.lifecycle == "active"]
    if experiments:
        numbers = [catalog.find(tx, ctx, experiment_id).number for experiment_id in dict.fromkeys(experiments)]
        where.append(runs.c.experiment.in_(numbers))
    return where


def _sample(tx: Connection, where: Sequence[Any], total: int) -> list[int]:
    """Return the newest runs and, of those before, each k-th."""
    newest = select(runs.c.seq).where(*where).order_by(runs.c.seq.desc()).limit(SAMPLE // 2)
    found = set(tx.execute(newest).scalars())
    every_nth = max(1, total // (SAMPLE // 2))
    spread = select(runs.c.seq).where(*where, runs.c.seq % every_nth == 0).limit(SAMPLE // 2)
    return sorted(found | set(tx.execute(spread).scalars()))


def _names(tx: Connection, table: Table, seqs: Sequence[int], children: Sequence[int], text: str) -> list[ColumnName]:
    """Return names with the number of runs that have them. A list has no children until one asks for them: what only they have comes last."""
    used = _used(table, seqs).subquery()
    query = select(names_table.c.id, names_table.c.name, used.c.runs).join(used, used.c.key == names_table.c.id)
    if text:
        query = query.where(names_table.c.name.icontains(text, autoescape=True))
    found = tx.execute(query).all()
    below = {row[0]: row[1] for row in tx.execute(_used(table, children))} if children else {}
    found = sorted(found, key=lambda one: (below.get(one.id, 0) - one.runs, -one.runs, one.name))
    return [ColumnName(name=name, runs=number) for _, name, number in found[:MOST]]


def _used(table: Table, seqs: Sequence[int]) -> Select[Any]:
    return select(table.c.key, func.count().label("runs")).where(table.c.run.in_(seqs)).group_by(table.c.key)


def _rare(tx: Connection, table: Table, where: Sequence[Any], text: str, known: set[str]) -> list[ColumnName]:
    """Return further names that hold the text and that some run has; how many is not counted: 1 stands for some."""
    like = names_table.c.name.icontains(text, autoescape=True)
    there = exists(
        select(table.c.run).join(runs, runs.c.seq == table.c.run).where(table.c.key == names_table.c.id, *where)
    )
    query = select(names_table.c.name).where(like, names_table.c.name.not_in(sorted(known)), there)
    found = tx.execute(query.order_by(names_table.c.name).limit(_RARE)).scalars()
    return [ColumnName(name=name, runs=1) for name in found]


def _plain(tx: Connection, column: Any, seqs: Sequence[int]) -> list[ColumnName]:
    query = select(column, func.count()).where(runs.c.seq.in_(seqs), column != "").group_by(column)
    rows = tx.execute(query.order_by(func.count().desc(), column).limit(VALUES))
    return [ColumnName(name=name, runs=number) for name, number in rows]
