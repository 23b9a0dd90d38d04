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


def of(raw: dict[str, Any], path: Path, places: Mapping[str, str]) -> command.CommandJob:
    """Make a job of a parallel job's mapping; raises BadJob, which names the key."""
    task = mapping(raw, "task")
    kind = enum(task.get("type")) or "run_function"
    if kind not in ("run_function", "function"):
        raise BadJob(f"A task of type '{kind}' is not run.", "Write `type: run_function`.", field="task.type")
    script = text(task.get("entry_script")).strip()
    if not script:
        raise BadJob("The task has no script.", "Write `entry_script: score.py`.", field="task.entry_script")
    if raw.get("partition_keys"):
        raise BadJob(
            "Data is not cut by 'partition_keys'.",
            "Leave it out, and say how many files a mini-batch has: `mini_batch_size: 10`.",
            field="partition_keys",
        )
    given = {key: value for key, value in raw.items() if key not in _OWN and key not in ("$schema", "type")}
    given |= {key: task[key] for key in ("code", "environment") if task.get(key) is not None}
    given["command"] = f"{shlex.quote(script)} {text(task.get('program_arguments')).strip()}".strip() + " "
    job = command.of({**given, "type": "command"}, path, places)
    job.warnings = [*unknown(raw, KNOWN), *unknown(task, _TASK, "task."), *job.warnings]
    if task.get("model"):
        job.warnings.append("'task.model' is left out: give the model as an input")
    retry = mapping(raw, "retry_settings")
    job.warnings += unknown(retry, {"max_retries", "timeout"}, "retry_settings.")
    data = _bound(raw.get("input_data"), "inputs", "input_data", "the data that is cut")
    target = task.get("append_row_to")
    values = {
        "data": data,
        "append_row_to": _bound(target, "outputs", "task.append_row_to", "where rows go") if target else "",
        "mini_batch_size": raw.get("mini_batch_size"),
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
    cut = mapping(raw, "inputs").get(data)
    if isinstance(cut, dict) and enum(cut.get("type")) == "mltable":
        job.warnings.append(f"'inputs.{data}' is cut by its files: rows of a table are not")
    job.spec = job.spec.model_copy(update={"kind": "parallel", "parallel": parallel})
    return job


def _bound(given: Any, family: str, field: str, what: str) -> str:
    found = re.fullmatch(_BINDING % family, text(given).strip())
    if found is None:
        raise BadJob(f"'{field}' does not say {what}.", f"Write {field}: ${{{{{family}.<name>}}}}", field=field)
    return found[1]
