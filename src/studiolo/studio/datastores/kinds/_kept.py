"""Clients of other servers that are kept for a while: making one takes longer than asking, and it brings its open connections."""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")
MOST, SECONDS = 8, 300.0


class Kept(Generic[T]):
    """The last few clients by all that they were made of, credentials among it: whoever brings other ones gets another client.

    A client is given out for `SECONDS` after it was made, however often: it may have read credentials that change elsewhere.
    close: called with one that is older, or that had to make room, when another is asked for; requests that are still under
    way on it must be able to end.
    """

    def __init__(self, close: Callable[[T], None]) -> None:
        self._close = close
        self._lock = threading.Lock()
        self._found: dict[Hashable, tuple[T, float]] = {}

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the client of a key, made now if need be."""
        now = time.monotonic()
        with self._lock:
            gone = [one for one, (_, since) in self._found.items() if now - since >= SECONDS]
            old = [self._found.pop(one)[0] for one in gone]
            found = self._found.pop(key, None) or (make(), now)
            self._found[key] = found  # the last one asked for stands last
            old += [self._found.pop(one)[0] for one in list(self._found)[:-MOST]]
        for client in old:
            self._close(client)
        return found[0]
