"""The port of a compute backend: a file in this folder with SPEC and these functions.

An attempt directory is the record; a backend only starts something on it, looks at it and ends it. All functions are safe to
repeat. Each new backend passes `studiolo.testing.compute_backend.ComputeBackendChecks`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from studiolo.kernel.settings import Settings
from studiolo.runner.launch import NOTHING, Handed, LaunchFailed, Order
from studiolo.runner.observe import Absent, Ended, Lost, Observation, Running, Starting, Swept

__all__ = [
    "NOTHING",
    "Absent",
    "Backend",
    "BackendSpec",
    "Capacity",
    "Ended",
    "Handed",
    "Kept",
    "LaunchFailed",
    "Lost",
    "Observation",
    "Order",
    "Running",
    "Starting",
    "Swept",
    "Usage",
]


@dataclass(frozen=True, slots=True)
class BackendSpec:
    """name: what a job writes as `compute`; title, description: for people."""

    name: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class Kept:
    """How a limit is kept: what: cores, memory, time, processes; how: a sentence."""

    what: str
    enforced: bool
    how: str


@dataclass(frozen=True, slots=True)
class Capacity:
    """cores, memory_bytes: what jobs may use; machine_…: what is there; why: what made cores fewer than there are."""

    cores: int
    memory_bytes: int
    machine_cores: int
    machine_memory_bytes: int
    limits: tuple[Kept, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """What the processes of an attempt use now."""

    processes: int
    memory_bytes: int


class Backend(Protocol):
    """What a backend's module has."""

    SPEC: BackendSpec

    def capacity(self, settings: Settings) -> Capacity:
        """Return what jobs may use."""
        ...

    def start(self, folder: Path, order: Order, handed: Handed = NOTHING) -> bool:
        """Start a runner on an attempt; False when it has an owner already. Raises LaunchFailed.

        handed: secrets, for the environment of the job's process and nothing else: no file, no command line.
        """
        ...

    def poll(self, folder: Path) -> Observation:
        """Say what has become of an attempt."""
        ...

    def stop(self, folder: Path) -> None:
        """Ask for the end of an attempt: TERM, the order's grace, KILL. Returns at once."""
        ...

    def preempt(self, folder: Path) -> None:
        """Ask for the end of an attempt that is to run again elsewhere or later: as `stop`, in the class `preempted`."""
        ...

    def bar(self, folder: Path, reason: str) -> bool:
        """Take an attempt that nobody owns, so that it never starts; False when a runner was quicker."""
        ...

    def sweep(self, folder: Path, mark: str) -> list[Swept]:
        """Kill what is left of an attempt whose runner is gone; returns what was found."""
        ...

    def usage(self, folder: Path) -> Usage | None:
        """Return what an attempt uses now, None when it does not run."""
        ...
