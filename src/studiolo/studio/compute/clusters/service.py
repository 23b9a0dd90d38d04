"""The verbs of clusters."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row
from sqlalchemy.exc import IntegrityError

from studiolo.kernel.context import Context
from studiolo.kernel.ids import new_id
from studiolo.studio.compute import repository as held
from studiolo.studio.compute import service as machine
from studiolo.studio.compute.clusters import placing, repository, rules
from studiolo.studio.compute.clusters.errors import ClusterBusy
from studiolo.studio.compute.clusters.rays import own
from studiolo.studio.compute.clusters.schemas import (
    Cluster,
    ClusterCreate,
    ClusterPatch,
    ClusterUsage,
    JobUsage,
    Node,
    NodeJob,
    NodeState,
    RayAt,
    RunCost,
    Scripts,
    UsageDay,
)
from studiolo.studio.compute.clusters.scripted import nodes as programs
from studiolo.studio.compute.errors import ComputeNotFound
from studiolo.studio.compute.gpus import devices, leases

_OF = {"local": "of this machine", "scripts": "by programs", "ray": "of a Ray on this machine", "ray_at": "of a Ray"}
_JOBS = 100  # that have ended, on the page of a cluster


def create(ctx: Context, spec: ClusterCreate) -> Cluster:
    """Make a cluster; raises ClusterExists, and ClusterInvalid for nodes that this machine can never have."""
    have = machine.capacity(ctx, placing.MACHINE)
    memory = spec.memory_bytes or int(have.memory_bytes * min(spec.cores, have.cores) / have.cores)
    values = spec.model_dump() | {"memory_bytes": memory, "scripts": rules.scripts(ctx, spec)}
    values |= {"ray": rules.ray(ctx, spec), "provider": placing.RAY_AT if spec.ray else spec.provider}
    if spec.gpus:
        devices.here()  # asked beside the transaction
    now = ctx.clock.now()
    owner = {"id": new_id(), "workspace_id": ctx.workspace_id, "created_by": ctx.actor.name}
    try:
        with ctx.db.begin() as tx:
            machine.check_name(tx, ctx, spec.name)  # it takes the lock: permanent nodes are counted over all clusters
            rules.check(tx, ctx, values)
            repository.put(tx, {**values, **owner, "created_at": now, "updated_at": now})
            ctx.events.emit(tx, "compute.created", spec.name, {"name": spec.name})
    except IntegrityError:
        raise machine.taken(spec.name) from None
    return get(ctx, spec.name)


def list_(ctx: Context) -> list[Cluster]:
    """Return the clusters of the workspace."""
    with ctx.db.read() as tx:
        return _shown(tx, ctx, repository.all_(tx, ctx.workspace_id))


def get(ctx: Context, name: str) -> Cluster:
    """Return a cluster; raises ComputeNotFound."""
    with ctx.db.read() as tx:
        return _shown(tx, ctx, [_row(tx, ctx, name)])[0]


def update(ctx: Context, name: str, patch: ClusterPatch) -> Cluster:
    """Change a cluster: more or fewer nodes come and go with the controller's next look, never under a job."""
    given = patch.model_dump(exclude_none=True)
    with ctx.db.begin() as tx:
        held.lock(tx)
        row = _row(tx, ctx, name)
        if patch.scripts is not None:
            given |= {"scripts": rules.changed(ctx, row, patch.scripts), "resume_after": None, "failures": 0}
        rules.stays_going(row, patch)
        rules.check(tx, ctx, {**row._mapping, **given}, own=row.id)  # noqa: SLF001 - SQLAlchemy's public name
        if given:
            repository.change(tx, row.id, {**given, "updated_at": ctx.clock.now()})
            ctx.events.emit(tx, "compute.updated", name, {"name": name})
    return get(ctx, name)


def delete(ctx: Context, name: str) -> None:
    """Delete a cluster and its history of nodes; costs of runs stay known. Raises ClusterBusy while jobs run on it.

    Nodes of programs are suspended first: until then it is there, and says so.
    """
    with ctx.db.begin() as tx:
        held.lock(tx)
        row = _row(tx, ctx, name)
        nodes = repository.up(tx, row.id)
        jobs = [job for found in repository.jobs(tx, [node.id for node in nodes]).values() for job in found]
        if jobs:
            names = ", ".join(job.title for job in jobs[:3])
            raise ClusterBusy(f"On '{name}' run {names}.", "Cancel them or wait, then delete it.", field="name")
        for node in nodes:
            placing.end(tx, ctx, (row.id, row.name), node, "the cluster is deleted")
        if row.provider != placing.MACHINE and nodes:  # the controller removes it when they have been suspended
            going = {"min_nodes": 0, "max_nodes": 0, "deleting_since": ctx.clock.now()}
            repository.change(tx, row.id, going)
            ctx.events.emit(tx, "compute.updated", name, {"name": name})
            return
        repository.remove(tx, row.id)
        own.clear(ctx, row.id)
        ctx.events.emit(tx, "compute.deleted", name, {"name": name})


def scale(ctx: Context) -> bool:
    """Bring every cluster of the workspace to what it should be; True when nodes came or went.

    Jobs on nodes that leave are asked to end, at each tick until they have: the first asking may not have been heard.
    """
    with ctx.db.glance() as tx:
        if not repository.any_of(tx, ctx.workspace_id):
            return False
    with ctx.db.read() as tx:
        rows = repository.all_(tx, ctx.workspace_id)
        up = repository.up_by(tx, [row.id for row in rows])
        worth = [row for row in rows if _worth(tx, ctx, row, up[row.id])]
        leaving = [node.id for nodes in up.values() for node in nodes if _makes_room(node)]
        # of a job of several nodes each has a holding (`gangs.py`)
        asked = {job.holder.partition("#")[0] for jobs in repository.jobs(tx, leaving).values() for job in jobs}
    for holder in asked:
        machine.backend(placing.MACHINE).preempt(ctx.settings.attempts / holder)
    changed = False
    for row in worth:
        with ctx.db.begin() as tx:
            held.lock(tx)
            fresh = repository.find(tx, ctx.workspace_id, row.name)
            if fresh is not None:
                changed = placing.scale(tx, ctx, fresh, _fits(tx, ctx, fresh)) or changed
    return changed


def usage(ctx: Context, name: str, days: int) -> ClusterUsage:
    """Return hours and cost by day in UTC, and what jobs used."""
    now = ctx.clock.now()
    first = (now - timedelta(days=days - 1)).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    with ctx.db.read() as tx:
        row = _row(tx, ctx, name)
        spans = repository.spans(tx, row.id, first)
        used = repository.used(tx, row.id, first)
        here = repository.jobs(tx, [node.id for node in repository.up(tx, row.id)])
    found = [UsageDay(day=(first + timedelta(days=n)).date(), node_hours=0, job_hours=0, cost=0) for n in range(days)]
    for span in spans:
        for number, hours in _by_day(first, span.started_at, min(span.ended_at or now, now)):
            found[number].node_hours += hours
            found[number].cost += hours * span.price_per_hour
    worked = [(one.started_at, min(one.ended_at, now), one.share) for one in used]
    for jobs in here.values():
        worked += [(job.since, now, placing.share(job, row.cores, row.memory_bytes, row.gpus)) for job in jobs]
    for since, until, share in worked:
        for number, hours in _by_day(first, since, until):
            found[number].job_hours += hours * share
    return ClusterUsage(days=found, jobs=_usages(used[:_JOBS]))


def cost(ctx: Context, run_id: str) -> RunCost:
    """Return what a run has cost on clusters so far; nothing elsewhere, and for a run that is not of the workspace."""
    ended, hours, spent = _spent(ctx, [run_id])
    return RunCost(run_id=run_id, hours=hours, cost=sum(spent.values()), attempts=ended)


def has_price(ctx: Context) -> bool:
    """Say whether any job of the workspace has a cost."""
    with ctx.db.read() as tx:
        return repository.has_price(tx, ctx.workspace_id)


def costs_of(ctx: Context, run_ids: Collection[str]) -> dict[str, float]:
    """Return what runs have cost on clusters so far; those that ran elsewhere are left out."""
    return _spent(ctx, run_ids)[2] if run_ids else {}


def _spent(ctx: Context, run_ids: Collection[str]) -> tuple[list[JobUsage], float, dict[str, float]]:
    """Return what attempts of runs used that have ended, the hours of all, and the cost of each run."""
    now = ctx.clock.now()
    with ctx.db.read() as tx:
        ended = _usages(repository.used_by(tx, ctx.workspace_id, run_ids))
        held_now = [one for one in repository.held_by(tx, run_ids) if one.workspace_id == ctx.workspace_id]
    hours, spent = sum(one.hours for one in ended), defaultdict[str, float](float)
    for used in ended:
        if used.run_id is not None:  # as it is not of what was asked for by its run
            spent[used.run_id] += used.cost
    for one in held_now:
        each = placing.hours(one.since, now)
        share = placing.share(one, one.node_cores, one.node_memory_bytes, one.node_gpus)
        hours += each
        spent[one.run_id] += each * share * one.price_per_hour
    return ended, hours, dict(spent)


def _usages(rows: Sequence[Row[Any]]) -> list[JobUsage]:
    found = []
    for row in rows:
        hours = placing.hours(row.started_at, row.ended_at)
        attempt = row.holder.rpartition("/")[2].partition("#")[0]
        found.append(
            JobUsage(
                run_id=row.run_id,
                attempt=int(attempt) if attempt.isdigit() else 1,
                title=row.title,
                cluster=row.cluster_name,
                node=row.node,
                share=row.share,
                started_at=row.started_at,
                ended_at=row.ended_at,
                hours=hours,
                cost=hours * row.share * row.price_per_hour,
            )
        )
    return found


def _by_day(first: datetime, since: datetime, until: datetime) -> Iterator[tuple[int, float]]:
    """Yield the days from the first one that a span touches, by number, with the hours of each."""
    at = max(since, first)
    while at < until:
        number = (at - first).days
        end = min(until, first + timedelta(days=number + 1))
        yield number, placing.hours(at, end)
        at = end


def _row(tx: Connection, ctx: Context, name: str) -> Row[Any]:
    found = repository.find(tx, ctx.workspace_id, name)
    if found is None:
        raise ComputeNotFound(name, [row.name for row in repository.all_(tx, ctx.workspace_id)] or ["local"])
    return found


def _makes_room(node: Row[Any]) -> bool:
    return node.leaving_since is not None and node.provider in placing.HERE


def _fits(tx: Connection, ctx: Context, row: Row[Any]) -> placing.Fits:
    """Return what says whether one more node can come."""
    if row.provider == placing.MACHINE:
        return machine.machine(tx, ctx)
    here = machine.machine(tx, ctx) if row.provider in placing.HERE else None

    def fits(cores: int, memory_bytes: int, gpus: int) -> bool:
        """Say whether one more may be asked for."""
        more = len(repository.up(tx, row.id)) < row.max_nodes and programs.may_resume(ctx, row)
        return more and (here is None or here(cores, memory_bytes, gpus))

    return fits


def _worth(tx: Connection, ctx: Context, row: Row[Any], nodes: Sequence[Row[Any]]) -> bool:
    """Say whether a cluster may have too many or too few nodes; most ticks find none, and then write nothing."""
    nodes = [node for node in nodes if node.phase != placing.SUSPENDING]
    if len(nodes) < min(row.min_nodes, row.max_nodes):
        if row.gpus:
            devices.here()
        return _fits(tx, ctx, row)(row.cores, row.memory_bytes, row.gpus)
    idle = [node for node in nodes if node.idle_since is not None]
    return bool(idle) and (
        len(nodes) > row.max_nodes
        or any(node.leaving_since is not None for node in idle)
        or (len(nodes) > row.min_nodes and any(placing.idle_too_long(node, row, ctx.clock.now()) for node in idle))
    )


def _shown(tx: Connection, ctx: Context, rows: Sequence[Row[Any]]) -> list[Cluster]:
    """Make nouns of rows, in as many queries for many as for one."""
    ids = [row.id for row in rows]
    up, gone = repository.up_by(tx, ids), repository.totals(tx, ids)
    jobs = repository.jobs(tx, [node.id for nodes in up.values() for node in nodes])
    on_nodes = placing.gpus_of(tx, [node.id for row in rows if row.gpus for node in up[row.id]])
    of_jobs = leases.of(tx, [job.holder for node in on_nodes for job in jobs[node]])
    numbers = {of: [gpu.number for gpu in found] for of, found in {**on_nodes, **of_jobs}.items()}
    return [_one(tx, ctx, row, up[row.id], jobs, gone.get(row.id, (0.0, 0.0)), numbers) for row in rows]


def _one(
    tx: Connection,
    ctx: Context,
    row: Row[Any],
    nodes: Sequence[Row[Any]],
    jobs: Mapping[str, Sequence[Row[Any]]],
    gone: tuple[float, float],
    gpus: Mapping[str, list[int]],
) -> Cluster:
    now = ctx.clock.now()
    spans = [(placing.hours(node.started_at, now), node.price_per_hour) for node in nodes]
    missing = min(row.min_nodes, row.max_nodes) - len(nodes)
    held_back = None
    if (
        missing > 0
        and row.provider in placing.HERE
        and not machine.machine(tx, ctx)(row.cores, row.memory_bytes, row.gpus)
    ):
        waits = machine.waits_for(tx, ctx, placing.MACHINE, row.cores, row.memory_bytes, row.gpus)
        held_back = f"{missing} of its {row.min_nodes} permanent nodes {waits.replace('waits', 'wait', 1)}"
    values = {name: row._mapping[name] for name in Cluster.model_fields if name in row._mapping}  # noqa: SLF001
    if row.scripts:
        values["scripts"] = Scripts.of(row.scripts)
    if row.ray:
        values |= {"ray": RayAt.of(row.ray), "provider": placing.RAY}
    return Cluster(
        **values,
        title=row.size or f"{row.cores} {'core' if row.cores == 1 else 'cores'} {_OF[row.provider]}",
        nodes_up=len(nodes),
        nodes_idle=sum(_state(node, jobs[node.id]) == "idle" for node in nodes),
        jobs_running=sum(len(jobs[node.id]) for node in nodes),
        node_hours=gone[0] + sum(hours for hours, _ in spans),
        cost=gone[1] + sum(hours * price for hours, price in spans),
        held_back=held_back,
        nodes=[_node(node, jobs[node.id], gpus) for node in nodes],
    )


def _state(node: Row[Any], jobs: Sequence[Row[Any]]) -> NodeState:
    if node.phase == placing.RESUMING:
        return "provisioning"
    if node.reason:
        return "unusable"
    if node.phase == placing.SUSPENDING:
        return "draining"
    return "leaving" if node.leaving_since is not None else "running" if jobs else "idle"


def _node(node: Row[Any], jobs: Sequence[Row[Any]], gpus: Mapping[str, list[int]]) -> Node:
    return Node(
        number=node.number,
        state=_state(node, jobs),
        reason=node.reason or "",
        host=(node.place or {}).get("host", ""),
        cores=node.cores,
        cores_free=node.cores - sum(job.cores for job in jobs),
        memory_bytes=node.memory_bytes,
        started_at=node.started_at,
        idle_since=node.idle_since,
        gpus=gpus.get(node.id, []),
        jobs=[
            NodeJob(
                title=job.title,
                run_id=job.run_id,
                attempt=held.attempt_of(job.holder),
                cores=job.cores,
                memory_limit_bytes=job.memory_bytes,
                since=job.since,
                gpus=gpus.get(job.holder, []),
            )
            for job in jobs
        ],
    )
