"""An attempt on a node of Ray: `agent.py worker <root> <name>` leaves the process that Ray started it from, and lives as its runner.

Ray kills the children of its processes when a node of it falls. What runs must not fall with it, so it is no child; what Ray ends on
purpose (`ray.kill`, want of memory) while its node lives must end, so the process of Ray is watched.
"""

import contextlib
import os
import signal
import threading
import time

from studiolo.runner import attempt, batch, processes

WATCHED = "STUDIOLO_RAY_WORKER"  # variable: pid of Ray's process and of its node's raylet
ENDED_BY_RAY = "ended_by_ray"  # that Ray ended its process while the node lived, so the job was ended
_PAUSE = 0.5
_DOUBT = 5.0  # seconds that a raylet has to fall too: its processes see that before it can be seen from here


def detach() -> None:
    """Go on as a child of nobody; the process that was started ends. Its caller waits at the pipes that are inherited."""
    if os.fork():
        os._exit(0)


def run(folder: str) -> int:
    """Run an attempt to its end; returns 0 when that is recorded."""
    told = os.environ.pop(WATCHED, "").split()
    watched = [processes.process(int(pid)) for pid in told]

    def beside(runner: int) -> None:
        if len(watched) == 2:
            threading.Thread(target=_watch, args=(folder, runner, *watched), daemon=True).start()

    return batch.run(folder, beside)


def _watch(folder: str, runner: int, worker: "processes.Process | None", raylet: "processes.Process | None") -> None:
    """End the job when Ray has ended its process and the node lives; a node that fell takes nothing with it."""
    told = False
    while _lives(worker):
        if not told and attempt.exists(folder, attempt.MAKES_ROOM):
            told = _told(runner)
        time.sleep(_PAUSE)
    deadline = time.monotonic() + _DOUBT
    while time.monotonic() < deadline:
        if not _lives(raylet):
            return
        time.sleep(_PAUSE)
    attempt.touch(folder, ENDED_BY_RAY)
    _told(runner)


def _told(runner: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(runner, signal.SIGTERM)
    return True


def _lives(found: "processes.Process | None") -> bool:
    return found is not None and processes.alive(found.pid, found.start)
