"""The verbs of compute: what there is, what is free, who holds it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Connection, Row

from studiolo.kernel import plugins
from studiolo.kernel.context import Context
from studiolo.studio.compute import gangs, repository, room, shown
from studiolo.studio.compute.backends.base import BACKENDS, Backend, BackendSpec, Capacity
from studiolo.studio.compute.clusters import placing
from studiolo.studio.compute.clusters import repository as clusters
from studiolo.studio.compute.clusters.errors import ClusterExists
from studiolo.studio.compute.clusters.scripted import engine as scripted
from studiolo.studio.compute.clusters.scripted import nodes as of_programs
from studiolo.studio.compute.errors import ComputeNotFound
from studiolo.studio.compute.gpus import devices, leases
from studiolo.studio.compute.gpus.devices import Gpu
from studiolo.studio.compute.machines import images, kinds, opening
from studiolo.studio.compute.machines import repository as machines
from studiolo.studio.compute.machines import room as there
from studiolo.studio.compute.node_logs import telling
from studiolo.studio.compute.schemas import Asked, Compute

at_place, at_runner = gangs.at_place, gangs.at_runner
runs_images, wants_an_image = images.runs_images, images.wants_an_image
_LOOKED_AT = 3.0  # seconds that what a page shows of GPUs may be old
_RAISE = ", or raise STUDIOLO_CORES or STUDIOLO_MEMORY_BYTES"
RESERVED = ("local", "serverless", "clusters", "machines", "kinds", "costs", "logs", "new")


def backends() -> dict[str, Backend]:
    """Return the backends by name."""
    return cast("dict[str, Backend]", plugins.find(BACKENDS, BackendSpec))


@lru_cache(1)  # asked several times of each step of a pipeline; plug-ins are looked for once
def built_in() -> Mapping[str, Backend]:
    """Return the computes that are always there; the others of the backends are kinds of machines to attach."""
    return {name: found for name, found in backends().items() if not found.SPEC.attached}


def backend(name: str) -> Backend:
    """Return a built-in compute; raises ComputeNotFound."""
    found = built_in()
    if name not in found:
        raise ComputeNotFound(name, list(found))
    return found[name]


def engine(ctx: Context, name: str, holder: str = "") -> Backend:
    """Return what starts jobs of a compute: an attached machine, the node of a holder, else this machine, of which others are shares.

    An attempt's directory is read in the same way when its cluster is gone.
    """
    found = built_in().get(name)
    return found or opening.engine(ctx, name) or scripted.engine(ctx, name, holder) or backend(placing.MACHINE)


def is_here(ctx: Context, name: str) -> bool:
    """Say whether jobs of a compute are processes of this machine: its own, and those of nodes of clusters."""
    return engine(ctx, name).SPEC.name == placing.MACHINE


def elsewhere(ctx: Context, name: str) -> bool:
    """Say whether jobs of a compute run on another machine than the studio's, where there is no studio."""
    if name in built_in():
        return False
    with ctx.db.read() as tx:
        row = machines.find(tx, ctx.workspace_id, name)
        cluster = clusters.find(tx, ctx.workspace_id, name) if row is None else None
    if cluster is not None:
        return cluster.provider not in placing.HERE
    return row is not None and not kinds.kind(row.kind).SPEC.programs_here


def takes(ctx: Context, name: str) -> tuple[str, ...]:
    """Return the kinds of jobs that a compute takes, where these are not all; they see no files of the studio there."""
    if name in built_in():  # asked of every step of a pipeline
        return ()
    with ctx.db.glance() as tx:
        row = machines.find(tx, ctx.workspace_id, name)
    return kinds.kind(row.kind).SPEC.takes if row is not None else ()


def check_name(tx: Connection, ctx: Context, name: str) -> None:
    """Refuse a name that another compute has, whatever its kind; raises ClusterExists."""
    if name.lower() in RESERVED or name in backends():
        raise ClusterExists(f"'{name}' is a name of the studio's own.", "Take another.", field="name")
    repository.lock(tx)
    if name in names(tx, ctx):
        raise taken(name)


def taken(name: str) -> ClusterExists:
    """Return the error of a name that is taken."""
    return ClusterExists(
        f"There is a compute '{name}' already.", "Take another name, or change that one.", field="name"
    )


def capacity(ctx: Context, name: str) -> Capacity:
    """Return what jobs may use of a compute."""
    return backend(name).capacity(ctx.settings)


@gangs.explained
def check(ctx: Context, name: str, cores: int, memory_bytes: int, gpus: int | None = None, nodes: int = 1) -> None:
    """Refuse what the compute can never give; raises ComputeNotFound and TooBig.

    gpus: None asks for what jobs of the compute have: all of a node of a cluster, of this machine none.
    """
    if nodes > 1:
        with ctx.db.read() as tx:
            cores, memory_bytes, gpus, nodes = at_place(tx, ctx, name, Asked(cores, memory_bytes, gpus, nodes))
    if name not in built_in():
        with ctx.db.read() as tx:
            machine_row = machines.find(tx, ctx.workspace_id, name)
            cluster = _cluster(tx, ctx, name) if machine_row is None else None
        if cluster is not None:
            gangs.enough(cluster, cores, memory_bytes, gpus)
            if nodes > 1:
                gangs.enough_nodes(cluster, capacity(ctx, placing.MACHINE), nodes)
        elif machine_row is not None:
            there.check(machine_row, cores, memory_bytes, gpus or 0)
        return
    have = capacity(ctx, name)
    room.enough(f"'{name}'", (have.cores, have.memory_bytes), cores, memory_bytes, _RAISE)
    if gpus:
        leases.enough(f"'{name}'", len(devices.here()), gpus, devices.why_none())


def reserve(
    tx: Connection,
    ctx: Context,
    name: str,
    holder: str,
    *,
    cores: int,
    memory_bytes: int = 0,
    gpus: int | None = None,
    title: str = "",
    run_id: str | None = None,
    nodes: int = 1,
) -> bool:
    """Hold a part of a compute in the caller's transaction; False when there is no room now. Repeating it is no second.

    nodes: of a cluster, that are to have so much each. A request above the whole capacity (the machine has shrunk) is served when it is alone, rather than never.
    """
    repository.lock(tx)
    if repository.get(tx, holder) is not None:
        return True
    values = {"holder": holder, "compute": name, "workspace_id": ctx.workspace_id, "title": title, "run_id": run_id}
    among: Sequence[Gpu] = devices.known()
    count = gpus or 0
    if name in built_in():
        if not _fits(tx, ctx, name, cores, memory_bytes, count):
            return False
    elif (row := machines.find(tx, ctx.workspace_id, name)) is not None:
        if not there.fits(tx, row, cores, memory_bytes):
            return False
        values |= {"compute": row.id}
        telling.of_machine(tx, ctx, (row.id, name), telling.begins(title, run_id, cores, count, nodes))
        count = 0  # its own queue gives them
    else:
        cluster = clusters.find(tx, ctx.workspace_id, name)
        if cluster is None:
            return False
        count = placing.of_node(cluster, gpus)
        taken = placing.take(tx, ctx, cluster, cores, memory_bytes, machine(tx, ctx), count, nodes)
        said = telling.begins(title, run_id, cores, count, nodes)
        for own, node in zip(gangs.names(holder, nodes), taken, strict=False):
            telling.of_node(tx, ctx, (cluster.id, name), node.number, "running", said)
            among = placing.gpus_of(tx, [node.id])[node.id] if count else ()
            values |= {"holder": own, "compute": cluster.id, "node": node.id}
            gangs.hold(tx, ctx, values, (cores, memory_bytes, count), among)
        return bool(taken)
    gangs.hold(tx, ctx, values, (cores, memory_bytes, count), among)
    return True


def has_room(
    tx: Connection,
    ctx: Context,
    name: str,
    cores: int,
    memory_bytes: int,
    holder: str = "",
    gpus: int | None = None,
    nodes: int = 1,
) -> bool:
    """Say whether so much is free now, or held by this holder already."""
    if name in built_in():
        fits = _fits(tx, ctx, name, cores, memory_bytes, gpus or 0)
        return fits or (bool(holder) and repository.get(tx, holder) is not None)
    if holder and repository.get(tx, holder) is not None:
        return True
    if (row := machines.find(tx, ctx.workspace_id, name)) is not None:
        return there.fits(tx, row, cores, memory_bytes)
    cluster = clusters.find(tx, ctx.workspace_id, name)
    if cluster is None:
        return False
    count = placing.of_node(cluster, gpus)
    return placing.has_room(tx, cluster, cores, memory_bytes, machine(tx, ctx), count, nodes)


def see_gpus(ctx: Context, name: str, gpus: int | None) -> None:
    """Look for the GPUs of this machine, outside of any transaction, where a job may need to know them."""
    if gpus or (gpus is None and name not in built_in()):
        with ctx.db.read() as tx:
            cluster = clusters.find(tx, ctx.workspace_id, name)
        if gpus or (cluster is not None and cluster.gpus):
            devices.here()


def short_of_gpus(tx: Connection, ctx: Context, name: str, cores: int, memory_bytes: int, gpus: int | None) -> bool:
    """Say whether a job that has no room now waits for GPUs alone, so that those which need none may pass it by."""
    return bool(gpus) and name in built_in() and _fits(tx, ctx, name, cores, memory_bytes, 0)


def variables(ctx: Context, name: str, holder: str, gpus: int | None) -> dict[str, str]:
    """Return what lets an attempt see the GPUs that are leased to it, and no others; nothing of another machine."""
    if name in built_in() and not gpus:
        return devices.visible([])
    if elsewhere(ctx, name):
        return {}
    with ctx.db.read() as tx:
        found = leases.of(tx, [holder, *gangs.others(tx, holder)])
    return devices.visible([gpu.number for of_node in found.values() for gpu in of_node])


def make_room(
    ctx: Context,
    name: str,
    cores: int,
    memory_bytes: int,
    gpus: int | None = None,
    waiting: Callable[[], int] = lambda: 1,
    nodes: int = 1,
) -> bool:
    """Free the machine for the job at the head of a queue: idle nodes go, low-priority ones are asked to. True: look again.

    It is asked at every tick while a job waits, so nothing is written unless that helps. waiting: counts the jobs of the queue, for
    which programs of an administrator are asked for nodes.
    """
    if scripted.provides(ctx, name):
        asked = of_programs.ask_for(ctx, name, cores, memory_bytes, waiting, _one_more(ctx))
        if asked is not None:
            return asked > 0
    preempt = True
    have = capacity(ctx, placing.MACHINE)
    with ctx.db.read() as tx:
        if name not in built_in():
            cluster = clusters.find(tx, ctx.workspace_id, name)
            if cluster is None or len(clusters.up(tx, cluster.id)) >= cluster.max_nodes:
                return False
            wanted = placing.of_node(cluster, gpus)
            missing = max(1, nodes - len(placing.fitting(tx, cluster, cores, memory_bytes, wanted)))
            cores, memory_bytes = cluster.cores * missing, cluster.memory_bytes * missing
            gpus = cluster.gpus * missing
            preempt = cluster.tier != "low_priority"
        if not placing.in_the_way(tx, have, cores, memory_bytes, gpus or 0, preempt=preempt):
            return False
    with ctx.db.begin() as tx:
        repository.lock(tx)
        going = placing.in_the_way(tx, have, cores, memory_bytes, gpus or 0, preempt=preempt)
        placing.make_room(tx, ctx, going)
    return bool(going)


def _one_more(ctx: Context) -> of_programs.OfMachine:
    """Return what says whether this machine has room for one more node of a cluster; others take nothing of it."""

    def fits(tx: Connection, cluster: Row[Any]) -> bool:
        """Say whether there is room for one more of it."""
        have = (cluster.cores, cluster.memory_bytes, cluster.gpus)
        return cluster.provider not in placing.HERE or _fits(tx, ctx, placing.MACHINE, *have)

    return fits


def preemptible(ctx: Context, name: str) -> bool:
    """Say whether jobs of a compute are asked to make room for others."""
    if name in built_in():
        return False
    with ctx.db.read() as tx:
        if (row := machines.find(tx, ctx.workspace_id, name)) is not None:
            return kinds.kind(row.kind).SPEC.queues  # whatever its queue asks to make room runs again
        cluster = clusters.find(tx, ctx.workspace_id, name)
    return cluster is not None and cluster.tier == "low_priority"


def wanted_back(ctx: Context, name: str, holder: str) -> bool:
    """Say whether a job has been asked to make room."""
    if name in built_in():
        return False
    with ctx.db.read() as tx:
        return clusters.leaving(tx, holder)


def yielding(tx: Connection, ctx: Context) -> set[str]:
    """Return the names of the computes whose jobs make room for those of others."""
    return {row.name for row in clusters.all_(tx, ctx.workspace_id) if row.tier == "low_priority"}


def names(tx: Connection, ctx: Context) -> set[str]:
    """Return the names of all computes of the workspace."""
    others = [*clusters.all_(tx, ctx.workspace_id), *machines.all_(tx, ctx.workspace_id)]
    return {*built_in(), *(row.name for row in others)}


def release(tx: Connection, ctx: Context, holder: str, outcome: str = "", ended_at: datetime | None = None) -> None:
    """Give back what was held; giving back twice is giving back once.

    outcome: of the job, for the log of its node; ended_at: when it ended, if that is known: it may have been long ago, while no
    controller ran, and costs nothing since.
    """
    held = repository.get(tx, holder)
    if held is None:
        return
    if held.node is not None:
        repository.lock(tx)  # who takes the node and who leaves it must see each other
    if not repository.remove(tx, holder):
        return
    now = ctx.clock.now()
    until = ended_at if ended_at is not None and held.since <= ended_at <= now else now
    if held.node is not None:
        for one in (held, *gangs.released(tx, holder)):
            placing.left(tx, ctx, one, until, outcome)
    elif held.compute not in built_in() and (row := machines.by_id(tx, held.compute)) is not None:
        seconds = (until - held.since).total_seconds()
        there.left(tx, ctx, row, held, seconds, outcome)


def waits_for(
    tx: Connection, ctx: Context, name: str, cores: int, memory_bytes: int, gpus: int | None = None, nodes: int = 1
) -> str:
    """Say what a job that needs so much waits for."""
    if name in built_in():
        return _waits_here(tx, ctx, name, cores, memory_bytes, gpus or 0)
    if (row := machines.find(tx, ctx.workspace_id, name)) is not None:
        return there.waits_for(tx, row, cores, memory_bytes)
    cluster = clusters.find(tx, ctx.workspace_id, name)
    if cluster is None:
        return f"waits for ever: there is no compute '{name}' any more; cancel the job and submit it elsewhere"
    of_a_node = _waits_here(tx, ctx, placing.MACHINE, cluster.cores, cluster.memory_bytes, cluster.gpus)
    count = placing.of_node(cluster, gpus)
    return placing.waits_for(tx, cluster, cores, memory_bytes, machine(tx, ctx), of_a_node, count, nodes)


def _waits_here(tx: Connection, ctx: Context, name: str, cores: int, memory_bytes: int, gpus: int) -> str:
    if gpus and (said := leases.waits_for(tx, name, name, devices.here(), gpus)):
        return said
    return room.waits_for(tx, name, name, capacity(ctx, name), cores, memory_bytes)


def _fits(tx: Connection, ctx: Context, name: str, cores: int, memory_bytes: int, gpus: int) -> bool:
    if gpus and len(leases.free(tx, name, devices.known())) < gpus:
        return False
    return room.within(tx, name, capacity(ctx, name), cores, memory_bytes)


def machine(tx: Connection, ctx: Context) -> placing.Fits:
    """Return what says whether this machine has so much free."""
    return lambda cores, memory_bytes, gpus: _fits(tx, ctx, placing.MACHINE, cores, memory_bytes, gpus)


def _cluster(tx: Connection, ctx: Context, name: str) -> Row[Any]:
    found = clusters.find(tx, ctx.workspace_id, name)
    if found is None:
        raise ComputeNotFound(name, sorted(names(tx, ctx)))
    return found


def list_(ctx: Context) -> list[Compute]:
    """Return all computes with what runs on them."""
    return [show(ctx, name) for name in built_in()]


def show(ctx: Context, name: str) -> Compute:
    """Return a compute with what runs on it; of other workspaces only how much they hold."""
    if name not in built_in():
        with ctx.db.read() as tx:
            if not (attached := machines.find(tx, ctx.workspace_id, name) is not None):
                _cluster(tx, ctx, name)
        raise ComputeNotFound(name, list(built_in()), other="machine" if attached else "cluster")
    engine = backend(name)
    found = devices.here(_LOOKED_AT)
    with ctx.db.read() as tx:
        rows = repository.list_(tx, name)
        leased = leases.holders(tx, name)
        of = placing.clusters_of(tx, [row.holder for row in rows if row.run_id is None])
    return shown.machine(ctx, engine, rows, leased, found, of)
