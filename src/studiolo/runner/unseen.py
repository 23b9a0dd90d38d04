"""Attempts whose processes the agent cannot see, because they are on a node of something with a queue of its own.

What a runner there is doing is told by the files that it writes, which the node and this machine both see.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from studiolo.runner import attempt, batch, observe

GONE = "gone"  # when it was first seen to be over without a record
_SETTLE = 2.0  # seconds between the end of a job and the belief that no record follows: files of a node come late
_SILENCE = 15.0  # seconds without a sign of life of a runner that nobody else knows to live
_hearts: dict[Path, tuple[float, float]] = {}  # when each beat last, by its file and by this clock


def beats(folder: Path) -> bool:
    """Say whether the runner of an attempt has been seen to live; clocks of nodes are not compared with this one's."""
    try:
        beat = (folder / attempt.HEARTBEAT).stat().st_mtime
    except FileNotFoundError:
        return False
    known = _hearts.get(folder)
    if known is None or known[0] != beat:
        known = _hearts[folder] = (beat, time.monotonic())
    return time.monotonic() - known[1] < _SILENCE


def alive(folder: Path) -> observe.Observation:
    """Return what is seen of an attempt that is on its way or runs."""
    state = attempt.read_json(str(folder), attempt.STATE)
    claim = attempt.read_json(str(folder), attempt.CLAIM)
    if state is None or claim is None:
        return observe.Starting(int(claim["pid"]) if claim else 0)
    return observe.Running(int(claim["pid"]), int(state["child"]), float(state["started_at"]))


def settled(folder: Path) -> bool:
    """Say whether a job that is over has been so for long enough; what a node wrote last is seen then."""
    path = folder / GONE
    try:
        age = time.time() - path.stat().st_mtime
    except FileNotFoundError:
        attempt.touch(str(folder), GONE)
        return False
    os.listdir(folder)  # lets a network file system look again
    return age >= _SETTLE


def swept(folder: Path) -> list[observe.Swept]:
    """End what can be seen here of a lost attempt, and return that with what was ended on its node."""
    order = attempt.read_json(str(folder), attempt.JOB) or {}
    mark = str(order.get("mark") or "")
    here = observe.sweep(folder, mark) if mark else []
    there = (attempt.read_json(str(folder), batch.SWEPT) or {}).get("swept", [])
    return [*(observe.Swept(int(pid), str(command)) for pid, command in there), *here]


def conclude(folder: Path, failure: str, said: str, ended: "observe.Ended | None" = None) -> None:
    """Write the end of an attempt as somebody other than its runner knows it. ended: what the runner took it for."""
    if ended is not None:
        attempt.write_json(str(folder), attempt.EXIT, {**ended.record, "class": failure, "error": said})
        return
    observe.claim(folder, said)
    begun = attempt.read_json(str(folder), attempt.STATE) or {}
    now = time.time()
    end = {"code": None, "signal": None, "class": failure, "error": said, "ended_at": now}
    attempt.write_json(str(folder), attempt.EXIT, {**end, "started_at": begun.get("started_at", now)})


def canceled(folder: Path) -> bool:
    """End an attempt that nobody owns as canceled; False when a runner was quicker."""
    if not observe.claim(folder, "canceled"):
        return False
    conclude(folder, "canceled", "Canceled before it was submitted.")
    return True


def forget(folder: Path) -> None:
    """Forget an attempt that was brought back."""
    _hearts.pop(folder, None)


def write_private(path: Path, data: bytes) -> None:
    """Write a file for this account alone."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)


@contextmanager
def alone(folder: Path) -> "Iterator[None]":
    """Let one agent at a time submit an attempt: two controllers may ask at once."""
    with (folder / "submit.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
