"""Who runs a published pipeline: slices above say so here, since imports only point down."""

from collections.abc import Callable

from sqlalchemy import Connection

from studiolo.kernel.context import Context

Finder = Callable[[Connection, Context, str], list[str]]
_finders: list[Finder] = []


def add(finder: Finder) -> Finder:
    """Have a function asked for what runs a published pipeline of a name; call it when a slice's service is imported."""
    if finder not in _finders:
        _finders.append(finder)
    return finder


def users(tx: Connection, ctx: Context, name: str) -> list[str]:
    """Return all that runs a published pipeline, such as `schedule nightly`."""
    return [user for finder in _finders for user in finder(tx, ctx, name)]
