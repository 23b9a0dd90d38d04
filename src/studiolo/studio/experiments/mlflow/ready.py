"""The controller's part of what is kept ready: packs series that have ended or grown long, makes missing documents."""

import time
from weakref import WeakKeyDictionary

from studiolo.kernel.context import Context
from studiolo.kernel.db.engine import Database
from studiolo.studio.experiments import ready_docs, sealing
from studiolo.studio.experiments.mlflow import shapes

EVERY_SECONDS = 1.0
AT_ONCE = 1000  # runs in one tick
PARTS = 20  # transactions that pack, in one tick
_adopted: WeakKeyDictionary[Database, int] = WeakKeyDictionary()
_next: dict[tuple[str, str], float] = {}


def keep_ready(ctx: Context) -> bool:
    """Pack series and make documents of quiet runs, at most once a second unless there is more; True when there is."""
    key = (str(ctx.settings.home), ctx.workspace_id)
    if time.monotonic() < _next.get(key, 0.0):
        return False
    more = make(ctx) == AT_ONCE
    more = sealing.seal_long(ctx, PARTS) > 0 or more
    _next[key] = time.monotonic() + (0.0 if more else EVERY_SECONDS)
    return more


def make(ctx: Context) -> int:
    """Make up to a thousand documents of quiet runs of the workspace, once their series are packed; returns how many."""
    _adopted[ctx.db] = ready_docs.adopt(ctx, _adopted.get(ctx.db, 0))
    with ctx.db.glance() as tx:
        seqs = ready_docs.unready(tx, ctx, AT_ONCE)
    made = 0
    later = sealing.seal_ended(ctx, seqs, PARTS)
    seqs = [seq for seq in seqs if seq not in later]
    for start in range(0, len(seqs), ready_docs.PIECE):
        made += ready_docs.make(ctx, seqs[start : start + ready_docs.PIECE], shapes.documents)
    return made
