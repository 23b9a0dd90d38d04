"""Bytes on their way between a store and whoever reads or writes: bounded memory, counted, and with errors that are named."""

import io
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager
from typing import Any, BinaryIO, TypeVar, cast

from studiolo.studio.datastores.errors import Truncated

PIECE = 1 << 20
T = TypeVar("T")
Named = Callable[[], AbstractContextManager[None]]


class Body(io.RawIOBase):
    """What comes in pieces, as a file. expected: bytes that must come; named: turns a library's errors into ours."""

    def __init__(self, pieces: Iterable[bytes], path: str, expected: int | None, named: Named) -> None:
        super().__init__()
        self._pieces, self._path, self._expected, self._named = iter(pieces), path, expected, named
        self._rest = memoryview(b"")
        self._came = 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with what is there; 0 at the end, and only when all has come."""
        while not self._rest:
            with self._named():
                piece = next(self._pieces, None)
            if piece is None:
                if self._expected is not None and self._came != self._expected:
                    raise Truncated(self._path, self._expected, self._came)
                return 0
            self._came += len(piece)
            if self._expected is not None and self._came > self._expected:
                raise Truncated(self._path, self._expected, self._came)
            self._rest = memoryview(piece)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


@contextmanager
def opened(pieces: Iterable[bytes], path: str, expected: int | None, named: Named) -> Iterator[BinaryIO]:
    """Give pieces as a buffered file while in the block."""
    with io.BufferedReader(Body(pieces, path, expected, named), PIECE) as file:
        yield cast("BinaryIO", file)


class Counted(io.RawIOBase):
    """A source that must have so many bytes, where that is known; counts what was read of it."""

    def __init__(self, source: BinaryIO, path: str, size: int | None) -> None:
        super().__init__()
        self._source, self._path, self._size = source, path, size
        self.came = 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def read(self, size: int | None = -1) -> bytes:
        """Read just so many bytes, fewer at the end only; raises Truncated when it is not all, or too much."""
        wanted = -1 if size is None else size
        piece = self._source.read(wanted)
        parts, missing = [piece], wanted - len(piece)
        while wanted > 0 and piece and missing:
            piece = self._source.read(missing)
            parts.append(piece)
            missing -= len(piece)
        found = b"".join(parts) if len(parts) > 1 else parts[0]
        self.came += len(found)
        over = wanted < 0 or len(found) < wanted
        if self._size is not None and ((over and self.came < self._size) or self.came > self._size):
            raise Truncated(self._path, self._size, self.came)
        return found

    def tell(self) -> int:
        """Return how much was read, which some libraries ask of a stream."""
        return self.came

    def blocks(self, size: Callable[[int], int] | int = PIECE) -> Iterator[bytes]:
        """Yield blocks of just that size, the last one shorter; nothing of an empty source."""
        number = 0
        while True:
            wanted = size if isinstance(size, int) else size(number)
            block = self.read(wanted)
            if not block:
                return
            yield block
            number += 1


def parallel(blocks: Iterable[bytes], put: Callable[[int, bytes], T], workers: int = 4) -> list[T]:
    """Hand numbered blocks to a function in threads, a few at a time; returns the answers in order.

    The first error ends it: what is under way is waited for, nothing more is begun.
    """
    answers: dict[int, T] = {}
    running: dict[Future[T], int] = {}

    def gather(*, least: int) -> None:
        while len(running) > least:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                answers[running.pop(future)] = future.result()

    with ThreadPoolExecutor(workers) as pool:
        for number, block in enumerate(blocks):
            gather(least=workers - 1)
            running[pool.submit(put, number, block)] = number
        gather(least=0)
    return [answers[number] for number in sorted(answers)]


def span(size: int, start: int, end: int | None) -> tuple[int, int]:
    """Return start and end within an object of a size.

    >>> span(10, 0, None), span(10, 4, 99), span(10, 20, 30)
    ((0, 10), (4, 10), (10, 10))
    """
    start = min(max(start, 0), size)
    return start, size if end is None else max(start, min(end, size))
