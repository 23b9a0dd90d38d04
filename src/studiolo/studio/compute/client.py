"""The SDK part of compute."""

from studiolo.kernel.http import Transport
from studiolo.studio.compute.clusters.client import Clusters
from studiolo.studio.compute.machines.client import Machines
from studiolo.studio.compute.node_logs.client import NodeLogs
from studiolo.studio.compute.schemas import Compute


class Computes:
    """Places where jobs run."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.clusters = Clusters(transport)
        self.machines = Machines(transport)
        self.logs = NodeLogs(transport)

    def list(self) -> list[Compute]:
        """Return all of them."""
        return [Compute.model_validate(item) for item in self._transport.get("compute")]

    def get(self, name: str = "local") -> Compute:
        """Return one of them, by default this machine."""
        return Compute.model_validate(self._transport.get(f"compute/{name}"))
