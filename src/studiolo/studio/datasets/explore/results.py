"""Results of queries, kept for a while as Arrow streams in the home folder, each for the account that asked."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

from studiolo.kernel.context import Context
from studiolo.studio.datasets.explore.errors import SqlResultGone
from studiolo.studio.datasets.explore.schemas import SqlResult

ROWS, ABOUT = "rows.arrows", "about.json"


def root(ctx: Context) -> Path:
    """Return the folder of all results."""
    return ctx.settings.home / "explore" / "results"


def begin(ctx: Context, result_id: str) -> Path:
    """Make the folder of a result that is being computed."""
    folder = root(ctx) / result_id
    folder.mkdir(parents=True)
    return folder


def finish(ctx: Context, folder: Path, result: SqlResult) -> None:
    """Keep a result: from now on it can be asked for."""
    about = {"account": ctx.actor.id, "workspace": ctx.workspace_id, "result": result.model_dump(mode="json")}
    part = folder / f".{ABOUT}"
    part.write_text(json.dumps(about), "utf-8")
    part.replace(folder / ABOUT)


def find(ctx: Context, result_id: str) -> tuple[Path, SqlResult]:
    """Return the Arrow stream of a result and what it is; raises SqlResultGone, also for what another account asked."""
    folder = root(ctx) / result_id
    about: dict[str, Any] = {}
    if result_id.replace("-", "").isalnum():
        try:
            about = json.loads((folder / ABOUT).read_text("utf-8"))
            os.utime(folder)
        except (OSError, ValueError):
            about = {}
    if (about.get("account"), about.get("workspace")) != (ctx.actor.id, ctx.workspace_id):
        raise SqlResultGone(
            "This result is no longer kept.", "Run the query again; save what should stay as a dataset.", field="id"
        )
    return folder / ROWS, SqlResult.model_validate(about["result"])


def drop(folder: Path) -> None:
    """Forget a result."""
    shutil.rmtree(folder, ignore_errors=True)


def sweep(ctx: Context) -> int:
    """Remove results that nobody has looked at for the time they are kept, and the oldest beyond their share of the disk."""
    try:
        folders = sorted(root(ctx).iterdir(), key=lambda folder: folder.stat().st_mtime, reverse=True)
    except OSError:
        return 0
    now = ctx.clock.now().timestamp()
    held = gone = 0
    for folder in folders:
        try:
            size, touched = sum(file.stat().st_size for file in folder.iterdir()), folder.stat().st_mtime
        except OSError:
            continue
        held += size
        being_written = now - touched < ctx.settings.sql_save_seconds + 60 and not (folder / ABOUT).exists()
        old = now - touched > ctx.settings.sql_result_hours * 3600
        if not being_written and (old or held > ctx.settings.explore_cache_bytes):
            drop(folder)
            held -= size
            gone += 1
    return gone
