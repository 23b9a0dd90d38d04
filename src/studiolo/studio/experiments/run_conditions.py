"""MLflow's comparisons and order of runs, in SQL on `runs` and on what runs recorded."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
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
)
from sqlalchemy import false as never

from studiolo.kernel.mlflow.conditions import SortKey, compare, number_condition, text_condition
from studiolo.kernel.mlflow.errors import MlflowError
from studiolo.kernel.mlflow.grammar import LISTS, NUMERIC, TEXT, Comparison
from studiolo.kernel.mlflow.values import EPOCH
from studiolo.studio.experiments import run_walk
from studiolo.studio.experiments.schemas import TERMINAL
from studiolo.studio.experiments.states import STATUS, status
from studiolo.studio.experiments.tables import STARTED, runs
from studiolo.studio.experiments.tracking import HEAD
from studiolo.studio.experiments.tracking_tables import input_datasets, metric_latest, params, run_inputs, run_tags

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


def bound(name: str, value: Any) -> Any:
    """Return a parameter of the type that its name says: k and o of keys' numbers, h and v of values."""
    kind: Any = Integer if name[0] in "ko" else Double if isinstance(value, float) else String
    return bindparam(name, type_=kind)


def condition(
    comparison: Comparison, numbers: dict[str, int], place: int | None = None, dialect: run_walk.Dialect = "sqlite"
) -> ColumnElement[bool]:
    """Return a comparison as SQL on `runs`; a missing key matches nothing but IS NULL.

    place: of a comparison with a record whose values are the parameters k, v and h of that number.
    """
    entity, key, operator, value = comparison

    def bind(name: str, given: Any) -> Any:
        return given if place is None else bound(f"{name}{place}", given)

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
