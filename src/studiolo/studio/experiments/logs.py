"""Pieces of a log by byte offset, cut between characters so that none is torn."""

from pathlib import Path

from studiolo.kernel.storage.log_pieces import LogChunk, chunk

CHUNK = 256 * 1024


def read(path: Path, offset: int = 0, limit: int = CHUNK) -> LogChunk:
    """Return at most `limit` bytes from a byte offset; negative: from so many bytes before the end."""
    size = path.stat().st_size
    start = max(0, size + offset) if offset < 0 else min(offset, size)
    with path.open("rb") as file:
        file.seek(start)
        data = file.read(min(max(limit, 4), CHUNK))
    return chunk(data, start, size, by_end=offset < 0)


def offset_of(path: Path, line: int) -> int:
    """Return the byte where a line begins, counted from 1; that of the end when there are fewer."""
    left, offset = line - 1, 0
    with path.open("rb") as file:
        while left > 0 and (piece := file.read(CHUNK)):
            here = piece.count(b"\n")
            if here < left:
                left, offset = left - here, offset + len(piece)
                continue
            at = -1
            for _ in range(left):
                at = piece.index(b"\n", at + 1)
            return offset + at + 1
    return offset


def line_at(path: Path, offset: int) -> int:
    """Return the number of the line, from 1, that a byte is in."""
    counted, left = 1, offset
    with path.open("rb") as file:
        while left > 0 and (piece := file.read(min(left, CHUNK))):
            counted += piece.count(b"\n")
            left -= len(piece)
    return counted
