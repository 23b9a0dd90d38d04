"""The bin of the registry: what is deleted leaves the registry at once, and comes back as it was for the retention time.

Its rows are kept as one record, so that names and numbers are free again for MLflow clients, whose own server keeps nothing; its
files keep their names below `registry/` until the record goes.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from studiolo.kernel.auth import service as auth
from studiolo.kernel.context import Context
from studiolo.kernel.ids import new_id
from studiolo.kernel.paging import Page, bounded, decode, encode
from studiolo.studio.experiments import artifacts, lineage
from studiolo.studio.models import repository
from studiolo.studio.models.errors import ModelExists, NotInBin, RestoreModelFirst
from studiolo.studio.models.names import check_name
from studiolo.studio.models.publishing import reference
from studiolo.studio.models.repository import Found
from studiolo.studio.models.schemas import BinContents, Model, ModelVersion, Restore, Signature
from studiolo.studio.models.tables import model_aliases, model_bin, model_versions, models

_AT_ONCE = 50
_MOMENTS = ("created_at", "updated_at")


def put_model(tx: Connection, ctx: Context, row: Found, held: list[Found]) -> None:
    """Move a model with its versions and aliases out of the registry."""
    named = repository.aliases(tx, [row.id]).get(row.id, {})
    versions = [_put_lineage(tx, ctx, version) for version in held]
    _keep(tx, ctx, row, None, {"model": _record(row), "versions": versions, "aliases": named})
    repository.delete_model(tx, row.id)


def put_version(tx: Connection, ctx: Context, row: Found) -> None:
    """Move a version with its aliases out of the registry."""
    all_named = repository.aliases(tx, [row.model]).get(row.model, {})
    named = {alias: number for alias, number in all_named.items() if number == row.version}
    model = tx.execute(select(models).where(models.c.id == row.model)).one()
    _keep(tx, ctx, model, row.version, {"versions": [_put_lineage(tx, ctx, row)], "aliases": named})
    repository.delete_version(tx, ctx, row)


def restore_model(ctx: Context, name: str, how: Restore) -> Model:
    """Bring a deleted model back with the versions it had; the one of that name that was deleted last, or the one of an id.

    Raises NotInBin, and ModelExists when the name was taken meanwhile and no other is given.
    """
    wanted = how.new_name or name
    check_name(wanted)
    with ctx.db.begin() as tx:
        query = _entries(ctx).where(model_bin.c.name == name, model_bin.c.version.is_(None))
        entry = _one(tx, query.where(model_bin.c.id == how.id) if how.id else query, name)
        if repository.model(tx, ctx.workspace_id, wanted) is not None:
            raise ModelExists(wanted)
        tx.execute(insert(models).values(_values(entry.record["model"]) | {"name": wanted}))
        _bring_back(tx, ctx, entry, wanted)
        auth.audit(tx, ctx.clock, ctx.workspace_id, ctx.actor.name, "model.restored", wanted)
        ctx.events.emit(tx, "model.restored", wanted, {})
        row = repository.model(tx, ctx.workspace_id, wanted)
        assert row is not None
        return repository.to_models(tx, [row])[0]


def restore_version(ctx: Context, name: str, number: int) -> ModelVersion:
    """Bring a deleted version back under its number; an alias that names another version by now stays there.

    Raises NotInBin, and RestoreModelFirst while the model itself is deleted.
    """
    with ctx.db.begin() as tx:
        model = repository.model(tx, ctx.workspace_id, name)
        query = _entries(ctx).where(model_bin.c.version == number)
        if model is None:
            _one(tx, query.where(model_bin.c.name == name), f"{name}:{number}")
            raise RestoreModelFirst(name, number)
        entry = _one(tx, query.where(model_bin.c.model == model.id), f"{name}:{number}")
        repository.change_model(tx, ctx, model.id, versions=models.c.versions + 1)
        _bring_back(tx, ctx, entry, name)
        what = f"{name}:{number}"
        auth.audit(tx, ctx.clock, ctx.workspace_id, ctx.actor.name, "model.version_restored", what)
        ctx.events.emit(tx, "model.restored", name, {"version": number})
        row = repository.version(tx, model.id, number)
        assert row is not None
        return repository.to_versions(tx, [row])[0]


def deleted_models(ctx: Context, cursor: str | None, limit: int, search: str) -> Page[Model]:
    """Return the models in the bin, the last deleted first; `bin_id` tells those of one name apart."""
    keys, limit = decode(cursor, 1), bounded(limit)
    query = _entries(ctx).where(model_bin.c.version.is_(None))
    if keys:
        query = query.where(model_bin.c.id < str(keys[0]))
    if search:
        query = query.where(model_bin.c.name.icontains(search, autoescape=True))
    with ctx.db.read() as tx:
        rows = list(tx.execute(query.limit(limit + 1)))
    items = [_model(ctx, row) for row in rows[:limit]]
    return Page(items=items, next=encode(rows[limit - 1].id) if len(rows) > limit else None)


def deleted_versions(ctx: Context, model_id: str, name: str) -> list[ModelVersion]:
    """Return the versions of a model that are in the bin, the last deleted first."""
    with ctx.db.read() as tx:
        rows = list(tx.execute(_entries(ctx).where(model_bin.c.model == model_id, model_bin.c.version.is_not(None))))
    return [_version(ctx, row, row.record["versions"][0], name) for row in rows]


def clean_up(ctx: Context, older_than_days: float | None = None) -> BinContents:
    """Remove for good what has been in the bin for so long (None: the retention time); some fifty at a time.

    Their bytes go with the next sweep of the store. Raises nothing when there is nothing; `left` says whether to ask again.
    """
    days = ctx.settings.retention_days if older_than_days is None else older_than_days
    before = ctx.clock.now() - timedelta(days=days)
    freed = BinContents()
    with ctx.db.begin() as tx:
        due = _entries(ctx).where(model_bin.c.deleted_at <= before).limit(_AT_ONCE)
        rows = list(tx.execute(due))
        for row in rows:
            freed.models += row.version is None
            freed.versions += len(row.record["versions"])
            _remove(tx, ctx, row)
        if rows:
            names = [row.name if row.version is None else f"{row.name}:{row.version}" for row in rows]
            auth.audit(
                tx,
                ctx.clock,
                ctx.workspace_id,
                ctx.actor.name,
                "model.removed",
                f"{len(rows)} of the bin",
                {"was": names},
            )
    freed.left = len(rows) == _AT_ONCE
    return freed


def over(ctx: Context) -> bool:
    """Say whether the time of something in the bin is over; one indexed read."""
    before = ctx.clock.now() - timedelta(days=ctx.settings.retention_days)
    with ctx.db.read() as tx:
        query = select(func.count()).select_from(model_bin)
        mine = (model_bin.c.workspace_id == ctx.workspace_id, model_bin.c.deleted_at <= before)
        return bool(tx.execute(query.where(*mine)).scalar_one())


def _remove(tx: Connection, ctx: Context, entry: Found) -> None:
    for version in entry.record["versions"]:
        if version["folder"]:
            artifacts.retract(tx, ctx, version["id"])
        lineage.forget(tx, ctx, _binned(version["id"]))
    tx.execute(delete(model_bin).where(model_bin.c.id == entry.id))
    if entry.version is None:  # single versions that were deleted before their model have nowhere to go back to
        for row in list(tx.execute(_entries(ctx).where(model_bin.c.model == entry.model))):
            _remove(tx, ctx, row)


def _keep(tx: Connection, ctx: Context, model: Found, version: int | None, record: Mapping[str, Any]) -> None:
    values = {
        "id": new_id(),
        "workspace_id": ctx.workspace_id,
        "model": model.id,
        "name": model.name,
        "version": version,
        "record": dict(record),
        "deleted_at": ctx.clock.now(),
        "deleted_by": ctx.actor.name,
    }
    tx.execute(insert(model_bin).values(**values))


def _put_lineage(tx: Connection, ctx: Context, row: Found) -> dict[str, Any]:
    """Let the edges of a version wait in the bin, so that the run it was made from is held; return the version's record."""
    lineage.rename(tx, ctx, reference(row.name, row.version), _binned(row.id))
    return {key: value for key, value in _record(row).items() if key != "name"}


def _bring_back(tx: Connection, ctx: Context, entry: Found, name: str) -> None:
    taken = set(
        tx.execute(
            select(model_versions.c.origin).where(
                model_versions.c.model == entry.model, model_versions.c.origin.is_not(None)
            )
        ).scalars()
    )
    for version in entry.record["versions"]:
        values = _values(version)
        if values["origin"] in taken:  # it was registered again meanwhile, as another number
            values["origin"] = None
        repository.insert_version(tx, values, name)
        lineage.rename(tx, ctx, _binned(version["id"]), reference(name, version["version"]))
    named = repository.aliases(tx, [entry.model]).get(entry.model, {})
    for alias, number in entry.record["aliases"].items():
        if alias not in named:
            tx.execute(insert(model_aliases).values(model=entry.model, alias=alias, version=number))
    tx.execute(delete(model_bin).where(model_bin.c.id == entry.id))


def _entries(ctx: Context) -> Any:
    return select(model_bin).where(model_bin.c.workspace_id == ctx.workspace_id).order_by(model_bin.c.id.desc())


def _one(tx: Connection, query: Any, what: str) -> Found:
    row: Found | None = tx.execute(query.limit(1)).first()
    if row is None:
        raise NotInBin(what)
    return row


def _binned(version_id: str) -> str:
    return f"{lineage.BINNED}model:{version_id}"


def _record(row: Found) -> dict[str, Any]:
    """Write a row as JSON."""
    return {key: value.isoformat() if key in _MOMENTS else value for key, value in row._asdict().items()}


def _values(record: Mapping[str, Any]) -> dict[str, Any]:
    """Read that again."""
    return {key: datetime.fromisoformat(value) if key in _MOMENTS else value for key, value in record.items()}


def _model(ctx: Context, entry: Found) -> Model:
    record = entry.record["model"]
    versions = entry.record["versions"]
    newest = max(versions, key=lambda version: version["version"], default=None)
    return Model(
        name=entry.name,
        description=record["description"],
        tags=record["tags"],
        aliases=entry.record["aliases"],
        latest=_version(ctx, entry, newest, entry.name) if newest else None,
        versions=len(versions),
        created_at=datetime.fromisoformat(record["created_at"]),
        updated_at=datetime.fromisoformat(record["updated_at"]),
        bin_id=entry.id,
        **_dates(ctx, entry),
    )


def _version(ctx: Context, entry: Found, record: Mapping[str, Any], name: str) -> ModelVersion:
    fields = set(ModelVersion.model_fields) - {"name", "signature", "aliases", "status", "used_by", "scan"}
    aliases = [alias for alias, number in entry.record["aliases"].items() if number == record["version"]]
    signature = Signature.model_validate(record["signature"]) if record["signature"] else None
    known = {key: value for key, value in record.items() if key in fields}
    return ModelVersion(name=name, aliases=aliases, signature=signature, **known, **_dates(ctx, entry))


def _dates(ctx: Context, entry: Found) -> dict[str, Any]:
    keep = timedelta(days=ctx.settings.retention_days)
    return {"deleted_at": entry.deleted_at, "deleted_by": entry.deleted_by, "remove_at": entry.deleted_at + keep}
