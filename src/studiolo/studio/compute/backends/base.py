"""The port of a compute backend: a file in this folder with SPEC, and these functions.

An attempt directory is the record; a backend only starts something on it, looks at it and ends it. All functions are safe to
repeat, and none waits for another machine for longer than a moment. The module of a built-in compute has the functions itself;
one of attached machines has `attach(machine)`, which returns an object that has them. What is on another machine is mirrored:
the local directory stays what the controller reads. Each new backend passes `studiolo.testing.compute_backend`, one of other
machines `studiolo.testing.computes` as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from studiolo.kernel.settings import Settings
from studiolo.runner import observe
from studiolo.runner.launch import NOTHING, Handed, LaunchFailed, Order
from studiolo.runner.observe import Absent, Ended, Lost, Running, Starting, Swept

__all__ = [
    "BACKENDS",
    "NOTHING",
    "Absent",
    "Attachable",
    "Backend",
    "BackendSpec",
    "Capacity",
    "Ended",
    "Field",
    "Handed",
    "Kept",
    "LaunchFailed",
    "Lost",
    "Machine",
    "Observation",
    "Order",
    "Refused",
    "Running",
    "Silent",
    "Starting",
    "Swept",
    "Usage",
    "capacity_of",
]
BACKENDS = "studiolo.studio.compute.backends"  # the family of plug-ins


@dataclass(frozen=True, slots=True)
class Silent:
    """Its machine has not answered (yet): nothing is known, nothing is done, and nothing of the job is harmed by it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Its machine answered, and cannot start it: a sentence."""

    reason: str


Observation = observe.Observation | Silent | Refused


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to fill in when a machine of a kind is attached. type: text, number, or lines (a list of texts).

    required: without it no machine of the kind can be attached.
    """

    name: str
    title: str
    help: str
    type: Literal["text", "number", "lines"] = "text"
    default: str | int | None = None
    example: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class BackendSpec:
    """name: what a job writes as `compute`, or the kind of machines that are attached; title, description: for people.

    place: what is to be known of where it is (`MachineConfig`); port: where it listens; signs_in: by which credentials; may_be_open:
    also by none. nodes: it has several, and runs a job on as many as that asks for; addresses: its host may be the address of its pages.
    programs_here: what runs on the studio's machine is the job's own program, which speaks to it.
    extra: optional dependency that it needs. fields: what is to be known of such a machine beside where it is. queues: it has a
    queue of its own, which decides what runs when; at most `max_jobs` of its settings are there at once. here: without a host
    it is the studio's own machine. images: it runs jobs in container images by itself. takes: the kinds of jobs that it takes, where
    these are not all: they see no files of the studio there.
    """

    name: str
    title: str
    description: str
    attached: bool = False
    extra: str | None = None
    fields: tuple[Field, ...] = ()
    queues: bool = False
    here: bool = False
    images: bool = False
    programs_here: bool = False
    nodes: bool = False
    takes: tuple[str, ...] = ()
    port: int = 22
    place: tuple[str, ...] = ("host", "port", "user", "host_key", "folder", "python")
    signs_in: tuple[str, ...] = ("private_key", "password")
    may_be_open: bool = False
    addresses: bool = False


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine that is attached. id: of this registration; config: what its kind reads; private: see `kernel/outbound.py`.

    stamp: changes with every change of it, so that a connection is made anew.
    """

    id: str
    name: str
    config: Mapping[str, Any]
    credentials: Mapping[str, str] = field(repr=False)
    stamp: str = ""
    private: bool = True


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


def capacity_of(config: Mapping[str, Any], limits: tuple[Kept, ...] = ()) -> Capacity:
    """Return what jobs may use of an attached machine: what was told of it, or measured when it was tried."""
    cores, memory = int(config["cores"]), int(config["memory_bytes"])
    there, bytes_there = int(config["machine_cores"]), int(config["machine_memory_bytes"])
    return Capacity(cores, memory, max(there, cores), max(bytes_there, memory), limits)


class Attachable(Protocol):
    """What the module of a kind of attached machines has."""

    SPEC: BackendSpec

    def attach(self, machine: Machine) -> Backend:
        """Return what runs attempts there; it connects when it is first asked for one."""
        ...

    def probe(self, machine: Machine) -> Mapping[str, Any]:
        """Connect and return what the machine says of itself (`runner/agent.py: hello`); raises a StudioloError."""
        ...

    def used(self, folder: Path) -> Usage | None:
        """Return what an attempt used when it was seen last; any process may ask."""
        ...

    def detach(self, machine_id: str) -> None:
        """End the connection to a machine that is not attached any more."""
        ...

    def silent(self, machine_id: str) -> str | None:
        """Say why the machine does not answer this process; None when it does, or was not asked."""
        ...

    def checked(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings of a machine, complete; raises ValueError with the field's name and a sentence."""
        ...

    def why(self, folder: Path, /) -> str | None:
        """Say what an attempt waits for in a queue of the machine's own; any process may ask."""
        ...

    def nodes(self, machine: Machine, /) -> list[Mapping[str, Any]]:
        """Return the nodes of a machine that has some, as they are now; raises a StudioloError."""
        ...
