"""SQL of attached machines."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from studiolo.kernel.db.prepared import Prepared
from studiolo.studio.compute.machines.tables import machine_credentials, machines


def find(tx: Connection, workspace_id: str, name: str) -> Row[Any] | None:
    """Return a machine of a workspace."""
    query = select(machines).where(machines.c.workspace_id == workspace_id, machines.c.name == name)
    return tx.execute(query).first()


def by_id(tx: Connection, id_: str) -> Row[Any] | None:
    """Return a machine by what holdings call it."""
    return tx.execute(select(machines).where(machines.c.id == id_)).first()


_ALL = Prepared(  # asked at every tick
    select(machines).where(machines.c.workspace_id == bindparam("workspace_id")).order_by(machines.c.name)
)


def all_(tx: Connection, workspace_id: str) -> list[Row[Any]]:
    """Return the machines of a workspace by name."""
    return _ALL.all(tx, {"workspace_id": workspace_id})


def put(tx: Connection, values: Mapping[str, Any]) -> None:
    """Add a machine."""
    tx.execute(insert(machines).values(**values))


def change(tx: Connection, id_: str, values: Mapping[str, Any]) -> None:
    """Change a machine."""
    tx.execute(update(machines).where(machines.c.id == id_).values(**values))


def remove(tx: Connection, id_: str) -> None:
    """Remove a machine; its credentials go with it."""
    tx.execute(delete(machines).where(machines.c.id == id_))


def credentials(tx: Connection, ids: Sequence[str]) -> list[Row[Any]]:
    """Return the sealed credentials of machines."""
    query = select(machine_credentials).where(machine_credentials.c.machine.in_(list(ids)))
    return list(tx.execute(query)) if ids else []


def put_credentials(tx: Connection, id_: str, sealed: Mapping[str, bytes], now: datetime) -> None:
    """Replace all credentials of a machine."""
    tx.execute(delete(machine_credentials).where(machine_credentials.c.machine == id_))
    for name, envelope in sealed.items():
        row = {"machine": id_, "field": name, "envelope": envelope, "updated_at": now}
        tx.execute(insert(machine_credentials).values(**row))
