"""The stand-in for a Kubernetes as an attached machine: for the conformance suite of backends and for tests of its jobs."""

import time
from pathlib import Path
from typing import Any

from studiolo.studio.compute.backends import kubernetes
from studiolo.studio.compute.backends.base import Backend, Machine
from studiolo.studio.compute.remote.attached import linked
from studiolo.studio.compute.remote.link import Link
from studiolo.testing.kubernetes import IMAGES, Cluster


def by_kubernetes(root: Path, cluster: Cluster, **changes: Any) -> Machine:
    """Return the cluster as one that is attached."""
    given = {"image": IMAGES[0], "volume": f"host:{root}", **changes.pop("settings", {})}
    settings = kubernetes.checked(given)
    config = {
        "host": "",
        "python": "python3",
        "folder": str(root),
        "settings": settings,
        "cores": 16,
        "memory_bytes": 2**30,
    }
    config |= {"machine_cores": 16, "machine_memory_bytes": 2**30} | changes
    return Machine("2" * 32, "cluster", config, {"kubeconfig": cluster.kubeconfig}, stamp=str(time.monotonic()))


class KubernetesPlace:
    """A cluster for the conformance suite: its API is what is lost."""

    def __init__(self, cluster: Cluster, machine: Machine) -> None:
        self.root, self._cluster, self._machine = Path(machine.config["folder"]), cluster, machine
        self._made: list[Link] = []

    def controller(self) -> Backend:
        """Return a backend with an agent of its own."""
        link = linked(self._machine, lambda: kubernetes._session(self._machine))  # noqa: SLF001 - as `attach` does, without its registry
        self._made.append(link)
        return kubernetes.KubernetesCluster(self._machine, link)

    def lose(self) -> None:
        """Let the API be away."""
        self._cluster.stop()

    def restore(self) -> None:
        """Let it answer again."""
        self._cluster.start()

    def close(self) -> None:
        """End the agents."""
        for link in self._made:
            link.close()
