"""What runs attempts on nodes of programs: each node is a machine by SSH, its key a secret of the vault."""

import time
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.kernel.secrets import scrubbing
from studiolo.kernel.settings import Settings
from studiolo.runner import attempt
from studiolo.runner.launch import NOTHING, Handed, LaunchFailed, Order
from studiolo.runner.observe import ended
from studiolo.studio.compute import repository as holdings
from studiolo.studio.compute.backends.base import (
    Backend,
    BackendSpec,
    Capacity,
    Ended,
    Lost,
    Machine,
    Observation,
    Silent,
    Swept,
    Usage,
)
from studiolo.studio.compute.clusters import placing, repository
from studiolo.studio.compute.clusters.rays import here, on_node, there
from studiolo.studio.compute.clusters.schemas import Scripts
from studiolo.studio.compute.machines import kinds
from studiolo.studio.compute.remote.watched import ASKED
from studiolo.studio.workspace.vault import handing

_KIND = "ssh"
_NAMES_SECONDS = 1.0  # that names are believed: the controller asks for each job at each tick
_names: dict[tuple[str, str], tuple[float, set[str]]] = {}
_opened: dict[str, Machine] = {}  # by id of the node


def provides(ctx: Context, name: str) -> bool:
    """Say whether nodes of a cluster come from programs."""
    key = (str(ctx.settings.home), ctx.workspace_id)
    known = _names.get(key)
    if known is None or time.monotonic() - known[0] > _NAMES_SECONDS:
        with ctx.db.glance() as tx:
            known = (time.monotonic(), {row.name for row in repository.of_programs(tx, ctx.workspace_id)})
        _names[key] = known
    return name in known[1]


def know(ctx: Context, names: set[str]) -> None:
    """Take note of the names, before any node of them is up: a job must not run here because its cluster is new."""
    _names[str(ctx.settings.home), ctx.workspace_id] = (time.monotonic(), names)


def engine(ctx: Context, name: str, holder: str) -> Backend | None:
    """Return what runs an attempt on the node that it has a part of, None when nodes of the cluster are shares of this machine."""
    if not provides(ctx, name):
        return None
    with ctx.db.read() as tx:
        node = repository.node_of(tx, holder)
        cluster = repository.find(tx, ctx.workspace_id, name)
    if node is None or cluster is None:
        return Nowhere(Silent("It has no node yet."))
    if node.provider in placing.RAYS:
        return here.OnNode(node) if node.provider == placing.RAY else _at_ray(ctx, cluster, node, holder)
    if node.ended_at is not None:
        return Nowhere(None, f"Node {node.number} of '{name}' was suspended: {node.reason or 'it was taken down.'}")
    try:
        return kinds.kind(_KIND).attach(machine(ctx, cluster, node))
    except StudioloError as error:
        return Nowhere(Silent(f"Node {node.number} cannot be signed in to: {error.detail}"))


def _at_ray(ctx: Context, cluster: Row[Any], node: Row[Any], holder: str) -> Backend:
    with ctx.db.read() as tx:
        held = holdings.get(tx, holder)
    try:
        return on_node.OnNode(there.machine(ctx, cluster), node, held.gpus if held is not None else 0)
    except StudioloError as error:
        return Nowhere(Silent(f"The Ray of '{cluster.name}' cannot be signed in to: {error.detail}"))


def machine(ctx: Context, cluster: Row[Any], node: Row[Any], place: dict[str, Any] | None = None) -> Machine:
    """Return a node as the kind of its machine reads it; raises StudioloError when its key cannot be had. place: that is not kept yet."""
    known = _opened.get(node.id)
    if known is not None and place is None:
        return known
    scripts = Scripts.of(cluster.scripts)
    given = {}
    if scripts.key:
        given["private_key"] = handing.hand(
            ctx,
            scripts.key,
            env="private_key",
            account=cluster.scripts["by"],
            run_id="",
            run=f"node {node.number} of {cluster.name}",
            attempt=0,
        )
        scrubbing.remember(given["private_key"])
    size = {"cores": node.cores, "memory_bytes": node.memory_bytes}
    config = {**(place or node.place), "folder": scripts.folder, "python": scripts.python, "settings": {}, **size}
    config |= {"machine_cores": node.cores, "machine_memory_bytes": node.memory_bytes}
    found = Machine(node.id, f"{cluster.name} {node.number}", config, given, node.id, ctx.settings.compute_private)
    _opened[node.id] = found
    return found


def silent(node: Row[Any]) -> str | None:
    """Say why a node does not answer this process."""
    return kinds.kind(_KIND).silent(node.id)


def part(node: Row[Any]) -> None:
    """End the connection to a node that goes."""
    _opened.pop(node.id, None)
    kinds.kind(_KIND).detach(node.id)


class Nowhere:
    """A backend of attempts whose node is not there (yet, or any more)."""

    SPEC: BackendSpec

    def __init__(self, seen: Observation | None, why: str = "") -> None:
        self.SPEC = kinds.kind(_KIND).SPEC
        self._seen, self._why = seen, why

    def capacity(self, settings: Settings) -> Capacity:
        """Return nothing."""
        return Capacity(0, 0, 0, 0)

    def start(self, folder: Path, order: Order, handed: Handed = NOTHING) -> bool:
        """Start nothing."""
        raise LaunchFailed(self._why or "Its node is not there.")

    def poll(self, folder: Path) -> Observation:
        """Say what has become of an attempt: nothing runs where a node was taken down, and what never began runs elsewhere."""
        if self._seen is not None:
            return self._seen
        if found := ended(folder):
            return found
        if attempt.exists(str(folder), ASKED):
            return Lost(self._why)
        now = time.time()
        return Ended(None, None, "preempted", self._why, now, now, {})

    def stop(self, folder: Path) -> None:
        """Ask nobody."""

    def preempt(self, folder: Path) -> None:
        """Ask nobody."""

    def bar(self, folder: Path, reason: str) -> bool:
        """Say whether it never starts: that is certain where its node has gone."""
        return self._seen is None

    def sweep(self, folder: Path, mark: str) -> list[Swept]:
        """Return nothing: its processes went with their machine."""
        return []

    def usage(self, folder: Path) -> Usage | None:
        """Return nothing."""
        return None
