"""Row numbers that fit a filter, in the order of a sort: computed once, kept in a file, stopped when nobody waits any more."""

import hashlib
import json
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from duckdb import DuckDBPyConnection

KEPT = 16  # orders of a table
PATIENCE = 15.0  # seconds without a question after which an order is given up
LOOK = 0.1


def key_of(sort: list[str], conditions: list[dict[str, Any]]) -> str:
    """Return the name of an order; empty for the table as it is."""
    if not sort and not conditions:
        return ""
    text = json.dumps([sort, conditions], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class Order:
    """One that is there or on its way."""

    def __init__(self) -> None:
        self.numbers: np.ndarray[Any, Any] | None = None
        self.error: Exception | None = None
        self.progress = 0.0
        self.asked = time.monotonic()
        self.done = threading.Event()


class Orders:
    """The orders of one table. connect: gives a connection in which `t` is the table; where, order: SQL of `conditions`."""

    def __init__(self, folder: Path, connect: "Callable[[], DuckDBPyConnection]") -> None:
        self._folder = folder
        self._connect = connect
        self._known: dict[str, Order] = {}
        self._lock = threading.Lock()
        self._workers = ThreadPoolExecutor(1, "order")

    def ask(self, key: str, where: str, order: str) -> Order:
        """Return an order, computed from now on when it was not known."""
        with self._lock:
            found = self._known.get(key)
            if found is None or found.error:
                found = self._known[key] = Order()
                if not self._load(key, found):
                    self._workers.submit(self._compute, key, found, where, order)
                self._forget()
            found.asked = time.monotonic()
            return found

    def _forget(self) -> None:
        done = sorted((order.asked, key) for key, order in self._known.items() if order.done.is_set())
        for _, key in done[: max(0, len(self._known) - KEPT)]:
            del self._known[key]
            with suppress(OSError):
                self._path(key).unlink()

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.order"

    def _load(self, key: str, order: Order) -> bool:
        import numpy as np

        with suppress(OSError, ValueError):
            path = self._path(key)
            empty = path.stat().st_size == 0
            order.numbers = np.empty(0, np.int64) if empty else np.memmap(path, dtype=np.int64, mode="r")
            order.progress = 1.0
            order.done.set()
            return True
        return False

    def _compute(self, key: str, order: Order, where: str, sort: str) -> None:
        try:
            _still_wanted(order)
            connection = self._connect()
            try:
                watcher = threading.Thread(target=self._watch, args=(connection, order), daemon=True)
                watcher.start()
                self._write(connection, key, where, sort)
            finally:
                order.progress = max(order.progress, 0.99)
                connection.close()
            self._load(key, order)
        except Exception as error:  # noqa: BLE001 - kept for whoever asks; the worker goes on with the next order
            order.error = error
        finally:
            order.done.set()

    def _watch(self, connection: "DuckDBPyConnection", order: Order) -> None:
        while not order.done.wait(LOOK) and order.progress < 0.99:
            with suppress(Exception):  # the connection may close between two looks
                order.progress = max(order.progress, min(0.98, connection.query_progress() / 100))
                if time.monotonic() - order.asked > PATIENCE:
                    connection.interrupt()

    def _write(self, connection: "DuckDBPyConnection", key: str, where: str, sort: str) -> None:
        query = "SELECT r FROM t" + (f" WHERE {where}" if where else "") + (f" ORDER BY {sort}" if sort else "")
        reader = connection.sql(query).to_arrow_reader(131_072)
        self._folder.mkdir(parents=True, exist_ok=True)
        part = self._folder / f".{key}.{os.getpid()}"
        try:
            with part.open("wb") as file:
                for batch in reader:
                    file.write(memoryview(batch.column(0).to_numpy(zero_copy_only=False)))
            part.replace(self._path(key))
        finally:
            part.unlink(missing_ok=True)


def _still_wanted(order: Order) -> None:
    if time.monotonic() - order.asked > PATIENCE:
        raise InterruptedError("nobody waits for this order")
