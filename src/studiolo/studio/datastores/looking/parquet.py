"""The first rows of a Parquet file of a store: its end, its beginning, and no more of it than the first rows need."""

from pathlib import Path
from typing import Any

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.studio.datastores.looking.child import ask, work_folder
from studiolo.studio.datastores.ports import Entry, Store

MARK = b"PAR1"
ROWS = 100
_MODULE = "studiolo.studio.datastores.looking.parquet_process"
_WHOLE = 4 << 20  # a file up to this is taken whole
_END = 256 << 10
_MOST = 32 << 20  # bytes that a look takes


def head(ctx: Context, store: Store, entry: Entry) -> dict[str, Any] | None:
    """Return columns, rows and the number of all rows; None for a file that cannot be looked into like this."""
    with work_folder(ctx) as work:
        file = work / "head.parquet"
        there = _take(store, entry, file)
        if there is None:
            return None
        request = {"file": str(file), "rows": ROWS, "there": there}
        try:
            found = ask(ctx, _MODULE, request, work)
            need = int(found.get("need", 0))
            if need:
                if need > _MOST:
                    return None
                _fill(store, entry, file, there, min(need, entry.size))
                found = ask(ctx, _MODULE, {**request, "there": need}, work)
        except StudioloError:  # no Parquet after all, or too much for a look: its bytes can still be had
            return None
        return found


def _take(store: Store, entry: Entry, file: Path) -> int | None:
    """Write what is needed of the file where it belongs, holes between; returns how far the beginning goes."""
    if entry.size <= _WHOLE:
        with file.open("wb") as out:
            out.write(_part(store, entry, 0, entry.size))
        return entry.size
    start = entry.size - _END
    tail = _part(store, entry, start, entry.size)
    length = int.from_bytes(tail[-8:-4], "little") + 8
    if tail[-4:] != MARK or length > _MOST:
        return None
    if length > len(tail):
        start = entry.size - length
        tail = _part(store, entry, start, entry.size)
    with file.open("wb") as out:
        out.write(_part(store, entry, 0, min(1 << 20, start)))
        there = out.tell()
        out.seek(start)
        out.write(tail)
    return entry.size if there >= start else there


def _fill(store: Store, entry: Entry, file: Path, there: int, end: int) -> None:
    with file.open("r+b") as out:
        out.seek(there)
        out.write(_part(store, entry, there, end))


def _part(store: Store, entry: Entry, start: int, end: int) -> bytes:
    with store.read(entry.path, start, end, entry.fingerprint) as stream:
        pieces = []
        left = end - start
        while left > 0 and (piece := stream.read(min(left, 1 << 20))):
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces)
