"""A process that has loaded what runners need and forks one when it is told: `python -I -S forking.py`.

Standard input is the socket on which it is told: the attempt's folder, with two pipes, one on which the runner says whether it owns
the attempt, one with what it is handed (which this process never reads: a runner of another job could find it). It starts no
thread, for a fork would lose it. It ends when whoever started it does. Its runners are detached and go on, each to the end of its attempt;
then it waits for the next one, unless it was handed something, which nothing that another job begins in may hold.

`python forking.py warm` is the same for the jobs of one environment: it is told as well which modules to load, and then a job
that is a Python program begins in a fork of its runner (`program.py`), with these modules there.
"""

import gc
import importlib
import importlib.util
import json
import os
import select
import socket
import sys
import types
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

MOST = 1 << 16  # bytes of a request
FORK, LOAD = b"F", b"L"  # what it begins with
READY = b"R"  # said by a runner whose attempt has ended
FDS = 2
_LATER = 0.01  # seconds after which the next runner is forked: until then the last one, and who asked for it, need the processors
_IDLE = 4  # runners that wait
_ATTEMPTS = 500  # of one runner, one after the other
_PARTS = ("attempt", "hearing", "inputs", "job", "processes", "program", "sampling", "scrub", "supervise")


def main(warm: bool) -> Any:
    """Load, then fork until nobody can ask any more; returns in a job's process what it is to become, else None."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [part for part in sys.path if os.path.abspath(part) != here]
    entry = _load("main")
    entry.stand_alone()
    for name in _PARTS:
        importlib.import_module(f"studiolo.runner.{name}")
    from studiolo.runner import job
    from studiolo.runner.program import Warmed

    warmed = job.warmed = Warmed() if warm else None
    control = socket.socket(fileno=os.dup(0))
    _freeze()
    pool = _Pool(control)
    due = False  # for the first attempt it is forked when it is wanted
    while True:
        if not pool.wanted(_LATER if due and not pool.idle else None):
            due = False
            if _is_program(found := _ahead(entry, pool)):
                return found
            pool.add(found)
            continue
        text, fds, _, _ = socket.recv_fds(control, MOST, FDS)
        if not text:
            return None
        if text[:1] == FORK and len(fds) == FDS:
            if not pool.tell(text, fds):
                if _is_program(found := _ahead(entry, pool, fds)):
                    return found
                pool.add(found)
                pool.tell(text, fds)
            due = True
        elif text[:1] == LOAD and fds and warmed is not None:
            pool.forget()  # they do not have these modules
            due = True
            warmed.held = _loaded(json.loads(text[1:]), fds, control, able=warmed.able)
        for descriptor in fds:
            os.close(descriptor)


class _Pool:
    """The runners that this process has forked: those that wait for an attempt, and those that will when theirs has ended."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self.idle: list[socket.socket] = []
        self._busy: dict[int, socket.socket] = {}  # by descriptor
        self._poll = select.poll()  # of any number of descriptors
        self._poll.register(control, select.POLLIN)

    def sockets(self) -> list[socket.socket]:
        """Return what a process forked off here is not to have."""
        return [self._control, *self.idle, *self._busy.values()]

    def add(self, runner: socket.socket | None) -> None:
        """Take in a runner that waits; None: it could not be forked."""
        if runner is not None:
            self.idle.append(runner)
            self._poll.register(runner, select.POLLIN)

    def tell(self, text: bytes, fds: list[int]) -> bool:
        """Tell a runner its attempt; False when none waits. One that is killed before it says that it owns it owns nothing."""
        while self.idle:
            runner = self.idle.pop()  # the last one: its pages are its own already
            try:
                socket.send_fds(runner, [text], fds)
            except OSError:  # it was killed
                self._end(runner)
                continue
            self._busy[runner.fileno()] = runner
            return True
        return False

    def wanted(self, seconds: float | None) -> bool:
        """Hear which runners wait again, until there is something to be done; False when there was nothing for so long."""
        while found := [one for one, _ in self._poll.poll(seconds and seconds * 1000)]:
            for descriptor in found:
                if descriptor != self._control.fileno():
                    self._hear(descriptor)
            if self._control.fileno() in found:
                return True
        return False

    def _hear(self, descriptor: int) -> None:
        runner = self._busy.pop(descriptor, None)
        if runner is not None and len(self.idle) < _IDLE and _said(runner) == READY:
            self.idle.append(runner)
            return
        if runner is None:  # one that waits has nothing to say: it was killed
            runner = next(one for one in self.idle if one.fileno() == descriptor)
            self.idle.remove(runner)
        self._end(runner)

    def forget(self) -> None:
        """Let all runners end: who waits at once, the others with their attempts."""
        for runner in [*self.idle, *self._busy.values()]:
            self._end(runner)
        self.idle.clear()
        self._busy.clear()

    def _end(self, runner: socket.socket) -> None:
        self._poll.unregister(runner)
        runner.close()


def _said(runner: socket.socket) -> bytes:
    try:
        return runner.recv(1)
    except OSError:
        return b""


def _freeze() -> None:
    """Let what is there now be shared with the runners; collecting it there would copy it."""
    gc.collect()
    gc.freeze()


def _loaded(modules: list[str], fds: list[int], control: socket.socket, *, able: bool) -> frozenset[int]:
    """Load modules and say on the first descriptor what came of it; returns the descriptors that they keep open.

    One that starts threads cannot be forked with: it is named, and who asked starts another process, without it.
    """
    said: dict[str, Any] = {"able": able, "threads": ""}
    for name in modules if able else ():
        with suppress(Exception):  # the program itself will say what is wrong with it
            importlib.import_module(name)
        if not _single():
            said["threads"] = name
            break
    _freeze()
    with suppress(BrokenPipeError):
        os.write(fds[0], json.dumps(said).encode())
    ours = {0, 1, 2, control.fileno(), *fds}
    return frozenset(one for one in map(int, os.listdir("/proc/self/fd")) if one not in ours and _is_open(one))


def _is_open(descriptor: int) -> bool:
    """Say whether a descriptor is open: the one by which all were listed is not any more."""
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def _single() -> bool:
    """Say whether this process has one thread. A pool that ends its threads before a fork, as OpenBLAS does, has then none."""
    if len(os.listdir("/proc/self/task")) == 1:
        return True
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return len(os.listdir("/proc/self/task")) == 1


def _ahead(entry: types.ModuleType, pool: _Pool, others: Sequence[int] = ()) -> Any:
    """Fork a runner off before there is an attempt for it: what it costs to begin is paid while nobody waits.

    Returns the socket on which it is told its attempt, None when it could not be forked; in the process of a job that begins there what
    that is to become. It is in a session of its own, and takes one attempt after the other: a fork of a process that holds a hundred megabytes
    takes 6 ms, and its end 9. It ends with an attempt after which something is left in it, and when this process has gone.
    others: descriptors that it is not to have.
    """
    from studiolo.runner import job
    from studiolo.runner.program import Program

    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        between = os.fork()
    except OSError:
        ours.close()
        theirs.close()
        return None
    if between:
        theirs.close()
        os.waitpid(between, 0)
        return ours
    code = 1
    try:
        os.setsid()
        if os.fork():
            os._exit(0)
        for one in (*pool.sockets(), ours):
            one.close()
        for descriptor in others:
            os.close(descriptor)
        entry.close_input()  # it is the socket on which this process is told
        identity = entry.who()
        for _ in range(_ATTEMPTS):
            job.fork_ahead(theirs)
            text, fds, _, _ = socket.recv_fds(theirs, MOST, FDS)
            if not text:
                os._exit(0)
            handed = _handed(entry, fds[1])
            code = entry.own(os.fsdecode(text[1:]), fds[0], handed, identity=identity)
            if code or handed or not entry.rest():
                break
            theirs.send(READY)
    except BrokenPipeError:  # nobody asks any more
        pass
    except Program as program:
        program.__traceback__ = None  # it would hold all that the runner had
        return program
    except BaseException:  # noqa: BLE001 - the last frame of a process; it goes to runner.log
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
    os._exit(code)


def _is_program(found: Any) -> bool:
    """Say whether this is the process of a job that is to become a program."""
    return not (found is None or isinstance(found, socket.socket))


def _handed(entry: types.ModuleType, pipe: int) -> Any:
    found = entry.handed_by(pipe)
    os.close(pipe)
    return found


def _load(name: str) -> types.ModuleType:
    """Load a module that stands beside this file, before its package is known."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"studiolo.runner.{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    _program = main(sys.argv[1:] == ["warm"])
    if _program is None:
        os._exit(0)
    _program.run()
