"""Who points at a datastore: slices above say so here, since imports only point down."""

from collections.abc import Callable

from sqlalchemy import Connection

from studiolo.kernel.context import Context
from studiolo.studio.datastores.schemas import DatastoreUser as User

Finder = Callable[[Connection, Context, str], list[User]]
_finders: list[Finder] = []


def add(finder: Finder) -> Finder:
    """Have a function asked for what uses a datastore of a name; call it when a slice's service is imported."""
    if finder not in _finders:
        _finders.append(finder)
    return finder


def users(tx: Connection, ctx: Context, name: str) -> list[User]:
    """Return everything that uses a datastore."""
    return [user for finder in _finders for user in finder(tx, ctx, name)]
