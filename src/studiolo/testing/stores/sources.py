"""Bytes to write that nobody keeps, and a watch on this process's memory."""

import hashlib
import io
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from studiolo.kernel.errors import StudioloError


class Pattern(io.RawIOBase):
    """Bytes of a size that are the same every time, none of them kept; may break off."""

    def __init__(self, size: int, fails_at: int | None = None) -> None:
        super().__init__()
        self._block = hashlib.sha256(b"studiolo").digest() * 32768  # 1 MiB
        self._at, self._size, self._fails_at = 0, size, fails_at

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer."""
        if self._fails_at is not None and self._at >= self._fails_at:
            raise SourceBroke("The source broke.")
        offset = self._at % len(self._block)
        size = min(len(buffer), self._size - self._at, len(self._block) - offset)
        buffer[:size] = self._block[offset : offset + size]
        self._at += size
        return size


class SourceBroke(StudioloError):
    """What a source that fails raises; it must come through as it is."""

    code, status, title = "testing.source_broke", 500, "The source broke"


def pattern(size: int, fails_at: int | None = None) -> BinaryIO:
    """Return a source of so many bytes."""
    return cast("BinaryIO", io.BufferedReader(Pattern(size, fails_at), 1 << 20))


def resident() -> int:
    """Return the bytes of memory that this process has now."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def peak() -> Iterator[Callable[[], int]]:
    """Watch this process's memory; the function gives how much it grew at most."""
    start, most, over = resident(), [0], threading.Event()

    def look() -> None:
        while not over.wait(0.02):
            most[0] = max(most[0], resident() - start)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield lambda: most[0]
    finally:
        over.set()
        thread.join()


def pattern_bytes(start: int, end: int) -> bytes:
    """Return a part of what `pattern` gives."""
    block = hashlib.sha256(b"studiolo").digest() * 2
    return b"".join(block[at % 32 : at % 32 + 1] for at in range(start, end))
