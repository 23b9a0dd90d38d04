"""What can go wrong with logs of nodes."""

from studiolo.kernel.errors import NotFound


class NodeLogNotThere(NotFound):
    """A node has no log, or the compute has no nodes of which the studio knows."""

    code, title = "compute.no_node_log", "No log of such a node"

    def __init__(self, name: str, node: str, known: list[str]) -> None:
        hint = f"There are logs of: {', '.join(known)}." if known else "Nothing has happened to a node of it so far."
        super().__init__(f"'{name}' has no log of a node '{node}'.", hint, field="node")


class ComputeWithoutNodes(NotFound):
    """This machine itself is no node."""

    code, title = "compute.no_nodes", "The compute has no nodes"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"'{name}' is this machine itself: it has no nodes with logs.",
            "The log of a job: studiolo experiments logs RUN. Those of the studio: its folder logs/.",
            field="compute",
        )
