"""Programs that run here and whose work is done elsewhere: processes of this machine, and something to close when they are over.

What is to be closed stands in a file of the attempt before its program begins. When the attempt is over, however it ended, that is
closed before the end is told, so that nothing of the attempt goes on elsewhere when it runs again.
"""

import logging
import threading
import time
from pathlib import Path
from typing import Any, ClassVar

from studiolo.kernel.settings import Settings
from studiolo.runner import attempt
from studiolo.studio.compute.backends import local_machine
from studiolo.studio.compute.backends.base import (
    Capacity,
    Ended,
    Kept,
    Lost,
    Machine,
    Observation,
    Running,
    capacity_of,
)

NOBODY_KNOWS = "nobody knows"  # whether it was closed
_closing: dict[Path, threading.Thread] = {}
_lock = threading.Lock()
log = logging.getLogger(__name__)


class Programs(local_machine.RunHere):
    """A backend without `start`. RECORD: the file of an attempt that says what is to be closed; LIMITS: how they are kept."""

    RECORD: ClassVar[str]
    LIMITS: ClassVar[tuple[Kept, ...]]

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def close(self, folder: Path, record: dict[str, Any]) -> str:
        """Close what an attempt has elsewhere; returns what is kept of that. Raises OSError, ValueError, SubprocessError."""
        raise NotImplementedError

    def capacity(self, settings: Settings) -> Capacity:
        """Return what programs may use here."""
        return capacity_of(self._machine.config, self.LIMITS)

    def poll(self, folder: Path) -> Observation:
        """Say what has become of an attempt; one that is over is told when what it has elsewhere is closed."""
        found = local_machine.poll(folder)
        if not isinstance(found, Ended | Lost) or self._closed(folder):
            return found
        return Running(0, 0, found.started_at if isinstance(found, Ended) else time.time())

    def _closed(self, folder: Path) -> bool:
        """Say whether what an attempt has elsewhere is closed; else have that done."""
        record = attempt.read_json(str(folder), self.RECORD)
        if record is None or "closed" in record:
            return True
        with _lock:
            if folder not in _closing:
                work = threading.Thread(target=self._close, args=(folder, record), daemon=True, name="closing")
                _closing[folder] = work
                work.start()
        return False

    def _close(self, folder: Path, record: dict[str, Any]) -> None:
        said = NOBODY_KNOWS
        try:
            said = self.close(folder, record)
        finally:
            record["closed"] = said  # not before: it is what the end is told by
            attempt.write_json(str(folder), self.RECORD, record)
            with _lock:
                _closing.pop(folder, None)


def tell(folder: Path, line: str) -> None:
    """Add a line of ours to the log of an attempt that is over."""
    with (folder / attempt.LOG).open("a", encoding="utf-8") as file:
        file.write(f"[studio] {line}\n")
