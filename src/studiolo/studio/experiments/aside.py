"""What is done beside the jobs, in a thread of the controller, a moment after it was asked for: nobody waits for it, and the next job begins first.

Folders of attempts are made ahead here: the ten calls for one take 0.2 to 0.4 ms each while files are written elsewhere, and a step would wait for all of them.
"""

import logging
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from studiolo.kernel.ids import new_id

log = logging.getLogger(__name__)
SPARE = ".spare"  # in the folder of all attempts
_MOST = 2
_PAUSE = 0.01  # seconds, in which a job that was started just now gets to its first line
_thread = ThreadPoolExecutor(1, "aside")
_spare: dict[Path, list[Path]] = {}  # by folder of all attempts; those that another process made are removed


def later(work: Callable[[], None]) -> None:
    """Have something done soon, after what was asked for before. Lost with the process: only for what would be made up for."""
    _thread.submit(_do, work, time.monotonic() + _PAUSE)


def _do(work: Callable[[], None], at: float) -> None:
    time.sleep(max(0.0, at - time.monotonic()))
    try:
        work()
    except Exception:
        # what is asked for next does not depend on it
        log.exception("something could not be done aside")


def take(place: Path) -> bool:
    """Let a folder that was made ahead be that of a first attempt; False when there is none. place: `attempts/<run>/1`."""
    spares = _spare.get(place.parent.parent)
    if not spares:
        return False
    try:
        spares.pop().rename(place.parent)
    except OSError:  # there is one already, or it was removed
        return False
    return True


def make_ahead(attempts: Path, make: Callable[[Path], None]) -> None:
    """Make folders for attempts to come, soon. attempts: folder of all; make: makes that of one."""
    if len(_spare.get(attempts, ())) < _MOST:
        later(lambda: _make(attempts, make))


def _make(attempts: Path, make: Callable[[Path], None]) -> None:
    with suppress(OSError):  # a full disk is told of where a job needs the room
        if attempts not in _spare:
            shutil.rmtree(attempts / SPARE, ignore_errors=True)
            (attempts / SPARE).mkdir(0o700)
        spares = _spare.setdefault(attempts, [])
        while len(spares) < _MOST:
            made = attempts / SPARE / new_id()
            made.mkdir()
            make(made / "1")
            spares.append(made)
