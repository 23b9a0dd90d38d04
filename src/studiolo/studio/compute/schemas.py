"""The nouns of compute on the wire."""

from datetime import datetime
from typing import NamedTuple

from pydantic import BaseModel


class Asked(NamedTuple):
    """What a job asks of a compute, on each of so many nodes. gpus: None: what jobs of the compute have."""

    cores: int
    memory_bytes: int
    gpus: int | None = None
    nodes: int = 1

    def together(self) -> "Asked":
        """Return the same on one node."""
        gpus = self.gpus * self.nodes if self.gpus is not None else None
        return Asked(self.cores * self.nodes, self.memory_bytes * self.nodes, gpus)


class Limit(BaseModel):
    """How one kind of limit is kept on this machine: what: cores, memory, time, processes; how: a sentence."""

    what: str
    enforced: bool
    how: str


class Holding(BaseModel):
    """A part of a compute that something holds. holder: `<run id>/<attempt>`; memory and processes: as measured now; gpus: numbers.

    cluster: whose node it is, where it is one of this workspace.
    """

    holder: str
    title: str
    run_id: str | None = None
    cluster: str | None = None
    workspace_id: str
    cores: int
    memory_limit_bytes: int = 0
    since: datetime
    memory_bytes: int | None = None
    processes: int | None = None
    gpus: list[int] = []


class GpuState(BaseModel):
    """A GPU, and who has it. id: its UUID; number: as nvidia-smi counts; busy: percent; title: of the job or node, null when it is free."""

    id: str
    number: int
    name: str
    memory_bytes: int
    used_bytes: int | None = None
    busy: float | None = None
    title: str | None = None
    run_id: str | None = None
    since: datetime | None = None


class Compute(BaseModel):
    """A place where jobs run. cores, memory_bytes: what jobs may use; machine_…: what is there; load: of one minute.

    gpus: each with its holder; gpus_note: why there are none.
    """

    name: str
    kind: str
    title: str
    description: str
    host: str
    cores: int
    cores_free: int
    machine_cores: int
    memory_bytes: int
    memory_reserved_bytes: int
    machine_memory_bytes: int
    memory_used_bytes: int
    load: float
    disk_free_bytes: int
    limits: list[Limit]
    holdings: list[Holding]
    gpus: list[GpuState] = []
    gpus_note: str = ""
