"""Clients of other servers that are kept for a while: making one takes longer than asking, and it brings its open connections."""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")
MOST, SECONDS = 8, 300.0


class Kept(Generic[T]):
    """The last few clients by all that they were made of, credentials among it: whoever brings other ones gets another client.

    close: called with a client that nobody asked for in `SECONDS`, or that had to make room, when the next one is made; requests
    that are still under way on it must be able to end.
    """

    def __init__(self, close: Callable[[T], None]) -> None:
        self._close = close
        self._lock = threading.Lock()
        self._found: dict[Hashable, tuple[T, float]] = {}

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the client of a key, made now if need be."""
        now = time.monotonic()
        with self._lock:
            known = self._found.pop(key, None)
            made = known[0] if known and now - known[1] < SECONDS else make()
            self._found[key] = made, now
            old = [one for one, (_, used) in self._found.items() if now - used >= SECONDS]
            old += [one for one in list(self._found)[:-MOST] if one not in old]
            gone = [self._found.pop(one)[0] for one in old] + ([known[0]] if known and known[0] is not made else [])
        for client in gone:
            self._close(client)
        return made
