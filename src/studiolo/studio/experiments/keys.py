"""Names of params, metrics and tags: what they may be, and the numbers that stand for them."""

from collections.abc import Iterable
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, select

from studiolo.kernel.context import Context
from studiolo.kernel.db.engine import Database
from studiolo.kernel.mlflow.names import problem
from studiolo.studio.experiments.errors import BadKey
from studiolo.studio.experiments.tracking_tables import keys

_known: WeakKeyDictionary[Database, dict[str, int]] = WeakKeyDictionary()
_CHUNK = 500


def check(name: str, field: str = "key") -> None:
    """Raise BadKey unless the name can be used."""
    why = problem(name)
    if why:
        raise BadKey(f"{name[:100]!r} cannot be a name: {why}"[:600], field=field)


def intern(tx: Connection, ctx: Context, names: Iterable[str]) -> dict[str, int]:
    """Return the number of each name, giving new ones to new names.

    Only numbers that are committed are remembered in the process: `tx` may still be rolled back.
    """
    cache = _known.setdefault(ctx.db, {})
    wanted = set(names)
    found = {name: cache[name] for name in wanted if name in cache}
    if len(found) == len(wanted):
        return found
    missing = sorted(wanted - found.keys())
    with ctx.db.read() as committed:
        fresh = _select(committed, missing)
    cache.update(fresh)
    found |= fresh
    missing = [name for name in missing if name not in fresh]
    if missing:
        rows = [{"name": name} for name in missing]
        tx.execute(ctx.db.upsert(keys).on_conflict_do_nothing(index_elements=["name"]), rows)
        found |= _select(tx, missing)
    return found


def known(tx: Connection, names: Iterable[str]) -> dict[str, int]:
    """Return the numbers of those names that anything was ever recorded under."""
    return _select(tx, sorted(set(names)))


def committed(tx: Connection, ctx: Context, names: Iterable[str]) -> dict[str, int]:
    """Return the same from a transaction that only reads, so that the numbers can be remembered."""
    cache = _known.setdefault(ctx.db, {})
    wanted = set(names)
    missing = sorted(wanted - cache.keys())
    if missing:
        cache.update(_select(tx, missing))
    return {name: cache[name] for name in wanted if name in cache}


def _select(tx: Connection, names: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(names), _CHUNK):
        rows = tx.execute(select(keys.c.name, keys.c.id).where(keys.c.name.in_(names[start : start + _CHUNK])))
        found.update((row.name, row.id) for row in rows)
    return found
