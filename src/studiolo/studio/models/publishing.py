"""From a folder of artifacts to a version: what it is read from, what is copied, what is written. One transaction."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from sqlalchemy import Connection

from studiolo.kernel.context import Context
from studiolo.kernel.errors import Invalid
from studiolo.kernel.ids import new_id
from studiolo.kernel.storage.blobs import Blob
from studiolo.studio.experiments import artifacts, lineage, logged
from studiolo.studio.experiments.errors import ArtifactNotFound
from studiolo.studio.models import hooks, mlmodel, repository
from studiolo.studio.models.errors import NotAModel
from studiolo.studio.models.repository import Found


class Source(NamedTuple):
    """Where a version comes from. folder: in the workspace's artifacts, None when the files are elsewhere."""

    text: str
    folder: str | None
    run_id: str | None = None
    model_id: str | None = None
    files: tuple[artifacts.Stored, ...] = ()  # stored already, and named nowhere yet
    custom: bool = False  # files of any kind: without an MLmodel nothing is known of them


def source_of_run(tx: Connection, ctx: Context, run_id: str, path: str) -> Source:
    """Find a run's model: below its artifacts, or (since MLflow 3) the logged model of that name."""
    root = artifacts.root_of_run(tx, ctx, run_id)
    text = f"runs:/{run_id}/{path}"
    try:
        artifacts.find_at(tx, ctx, f"{root}/{path}/{mlmodel.FILE}")
    except ArtifactNotFound:
        made = logged.of_run(tx, ctx, run_id, path)
        if made is not None:
            return Source(text, artifacts.model_root(made.experiment, made.id), run_id, made.id)
    return Source(text, f"{root}/{path}", run_id)


def reference(name: str, version: int) -> str:
    """Return how lineage calls a version."""
    return f"model:{name}:{version}"


def add(
    tx: Connection,
    ctx: Context,
    model: Found,
    source: Source,
    *,
    origin: str | None,
    description: str,
    tags: Mapping[str, str] | None,
    run_link: str = "",
    number: int | None = None,
) -> Found:
    """Add a version. number: when it was taken already."""
    if len(source.text) > 4000:
        raise Invalid("The source is longer than 4000 characters.", field="source")
    number = number or repository.take_version(tx, ctx, model.id)
    version_id = new_id()
    about, stored = _describe(tx, ctx, source)
    run_id = source.run_id or (about.run_id if about and stored and not source.files else None)
    now = ctx.clock.now()
    values = {
        "id": version_id,
        "workspace_id": ctx.workspace_id,
        "model": model.id,
        "version": number,
        "origin": origin,
        "description": description,
        "tags": dict(tags or {}),
        "run_id": run_id,
        "run_link": run_link,
        "model_id": source.model_id,
        "source": source.text,
        "folder": artifacts.publish_files(tx, ctx, version_id, _named(stored)) if stored else None,
        "flavors": about.flavors if about else [],
        "signature": about.signature.model_dump() if about and about.signature else None,
        "mlflow_version": about.mlflow_version if about else None,
        "size": sum(file.size for file in stored),
        "files": len(stored),
        "user": ctx.actor.name,
        "created_at": now,
        "updated_at": now,
    }
    row = repository.insert_version(tx, values, model.name)
    if run_id:
        lineage.link(tx, ctx, f"run:{run_id}", reference(model.name, number))
    ctx.events.emit(tx, "model.version_created", model.name, {"version": number, "run_id": run_id})
    hooks.version_created(tx, ctx, row)
    return row


def _named(stored: Iterable[artifacts.Stored]) -> Iterator[tuple[str, Blob]]:
    return ((file.path, Blob(file.digest, file.size)) for file in stored)


def _describe(
    tx: Connection, ctx: Context, source: Source
) -> tuple[mlmodel.Description | None, list[artifacts.Stored]]:
    """Read what a source is; without files here there is nothing to read."""
    if source.folder is None and not source.files:
        return None, []
    stored = list(source.files) or list(artifacts.below(tx, ctx, source.folder or ""))
    described = next((file for file in stored if file.path == mlmodel.FILE), None)
    if described is None and source.custom and stored:
        return None, stored
    if described is None:
        raise NotAModel(
            f"There is no {mlmodel.FILE} file at {source.text}.",
            "Name the folder that log_model or the job wrote, such as model.",
            field="path",
        )
    return mlmodel.read(ctx.blobs.path(described.digest)), stored
