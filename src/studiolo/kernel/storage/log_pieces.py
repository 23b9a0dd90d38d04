"""Pieces of a log by byte offset: the noun on the wire, cut between characters so that none is torn."""

from pydantic import BaseModel


class LogChunk(BaseModel):
    """A piece of a log. offset, next: bytes where it begins and where the following one does; size: so far.

    line: number of the line that it begins in, from 1, where that was asked for.
    """

    text: str
    offset: int
    next: int
    size: int
    line: int | None = None


def torn(data: bytes) -> int:
    """Return how many bytes at the end begin a character whose rest is still to come.

    >>> torn("né".encode()[:-1]), torn("né".encode()), torn(b"")
    (1, 0, 0)
    """
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte & 0xC0 == 0x80:
            continue
        needs = 2 if byte >> 5 == 0b110 else 3 if byte >> 4 == 0b1110 else 4 if byte >> 3 == 0b11110 else 1
        return back if needs > back else 0
    return 0


def chunk(data: bytes, start: int, size: int, *, by_end: bool) -> LogChunk:
    """Return what was read at a byte as whole characters. by_end: the byte was counted from the end, and may be in the middle of one."""
    if by_end:
        skipped = next((i for i, byte in enumerate(data[:4]) if byte & 0xC0 != 0x80), 0)
        start, data = start + skipped, data[skipped:]
    whole = data[: len(data) - torn(data)] or data
    return LogChunk(text=whole.decode("utf-8", "replace"), offset=start, next=start + len(whole), size=size)
