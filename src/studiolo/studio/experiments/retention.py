"""Gives back the disk space of attempts that ended long ago; their logs stay, as artifacts."""

import logging
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from studiolo.kernel.context import Context
from studiolo.kernel.ids import is_id
from studiolo.runner import attempt as files
from studiolo.studio.experiments import artifacts, multipart, repository
from studiolo.studio.experiments.schemas import TERMINAL

log = logging.getLogger(__name__)
LOG = f"logs/{files.LOG}"  # the artifact that a run page reads when the attempt directory is gone
EVERY_SECONDS = 600.0
_AT_ONCE = 20
_done: dict[tuple[str, str], float] = {}


def keep_house(ctx: Context) -> int:
    """Clear some old attempts of the workspace, at most every ten minutes; returns how many runs were cleared."""
    key = (ctx.workspace_id, str(ctx.settings.home))
    if time.monotonic() - _done.get(key, float("-inf")) < EVERY_SECONDS:
        return 0
    _done[key] = time.monotonic()
    multipart.sweep(ctx.blobs, ctx.clock.now() - timedelta(hours=multipart.KEEP_HOURS))
    return clear(ctx, ctx.clock.now() - timedelta(days=ctx.settings.attempts_keep_days))


def clear(ctx: Context, before: datetime) -> int:
    """Clear the attempts of runs that ended before a moment. What is no run of this workspace is left alone."""
    cleared = 0
    for folder in _older(ctx.settings.attempts, before):
        with ctx.db.read() as tx:
            row = repository.run_row(tx, ctx.workspace_id, folder.name)
        if row is None or row.state not in TERMINAL or row.ended_at is None or row.ended_at >= before:
            continue
        newest = folder / str(row.attempt) / files.LOG
        if newest.is_file() and newest.stat().st_size:
            blob = ctx.blobs.put(newest)
            with ctx.db.begin() as tx:
                artifacts.put(tx, ctx, row.id, LOG, blob)
        shutil.rmtree(folder, ignore_errors=True)
        cleared += 1
        if cleared >= _AT_ONCE:
            break
    if cleared:
        log.info("cleared the attempts of %s runs that ended before %s", cleared, before.date())
    return cleared


def _older(root: Path, before: datetime) -> Iterator[Path]:
    """Yield folders of runs made before a moment: the id of a run begins with its time."""
    for folder in sorted(root.iterdir()) if root.is_dir() else []:
        if not is_id(folder.name):
            continue
        if datetime.fromtimestamp(int(folder.name[:12], 16) / 1000, UTC) >= before:
            return
        yield folder
