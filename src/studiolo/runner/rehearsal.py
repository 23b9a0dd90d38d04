"""What a process does that was forked ahead, while nobody waits: as much as it can of what it will do, with nothing.

A fork shares all pages with who forked it, and each that is written to, be it a count of references, is copied at that moment: a runner
writes to 370 of them between being told its attempt and the start of the job, and a program that begins warm to 680, at 7 µs each.
Nothing here changes anything outside of the process, and what fails is left.
"""

import contextlib
import json
import os
import select
import signal
import time
import types
from typing import Any

from studiolo.runner import attempt, hearing, inputs, processes

_NOWHERE = "/dev/null/nowhere"
_ENV = {f"STUDIOLO_REHEARSAL_{number}": f"/a/path/of/some/length/{number}" for number in range(40)}
_ORDER: dict[str, Any] = {
    "argv": ["/bin/bash", "-c", "python train.py"],
    "env": _ENV,
    "cwd": _NOWHERE,
    "mark": "0/1",
    "timeout_s": None,
    "grace_s": 10.0,
    "memory_limit": 0,
    "cores": 1,
    "manifests": [],
    "blobs": _NOWHERE,
    "samples": True,
    "limited": True,
    "withheld": [],
}


def of_runner(identity: dict[str, Any]) -> None:
    """Be told an attempt, take it, read its order, and tell the process of its job what it is to be, as `supervise` does."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.close(nothing)
    signal.pthread_sigmask(signal.SIG_BLOCK, hearing.ENDING)
    ear = hearing.Ear()
    ear.wait(0.0)
    if ear.told_to_end:
        os._exit(0)  # as one ends that only waits
    ear.close()
    with contextlib.suppress(OSError, ValueError):
        order: dict[str, Any] = json.loads(_written_and_read({**_ORDER, **identity}))
        attempt.exists(_NOWHERE, attempt.CANCEL)
        inputs.place(order, lambda: True)
        environment = {**order.get("env", {}), attempt.MARK: order.get("mark", _NOWHERE)}
        _written_and_read({"folder": _NOWHERE, "job": {**order, "env": environment}})
        _handed_over()
        found = processes.process(os.getpid())
        state = {"child": 1, "child_start": found.start if found else 0, "started_at": time.time()}
        _written_and_read(identity | state)
        processes.out_of_memory_kills()
        attempt.read_json(_NOWHERE, attempt.DONE)
        attempt.touch(_NOWHERE, attempt.HEARTBEAT)
    with contextlib.suppress(OSError):
        attempt.take(_NOWHERE, identity)


def of_program() -> None:
    """Be told what to be, be a program of two lines, and say that it has ended, as `program` does."""
    with contextlib.suppress(OSError, ValueError):
        json.loads(_written_and_read({"folder": _NOWHERE, "job": _ORDER}))
        module = types.ModuleType("__main__")
        exec(compile("def of(x):\n    return x\n", _NOWHERE, "exec"), module.__dict__)  # noqa: S102 - the lines are ours
        module.__dict__.clear()
        os.listdir("/proc/self/fd")
        attempt.read_json(_NOWHERE, attempt.DONE)


def _written_and_read(value: dict[str, Any]) -> str:
    text = json.dumps(value)
    with open(os.devnull, "w", encoding="utf-8") as file:
        file.write(text)
    with open(os.devnull, encoding="utf-8") as file:
        file.read()
    return text


def _handed_over() -> None:
    import socket  # who forks ahead has it loaded

    out, into = os.pipe()
    one, other = socket.socketpair()
    try:
        with one, other:
            socket.send_fds(one, [b"x"], [out])
            _, fds, _, _ = socket.recv_fds(other, 16, 1)
            for descriptor in fds:
                os.close(descriptor)
        os.write(into, b"+")
        select.select([out], [], [], 0)
        os.read(out, 1)
    finally:
        os.close(out)
        os.close(into)
