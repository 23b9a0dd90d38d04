"""An attempt on another machine: what is known of it here, and the files beside it that say so to whoever comes later."""

import contextlib
import re
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studiolo.runner import attempt
from studiolo.studio.compute.backends.base import Handed, Lost, Observation, Order, Silent, Swept

USAGE = attempt.USAGE
QUEUE = "queue.json"  # where it stands in the queue of a batch system, and why
PLACE = "place.json"  # which nodes of a batch system it was given, and what that itself said
ASKED = "asked.json"  # that the machine was asked to start it: without this file it certainly never was
BARRED = "barred.json"  # that the attempt was taken, so that nothing starts on it
_NODE, _MOST_NODES, _LINES = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"), 256, 3
UNSEEN = Silent("The machine was not asked yet.")
TAKEN = Lost("It was taken before it could start.")


@dataclass(slots=True)
class Watched:
    """An attempt that the thread keeps up with. wanted: what is to be started on it, until it was."""

    folder: Path
    seen: Observation = UNSEEN
    wanted: tuple[Order, Handed] | None = None
    swept: list[Swept] = field(default_factory=list)
    work: "Future[None] | None" = None  # files on their way
    told_to_stop: bool = False
    wants_room: bool = False
    bar: str = ""  # the reason, while it is to be barred
    mark: str = ""  # while its processes are to be swept
    queued: dict[str, Any] | None = None  # where it stood in a queue of the machine's own
    place: dict[str, Any] | None = None
    asked_at: float = 0.0

    @property
    def name(self) -> str:
        """What the attempt is called there."""
        return f"{self.folder.parent.name}/{self.folder.name}"


def swept(answer: dict[str, Any]) -> list[Swept]:
    """Return the processes that an answer tells of."""
    return [Swept(int(pid), str(command)) for pid, command in answer["swept"]]


def size(path: Path) -> int:
    """Return the bytes of a file, 0 when it is not there."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def placed(folder: Path) -> tuple[list[str], str]:
    """Return the names of the nodes of a batch system that an attempt was on, and what that said of it in the end."""
    found = attempt.read_json(str(folder), PLACE) or {}
    names = [str(name) for name in found.get("nodes", []) if _NODE.fullmatch(str(name))]
    return names[:_MOST_NODES], " ".join(str(line) for line in found.get("said", [])[-_LINES:])


def replace(folder: Path, name: str, value: dict[str, Any]) -> None:
    """Write a file that is only shown."""
    with contextlib.suppress(OSError):  # a full disk: what is read from these is only shown
        attempt.write_json(str(folder), name, value)
