"""What happens to nodes, told in the transaction that does it: pages hear of it, and the controller writes it into the log of the node."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from studiolo.kernel.context import Context

_TITLE = 120  # characters of the name of a job
_MOST = 2000
_NODES = 8  # that are named in a line


def of_node(tx: Connection, ctx: Context, cluster: tuple[str, str], number: int, state: str, said: str = "") -> None:
    """Tell of a node of a cluster. cluster: its id and name; said: a sentence for its log."""
    data: dict[str, Any] = {"node": number, "state": state}
    ctx.events.emit(tx, "compute.node", cluster[1], data | _noted(cluster[0], said))


def of_machine(
    tx: Connection, ctx: Context, machine: tuple[str, str], said: str, nodes: Sequence[str] = (), **data: object
) -> None:
    """Tell of an attached machine. machine: its id and name; nodes: those of its own whose logs are to have it too."""
    noted = _noted(machine[0], said) | ({"nodes": list(nodes)} if nodes else {})
    ctx.events.emit(tx, "compute.machine", machine[1], {"name": machine[1], **data} | noted)


def begins(title: str, run_id: str | None, cores: int, gpus: int, nodes: int = 1) -> str:
    """Say that a job begins."""
    wanted = "1 core" if cores == 1 else f"{cores} cores"
    wanted += f", {gpus} {'GPU' if gpus == 1 else 'GPUs'}" if gpus else ""
    wanted += f" on each of {nodes} nodes" if nodes > 1 else ""
    return f"Job {_named(title, run_id)} begins: {wanted}."


def ends(
    title: str, run_id: str | None, seconds: float, outcome: str, nodes: Sequence[str] = (), words: str = ""
) -> str:
    """Say that a job is here no more, and how it ended. nodes, words: where it was on a machine with nodes, and what that said."""
    took = f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
    took += f" on {', '.join(nodes[:_NODES])}" if nodes else ""
    took += f" and {len(nodes) - _NODES} more" if len(nodes) > _NODES else ""
    said = f"Job {_named(title, run_id)} ended after {took}{f': {outcome}' if outcome else ''}."
    return f"{said} It said: {words}" if words else said


def _named(title: str, run_id: str | None) -> str:
    short = title if len(title) <= _TITLE else f"{title[: _TITLE - 1]}…"
    return f"'{short}' ({run_id})" if run_id else f"'{short}'"


def _noted(id_: str, said: str) -> dict[str, Any]:
    return {"of": id_, "said": said if len(said) <= _MOST else f"{said[: _MOST - 1]}…"} if said else {}
