"""Attributes of runs that our own table knows beyond MLflow's: what they are in SQL, to compare, sort and group by."""

from typing import Any, Literal

from sqlalchemy import ColumnElement, Double, case, extract, func, or_, select, type_coerce

from studiolo.kernel.mlflow.conditions import SortKey, null_condition, number_condition, text_condition
from studiolo.kernel.mlflow.errors import MlflowError
from studiolo.kernel.mlflow.grammar import LISTS, NULLS, Comparison
from studiolo.studio.experiments.tables import STARTED, experiments, runs

Dialect = Literal["sqlite", "postgresql"]
NAME = select(experiments.c.name).where(experiments.c.number == runs.c.experiment).scalar_subquery()
_TEXTS: dict[str, Any] = {
    "kind": runs.c.kind,
    "state": runs.c.state,
    "parent_id": runs.c.parent_id,
    "compute": runs.c.compute,
    "error": runs.c.error,
    "failure": runs.c.failure,
}
# MLflow's own, which we also compare with lists
_LISTED: dict[str, Any] = {"run_name": runs.c.name, "user_id": runs.c.user}
ALIASES = {"name": "run_name", "user": "user_id", "id": "run_id", "started_at": "start_time", "ended_at": "end_time"}
NUMBERS = ("duration", "created_at")
GROUPED: dict[str, Any] = {
    "state": runs.c.state,
    "kind": runs.c.kind,
    "user": runs.c.user,
    "name": runs.c.name,
    "experiment": NAME,
    "compute": runs.c.compute,
    "parent_id": runs.c.parent_id,
}
_MLFLOW = ("run_id", "run_name", "user_id", "status", "start_time", "end_time", "artifact_uri", "lifecycle_stage")
KNOWN = sorted({*_TEXTS, *NUMBERS, *_MLFLOW, "experiment", "experiment_id"})


GROUP_ALIASES = {"user_id": "user", "run_name": "name"}


def duration(dialect: Dialect) -> Any:
    """Return how long a run took, in seconds, NULL while it runs."""
    if dialect == "sqlite":
        return type_coerce((func.julianday(runs.c.ended_at) - func.julianday(STARTED)) * 86400.0, Double)
    return type_coerce(extract("epoch", runs.c.ended_at - STARTED), Double)


def condition(dialect: Dialect, comparison: Comparison) -> ColumnElement[bool] | None:
    """Return a comparison with an attribute of ours as SQL on `runs`, None when it is MLflow's."""
    _, key, operator, value = comparison
    if key == "duration":
        return number_condition(duration(dialect), operator, value, key)
    if key == "created_at":
        return number_condition(runs.c.created_at, operator, value, key)
    if key == "experiment":
        wanted = text_condition(experiments.c.name, operator, value, key, lists=True)
        return runs.c.experiment.in_(select(experiments.c.number).where(wanted))
    if key in _TEXTS or (key in _LISTED and operator in LISTS):
        column = _TEXTS[key] if key in _TEXTS else _LISTED[key]
        if operator in NULLS:
            return null_condition(column, operator)
        compared = text_condition(column, operator, value, key, lists=True)
        # what has no value is not this value: people who exclude a kind of error mean to see runs without one
        return or_(column.is_(None), compared) if operator in ("!=", "NOT IN") else compared
    return None


def order(dialect: Dialect, key: str, ascending: bool) -> list[SortKey] | None:
    """Return what to sort by for an attribute of ours, None when it is MLflow's. Missing values come last."""
    if key == "experiment":
        return [SortKey(type_coerce(NAME, experiments.c.name.type), ascending)]
    if key == "duration":
        seconds = duration(dialect)
        missing = case((runs.c.ended_at.is_(None), 1), else_=0)
        return [SortKey(missing, ascending=True), SortKey(func.coalesce(seconds, 0.0, type_=Double), ascending)]
    if key == "created_at":
        return [SortKey(runs.c.created_at, ascending)]
    if key in _TEXTS:
        column = _TEXTS[key]
        missing = case((column.is_(None), 1), else_=0)
        return [SortKey(missing, ascending=True), SortKey(func.coalesce(column, ""), ascending)]
    return None


def grouped(key: str) -> Any:
    """Return what to group by for an attribute; raises MlflowError."""
    if key not in GROUPED:
        raise MlflowError(f"Runs cannot be grouped by the attribute '{key}'. Valid are {sorted(GROUPED)}")
    return GROUPED[key]
