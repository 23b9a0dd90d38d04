"""A process that has loaded what runners need and forks one when it is told: `python -I -S forking.py`.

Standard input is the socket on which it is told: the attempt's folder, with two pipes, one on which the runner says whether it owns
the attempt, one with what it is handed (which this process never reads: a runner of another job could find it). It starts no
thread, for a fork would lose it. It ends when whoever started it does. Its runners are detached and go on.

`python forking.py warm` is the same for the jobs of one environment: it is told as well which modules to load, and then a job
that is a Python program begins in a fork of its runner (`program.py`), with these modules there.
"""

import gc
import importlib
import importlib.util
import json
import os
import socket
import sys
import types
from contextlib import suppress
from typing import Any

MOST = 1 << 16  # bytes of a request
FORK, LOAD = b"F", b"L"  # what it begins with
FDS = 2
_PARTS = ("attempt", "inputs", "job", "processes", "program", "sampling", "scrub", "supervise")


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
    while True:
        text, fds, _, _ = socket.recv_fds(control, MOST, FDS)
        if not text:
            return None
        program = None
        if text[:1] == FORK and len(fds) == FDS:
            program = _detached(entry, os.fsdecode(text[1:]), fds, control)
        elif text[:1] == LOAD and fds and warmed is not None:
            warmed.held = _loaded(json.loads(text[1:]), fds, control, able=warmed.able)
        if program is not None:
            return program
        for descriptor in fds:
            os.close(descriptor)


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


def _detached(entry: types.ModuleType, folder: str, fds: list[int], control: socket.socket) -> Any:
    """Fork a runner off, in a session of its own; whoever asked hears from it, or sees its pipe end.

    Returns in the process of a job that begins here what it is to become, else None.
    """
    from studiolo.runner.program import Program

    try:
        between = os.fork()
    except OSError:
        return None
    if between:
        os.waitpid(between, 0)
        return None
    code = 1
    try:
        os.setsid()
        if os.fork():
            os._exit(0)
        control.close()
        os.chdir(folder)
        code = entry.own(folder, fds[0], _handed(entry, fds[1]))
    except Program as program:
        program.__traceback__ = None  # it would hold all that the runner had
        return program
    except BaseException:  # noqa: BLE001 - the last frame of a process; it goes to runner.log
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
    os._exit(code)


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
