"""How far a running statement is."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PAUSE = 0.25


@contextmanager
def watched(connection: "DuckDBPyConnection", report: Callable[[float], None]) -> Iterator[None]:
    """Call `report` with the share that is done, 0 to 1, a few times a second while the block runs statements."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(PAUSE):
            percent = connection.query_progress()
            if percent >= 0:
                report(min(1.0, percent / 100))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
