"""Components from YAML: commandComponent, pipelineComponent, and sweeps."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studiolo.studio.experiments.job_files.document import mapping, text, unknown
from studiolo.studio.pipelines.errors import BadComponent
from studiolo.studio.pipelines.files import pipelines, reading, steps
from studiolo.studio.pipelines.files.reading import Found, Slot

KNOWN = frozenset(
    [
        "$schema",
        "type",
        "name",
        "version",
        "display_name",
        "description",
        "tags",
        "properties",
        "is_deterministic",
        "inputs",
        "outputs",
        "command",
        "code",
        "environment",
        "environment_variables",
        "additional_includes",
        "resources",
        "distribution",
        "limits",
        "retries",
        "secrets",
        "jobs",
        "settings",
        "trial",
        "objective",
        "sampling_algorithm",
        "search_space",
        "early_termination",
        "successful_return_code",
        "meta",
        "task",
        "input_data",
        "mini_batch_size",
        "mini_batch_error_threshold",
        "error_threshold",
        "max_concurrency_per_instance",
        "retry_settings",
        "entry",
        "args",
        "conf",
        "py_files",
        "jars",
        "files",
        "archives",
        "identity",
        "logging_level",
        "compute",
        "warm",
    ]
)
_ABOUT = (
    "name",
    "version",
    "description",
    "display_name",
    "is_deterministic",
    "additional_includes",
    "properties",
    "tags",
)


def of(raw: dict[str, Any], path: Path, places: Mapping[str, str]) -> tuple[dict[str, Any], Found]:
    """Read a component to be registered; returns it as it is sent, and what is sent before. Raises BadComponent."""
    found = Found(places=places, read=(path.resolve(),))
    made = body(raw, path, found, ())
    found.refuse()
    name = text(raw.get("name"))
    if not name:
        raise BadComponent(f"{path} has no name.", "Add `name:`.", field="name")
    found.warnings += unknown(raw, KNOWN)
    return {**made, "name": name, "version": text(raw.get("version"))}, found


def body(raw: dict[str, Any], path: Path, found: Found, slot: Slot) -> dict[str, Any]:
    """Return what a component runs, with its interface."""
    kind = steps.known_kind(raw)
    inputs = {name: reading.port(name, given, "inputs.") for name, given in mapping(raw, "inputs").items()}
    outputs = {name: reading.ports_made(name, given, "outputs.") for name, given in mapping(raw, "outputs").items()}
    made: dict[str, Any] = {
        "kind": kind,
        "display_name": text(raw.get("display_name")),
        "description": text(raw.get("description")),
        "tags": {key: text(value) for key, value in mapping(raw, "tags").items()},
        "is_deterministic": raw.get("is_deterministic") is None or reading.truth(raw["is_deterministic"]),
        "inputs": {name: port.model_dump(mode="json") for name, port in inputs.items()},
        "outputs": outputs,
    }
    if kind == "pipeline":
        graph = pipelines.graph(raw, path, found, (*slot, "graph"))
        graph["inputs"] = made["inputs"]
        return {**made, "graph": graph}
    given = {key: value for key, value in raw.items() if key not in _ABOUT}
    if raw.get("additional_includes"):
        found.warn(["'additional_includes' is left out: put the files into the code folder"], "")
    if kind == "sweep":
        tried = mapping(raw, "search_space").keys()
        made["inputs"] = {name: port for name, port in made["inputs"].items() if name not in tried}
        given["trial"], path = reading.trial_of(raw, path)
    return {**made, "task": reading.task(kind, given, path, found, slot, "")}
