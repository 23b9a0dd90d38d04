"""Loads any file of Azure ML v2 whose kind has a home in the studio: `studio.apply(file)`, `studiolo apply -f file`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from studiolo.kernel.errors import Invalid
from studiolo.studio.experiments.job_files import command, document, environments, sweep
from studiolo.studio.experiments.job_files.kinds import kind_of, schema_name

if TYPE_CHECKING:
    from studiolo.sdk.studio import Studio

_LATER = {
    "pipeline": "Submit its steps one by one: studiolo submit step.yml",
    "automl": "Start it with: studiolo automl submit",
    "schedule": "",
    "component": "",
    "batch endpoint": "",
    "batch deployment": "",
    "workspace": "Make one with: studiolo workspace create",
}


class Applied(NamedTuple):
    """What came of a file. kind: such as `data`; made: the noun; warnings: what of it has no meaning here."""

    kind: str
    made: Any
    warnings: list[str]


def apply(
    studio: Studio, file: str | Path, changes: Sequence[str] = (), places: Mapping[str, str] | None = None
) -> Applied:
    """Load a file, whatever it describes. Raises Invalid for a kind without a home here, and what that kind raises."""
    path = Path(file)
    if path.is_dir():
        raise Invalid(f"{path} is a folder.", "Name one file.", field="file")
    raw = document.read(path)
    document.override(raw, changes)
    kind = kind_of(raw)
    maker = _MAKERS.get(kind)
    if maker is None and not kind and {"name", "path"} <= raw.keys():
        kind, maker = "data", _data  # `az ml data create` needs no type
    if maker is None:
        shown = kind or schema_name(raw) or "file of an unknown kind"
        raise Invalid(
            f"{path} is a {shown}, which has no home in the studio yet.",
            _LATER.get(kind, "") or f"Kinds that have one: {', '.join(sorted(_MAKERS))}.",
            field="file",
        )
    made, warnings = maker(studio, raw, path, places or {})
    return Applied(kind, made, warnings)


def _job(studio: Studio, raw: dict[str, Any], path: Path, places: Mapping[str, str]) -> tuple[Any, list[str]]:
    submitted = studio.experiments.submit_job(command.of(raw, path, places), path.name)
    return submitted.run, submitted.warnings


def _sweep(studio: Studio, raw: dict[str, Any], path: Path, places: Mapping[str, str]) -> tuple[Any, list[str]]:
    submitted = studio.experiments.submit_job(sweep.of(raw, path, places), path.name)
    return submitted.run, submitted.warnings


def _data(studio: Studio, _: dict[str, Any], path: Path, __: Mapping[str, str]) -> tuple[Any, list[str]]:
    from studiolo.studio.datasets import data_yaml

    asset = data_yaml.read(path)
    about: dict[str, Any] = {"kind": asset.kind, "description": asset.description, "tags": asset.tags}
    if asset.place is not None:
        found = studio.datasets.send(asset.place, asset.name, **about)
    else:
        found = studio.datasets.register(asset.name, **asset.source, **about)
    return studio.datasets.wait_for(found), []


def _model(studio: Studio, raw: dict[str, Any], path: Path, _: Mapping[str, str]) -> tuple[Any, list[str]]:
    name, place = document.text(raw.get("name")), document.text(raw.get("path")).strip()
    if not name or not place:
        raise Invalid(f"{path} has no {'path' if name else 'name'}.", field="path" if name else "name")
    known = ("$schema", "name", "version", "path", "type", "description", "tags", "properties", "flavors", "stage")
    warnings = document.unknown(raw, known)
    if raw.get("version"):
        warnings.append("'version' is left out: the studio numbers versions itself")
    source = place if ":/" in place else path.resolve().parent / place
    if isinstance(source, Path) and not source.exists():
        raise document.FileNotThere(source, "path")
    made = studio.models.register(name, source=source, description=document.text(raw.get("description")))
    tags = {key: document.text(value) for key, value in document.mapping(raw, "tags").items()}
    if tags:
        made = studio.models.change(f"{name}:{made.version}", tags=tags)  # type: ignore[assignment]
    return made, warnings


def _datastore(studio: Studio, _: dict[str, Any], path: Path, __: Mapping[str, str]) -> tuple[Any, list[str]]:
    return studio.datastores.create_from(path), []


def _environment(studio: Studio, raw: dict[str, Any], path: Path, _: Mapping[str, str]) -> tuple[Any, list[str]]:
    found, warnings = environments.definition(raw, path.resolve().parent)
    made = studio.experiments.environments.register(found)
    return made, [*warnings, *made.notes]


def _endpoint(_: Studio, raw: dict[str, Any], __: Path, ___: Mapping[str, str]) -> tuple[Any, list[str]]:
    name = document.text(raw.get("name"))
    return {"name": name, "state": "described"}, [
        f"an endpoint is made with its first deployment: studiolo apply -f DEPLOYMENT.yml, with endpoint_name: {name}"
    ]


def _deployment(studio: Studio, raw: dict[str, Any], path: Path, places: Mapping[str, str]) -> tuple[Any, list[str]]:
    endpoint, model = document.text(raw.get("endpoint_name")), raw.get("model")
    if not endpoint:
        raise Invalid(f"{path} names no endpoint.", "Add `endpoint_name:`.", field="endpoint_name")
    if isinstance(model, dict):
        inner = {"name": model.get("name") or endpoint, "path": model.get("path")}
        registered = _model(studio, inner, path, places)[0]
        reference = f"{registered.name}:{registered.version}"
    else:
        reference = document.text(model).removeprefix("azureml:").replace("@latest", "")
    if not reference:
        raise Invalid(f"{path} names no model.", "Add `model: azureml:<name>:<version>`.", field="model")
    known = ("$schema", "name", "endpoint_name", "model", "instance_count", "description", "tags", "type")
    warnings = document.unknown(raw, known)
    workers = raw.get("instance_count") or 1
    made = studio.endpoints.deploy(
        reference, endpoint, workers=int(workers), description=document.text(raw.get("description"))
    )
    return made, warnings


_MAKERS = {
    "command": _job,
    "sweep": _sweep,
    "data": _data,
    "model": _model,
    "datastore": _datastore,
    "environment": _environment,
    "online endpoint": _endpoint,
    "online deployment": _deployment,
}
