"""Removes built environments that were not used for long, or that take too much together; never one that a live job needs.

They are made again from their locks when a job needs them.
"""

import fcntl
import logging
import shutil
import time
from pathlib import Path

from studiolo.kernel.context import Context
from studiolo.studio.experiments.environments import building, repository, service

log = logging.getLogger(__name__)
_EVERY = 600.0
_looked: dict[str, float] = {}


def tick(ctx: Context) -> bool:
    """Look now and then; True when something went."""
    root = service.folder(ctx)
    if time.monotonic() - _looked.get(str(root), -_EVERY) < _EVERY or not root.is_dir():
        return False
    _looked[str(root)] = time.monotonic()
    return bool(sweep(ctx))


def sweep(ctx: Context) -> list[str]:
    """Remove what may go; returns the names of the locks."""
    root = service.folder(ctx)
    found = {path.parent.name: building.state(root, path.parent.name) for path in root.glob(f"*/{building.READY}")}
    built = {name: state for name, state in found.items() if state}
    now, days, room = ctx.clock.now().timestamp(), ctx.settings.environment_keep_days, ctx.settings.environment_bytes
    with ctx.db.read() as tx:
        live = {str((given.get("environment") or {}).get("hash")) for given in repository.live_contexts(tx)}
    left = sum(size for size, _ in built.values())
    gone = []
    for name, (size, used) in sorted(built.items(), key=lambda item: item[1][1]):
        old = now - used > days * 86400
        if name in live or not (old or left > room):
            continue
        if _remove(root, name):
            left -= size
            gone.append(name)
            log.info("environment %s removed: %s", name, "not used for long" if old else "they took too much together")
    return gone


def _remove(root: Path, name: str) -> bool:
    """Remove one unless it is just being built or looked for."""
    with (root / f"{name}.lock").open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        away = root / f".{name}.gone"
        shutil.rmtree(away, ignore_errors=True)
        (root / name).rename(away)
    shutil.rmtree(away, ignore_errors=True)
    return True
