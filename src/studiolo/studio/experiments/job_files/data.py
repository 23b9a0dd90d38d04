"""Inputs and outputs of a job's file: literals, files that are sent along, references, and where outputs go."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.job_files import snapshot
from studiolo.studio.experiments.job_files.document import FileNotThere, enum, literal, text, unknown
from studiolo.studio.experiments.job_schemas import FILE_TYPES, DataInput, DataType, JobOutput

_TYPES = frozenset(get_args(DataType))
_LITERALS = frozenset({"string", "number", "integer", "boolean"})
_READ = frozenset(get_args(DataInput.model_fields["mode"].annotation))
_WRITTEN = frozenset(get_args(JobOutput.model_fields["mode"].annotation))
_KEYS = ("type", "path", "mode", "description", "optional", "path_on_compute", "datastore")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:(?!\\)")
_FILLED = re.compile(r"\$\{\{\s*trigger\.")
_KEPT = ("azureml:", "runs:/", "https://", "http://", "studiolo://")


@dataclass(slots=True)
class LocalFile:
    """A file to be sent: its place below the code folder (slot None) or an input, and where it is here."""

    slot: str | None
    path: str
    source: Path


@dataclass(slots=True)
class Inputs:
    """params: literals; shapes: of inputs that are sent, `file` or `folder`; data: references; files: to be sent."""

    params: dict[str, str] = field(default_factory=dict)
    shapes: dict[str, str] = field(default_factory=dict)
    data: dict[str, DataInput] = field(default_factory=dict)
    files: list[LocalFile] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def inputs(given: Mapping[str, Any], folder: Path, places: Mapping[str, str]) -> Inputs:
    """Read inputs; raises BadJob and FileNotThere, which name the input."""
    found = Inputs()
    for name, one in given.items():
        if isinstance(one, dict):
            _declared(found, name, one, folder, places)
            continue
        here = mapped(one, places) if isinstance(one, str) else None
        if here is None:
            found.params[name] = literal(one)
        else:
            found.shapes[name] = _sent(found, name, here, "")
    return found


def _declared(found: Inputs, name: str, given: dict[str, Any], folder: Path, places: Mapping[str, str]) -> None:
    kind = enum(given.get("type")) or "uri_folder"
    if kind in _LITERALS:
        if "default" in given or "value" in given:
            found.params[name] = _typed(name, kind, given.get("value", given.get("default")))
        return
    _among(name, "type", kind, _TYPES, _TYPES | _LITERALS, "inputs")
    found.warnings += unknown(given, _KEYS, f"inputs.{name}.")
    path = text(given.get("path")).strip()
    if not path:
        if given.get("optional"):
            return
        raise BadJob(f"Input '{name}' has no path.", "Write where the data is.", field=f"inputs.{name}")
    mode = enum(given.get("mode")) or "ro_mount"
    _among(name, "mode", mode, _READ, _READ, "inputs")
    if mode.startswith("eval_"):
        found.warnings.append(f"'inputs.{name}' comes as the files of the table: rows are not evaluated")
    here = mapped(path, places)
    if _FILLED.match(path):  # a schedule says where it is when it fires
        found.data[name] = DataInput.model_validate({"type": kind, "path": path, "mode": mode})
    elif here is None and _ADDRESS.match(path) and not path.startswith("file:"):
        found.data[name] = _reference(name, kind, path, mode)
    else:
        found.shapes[name] = _sent(found, name, here or folder / path.removeprefix("file:"), kind)


def _among(name: str, what: str, word: str, allowed: frozenset[str], shown: frozenset[str], where: str) -> None:
    if word not in allowed:
        raise BadJob(
            f"{where[:-1].capitalize()} '{name}' has the unknown {what} '{word}'.",
            f"Known are: {', '.join(sorted(shown))}.",
            field=f"{where}.{name}",
        )


def _reference(name: str, kind: str, path: str, mode: str) -> DataInput:
    if not path.startswith(_KEPT):
        raise BadJob(
            f"Input '{name}' is at '{path}', which the studio does not reach by itself.",
            "Name a folder of this machine with the same files: --map-url PREFIX=DIR; or make it a datastore.",
            field=f"inputs.{name}",
        )
    return DataInput.model_validate({"type": kind, "path": path, "mode": mode})


def mapped(path: str, places: Mapping[str, str]) -> Path | None:
    """Return where an address lies on this machine, by the longest beginning that has a place."""
    for prefix in sorted(places, key=len, reverse=True):
        if path.startswith(prefix):
            return (Path(places[prefix]).expanduser() / path[len(prefix) :].lstrip("/")).resolve()
    return None


def _sent(found: Inputs, name: str, source: Path, kind: str) -> str:
    """Add the files of an input that are sent along; returns its shape."""
    if not source.exists():
        raise FileNotThere(source, f"inputs.{name}")
    alone = source.is_file()
    if kind in FILE_TYPES and not alone:
        raise BadJob(
            f"Input '{name}' is a uri_file, and {source} is a folder.",
            "Write `type: uri_folder`, or name the file.",
            field=f"inputs.{name}",
        )
    found.files += [LocalFile(name, file, place) for file, place in snapshot.files(source, snapshot=False)]
    return "file" if alone else "folder"


def _typed(name: str, kind: str, given: Any) -> str:
    """Return a literal in the form of its declared type; raises BadJob when it is no such value."""
    said = literal(given)
    try:
        if kind == "number":
            float(said)
        elif kind == "integer":
            int(said)
        elif kind == "boolean":
            return {"true": "True", "false": "False"}[said.lower()]
    except (ValueError, KeyError):
        raise BadJob(
            f"Input '{name}' is declared as {kind}, and '{said[:80]}' is none.", field=f"inputs.{name}"
        ) from None
    return said


def output(name: str, given: Any, warnings: list[str]) -> JobOutput:
    """Read an output; nothing is a folder that the run keeps. Raises BadJob."""
    if isinstance(given, str):
        raise BadJob(
            f"Output '{name}' is bound to '{given[:80]}', which only a step of a pipeline can be.",
            "Write a mapping, or nothing.",
            field=f"outputs.{name}",
        )
    given = given or {}
    if not isinstance(given, dict):
        raise BadJob(f"Output '{name}' must be a mapping, or nothing.", field=f"outputs.{name}")
    warnings += unknown(given, ("type", "mode", "path", "name", "version", "description"), f"outputs.{name}.")
    kind, mode = enum(given.get("type")) or "uri_folder", enum(given.get("mode")) or "rw_mount"
    _among(name, "type", kind, _TYPES, _TYPES, "outputs")
    _among(name, "mode", mode, _WRITTEN, _WRITTEN, "outputs")
    rest = {key: text(given.get(key)) for key in ("path", "name", "version", "description")}
    return JobOutput.model_validate({"type": kind, "mode": mode, **rest})
