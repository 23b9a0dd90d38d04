"""Reads Azure ML v2 command jobs (YAML) as jobs of the studio, on the side of the client."""

import fnmatch
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studiolo.kernel.errors import NotFound
from studiolo.studio.experiments import expressions
from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.schemas import JobSpec, Resources

_KNOWN = {
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
    "compute",
    "limits",
    "resources",
}
_KEPT_NOWHERE = {
    "environment": "jobs run in the environment of the studio itself",
}
_LEFT_OUT = (
    ".git",
    "__pycache__",
    ".venv",
    "venv",
    "node_modules",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".pytest_cache",
)
_MANY_FILES, _MANY_BYTES = 2000, 300 * 2**20
_FILE_TYPES = {"uri_file"}
_FOLDER_TYPES = {"uri_folder", "mltable", "mlflow_model", "custom_model"}


@dataclass(slots=True)
class LocalFile:
    """A file to be sent: its place below the code folder (slot None) or an input, and where it is here."""

    slot: str | None
    path: str
    source: Path


@dataclass(slots=True)
class CommandJob:
    """A job as read: `spec` still lacks the files, which have no digests before they are sent."""

    spec: JobSpec
    files: list[LocalFile] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    code: Path | None = None  # where the code is on this machine


class FileNotThere(NotFound):
    """A file or folder that the job names does not exist on this machine."""

    code, title = "experiments.file_not_there", "File not found"

    def __init__(self, path: Path, name: str) -> None:
        super().__init__(f"{path} does not exist.", "Paths count from the folder of the YAML file.", field=name)


def load(path: Path) -> CommandJob:
    """Read a command job. Raises FileNotThere and BadJob, which names the key; keys without a meaning here warn."""
    import yaml

    if not path.is_file():
        raise FileNotThere(path, "file")
    try:
        raw = yaml.safe_load(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadJob(f"{path} is no YAML: {error}", "Check indentation and quotes.", field="file") from None
    if not isinstance(raw, dict):
        raise BadJob(f"{path} holds no job: a mapping with `command:` is needed.", field="file")
    _check_kind(raw)
    job = CommandJob(JobSpec(command=[_command(raw)]))
    for key in sorted(raw.keys() - _KNOWN, key=str):
        job.warnings.append(f"'{key}' is not known here and is left out")
    job.warnings += [f"'{key}' is left out: {why}" for key, why in _KEPT_NOWHERE.items() if raw.get(key)]
    folder = path.resolve().parent
    params, context = _inputs(job, raw, folder)
    context["outputs"] = {name: _type_of(declared) for name, declared in _mapping(raw, "outputs").items()}
    _code(job, raw, folder)
    limits, resources = _mapping(raw, "limits"), _mapping(raw, "resources")
    _warn_rest(job, "limits", limits, {"timeout"})
    _warn_rest(job, "resources", resources, {"cores", "memory_bytes"})
    try:
        job.spec = JobSpec(
            experiment=str(raw.get("experiment_name") or "Default"),
            name=str(raw.get("display_name") or raw.get("name") or path.stem),
            command=[_command(raw)],
            env={str(key): _text(value) for key, value in _mapping(raw, "environment_variables").items()},
            secrets={key: _text(value) for key, value in _mapping(raw, "secrets").items()},
            compute=_compute(raw),
            resources=Resources(**{key: resources[key] for key in ("cores", "memory_bytes") if key in resources}),
            timeout_s=limits.get("timeout"),
            params=params,
            tags=_tags(raw),
            context=context,
        )
    except ValueError as error:  # pydantic's, which names the field
        raise BadJob(f"{path}: {_first(error)}", field="file") from None
    _check_names(job)
    return job


def _check_kind(raw: dict[str, Any]) -> None:
    schema = str(raw.get("$schema") or "").strip().rsplit("/", 1)[-1].removesuffix(".schema.json")
    kind = str(raw.get("type") or "command")
    other = (schema and schema.lower() != "commandjob" and schema) or (kind != "command" and kind)
    if other or "jobs" in raw or "trial" in raw:
        raise BadJob(
            f"This is a {other or 'pipeline or sweep'}; only command jobs can be submitted.",
            "Write a job with `command:`.",
            field="$schema" if schema and other == schema else "type",
        )


def _command(raw: dict[str, Any]) -> str:
    command = raw.get("command")
    if not isinstance(command, str) or not command.strip():
        raise BadJob(
            "The job has no command.", "Write what to run, such as `command: python train.py`.", field="command"
        )
    # a text with spaces is run by the shell; a single word is made one
    return command if re.search(r"\s", command.strip()) else f"{command.strip()} "


def _inputs(job: CommandJob, raw: dict[str, Any], folder: Path) -> tuple[dict[str, str], dict[str, Any]]:
    params: dict[str, str] = {}
    types: dict[str, str] = {}
    for name, given in _mapping(raw, "inputs").items():
        if not isinstance(given, dict):
            params[name] = _text(given)
            continue
        kind, path = str(given.get("type") or "uri_folder"), given.get("path")
        if kind not in _FILE_TYPES | _FOLDER_TYPES:
            if "default" in given or "value" in given:
                params[name] = _text(given.get("value", given.get("default")))
                continue
            raise BadJob(f"Input '{name}' has the unknown type '{kind}'.", field=f"inputs.{name}")
        if not isinstance(path, str) or re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", path):
            raise BadJob(
                f"Input '{name}' is at '{path}', which is not a path on this machine.",
                "Only files and folders of this machine can be sent; let the job read addresses itself.",
                field=f"inputs.{name}",
            )
        source = folder / path
        if not source.exists():
            raise FileNotThere(source, f"inputs.{name}")
        types[name] = "file" if source.is_file() else "folder"
        job.files += [LocalFile(name, file, place) for file, place in _files(source, snapshot=False)]
    return params, {"inputs": types}


def _code(job: CommandJob, raw: dict[str, Any], folder: Path) -> None:
    code = raw.get("code")
    if code is None:
        return
    source = folder / str(code)
    if not source.exists():
        raise FileNotThere(source, "code")
    job.code = source
    found = [LocalFile(None, file, place) for file, place in _files(source, snapshot=True)]
    size = sum(file.source.stat().st_size for file in found)
    if len(found) > _MANY_FILES or size > _MANY_BYTES:
        job.warnings.append(
            f"the code has {len(found)} files, {size / 2**20:.0f} MiB; an .amlignore file leaves some out"
        )
    job.files += found


def _files(source: Path, *, snapshot: bool) -> Iterator[tuple[str, Path]]:
    """Yield the files of a folder, or the file itself; a snapshot of code leaves out what git and .amlignore do."""
    if source.is_file():
        yield source.name, source
        return
    names = (_tracked(source) if snapshot else None) or sorted(
        path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()
    )
    ignored = _ignored(source) if snapshot else ()
    for name in names:
        parts = name.split("/")
        if snapshot and (set(parts) & set(_LEFT_OUT) or any(_matches(name, parts, pattern) for pattern in ignored)):
            continue
        if (source / name).is_file():
            yield name, source / name


def _tracked(folder: Path) -> list[str] | None:
    """Return what git would keep of a folder, None outside of a work tree."""
    command = ["git", "-C", str(folder), "ls-files", "-co", "--exclude-standard", "-z"]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return sorted(done.stdout.decode("utf-8", "replace").strip("\0").split("\0")) if done.returncode == 0 else None


def _ignored(folder: Path) -> list[str]:
    for name in (".studioloignore", ".amlignore"):
        if (folder / name).is_file():
            lines = [line.strip() for line in (folder / name).read_text("utf-8").splitlines()]
            return [line for line in lines if line and not line.startswith(("#", "!"))]
    return []


def _matches(name: str, parts: list[str], pattern: str) -> bool:
    """Match the common part of git's patterns: names anywhere, paths from the folder, folders with a slash behind."""
    bare = pattern.strip("/")
    if "/" in bare or pattern.startswith("/"):
        return fnmatch.fnmatch(name, bare) or name.startswith(f"{bare}/")
    candidates = parts[:-1] if pattern.endswith("/") else parts
    return any(fnmatch.fnmatch(part, bare) for part in candidates)


def _check_names(job: CommandJob) -> None:
    known = {("inputs", name) for name in (*job.spec.params, *job.spec.context["inputs"])}
    known |= {("outputs", name) for name in job.spec.context["outputs"]}
    for family, name in sorted(expressions.names(job.spec.command[0]) - known):
        raise BadJob(
            f"The command uses ${{{{{family}.{name}}}}}, and the job has no such {family[:-1]}.",
            f"Add '{name}' under `{family}:`.",
            field="command",
        )


def _compute(raw: dict[str, Any]) -> str:
    return str(raw.get("compute") or "local").removeprefix("azureml:")


def _tags(raw: dict[str, Any]) -> dict[str, str]:
    tags = {str(key): _text(value) for key, value in _mapping(raw, "tags").items()}
    return tags | ({"mlflow.note.content": str(raw["description"])} if raw.get("description") else {})


def _mapping(raw: dict[str, Any], key: str) -> dict[str, Any]:
    value = raw.get(key) or {}
    if not isinstance(value, dict):
        raise BadJob(f"'{key}' must be a mapping of names to values.", field=key)
    return {str(name): item for name, item in value.items()}


def _warn_rest(job: CommandJob, key: str, given: dict[str, Any], known: set[str]) -> None:
    job.warnings += [f"'{key}.{name}' is not known here and is left out" for name in sorted(given.keys() - known)]


def _type_of(declared: Any) -> str:
    kind = str(declared.get("type") or "uri_folder") if isinstance(declared, dict) else "uri_folder"
    return "file" if kind in _FILE_TYPES else "folder"


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _first(error: ValueError) -> str:
    errors = getattr(error, "errors", None)
    if errors is None:
        return str(error)
    first = errors()[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
