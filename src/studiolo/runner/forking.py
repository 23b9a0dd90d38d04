"""A process that has loaded what runners need and forks one when it is told: `python -I -S forking.py`.

Standard input is the socket on which it is told: the attempt's folder, with two pipes, one on which the runner says whether it owns
the attempt, one with what it is handed (which this process never reads: a runner of another job could find it). It starts no
thread, for a fork would lose it. It ends when whoever started it does. Its runners are detached and go on.
"""

import gc
import importlib
import importlib.util
import os
import socket
import sys
import types
from typing import Any

MOST = 1 << 14  # bytes of a request
FDS = 2


def main() -> int:
    """Load, then fork until nobody can ask any more."""
    entry = _load("main")
    entry.stand_alone()
    for name in ("attempt", "inputs", "job", "launch", "processes", "sampling", "scrub", "supervise"):
        importlib.import_module(f"studiolo.runner.{name}")
    control = socket.socket(fileno=os.dup(0))
    gc.collect()
    gc.freeze()  # what is there now is shared with the runners; collecting it there would copy it
    while True:
        text, fds, _, _ = socket.recv_fds(control, MOST, FDS)
        if not text:
            return 0
        if len(fds) == FDS:
            _detached(entry, os.fsdecode(text), fds, control)
        for descriptor in fds:
            os.close(descriptor)


def _detached(entry: types.ModuleType, folder: str, fds: list[int], control: socket.socket) -> None:
    """Fork a runner off, in a session of its own; whoever asked hears from it, or sees its pipe end."""
    try:
        between = os.fork()
    except OSError:
        return
    if between:
        os.waitpid(between, 0)
        return
    code = 1
    try:
        os.setsid()
        if os.fork():
            os._exit(0)
        control.close()
        os.chdir(folder)
        code = entry.own(folder, fds[0], _handed(entry, fds[1]))
    except BaseException:  # noqa: BLE001 - the last frame of a process; it goes to runner.log
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
    finally:
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
    os._exit(main())
