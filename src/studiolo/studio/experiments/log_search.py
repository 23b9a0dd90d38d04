"""Finding text in a whole log, however long, without holding it in memory."""

from collections.abc import Iterator
from pathlib import Path

from studiolo.kernel.context import Context
from studiolo.studio.experiments import service
from studiolo.studio.experiments.page_schemas import LogMatch, LogMatches

_PIECE = 1 << 20
_SHOWN = 300


def find(ctx: Context, run_id: str, text: str, limit: int = 2000) -> LogMatches:
    """Return the lines that hold a text, whatever its case: how many, and the first of them. Raises LogNotThere."""
    return lines_with(service.log_path(ctx, run_id), text, limit)


def lines_with(path: Path, text: str, limit: int) -> LogMatches:
    """Read a file in pieces of whole lines; the lines between two matches are counted, never taken apart."""
    found: list[LogMatch] = []
    total, line, offset = 0, 1, 0
    for piece in _pieces(path):
        counted = 0  # up to here the newlines of the piece are in `line`
        for start, end in _hits(piece, text):
            total += 1
            if len(found) < limit:
                line += piece.count(b"\n", counted, start)
                counted = start
                shown = piece[start:end].decode("utf-8", "replace").rstrip("\r\n")[:_SHOWN]
                found.append(LogMatch(offset=offset + start, line=line, text=shown))
        line += piece.count(b"\n", counted)
        offset += len(piece)
    return LogMatches(total=total, matches=found)


def _pieces(path: Path) -> Iterator[bytes]:
    """Yield the file in pieces that end with a line; a line longer than a piece is cut."""
    rest = b""
    with path.open("rb") as file:
        while read := file.read(_PIECE):
            whole, newline, rest = (rest + read).rpartition(b"\n")
            if newline:
                yield whole + newline
            elif len(rest) > 16 * _PIECE:
                yield rest
                rest = b""
    if rest:
        yield rest


def _hits(piece: bytes, text: str) -> Iterator[tuple[int, int]]:
    """Yield where the lines with a text begin and end."""
    if not text.isascii():  # lower case may have another length then: line by line
        at, wanted_text = 0, text.lower()
        for raw in piece.split(b"\n"):
            if wanted_text in raw.decode("utf-8", "replace").lower():
                yield at, min(len(piece), at + len(raw) + 1)
            at += len(raw) + 1
        return
    wanted, low = text.lower().encode(), piece.lower()
    at = low.find(wanted)
    while at >= 0:
        start = low.rfind(b"\n", 0, at) + 1
        end = low.find(b"\n", at)
        end = len(low) if end < 0 else end + 1
        yield start, end
        at = low.find(wanted, end)
