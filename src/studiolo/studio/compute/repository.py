"""SQL of compute."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, text

from studiolo.kernel.db.prepared import Prepared
from studiolo.studio.compute.tables import holdings

_LOCK = 0x53747564  # of PostgreSQL's advisory locks: two controllers must not both see the last core free


_HELD = Prepared(
    select(
        func.coalesce(func.sum(holdings.c.cores), 0).label("cores"),
        func.coalesce(func.sum(holdings.c.memory_bytes), 0).label("memory"),
    ).where(holdings.c.compute == bindparam("compute"))
)
_GET = Prepared(select(holdings).where(holdings.c.holder == bindparam("holder")))
_PUT = Prepared(insert(holdings))
_REMOVE = Prepared(delete(holdings).where(holdings.c.holder == bindparam("holder")))


def lock(tx: Connection) -> None:
    """Let one transaction at a time decide about room; SQLite has one writer anyway."""
    if tx.dialect.name == "postgresql":
        tx.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def held(tx: Connection, compute: str) -> tuple[int, int]:
    """Return the cores and bytes that are held."""
    cores, memory = _HELD.first(tx, {"compute": compute})
    return int(cores), int(memory)


def count(tx: Connection, compute: str) -> int:
    """Return how many hold something."""
    return int(tx.execute(select(func.count()).where(holdings.c.compute == compute)).scalar_one())


def list_(tx: Connection, compute: str) -> list[Row[Any]]:
    """Return what is held, oldest first."""
    query = select(holdings).where(holdings.c.compute == compute).order_by(holdings.c.since, holdings.c.holder)
    return list(tx.execute(query))


def attempt_of(holder: str) -> int:
    """Return which attempt of its run holds something.

    >>> attempt_of("01a2/2"), attempt_of("01a2/3#1"), attempt_of("other")
    (2, 3, 1)
    """
    number = holder.rpartition("/")[2].partition("#")[0]
    return int(number) if "/" in holder and number.isdigit() else 1


def list_of(tx: Connection, computes: Sequence[str]) -> dict[str, list[Row[Any]]]:
    """Return what is held of several, oldest first, by compute."""
    found: dict[str, list[Row[Any]]] = {name: [] for name in computes}
    if computes:
        query = select(holdings).where(holdings.c.compute.in_(list(computes)))
        for row in tx.execute(query.order_by(holdings.c.since, holdings.c.holder)):
            found[row.compute].append(row)
    return found


def get(tx: Connection, holder: str) -> Any:
    """Return a holding, None when there is none."""
    return _GET.first(tx, {"holder": holder})


def beginning(tx: Connection, start: str) -> list[str]:
    """Return the holders whose names begin so."""
    query = select(holdings.c.holder).where(holdings.c.holder.startswith(start, autoescape=True))
    return list(tx.execute(query.order_by(holdings.c.holder)).scalars())


def put(tx: Connection, values: dict[str, Any]) -> None:
    """Add a holding."""
    _PUT.run(tx, values)


def remove(tx: Connection, holder: str) -> bool:
    """Remove a holding; False when it was not there."""
    return _REMOVE.run(tx, {"holder": holder}) == 1
