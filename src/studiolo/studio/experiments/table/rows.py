"""The table of runs: which runs, in which order, with which of their records. Pages by keyset over narrow rows."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, case, func, select

from studiolo.kernel.context import Context
from studiolo.kernel.mlflow.conditions import Keyset, SortKey
from studiolo.kernel.mlflow.errors import MlflowError
from studiolo.kernel.mlflow.grammar import Comparison, identifier, located, parse_order
from studiolo.kernel.paging import Page
from studiolo.studio.experiments import catalog, keys, recycling, repository
from studiolo.studio.experiments.metrics import latest_of
from studiolo.studio.experiments.overview import to_metric
from studiolo.studio.experiments.run_conditions import ALIASES, condition, ordered
from studiolo.studio.experiments.run_search import RUN_ROWS
from studiolo.studio.experiments.schemas import Metric
from studiolo.studio.experiments.table import attributes as run_attributes
from studiolo.studio.experiments.table.schemas import RunCount, RunCountSearch, RunRecord, RunSearch, RunWhere
from studiolo.studio.experiments.tables import STARTED, runs
from studiolo.studio.experiments.tracking import params_of, tags_of
from studiolo.studio.experiments.tracking_tables import metric_latest, params, run_tags

RECORDED = ("metric", "parameter", "tag")
_EXTREME = re.compile(r"\s*(min|max)\s*\((.+)\)\s*(asc|desc)?\s*", re.IGNORECASE | re.DOTALL)


class Clause(NamedTuple):
    """A clause of order_by. of: last (the latest value), min or max of the whole series."""

    entity: str
    key: str
    ascending: bool
    of: str = "last"


class Columns(NamedTuple):
    """What of the records is sent, by name; None: all of a family."""

    params: frozenset[str] | None
    metrics: frozenset[str] | None
    tags: frozenset[str] | None


def search(ctx: Context, wanted: RunSearch) -> Page[RunRecord]:
    """Return a page of a table of runs. Raises MlflowError, which points at what of the filter cannot be read."""
    with ctx.db.read() as tx:
        return page(tx, ctx, wanted)


def page(tx: Connection, ctx: Context, wanted: RunSearch) -> Page[RunRecord]:
    """Return a page within a transaction of the caller's."""
    seqs, token = numbers_of(tx, ctx, wanted)
    return Page(items=_records(tx, ctx, seqs, columns(wanted.columns), children=wanted.children), next=token)


def numbers_of(tx: Connection, ctx: Context, wanted: RunSearch) -> tuple[list[int], str | None]:
    """Return the numbers of the runs of a page, in its order, and the token of the next page."""
    clauses = [clause(text) for text in wanted.order_by]
    numbers = keys.known(tx, [c.key for c in clauses if c.entity in RECORDED])
    query = narrowed(tx, ctx, select(runs.c.seq), wanted)
    sort: list[SortKey] = []
    seen: set[tuple[str, str, str]] = set()
    for one in clauses:
        if (one.entity, one.key, one.of) in seen:
            raise MlflowError(f"`order_by` contains duplicate fields: {wanted.order_by}")
        seen.add((one.entity, one.key, one.of))
        query, more = _sorted(query, ctx.db.dialect, one, numbers)
        sort += more
    if ("attribute", "start_time", "last") not in seen:
        sort.append(SortKey(STARTED, ascending=False))
    if ("attribute", "run_id", "last") not in seen:
        sort.append(SortKey(runs.c.id, ascending=True))
    if wanted.skip:
        query = query.offset(wanted.skip)
    found, token = Keyset(sort).page(tx, query, wanted.cursor or "", wanted.limit)
    return [row.seq for row in found], token


def count(ctx: Context, wanted: RunCountSearch) -> RunCount:
    """Return how many runs match."""
    with ctx.db.read() as tx:
        query = narrowed(tx, ctx, select(func.count()).select_from(runs), wanted)
        if wanted.after is not None:
            query = query.where(runs.c.seq > wanted.after)
        newest = select(func.max(runs.c.seq)).where(runs.c.workspace_id == ctx.workspace_id)
        return RunCount(total=tx.execute(query).scalar_one(), mark=tx.execute(newest).scalar_one() or 0)


def narrowed(tx: Connection, ctx: Context, query: Select[Any], where: RunWhere) -> Select[Any]:
    """Narrow a query on `runs` to those that match."""
    query = query.where(runs.c.workspace_id == ctx.workspace_id)
    if where.experiments:
        numbers = [catalog.find(tx, ctx, experiment_id).number for experiment_id in dict.fromkeys(where.experiments)]
        query = query.where(runs.c.experiment.in_(numbers))
    if where.lifecycle != "all":
        query = query.where(runs.c.lifecycle == where.lifecycle)
    if where.parent_id is not None:
        query = query.where(runs.c.parent_id == where.parent_id)
    elif where.top_level:
        query = query.where(runs.c.parent_id.is_(None))
    comparisons = located(where.filter)
    names = keys.known(tx, [one.comparison.key for one in comparisons if one.comparison.entity in RECORDED])
    for one in comparisons:
        try:
            query = query.where(_condition(ctx, one.comparison, names))
        except MlflowError as error:
            error.extra.setdefault("position", one.start)
            error.extra.setdefault("length", one.end - one.start)
            raise
    return query


def clause(text: str) -> Clause:
    """Read a clause of order_by: MLflow's, or `min(metrics.loss) ASC`."""
    match = _EXTREME.fullmatch(text)
    if match is None:
        order = parse_order(text)
        key = order.key
        if order.entity == "attribute":
            key = run_attributes.ALIASES.get(key, ALIASES.get(key, key))
        return Clause(order.entity, key, order.ascending)
    entity, key = identifier(match[2].strip())
    if entity != "metric":
        raise MlflowError(
            f"Invalid order_by clause '{text[:200]}'. {match[1]}() takes a metric: {match[1]}(metrics.loss)."
        )
    return Clause("metric", key, (match[3] or "asc").lower() == "asc", match[1].lower())


def columns(names: Sequence[str] | None) -> Columns:
    """Read what to send; raises MlflowError for a column that is no `params.x`, `metrics.x` or `tags.x`."""
    if names is None:
        return Columns(None, None, None)
    found: dict[str, set[str]] = {
        "parameter": set(),
        "metric": set(),
        "tag": set(),
        "attribute": set(),
        "dataset": set(),
    }
    for name in names:
        match = _EXTREME.fullmatch(name)
        entity, key = identifier(match[2].strip() if match else name)
        found[entity].add(key)
    return Columns(frozenset(found["parameter"]), frozenset(found["metric"]), frozenset(found["tag"]))


def _condition(ctx: Context, comparison: Comparison, names: dict[str, int]) -> Any:
    if comparison.entity != "attribute":
        return condition(comparison, names)
    key = run_attributes.ALIASES.get(comparison.key, ALIASES.get(comparison.key, comparison.key))
    if key not in run_attributes.KNOWN:
        raise MlflowError(
            f"Invalid attribute key '{comparison.key}' specified. Valid keys are '{run_attributes.KNOWN}'"
        )
    known = comparison._replace(key=key)
    own = run_attributes.condition(ctx.db.dialect, known)
    return condition(known, names) if own is None else own


def _sorted(
    query: Select[Any], dialect: run_attributes.Dialect, one: Clause, numbers: dict[str, int]
) -> tuple[Select[Any], list[SortKey]]:
    if one.of != "last":
        table = metric_latest.alias()
        column = table.c.low if one.of == "min" else table.c.high
        on = and_(table.c.run == runs.c.seq, table.c.key == numbers.get(one.key, -1))
        missing = case((column.is_(None), 1), else_=0)
        keys_ = [SortKey(missing, ascending=True), SortKey(func.coalesce(column, 0.0), one.ascending)]
        return query.outerjoin(table, on), keys_
    if one.entity == "attribute":
        own = run_attributes.order(dialect, one.key, one.ascending)
        if own is not None:
            return query, own
    return ordered(query, one.entity, one.key, one.ascending, numbers.get(one.key, -1))


def _records(tx: Connection, ctx: Context, seqs: Sequence[int], wanted: Columns, *, children: bool) -> list[RunRecord]:
    rows = {row.seq: row for row in tx.execute(RUN_ROWS.where(runs.c.seq.in_(seqs)))} if seqs else {}
    texts = params_of(tx, seqs) if wanted.params is None else _texts(tx, params, seqs, wanted.params)
    tags = tags_of(tx, seqs) if wanted.tags is None else _texts(tx, run_tags, seqs, wanted.tags)
    metrics = _metrics(tx, seqs, wanted.metrics)
    below = _children(tx, [rows[seq].id for seq in seqs]) if children else {}
    found = recycling.dated(ctx, [repository.to_run(rows[seq]) for seq in seqs])
    return [
        RunRecord(
            run=run,
            params=texts.get(seq, {}),
            metrics=metrics.get(seq, {}),
            tags=tags.get(seq, {}),
            children=below.get(run.id, 0),
        )
        for seq, run in zip(seqs, found, strict=True)
    ]


def _texts(tx: Connection, table: Any, seqs: Sequence[int], names: Iterable[str]) -> dict[int, dict[str, str]]:
    numbers = {number: name for name, number in keys.known(tx, names).items()}
    found: dict[int, dict[str, str]] = {}
    if numbers and seqs:
        query = select(table.c.run, table.c.key, table.c.value).where(table.c.run.in_(seqs), table.c.key.in_(numbers))
        for run, key, value in tx.execute(query):
            found.setdefault(run, {})[numbers[key]] = value
    return found


def _metrics(tx: Connection, seqs: Sequence[int], names: frozenset[str] | None) -> dict[int, dict[str, Metric]]:
    if not seqs or names == frozenset():
        return {}
    every = latest_of(tx, seqs, names)
    return {run: {item.key: to_metric(item) for item in series} for run, series in every.items()}


def _children(tx: Connection, run_ids: Sequence[str]) -> dict[str, int]:
    query = select(runs.c.parent_id, func.count()).where(runs.c.parent_id.in_(run_ids), runs.c.lifecycle == "active")
    return {str(row[0]): int(row[1]) for row in tx.execute(query.group_by(runs.c.parent_id))}
