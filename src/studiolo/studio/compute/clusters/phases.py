"""How far a node is that is brought up, written down: what the ways to bring one up share."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row

from studiolo.kernel.context import Context
from studiolo.studio.compute.clusters import repository
from studiolo.studio.compute.clusters.placing import RESUMING, SUSPENDING, UP
from studiolo.studio.compute.node_logs import telling

RESUME_PAUSES = (10.0, 600.0)  # before a node is asked for after one that did not come up: the first, the longest


def comes(ctx: Context, cluster: Row[Any], node: Row[Any], place: dict[str, Any]) -> bool:
    """Note that a node is up."""
    now = ctx.clock.now()
    with ctx.db.begin() as tx:
        values = {"phase": UP, "phase_since": now, "idle_since": now, "place": place, "reason": None}
        if repository.in_phase(tx, node.id, RESUMING, values):
            repository.change(tx, cluster.id, {"failed": None, "failures": 0, "resume_after": None})
            took = f"{max(0.0, (now - node.started_at).total_seconds()):.1f} s"
            at = f" at {place['host']}" if place.get("host") else ""
            _told(tx, ctx, cluster, node, UP, f"Up{at}, {took} after it was asked for.")
    return True


def give_up(ctx: Context, cluster: Row[Any], node: Row[Any], said: str, output: str) -> bool:
    """Have a node suspended that did not come up, and ask for others only after a while."""
    now = ctx.clock.now()
    with ctx.db.begin() as tx:
        values = {"phase": SUSPENDING, "phase_since": now, "reason": said}
        if repository.in_phase(tx, node.id, RESUMING, values):
            after = now + timedelta(seconds=pause(cluster.failures, RESUME_PAUSES))
            repository.change(tx, cluster.id, {"failures": cluster.failures + 1, "resume_after": after})
            then = f"It is taken down; the next is asked for at {after:%H:%M:%S} UTC at the earliest."
            keep_failure(tx, ctx, cluster, node, said, output, then)
    return True


def keep_failure(
    tx: Connection, ctx: Context, cluster: Row[Any], node: Row[Any], said: str, output: str, then: str = ""
) -> None:
    """Note what is wrong with a node, where it is seen first. then: what is done about it, for its log."""
    kept = {"node": node.number, "said": said, "output": output, "at": ctx.clock.now().isoformat()}
    repository.change(tx, cluster.id, {"failed": kept})
    _told(tx, ctx, cluster, node, "failed", f"Failed. {said} {then}".strip())


def change(ctx: Context, cluster: Row[Any], node: Row[Any], values: dict[str, Any], said: str) -> None:
    """Change a node that is up. said: a sentence for its log."""
    with ctx.db.begin() as tx:
        if repository.in_phase(tx, node.id, UP, values):
            _told(tx, ctx, cluster, node, values.get("phase", UP), said)


def _told(tx: Connection, ctx: Context, cluster: Row[Any], node: Row[Any], state: str, said: str) -> None:
    telling.of_node(tx, ctx, (cluster.id, cluster.name), node.number, state, said)


def pause(times: int, between: tuple[float, float]) -> float:
    first, longest = between
    return float(min(longest, first * 2.0 ** min(times, 12)))
