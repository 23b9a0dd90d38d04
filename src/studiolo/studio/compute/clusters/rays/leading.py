"""Leads nodes of Ray from phase to phase, where that is not done as for nodes of programs."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from studiolo.kernel.context import Context
from studiolo.studio.compute import repository as held
from studiolo.studio.compute.clusters import phases, placing, repository
from studiolo.studio.compute.clusters.placing import RAY, RESUMING, SUSPENDING
from studiolo.studio.compute.clusters.rays import own, there
from studiolo.studio.compute.clusters.schemas import RayAt
from studiolo.studio.compute.node_logs import telling
from studiolo.studio.compute.remote.watched import UNSEEN

_UNSAID = "Its Ray has not said which nodes it has."
_GONE_SECONDS, _TELL_SECONDS = 120.0, 5.0
# that a Ray may not answer: until nobody waits for it to hear that a node is wanted no more, and until the page says so of one that comes


def asking(ctx: Context, cluster: Row[Any], node: Row[Any]) -> bool:
    """Look whether a Ray that is there has a node that is none yet, until its time is over."""
    seconds, said = RayAt.of(cluster.ray).seconds, _UNSAID
    try:
        found = there.nodes(ctx, cluster)
        if found is not None:
            one = there.free(ctx, node, found)
            if one is not None:
                place = {"host": one["host"], "ray_node": one["id"], "address": RayAt.of(cluster.ray).address}
                return phases.comes(ctx, cluster, node, place)
            said = (
                f"Its Ray has {_count(found)}, none free with what a node of the cluster is to "
                "have. What its autoscaler does about it, `ray status` says there."
            )
    except there.ASKED_IN_VAIN as error:
        said = there.trouble(error)
    age = ctx.clock.now() - node.phase_since
    if age < timedelta(seconds=seconds):
        return age > timedelta(seconds=_TELL_SECONDS) and _tell(ctx, cluster, node, said)
    return phases.give_up(ctx, cluster, node, f"No node came in {seconds} s. {said}", "")


def _count(found: Sequence[Mapping[str, Any]]) -> str:
    alive = sum(bool(row["alive"]) for row in found)
    return f"{alive} {'node' if alive == 1 else 'nodes'}"


def _tell(ctx: Context, cluster: Row[Any], node: Row[Any], said: str) -> bool:
    """Say why a node is not there yet, where that is news."""
    if said in (node.reason, _UNSAID, UNSEEN.reason):
        return False
    with ctx.db.begin() as tx:
        repository.in_phase(tx, node.id, RESUMING, {"reason": said})
        telling.of_node(tx, ctx, (cluster.id, cluster.name), node.number, RESUMING, f"Not there yet. {said}")
    return True


def giving_back(ctx: Context, cluster: Row[Any], node: Row[Any]) -> bool:
    """Let Ray hear that a node is wanted no more; when it goes is its autoscaler's business."""
    try:
        heard = there.nodes(ctx, cluster) is not None
    except there.ASKED_IN_VAIN:
        heard = False
        if ctx.clock.now() - node.phase_since > timedelta(seconds=_GONE_SECONDS):
            heard = True  # a Ray that is no more: it hears nothing, and has nothing
    if not heard:
        return False
    with ctx.db.begin() as tx:
        held.lock(tx)
        placing.gone(tx, ctx, cluster, node)
        last = not repository.up(tx, cluster.id)
    if last:
        there.part(cluster.id)
    return True


def _fallen(ctx: Context, cluster: Row[Any], node: Row[Any]) -> str:
    """Say that a node of Ray lives no more, nothing while it does or nobody says."""
    if node.provider == RAY:
        return own.fallen(node)
    try:
        found = there.nodes(ctx, cluster)
    except there.ASKED_IN_VAIN:
        return ""  # its jobs go on, and are told to be silent
    mine = next((one for one in found or () if one["id"] == node.place["ray_node"]), None)
    if found is None or (mine is not None and mine["alive"]):
        return ""
    return f"Ray says that it has ended. {mine['reason'] if mine else ''}".strip()


def up(ctx: Context, cluster: Row[Any], node: Row[Any]) -> bool:
    """Note that a node of Ray has fallen. It gets no more jobs, and is taken down when those that run have ended: they run on without it."""
    now = ctx.clock.now()
    if node.silent_since is None:
        if not (reason := _fallen(ctx, cluster, node)):
            return False
        phases.change(
            ctx,
            cluster,
            node,
            {"silent_since": now, "idle_since": None, "reason": reason},
            f"Has fallen. {reason} It gets no more jobs.",
        )
        return True
    with ctx.db.read() as tx:
        if repository.jobs(tx, [node.id])[node.id]:
            return False
    gone = {"phase": SUSPENDING, "phase_since": now, "idle_since": None}
    phases.change(ctx, cluster, node, gone, "Draining, to be taken down: it has fallen, and no job is on it any more.")
    return True
