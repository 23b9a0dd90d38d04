"""The SDK part of logs of nodes: `studio.compute.logs`."""

import builtins  # `list` is a verb here
import time
from collections.abc import Iterator

from studiolo.kernel.errors import StudioloError
from studiolo.kernel.http import Transport
from studiolo.kernel.storage.log_pieces import LogChunk
from studiolo.studio.compute.node_logs.schemas import NodeLog


class NodeLogs:
    """What happened to the nodes of clusters and to attached machines."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, name: str) -> builtins.list[NodeLog]:
        """Return which logs there are of a compute, also of nodes that have gone."""
        return [NodeLog.model_validate(item) for item in self._transport.get(f"compute/{name}/logs")]

    def read(self, name: str, node: str | int, offset: int = 0) -> LogChunk:
        """Return a piece of the log of a node from a byte offset; negative: from so many bytes before the end.

        node: its number in the cluster, or the name of an attached machine.
        """
        return LogChunk.model_validate(self._transport.get(f"compute/{name}/logs/{node}", offset=offset))

    def text(self, name: str, node: str | int) -> str:
        """Return all that is kept of the log of a node."""
        return "".join(self._pieces(name, node, 0))

    def follow(self, name: str, node: str | int, pause: float = 0.5, offset: int = 0) -> Iterator[str]:
        """Yield the log of a node as it is written, without end; one that has none yet is waited for."""
        while True:
            try:
                found = self.read(name, node, offset)
            except StudioloError as error:
                if getattr(error, "remote_code", "") != "compute.no_node_log" or offset:
                    raise
                found = None
            if found is not None and found.text:
                offset = found.next
                yield found.text
            else:
                time.sleep(pause)

    def _pieces(self, name: str, node: str | int, offset: int) -> Iterator[str]:
        while (found := self.read(name, node, offset)).text:
            offset = found.next
            yield found.text
