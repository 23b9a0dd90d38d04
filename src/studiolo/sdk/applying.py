"""Loads any file of Azure ML v2 whose kind has a home in the studio: `studio.apply(file)`, `studiolo apply -f file`."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from studiolo.kernel.errors import Invalid
from studiolo.studio.experiments.job_files import (
    automl,
    command,
    document,
    environments,
    notebook,
    parallel,
    spark,
    sweep,
)
from studiolo.studio.experiments.job_files.data import mapped
from studiolo.studio.experiments.job_files.kinds import kind_of, schema_name

if TYPE_CHECKING:
    from studiolo.sdk.studio import Studio

_LATER = {
    "batch endpoint": "",
    "batch deployment": "",
    "workspace": "Make one with: studiolo workspace create",
}

_MODEL = ("$schema", "name", "version", "path", "type", "description", "tags", "properties", "flavors", "stage")
_DEPLOYMENT = ("$schema", "name", "endpoint_name", "model", "instance_count", "description", "tags", "type")


class Applied(NamedTuple):
    """What came of a file. kind: such as `data`; made: the noun; warnings: what of it has no meaning here."""

    kind: str
    made: Any
    warnings: list[str]


Changes = Mapping[str, Any] | Sequence[str]


def apply(studio: Studio, file: str | Path, changes: Changes = (), places: Mapping[str, str] | None = None) -> Applied:
    """Load a file, whatever it describes. Raises Invalid for a kind without a home here, and what that kind raises.

    changes: keys of the file with other values, `{"compute": "local"}` or `["compute=local"]`; places: folders of this
    machine for beginnings of addresses.
    """
    path = Path(file)
    raw, kind = _read(path)
    document.override(raw, _parsed(changes), _known(kind, raw))
    maker = _MAKERS.get(kind)
    if maker is None:
        shown = kind or schema_name(raw) or "file of an unknown kind"
        raise Invalid(
            f"{path} is a {shown}, which has no home in the studio yet.",
            _LATER.get(kind, "") or f"Kinds that have one: {', '.join(sorted(_MAKERS))}.",
            field="file",
        )
    if kind in ("data", "model") and (here := mapped(document.text(raw.get("path")).strip(), places or {})):
        raw["path"] = str(here)
    made, warnings = maker(studio, raw, path, places or {})
    return Applied(kind, made, warnings)


def fitting(files: Sequence[Path], changes: Changes) -> list[dict[str, Any]]:
    """Return for each of several files the changes that it takes; raises BadJob for one that none of them takes."""
    found: list[dict[str, Any]] = [{} for _ in files]
    read = [_read(path) for path in files]
    for name, value in _parsed(changes).items():
        wrong = [document.misfit(raw, name, _known(kind, raw)) for raw, kind in read]
        if all(wrong):
            raise next(one for one in wrong if one)
        for taken, refused in zip(found, wrong, strict=True):
            if refused is None:
                taken[name] = value
    return found


def _read(path: Path) -> tuple[dict[str, Any], str]:
    if path.is_dir():
        raise Invalid(f"{path} is a folder.", "Name one file.", field="file")
    raw = document.read(path)
    kind = kind_of(raw)
    if not kind and {"name", "path"} <= raw.keys():
        kind = "data"  # `az ml data create` needs no type
    return raw, kind


def _parsed(changes: Changes) -> dict[str, Any]:
    return dict(changes) if isinstance(changes, Mapping) else document.changes(changes)


def _known(kind: str, raw: Mapping[str, Any]) -> Container[str]:
    """Return the keys that a file of a kind may have; of one that is refused anyway those that it has."""
    from studiolo.studio.datasets import data_yaml
    from studiolo.studio.pipelines.client import known_of
    from studiolo.studio.schedules import files as schedule_files

    keys: dict[str, Container[str]] = {
        "command": command.KNOWN,
        "sweep": sweep.KNOWN,
        "parallel": parallel.KNOWN,
        "notebook": notebook.KNOWN,
        "spark": spark.KNOWN,
        "automl": automl.KNOWN,
        "data": data_yaml.KNOWN,
        "model": _MODEL,
        "environment": environments.KNOWN,
        "online deployment": _DEPLOYMENT,
        "pipeline": known_of("pipeline"),
        "component": known_of("component"),
        "schedule": schedule_files.KNOWN,
        "datastore": {*raw, "description", "tags", "credentials"},
    }
    return keys.get(kind, raw)


def _job(studio: Studio, raw: dict[str, Any], path: Path, places: Mapping[str, str]) -> tuple[Any, list[str]]:
    submitted = studio.experiments.submit_job(command.of(raw, path, places), path.name)
    return submitted.run, submitted.warnings


def _sweep(studio: Studio, raw: dict[str, Any], path: Path, places: Mapping[str, str]) -> tuple[Any, list[str]]:
    submitted = studio.experiments.submit_job(sweep.of(raw, path, places), path.name)
    return submitted.run, submitted.warnings


def _parallel(studio: Studio, raw: dict[str, Any], path: Path, places: Mapping[str, str]) -> tuple[Any, list[str]]:
    submitted = studio.experiments.submit_job(parallel.of(raw, path, places), path.name)
    return submitted.run, submitted.warnings


def _notebook(studio: Studio, raw: dict[str, Any], path: Path, places: Mapping[str, str]) -> tuple[Any, list[str]]:
    submitted = studio.experiments.submit_job(notebook.of(raw, path, places), path.name)
    return submitted.run, submitted.warnings


def _spark(studio: Studio, raw: dict[str, Any], path: Path, places: Mapping[str, str]) -> tuple[Any, list[str]]:
    submitted = studio.experiments.submit_job(spark.of(raw, path, places), path.name)
    return submitted.run, submitted.warnings


def _automl(studio: Studio, raw: dict[str, Any], path: Path, places: Mapping[str, str]) -> tuple[Any, list[str]]:
    asked, warnings = automl.of(raw, path, places)
    return studio.automl.submit(**asked).run, warnings


def _pipeline(studio: Studio, raw: dict[str, Any], path: Path, places: Mapping[str, str]) -> tuple[Any, list[str]]:
    from studiolo.studio.pipelines.files import reading

    reading.refuse_duplicates(path.read_text("utf-8-sig"), str(path))
    submitted = studio.pipelines.submit_raw(raw, path, places)
    return submitted.run.run, submitted.warnings


def _component(studio: Studio, raw: dict[str, Any], path: Path, places: Mapping[str, str]) -> tuple[Any, list[str]]:
    return studio.pipelines.components.register_raw(raw, path, places)


def _schedule(studio: Studio, raw: dict[str, Any], path: Path, places: Mapping[str, str]) -> tuple[Any, list[str]]:
    return studio.schedules.apply_raw(raw, path, places)


def _data(studio: Studio, raw: dict[str, Any], path: Path, _: Mapping[str, str]) -> tuple[Any, list[str]]:
    from studiolo.studio.datasets import data_yaml

    asset = data_yaml.of(raw, path)
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
    warnings = document.unknown(raw, _MODEL)
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


def _datastore(studio: Studio, raw: dict[str, Any], _: Path, __: Mapping[str, str]) -> tuple[Any, list[str]]:
    from studiolo.studio.datastores import definitions

    return studio.datastores.create_from(definitions.parse(raw)), []


def _compute(studio: Studio, raw: dict[str, Any], path: Path, _: Mapping[str, str]) -> tuple[Any, list[str]]:
    from studiolo.studio.compute import definitions
    from studiolo.studio.compute.clusters.schemas import ClusterCreate

    found, notes = definitions.parse(raw, path.resolve().parent, schema_name(raw))
    if isinstance(found, ClusterCreate):
        return studio.compute.clusters.create_from(found), notes
    made = studio.compute.machines.attach_from(found)
    if made.check is not None and not made.check.ok:
        notes = [*notes, f"{made.check.cause} {made.check.hint}"]
    return made, notes


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
    warnings = document.unknown(raw, _DEPLOYMENT)
    workers = raw.get("instance_count") or 1
    made = studio.endpoints.deploy(
        reference, endpoint, workers=int(workers), description=document.text(raw.get("description"))
    )
    return made, warnings


_MAKERS = {
    "command": _job,
    "sweep": _sweep,
    "parallel": _parallel,
    "notebook": _notebook,
    "spark": _spark,
    "automl": _automl,
    "pipeline": _pipeline,
    "component": _component,
    "schedule": _schedule,
    "data": _data,
    "model": _model,
    "datastore": _datastore,
    "compute": _compute,
    "environment": _environment,
    "online endpoint": _endpoint,
    "online deployment": _deployment,
}
