"""Reads schedules of Azure ML v2 (YAML), on the side of the client."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from studiolo.kernel.http import Transport
from studiolo.studio.experiments.client import Experiments
from studiolo.studio.experiments.job_files import automl, command, document, notebook, parallel, spark, sweep
from studiolo.studio.experiments.job_files.document import FileNotThere, enum, mapping, text, unknown
from studiolo.studio.experiments.job_files.kinds import kind_of
from studiolo.studio.pipelines.client import Pipelines
from studiolo.studio.schedules import file_triggers
from studiolo.studio.schedules.errors import BadSchedule

KNOWN = frozenset(
    [
        "$schema",
        "name",
        "version",
        "display_name",
        "description",
        "tags",
        "properties",
        "trigger",
        "create_job",
        "create_monitor",
        "import_data",
        "is_enabled",
        "catch_up",
        "overlap",
    ]
)
_READERS: Mapping[str, Callable[[dict[str, Any], Path, Mapping[str, str]], command.CommandJob]] = {
    "command": command.of,
    "sweep": sweep.of,
    "parallel": parallel.of,
    "notebook": notebook.of,
    "spark": spark.of,
}
_CHANGES = ("settings", "inputs", "outputs", "tags", "experiment_name", "display_name", "compute", "description")


def of(http: Transport, raw: dict[str, Any], path: Path, places: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """Return a schedule as it is sent, and what of the file has no meaning here; files of its job are sent before."""
    name = text(raw.get("name")).strip()
    if not name:
        raise BadSchedule(f"{path} has no name.", "Add `name:`.", field="name")
    for other, where in (("create_monitor", "studiolo datasets monitors"), ("import_data", "studiolo datasets")):
        if raw.get(other) is not None:
            raise BadSchedule(f"'{other}' is no job.", f"Use: {where}.", field=other)
    warnings = unknown(raw, KNOWN)
    warnings += [f"'{key}' is left out" for key in ("version", "tags", "properties", "display_name") if raw.get(key)]
    trigger, more = file_triggers.of(raw)
    target, notes = _target(http, _bound(raw), path, places)
    body: dict[str, Any] = {"name": name, "description": text(raw.get("description")), "trigger": trigger}
    body |= {"target": target}
    if raw.get("is_enabled") is not None:
        body["enabled"] = _truth(raw["is_enabled"])
    body |= {key: enum(raw[key]) for key in ("catch_up", "overlap") if raw.get(key) is not None}
    return body, [*warnings, *more, *notes]


def _bound(raw: Mapping[str, Any]) -> Any:
    """Return `create_job` with what arrives as the input that `data_path_parameter_name` of the trigger names."""
    given, name = raw.get("create_job"), text(mapping(raw, "trigger").get("data_path_parameter_name")).strip()
    if not name:
        return given
    made: dict[str, Any] = dict(given) if isinstance(given, dict) and "job" in given else {"job": given}
    trigger = mapping(raw, "trigger")
    kind = "uri_file" if "dataset" not in trigger and not _truth(trigger.get("batch")) else "uri_folder"
    made["inputs"] = {**mapping(made, "inputs"), name: {"type": kind, "path": "${{trigger.path}}"}}
    return made


def _target(http: Transport, given: Any, path: Path, places: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """Return what `create_job` names: a file, a job that ran, or one that is written there, with its changes."""
    changes: dict[str, Any] = {}
    if isinstance(given, dict) and "job" in given:
        changes = {key: given[key] for key in _CHANGES if given.get(key) is not None}
        warnings = unknown(given, {*_CHANGES, "job", "type"}, "create_job.")
        said_type, given = given.get("type"), given["job"]
        if isinstance(given, dict) and said_type is not None:  # Azure's files say it beside the job
            given = {"type": said_type, **given}
    else:
        warnings = []
    if isinstance(given, dict):
        target, more = _written(http, {str(key): value for key, value in given.items()}, path, changes, places)
        return target, [*warnings, *more]
    said = text(given).strip()
    if not said:
        raise BadSchedule("It has no job.", "Add `create_job:` with a file or a job.", field="create_job")
    if said.startswith("azureml:"):
        return _of_run(http, said.removeprefix("azureml:"), changes), warnings
    file = path.resolve().parent / said.removeprefix("file:")
    if not file.is_file():
        raise FileNotThere(file, "create_job.job")
    target, more = _written(http, document.read(file), file, changes, places)
    return target, [*warnings, *more]


def _written(
    http: Transport, raw: dict[str, Any], path: Path, changes: Mapping[str, Any], places: Mapping[str, str]
) -> tuple[dict[str, Any], list[str]]:
    for key, value in changes.items():
        raw[key] = {**raw[key], **value} if isinstance(value, dict) and isinstance(raw.get(key), dict) else value
    kind = kind_of(raw) or "command"
    if kind == "pipeline":
        spec, warnings = Pipelines(http).prepare_raw(raw, path, places)
        return {"kind": "pipeline", "spec": spec}, warnings
    if kind == "automl":
        raw |= {key: value for key, value in mapping(raw, "inputs").items() if value is not None}  # its table is one
        raw.pop("inputs", None)
        asked, warnings = automl.of(raw, path, places)
        return {"kind": "automl", "spec": asked}, warnings
    if kind not in _READERS:
        raise BadSchedule(
            f"What is of the kind '{kind}' cannot be scheduled.",
            f"Jobs of these kinds can: {', '.join(_READERS)}, automl, pipeline.",
            field="create_job",
        )
    job, warnings = Experiments(http).prepare_job(_READERS[kind](raw, path, places), path.name)
    return {"kind": "job", "spec": job.model_dump(mode="json")}, warnings


def _of_run(http: Transport, run_id: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the target of a run, with literal inputs and other keys of its spec changed."""
    run = http.get(f"experiments/runs/{run_id}")
    pipeline = run["kind"] == "pipeline"
    if run["kind"] == "automl":
        spec = http.get(f"automl/runs/{run_id}")["spec"]
        return {"kind": "automl", "spec": {**spec, **mapping(changes, "inputs")}}
    spec = http.get(f"pipelines/runs/{run_id}/spec" if pipeline else f"experiments/runs/{run_id}/spec")
    for name, value in mapping(changes, "inputs").items():
        put_input(spec, name, value, pipeline=pipeline)
    for name, value in mapping(changes, "outputs").items():
        spec["outputs"][name] = value
    spec["tags"] |= {key: text(value) for key, value in mapping(changes, "tags").items()}
    if changes.get("experiment_name"):
        spec["experiment"] = text(changes["experiment_name"])
    if settings := mapping(changes, "settings"):
        fields = {key: settings[key] for key in known_settings() if key in settings}
        if pipeline:
            spec["settings"] |= fields
    return {"kind": "pipeline" if pipeline else "job", "spec": spec}


def put_input(spec: dict[str, Any], name: str, value: Any, *, pipeline: bool) -> None:
    """Give an input of a spec another value; a text for one that is data is where the data is."""
    now = spec["values"].get(name) if pipeline else spec["data"].get(name)
    data = isinstance(now, dict) or (not pipeline and name in spec.get("inputs", {}))
    if data and isinstance(value, str):
        before = now or {}
        kind = "uri_file" if "trigger.path" in value else "uri_folder"
        if "files" in before:  # sent along with what ran: they make room for the address, their type is the input's
            before, kind = {}, before.get("type", kind)
        value = {**before, "type": kind, "path": value}
    if pipeline:
        spec["values"][name] = value
    elif isinstance(value, dict):
        spec["data"][name] = value
        spec.get("inputs", {}).pop(name, None)
    else:
        spec["params"][name] = document.literal(value)


def known_settings() -> tuple[str, ...]:
    """Return the settings of a pipeline that a schedule may change."""
    return ("default_compute", "continue_on_step_failure", "force_rerun")


def _truth(given: Any) -> bool:
    return bool(given.truth) if isinstance(given, document.Word) else bool(given)
