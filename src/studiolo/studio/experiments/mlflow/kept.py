"""Runs as they were written, kept for as long as PostgreSQL has their rows in the same version.

Pages and clients ask for the same lists again and again, and to fetch and to write a hundred runs takes longer than to find them.
A row's `xmin` is the transaction that wrote this version of it: a run is true while that of its row and that of its document are.
SQLite has no such number, and reads as fast as this.
"""

from collections.abc import Sequence
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from cachetools import LRUCache
from sqlalchemy import Connection

from studiolo.kernel.context import Context
from studiolo.kernel.db.engine import Database
from studiolo.studio.experiments import run_search
from studiolo.studio.experiments.mlflow import shapes

BYTES = 32 << 20  # of runs, in each process that answers
_LARGEST = 1 << 20  # of one run
_kept: WeakKeyDictionary[Database, LRUCache[tuple[Any, ...], bytes]] = WeakKeyDictionary()
_lock = Lock()


def written(tx: Connection, ctx: Context, stamps: Sequence[Any]) -> list[bytes] | None:
    """Return whole runs as JSON. stamps: of `run_search.beginning`. None when one has no ready document, or is gone since."""
    with _lock:
        kept = _kept.setdefault(ctx.db, LRUCache(BYTES, getsizeof=len))
        found = {one.seq: kept.get((one.seq, one.run_version, one.doc_version)) for one in stamps}
    missing = [seq for seq, text in found.items() if text is None]
    if missing:
        rows = run_search.versioned(tx, missing)
        if len(rows) < len(missing) or any(row.doc is None for row in rows.values()):
            return None
        fresh = {seq: shapes.whole(row, row.doc) for seq, row in rows.items()}
        with _lock:
            for seq, row in rows.items():
                if len(fresh[seq]) <= _LARGEST:
                    kept[seq, row.run_version, row.doc_version] = fresh[seq]
        found |= fresh
    return [text for one in stamps if (text := found[one.seq]) is not None]
