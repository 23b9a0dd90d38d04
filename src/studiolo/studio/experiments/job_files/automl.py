"""Reads Azure ML v2 AutoML jobs for tables (YAML): what is asked of `studiolo automl submit`, as that takes it."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.job_files.data import mapped
from studiolo.studio.experiments.job_files.document import enum, mapping, text, unknown

_TASKS = ("classification", "regression")
_LEARNERS = {
    "random_forest": "random_forest",
    "extreme_random_trees": "extra_trees",
    "light_gbm": "lightgbm",
    "gradient_boosting": "hist_gradient_boosting",
    "xg_boost_classifier": "xgboost",
    "xg_boost_regressor": "xgboost",
    "logistic_regression": "linear",
    "elastic_net": "linear",
    "cat_boost": "catboost",
}  # by Azure's names
_OWN = frozenset(_LEARNERS.values())
_LEFT = frozenset(
    [
        "description", "tags", "properties", "services", "identity", "queue_settings", "resources", "featurization", "validation_data",
        "validation_data_size", "test_data", "test_data_size", "n_cross_validations", "cv_split_column_names", "weight_column_name",
        "positive_label", "log_verbosity", "environment", "environment_variables", "inputs",
    ]
)  # fmt: skip
TAKEN = frozenset(
    [
        "$schema", "type", "name", "display_name", "experiment_name", "task", "primary_metric", "target_column_name", "training_data",
        "limits", "training", "compute", "outputs", "seed", "drop_columns",
    ]
)  # fmt: skip
KNOWN = TAKEN | _LEFT
_LIMITS = ("timeout_minutes", "max_trials", "max_cores_per_trial")
_TRAINING = ("allowed_training_algorithms", "blocked_training_algorithms")
_MINUTES = 60.0  # of a job that says neither time nor trials; Azure's are six hours


def of(raw: Mapping[str, Any], path: Path, places: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """Return what is asked, and what of the file has no meaning here; raises BadJob, which names the key.

    The table is a registered dataset. places: folders of this machine for beginnings of addresses, none of which can be one.
    """
    asked, notes = settings(raw)
    return {"dataset": _dataset(raw.get("training_data"), path, places), **asked}, notes


def settings(raw: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the same without the table, whatever that is; raises BadJob, which names the key."""
    task = enum(raw.get("task")) or "auto"
    if task not in (*_TASKS, "auto"):
        raise BadJob(f"AutoML here has no task '{task}'.", f"It has: {', '.join(_TASKS)}.", field="task")
    target = text(raw.get("target_column_name")).strip()
    if not target:
        raise BadJob("The job names no column to learn.", "Add `target_column_name:`.", field="target_column_name")
    training, limits = mapping(raw, "training"), mapping(raw, "limits")
    notes = unknown(raw, KNOWN) + [f"'{key}' is left out" for key in sorted(_LEFT & raw.keys()) if raw[key]]
    notes += [f"'limits.{key}' is left out" for key in sorted(limits.keys() - {*_LIMITS})]
    notes += [f"'training.{key}' is left out" for key in sorted(training.keys() - {*_TRAINING})]
    if (where := text(raw.get("compute")).strip().removeprefix("azureml:")) not in ("", "local", "serverless"):
        notes.append(f"'compute: {where}' is left out: AutoML runs on the studio's machine")
    chosen: dict[str, list[str]] = {}
    for key, field in zip(_TRAINING, ("allowed", "blocked"), strict=True):
        chosen[field], more = _learners(training.get(key) or [], f"training.{key}")
        notes += more
    seconds, trials = _number(limits, "timeout_minutes"), _number(limits, "max_trials")
    if seconds is None and trials is None:
        seconds = _MINUTES
        notes.append("'limits' says neither 'timeout_minutes' nor 'max_trials': an hour is taken")
    asked: dict[str, Any] = {
        "target": target,
        "task": task,
        "metric": text(raw.get("primary_metric")).strip(),
        "time_limit": None if seconds is None else seconds * 60.0,
        "max_trials": None if trials is None else int(trials),
        "experiment": text(raw.get("experiment_name")).strip(),
        "name": text(raw.get("display_name") or raw.get("name")).strip(),
        "drop": [text(one) for one in raw.get("drop_columns") or []],
        "model": text(mapping(mapping(raw, "outputs"), "best_model").get("name")).strip(),
        **chosen,
    }
    if (cores := _number(limits, "max_cores_per_trial")) is not None and cores >= 1:  # -1: all
        asked["cores"] = int(cores)
    if raw.get("seed") is not None:
        asked["seed"] = int(_number(raw, "seed") or 0)
    return asked, notes


def _dataset(given: Any, path: Path, places: Mapping[str, str]) -> str:
    """Return the dataset that a file names as its table."""
    where = text(given.get("path") if isinstance(given, dict) else given).strip()
    if not where:
        raise BadJob("The job has no table to learn from.", "Add `training_data:` with a path.", field="training_data")
    if "${{" in where or (where.startswith("azureml:") and not where.startswith("azureml:/")):
        return where.removeprefix("azureml:").replace("@latest", "")
    place = mapped(where, places) or path.resolve().parent / where.removeprefix("file:")
    raise BadJob(
        f"AutoML learns from a registered dataset, and '{where[:200]}' is none.",
        f"Register it: studiolo datasets create {place}; then write path: azureml:NAME or azureml:NAME:VERSION.",
        field="training_data.path",
    )


def _learners(given: Iterable[Any], field: str) -> tuple[list[str], list[str]]:
    """Return learners of ours by Azure's names; one that there is none of is left out, and refused where nothing else is named."""
    if isinstance(given, str):
        given = [given]
    found, notes, asked = list[str](), list[str](), [enum(one) for one in given]
    for name in asked:
        if (ours := _LEARNERS.get(name) or (name if name in _OWN else "")) and ours not in found:
            found.append(ours)
        elif not ours:
            notes.append(f"'{field}: {name}' is left out: there is no such learner here")
    if asked and not found and "allowed" in field:
        raise BadJob(
            f"None of {', '.join(asked)} is a learner here.", f"There are: {', '.join(sorted(_OWN))}.", field=field
        )
    return found, notes


def _number(raw: Mapping[str, Any], key: str) -> float | None:
    try:
        return None if raw.get(key) is None else float(text(raw[key]))
    except ValueError:
        raise BadJob(f"'{key}' must be a number, not '{text(raw[key])[:50]}'.", field=key) from None
