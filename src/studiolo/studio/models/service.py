"""The verbs of the registry."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from studiolo.kernel.auth import service as auth
from studiolo.kernel.context import Context
from studiolo.kernel.ids import new_id
from studiolo.kernel.paging import Page, bounded, decode, encode
from studiolo.studio.experiments import artifacts, lineage, logged
from studiolo.studio.experiments.schemas import Edge
from studiolo.studio.models import hooks, recycling, repository, scanning
from studiolo.studio.models.errors import (
    AliasNotFound,
    InUse,
    ModelExists,
    ModelNotFound,
    NotAModel,
    RiskNotAccepted,
    VersionNotFound,
)
from studiolo.studio.models.names import check_alias, check_name, check_tag
from studiolo.studio.models.publishing import Source, add, reference, source_of_run
from studiolo.studio.models.repository import Found
from studiolo.studio.models.schemas import Model, ModelFile, ModelVersion


@contextmanager
def _within(ctx: Context, tx: Connection | None) -> Iterator[Connection]:
    if tx is not None:
        yield tx
        return
    with ctx.db.begin() as own:
        yield own


def create(ctx: Context, name: str, description: str = "", tags: Mapping[str, str] | None = None) -> Model:
    """Make a model without versions; raises ModelExists."""
    _check(name, tags)
    with ctx.db.glance() as tx:  # clients make a model each time they register a version
        if repository.model(tx, ctx.workspace_id, name) is not None:
            raise ModelExists(name)
    with ctx.db.begin() as tx:
        return repository.to_models(tx, [_insert(tx, ctx, name, description, tags)])[0]


def register(
    ctx: Context,
    name: str,
    run_id: str,
    path: str = "model",
    *,
    tx: Connection | None = None,
    description: str = "",
    tags: Mapping[str, str] | None = None,
) -> ModelVersion:
    """Register what a run logged at `path` as the next version; the same (name, run, path) again is the same version.

    Raises NotAModel when there is no readable MLmodel file, RunNotFound for an unknown run.
    """
    _check(name, tags)
    with _within(ctx, tx) as own:
        source = source_of_run(own, ctx, run_id, artifacts.clean(path))
        model = found_or_made(own, ctx, name)
        origin = f"{run_id}:{path}"
        found = repository.version_by_origin(own, model.id, origin)
        row = found or add(own, ctx, model, source, origin=origin, description=description, tags=tags)
        return repository.to_versions(own, [row])[0]


def register_logged(ctx: Context, name: str, model_id: str, description: str = "", tags: Any = None) -> ModelVersion:
    """Register a logged model as the next version; the same one again is the same version."""
    _check(name, tags)
    with ctx.db.begin() as tx:
        made = logged.find(tx, ctx, model_id)
        source = Source(
            f"models:/{model_id}", artifacts.model_root(made.experiment, made.id), made.source_run_id, model_id
        )
        model = found_or_made(tx, ctx, name)
        found = repository.version_by_origin(tx, model.id, model_id)
        row = found or add(tx, ctx, model, source, origin=model_id, description=description, tags=tags)
        return repository.to_versions(tx, [row])[0]


def add_version(
    tx: Connection,
    ctx: Context,
    model: Found,
    source: Source,
    *,
    run_link: str,
    description: str,
    tags: Mapping[str, str],
    number: int | None = None,
) -> Found:
    """Add a version as MLflow's protocol does it: the model must be there, and each call is a new version."""
    for key, value in tags.items():
        check_tag(key, value)
    about: dict[str, Any] = {"description": description, "tags": tags, "run_link": run_link, "number": number}
    return add(tx, ctx, model, source, origin=None, **about)


def found_or_made(tx: Connection, ctx: Context, name: str) -> Found:
    """Return a model's row, made when there is none, and held until the end: its versions come one after another."""
    row = repository.model(tx, ctx.workspace_id, name)
    if row is None:
        try:
            row = _insert(tx, ctx, name, "", None)
        except ModelExists:  # another one was quicker; this one is its next version
            row = find(tx, ctx, name)
    repository.hold_model(tx, row.id)
    return row


def find(tx: Connection, ctx: Context, name: str) -> Found:
    """Return a model's row; raises ModelNotFound."""
    row = repository.model(tx, ctx.workspace_id, name)
    if row is None:
        raise ModelNotFound(name)
    return row


def find_version(tx: Connection, ctx: Context, name: str, version: int | str) -> Found:
    """Return a version's row by number, alias or `latest`; raises VersionNotFound, AliasNotFound, ModelNotFound."""
    model = find(tx, ctx, name)
    text = str(version).removeprefix("@")
    if text.isdecimal() and len(text) < 10:
        row = repository.version(tx, model.id, int(text))
    elif text.lower() == "latest":
        row = repository.newest(tx, [model.id]).get(model.id)
    else:
        number = repository.aliases(tx, [model.id]).get(model.id, {}).get(text)
        if number is None:
            raise AliasNotFound(name, text)
        row = repository.version(tx, model.id, number)
    if row is None:
        raise VersionNotFound(name, version)
    return row


def list_models(ctx: Context, cursor: str | None = None, limit: int = 100, search: str = "") -> Page[Model]:
    """Return a page of models, by name."""
    keys = decode(cursor, 1)
    limit = bounded(limit)
    with ctx.db.read() as tx:
        rows = repository.list_models(tx, ctx.workspace_id, str(keys[0]) if keys else None, limit + 1, search)
        items = repository.to_models(tx, rows[:limit])
    return Page(items=items, next=encode(rows[limit - 1].name) if len(rows) > limit else None)


def get(ctx: Context, name: str) -> Model:
    """Return a model; raises ModelNotFound."""
    with ctx.db.read() as tx:
        return repository.to_models(tx, [find(tx, ctx, name)])[0]


def versions(ctx: Context, name: str) -> list[ModelVersion]:
    """Return the versions of a model, newest first."""
    with ctx.db.read() as tx:
        return repository.to_versions(tx, repository.versions(tx, find(tx, ctx, name).id))


def deleted_versions(ctx: Context, name: str) -> list[ModelVersion]:
    """Return the versions of a model that are in the bin, the last deleted first."""
    with ctx.db.read() as tx:
        model = find(tx, ctx, name)
    return recycling.deleted_versions(ctx, model.id, model.name)


def versions_of_run(ctx: Context, run_id: str) -> list[ModelVersion]:
    """Return the versions that a run made."""
    with ctx.db.read() as tx:
        return repository.to_versions(tx, repository.versions_of_run(tx, ctx.workspace_id, run_id))


def get_version(ctx: Context, name: str, version: int | str) -> ModelVersion:
    """Return a version by number, alias or `latest`."""
    with ctx.db.read() as tx:
        return repository.to_versions(tx, [find_version(tx, ctx, name, version)])[0]


def files(ctx: Context, name: str, version: int | str) -> list[tuple[ModelFile, Path]]:
    """Return the files of a version with the read-only local file of each."""
    with ctx.db.read() as tx:
        row = find_version(tx, ctx, name, version)
        stored = list(artifacts.below(tx, ctx, row.folder)) if row.folder else []
    if not stored:
        raise NotAModel(f"The files of version {row.version} are not in the studio, but at {row.source}.")
    return [
        (ModelFile(path=file.path, size=file.size, digest=file.digest), ctx.blobs.path(file.digest)) for file in stored
    ]


def manifest(ctx: Context, name: str, version: int | str) -> dict[str, str]:
    """Return path → digest of every file of a version: what a job or a scorer is given as input."""
    with ctx.db.read() as tx:
        row = find_version(tx, ctx, name, version)
        return {file.path: file.digest for file in artifacts.below(tx, ctx, row.folder)} if row.folder else {}


def check_risk(ctx: Context, name: str, version: int | str, accepted: bool) -> None:
    """Raise RiskNotAccepted for a version whose files are dangerous or withstood the look, unless that is accepted.

    A version that nobody has looked into yet is looked into first.
    """
    with ctx.db.read() as tx:
        row = find_version(tx, ctx, name, version)
        found = repository.scan(tx, row.id)
    if accepted or row.folder is None:
        return
    found = found or scanning.look(ctx, row)
    if found is not None and found.verdict in ("dangerous", "unreadable"):
        raise RiskNotAccepted(row.name, row.version, found)


def around(ctx: Context, name: str, version: int | str) -> list[Edge]:
    """Return what a version was made from and what stands on it."""
    with ctx.db.read() as tx:
        row = find_version(tx, ctx, name, version)
        return lineage.around(tx, ctx, reference(row.name, row.version))


def change(ctx: Context, name: str, *, description: str | None = None, tags: Mapping[str, str | None] = {}) -> Model:
    """Change description and tags of a model; a tag of None is removed."""
    for key, value in tags.items():
        check_tag(key, value)
    with ctx.db.begin() as tx:
        row = find(tx, ctx, name)
        repository.change_model(tx, ctx, row.id, **_changed(row, description, tags))
        ctx.events.emit(tx, "model.updated", name, {})
        hooks.tagged(tx, ctx, row, tags)
        return repository.to_models(tx, [find(tx, ctx, name)])[0]


def change_version(
    ctx: Context,
    name: str,
    version: int | str,
    *,
    description: str | None = None,
    tags: Mapping[str, str | None] = {},
    stage: str | None = None,
    archive: bool = False,
) -> ModelVersion:
    """Change description, tags and stage of a version; all else of it never changes.

    archive: the other versions on that stage become Archived, together with this change or not at all.
    """
    for key, value in tags.items():
        check_tag(key, value)
    with ctx.db.begin() as tx:
        row = find_version(tx, ctx, name, version)
        if archive:
            repository.change_model(tx, ctx, row.model)  # one at a time: else two versions could end on one stage
        values = _changed(row, description, tags) | ({"stage": stage} if stage else {})
        repository.change_version(tx, ctx, row.id, **values)
        ctx.events.emit(tx, "model.updated", name, {"version": row.version})
        hooks.version_tagged(tx, ctx, row, tags)
        for other in repository.versions(tx, row.model) if archive and stage else []:
            if other.stage == stage and other.id != row.id:
                repository.change_version(tx, ctx, other.id, stage="Archived")
                ctx.events.emit(tx, "model.updated", name, {"version": other.version})
        return repository.to_versions(tx, [find_version(tx, ctx, name, row.version)])[0]


def rename(ctx: Context, name: str, new_name: str) -> Model:
    """Give a model another name; its lineage follows."""
    check_name(new_name)
    with ctx.db.begin() as tx:
        row = find(tx, ctx, name)
        if new_name != name and repository.model(tx, ctx.workspace_id, new_name) is not None:
            raise ModelExists(new_name)
        held = repository.versions(tx, row.id)
        _refuse_used(tx, held)
        repository.change_model(tx, ctx, row.id, name=new_name)
        for version in held:
            lineage.rename(tx, ctx, reference(name, version.version), reference(new_name, version.version))
        auth.audit(tx, ctx.clock, ctx.workspace_id, ctx.actor.name, "model.renamed", name, {"name": new_name})
        ctx.events.emit(tx, "model.updated", new_name, {"was": name})
        return repository.to_models(tx, [find(tx, ctx, new_name)])[0]


def delete(ctx: Context, name: str) -> None:
    """Put a model with all versions in the bin; raises InUse while one of them is used. Its name is free at once."""
    with ctx.db.begin() as tx:
        row = find(tx, ctx, name)
        held = repository.versions(tx, row.id)
        _refuse_used(tx, held)
        recycling.put_model(tx, ctx, row, held)
        auth.audit(tx, ctx.clock, ctx.workspace_id, ctx.actor.name, "model.deleted", name)
        ctx.events.emit(tx, "model.deleted", name, {})


def delete_version(ctx: Context, name: str, version: int) -> None:
    """Put a version in the bin; its number is never given again. Raises InUse while something uses it."""
    with ctx.db.begin() as tx:
        row = find_version(tx, ctx, name, version)
        _refuse_used(tx, [row])
        recycling.put_version(tx, ctx, row)
        auth.audit(tx, ctx.clock, ctx.workspace_id, ctx.actor.name, "model.version_deleted", f"{name}:{row.version}")
        ctx.events.emit(tx, "model.updated", name, {"deleted": row.version})


def set_alias(ctx: Context, name: str, alias: str, version: int) -> Model:
    """Let an alias name a version."""
    check_alias(alias)
    with ctx.db.begin() as tx:
        row = find_version(tx, ctx, name, version)
        repository.set_alias(tx, ctx, row.model, alias, row.version)
        ctx.events.emit(tx, "model.updated", name, {"alias": alias, "version": row.version})
        model = find(tx, ctx, name)
        hooks.aliased(tx, ctx, model, alias, row.version)
        return repository.to_models(tx, [model])[0]


def delete_alias(ctx: Context, name: str, alias: str) -> None:
    """Remove an alias; that it is not there is no error."""
    with ctx.db.begin() as tx:
        model = find(tx, ctx, name)
        if repository.delete_alias(tx, model.id, alias):
            ctx.events.emit(tx, "model.updated", name, {"alias": alias})
            hooks.aliased(tx, ctx, model, alias, None)


def mark_used(tx: Connection, ctx: Context, name: str, version: int, used_by: str) -> None:
    """Say, in the caller's transaction, that something such as `endpoint:titanic` holds a version: it stays."""
    row = find_version(tx, ctx, name, version)
    repository.mark_used(tx, ctx, row.id, used_by)
    lineage.link(tx, ctx, reference(row.name, row.version), used_by)


def mark_unused(tx: Connection, ctx: Context, name: str, version: int, used_by: str) -> None:
    """Say that it holds the version no longer; that the version is gone is no error."""
    try:
        row = find_version(tx, ctx, name, version)
    except (ModelNotFound, VersionNotFound):
        return
    repository.mark_unused(tx, row.id, used_by)
    lineage.unlink(tx, ctx, reference(row.name, row.version), used_by)


def _check(name: str, tags: Mapping[str, str] | None) -> None:
    check_name(name)
    for key, value in (tags or {}).items():
        check_tag(key, value)


def _insert(tx: Connection, ctx: Context, name: str, description: str, tags: Mapping[str, str] | None) -> Found:
    now = ctx.clock.now()
    values = {"id": new_id(), "workspace_id": ctx.workspace_id, "name": name, "description": description}
    try:
        with tx.begin_nested():
            repository.insert_model(tx, {**values, "tags": dict(tags or {}), "created_at": now, "updated_at": now})
    except IntegrityError:  # PostgreSQL: another server made it in this moment
        raise ModelExists(name) from None
    ctx.events.emit(tx, "model.created", name, {})
    hooks.created(tx, ctx, name, description, tags)
    return find(tx, ctx, name)


def _changed(row: Found, description: str | None, tags: Mapping[str, str | None]) -> dict[str, Any]:
    values: dict[str, Any] = {} if description is None else {"description": description}
    if tags:
        merged = {**row.tags, **tags}
        values["tags"] = {key: value for key, value in merged.items() if value is not None}
    return values


def _refuse_used(tx: Connection, rows: list[Found]) -> None:
    used = repository.uses(tx, [row.id for row in rows])
    for row in rows:
        if row.id in used:
            raise InUse(row.name, row.version, used[row.id])
