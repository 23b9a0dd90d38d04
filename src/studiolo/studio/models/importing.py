"""Takes registered models of another registry, with their numbers, aliases and times; one model is one transaction."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, select, update

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.kernel.ids import new_id
from studiolo.kernel.mlflow.values import moment
from studiolo.studio.models import names, publishing, repository
from studiolo.studio.models.errors import NotAModel
from studiolo.studio.models.publishing import Source
from studiolo.studio.models.repository import Found
from studiolo.studio.models.tables import model_versions, models

State = Literal["added", "updated", "there", "refused"]
_STAGES = {"None", "Staging", "Production", "Archived"}


class ImportedVersion(BaseModel):
    """A version. folder: of the workspace's artifacts, null when its files are elsewhere; times: ms since 1970."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1, lt=2**31)
    source: str = Field("", max_length=4000)
    folder: str | None = Field(None, max_length=1024)
    run_id: str | None = Field(None, max_length=32)
    model_id: str | None = Field(None, max_length=34)
    stage: str = "None"
    description: str = Field("", max_length=5000)
    user: str = ""
    run_link: str = ""
    tags: dict[str, str] = {}
    created: int = 0
    updated: int = 0


class ImportedModel(BaseModel):
    """A registered model or prompt of another registry. origin: which one, so that it is not taken twice."""

    model_config = ConfigDict(extra="forbid")

    origin: str = Field(pattern=r"^[0-9a-f]{32}$")
    name: str
    description: str = Field("", max_length=5000)
    tags: dict[str, str] = {}
    aliases: dict[str, int] = {}
    created: int = 0
    updated: int = 0
    versions: list[ImportedVersion] = Field([], max_length=10_000)


class VersionTaken(BaseModel):
    """What became of a version. version: its number here, 0 when it was refused; reason: of that, or what is missing."""

    source_version: int
    version: int
    state: State
    reason: str = ""


class ModelTaken(BaseModel):
    """What became of a model."""

    name: str
    state: State
    versions: list[VersionTaken]


def take(ctx: Context, sent: ImportedModel) -> ModelTaken:
    """Add what is not here. A name that is taken gets the versions as its next ones."""
    names.check_name(sent.name)
    for key, value in sent.tags.items():
        names.check_tag(key, value)
    with ctx.db.begin() as tx:
        model = repository.model(tx, ctx.workspace_id, sent.name)
        state: State = "there" if model else "added"
        model = model or _insert(tx, ctx, sent)
        taken = [
            _version(tx, ctx, model.id, sent.origin, item) for item in sorted(sent.versions, key=lambda v: v.version)
        ]
        if state == "there" and any(item.state == "added" for item in taken):
            state = "updated"
        here = {item.source_version: item.version for item in taken if item.version}
        known = repository.aliases(tx, [model.id]).get(model.id, {})
        for alias, number in sent.aliases.items():
            if alias not in known and number in here:
                names.check_alias(alias)
                repository.set_alias(tx, ctx, model.id, alias, here[number])
        if state == "added" and sent.created:
            times = {"created_at": _at(sent.created), "updated_at": _at(sent.updated or sent.created)}
            tx.execute(update(models).where(models.c.id == model.id).values(**times))
        if state != "there":
            ctx.events.emit(tx, "model.updated", sent.name, {"imported": True})
    return ModelTaken(name=sent.name, state=state, versions=taken)


def _insert(tx: Connection, ctx: Context, sent: ImportedModel) -> Found:
    now = ctx.clock.now()
    values = {"id": new_id(), "workspace_id": ctx.workspace_id, "name": sent.name, "description": sent.description}
    repository.insert_model(tx, {**values, "tags": sent.tags, "created_at": now, "updated_at": now})
    ctx.events.emit(tx, "model.created", sent.name, {})
    made = repository.model(tx, ctx.workspace_id, sent.name)
    assert made is not None
    return made


def _version(tx: Connection, ctx: Context, model_id: str, origin: str, sent: ImportedVersion) -> VersionTaken:
    own = f"import:{origin}:{sent.version}"
    found = repository.version_by_origin(tx, model_id, own)
    if found is not None:
        return VersionTaken(source_version=sent.version, version=found.version, state="there")
    try:
        with tx.begin_nested():
            row, missing = _add(tx, ctx, model_id, own, sent)
    except StudioloError as error:
        return VersionTaken(source_version=sent.version, version=0, state="refused", reason=str(error)[:500])
    return VersionTaken(source_version=sent.version, version=row.version, state="added", reason=missing)


def _add(tx: Connection, ctx: Context, model_id: str, own: str, sent: ImportedVersion) -> tuple[Found, str]:
    for key, value in sent.tags.items():
        names.check_tag(key, value)
    model: Any = tx.execute(select(models).where(models.c.id == model_id)).one()
    if sent.version > model.last_version:  # keeps its number; a smaller one is taken, or was once
        change = update(models).where(models.c.id == model_id)
        tx.execute(change.values(last_version=sent.version - 1))
    source = Source(sent.source, sent.folder, sent.run_id, sent.model_id)
    about: dict[str, Any] = {
        "origin": own,
        "description": sent.description,
        "tags": sent.tags,
        "run_link": sent.run_link,
    }
    missing = ""
    try:
        with tx.begin_nested():
            row = publishing.add(tx, ctx, model, source, **about)
    except NotAModel:  # its files did not come over, or it never had any
        row = publishing.add(tx, ctx, model, source._replace(folder=None), **about)
        missing = f"its files were not found at {sent.source[:200]}"
    if sent.folder is None and "://" not in sent.source[:20] and sent.source.startswith(("/", "runs:", "models:")):
        missing = f"its files are not among what was imported: {sent.source[:200]}"
    created = _at(sent.created) or ctx.clock.now()
    values = {
        "stage": sent.stage if sent.stage in _STAGES else "None",
        "user": sent.user[:120],
        "created_at": created,
        "updated_at": _at(sent.updated) or created,
    }
    tx.execute(update(model_versions).where(model_versions.c.id == row.id).values(**values))
    return row, missing


def _at(milliseconds: int) -> datetime | None:
    return moment(milliseconds, "time") if milliseconds > 0 else None
