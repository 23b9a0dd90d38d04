"""A process that has loaded what children need and forks one when it is told: `python -m studiolo.kernel.fork_server IDLE MODULE …`.

Standard input is the socket on which it is told. It starts no thread, for a fork would lose it. It ends when whoever started it
does, with all its children, or when nobody has asked for IDLE seconds. See `forks` for the other side.
"""

import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

MOST = 1 << 16  # bytes of a request
FDS = 4  # standard input, output and error, and where the child's number and end are told
ENDED = b"="  # before the exit code there, so that the end of a child that told no number is not taken for a number


def main() -> int:
    """Load the modules, then fork until nobody asks any more."""
    idle, modules = float(sys.argv[1]), sys.argv[2:]
    for module in modules:
        importlib.import_module(module)
    control = socket.socket(fileno=os.dup(0))
    gc.collect()
    gc.freeze()  # what is there now is shared with the children; collecting it there would copy it
    return Forking(control, idle).run()


class Forking:
    """The children that live, each by the descriptor on which its end is told."""

    def __init__(self, control: socket.socket, idle: float) -> None:
        self._control, self._idle = control, idle
        self._living: dict[int, int] = {}  # children by descriptor
        self._told: set[int] = set()  # descriptors on which the end was told; who asked may still name the child
        self._forgotten: set[int] = set()  # children that nobody asks after any more
        self._ended, ending = os.pipe()
        os.set_blocking(ending, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(ending, warn_on_full_buffer=False)
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)
        self._poll.register(self._ended, select.POLLIN)

    def run(self) -> int:
        """Wait and do what comes."""
        while True:
            busy = self._living or self._forgotten
            ready = self._poll.poll(None if busy else self._idle * 1000)
            if not ready and not busy:
                return 0
            for descriptor, _ in ready:
                if descriptor == self._control.fileno():
                    if not self._receive():
                        self._end()
                        return 0
                elif descriptor == self._ended:
                    os.read(self._ended, 4096)
                    self._look()
                elif descriptor in self._living:
                    self._let_go(descriptor)

    def _receive(self) -> bool:
        text, fds, _, _ = socket.recv_fds(self._control, MOST, FDS)
        if not text:
            return False
        child = self._forked(text, fds) if len(fds) == FDS else None
        for descriptor in fds if child is None else fds[:3]:  # who asked sees the end of the last: there is no child
            os.close(descriptor)
        if child is not None:
            self._living[fds[3]] = child
            self._poll.register(fds[3], 0)  # an error there says that who asked has closed its end
        return True

    def _forked(self, text: bytes, fds: Sequence[int]) -> int | None:
        """Return the number of a new child; None when there is no room for one, which must not end the others."""
        try:
            child = os.fork()
        except OSError:
            return None
        if child == 0:
            _become(text, fds)
        return child

    def _look(self) -> None:
        """Tell of children that have ended; each keeps its number until who asked has let it go, so that no other gets it."""
        for descriptor, child in self._living.items():
            if descriptor in self._told:
                continue
            found = os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if found is not None:
                code = found.si_status if found.si_code == os.CLD_EXITED else -found.si_status
                with suppress(BrokenPipeError):
                    os.write(descriptor, ENDED + b"%d\n" % code)
                self._told.add(descriptor)
        for child in list(self._forgotten):
            if os.waitpid(child, os.WNOHANG)[0]:
                self._forgotten.discard(child)

    def _let_go(self, descriptor: int) -> None:
        child = self._living.pop(descriptor)
        self._told.discard(descriptor)
        self._poll.unregister(descriptor)
        os.close(descriptor)
        if not os.waitpid(child, os.WNOHANG)[0]:
            self._forgotten.add(child)

    def _end(self) -> None:
        for child in [*self._living.values(), *self._forgotten]:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(child, signal.SIGKILL)


def _become(text: bytes, fds: Sequence[int]) -> None:
    """Be the child: a session of its own, its own three streams, nothing else that was open, then its module's `main`."""
    code = 1
    try:
        os.setsid()
        os.write(fds[3], b"%d\n" % os.getpid())  # first: whatever fails below, who asked knows whose end it is told
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for place, descriptor in enumerate(fds[:3]):
            os.dup2(descriptor, place)
        asked: dict[str, Any] = json.loads(text)
        os.chdir(asked["folder"])
        os.environ.update(asked["environment"])
        tempfile.tempdir = None
        sys.argv = [asked["module"]]
        with suppress(OSError):
            Path("/proc/self/comm").write_text(asked["module"].rpartition(".")[2], "ascii")
        os.closerange(3, max(fds) + 4096)
        code = int(importlib.import_module(asked["module"]).main() or 0)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 - the last line of a process: what went wrong is told on its standard error
        traceback.print_exc()
    finally:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
        with suppress(OSError, ValueError):
            sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    os._exit(main())  # without taking the modules apart: some of them complain when that is done
