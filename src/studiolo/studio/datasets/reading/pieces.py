"""Rows from several places of a text, read as pieces: what a long file holds further down, without reading it through."""

import csv
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from studiolo.studio.datasets.reading.dialect import Dialect, records

PIECE = 192 * 1024
ROWS = 5120  # of each piece
PLACES = (0.25, 0.5, 0.75, 1.0)
Read = Callable[[int, int], bytes]


def of_file(path: Path) -> Read:
    """Return how to read ranges of a local file."""

    def read(start: int, end: int) -> bytes:
        with path.open("rb") as stream:
            stream.seek(start)
            return stream.read(end - start)

    return read


def further(read: Read, size: int, begin: int, piece: int = PIECE, *, at_once: bool = False) -> list[bytes]:
    """Return whole lines from places behind `begin`; the last piece is the end of the file.

    at_once: where each reading is a request to somewhere else, they are made at the same time.
    """
    ranges: list[tuple[int, int]] = []
    done = begin
    for place in PLACES:
        start = max(done, int(size * place) - (piece if place == 1.0 else 0))
        end = min(size, start + piece)
        if end - start >= 2:
            ranges.append((start, end))
            done = end
    if at_once:
        with ThreadPoolExecutor(len(PLACES)) as pool:
            pieces = list(pool.map(read, *zip(*ranges, strict=True))) if ranges else []
    else:
        pieces = [read(start, end) for start, end in ranges]
    found: list[bytes] = []
    for (_, end), data in zip(ranges, pieces, strict=True):
        first = data.find(b"\n")
        last = len(data) if end == size else data.rfind(b"\n") + 1
        if 0 <= first < last - 1:
            found.append(data[first + 1 : last])
    return found


def rows(pieces: list[bytes], dialect: Dialect, fields: int, target: Path) -> Path | None:
    """Write the rows of the pieces that have so many fields; None when there are none.

    A piece may begin inside a quoted value: what does not split into the right number of fields is left out.
    """
    texts = [piece.decode("utf-8", "replace") for piece in pieces]
    if not any(mark in text for text in texts for mark in (dialect.quote, dialect.escape, "\r") if mark):
        return _plain(texts, dialect.delimiter, fields, target)
    kept: list[list[str]] = []
    for text in texts:
        kept += [row for row in records(text, dialect, limit=ROWS) if len(row) == fields]
    if not kept:
        return None
    out = io.StringIO(newline="")
    doubled = dialect.escape == dialect.quote or not dialect.quote
    writer = csv.writer(
        out,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote or '"',
        doublequote=doubled,
        escapechar=None if doubled else dialect.escape or "\\",
        lineterminator="\n",
        quoting=csv.QUOTE_MINIMAL,
    )
    writer.writerows(kept)
    target.write_text(out.getvalue(), "utf-8", newline="")
    return target


def _plain(texts: list[str], delimiter: str, fields: int, target: Path) -> Path | None:
    """Write the lines that have so many fields, as they are: nothing in these texts is quoted or escaped, so a line is a row."""
    kept: list[str] = []
    for text in texts:
        lines = [line for line in text.split("\n") if line][:ROWS]
        kept += [line for line in lines if line.count(delimiter) == fields - 1]
    if not kept:
        return None
    target.write_text("\n".join(kept) + "\n", "utf-8", newline="")
    return target
