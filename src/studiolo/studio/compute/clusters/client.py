"""The SDK part of clusters: `studio.compute.clusters`."""

import builtins  # `list` is a verb here
from pathlib import Path
from typing import Any

from studiolo.kernel.http import Transport
from studiolo.studio.compute.clusters.schemas import Cluster, ClusterCreate, ClusterPatch, ClusterUsage, RunCost


class Clusters:
    """Training clusters: nodes that come when jobs wait and go when they are idle."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> builtins.list[Cluster]:
        """Return all of them."""
        return [Cluster.model_validate(item) for item in self._transport.get("compute/clusters")]

    def get(self, name: str) -> Cluster:
        """Return one of them, with its nodes."""
        return Cluster.model_validate(self._transport.get(f"compute/clusters/{name}"))

    def create(self, name: str, **definition: Any) -> Cluster:
        """Make a cluster: min_nodes, max_nodes, idle_seconds, tier, cores, memory_bytes, price_per_hour, description, tags.

        provider="ray": nodes are those of a Ray that is started on the studio's machine; with ray={"address": …,
        "folder": …} those that the autoscaler of a Ray brings that is there.
        provider="scripts" with scripts={"resume": …, "suspend": …, "key": …}: nodes come from programs on the studio's machine.
        """
        return self.create_from(ClusterCreate(name=name, **definition))

    def create_from(self, spec: ClusterCreate | str | Path) -> Cluster:
        """Make a cluster as a noun or a YAML file says, also one of Azure ML (`type: amlcompute`)."""
        if not isinstance(spec, ClusterCreate):
            from studiolo.studio.compute.clusters.definitions import load

            spec, _ = load(Path(spec))
        return Cluster.model_validate(self._transport.post("compute/clusters", spec.model_dump(mode="json")))

    def update(self, name: str, **changes: Any) -> Cluster:
        """Resize or change a cluster; what is not named stays, and no job is ended."""
        body = ClusterPatch(**changes).model_dump(mode="json", exclude_none=True)
        return Cluster.model_validate(self._transport.patch(f"compute/clusters/{name}", body))

    def delete(self, name: str) -> None:
        """Delete a cluster on which nothing runs."""
        self._transport.delete(f"compute/clusters/{name}")

    def usage(self, name: str, days: int = 30) -> ClusterUsage:
        """Return hours and cost by day, and what jobs used."""
        return ClusterUsage.model_validate(self._transport.get(f"compute/clusters/{name}/usage", days=days))

    def cost(self, run_id: str) -> RunCost:
        """Return what a run has cost on clusters so far."""
        return RunCost.model_validate(self._transport.get(f"compute/costs/{run_id}"))
