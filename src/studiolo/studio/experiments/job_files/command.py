"""Reads Azure ML v2 command jobs (YAML) as jobs of the studio, on the side of the client."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studiolo.studio.experiments import expressions
from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.job_files import data, environments, snapshot
from studiolo.studio.experiments.job_files.data import LocalFile
from studiolo.studio.experiments.job_files.document import (
    FileNotThere,
    enum,
    first_error,
    literal,
    mapping,
    text,
    unknown,
)
from studiolo.studio.experiments.job_files.kinds import kind_of, schema_name
from studiolo.studio.experiments.job_schemas import Distribution
from studiolo.studio.experiments.schemas import JobSpec, Resources

_PRIORITIES = {"low": -10, "medium": 0, "high": 10}
KNOWN = frozenset(
    [
        "$schema",
        "type",
        "command",
        "code",
        "environment",
        "environment_variables",
        "secrets",
        "inputs",
        "outputs",
        "display_name",
        "name",
        "experiment_name",
        "description",
        "tags",
        "properties",
        "compute",
        "limits",
        "resources",
        "queue_settings",
        "services",
        "identity",
        "parent_job_name",
        "distribution",
        "retries",
        "priority",
        "warm",
    ]
)


@dataclass(slots=True)
class CommandJob:
    """A job as read: `spec` still lacks the files, which have no digests before they are sent."""

    spec: JobSpec
    files: list[LocalFile] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    code: Path | None = None  # where the code is on this machine


def of(raw: dict[str, Any], path: Path, places: Mapping[str, str]) -> CommandJob:
    """Make a job of the mapping that stands in a file."""
    _check_kind(raw)
    folder = path.resolve().parent
    job = CommandJob(JobSpec(command=[_command(raw)]), warnings=unknown(raw, KNOWN))
    job.warnings += _without_meaning(raw)
    given = data.inputs(mapping(raw, "inputs"), folder, places)
    job.files, job.warnings = given.files, job.warnings + given.warnings
    outputs = {name: data.output(name, one, job.warnings) for name, one in mapping(raw, "outputs").items()}
    _code(job, raw, folder)
    limits, resources = mapping(raw, "limits"), mapping(raw, "resources")
    job.warnings += unknown(limits, {"timeout"}, "limits.")
    job.warnings += unknown(resources, {*OURS, *_OF_CLOUDS, "instance_count"}, "resources.")
    environment, said = environments.of(raw.get("environment"), folder)
    job.warnings += said
    try:
        job.spec = JobSpec(
            experiment=text(raw.get("experiment_name")) or "Default",
            name=text(raw.get("display_name") or raw.get("name")) or path.stem,
            command=[_command(raw)],
            env={key: literal(value) for key, value in mapping(raw, "environment_variables").items()},
            secrets={key: text(value) for key, value in mapping(raw, "secrets").items()},
            compute=_compute(raw),
            resources=Resources(**{key: resources[key] for key in OURS if key in resources}),
            timeout_s=limits.get("timeout"),
            warm=raw.get("warm") or False,
            priority=_priority(raw),
            retries=mapping(raw, "retries"),
            params=given.params,
            tags=_tags(raw),
            data=given.data,
            outputs=outputs,
            environment=environment,
            distribution=distribution(raw),
            context={"inputs": given.shapes} if given.shapes else {},
        )
    except ValueError as error:  # pydantic's, which names the field
        raise BadJob(f"{path}: {first_error(error)}", field="file") from None
    _check_names(job)
    return job


OURS = ("cores", "memory_bytes", "gpus")
_WITH_GPUS = re.compile(r"standard_n[cdgv]\d", re.IGNORECASE)  # names of Azure's sizes that have some
_OF_RAY = {
    "address": "address",
    "port": "port",
    "include_dashboard": "dashboard",
    "dashboard_port": "dashboard_port",
    "head_node_additional_args": "head_args",
    "worker_node_additional_args": "worker_args",
}
_OF_CLOUDS = ("instance_type", "shm_size", "docker_args", "max_instance_count", "locations", "properties")


def _without_meaning(raw: dict[str, Any]) -> list[str]:
    """Say of what is known, and does nothing here, why."""
    said = []
    if enum(raw.get("type")) not in ("", "command"):
        said.append(f"'type: {text(raw['type'])[:60]}' is left out: the rest of the file is a command job")
    if services := mapping(raw, "services"):
        named = ", ".join(f"{name} ({enum(of.get('type')) or 'of no type'})" for name, of in _mappings(services))
        said.append(f"'services' are not started: {named}")
    if raw.get("identity"):
        said.append("'identity' is left out: a job acts as the account that submitted it")
    if "job_tier" in mapping(raw, "queue_settings"):
        said.append("'queue_settings.job_tier' is left out: the compute says what it costs")
    resources = mapping(raw, "resources")
    said += [f"'resources.{key}' is left out: it is of a cloud" for key in _OF_CLOUDS if resources.get(key)]
    if _WITH_GPUS.match(text(resources.get("instance_type"))) and "gpus" not in resources:
        said.append("'resources.instance_type' is a size with GPUs: write `gpus: 1` beside it for a job that needs one")
    if text(resources.get("instance_count")) not in ("", "1") and not mapping(raw, "distribution"):
        said.append(f"'resources.instance_count' is {resources['instance_count']}: the job runs on one node")
    if raw.get("parent_job_name"):
        said.append("'parent_job_name' is left out: a pipeline sets it")
    return said


def _mappings(given: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(name, item if isinstance(item, dict) else {}) for name, item in given.items()]


def _check_kind(raw: dict[str, Any]) -> None:
    kind = kind_of(raw)
    schema = schema_name(raw)
    if kind == "command" or (not kind and not schema and enum(raw.get("type")) in ("", "command")):
        return
    raise BadJob(
        f"This is a {kind or schema or text(raw.get('type'))}; only command jobs can be submitted.",
        "Write a job with `command:`, or load other kinds with: studiolo apply -f FILE",
        field="$schema" if schema else "type",
    )


def _command(raw: dict[str, Any]) -> str:
    command = raw.get("command")
    if not isinstance(command, str) or not command.strip():
        raise BadJob(
            "The job has no command.", "Write what to run, such as `command: python train.py`.", field="command"
        )
    # a text with spaces is run by the shell; a single word is made one
    return command if re.search(r"\s", command.strip()) else f"{command.strip()} "


def _code(job: CommandJob, raw: dict[str, Any], folder: Path) -> None:
    code = text(raw.get("code")).strip()
    if not code:
        return
    if code.startswith("git+") or code.endswith(".git") or re.match(r"[a-z]+://", code):
        raise BadJob(
            f"The code is at '{code[:200]}', which is not on this machine.",
            "Clone it and name the folder.",
            field="code",
        )
    source = folder / code
    if not source.exists():
        raise FileNotThere(source, "code")
    job.code = source
    found = list(snapshot.files(source, snapshot=True))
    if said := snapshot.too_much(found):
        job.warnings.append(said)
    job.files += [LocalFile(None, file, place) for file, place in found]


def _check_names(job: CommandJob) -> None:
    spec = job.spec
    known = {("inputs", name) for name in (*spec.params, *spec.context.get("inputs", {}), *spec.data)}
    known |= {("outputs", name) for name in spec.outputs}
    for family, name in sorted(expressions.names(spec.command[0]) - known):
        raise BadJob(
            f"The command uses ${{{{{family}.{name}}}}}, and the job has no such {family[:-1]}.",
            f"Add '{name}' under `{family}:`.",
            field="command",
        )


def _compute(raw: dict[str, Any]) -> str:
    name = text(raw.get("compute")).strip()
    name = name.removeprefix("azureml:").rstrip("/").rpartition("/")[2]  # the long form ends with the name too
    return "local" if name in ("", "serverless") else name


def _priority(raw: dict[str, Any]) -> int:
    said = mapping(raw, "queue_settings").get("priority", raw.get("priority", 0))
    word = enum(said) or "medium"
    if word in _PRIORITIES:
        return _PRIORITIES[word]
    try:
        return int(said)
    except (TypeError, ValueError):
        raise BadJob(
            f"'{word}' is no priority.", "Write low, medium, high or a number.", field="queue_settings.priority"
        ) from None


def distribution(raw: dict[str, Any]) -> Distribution | None:
    """Return how many processes a file asks for; raises BadJob, and what pydantic raises."""
    given = mapping(raw, "distribution")
    if not given:
        return None
    kind = enum(given.get("type") or given.get("distribution_type"))
    nodes = mapping(raw, "resources").get("instance_count", 1) or 1
    if kind == "ray":
        return Distribution.model_validate({"type": kind, "processes": nodes, "ray": _ray(given)})
    count = given.get("process_count_per_instance") or 1
    if workers := given.get("worker_count"):  # of TensorFlow: on all nodes together
        count = workers
        if isinstance(workers, int) and isinstance(nodes, int) and nodes > 0:
            if workers % nodes:
                raise BadJob(
                    f"{workers} workers cannot be shared out evenly to {nodes} nodes.",
                    "Ask for a multiple of resources.instance_count.",
                    field="distribution.worker_count",
                )
            count = workers // nodes
    return Distribution.model_validate({"type": kind, "processes": count, "nodes": nodes})


def _ray(given: dict[str, Any]) -> dict[str, Any]:
    """Return what a file says of the Ray of its job."""
    found = {ours: given[theirs] for theirs, ours in _OF_RAY.items() if given.get(theirs) not in (None, "")}
    for name in ("head_args", "worker_args"):
        if isinstance(found.get(name), str):
            found[name] = shlex.split(found[name])
    return found


def _tags(raw: dict[str, Any]) -> dict[str, str]:
    tags = {key: text(value) for key, value in (mapping(raw, "properties") | mapping(raw, "tags")).items()}
    return tags | ({"mlflow.note.content": text(raw["description"])} if raw.get("description") else {})
