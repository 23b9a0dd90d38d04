"""One controller per home: a lock that ends with its process. The newcomer takes over from one whose `up` is gone."""

import fcntl
import json
import logging
import os
import signal
import time
from pathlib import Path
from types import TracebackType

from studiolo.kernel.errors import StudioloError
from studiolo.runner import processes

log = logging.getLogger(__name__)
_ASK_SECONDS = 10.0
_KILL_SECONDS = 10.0


class ControllerStuck(StudioloError):
    """Another controller holds the home and cannot be ended."""

    code, status, title = "controller.stuck", 500, "Another controller holds the home"


class Alone:
    """Holds `controller.lock` of a home while in the block.

    An earlier controller (its server may have been killed, or was of another version) is asked to end, then ended: all that
    it did is in the database and in attempt directories, and jobs do not depend on it.
    """

    def __init__(self, home: Path) -> None:
        self._path = home / "controller.lock"
        self._file = self._path.open("a+", encoding="utf-8")

    def __enter__(self) -> "Alone":
        begun = time.monotonic()
        asked = 0
        while not self._locked():
            waited = time.monotonic() - begun
            wanted = signal.SIGKILL if waited > _ASK_SECONDS else signal.SIGTERM
            if asked != wanted and (pid := self._holder()):
                log.warning("taking over from controller %s", pid)
                processes.send([pid], wanted)
                asked = wanted
            if waited > _ASK_SECONDS + _KILL_SECONDS:
                raise ControllerStuck(f"{self._path} is held by another process.", "End it, then start again.")
            time.sleep(0.05)
        me = processes.process(os.getpid())
        self._file.seek(0)
        self._file.truncate()
        self._file.write(json.dumps({"pid": os.getpid(), "start": me.start if me else 0}))
        self._file.flush()
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self._file.close()

    def _locked(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _holder(self) -> int | None:
        try:
            found = json.loads(self._path.read_text("utf-8"))
            pid, start = int(found["pid"]), int(found["start"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return pid if processes.alive(pid, start) else None
