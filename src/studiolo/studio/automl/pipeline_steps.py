"""AutoML as a step of a pipeline: what is wrong with one, and the job that it is once its tables are there.

What runs pipelines is below this slice and asks for the module by its name (`pipelines/led_above.py`). The step's inputs are its tables,
and those of its settings that are bound to something; its output `best_model` is an MLflow model.
"""

import json
import sys
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.studio.automl import service
from studiolo.studio.automl.errors import AutoMLError
from studiolo.studio.automl.schemas import AutoMLSpec
from studiolo.studio.datasets import service as datasets
from studiolo.studio.datasets.schemas import DatasetVersion
from studiolo.studio.experiments.job_schemas import DataInput
from studiolo.studio.experiments.schemas import JobSpec

KIND = service.KIND
NEEDED = "automl.write"
TRAINING, VALIDATION, TEST = "training_data", "validation_data", "test_data"
TABLES = (TRAINING, VALIDATION, TEST)
SETTINGS = {"target_column_name": "target", "primary_metric": "metric", "max_trials": "max_trials"}  # by inputs
MINUTES = "timeout_minutes"
MODEL = "best_model"
_INPUTS = (*TABLES, *SETTINGS, MINUTES)
_OF_OTHERS = {
    "dataset": "Bind its input `training_data`.",
    "split": "Name the part with the table: azureml:titanic:3@train",
    "experiment": "It is in that of its pipeline.",
    "name": "It is called as its step.",
    "model": "Name its output: outputs.best_model.name",
}  # of a submission
_NO_PART = ("dataset", "split", "experiment", "name", "model", "cores")  # of what comes out
_FIELDS = {
    "target": "target_column_name",
    "metric": "primary_metric",
    "time_limit": "limits.timeout_minutes",
    "max_trials": "limits.max_trials",
    "cores": "limits.max_cores_per_trial",
    "allowed": "training.allowed_training_algorithms",
    "blocked": "training.blocked_training_algorithms",
    "drop": "drop_columns",
}  # as a file has them


def problems(
    ctx: Context, asked: Mapping[str, Any], inputs: Collection[str], data: Mapping[str, DataInput]
) -> Iterator[tuple[str, str, str]]:
    """Yield field, sentence and hint of what is wrong with a step. inputs: names of its inputs; data: tables that are known by now."""
    if TRAINING not in inputs:
        yield TRAINING, "there is no table to learn from.", f"Add `{TRAINING}:`, bound to an output or an input."
    for name in inputs:
        if name not in _INPUTS:
            yield f"inputs.{name}", f"AutoML takes no '{name}'.", f"It takes: {', '.join(_INPUTS)}."
    bound = {ours: "AUC_weighted" if ours == "metric" else "1" for name, ours in SETTINGS.items() if name in inputs}
    limit = {"time_limit": 3600.0} if MINUTES in inputs else {}
    try:
        spec = _spec({**asked, **bound, **limit}, "")
        checked = spec if "metric" not in bound else spec.model_copy(update={"metric": ""})
        service.check_settings(ctx, checked)
        table = data.get(TRAINING)
        version = _version(ctx, table) if table is not None else None
        if version is not None and "target" not in bound:
            service.check_table(ctx, checked, version)
    except StudioloError as error:
        field = _FIELDS.get(error.field or "", error.field or "automl")
        yield field, error.detail, error.hint or ""


def job(ctx: Context, asked: Mapping[str, Any], spec: JobSpec, labels: Mapping[str, str]) -> JobSpec:
    """Return the job of a step. spec: with its tables as files or data, and bound settings as params; labels: of inputs, to be read.

    Raises what is wrong with the settings, and with a table that is a registered dataset.
    """
    given = {ours: spec.params[name] for name, ours in SETTINGS.items() if name in spec.params}
    if MINUTES in spec.params:
        given["time_limit"] = str(60.0 * float(spec.params[MINUTES]))
    label = labels.get(TRAINING, TRAINING)
    settled = _spec({**asked, **given}, label)
    service.check_settings(ctx, settled)
    data, inputs, sources = dict(spec.data), dict(spec.inputs), dict[str, str]()
    for name in TABLES:
        if name not in data:
            continue
        version = _version(ctx, data[name])
        if version is None:
            data[name] = _as_table(data[name])
            continue
        if name == TRAINING:
            service.check_table(ctx, settled, version)
            label = version.reference
        del data[name]
        inputs[name] = datasets.as_input(ctx, version)  # with the schema that it was registered with
        sources[name] = datasets.lineage_reference(version)
    settled = settled.model_copy(update={"dataset": label})
    tables = {name: name in sources for name in TABLES if name in data or name in inputs}
    changes = {
        "command": [sys.executable, "-m", "studiolo.studio.automl.jobs"],
        "data": data,
        "inputs": inputs,
        "compute": "local",
        "params": {"dataset": label},
        "env": {"STUDIOLO_AUTOML": settled.model_dump_json(), "STUDIOLO_AUTOML_TABLES": json.dumps(tables)},
        "resources": service.resources(ctx, settled),
        "context": {
            **spec.context,
            "spec": settled.model_dump(mode="json"),
            "dataset": label,
            "sources": sources,
            service.OF_PIPELINE: True,
        },
    }
    return spec.model_copy(update=changes)


def decisive(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that what comes out depends on; bound ones are parameters of the step."""
    return {name: value for name, value in asked.items() if name not in _NO_PART}


def _spec(asked: Mapping[str, Any], dataset: str) -> AutoMLSpec:
    for field, instead in _OF_OTHERS.items():
        if asked.get(field):
            raise AutoMLError(f"A step has no setting '{field}'.", instead, field=field)
    try:
        return AutoMLSpec.model_validate({**asked, "dataset": dataset})
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise AutoMLError(f"{field}: {first['msg']}", "See: studiolo automl submit --help", field=field) from None


def _version(ctx: Context, given: DataInput) -> DatasetVersion | None:
    """Return the registered table that an input is, None for other data, and for a part of one, whose rows the job is given."""
    reference = given.path.removeprefix("azureml:").removesuffix("@latest")
    if not given.path.startswith("azureml:") or reference.startswith("/") or "@" in reference:
        return None
    version = datasets.resolve(ctx, reference)
    return version if version.kind == "tabular" else None


def _as_table(given: DataInput) -> DataInput:
    part = given.path.startswith("azureml:") and "@" in given.path.removesuffix("@latest")
    return given.model_copy(update={"type": "mltable"}) if part else given
