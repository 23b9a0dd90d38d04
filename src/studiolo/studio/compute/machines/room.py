"""Whether an attached machine has room; one with a queue of its own takes a number of jobs, and decides itself what runs when."""

from typing import Any

from sqlalchemy import Connection, Row

from studiolo.kernel.context import Context
from studiolo.studio.compute import repository, room
from studiolo.studio.compute.backends.base import Capacity, capacity_of
from studiolo.studio.compute.errors import TooBig
from studiolo.studio.compute.machines import kinds, opening
from studiolo.studio.compute.machines.errors import MachineUntried
from studiolo.studio.compute.node_logs import telling
from studiolo.studio.compute.remote import watched


def capacity(row: Row[Any]) -> Capacity:
    """Return what jobs may use of a machine; of one with a queue of its own, of its largest node."""
    return capacity_of(opening.config_of(row))


def fits(tx: Connection, row: Row[Any], cores: int, memory_bytes: int) -> bool:
    """Say whether a machine has so much free; one that does not answer takes no new jobs."""
    if row.silent_since is not None:
        return False
    if kinds.kind(row.kind).SPEC.queues:
        return repository.count(tx, row.id) < int(row.config["settings"]["max_jobs"])
    return room.within(tx, row.id, capacity(row), cores, memory_bytes)


def waits_for(tx: Connection, row: Row[Any], cores: int, memory_bytes: int) -> str:
    """Say what a job that needs so much waits for."""
    if row.silent_since is not None:
        return f"waits for '{row.name}', which does not answer: {row.silent_reason}"
    if fits(tx, row, cores, memory_bytes):
        return "starts as soon as the controller sees it"
    if kinds.kind(row.kind).SPEC.queues:
        most = row.config["settings"]["max_jobs"]
        return f"waits in the studio: '{row.name}' has {most} jobs of it already, the most it takes at once (max_jobs)"
    return room.waits_for(tx, row.name, row.id, capacity(row), cores, memory_bytes)


def check(row: Row[Any], cores: int, memory_bytes: int, gpus: int = 0) -> None:
    """Refuse what a machine can never give; raises MachineUntried and TooBig."""
    have = capacity(row)
    if not have.cores:
        raise MachineUntried(
            f"'{row.name}' has not been reached yet, so its cores are not known.",
            f"Try it: studiolo compute check {row.name}",
        )
    room.enough(f"'{row.name}'", (have.cores, have.memory_bytes), cores, memory_bytes)
    if gpus and kinds.kind(row.kind).SPEC.programs_here:
        raise TooBig(
            f"Programs of jobs on '{row.name}' get no GPUs of this machine.",
            "Leave `gpus` out.",
            field="resources.gpus",
        )
    if gpus and not kinds.kind(row.kind).SPEC.queues:
        raise TooBig(
            f"'{row.name}' is another machine, whose GPUs the studio does not give out: its jobs see all of them.",
            "Leave `gpus` out; use a Slurm, a Ray, or `compute: local`, where each job is to have its own.",
            field="resources.gpus",
        )


def left(tx: Connection, ctx: Context, row: Row[Any], held: Row[Any], seconds: float, outcome: str) -> None:
    """Tell that a job is on a machine no more, also in the logs of those of its own nodes that it was on."""
    nodes, words = watched.placed(ctx.settings.attempts / held.holder)
    said = telling.ends(held.title, held.run_id, seconds, outcome, nodes, words)
    telling.of_machine(tx, ctx, (row.id, row.name), said, nodes)
