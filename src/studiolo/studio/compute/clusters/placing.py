"""Which node takes a job, which nodes come and which go.

A node is a share of this machine: while it is up it holds its cores and memory of `local`, so that nothing is promised twice,
and when it goes they are free for others. It comes at once, with the job that needs it. One that programs of an administrator
bring up (`scripted/`) holds nothing here, takes jobs when it is up, and goes when it was suspended. One of a Ray that is started
here (`rays/`) does both. All functions run in the caller's transaction, after `repository.lock`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from studiolo.kernel.context import Context
from studiolo.kernel.ids import new_id
from studiolo.studio.compute import repository as held
from studiolo.studio.compute.backends.base import Capacity
from studiolo.studio.compute.clusters import repository
from studiolo.studio.compute.gpus import devices, leases
from studiolo.studio.compute.gpus.devices import Gpu
from studiolo.studio.compute.node_logs import telling

Fits = Callable[[int, int, int], bool]  # whether so many cores, bytes and GPUs of the machine are free
MACHINE, RAY, RAY_AT = "local", "ray", "ray_at"  # a Ray of our own, and one that is there
RAYS = frozenset({RAY, RAY_AT})
HERE = frozenset({MACHINE, RAY})  # whose nodes are shares of this machine, whatever starts jobs on them
_FOUND_SECONDS = 5  # that a node has, which took its time to come, until the job that it came for is on it
RESUMING, UP, SUSPENDING = "resuming", "up", "suspending"  # how far a node is


def of_node(cluster: Row[Any], gpus: int | None) -> int:
    """Return the GPUs that a job is given: one that does not say how many has all of a node, as in Azure ML."""
    return int(cluster.gpus) if gpus is None else gpus


def gpus_of(tx: Connection, nodes: Sequence[str]) -> dict[str, list[Gpu]]:
    """Return the GPUs that nodes lease of the machine, by the id of the node."""
    found = leases.of(tx, [_holder(node) for node in nodes])
    return {node: found[_holder(node)] for node in nodes}


def fitting(tx: Connection, cluster: Row[Any], cores: int, memory: int, gpus: int) -> list[Row[Any]]:
    """Return the nodes that have so much free, the fullest first, so that others can become idle.

    Nodes above the largest number are to go, and get no more jobs: else a busy cluster would never shrink or stop.
    """
    nodes = [node for node in repository.up(tx, cluster.id) if _takes_jobs(node)][: cluster.max_nodes]
    jobs = repository.jobs(tx, [node.id for node in nodes])
    devices_of = gpus_of(tx, [node.id for node in nodes]) if gpus else {}
    found: list[tuple[int, Row[Any]]] = []
    for node in nodes:
        taken = sum(job.cores for job in jobs[node.id])
        bytes_taken = sum(job.memory_bytes for job in jobs[node.id])
        fits = taken + cores <= node.cores and bytes_taken + memory <= node.memory_bytes
        if fits and gpus:
            if cluster.provider == RAY_AT:  # its Ray gives them out
                fits = node.gpus - sum(job.gpus for job in jobs[node.id]) >= gpus
            else:
                fits = len(leases.free(tx, cluster.id, devices_of[node.id])) >= gpus
        if fits:
            found.append((taken, node))
    return [node for _, node in sorted(found, key=lambda one: -one[0])]


def _takes_jobs(node: Row[Any]) -> bool:
    return node.leaving_since is None and node.phase == UP and node.silent_since is None


def has_room(tx: Connection, cluster: Row[Any], cores: int, memory: int, fits: Fits, gpus: int, count: int = 1) -> bool:
    """Say whether so many nodes have room, or as many more may come as are missing."""
    return _may_come(tx, cluster, fits, count - len(fitting(tx, cluster, cores, memory, gpus)))


def _may_come(tx: Connection, cluster: Row[Any], fits: Fits, missing: int) -> bool:
    if missing <= 0:
        return True
    if cluster.provider != MACHINE:  # one more comes in its time
        return False
    more = len(repository.up(tx, cluster.id)) + missing <= cluster.max_nodes
    return more and fits(cluster.cores * missing, cluster.memory_bytes * missing, cluster.gpus * missing)


def take(
    tx: Connection, ctx: Context, cluster: Row[Any], cores: int, memory: int, fits: Fits, gpus: int, count: int = 1
) -> list[Row[Any]]:
    """Return the nodes that take a job, new ones when the others are full; none when there is no room for all of it."""
    found = fitting(tx, cluster, cores, memory, gpus)[:count]
    if not _may_come(tx, cluster, fits, count - len(found)):
        return []
    for node in found:
        repository.change_node(tx, node.id, {"idle_since": None})
    for _ in range(count - len(found)):
        made = repository.node(tx, start(tx, ctx, cluster, idle=False))
        assert made is not None  # in this transaction
        found.append(made)
    return found


def start(tx: Connection, ctx: Context, cluster: Row[Any], *, idle: bool) -> str:
    """Bring up a node: reserve its share of the machine."""
    id_, now = new_id(), ctx.clock.now()
    taken = {node.number for node in repository.up(tx, cluster.id)}
    number = next(n for n in range(1, len(taken) + 2) if n not in taken)
    share = {"cores": cluster.cores, "memory_bytes": cluster.memory_bytes, "gpus": cluster.gpus}
    values = {"id": id_, "cluster": cluster.id, "number": number, **share, "price_per_hour": cluster.price_per_hour}
    values |= {"started_at": now, "provider": cluster.provider}
    state, has = UP, _has(cluster)
    if cluster.provider == MACHINE:
        said = f"Up, as a share of this machine: {has}, {'as one of the least number' if idle else 'for a job'}."
        repository.add_node(tx, {**values, "idle_since": now if idle else None})
    else:
        state, said = RESUMING, f"Asked for, with {has}."
        if cluster.failures:
            said += f" Of those before, {cluster.failures} in a row did not come up."
        repository.add_node(tx, {**values, "phase": RESUMING, "phase_since": now})
    if cluster.provider in HERE:
        _hold(tx, cluster, id_, number, share, now)
    telling.of_node(tx, ctx, (cluster.id, cluster.name), number, state, said)
    return id_


def _has(cluster: Row[Any]) -> str:
    """Say what a node of a cluster has."""
    mib = cluster.memory_bytes / 2**20
    memory = f"{mib / 1024:.1f} GiB" if mib >= 1024 else f"{mib:.0f} MiB"
    said = f"{cluster.cores} {'core' if cluster.cores == 1 else 'cores'}, {memory}"
    return said + (f", {cluster.gpus} {'GPU' if cluster.gpus == 1 else 'GPUs'}" if cluster.gpus else "")


def _hold(tx: Connection, cluster: Row[Any], id_: str, number: int, share: Mapping[str, int], now: datetime) -> None:
    """Keep the share of the machine that a node is."""
    owner = {"holder": _holder(id_), "compute": MACHINE, "workspace_id": cluster.workspace_id}
    held.put(tx, {**owner, "title": f"node {number} of {cluster.name}", "run_id": None, **share, "since": now})
    leases.take(tx, MACHINE, _holder(id_), cluster.gpus, devices.known())


def gone(tx: Connection, ctx: Context, cluster: Row[Any], node: Row[Any]) -> None:
    """Note that a node has gone that was taken down, once."""
    now = ctx.clock.now()
    spent = hours(node.started_at, now)
    held.remove(tx, _holder(node.id))
    if repository.in_phase(tx, node.id, SUSPENDING, {"ended_at": now, "hours": spent, "phase": "gone"}):
        telling.of_node(tx, ctx, (cluster.id, cluster.name), node.number, "gone", f"Gone, after {_lived(spent)}.")


def end(tx: Connection, ctx: Context, cluster: tuple[str, str], node: Row[Any], why: str) -> None:
    """Take a node down and give its share back; one that programs brought up goes when they took it down.

    cluster: its id and name; why: part of a sentence.
    """
    now = ctx.clock.now()
    if node.provider != MACHINE:
        # one that comes up is taken down when it has: its two programs must not run at once
        if node.phase == UP or (node.phase == RESUMING and node.provider == RAY_AT):
            repository.change_node(tx, node.id, {"phase": SUSPENDING, "phase_since": now, "idle_since": None})
            telling.of_node(tx, ctx, cluster, node.number, SUSPENDING, f"Draining, to be taken down: {why}.")
        return
    spent = hours(node.started_at, now)
    repository.change_node(tx, node.id, {"ended_at": now, "hours": spent})
    held.remove(tx, _holder(node.id))
    telling.of_node(tx, ctx, cluster, node.number, "gone", f"Gone, after {_lived(spent)}: {why}.")


def _lived(spent: float) -> str:
    """Say for how long a node was there."""
    return f"{spent:.1f} h" if spent >= 1 else f"{spent * 60:.0f} min" if spent * 60 >= 2 else f"{spent * 3600:.0f} s"


def left(tx: Connection, ctx: Context, holding: Row[Any], until: datetime, outcome: str = "") -> None:
    """Note that a job has left its node: what it used, and that the node is idle or goes. until: when it ended; outcome: of the job."""
    node = repository.node(tx, holding.node)
    if node is None:
        return
    values = {name: getattr(holding, name) for name in ("holder", "workspace_id", "run_id", "title")}
    values |= {"cluster": node.cluster, "cluster_name": node.cluster_name, "node": node.number}
    values |= {"share": share(holding, node.cores, node.memory_bytes, node.gpus), "price_per_hour": node.price_per_hour}
    repository.put_usage(tx, {**values, "started_at": holding.since, "ended_at": until})
    idle = node.ended_at is None and not repository.jobs(tx, [node.id])[node.id]
    cluster = (node.cluster, node.cluster_name)
    said = telling.ends(holding.title, holding.run_id, (until - holding.since).total_seconds(), outcome)
    stays = idle and node.leaving_since is None and node.phase == UP
    telling.of_node(tx, ctx, cluster, node.number, node.phase, f"{said} The node is idle." if stays else said)
    if idle and node.leaving_since is not None:
        end(tx, ctx, cluster, node, "it has made room for others")
    elif idle:
        repository.change_node(tx, node.id, {"idle_since": ctx.clock.now()})


def share(holding: Row[Any], cores: int, memory_bytes: int, gpus: int) -> float:
    """Return the part of a node that a job has: the largest of its parts of the cores, of the memory and of the GPUs."""
    of_memory = holding.memory_bytes / memory_bytes if memory_bytes else 0.0
    return float(max(holding.cores / cores, of_memory, holding.gpus / gpus if gpus else 0.0))


def scale(tx: Connection, ctx: Context, cluster: Row[Any], fits: Fits) -> bool:
    """Bring a cluster to what it should be without new jobs: idle nodes go, the least number comes; True when it changed."""
    now, changed = ctx.clock.now(), False
    nodes = [node for node in repository.up(tx, cluster.id) if node.phase != SUSPENDING]
    jobs = repository.jobs(tx, [node.id for node in nodes])
    count = len(nodes)
    for node in reversed(nodes):
        if jobs[node.id] or node.phase != UP:
            continue
        over, leaves = count > cluster.max_nodes, node.leaving_since is not None
        if over or leaves or (count > cluster.min_nodes and idle_too_long(node, cluster, now)):
            why = f"it was idle for {cluster.idle_seconds} s"
            if over:
                why = (
                    f"the cluster may have {cluster.max_nodes} nodes now"
                    if cluster.max_nodes
                    else "the cluster was stopped"
                )
            elif leaves:
                why = "it makes room for others"
            end(tx, ctx, (cluster.id, cluster.name), node, why)
            count, changed = count - 1, True
    while count < min(cluster.min_nodes, cluster.max_nodes) and fits(cluster.cores, cluster.memory_bytes, cluster.gpus):
        start(tx, ctx, cluster, idle=True)
        count, changed = count + 1, True
    return changed


def in_the_way(
    tx: Connection, have: Capacity, cores: int, memory: int, gpus: int = 0, *, preempt: bool
) -> list[Row[Any]]:
    """Return the nodes that a job which waits for the machine needs gone: idle ones above the least number, then low-priority ones.

    None when it fits without, when all together would not make it fit, and when those that are on their way will.
    """
    taken, bytes_taken = held.held(tx, MACHINE)
    free = len(leases.free(tx, MACHINE, devices.known())) if gpus else 0
    lack = _Lack(taken + cores - have.cores, bytes_taken + memory - have.memory_bytes, gpus - free)
    if lack.nothing():
        return []
    by_id = {row.id: row for row in repository.all_(tx)}
    nodes = [node for node in repository.up(tx) if node.provider in HERE and node.phase != RESUMING]
    jobs = repository.jobs(tx, [node.id for node in nodes])
    counts: dict[str, int] = {}
    for node in nodes:
        counts[node.cluster] = counts.get(node.cluster, 0) + 1
    idle, asked = [], []
    for node in reversed(nodes):  # newest numbers first
        cluster = by_id.get(node.cluster)
        if cluster is None:  # made just now: without the lock, these two reads are not of one moment
            continue
        low = cluster.tier == "low_priority" and preempt
        if node.leaving_since is not None or node.phase == SUSPENDING:
            lack.without(node)
        elif not jobs[node.id] and (low or counts[node.cluster] > cluster.min_nodes):
            counts[node.cluster] -= 1
            idle.append(node)
        elif jobs[node.id] and low:
            asked.append(node)
    found = []
    for node in [*idle, *asked]:
        if lack.nothing():
            break
        if lack.cores > 0 or lack.memory > 0 or node.gpus:  # else it would go for nothing
            lack.without(node)
            found.append(node)
    return found if lack.nothing() else []


@dataclass(slots=True)
class _Lack:
    """What is missing for a job."""

    cores: int
    memory: int
    gpus: int

    def nothing(self) -> bool:
        """Say whether there is enough of all."""
        return self.cores <= 0 and self.memory <= 0 and self.gpus <= 0

    def without(self, node: Row[Any]) -> None:
        """Count a node as gone."""
        self.cores, self.memory = self.cores - node.cores, self.memory - node.memory_bytes
        self.gpus -= node.gpus


def make_room(tx: Connection, ctx: Context, nodes: list[Row[Any]]) -> None:
    """End the nodes of these that are idle, and let the others go when their jobs have."""
    jobs = repository.jobs(tx, [node.id for node in nodes])
    names = {row.id: row.name for row in repository.all_(tx)}
    for node in nodes:
        cluster = (node.cluster, names.get(node.cluster, ""))
        if jobs[node.id]:
            repository.change_node(tx, node.id, {"leaving_since": ctx.clock.now()})
            telling.of_node(tx, ctx, cluster, node.number, "leaving", "Its jobs are asked to make room for others.")
        else:
            end(tx, ctx, cluster, node, "it is idle, and others wait for its share of this machine")


def waits_for(
    tx: Connection, cluster: Row[Any], cores: int, memory: int, fits: Fits, machine: str, gpus: int, count: int = 1
) -> str:
    """Say what a job waits for on a cluster. machine: what one more node waits for; count: of nodes that it needs at once."""
    nodes = repository.up(tx, cluster.id)
    if has_room(tx, cluster, cores, memory, fits, gpus, count):
        return "starts as soon as the controller sees it"
    if cluster.max_nodes == 0:
        return f"'{cluster.name}' is stopped: it has no nodes until its largest number of nodes is raised"
    if cluster.provider != MACHINE and (said := _waits_for_programs(cluster, nodes, fits, machine)):
        return said
    if count > 1:
        there = len(fitting(tx, cluster, cores, memory, gpus))
        return (
            f"waits for {count} nodes of '{cluster.name}' at once: {there} of {len(nodes)} that are up have room, and as many more as "
            f"are missing {'do not fit on this machine now' if len(nodes) < cluster.max_nodes else 'may not come'}"
        )
    if len(nodes) < cluster.max_nodes:
        return f"waits for one more node of '{cluster.name}' ({len(nodes)} of {cluster.max_nodes} up), which {machine}"
    jobs = [job for all_ in repository.jobs(tx, [node.id for node in nodes]).values() for job in all_]
    by = ", ".join(job.title or job.holder for job in sorted(jobs, key=lambda job: job.since)[:3])
    wanted = f"{cores} cores" if cores != 1 else "1 core"
    if gpus:
        wanted += f" and {gpus} GPUs" if gpus != 1 else " and a GPU"
    all_up = "its node is" if len(nodes) == 1 else f"all {len(nodes)} nodes are"
    return f"waits for {wanted} on a node of '{cluster.name}': {all_up} up and taken" + (
        f"; held by {by}" if by else ""
    )


def _waits_for_programs(cluster: Row[Any], nodes: Sequence[Row[Any]], fits: Fits, machine: str) -> str:
    """Say what the next node of programs waits for; nothing when all are up and taken."""
    coming = [node for node in nodes if node.phase == RESUMING]
    if coming:
        first = coming[0]
        return f"waits for node {first.number} of '{cluster.name}', which comes up since {first.phase_since:%H:%M} UTC"
    if cluster.resume_after is not None and cluster.failed:
        said = cluster.failed["said"]
        return f"'{cluster.name}' could not bring up a node: {said} Tried again at {cluster.resume_after:%H:%M:%S} UTC"
    if len(nodes) < cluster.max_nodes:
        one_more = f"waits for one more node of '{cluster.name}' ({len(nodes)} of {cluster.max_nodes}"
        if cluster.provider == RAY and not fits(cluster.cores, cluster.memory_bytes, cluster.gpus):
            return f"{one_more} up), which {machine}"
        return f"{one_more}), which is asked for now"
    if any(node.phase == SUSPENDING for node in nodes):
        return f"waits for a node of '{cluster.name}': {len(nodes)} of {cluster.max_nodes} are there, and some are being suspended"
    return ""


def hours(since: datetime, until: datetime) -> float:
    """Return the hours between two moments; a clock that was set back counts none."""
    return max(0.0, (until - since).total_seconds() / 3600)


def idle_too_long(node: Row[Any], cluster: Row[Any], now: datetime) -> bool:
    """Say whether a node has been idle for as long as its cluster allows."""
    seconds = cluster.idle_seconds if node.provider == MACHINE else max(_FOUND_SECONDS, cluster.idle_seconds)
    return node.idle_since is not None and now - node.idle_since >= timedelta(seconds=seconds)


def clusters_of(tx: Connection, holders: Sequence[str]) -> dict[str, str]:
    """Return the names of the clusters whose nodes hold shares of the machine, by holder."""
    return {_holder(id_): name for id_, name in repository.named(tx, [one.removeprefix("node/") for one in holders])}


def _holder(node: str) -> str:
    return f"node/{node}"
