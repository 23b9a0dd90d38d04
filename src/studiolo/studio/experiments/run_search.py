"""Search of runs: MLflow's filter and order in SQL over indexed rows, pages by keyset."""

from collections.abc import Hashable, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    DateTime,
    Double,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    not_,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy import false as never

from studiolo.kernel.context import Context
from studiolo.kernel.mlflow.conditions import Keyset, SortKey, compare, number_condition, text_condition
from studiolo.kernel.mlflow.errors import MlflowError
from studiolo.kernel.mlflow.grammar import LISTS, NUMERIC, TEXT, Comparison, Order
from studiolo.kernel.mlflow.values import EPOCH
from studiolo.studio.experiments import keys, run_walk
from studiolo.studio.experiments.binary_reading import binary_rows
from studiolo.studio.experiments.schemas import TERMINAL
from studiolo.studio.experiments.states import STATUS, status
from studiolo.studio.experiments.tables import STARTED, experiments, runs
from studiolo.studio.experiments.tracking import HEAD
from studiolo.studio.experiments.tracking_tables import (
    input_datasets,
    metric_latest,
    params,
    run_docs,
    run_inputs,
    run_tags,
)

_STATES = sorted({*STATUS, *TERMINAL, "NotStarted", "Queued", "Provisioning", "Preparing", "Starting"})
_URI = "mlflow-artifacts:/" + cast(runs.c.experiment, String) + "/" + runs.c.id + "/artifacts"
ALIASES = {
    "created": "start_time",
    "Created": "start_time",
    "run name": "run_name",
    "Run name": "run_name",
    "Run Name": "run_name",
    "run_uuid": "run_id",
}
_TEXTS: dict[str, Any] = {
    "run_id": runs.c.id,
    "run_name": runs.c.name,
    "user_id": runs.c.user,
    "artifact_uri": _URI,
    "lifecycle_stage": runs.c.lifecycle,
    "experiment_id": cast(runs.c.experiment, String),
    "status": None,
}
_STATUS = case(*((runs.c.state == state, status(state)) for state in _STATES), else_=runs.c.state)
_TIMES = {"start_time": STARTED, "end_time": runs.c.ended_at}
_TABLES = {"parameter": params, "tag": run_tags}
RECORDED = ("metric", "parameter", "tag")
MAX_STATEMENTS = 500  # that are kept, since to build one takes longer than to run it
_statements: dict[Hashable, tuple[Select[Any], Keyset] | list[run_walk.Section]] = {}
CHUNK = 1000  # runs whose rows are read by one query
RUN_ROWS = select(runs, experiments.c.artifact_location, experiments.c.name.label("experiment_name")).join(
    experiments, experiments.c.number == runs.c.experiment
)
_r = runs.c
_ROWS = (
    select(_r.seq, _r.id, _r.name, _r.experiment, _r.user, _r.state)
    # as the driver has them: to make moments aware costs as much as all else of a row
    .add_columns(type_coerce(STARTED, DateTime).label("started"), type_coerce(_r.ended_at, DateTime).label("ended"))
    .add_columns(_r.lifecycle, experiments.c.artifact_location, run_docs.c.doc)
    .join(experiments, experiments.c.number == _r.experiment)
    .outerjoin(run_docs, run_docs.c.run == _r.seq)
)
_BY_SEQ = _ROWS.where(_r.seq.in_(bindparam("seqs", expanding=True)))
_BY_ID = _ROWS.where(_r.id == bindparam("run_id"), _r.workspace_id == bindparam("workspace_id"))


def row(tx: Connection, ctx: Context, run_id: str) -> Any:
    """Return what MLflow's replies show of a run, with its ready document; None when it is not there."""
    return tx.execute(_BY_ID, {"run_id": run_id, "workspace_id": ctx.workspace_id}).first()


def rows(tx: Connection, seqs: Sequence[int]) -> list[Any]:
    """Return the same of several runs, in the order given."""
    if tx.dialect.name == "postgresql":
        found = binary_rows(tx, _ROWS, _r.seq, seqs)
    else:
        found = {}
        for start in range(0, len(seqs), CHUNK):
            found.update((one.seq, one) for one in tx.execute(_BY_SEQ, {"seqs": seqs[start : start + CHUNK]}))
    return [found[seq] for seq in seqs]


def find(
    tx: Connection,
    ctx: Context,
    experiment_ids: list[int] | None,
    lifecycle: str | None,
    filters: list[Comparison],
    orders: list[Order],
    token: str,
    limit: int,
) -> tuple[list[int], str | None]:
    """Return a page of runs by their numbers and the token of the next page. experiment_ids None: of every experiment."""
    named = {c.key for c in filters if c.entity in RECORDED} | {o.key for o in orders if o.entity in RECORDED}
    numbers = keys.committed(tx, ctx, named) if named else {}
    clauses = _clauses(orders)
    led = bool(clauses) and run_walk.leads(clauses[0], numbers)
    scope = run_walk.Scope(ctx.workspace_id, experiment_ids, lifecycle)
    if scope.in_order and not filters and (not clauses or clauses[0] == ("attribute", "start_time", False)):
        few = None  # the first page of a list: an index has it
    else:
        few = run_walk.few(tx, scope, filters, numbers)
    walks = led and few is None
    shape = (walks, _shape(ctx.db.dialect, scope, filters, clauses, numbers, few))
    found = _statements.get(shape)
    if found is None:
        if len(_statements) >= MAX_STATEMENTS:
            _statements.clear()
        made = _walk if walks else _statement
        found = _statements[shape] = made(ctx.db.dialect, scope, filters, clauses, numbers, few)
    values: dict[str, Any] = {"workspace": scope.workspace_id, "experiments": scope.experiments}
    for n, (_, key, _, value) in enumerate(filters):
        values |= {f"k{n}": numbers.get(key), f"v{n}": value, f"h{n}": value[:HEAD] if isinstance(value, str) else ""}
    values |= {f"o{n}": numbers.get(key) for n, (_, key, _) in enumerate(clauses)}
    if isinstance(found, list):
        return run_walk.page(tx, found, token, limit, values)
    query, keyset = found
    rows, following = keyset.page(tx, query, token, limit, values)
    return [one.seq for one in rows], following


def _shape(
    dialect: str,
    scope: run_walk.Scope,
    filters: list[Comparison],
    clauses: list[tuple[str, str, bool]],
    numbers: dict[str, int],
    few: int | None,
) -> Hashable:
    """Return all of a search that its statement depends on, but not the values that are its parameters."""
    compared = [
        (c.entity, c.operator, c.key in numbers, type(c.value), run_walk.exact(c)) if c.entity in RECORDED else c
        for c in filters
    ]
    by = [(e, key in numbers, up) if e in RECORDED else (e, key, up) for e, key, up in clauses]
    own = (dialect, scope.in_order, scope.experiments is None, scope.lifecycle, few)
    return (own, tuple(compared), tuple(by))


def _statement(
    dialect: run_walk.Dialect,
    scope: run_walk.Scope,
    filters: list[Comparison],
    clauses: list[tuple[str, str, bool]],
    numbers: dict[str, int],
    few: int | None,
) -> tuple[Select[Any], Keyset]:
    """Build what finds a page by sorting, with parameters in the place of values."""
    own: Any = None if scope.experiments is None else bindparam("experiments", expanding=True)
    bound = run_walk.Scope(bindparam("workspace", type_=String), own, scope.lifecycle)
    driver = run_walk.driver(few, filters, bound, _bound)
    query = run_walk.within(select(runs.c.seq), dialect, bound, driver, led=False, in_order=scope.in_order)
    places = [n for n in range(len(filters)) if n != few or not run_walk.exact(filters[n])]
    for n in sorted(places, key=lambda n: not run_walk.exact(filters[n])):  # what mostly leaves fewer is asked first
        query = query.where(condition(filters[n], numbers, n, dialect))
    query, sort = _sorted(query, clauses, numbers)
    return query, Keyset(sort)


def _walk(
    dialect: run_walk.Dialect,
    scope: run_walk.Scope,
    filters: list[Comparison],
    clauses: list[tuple[str, str, bool]],
    numbers: dict[str, int],
    _few: int | None,
) -> list[run_walk.Section]:
    """Build what finds a page by following an index, with parameters in the place of values."""
    own: Any = None if scope.experiments is None else bindparam("experiments", expanding=True)
    bound = run_walk.Scope(bindparam("workspace", type_=String), own, scope.lifecycle)
    query = run_walk.within(select(runs.c.seq), dialect, bound, None, led=True, in_order=scope.in_order)
    query = query.where(*(condition(comparison, numbers, n, dialect) for n, comparison in enumerate(filters)))
    query, sort = _sorted(query, clauses, numbers, led=True)
    return run_walk.sections(query, run_walk.lead_of(clauses[0], _bound("o0", None)), sort)


def _bound(name: str, value: Any) -> Any:
    kind: Any = Integer if name[0] in "ko" else Double if isinstance(value, float) else String
    return bindparam(name, type_=kind)


def _sorted(
    query: Select[Any], clauses: list[tuple[str, str, bool]], numbers: dict[str, int], *, led: bool = False
) -> tuple[Select[Any], list[SortKey]]:
    """Add what is sorted by; led: a walk is in the order of the first clause already."""
    sort: list[SortKey] = []
    for n, (entity, key, ascending) in enumerate(clauses):
        if led and n == 0:
            continue
        number = _bound(f"o{n}", None) if key in numbers else -1
        query, more = ordered(query, entity, key, ascending, number)
        sort += more
    asked = {clause[:2] for clause in clauses}
    if ("attribute", "start_time") not in asked:
        sort.append(SortKey(STARTED, ascending=False))
    if ("attribute", "run_id") not in asked:
        sort.append(SortKey(runs.c.id, ascending=True))
    return query, sort


def _clauses(orders: list[Order]) -> list[tuple[str, str, bool]]:
    found: list[tuple[str, str, bool]] = []
    for order in orders:
        key = ALIASES.get(order.key, order.key) if order.entity == "attribute" else order.key
        if any(known[:2] == (order.entity, key) for known in found):
            raise MlflowError(f"`order_by` contains duplicate fields: {[f'{o.entity}.{o.key}' for o in orders]}")
        found.append((order.entity, key, order.ascending))
    return found


def condition(
    comparison: Comparison, numbers: dict[str, int], place: int | None = None, dialect: run_walk.Dialect = "sqlite"
) -> ColumnElement[bool]:
    """Return a comparison as SQL on `runs`; a missing key matches nothing but IS NULL.

    place: of a comparison with a record whose values are the parameters k, v and h of that number.
    """
    entity, key, operator, value = comparison

    def bind(name: str, given: Any) -> Any:
        return given if place is None else _bound(f"{name}{place}", given)

    if entity == "metric":
        return _metric(numbers.get(key), operator, value, bind, dialect)
    if entity in _TABLES:
        return _text(entity, numbers.get(key), operator, value, bind, dialect)
    if entity == "dataset":
        return _dataset(key, operator, value)
    key = ALIASES.get(key, key)
    if key in _TIMES:
        return number_condition(_TIMES[key], operator, value, key)
    if key not in _TEXTS:
        raise MlflowError(
            f"Invalid attribute key '{key}' specified. Valid keys are '{sorted([*_TEXTS, *_TIMES, *ALIASES])}'"
        )
    if operator in LISTS and key != "run_id":
        raise MlflowError("Only ['run_id'] attributes support comparison with a list of quoted string values.")
    if key == "status":
        return runs.c.state.in_([state for state in _STATES if _like(status(state), operator, value)])
    return text_condition(_TEXTS[key], operator, value, "attributes", lists=True)


def _metric(
    number: int | None, operator: str, value: Any, bind: run_walk.Bind, dialect: run_walk.Dialect
) -> ColumnElement[bool]:
    if operator not in NUMERIC:
        raise MlflowError(f"Invalid comparator '{operator}' not one of '{sorted(NUMERIC)}'")
    if not isinstance(value, float):
        raise MlflowError(f"Expected numeric value type for metric. Found {value}")
    if number is None:
        return never()
    m = metric_latest.c
    # the run's own record is wanted, and not looked for among all of that value
    compared = compare(m.value + 0 if dialect == "postgresql" else m.value, operator, bind("v", value))
    real = or_(m.nan == 1, compared) if operator == "!=" else and_(m.nan == 0, compared)
    return run_walk.probe(select(m.run).where(m.run == runs.c.seq, m.key == bind("k", number), real), dialect)


def _text(
    entity: str, number: int | None, operator: str, value: Any, bind: run_walk.Bind, dialect: run_walk.Dialect
) -> ColumnElement[bool]:
    table = _TABLES[entity]
    there = select(table.c.run).where(table.c.run == runs.c.seq, table.c.key == bind("k", number))
    if operator in ("IS NULL", "IS NOT NULL"):
        if number is None:
            return true() if operator == "IS NULL" else never()
        found = run_walk.probe(there, dialect)
        return not_(found) if operator == "IS NULL" else found
    text_condition(table.c.value, operator, value, entity)
    if number is None:
        return never()
    compared = compare(table.c.value, operator, bind("v", value))
    if operator == "=":
        head = table.c.head == bind("h", value[:HEAD])
        compared = head if run_walk.exact(Comparison(entity, "", operator, value)) else and_(head, compared)
    return run_walk.probe(there.where(compared), dialect)


def _dataset(key: str, operator: str, value: Any) -> ColumnElement[bool]:
    columns: dict[str, Any] = {
        "name": input_datasets.c.name,
        "digest": input_datasets.c.digest,
        "context": run_inputs.c.tags["mlflow.data.context"].as_string(),
    }
    if key not in columns:
        raise MlflowError(f"Invalid dataset key '{key}' specified. Valid keys are '{sorted(columns)}'")
    compared = text_condition(columns[key], operator, value, "dataset attributes", lists=True)
    joined = select(run_inputs.c.run).join(input_datasets, input_datasets.c.id == run_inputs.c.dataset)
    return exists(joined.where(run_inputs.c.run == runs.c.seq, compared))


def _like(word: str, operator: str, pattern: Any) -> bool:
    """Compare a status in Python, since rows keep our states."""
    import re

    if operator not in TEXT:
        raise MlflowError(f"Invalid comparator '{operator}' not one of '{sorted(TEXT)}'")
    if not isinstance(pattern, str):
        raise MlflowError(f"Expected a quoted string value for attributes. Got value {pattern}")
    if operator in ("=", "!="):
        return (word == pattern) == (operator == "=")
    expression = "".join({"%": ".*", "_": "."}.get(letter, re.escape(letter)) for letter in pattern)
    return re.fullmatch(expression, word, re.IGNORECASE if operator == "ILIKE" else 0) is not None


def ordered(
    query: Select[Any], entity: str, key: str, ascending: bool, number: Any
) -> tuple[Select[Any], list[SortKey]]:
    """Add what a clause sorts by: first values, then NaN, then runs without one; in either direction. number: of the key."""
    if entity == "metric":
        table = metric_latest.alias()
        on = and_(table.c.run == runs.c.seq, table.c.key == number)
        rank = case((table.c.run.is_(None), 2), (table.c.nan == 1, 1), else_=0)
        value: Any = func.coalesce(table.c.value, 0.0)
        return query.outerjoin(table, on), [SortKey(rank, ascending=True), SortKey(value, ascending)]
    if entity in _TABLES:
        texts = _TABLES[entity].alias()
        on = and_(texts.c.run == runs.c.seq, texts.c.key == number)
        rank = case((texts.c.run.is_(None), 1), else_=0)
        value = func.coalesce(texts.c.head, "")
        return query.outerjoin(texts, on), [SortKey(rank, ascending=True), SortKey(value, ascending)]
    if entity == "attribute" and key == "end_time":
        rank = case((runs.c.ended_at.is_(None), 1), else_=0)
        return query, [
            SortKey(rank, ascending=True),
            SortKey(func.coalesce(runs.c.ended_at, EPOCH), ascending),
        ]
    if entity == "attribute" and key in ("start_time", *_TEXTS):
        column = STARTED if key == "start_time" else _STATUS if key == "status" else _TEXTS[key]
        return query, [SortKey(column, ascending)]
    raise MlflowError(f"Invalid order_by entity '{entity}' with key '{key}'.")
