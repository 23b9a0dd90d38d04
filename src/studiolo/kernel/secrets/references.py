"""Which columns hold envelopes: a table says so where the column is written, and a new master key finds all of them there.

Imports so only point down, as with blobs: the rotation knows tables by the metadata they share, never by their slice.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, LargeBinary, Table, func, select, tuple_, update

from studiolo.kernel.db.metadata import metadata

NO_SECRET = {"no_secret": True}  # `info` of a column of bytes that are no envelope
_FIELD = re.compile(r"\{(\w+)(?:\.(\w+))?\}")
_KEY_ID = (2, 8)  # where the id of the master key stands in an envelope, counted from 1


def holds_secret(about: str) -> dict[str, str]:
    """Return the `info` of a column that holds an envelope.

    about: how its place is named, with columns of the row in braces: `{workspace_id}|webhook|{id}|secret`. `{owner.name}` is the
    column `name` of the row that the foreign key `owner` refers to. A template never changes: envelopes are bound to it.
    """
    return {"holds_secret": about}


@dataclass(frozen=True, slots=True)
class Held:
    """An envelope and where it is. key: values of the primary key."""

    key: tuple[Any, ...]
    envelope: bytes
    about: str


def columns() -> list[Column[Any]]:
    """Return every column that holds envelopes, of all slices whose tables are loaded."""
    return [column for table in metadata.sorted_tables for column in table.columns if "holds_secret" in column.info]


def undeclared() -> list[Column[Any]]:
    """Return the columns of bytes that say neither that they hold envelopes nor that they hold none."""
    every = [column for table in metadata.sorted_tables for column in table.columns]
    said = ("holds_secret", "no_secret")
    return [c for c in every if isinstance(c.type, LargeBinary) and not any(word in c.info for word in said)]


def count_other(tx: Connection, column: Column[Any], key_id: bytes) -> int:
    """Count envelopes of a column that another master key sealed."""
    query = select(func.count()).select_from(column.table).where(*_sealed_by_another(column, key_id))
    return int(tx.execute(query).scalar_one())


def sealed_by(tx: Connection, column: Column[Any], key_id: bytes) -> int:
    """Count envelopes of a column that this master key sealed."""
    where = (column.is_not(None), func.substr(column, *_KEY_ID) == key_id)
    return int(tx.execute(select(func.count()).select_from(column.table).where(*where)).scalar_one())


def others(
    tx: Connection, column: Column[Any], key_id: bytes, after: Sequence[Any] | None, limit: int
) -> Iterator[Held]:
    """Yield envelopes that another master key sealed, by primary key, those behind `after`."""
    keys = list(column.table.primary_key)
    names, parts, joined = _about(column)
    query = select(column, *keys, *parts).select_from(joined).where(*_sealed_by_another(column, key_id))
    if after is not None:
        query = query.where(tuple_(*keys) > tuple_(*after))
    for row in tx.execute(query.order_by(*keys).limit(limit)):
        about = str(column.info["holds_secret"])
        for field, value in zip(names, row[1 + len(keys) :], strict=True):
            about = about.replace(field, str(value))
        yield Held(tuple(row[1 : 1 + len(keys)]), bytes(row[0]), about)


def replace(tx: Connection, column: Column[Any], held: Held, envelope: bytes) -> bool:
    """Write another envelope of the same secret; False when the row has changed since it was read."""
    table: Table = column.table  # ours are tables
    here = [key == value for key, value in zip(table.primary_key, held.key, strict=True)]
    change = update(table).where(*here, column == held.envelope)
    return tx.execute(change.values({column: envelope})).rowcount == 1


def _sealed_by_another(column: Column[Any], key_id: bytes) -> tuple[ColumnElement[bool], ...]:
    return column.is_not(None), func.length(column) > 0, func.substr(column, *_KEY_ID) != key_id


def _about(column: Column[Any]) -> tuple[list[str], list[ColumnElement[Any]], Any]:
    """Return the fields of a column's template, the columns that they are, and what to select them from."""
    table: Any = column.table
    joined, others_ = table, {}
    names, parts = [], []
    for field in _FIELD.finditer(column.info["holds_secret"]):
        own = table.c[field[1]]
        if field[2] is None:
            part = own
        else:
            if field[1] not in others_:
                target = next(iter(own.foreign_keys)).column
                alias = target.table.alias()
                others_[field[1]] = alias
                joined = joined.join(alias, alias.c[target.name] == own)
            part = others_[field[1]].c[field[2]]
        names.append(field[0])
        parts.append(part)
    return names, parts, joined
