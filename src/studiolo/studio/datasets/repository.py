"""All SQL of datasets."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, insert, select, update

from studiolo.kernel.context import Context
from studiolo.kernel.ids import new_id
from studiolo.studio.datasets.schemas import Dataset, VersionSummary
from studiolo.studio.datasets.tables import dataset_versions as versions
from studiolo.studio.datasets.tables import datasets

_SUMMARY = (
    versions.c.name,
    versions.c.version,
    versions.c.digest,
    versions.c.size,
    versions.c.rows,
    versions.c.columns,
    versions.c.format,
    versions.c.created_at,
    versions.c.created_by,
)
_LATEST = and_(
    versions.c.workspace_id == datasets.c.workspace_id,
    versions.c.name == datasets.c.name,
    versions.c.version == datasets.c.latest,
)
_DATASET = select(
    datasets.c.id,
    datasets.c.name,
    datasets.c.description,
    datasets.c.latest.label("version"),
    datasets.c.created_at,
    datasets.c.updated_at,
    datasets.c.created_by,
    versions.c.size,
    versions.c.rows,
    versions.c.columns,
    versions.c.format,
).join(versions, _LATEST)


def reference(name: str, version: int) -> str:
    """Write `name:version`."""
    return f"{name}:{version}"


def _to_dataset(row: Row[Any] | Any) -> Dataset:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    return Dataset.model_validate(values | {"reference": reference(row.name, row.version)})


def to_summary(row: Row[Any] | Any) -> VersionSummary:
    """Make the noun of a version's row."""
    fields = {column.name: getattr(row, column.name) for column in _SUMMARY}
    return VersionSummary.model_validate(fields | {"reference": reference(row.name, row.version)})


def lock_dataset(tx: Connection, ctx: Context, name: str, description: str) -> tuple[int, bool]:
    """Return the newest version of a dataset, 0 for a new one which is added, and whether it is new.

    The row is held until the end of the transaction, so two uploads get two versions.
    """
    now = ctx.clock.now()
    row = {
        "workspace_id": ctx.workspace_id,
        "name": name,
        "id": new_id(),
        "description": description,
        "latest": 0,
        "created_at": now,
        "updated_at": now,
        "created_by": ctx.actor.name,
    }
    added = tx.execute(ctx.db.upsert(datasets).on_conflict_do_nothing(index_elements=["workspace_id", "name"]), row)
    query = select(datasets.c.latest).where(datasets.c.workspace_id == ctx.workspace_id, datasets.c.name == name)
    return int(tx.execute(query.with_for_update()).scalar_one()), added.rowcount == 1


def insert_version(tx: Connection, ctx: Context, values: Mapping[str, Any], description: str) -> None:
    """Add a version and make it the newest; an empty description leaves the old one."""
    now = ctx.clock.now()
    row = dict(values) | {"workspace_id": ctx.workspace_id, "created_at": now, "created_by": ctx.actor.name}
    tx.execute(insert(versions).values(**row))
    change: dict[str, Any] = {"latest": values["version"], "updated_at": now}
    if description:
        change["description"] = description
    tx.execute(
        update(datasets)
        .where(datasets.c.workspace_id == ctx.workspace_id, datasets.c.name == values["name"])
        .values(**change)
    )


def version_by_digest(tx: Connection, workspace_id: str, name: str, digest: str) -> int | None:
    """Return the newest version with this content."""
    query = select(versions.c.version).where(
        versions.c.workspace_id == workspace_id, versions.c.name == name, versions.c.digest == digest
    )
    return tx.execute(query.order_by(versions.c.version.desc()).limit(1)).scalar_one_or_none()


def version_row(tx: Connection, workspace_id: str, name: str, version: int | None) -> Any:
    """Return a version's row, the newest for None; None when it is not there."""
    query = select(versions).where(versions.c.workspace_id == workspace_id, versions.c.name == name)
    if version is not None:
        query = query.where(versions.c.version == version)
    return tx.execute(query.order_by(versions.c.version.desc()).limit(1)).first()


def dataset(tx: Connection, workspace_id: str, name: str) -> Dataset | None:
    """Return a dataset."""
    row = tx.execute(_DATASET.where(datasets.c.workspace_id == workspace_id, datasets.c.name == name)).first()
    return _to_dataset(row) if row else None


def list_datasets(
    tx: Connection, workspace_id: str, search: str, before: tuple[datetime, str] | None, limit: int
) -> list[tuple[Dataset, str]]:
    """Return datasets with their ids, last changed first. search: a part of the name."""
    query = _DATASET.where(datasets.c.workspace_id == workspace_id)
    if search:
        query = query.where(datasets.c.name.icontains(search, autoescape=True))
    if before is not None:
        moment, last = before
        earlier = datasets.c.updated_at < moment
        query = query.where(earlier | ((datasets.c.updated_at == moment) & (datasets.c.id < last)))
    rows = tx.execute(query.order_by(datasets.c.updated_at.desc(), datasets.c.id.desc()).limit(limit))
    return [(_to_dataset(row), row.id) for row in rows]


def list_versions(tx: Connection, workspace_id: str, name: str, limit: int = 1000) -> list[VersionSummary]:
    """Return the versions of a dataset, newest first."""
    query = select(*_SUMMARY).where(versions.c.workspace_id == workspace_id, versions.c.name == name)
    return [to_summary(row) for row in tx.execute(query.order_by(versions.c.version.desc()).limit(limit))]


def set_description(tx: Connection, workspace_id: str, name: str, text: str) -> bool:
    """Change the description; False when there is no such dataset."""
    change = update(datasets).where(datasets.c.workspace_id == workspace_id, datasets.c.name == name)
    return tx.execute(change.values(description=text)).rowcount == 1


def remove(tx: Connection, workspace_id: str, name: str) -> bool:
    """Remove a dataset with its versions; False when there is none."""
    tx.execute(delete(versions).where(versions.c.workspace_id == workspace_id, versions.c.name == name))
    gone = delete(datasets).where(datasets.c.workspace_id == workspace_id, datasets.c.name == name)
    return tx.execute(gone).rowcount == 1


def profile_runs(tx: Connection, workspace_id: str, name: str) -> list[str]:
    """Return the jobs that profile the versions of a dataset."""
    query = select(versions.c.profile_run).where(versions.c.workspace_id == workspace_id, versions.c.name == name)
    return list(tx.execute(query.where(versions.c.profile_run.is_not(None))).scalars())


def set_profile_run(tx: Connection, workspace_id: str, name: str, version: int, run_id: str) -> None:
    """Name the job that computes the profile; what an earlier one left is forgotten."""
    _change(tx, workspace_id, name, version, profile_run=run_id, profile=None, profile_error=None)


def set_profile(tx: Connection, run_id: str, digest: str | None, error: str | None) -> tuple[str, int] | None:
    """Keep what a job came to; returns the version it is of, None when another job has taken over."""
    query = select(versions.c.workspace_id, versions.c.name, versions.c.version).where(versions.c.profile_run == run_id)
    row = tx.execute(query).first()
    if row is None:
        return None
    _change(tx, row.workspace_id, row.name, row.version, profile=digest, profile_error=error)
    return row.name, row.version


def _change(tx: Connection, workspace_id: str, name: str, version: int, **values: Any) -> None:
    where = (versions.c.workspace_id == workspace_id, versions.c.name == name, versions.c.version == version)
    tx.execute(update(versions).where(*where).values(**values))
