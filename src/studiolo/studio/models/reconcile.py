"""The controller's tick of models: has every new version looked into, one at a time, in a process beside it.

It also clears what ended fetches have left.
"""

from studiolo.kernel.context import Context
from studiolo.studio.models import fetching, service
from studiolo.studio.models.scanning import Lookout

_LOOKOUT = Lookout()


def tick(ctx: Context) -> bool:
    """Begin to look into the versions that nobody has looked into; True while there are any."""
    fetching.forget_ended(ctx)
    if _LOOKOUT.busy():
        return True
    if service.not_scanned(ctx) is None:
        _LOOKOUT.rest()
        return False
    _LOOKOUT.start(ctx, service.not_scanned)
    return True
