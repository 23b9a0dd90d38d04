"""The SDK part of datastores."""

from studiolo.kernel.http import Transport
from studiolo.studio.datastores.schemas import Datastore


class Datastores:
    """Places where bytes live: `studio.datastores`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> list[Datastore]:
        """Return all of them, the default one first."""
        return [Datastore.model_validate(item) for item in self._transport.get("datastores")]

    def get(self, name: str = "workspace") -> Datastore:
        """Return one of them, by default the workspace's own."""
        return Datastore.model_validate(self._transport.get(f"datastores/{name}"))
