"""SQL of the registry."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, delete, insert, or_, select, update

from studiolo.kernel.context import Context
from studiolo.kernel.db.prepared import Prepared
from studiolo.studio.experiments import lineage
from studiolo.studio.models.schemas import Model, ModelVersion, Scan, Signature
from studiolo.studio.models.tables import model_aliases, model_scans, model_uses, model_versions, models

Found = Row[Any]
VERSIONS = select(model_versions, models.c.name).join(models, models.c.id == model_versions.c.model)


def insert_model(tx: Connection, values: Mapping[str, Any]) -> None:
    """Add a model."""
    tx.execute(insert(models).values(**values))


_BY_NAME = Prepared(
    select(models).where(models.c.workspace_id == bindparam("workspace_id"), models.c.name == bindparam("name"))
)


def model(tx: Connection, workspace_id: str, name: str) -> Found | None:
    """Return a model's row by its name."""
    found: Found | None = _BY_NAME.first(tx, {"workspace_id": workspace_id, "name": name})
    return found


def hold_model(tx: Connection, model_id: str) -> None:
    """Let others who add to the model wait for the end of this transaction (PostgreSQL; SQLite has one writer)."""
    tx.execute(select(models.c.id).where(models.c.id == model_id).with_for_update()).first()


def list_models(tx: Connection, workspace_id: str, after: str | None, limit: int, search: str) -> list[Found]:
    """Return models by name."""
    query = select(models).where(models.c.workspace_id == workspace_id)
    if after is not None:
        query = query.where(models.c.name > after)
    if search:
        query = query.where(models.c.name.icontains(search, autoescape=True))
    return list(tx.execute(query.order_by(models.c.name).limit(limit)))


def change_model(tx: Connection, ctx: Context, model_id: str, **values: Any) -> None:
    """Change a model."""
    tx.execute(update(models).where(models.c.id == model_id).values(**values, updated_at=ctx.clock.now()))


_TAKE_VERSION = Prepared(
    update(models)
    .where(models.c.id == bindparam("model"))
    .values(last_version=models.c.last_version + 1, versions=models.c.versions + 1, updated_at=bindparam("now"))
    .returning(models.c.last_version)
)


def take_version(tx: Connection, ctx: Context, model_id: str) -> int:
    """Count a model's versions up and return the new number; locks the row."""
    return int(_TAKE_VERSION.first(tx, {"model": model_id, "now": ctx.clock.now()}).last_version)


def delete_model(tx: Connection, model_id: str) -> None:
    """Remove a model with its versions and aliases."""
    tx.execute(delete(models).where(models.c.id == model_id))


_TAKE_BY_NAME = Prepared(
    update(models)
    .where(models.c.workspace_id == bindparam("workspace"), models.c.name == bindparam("of"))
    .values(last_version=models.c.last_version + 1, versions=models.c.versions + 1, updated_at=bindparam("now"))
    .returning(models)
)


def take_by_name(tx: Connection, ctx: Context, name: str) -> Found | None:
    """Do so of a model of a name; returns its row with the new number as `last_version`, None when there is none."""
    found: Found | None = _TAKE_BY_NAME.first(tx, {"workspace": ctx.workspace_id, "of": name, "now": ctx.clock.now()})
    return found


_INSERT_VERSION = Prepared(insert(model_versions))


def insert_version(tx: Connection, values: Mapping[str, Any], name: str) -> Found:
    """Add a version; returns its row with the model's `name`."""
    row: Found = _INSERT_VERSION.add(tx, values)
    row.name = name
    return row


def version(tx: Connection, model_id: str, number: int) -> Found | None:
    """Return a version's row with the model's `name`."""
    return tx.execute(VERSIONS.where(model_versions.c.model == model_id, model_versions.c.version == number)).first()


def version_by_origin(tx: Connection, model_id: str, origin: str) -> Found | None:
    """Return the version that was registered from there."""
    return tx.execute(VERSIONS.where(model_versions.c.model == model_id, model_versions.c.origin == origin)).first()


def versions(tx: Connection, model_id: str) -> list[Found]:
    """Return the versions of a model, newest first."""
    return list(
        tx.execute(VERSIONS.where(model_versions.c.model == model_id).order_by(model_versions.c.version.desc()))
    )


def versions_of_run(tx: Connection, workspace_id: str, run_id: str) -> list[Found]:
    """Return the versions that a run made."""
    query = VERSIONS.where(model_versions.c.workspace_id == workspace_id, model_versions.c.run_id == run_id)
    return list(tx.execute(query.order_by(models.c.name, model_versions.c.version)))


def newest(tx: Connection, model_ids: Sequence[str]) -> dict[str, Found]:
    """Return the newest version of each model."""
    found: dict[str, Found] = {}
    query = VERSIONS.where(model_versions.c.model.in_(model_ids)).order_by(model_versions.c.version)
    latest = query.where(and_(model_versions.c.version == models.c.last_version))
    for row in tx.execute(latest):
        found[row.model] = row
    missing = [model_id for model_id in model_ids if model_id not in found]
    if missing:  # the newest one was deleted
        for row in tx.execute(query.where(model_versions.c.model.in_(missing))):
            found[row.model] = row
    return found


def change_version(tx: Connection, ctx: Context, version_id: str, **values: Any) -> None:
    """Change what may change of a version."""
    tx.execute(
        update(model_versions).where(model_versions.c.id == version_id).values(**values, updated_at=ctx.clock.now())
    )


def delete_version(tx: Connection, ctx: Context, row: Found) -> None:
    """Remove a version and its aliases."""
    tx.execute(delete(model_aliases).where(model_aliases.c.model == row.model, model_aliases.c.version == row.version))
    tx.execute(delete(model_versions).where(model_versions.c.id == row.id))
    change_model(tx, ctx, row.model, versions=models.c.versions - 1)


def aliases(tx: Connection, model_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return the aliases of models, by name."""
    found: dict[str, dict[str, int]] = {}
    query = select(model_aliases).where(model_aliases.c.model.in_(model_ids)).order_by(model_aliases.c.alias)
    for row in tx.execute(query):
        found.setdefault(row.model, {})[row.alias] = row.version
    return found


def set_alias(tx: Connection, ctx: Context, model_id: str, alias: str, number: int) -> None:
    """Let an alias name a version."""
    change = ctx.db.upsert(model_aliases).values(model=model_id, alias=alias, version=number)
    tx.execute(
        change.on_conflict_do_update(index_elements=["model", "alias"], set_={"version": change.excluded.version})
    )


def delete_alias(tx: Connection, model_id: str, alias: str) -> bool:
    """Remove an alias; False when there is none."""
    gone = tx.execute(delete(model_aliases).where(model_aliases.c.model == model_id, model_aliases.c.alias == alias))
    return gone.rowcount == 1


def uses(tx: Connection, version_ids: Sequence[str]) -> dict[str, list[str]]:
    """Return what uses versions."""
    found: dict[str, list[str]] = {}
    query = select(model_uses).where(model_uses.c.version.in_(version_ids)).order_by(model_uses.c.used_by)
    for row in tx.execute(query):
        found.setdefault(row.version, []).append(row.used_by)
    return found


def mark_used(tx: Connection, ctx: Context, version_id: str, used_by: str) -> None:
    """Say that something uses a version."""
    row = {"version": version_id, "used_by": used_by, "created_at": ctx.clock.now()}
    tx.execute(ctx.db.upsert(model_uses).on_conflict_do_nothing(index_elements=["version", "used_by"]), row)


def mark_unused(tx: Connection, version_id: str, used_by: str) -> None:
    """Take that back."""
    tx.execute(delete(model_uses).where(model_uses.c.version == version_id, model_uses.c.used_by == used_by))


def keep_scan(tx: Connection, ctx: Context, version_id: str, report: Mapping[str, Any]) -> bool:
    """Store what a look found, in place of an older one; False when the version is gone."""
    there = tx.execute(select(model_versions.c.id).where(model_versions.c.id == version_id).with_for_update(read=True))
    if there.first() is None:
        return False
    values = {"scanner": report["scanner"], "verdict": report["verdict"], "report": dict(report)}
    row = {"version": version_id, **values, "scanned_at": ctx.clock.now()}
    change = ctx.db.upsert(model_scans).values(row)
    fields = ("scanner", "verdict", "report", "scanned_at")
    tx.execute(
        change.on_conflict_do_update(
            index_elements=["version"], set_={field: change.excluded[field] for field in fields}
        )
    )
    return True


def scan(tx: Connection, version_id: str) -> Scan | None:
    """Return what was found in a version."""
    row = tx.execute(select(model_scans).where(model_scans.c.version == version_id)).first()
    return Scan.model_validate({**row.report, "scanned_at": row.scanned_at}) if row else None


def verdicts(tx: Connection, version_ids: Sequence[str]) -> dict[str, str]:
    """Return the verdicts on versions."""
    query = select(model_scans.c.version, model_scans.c.verdict).where(model_scans.c.version.in_(version_ids))
    return {row.version: row.verdict for row in tx.execute(query)}


_NOT_SCANNED = Prepared(  # asked at every tick, and to build a statement takes longer than to run it
    VERSIONS.outerjoin(model_scans, model_scans.c.version == model_versions.c.id)
    .where(
        model_versions.c.workspace_id == bindparam("workspace_id"),
        model_versions.c.folder.is_not(None),
        or_(model_scans.c.version.is_(None), model_scans.c.scanner != bindparam("scanner")),
    )
    .order_by(model_versions.c.created_at)
    .limit(1)
)


def not_scanned(tx: Connection, workspace_id: str, scanner: str) -> Found | None:
    """Return the oldest version with files here that this scanner has not looked into."""
    found: Found | None = _NOT_SCANNED.first(tx, {"workspace_id": workspace_id, "scanner": scanner})
    return found


def to_versions(tx: Connection, rows: Sequence[Found]) -> list[ModelVersion]:
    """Make the nouns of version rows."""
    named = aliases(tx, sorted({row.model for row in rows}))
    ids = [row.id for row in rows]
    used, seen = uses(tx, ids), verdicts(tx, ids)
    made_by = {row.run_id for row in rows if row.run_id}
    run_names = lineage.run_names(tx, rows[0].workspace_id, made_by) if rows else {}
    fields = (
        "name",
        "version",
        "description",
        "tags",
        "stage",
        "run_id",
        "model_id",
        "source",
        "flavors",
        "size",
        "files",
    )
    return [
        ModelVersion(
            **{field: getattr(row, field) for field in fields},
            aliases=[alias for alias, number in named.get(row.model, {}).items() if number == row.version],
            signature=Signature.model_validate(row.signature) if row.signature else None,
            run_name=run_names.get(row.run_id),
            mlflow_version=row.mlflow_version,
            user=row.user,
            used_by=used.get(row.id, []),
            scan=seen.get(row.id),
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row in rows
    ]


def to_models(tx: Connection, rows: Sequence[Found]) -> list[Model]:
    """Make the nouns of model rows."""
    ids = [row.id for row in rows]
    named, latest = aliases(tx, ids), newest(tx, ids)
    newest_of = dict(zip(latest, to_versions(tx, list(latest.values())), strict=True))
    return [
        Model(
            name=row.name,
            description=row.description,
            tags=row.tags,
            aliases=named.get(row.id, {}),
            latest=newest_of.get(row.id),
            versions=row.versions,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row in rows
    ]
