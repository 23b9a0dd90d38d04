"""The controller's tick of models: has every new version looked into, one at a time, in a process beside it.

It also clears what ended fetches have left, and what has been in the bin too long.
"""

import time

from studiolo.kernel.context import Context
from studiolo.studio.models import fetching, job_inputs, recycling, scans
from studiolo.studio.models.scanning import Lookout

LOOKOUT = Lookout()
_BIN_EVERY = 300.0  # seconds between looks into an empty bin
_bin_at: dict[tuple[str, str], float] = {}


def tick(ctx: Context) -> bool:
    """Begin to look into the versions that nobody has looked into; True when it has begun.

    Who looks goes on by itself to those that come meanwhile: no round of the controller waits for it.
    """
    fetching.forget_ended(ctx)
    _empty_bin(ctx)
    job_inputs.tick(ctx)
    if LOOKOUT.busy():
        return False
    if scans.not_scanned(ctx) is None:
        LOOKOUT.rest()
        return False
    LOOKOUT.start(ctx, scans.not_scanned)
    return True


def _empty_bin(ctx: Context) -> None:
    key = (ctx.workspace_id, str(ctx.settings.home))
    if time.monotonic() < _bin_at.get(key, 0.0):
        return
    if not (recycling.over(ctx) and recycling.clean_up(ctx).left):
        _bin_at[key] = time.monotonic() + _BIN_EVERY
