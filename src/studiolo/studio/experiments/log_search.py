"""Finding text in a whole log, however long, without holding it in memory."""

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
    """Read a file in pieces of whole lines; only pieces that hold the text are taken apart."""
    wanted = text.lower().encode()
    found: list[LogMatch] = []
    total, line, offset = 0, 1, 0
    with path.open("rb") as file:
        while piece := file.readlines(_PIECE):
            whole = b"".join(piece)
            if wanted in whole.lower() or not wanted.isascii():
                at = offset
                for number, raw in enumerate(piece, line):
                    if wanted in raw.lower() or (
                        not wanted.isascii() and text.lower() in raw.decode("utf-8", "replace").lower()
                    ):
                        total += 1
                        if len(found) < limit:
                            shown = raw.decode("utf-8", "replace").rstrip("\r\n")[:_SHOWN]
                            found.append(LogMatch(offset=at, line=number, text=shown))
                    at += len(raw)
            offset += len(whole)
            line += len(piece)
    return LogMatches(total=total, matches=found)
