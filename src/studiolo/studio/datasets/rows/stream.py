"""The server's side of reading rows: a child process whose bytes are forwarded as they come, a few of them at a time."""

import json
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from studiolo.kernel.context import Context
from studiolo.kernel.forks import Child
from studiolo.studio.datasets import children, inspection
from studiolo.studio.datasets.errors import StreamBroken, TooManyStreams
from studiolo.studio.datasets.rows.query import Asked

PIECE = 1 << 18
WAIT_SECONDS = 30.0
TOUCH_SECONDS = 60.0
_places: dict[int, threading.BoundedSemaphore] = {}
_lock = threading.Lock()


def rows(ctx: Context, files: list[Path], names: list[str], schema: dict[str, Any], asked: Asked) -> Iterator[bytes]:
    """Return the pieces of an Arrow stream; raises before the first piece what the child says of the request.

    The server holds one piece; the child ends when nobody reads on. Raises TooManyStreams when all places are taken for 30 s.
    """
    place = _place(ctx.settings.arrow_streams)
    if not place.acquire(timeout=WAIT_SECONDS):
        raise TooManyStreams(ctx.settings.arrow_streams)
    pieces = _pieces(ctx, files, names, schema, asked, place)
    first = next(pieces)
    return _again(first, pieces)


def _again(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _place(most: int) -> threading.BoundedSemaphore:
    with _lock:
        return _places.setdefault(most, threading.BoundedSemaphore(most))


def _pieces(
    ctx: Context,
    files: list[Path],
    names: list[str],
    schema: dict[str, Any],
    asked: Asked,
    place: threading.BoundedSemaphore,
) -> Iterator[bytes]:
    try:
        with inspection.work_folder(ctx) as work, tempfile.TemporaryFile() as complaint:
            request = {
                "files": list(map(str, files)),
                "names": names,
                "schema": schema,
                "asked": asked.packed(),
                "memory": ctx.settings.inspect_memory_bytes,
                "work": str(work),
            }
            child = children.start("studiolo.studio.datasets.rows.process", work, complaints=complaint)
            try:
                assert child.stdin is not None
                assert child.stdout is not None
                with child.stdin:
                    child.stdin.write(json.dumps(request).encode())
                yield from _forwarded(child, work)
                if (code := child.wait()) != 0:
                    complaint.seek(0)
                    raise _said(complaint.read(), code)
            finally:
                children.kill(child)
    finally:
        place.release()


def _forwarded(child: Child, work: Path) -> Iterator[bytes]:
    assert child.stdout is not None
    touched = time.monotonic()
    while piece := os.read(child.stdout.fileno(), PIECE):
        yield piece
        if (
            time.monotonic() - touched > TOUCH_SECONDS
        ):  # who sweeps folders of dead inspections sees that this one is in use
            touched = time.monotonic()
            os.utime(work)


def _said(complaint: bytes, code: int) -> Exception:
    last = (complaint.decode("utf-8", "replace").strip().splitlines() or [f"exit code {code}"])[-1]
    try:
        told: dict[str, Any] = json.loads(last)
    except ValueError:
        told = {"crash": last}
    if "class" in told:
        return inspection.as_error(told)
    return StreamBroken(
        f"Reading the rows failed: {told.get('crash', last)}",
        "Are the files whole? Profile the version, and read its log.",
    )
