"""Nodes of a Ray that is there: its autoscaler is asked for as many as the clusters on it have rows, and each row finds one of them.

Asking is saying how many are wanted, so whoever was killed in the middle says it again; a row stays until Ray has heard that it goes.
"""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.kernel.secrets import scrubbing
from studiolo.studio.compute.backends import ray
from studiolo.studio.compute.backends.base import Machine
from studiolo.studio.compute.clusters import placing, repository
from studiolo.studio.compute.clusters.schemas import RayAt
from studiolo.studio.compute.remote.session import ContactLost, Unable
from studiolo.studio.workspace.vault import handing

_FRESH = 1.5  # seconds that what a Ray said is believed
_threads = ThreadPoolExecutor(4, "ray")
_opened: dict[str, Machine] = {}  # by cluster
_looks: dict[str, "_Look"] = {}
Bundles = list[dict[str, float]]


@dataclass(slots=True)
class _Look:
    """What was asked of a Ray, and what it said, when that is known."""

    bundles: Bundles
    work: "Future[Sequence[Mapping[str, Any]]]"
    at: float


def machine(ctx: Context, cluster: Row[Any]) -> Machine:
    """Return a Ray as the kind of its machine reads it; raises StudioloError when its key cannot be had."""
    stamp = cluster.updated_at.isoformat()
    known = _opened.get(cluster.id)
    if known is not None and known.stamp == stamp:
        return known
    at, given = RayAt.of(cluster.ray), {}
    if at.key:
        by, what = cluster.ray["by"], f"the Ray of {cluster.name}"
        given["private_key"] = handing.hand(ctx, at.key, env="private_key", account=by, run_id="", run=what, attempt=0)
        scrubbing.remember(given["private_key"])
    size = {"cores": cluster.cores, "memory_bytes": cluster.memory_bytes}
    config = at.model_dump(include={"host", "port", "user", "host_key", "folder"}) | size
    config |= {f"machine_{name}": amount for name, amount in size.items()}
    config |= {"python": at.python or ("python3" if at.host else "")}
    config |= {"settings": ray.checked({"address": at.address, "token_file": at.token_file})}
    found = Machine(cluster.id, cluster.name, config, given, stamp, ctx.settings.compute_private)
    _opened[cluster.id] = found
    return found


def nodes(ctx: Context, cluster: Row[Any]) -> Sequence[Mapping[str, Any]] | None:
    """Return the nodes of a Ray that knows what is wanted of it, None while it is asked; raises StudioloError, ContactLost and Unable."""
    with ctx.db.read() as tx:
        wanted = _wanted(tx, cluster)
    look = _looks.get(cluster.id)
    if look is not None and look.work.done() and look.bundles == wanted:
        if time.monotonic() - look.at > _FRESH:
            del _looks[cluster.id]
        return look.work.result()
    if look is None or look.work.done():
        engine = ray.attach(machine(ctx, cluster))
        work = _threads.submit(_ask, engine, wanted)
        _looks[cluster.id] = _Look(wanted, work, time.monotonic())
    return None


def free(ctx: Context, node: Row[Any], found: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return a node of Ray that has what one of the cluster is to have, and that is none yet."""
    with ctx.db.read() as tx:
        taken = {(one.place or {}).get("ray_node") for one in repository.up(tx)}
    has_all = _bundle(node).items()
    for one in found:
        if one["alive"] and one["id"] not in taken and all(one["has"].get(kind, 0) >= n for kind, n in has_all):
            return one
    return None


def trouble(error: Exception) -> str:
    """Return why a Ray was not asked, as a sentence."""
    return f"{error.detail} {error.hint}".strip() if isinstance(error, StudioloError) else str(error)


def part(cluster: str) -> None:
    """End the connection to a Ray that a cluster has no more."""
    _opened.pop(cluster, None)
    _looks.pop(cluster, None)
    ray.detach(cluster)


def _ask(engine: ray.RayCluster, wanted: Bundles) -> Sequence[Mapping[str, Any]]:
    return list(engine.ask("want", bundles=wanted)["nodes"])


ASKED_IN_VAIN = (StudioloError, ContactLost, Unable)


def _wanted(tx: Connection, cluster: Row[Any]) -> Bundles:
    """Return what is to be there for all clusters on one Ray: it remembers one wish alone."""
    place = _place(cluster)
    same = {row.id for row in repository.all_(tx) if row.provider == placing.RAY_AT and _place(row) == place}
    return [_bundle(node) for node in repository.up(tx) if node.cluster in same and node.phase != placing.SUSPENDING]


def _place(cluster: Row[Any]) -> tuple[str, str]:
    return cluster.ray["host"], cluster.ray["address"]


def _bundle(node: Row[Any]) -> dict[str, float]:
    return {"CPU": node.cores, "memory": node.memory_bytes} | ({"GPU": node.gpus} if node.gpus else {})
