"""What runs attempts on a node of a Ray that is there: the Ray as a machine, told which node it is to be."""

import time
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from studiolo.studio.compute.backends import ray
from studiolo.studio.compute.backends.base import NOTHING, Absent, Ended, Handed, Machine, Observation, Order


class OnNode(ray.RayCluster):
    """A node as a backend. gpus: that the attempt holds."""

    def __init__(self, machine: Machine, node: Row[Any], gpus: int) -> None:
        super().__init__(machine, ray.link(machine))
        self._node, self._gpus = node, gpus

    def start(self, folder: Path, order: Order, handed: Handed = NOTHING) -> bool:
        """Have an attempt started on the node."""
        there: Order = {**order, "ray_node": self._node.place["ray_node"], "gpus": self._gpus}
        return super().start(folder, there, handed)

    def poll(self, folder: Path) -> Observation:
        """Say what has become of an attempt: one that never began on a node that has gone runs elsewhere."""
        found = super().poll(folder)
        if isinstance(found, Absent) and (self._node.silent_since is not None or self._node.ended_at is not None):
            now = time.time()
            why = f"Node {self._node.number} went before it began: {self._node.reason or 'it was given back.'}"
            return Ended(None, None, "preempted", why, now, now, {})
        return found
