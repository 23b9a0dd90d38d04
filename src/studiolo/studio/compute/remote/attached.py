"""What kinds of attached machines share: a machine as a backend, and one connection for each machine and process."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from studiolo.kernel.settings import Settings
from studiolo.runner import attempt
from studiolo.studio.compute.backends.base import (
    NOTHING,
    BackendSpec,
    Capacity,
    Handed,
    Kept,
    Machine,
    Observation,
    Order,
    Swept,
    Usage,
    capacity_of,
)
from studiolo.studio.compute.remote.link import CALM, NEAR, Link
from studiolo.studio.compute.remote.session import Session
from studiolo.studio.compute.remote.watched import USAGE


class RemoteMachine:
    """A machine as a backend: what it is asked, its link answers from what it saw last. A kind says SPEC and LIMITS."""

    SPEC: BackendSpec
    LIMITS: ClassVar[tuple[Kept, ...]] = ()

    def __init__(self, machine: Machine, link: Link) -> None:
        self._machine, self._link = machine, link

    def capacity(self, settings: Settings) -> Capacity:
        """Return what was told of it, or measured when it was tried."""
        return capacity_of(self._machine.config, self.LIMITS)

    def start(self, folder: Path, order: Order, handed: Handed = NOTHING) -> bool:
        """Ship an attempt and start a runner on it; False when it has an owner already, as far as is known."""
        return self._link.start(folder, order, handed)

    def poll(self, folder: Path) -> Observation:
        """Say what has become of an attempt, as it was seen last."""
        return self._link.poll(folder)

    def stop(self, folder: Path) -> None:
        """Ask for the end of an attempt; while the machine does not answer, as soon as it does."""
        self._link.stop(folder)

    def preempt(self, folder: Path) -> None:
        """Ask for the end of an attempt, so that others have room."""
        self._link.preempt(folder)

    def bar(self, folder: Path, reason: str) -> bool:
        """Take an attempt that nobody owns, so that it never starts."""
        return self._link.bar(folder, reason)

    def sweep(self, folder: Path, mark: str) -> list[Swept]:
        """Return what was found and ended of an attempt whose runner is gone."""
        return self._link.sweep(folder, mark)

    def ask(self, verb: str, **values: Any) -> dict[str, Any]:
        """Ask its agent something that is of no attempt; raises ContactLost and Unable."""
        return self._link.ask(verb, **values)

    def usage(self, folder: Path) -> Usage | None:
        """Return what an attempt used when it was seen last."""
        return used(folder)


def used(folder: Path) -> Usage | None:
    """Return what an attempt used when it was seen last; any process may ask."""
    found = attempt.read_json(str(folder), USAGE)
    return Usage(int(found["processes"]), int(found["memory_bytes"])) if found else None


def linked(machine: Machine, connect: Callable[[], Session]) -> Link:
    """Return a new connection to a machine."""
    return Link(machine.name, connect, CALM if machine.config["host"] else NEAR)


class Links:
    """The connections of a kind in this process."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, Link]] = {}
        self._lock = threading.Lock()

    def to(self, machine: Machine, connect: Callable[[], Session]) -> Link:
        """Return the connection to a machine, made anew when it was changed. connect: raises ContactLost."""
        with self._lock:
            known = self._known.get(machine.id)
            if known is None or known[0] != machine.stamp:
                if known is not None:
                    known[1].close()
                known = self._known[machine.id] = (machine.stamp, linked(machine, connect))
            return known[1]

    def detach(self, machine_id: str) -> None:
        """End the connection to a machine that is not attached any more."""
        with self._lock:
            known = self._known.pop(machine_id, None)
        if known is not None:
            known[1].close()

    def silent(self, machine_id: str) -> str | None:
        """Say why a machine does not answer this process; None when it does, or was not asked."""
        known = self._known.get(machine_id)
        return known[1].silent if known else None
