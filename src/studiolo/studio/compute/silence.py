"""What is told of attempts whose machine or node does not answer, or has a queue of its own that they wait in."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from studiolo.kernel.context import Context
from studiolo.studio.compute.clusters import placing
from studiolo.studio.compute.clusters import repository as clusters
from studiolo.studio.compute.machines import kinds
from studiolo.studio.compute.machines import repository as machines


def silent(tx: Connection, ctx: Context) -> "Callable[[str | None, str], str | None]":
    """Return what says of attempts, by compute and holder, that the machine or node they run on does not answer."""
    attached = {row.name: row for row in machines.all_(tx, ctx.workspace_id) if row.silent_since is not None}
    nodes = {row.holder: row for row in clusters.silent_nodes(tx, ctx.workspace_id)}

    def why(name: str | None, holder: str) -> str | None:
        """Return the sentence, None for what answers."""
        if (row := attached.get(name)) is not None:
            return _silence(f"'{row.name}'", row.silent_since, row.silent_reason, "The job is not harmed by it.")
        if (row := nodes.get(holder)) is not None:
            node = f"Node {row.number} of '{row.cluster_name}'"
            then = "It is suspended, and the job lost, if it stays so."
            if row.provider in placing.RAYS:
                then = "The job is not harmed by it."
            return _silence(node, row.silent_since, row.reason, then)
        return None

    return why


def _silence(who: str, since: datetime, reason: str, then: str) -> str:
    return f"{who} does not answer since {since:%Y-%m-%d %H:%M} UTC: {reason} {then}"


def standing(tx: Connection, ctx: Context) -> "Callable[[str | None, str], str | None]":
    """Return what says of attempts that were sent to a machine, by compute and holder, what they wait for in its own queue."""
    known = {row.name: kinds.kind(row.kind) for row in machines.all_(tx, ctx.workspace_id)}

    def why(name: str | None, holder: str) -> str | None:
        """Return the sentence, None for what waits for nothing."""
        return known[name].why(ctx.settings.attempts / holder) if name in known else None

    return why
