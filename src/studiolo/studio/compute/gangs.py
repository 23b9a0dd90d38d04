"""Jobs of several nodes: what each kind of compute is asked for, and nodes of a cluster that are taken together or not at all.

A Slurm has nodes of its own and is asked for so many of what one needs. A cluster whose nodes are shares of this machine gives so many
different ones, in one transaction; each has a holding, named like that of the attempt with `#2`, `#3` … behind it. Everywhere else
the nodes are groups of processes on one machine, which is asked for so many times as much.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

from sqlalchemy import Connection, Row

from studiolo.kernel.context import Context
from studiolo.studio.compute import repository, room
from studiolo.studio.compute.backends.base import Capacity
from studiolo.studio.compute.clusters import placing
from studiolo.studio.compute.clusters import repository as clusters
from studiolo.studio.compute.errors import TooBig
from studiolo.studio.compute.gpus import leases
from studiolo.studio.compute.gpus.devices import Gpu
from studiolo.studio.compute.machines import kinds
from studiolo.studio.compute.machines import repository as machines
from studiolo.studio.compute.schemas import Asked

Check = Callable[..., None]


def at_place(tx: Connection, ctx: Context, name: str, asked: Asked) -> Asked:
    """Return what is reserved of a compute: of one node, or of each of several nodes of a cluster or Slurm."""
    if asked.nodes == 1:
        return asked
    if (row := machines.find(tx, ctx.workspace_id, name)) is not None:
        return asked if kinds.kind(row.kind).SPEC.nodes else asked.together()
    cluster = clusters.find(tx, ctx.workspace_id, name)
    return asked if cluster is not None and cluster.provider == placing.MACHINE else asked.together()


def at_runner(ctx: Context, name: str, asked: Asked) -> Asked:
    """Return what the runner of an attempt has: all of it on its machine, or that of the first of so many nodes."""
    if asked.nodes == 1:
        return asked
    with ctx.db.read() as tx:
        row = machines.find(tx, ctx.workspace_id, name)
    return asked if row is not None and kinds.kind(row.kind).SPEC.nodes else asked.together()


def explained(check: Check) -> Check:
    """Let a check that refuses more than there is say where the nodes of a job are groups of processes on one machine."""

    @wraps(check)
    def checked(
        ctx: Context, name: str, cores: int, memory_bytes: int, gpus: int | None = None, nodes: int = 1
    ) -> None:
        try:
            check(ctx, name, cores, memory_bytes, gpus, nodes)
        except TooBig as error:
            with ctx.db.read() as tx:
                found = at_place(tx, ctx, name, Asked(cores, memory_bytes, gpus, nodes))
            if found.nodes == nodes:
                raise
            said = f"{error.detail} Its {nodes} nodes are groups of processes on one machine there."
            raise TooBig(said, error.hint, field=error.field) from None

    return checked


def enough(cluster: Row[Any], cores: int, memory_bytes: int, gpus: int | None) -> None:
    """Refuse what a node of a cluster can never give; raises TooBig."""
    have, bigger = (cluster.cores, cluster.memory_bytes), ", or make a cluster with bigger nodes"
    room.enough(f"A node of '{cluster.name}'", have, cores, memory_bytes, bigger)
    if gpus and cluster.provider not in placing.RAYS | placing.HERE:
        raise TooBig(
            f"Nodes of '{cluster.name}' are other machines, whose GPUs the studio does not give out: jobs see all of them.",
            "Leave `gpus` out.",
            field="resources.gpus",
        )
    leases.enough(f"A node of '{cluster.name}'", cluster.gpus, gpus or 0, otherwise=bigger)


def enough_nodes(cluster: Row[Any], have: Capacity, nodes: int) -> None:
    """Refuse more nodes than a cluster may have, or this machine has room for at once; raises TooBig."""
    most = min(cluster.max_nodes or nodes, have.cores // cluster.cores, have.memory_bytes // cluster.memory_bytes)
    if nodes > most:
        raise TooBig(
            f"'{cluster.name}' has at most {most} nodes at once; the job asks for {nodes}.",
            f"Ask for at most {most} (resources.instance_count), or raise the cluster's max_nodes as far as this machine has room.",
            field="distribution.nodes",
        )


def names(holder: str, nodes: int) -> list[str]:
    """Return the names under which an attempt holds its nodes."""
    return [holder, *(f"{holder}#{number}" for number in range(2, nodes + 1))]


def others(tx: Connection, holder: str) -> list[str]:
    """Return the names under which an attempt holds nodes beside its first."""
    return repository.beginning(tx, f"{holder}#")


def released(tx: Connection, holder: str) -> list[Row[Any]]:
    """Give back the nodes that an attempt holds beside its first; returns what was held."""
    found = [repository.get(tx, name) for name in others(tx, holder)]
    for row in found:
        repository.remove(tx, row.holder)
    return found


def hold(
    tx: Connection, ctx: Context, values: Mapping[str, Any], share: tuple[int, int, int], among: Sequence[Gpu]
) -> None:
    """Note what is held. share: cores, bytes, GPUs; among: those that it is given of."""
    cores, memory_bytes, count = share
    of_it = {"cores": cores, "memory_bytes": memory_bytes, "gpus": count, "since": ctx.clock.now()}
    repository.put(tx, {**values, **of_it})
    leases.take(tx, str(values["compute"]), str(values["holder"]), count, among)
