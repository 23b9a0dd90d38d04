"""The controller's tick of compute: nodes that are idle for long enough go, and those that are always to be there come."""

from studiolo.kernel.context import Context
from studiolo.studio.compute.clusters import service as clusters


def tick(ctx: Context) -> bool:
    """Bring every cluster to the nodes it should have; True when any came or went."""
    return clusters.scale(ctx)
