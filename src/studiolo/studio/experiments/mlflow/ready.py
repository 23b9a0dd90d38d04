"""The controller's part of the ready documents: makes those that are missing, a few at a time."""

import time
from weakref import WeakKeyDictionary

from studiolo.kernel.context import Context
from studiolo.kernel.db.engine import Database
from studiolo.studio.experiments import ready_docs
from studiolo.studio.experiments.mlflow import shapes

EVERY_SECONDS = 1.0
AT_ONCE = 1000  # runs in one tick
_adopted: WeakKeyDictionary[Database, int] = WeakKeyDictionary()
_next: dict[tuple[str, str], float] = {}


def keep_ready(ctx: Context) -> bool:
    """Make documents of quiet runs, at most once a second unless there is more to do; True when there was."""
    key = (str(ctx.settings.home), ctx.workspace_id)
    if time.monotonic() < _next.get(key, 0.0):
        return False
    made = make(ctx)
    _next[key] = time.monotonic() + (0.0 if made == AT_ONCE else EVERY_SECONDS)
    return made == AT_ONCE


def make(ctx: Context) -> int:
    """Make up to a thousand documents of quiet runs of the workspace; returns how many."""
    _adopted[ctx.db] = ready_docs.adopt(ctx, _adopted.get(ctx.db, 0))
    with ctx.db.read() as tx:
        seqs = ready_docs.unready(tx, ctx, AT_ONCE)
    made = 0
    for start in range(0, len(seqs), ready_docs.PIECE):
        made += ready_docs.make(ctx, seqs[start : start + ready_docs.PIECE], shapes.documents)
    return made
