"""SQL of datastores."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from studiolo.kernel.context import Context
from studiolo.studio.datastores.tables import datastore_credentials, datastores


def all_(tx: Connection, ctx: Context) -> list[Any]:
    """Return the registered datastores by name."""
    query = select(datastores).where(datastores.c.workspace_id == ctx.workspace_id).order_by(datastores.c.name)
    return list(tx.execute(query))


def find(tx: Connection, ctx: Context, name: str, *, lock: bool = False) -> Any:
    """Return a registered datastore, None when there is none of this name."""
    query = select(datastores).where(datastores.c.workspace_id == ctx.workspace_id, datastores.c.name == name)
    return tx.execute(query.with_for_update() if lock else query).first()


def insert_one(tx: Connection, ctx: Context, values: Mapping[str, Any]) -> None:
    """Add a datastore; the name must be free."""
    tx.execute(insert(datastores).values(workspace_id=ctx.workspace_id, **values))


def change(tx: Connection, datastore_id: str, values: Mapping[str, Any]) -> None:
    """Set columns of a datastore."""
    tx.execute(update(datastores).where(datastores.c.id == datastore_id).values(**values))


def make_default(tx: Connection, ctx: Context, datastore_id: str | None) -> None:
    """Make one datastore the default of the workspace, or none of the registered."""
    mine = datastores.c.workspace_id == ctx.workspace_id
    tx.execute(update(datastores).where(mine, datastores.c.is_default).values(is_default=False))
    if datastore_id is not None:
        tx.execute(update(datastores).where(mine, datastores.c.id == datastore_id).values(is_default=True))


def remove(tx: Connection, datastore_id: str) -> None:
    """Remove a datastore with its credentials."""
    tx.execute(delete(datastore_credentials).where(datastore_credentials.c.datastore == datastore_id))
    tx.execute(delete(datastores).where(datastores.c.id == datastore_id))


def credentials(tx: Connection, ids: Iterable[str]) -> list[Any]:
    """Return the sealed credentials of datastores: rows of datastore, field, envelope, updated_at."""
    query = select(datastore_credentials).where(datastore_credentials.c.datastore.in_(list(ids)))
    return list(tx.execute(query.order_by(datastore_credentials.c.field)))


def put_credentials(
    tx: Connection, datastore_id: str, sealed: Mapping[str, bytes], at: Any, *, keep: Iterable[str] = ()
) -> None:
    """Write envelopes; those that are neither written nor kept go away."""
    table = datastore_credentials
    mine = table.c.datastore == datastore_id
    stays = [field for field in keep if field not in sealed]
    tx.execute(delete(table).where(mine, table.c.field.not_in(stays)))
    for field, envelope in sealed.items():
        tx.execute(insert(table).values(datastore=datastore_id, field=field, envelope=envelope, updated_at=at))
