"""The port of a connection to another machine, on which an agent (`runner/agent.py`) answers."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Protocol


class ContactLost(Exception):
    """The machine does not answer any more, or not yet; the message says why."""


class Unable(Exception):
    """The machine answered that it cannot; the message says why."""


class Session(Protocol):
    """One connection; all but `close` raise ContactLost. Several threads may use it."""

    hello: Mapping[str, Any]  # what the agent said of its machine
    place: str  # where the runner's files are there

    def ask(self, verb: str, **values: Any) -> dict[str, Any]:
        """Ask the agent; raises Unable for what it could not do."""
        ...

    def send(self, name: str, write: Callable[[BinaryIO], None]) -> None:
        """Make an attempt there of the tar that `write` writes; raises Unable."""
        ...

    def fetch(self, name: str, entry: str, into: Path) -> list[str]:
        """Bring a folder of an attempt; returns the paths that cannot be kept here. Raises Unable."""
        ...

    def close(self) -> None:
        """End the connection; the agent ends with it, and what runs goes on."""
        ...
