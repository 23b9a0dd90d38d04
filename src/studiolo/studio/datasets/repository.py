"""All SQL of datasets."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, and_, case, insert, select, update

from studiolo.kernel.context import Context
from studiolo.kernel.ids import new_id
from studiolo.studio.datasets.schemas import Dataset, VersionSummary
from studiolo.studio.datasets.tables import dataset_versions as versions
from studiolo.studio.datasets.tables import datasets

_SUMMARY = tuple(versions.c[name] for name in VersionSummary.model_fields if name not in ("reference", "remove_at"))
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
    datasets.c.tags,
    datasets.c.retention,
    datasets.c.lifecycle,
    datasets.c.deleted_at,
    versions.c.kind,
    versions.c.mode,
    versions.c.file_count,
    versions.c.size,
    versions.c.rows,
    versions.c.columns,
    versions.c.format,
).join(versions, _LATEST)


# the newest version first; those that a rule holds back come after all others
NEWEST = (case((versions.c.quality.in_(["held", "rejected"]), 1), else_=0), versions.c.version.desc())


class Locked(NamedTuple):
    """latest: newest version, 0 for none; numbered: the highest number ever given; new: nobody saw the dataset before this."""

    latest: int
    numbered: int
    new: bool


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


def lock_dataset(tx: Connection, ctx: Context, name: str, description: str) -> Locked:
    """Return where a dataset stands; a new one is added, and one in the bin is in use again without its old versions.

    The row is held until the end of the transaction, so two uploads get two versions.
    """
    now = ctx.clock.now()
    row = {
        "workspace_id": ctx.workspace_id,
        "name": name,
        "id": new_id(),
        "description": description,
        "latest": 0,
        "numbered": 0,
        "tags": {},
        "lifecycle": "active",
        "created_at": now,
        "updated_at": now,
        "created_by": ctx.actor.name,
    }
    added = tx.execute(ctx.db.upsert(datasets).on_conflict_do_nothing(index_elements=["workspace_id", "name"]), row)
    query = select(datasets.c.latest, datasets.c.numbered, datasets.c.lifecycle).where(*_named(ctx.workspace_id, name))
    found = tx.execute(query.with_for_update()).one()
    binned = found.lifecycle != "active"
    if binned:
        tx.execute(update(datasets).where(*_named(ctx.workspace_id, name)).values(lifecycle="active", deleted_at=None))
    return Locked(0 if binned else found.latest, found.numbered, added.rowcount == 1 or binned)


def insert_version(tx: Connection, ctx: Context, values: Mapping[str, Any], description: str) -> None:
    """Add a version and make it the newest; an empty description of the dataset leaves the old one."""
    now = ctx.clock.now()
    row = dict(values) | {"workspace_id": ctx.workspace_id, "created_at": now, "created_by": ctx.actor.name}
    tx.execute(insert(versions).values(**row))
    change: dict[str, Any] = {"latest": values["version"], "numbered": values["version"], "updated_at": now}
    if values.get("quality") == "held":  # the newest only once its rules are kept, unless there is no other
        change["latest"] = case((datasets.c.latest == 0, values["version"]), else_=datasets.c.latest)
    if description:
        change["description"] = description
    tx.execute(update(datasets).where(*_named(ctx.workspace_id, values["name"])).values(**change))


def version_by_digest(tx: Connection, workspace_id: str, name: str, digest: str) -> int | None:
    """Return the newest version with this content that is not in the bin."""
    query = select(versions.c.version).where(
        versions.c.workspace_id == workspace_id,
        versions.c.name == name,
        versions.c.digest == digest,
        versions.c.lifecycle == "active",
    )
    return tx.execute(query.order_by(versions.c.version.desc()).limit(1)).scalar_one_or_none()


def version_row(tx: Connection, workspace_id: str, name: str, version: int | None) -> Any:
    """Return a version's row, the newest for None; None when it is not there."""
    query = select(versions).where(
        versions.c.workspace_id == workspace_id, versions.c.name == name, versions.c.lifecycle == "active"
    )
    if version is not None:
        query = query.where(versions.c.version == version)
    return tx.execute(query.order_by(*NEWEST).limit(1)).first()


def settle_latest(tx: Connection, workspace_id: str, name: str) -> None:
    """Write down anew which version is the newest, after one was let in or refused."""
    row = version_row(tx, workspace_id, name, None)
    if row is not None:
        tx.execute(update(datasets).where(*_named(workspace_id, name)).values(latest=row.version))


def known_digests(tx: Connection, digests: Sequence[str]) -> set[str]:
    """Return those of the digests that a version of any workspace has."""
    found: set[str] = set()
    for start in range(0, len(digests), 500):
        query = select(versions.c.digest).where(versions.c.digest.in_(digests[start : start + 500]))
        found |= set(tx.execute(query.distinct()).scalars())
    return found


def dataset(tx: Connection, workspace_id: str, name: str) -> Dataset | None:
    """Return a dataset."""
    row = tx.execute(_DATASET.where(*_named(workspace_id, name), datasets.c.lifecycle == "active")).first()
    return _to_dataset(row) if row else None


def list_datasets(
    tx: Connection,
    workspace_id: str,
    search: str,
    before: tuple[datetime, str] | None,
    limit: int,
    lifecycle: str = "active",
) -> list[tuple[Dataset, str]]:
    """Return datasets with their ids, last changed first. search: a part of the name; of the bin: those that can be restored."""
    query = _DATASET.where(datasets.c.workspace_id == workspace_id, datasets.c.lifecycle == lifecycle)
    if lifecycle != "active":
        query = query.where(versions.c.lifecycle == lifecycle)
    if search:
        query = query.where(datasets.c.name.icontains(search, autoescape=True))
    if before is not None:
        moment, last = before
        earlier = datasets.c.updated_at < moment
        query = query.where(earlier | ((datasets.c.updated_at == moment) & (datasets.c.id < last)))
    rows = tx.execute(query.order_by(datasets.c.updated_at.desc(), datasets.c.id.desc()).limit(limit))
    return [(_to_dataset(row), row.id) for row in rows]


def list_versions(
    tx: Connection, workspace_id: str, name: str, limit: int = 1000, lifecycle: str = "active"
) -> list[VersionSummary]:
    """Return the versions of a dataset, newest first."""
    query = select(*_SUMMARY).where(
        versions.c.workspace_id == workspace_id, versions.c.name == name, versions.c.lifecycle == lifecycle
    )
    return [to_summary(row) for row in tx.execute(query.order_by(versions.c.version.desc()).limit(limit))]


def set_about(tx: Connection, workspace_id: str, name: str, values: Mapping[str, Any]) -> bool:
    """Change what is said about a dataset; False when there is no such dataset."""
    change = update(datasets).where(*_named(workspace_id, name), datasets.c.lifecycle == "active")
    return tx.execute(change.values(**values)).rowcount == 1


def set_about_version(tx: Connection, workspace_id: str, name: str, version: int, values: Mapping[str, Any]) -> None:
    """Change what is said about a version."""
    _change(tx, workspace_id, name, version, **values)


def set_profile_run(tx: Connection, workspace_id: str, name: str, version: int, run_id: str) -> None:
    """Name the job that computes the profile; what an earlier one found stays until it has ended."""
    _change(tx, workspace_id, name, version, profile_run=run_id, profile_error=None)


def set_profile(tx: Connection, run_id: str, digest: str | None, error: str | None) -> tuple[str, int] | None:
    """Keep what a job came to, an earlier profile when it failed; returns the version, None when another job has taken over."""
    query = select(versions.c.workspace_id, versions.c.name, versions.c.version).where(versions.c.profile_run == run_id)
    row = tx.execute(query).first()
    if row is None:
        return None
    found = {"profile": digest} if digest else {}
    _change(tx, row.workspace_id, row.name, row.version, profile_error=error, **found)
    return row.name, row.version


def _named(workspace_id: str, name: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return datasets.c.workspace_id == workspace_id, datasets.c.name == name


def _change(tx: Connection, workspace_id: str, name: str, version: int, **values: Any) -> None:
    where = (versions.c.workspace_id == workspace_id, versions.c.name == name, versions.c.version == version)
    tx.execute(update(versions).where(*where).values(**values))


def referring_to(tx: Connection, workspace_id: str, datastore: str) -> list[str]:
    """Return the datasets with a version whose files stay in a datastore; what is in the bin may come back, so it counts."""
    query = select(versions.c.name).where(versions.c.workspace_id == workspace_id, versions.c.datastore == datastore)
    query = query.where(versions.c.lifecycle.in_(["active", "deleted"])).distinct()
    return list(tx.execute(query.order_by(versions.c.name).limit(100)).scalars())


def numbers_after(tx: Connection, workspace_id: str, name: str, after: int) -> list[tuple[int, str | None, datetime]]:
    """Return number, quality and time of the versions above a number that are in use, lowest first."""
    query = select(versions.c.version, versions.c.quality, versions.c.created_at).where(
        versions.c.workspace_id == workspace_id,
        versions.c.name == name,
        versions.c.version > after,
        versions.c.lifecycle == "active",
    )
    return [(row.version, row.quality, row.created_at) for row in tx.execute(query.order_by(versions.c.version))]
