"""Which columns name blobs: a table says so where the column is written, and the sweep finds all of them there.

Imports so only point down: the sweep knows tables by the metadata they share, never by the slice that has them.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Connection, String, inspect, select

from studiolo.kernel.db.metadata import metadata

# `info` of a column that holds a digest, or JSON in which digests stand.
# JSON of this kind is written once, with its row: who writes it has made sure that the blobs stay (`BlobStore.keep`)
NAMES_BLOBS = {"names_blobs": True}
# the same of a manifest (`manifests.py`), whose lines name further blobs; in JSON: objects with "manifest": true name one by "digest"
NAMES_MANIFESTS = NAMES_BLOBS | {"names_manifests": True}
_DIGEST = re.compile(r"[0-9a-f]{64}")
_PAGE = 2000
_OURS = {"alembic_version"}


def columns() -> list[Column[str]]:
    """Return every column that names blobs, of all slices whose tables are loaded."""
    return [column for table in metadata.sorted_tables for column in table.columns if column.info.get("names_blobs")]


def unknown_tables(tx: Connection) -> set[str]:
    """Return the tables of the database that no loaded slice has: they may name blobs that we do not see."""
    return set(inspect(tx).get_table_names()) - set(metadata.tables) - _OURS


def named(tx: Connection, prefix: str, without: Column[str] | None = None) -> set[str]:
    """Return the digests that begin with a prefix and stand in a column of their own. tx: one consistent snapshot."""
    found: set[str] = set()
    for column in columns():
        if column is not without and isinstance(column.type, String):
            query = select(column).where(column >= prefix, column < f"{prefix}g").distinct()  # g follows f
            found.update(tx.execute(query).scalars())
    return found


def named_in_json(tx: Connection) -> Iterator[str]:
    """Yield every text that looks like a digest in the JSON columns; one too many keeps a blob, one too few loses it."""
    for column in columns():
        if not isinstance(column.type, String):
            for value in _values(tx, column):
                yield from _DIGEST.findall(json.dumps(value))


def manifests(tx: Connection) -> set[str]:
    """Return the digests of manifests, in columns of their own and in JSON. tx: one consistent snapshot."""
    found: set[str] = set()
    for column in columns():
        if not column.info.get("names_manifests"):
            continue
        if isinstance(column.type, String):
            found.update(tx.execute(select(column).where(column.is_not(None)).distinct()).scalars())
        else:
            for value in _values(tx, column):
                found.update(_in_objects(value))
    return found


def _values(tx: Connection, column: Column[str]) -> Iterator[Any]:
    keys = list(column.table.primary_key)
    query = select(column).where(column.is_not(None)).order_by(*keys)
    for (value,) in tx.execution_options(stream_results=True, yield_per=_PAGE).execute(query):
        yield value


def _in_objects(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if value.get("manifest") is True and isinstance(value.get("digest"), str):
            yield value["digest"]
        for inner in value.values():
            yield from _in_objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _in_objects(inner)
