"""SQL of traits and splits."""

from typing import Any

from sqlalchemy import Connection, delete, insert, select

from studiolo.kernel.context import Context
from studiolo.studio.datasets.about_tables import dataset_splits as splits
from studiolo.studio.datasets.about_tables import dataset_traits as traits
from studiolo.studio.datasets.rows.schemas import Split, SplitCreate, Traits


def get_traits(tx: Connection, ctx: Context, dataset: str, version: int) -> Traits | None:
    """Return what was said about the columns of a version."""
    query = select(traits.c.timestamp, traits.c.partition_timestamp, traits.c.target).where(
        traits.c.workspace_id == ctx.workspace_id, traits.c.dataset == dataset, traits.c.version == version
    )
    row = tx.execute(query).first()
    return Traits.model_validate(dict(row._mapping)) if row else None  # noqa: SLF001 - SQLAlchemy's public name


def set_traits(tx: Connection, ctx: Context, dataset: str, version: int, found: Traits) -> None:
    """Keep what is said about the columns of a version."""
    values = found.model_dump() | {"updated_at": ctx.clock.now(), "updated_by": ctx.actor.name}
    row = {"workspace_id": ctx.workspace_id, "dataset": dataset, "version": version, **values}
    change = ctx.db.upsert(traits).on_conflict_do_update(
        index_elements=["workspace_id", "dataset", "version"], set_=values
    )
    tx.execute(change, row)


def get_splits(tx: Connection, ctx: Context, dataset: str, version: int) -> list[Split]:
    """Return the splits of a version, first made first."""
    query = select(splits).where(
        splits.c.workspace_id == ctx.workspace_id, splits.c.dataset == dataset, splits.c.version == version
    )
    return [_split(row) for row in tx.execute(query.order_by(splits.c.created_at, splits.c.name))]


def add_split(tx: Connection, ctx: Context, dataset: str, version: int, spec: SplitCreate) -> None:
    """Record a split; raises IntegrityError for a name that is there."""
    row = {"workspace_id": ctx.workspace_id, "dataset": dataset, "version": version, "name": spec.name}
    written = spec.model_dump(mode="json") | {
        "shares": list(spec.shares.items())
    }  # an object would lose its order in PostgreSQL
    kept = {"spec": written, "created_at": ctx.clock.now(), "created_by": ctx.actor.name}
    tx.execute(insert(splits).values(**row, **kept))


def remove_split(tx: Connection, ctx: Context, dataset: str, version: int, name: str) -> bool:
    """Forget a split; False when there is none."""
    gone = delete(splits).where(
        splits.c.workspace_id == ctx.workspace_id,
        splits.c.dataset == dataset,
        splits.c.version == version,
        splits.c.name == name,
    )
    return tx.execute(gone).rowcount == 1


def _split(row: Any) -> Split:
    spec = SplitCreate.model_validate(row.spec | {"shares": dict(row.spec["shares"])})
    prefix = "" if spec.name == "default" else f"{spec.name}."
    references = {part: f"{row.dataset}:{row.version}@{prefix}{part}" for part in spec.shares}
    return Split(**spec.model_dump(), references=references, created_at=row.created_at, created_by=row.created_by)
