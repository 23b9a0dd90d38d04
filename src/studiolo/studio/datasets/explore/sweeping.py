"""What exploring left on the disk: removed when it is too much, too old, or of versions that are no more."""

import shutil
import time
from pathlib import Path

from studiolo.kernel.context import Context
from studiolo.studio.datasets import repository
from studiolo.studio.datasets.explore import results

EVERY = 60.0  # seconds between two looks
IN_USE = 120.0  # seconds since it was looked at in which a table is left alone, whatever it takes
_last: dict[Path, float] = {}


def tick(ctx: Context) -> int:
    """Sweep once a minute; returns how many tables and results went."""
    now = time.monotonic()
    if now - _last.get(ctx.settings.home, -EVERY) < EVERY:
        return 0
    _last[ctx.settings.home] = now
    return sweep(ctx)


def sweep(ctx: Context) -> int:
    """Remove tables that no version needs any more and the longest unused beyond STUDIOLO_EXPLORE_CACHE_BYTES; old results.

    A child that still maps a removed file keeps reading it: the room is free when the child has gone.
    """
    gone = results.sweep(ctx)
    root = ctx.settings.home / "explore" / "tables"
    try:
        folders = list(root.iterdir())
    except OSError:
        return gone
    with ctx.db.read() as tx:
        needed = repository.known_digests(tx, [folder.name for folder in folders])
    now = ctx.clock.now().timestamp()
    kept: list[tuple[float, int, Path]] = []
    for folder in folders:
        used, size = _state(folder)
        if folder.name not in needed and now - used > IN_USE:
            shutil.rmtree(folder, ignore_errors=True)
            gone += 1
        else:
            kept.append((used, size, folder))
    held = sum(size for _, size, _ in kept)
    for used, size, folder in sorted(kept):
        if held <= ctx.settings.explore_cache_bytes or now - used < IN_USE:
            break
        shutil.rmtree(folder, ignore_errors=True)
        held -= size
        gone += 1
    return gone


def _state(folder: Path) -> tuple[float, int]:
    """Return when a table was last looked at, and the bytes that it takes."""
    try:
        used = (folder / "used").stat().st_mtime
    except OSError:
        used = 0.0
    size = 0
    for path in folder.rglob("*"):
        try:
            size += path.stat().st_size
        except OSError:
            continue
    return used, size
