"""Reads Azure ML v2 parallel jobs and steps (YAML): what is run on each mini-batch, and how the data is cut."""

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.job_files import command
from studiolo.studio.experiments.job_files.document import enum, first_error, mapping, text, unknown
from studiolo.studio.experiments.parallel.schemas import Parallel

_OWN = {
    "task",
    "input_data",
    "mini_batch_size",
    "mini_batch_error_threshold",
    "error_threshold",
    "max_concurrency_per_instance",
    "retry_settings",
    "logging_level",
    "partition_keys",
}
KNOWN = (command.KNOWN - {"command", "distribution", "code", "environment"}) | _OWN
_TASK = {"type", "code", "entry_script", "environment", "program_arguments", "append_row_to", "model"}
_BINDING = r"\$\{\{\s*(?:parent\.)?%s\.([\w.-]+)\s*\}\}"
MODEL = "model"  # the input that a task's model is


def with_model(raw: dict[str, Any]) -> dict[str, Any]:
    """Return the mapping of a parallel job whose task names a model as one that has it among its inputs; raises BadJob."""
    task = mapping(raw, "task")
    given = task.get("model")
    if not given or (isinstance(given, str) and "${{" in given):
        return raw
    inputs = mapping(raw, "inputs")
    if MODEL in inputs:
        raise BadJob(
            "'task.model' names a model, and there is an input 'model' too.",
            "Write `model: ${{inputs.model}}`, or give the input another name.",
            field="task.model",
        )
    about = given if isinstance(given, dict) else {"path": text(given).strip()}
    made = {"type": "custom_model", **{key: about[key] for key in ("path", "type") if about.get(key)}}
    return {**raw, "inputs": {**inputs, MODEL: made}, "task": {**task, "model": f"${{{{inputs.{MODEL}}}}}"}}


def of(
    raw: dict[str, Any], path: Path, places: Mapping[str, str], *, declared: Mapping[str, Any] | None = None
) -> command.CommandJob:
    """Make a job of a parallel job's mapping; raises BadJob, which names the key.

    declared: the inputs as they were written, of a step whose own are filled in later.
    """
    if declared is None:
        raw = with_model(raw)
    task = mapping(raw, "task")
    kind = enum(task.get("type")) or "run_function"
    if kind not in ("run_function", "function"):
        raise BadJob(f"A task of type '{kind}' is not run.", "Write `type: run_function`.", field="task.type")
    script = text(task.get("entry_script")).strip()
    if not script:
        raise BadJob("The task has no script.", "Write `entry_script: score.py`.", field="task.entry_script")
    keys = raw.get("partition_keys") or []
    if not isinstance(keys, list):
        raise BadJob(
            "'partition_keys' is no list of columns.", "Write `partition_keys: [store, brand]`.", field="partition_keys"
        )
    given = {key: value for key, value in raw.items() if key not in _OWN and key not in ("$schema", "type")}
    given |= {key: task[key] for key in ("code", "environment") if task.get(key) is not None}
    given["command"] = f"{shlex.quote(script)} {text(task.get('program_arguments')).strip()}".strip() + " "
    job = command.of({**given, "type": "command"}, path, places)
    job.warnings = [*unknown(raw, KNOWN), *unknown(task, _TASK, "task."), *job.warnings]
    retry = mapping(raw, "retry_settings")
    job.warnings += unknown(retry, {"max_retries", "timeout"}, "retry_settings.")
    data = _bound(raw.get("input_data"), "inputs", "input_data", "the data that is cut")
    target = task.get("append_row_to")
    values = {
        "data": data,
        "append_row_to": _bound(target, "outputs", "task.append_row_to", "where rows go") if target else "",
        "mini_batch_size": raw.get("mini_batch_size"),
        "partition_keys": [text(key) for key in keys] or None,
        "cut": _cut((mapping(raw, "inputs") if declared is None else declared).get(data)),
        "model": _bound(task["model"], "inputs", "task.model", "which input it is") if task.get("model") else None,
        "mini_batch_error_threshold": raw.get("mini_batch_error_threshold"),
        "error_threshold": raw.get("error_threshold"),
        "max_concurrency": raw.get("max_concurrency_per_instance"),
        "max_retries": retry.get("max_retries"),
        "timeout_s": retry.get("timeout"),
        "logging_level": text(raw.get("logging_level")).upper() or None,
    }
    try:
        parallel = Parallel.model_validate({key: value for key, value in values.items() if value is not None})
    except ValueError as error:
        raise BadJob(f"{path}: {first_error(error)}", field="parallel") from None
    if keys and raw.get("mini_batch_size") is not None:
        job.warnings.append("'mini_batch_size' is left out: with 'partition_keys' each group is a mini-batch")
    job.spec = job.spec.model_copy(update={"kind": "parallel", "parallel": parallel})
    return job


def _cut(given: Any) -> str:
    """Return how an input is cut, as far as its declaration says: a table that is mounted or downloaded is a list of files."""
    if not isinstance(given, dict):
        return "auto"
    if enum(given.get("type")) != "mltable":
        return "auto" if given.get("type") is None else "files"
    return "files" if enum(given.get("mode")) in ("ro_mount", "download") else "table"


def _bound(given: Any, family: str, field: str, what: str) -> str:
    found = re.fullmatch(_BINDING % family, text(given).strip())
    if found is None:
        raise BadJob(f"'{field}' does not say {what}.", f"Write {field}: ${{{{{family}.<name>}}}}", field=field)
    return found[1]
