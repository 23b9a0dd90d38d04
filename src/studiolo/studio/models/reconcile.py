"""The controller's tick of models: has every new version looked into, one at a time, in a process of its own."""

from studiolo.kernel.context import Context
from studiolo.studio.models import service
from studiolo.studio.models.scanning import Lookout

_LOOKOUT = Lookout()


def tick(ctx: Context) -> bool:
    """Begin to look into the oldest version that nobody has looked into; True while there is one."""
    if _LOOKOUT.busy():
        return True
    row = service.not_scanned(ctx)
    if row is None:
        return False
    _LOOKOUT.start(ctx, row)
    return True
