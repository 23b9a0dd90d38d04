"""The controller's tick of compute: nodes that are idle for long enough go, and those that are always to be there come."""

from studiolo.kernel.context import Context
from studiolo.studio.compute.clusters import service as clusters
from studiolo.studio.compute.clusters.scripted import nodes
from studiolo.studio.compute.machines import service as machines
from studiolo.studio.compute.node_logs import writing


def tick(ctx: Context) -> bool:
    """Bring every cluster to the nodes it should have, and note which machines answer; True when anything changed."""
    writing.advance(ctx)  # first: what is told by what follows comes after what programs have printed before
    heard = machines.tick(ctx)
    heard = nodes.advance(ctx) or heard
    return clusters.scale(ctx) or heard
