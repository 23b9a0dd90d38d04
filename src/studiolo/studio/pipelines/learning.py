"""AutoML in Python: a step that learns from a table and makes `best_model`."""

from pathlib import Path
from typing import Any

from studiolo.studio.experiments.job_files.data import LocalFile
from studiolo.studio.experiments.job_files.snapshot import files as files_of
from studiolo.studio.pipelines.errors import BadPipeline
from studiolo.studio.pipelines.files.automl_steps import MADE
from studiolo.studio.pipelines.writing import Call, Handle, builder, sent

Table = Handle | Call | Path | str
_BOUND = {
    "target": ("target_column_name", "string"),
    "metric": ("primary_metric", "string"),
    "max_trials": ("max_trials", "integer"),
}


def automl(
    training_data: Table,
    target: Handle | str,
    *,
    validation_data: Table | None = None,
    test_data: Table | None = None,
    task: str = "auto",
    metric: Handle | str = "",
    time_limit: float | None = None,
    max_trials: Handle | int | None = None,
    name: str = "automl",
    reuse: bool = True,
    **settings: Any,
) -> Call:
    """Train models on a table; returns the step, whose output `step["best_model"]` is an MLflow model.

    training_data, validation_data, test_data: an output of a step, an input of the pipeline, a path, or a registered table such as
    `"titanic:3"`; time_limit: seconds, an hour unless that or max_trials is given; settings: others of `studio.automl.submit`, such as
    allowed, drop and seed; reuse: whether an earlier result may be taken.
    """
    if time_limit is None and max_trials is None:
        time_limit = 3600.0
    asked: dict[str, Any] = {"task": task, "time_limit": time_limit, **settings}
    inputs: dict[str, Any] = {}
    declares: dict[str, Any] = {}
    for key, value in (("target", target), ("metric", metric), ("max_trials", max_trials)):
        one = value.result if isinstance(value, Call) else value
        if isinstance(one, Handle):
            port, kind = _BOUND[key]
            inputs[port], declares[port] = one.text, {"type": kind}
        elif one not in (None, ""):
            asked[key] = one
    local: dict[str, Path] = {}
    tables = {"training_data": training_data, "validation_data": validation_data, "test_data": test_data}
    for key, table in tables.items():
        if table is not None:
            inputs[key] = _given(key, table)
            if isinstance(table, Path):
                local[key] = table
    step = {"kind": "automl", "automl": asked, "inputs": inputs, "declares": declares, "makes": MADE, "reuse": reuse}
    call = builder().add(name, step, {port: one["type"] for port, one in MADE.items()})
    for key, place in local.items():
        builder().files["steps", call.name, "inputs", key] = [
            LocalFile(None, file, path) for file, path in files_of(place, snapshot=False)
        ]
    return call


def _given(key: str, table: Table) -> Any:
    one = table.result if isinstance(table, Call) else table
    if isinstance(one, Handle):
        return one.text
    if isinstance(one, Path):
        return sent(key, one)[0]
    if not isinstance(one, str):
        raise BadPipeline(
            f"'{key}' is a {type(one).__name__}, and no table.",
            'Give an output of a step, a path, or a registered table such as "titanic:3".',
            field=f"inputs.{key}",
        )
    return {"type": "mltable", "path": one if ":/" in one or one.startswith("azureml:") else f"azureml:{one}"}
