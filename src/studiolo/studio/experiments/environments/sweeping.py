"""Removes built environments that were not used for long, or that take too much together; never one that a live job needs.

They are made again from their locks when a job needs them. With them goes what uv's cache holds of their packages: files of
both are the same bytes, which stay on the disk as long as one of them names them. What the cache holds of packages that no environment has
counts too, and goes before an environment does.
"""

import logging
import shutil
import subprocess
import threading
import time
from pathlib import Path

from studiolo.kernel.context import Context
from studiolo.studio.experiments.environments import building, images, locking, repository, service, space, tool

log = logging.getLogger(__name__)
_EVERY = 600.0
_CLEAN_SECONDS = 600.0
_SMALL = 64 << 20  # bytes of a cache that are not worth fetching them again
_looked: dict[str, float] = {}


def tick(ctx: Context) -> bool:
    """Look now and then; True when something went."""
    root = service.folder(ctx)
    if time.monotonic() - _looked.get(str(root), -_EVERY) < _EVERY or not root.is_dir():
        return False
    _looked[str(root)] = time.monotonic()
    gone = sweep(ctx)
    if not gone:  # else it is looked at when the cache is clean
        threading.Thread(target=_look, args=(ctx, root), name="uv-cache", daemon=True).start()
    return bool(gone)


def sweep(ctx: Context) -> list[str]:
    """Remove what may go; returns the names of the locks."""
    root = service.folder(ctx)
    found = {path.parent.name: building.state(root, path.parent.name) for path in root.glob(f"*/{building.READY}")}
    built = {name: state for name, state in found.items() if state}
    now, days, room = ctx.clock.now().timestamp(), ctx.settings.environment_keep_days, ctx.settings.environment_bytes
    with ctx.db.read() as tx:
        live = {str((given.get("environment") or {}).get("hash")) for given in repository.live_contexts(tx)}
    left = sum(size for size, _ in built.values())
    gone, packages = [], set[str]()
    for name, seen in sorted(built.items(), key=lambda item: item[1][1]):
        old = now - seen[1] > days * 86400
        if name in live or not (old or left > room):
            continue
        locked = _locked(root, name)
        if _remove(root, name, seen):
            left -= seen[0]
            gone.append(name)
            packages |= locked
            log.info("environment %s removed: %s", name, "not used for long" if old else "they took too much together")
    for name in built.keys() - {*gone}:
        packages -= _locked(root, name)
    if gone:
        threading.Thread(target=_after, args=(ctx, root, sorted(packages)), name="uv-cache", daemon=True).start()
    return gone


def _after(ctx: Context, root: Path, packages: list[str]) -> None:
    _clean(root / space.CACHE, packages)
    _look(ctx, root)


def _look(ctx: Context, root: Path) -> None:
    """Measure what all takes, and make room in the cache when that is too much: what no environment has, then all that is its own.

    Nothing of an environment goes with it: its files have names of their own.
    """
    room = ctx.settings.environment_bytes
    for narrow in (True, False):
        found = space.measure(root, ctx.clock.now().timestamp())
        if found["bytes"] + found["cache_bytes"] <= room or found["cache_bytes"] <= _SMALL:
            return
        needed = {name for path in root.glob(f"*/{building.READY}") for name in _locked(root, path.parent.name)}
        packages = sorted(space.cached(root / space.CACHE) - needed) if narrow else []
        log.info("uv's cache holds %d bytes that no environment has: they go", found["cache_bytes"])
        _clean(root / space.CACHE, packages, all_=not narrow)
    space.measure(root, ctx.clock.now().timestamp())


def _locked(root: Path, name: str) -> set[str]:
    try:
        return {*locking.packages((root / f"{name}.txt").read_text("utf-8"))}
    except OSError:
        return set()


def _remove(root: Path, name: str, seen: tuple[int, float]) -> bool:
    """Remove one with its files, unless it is just being built or looked for, or was used since it was seen."""
    away = root / f".{name}.gone"
    with building.hold(root, name) as held:
        if not held or building.state(root, name) != seen:
            return False
        shutil.rmtree(away, ignore_errors=True)
        images.remove(root / name)
        (root / name).rename(away)
        # the lock last: who waits for it finds that it is gone, and makes another
        for ending in ("txt", "log", "lock"):
            (root / f"{name}.{ending}").unlink(missing_ok=True)
    shutil.rmtree(away, ignore_errors=True)
    return True


def _clean(cache: Path, packages: list[str], *, all_: bool = False) -> None:
    """Let uv take out of its cache what no environment has any more, or everything; it waits for those that are just being built."""
    some = [["cache", "clean", *packages]] if packages or all_ else []
    for command in some if all_ else [*some, ["cache", "prune"]]:
        try:
            done = subprocess.run(
                [tool.program(), *command],
                env=tool.environment(cache),
                capture_output=True,
                timeout=_CLEAN_SECONDS,
                check=False,
                stdin=subprocess.DEVNULL,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            log.warning("uv's cache is not cleaned: %s", error)
            return
        if done.returncode != 0:
            log.warning("uv's cache is not cleaned: %s", tool.said(done.stderr.decode(errors="replace")))
