"""Whether there is room: what is held of a compute, beside what it has."""

from sqlalchemy import Connection

from studiolo.studio.compute import repository
from studiolo.studio.compute.backends.base import Capacity
from studiolo.studio.compute.errors import TooBig


def within(tx: Connection, key: str, have: Capacity, cores: int, memory_bytes: int) -> bool:
    """Say whether so much is free now; what is alone fits, however big it is."""
    held_cores, held_memory = repository.held(tx, key)
    alone = held_cores == 0 and held_memory == 0
    return alone or (held_cores + cores <= have.cores and held_memory + memory_bytes <= have.memory_bytes)


def waits_for(tx: Connection, name: str, key: str, have: Capacity, cores: int, memory_bytes: int) -> str:
    """Say what a job that needs so much waits for, and who holds it."""
    held_cores, held_memory = repository.held(tx, key)
    holders = ", ".join(row.title or row.holder for row in repository.list_(tx, key)[:3])
    by = f"; held by {holders}" if holders else ""
    if held_cores + cores > have.cores:
        return f"waits for {cores} of {have.cores} cores of '{name}', {max(0, have.cores - held_cores)} free{by}"
    if held_memory + memory_bytes > have.memory_bytes:
        free = max(0, have.memory_bytes - held_memory) / 2**30
        return f"waits for {memory_bytes / 2**30:.1f} GiB of '{name}', {free:.1f} GiB free{by}"
    return "starts as soon as the controller sees it"


def enough(who: str, have: tuple[int, int], cores: int, memory_bytes: int, otherwise: str = "") -> None:
    """Refuse more cores or bytes of memory than there ever are. otherwise: another way out, after the first one."""
    have_cores, have_memory = have
    if cores > have_cores:
        raise TooBig(
            f"{who} has {have_cores} cores for jobs; the job asks for {cores}.",
            f"Ask for at most {have_cores}{otherwise}.",
            field="resources.cores",
        )
    if memory_bytes > have_memory:
        raise TooBig(
            f"{who} has {have_memory / 2**30:.1f} GiB for jobs; the job asks for {memory_bytes / 2**30:.1f} GiB.",
            f"Ask for less{otherwise}.",
            field="resources.memory_bytes",
        )
