"""Sees blobs through to the disk beside other work: an fsync and the naming take 2 ms, in which a controller decides what comes next.

Who stores `in_passing` gets digests at once, and calls what the block around gave it before it commits what names them. So nothing is
named that is not on the disk, and no file has the name of a blob before its bytes are there: after a power cut all is as ever.
"""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager


class Beside:
    """The blobs of a store that are on their way to the disk."""

    def __init__(self) -> None:
        self._mine = threading.local()
        self._under_way: dict[str, Future[object]] = {}
        self._threads: ThreadPoolExecutor | None = None
        self._pid = 0

    @contextmanager
    def block(self) -> Iterator[Callable[[], None]]:
        """Let what this thread stores `in_passing` go beside; yields what waits for it, and raises what went wrong. Blocks do not nest."""
        waiting: dict[str, Future[object]] = {}

        def through() -> None:
            while waiting:
                digest, work = waiting.popitem()
                try:
                    work.result()
                finally:
                    self._under_way.pop(digest, None)

        self._mine.waiting = waiting
        try:
            yield through
            through()
        finally:
            self._mine.waiting = None
            for digest, work in waiting.items():  # after an error, which is told
                work.exception()
                self._under_way.pop(digest, None)

    @contextmanager
    def in_passing(self) -> Iterator[None]:
        """Store beside, in a block: outside of one nothing is different."""
        self._mine.passing = True
        try:
            yield
        finally:
            self._mine.passing = False

    def takes(self, digest: str, commit: Callable[[], object]) -> bool:
        """Have a blob committed beside; False where this thread waits for each."""
        waiting = getattr(self._mine, "waiting", None)
        if waiting is None or not getattr(self._mine, "passing", False) or digest in self._under_way:
            return False
        if self._threads is None or self._pid != os.getpid():  # a fork has none of the threads
            self._threads, self._pid = ThreadPoolExecutor(2, "blobs"), os.getpid()
        self._under_way[digest] = waiting[digest] = self._threads.submit(commit)
        return True

    def is_mine(self, digest: str) -> bool:
        """Say whether this thread has a blob on its way, and so waits for it before it names it."""
        return digest in (getattr(self._mine, "waiting", None) or ())

    def wait(self, digest: str) -> None:
        """Wait for a blob that is on its way: who reads it needs its file."""
        if self._under_way and (work := self._under_way.get(digest)) is not None:
            work.exception()
