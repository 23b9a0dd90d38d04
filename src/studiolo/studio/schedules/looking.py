"""Looks into datastores for the controller, in threads of their own: a store that does not answer holds up nothing else."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from studiolo.kernel.errors import StudioloError, Unavailable
from studiolo.studio.schedules.arriving import Seen

AT_ONCE = 4
PROMPT = 0.02  # seconds that a tick waits for a look that it starts: of a folder of this machine it is over by then
DEADLINE = 120.0

Look = Callable[[], Sequence[Seen]]


@dataclass(slots=True)
class _Going:
    """A look under way, and what came of it."""

    begun: float
    done: threading.Event = field(default_factory=threading.Event)
    found: Sequence[Seen] | None = None
    error: StudioloError | None = None
    defect: BaseException | None = None


class Looks:
    """The looks under way of one workspace, by schedule."""

    def __init__(self) -> None:
        self._going: dict[str, _Going] = {}

    def ask(self, schedule: str, look: Look) -> Sequence[Seen] | None:
        """Return what a look found, None while it goes on; raises what it raised, and Unavailable after two minutes."""
        going = self._going.get(schedule)
        if going is None:
            if len(self._going) >= AT_ONCE:
                return None
            going = self._going[schedule] = _Going(time.monotonic())
            threading.Thread(target=_run, args=(going, look), name=f"look-{schedule[:8]}", daemon=True).start()
            going.done.wait(PROMPT)
        if not going.done.is_set():
            if time.monotonic() - going.begun > DEADLINE:
                del self._going[schedule]  # its thread ends by the store's own limits, or with the process
                raise Unavailable(f"The datastore did not answer within {DEADLINE:g} s.", "Look at its connection.")
            return None
        del self._going[schedule]
        if going.defect is not None:
            raise going.defect
        if going.error is not None:
            raise going.error
        return going.found


def _run(going: _Going, look: Look) -> None:
    try:
        going.found = look()
    except StudioloError as error:
        going.error = error
    except BaseException as error:  # noqa: BLE001 - it belongs to who asked, on another thread
        going.defect = error
    finally:
        going.done.set()
