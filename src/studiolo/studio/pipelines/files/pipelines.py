"""Pipeline jobs from YAML."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studiolo.studio.experiments.job_files import data
from studiolo.studio.experiments.job_files.document import enum, mapping, text, unknown
from studiolo.studio.pipelines import typing_rules
from studiolo.studio.pipelines.errors import BadPipeline
from studiolo.studio.pipelines.files import reading, steps
from studiolo.studio.pipelines.files.reading import LITERALS, Found, Slot

KNOWN = frozenset(
    [
        "$schema",
        "type",
        "name",
        "display_name",
        "experiment_name",
        "description",
        "tags",
        "properties",
        "inputs",
        "outputs",
        "jobs",
        "settings",
        "compute",
        "component",
        "services",
        "identity",
        "priority",
        "queue_settings",
    ]
)
_SETTINGS = ("default_datastore", "default_compute", "continue_on_step_failure", "force_rerun")


def of(raw: dict[str, Any], path: Path, places: Mapping[str, str]) -> tuple[dict[str, Any], Found]:
    """Read a pipeline job; returns it as it is sent, and what is sent before.

    Raises BadPipeline, BadJob, which name step and field; where several things are wrong, one BadPipeline with all of them.
    """
    spec, found = gathered(raw, path, places)
    found.refuse()
    return spec, found


def gathered(raw: dict[str, Any], path: Path, places: Mapping[str, str]) -> tuple[dict[str, Any], Found]:
    """Read as `of` does, and tell in `Found.wrong` what cannot be read; what is returned is then not whole."""
    found = Found(places=places, read=(path.resolve(),))
    found.warnings += unknown(raw, KNOWN)
    found.warnings += [f"'{key}' is left out" for key in ("services", "identity", "queue_settings") if raw.get(key)]
    ports, values = _inputs(raw, path, found)
    made: dict[str, Any] = {}
    with found.telling():
        if raw.get("component") is not None:
            made = _whole(raw, path, found, ports)
        else:
            made = graph(raw, path, found, ("graph",))
            made["inputs"] = ports
    outputs = {}
    for name, given in mapping(raw, "outputs").items():
        if isinstance(given, dict) and (given.get("path") or given.get("name")):
            with found.telling():
                outputs[name] = data.output(name, given, found.warnings).model_dump(mode="json")
    settings: dict[str, Any] = {}
    with found.telling():
        settings = _settings(raw, found)
    note = text(raw.get("description"))
    spec = {
        "name": text(raw.get("display_name") or raw.get("name")) or path.stem,
        "experiment": text(raw.get("experiment_name")) or "Default",
        "description": note,
        "tags": {key: text(value) for key, value in (mapping(raw, "properties") | mapping(raw, "tags")).items()},
        "priority": raw["priority"] if isinstance(raw.get("priority"), int) else 0,
        "graph": made,
        "values": values,
        "outputs": outputs,
        "settings": settings,
    }
    return spec, found


def graph(raw: dict[str, Any], path: Path, found: Found, slot: Slot) -> dict[str, Any]:
    """Read the steps and outputs of a pipeline; its inputs are for who calls."""
    made: dict[str, Any] = {}
    for name, one in mapping(raw, "jobs").items():
        with found.telling(name):
            step = steps.step(name, one, path, found, (*slot, "steps", name))
            inline = step.pop("inline", None)
            made[name] = step
            if inline is not None:
                made[step["body"]] = inline
    outputs: dict[str, Any] = {}
    for name, given in mapping(raw, "outputs").items():
        with found.telling():
            outputs[name] = reading.ports_made(name, given, "outputs.")
    _typed_by(outputs, mapping(raw, "jobs"), made)
    return {"steps": made, "inputs": {}, "outputs": outputs}


def _typed_by(outputs: Mapping[str, Any], jobs: Mapping[str, Any], made: Mapping[str, Any]) -> None:
    """Give outputs of inline steps that are nothing but an output of the pipeline the type that this is declared with."""
    for name, one in jobs.items():
        if not isinstance(one, dict) or one.get("component") is not None or made.get(name, {}).get("task") is None:
            continue
        for port, given in mapping(one, "outputs").items():
            bound = made[name]["outputs"].get(port, {}).get("bind", "")
            if isinstance(given, str) and bound in outputs:
                made[name]["makes"][port]["type"] = outputs[bound]["type"]


def _inputs(raw: dict[str, Any], path: Path, found: Found) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the inputs of a pipeline job, and their values."""
    ports: dict[str, Any] = {}
    values: dict[str, Any] = {}
    for name, given in mapping(raw, "inputs").items():
        with found.telling():
            _input(name, given, path, found, ports, values)
    return ports, values


def _input(name: str, given: Any, path: Path, found: Found, ports: dict[str, Any], values: dict[str, Any]) -> None:
    """Add an input of a pipeline job to those that are known, and its value."""
    kind = enum(given.get("type")) or "uri_folder" if isinstance(given, dict) else ""
    open_ = isinstance(given, dict) and kind not in LITERALS and not text(given.get("path")).strip()
    value = None if open_ else steps.value_of(name, given, path, found, ("values", name), "inputs.")
    if isinstance(given, dict):
        port = reading.port(name, {key: one for key, one in given.items() if key != "default"}, "inputs.")
        ports[name] = {**port.model_dump(mode="json"), "type": kind if kind in LITERALS else port.type}
    elif isinstance(value, dict):
        ports[name] = {"type": value["type"]}
    else:
        ports[name] = {"type": typing_rules.of(value) if value is not None else "string", "optional": value is None}
    if value is not None:
        values[name] = value


def _whole(raw: dict[str, Any], path: Path, found: Found, ports: dict[str, Any]) -> dict[str, Any]:
    """Return the graph of a job that runs one pipeline component: a single step, whose inputs and outputs are the pipeline's."""
    step = {"type": "pipeline", "component": raw["component"], "inputs": {}, "outputs": {}}
    made = steps.step("main", step, path, found, ("graph", "steps", "main"))
    made["inputs"] = {name: f"${{{{parent.inputs.{name}}}}}" for name in ports}
    declared = made.get("makes") or {name: {"type": "uri_folder"} for name in mapping(raw, "outputs")}
    made["outputs"] = {name: {"bind": name} for name in declared}
    return {"steps": {"main": made}, "inputs": ports, "outputs": declared}


def _settings(raw: dict[str, Any], found: Found) -> dict[str, Any]:
    given = mapping(raw, "settings")
    found.warnings += unknown(given, _SETTINGS, "settings.")
    if given.get("default_datastore"):
        found.warnings.append(
            "'settings.default_datastore' is left out: outputs stay with their run unless they say a path"
        )
    compute = text(given.get("default_compute") or raw.get("compute")).strip()
    if "${{" in compute:
        raise BadPipeline(
            f"'{compute[:80]}' cannot be the pipeline's compute.", "Write its name.", field="settings.default_compute"
        )
    return {
        "default_compute": compute,
        "continue_on_step_failure": reading.truth(given.get("continue_on_step_failure")),
        "force_rerun": reading.truth(given.get("force_rerun")),
    }
