"""What has become of an attempt: concluded from its directory and the process table, by whoever looks."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studiolo.runner import attempt, limits, processes

_SWEEP_PATIENCE = 10.0
_CLAIM_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Absent:
    """No runner has claimed the attempt (yet)."""


@dataclass(frozen=True, slots=True)
class Starting:
    """A runner owns it; the job's process is not recorded yet."""

    runner: int


@dataclass(frozen=True, slots=True)
class Running:
    """The job runs. started_at: seconds since 1970."""

    runner: int
    child: int
    started_at: float


@dataclass(frozen=True, slots=True)
class Ended:
    """There is an exit record. failure: class, None when it succeeded; times in seconds since 1970."""

    code: int | None
    signal: int | None
    failure: str | None
    error: str | None
    started_at: float
    ended_at: float
    record: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Lost:
    """The runner is gone and left no exit record: nobody can know. Sweep before believing that nothing runs."""

    reason: str


Observation = Absent | Starting | Running | Ended | Lost


@dataclass(frozen=True, slots=True)
class Swept:
    """A process that was found and killed."""

    pid: int
    command: str


def look(folder: Path) -> Observation:
    """Say what has become of an attempt."""
    place = str(folder)
    if ended := _ended(place):
        return ended
    claim = attempt.read_json(place, attempt.CLAIM)
    if claim is None:  # perhaps being written, where there are no hard links
        return _half_claimed(folder / attempt.CLAIM)
    if claim.get("boot_id") != processes.boot_id():
        return _ended(place) or Lost("The machine was started anew while it ran.")
    if not processes.alive(int(claim["pid"]), int(claim["start"])):
        return _ended(place) or Lost("Its runner was killed and left no exit record.")
    state = attempt.read_json(place, attempt.STATE)
    if state is None:
        return Starting(int(claim["pid"]))
    return Running(int(claim["pid"]), int(state["child"]), float(state["started_at"]))


def ended(folder: Path) -> Ended | None:
    """Return the end of an attempt by its record."""
    return _ended(str(folder))


def runner_of(folder: Path) -> int | None:
    """Return the pid of the living runner."""
    found = look(folder)
    return (found.runner or None) if isinstance(found, Starting | Running) else None


def claim(folder: Path, reason: str) -> bool:
    """Take an attempt that no runner owns, so that none can start it any more; False when one was quicker."""
    folder.mkdir(parents=True, exist_ok=True)
    taken = attempt.take(str(folder), {"boot_id": "", "pid": 0, "start": 0, "reason": reason})
    if taken:
        attempt.settle(str(folder), attempt.CLAIM)
    return taken


def sweep(folder: Path, mark: str) -> list[Swept]:
    """Kill every process of an attempt whose runner is gone; returns what was found.

    Found by the mark in the environment, and by the session of the recorded job for those that emptied theirs.
    """
    found: dict[int, Swept] = {}
    order = attempt.read_json(str(folder), attempt.JOB)
    if order is not None and order.get("container"):
        from studiolo.runner import containers

        for number, name in enumerate(containers.sweep(order["container"], mark), 1):
            found[-number] = Swept(0, f"container {name[:12]}")
    deadline = time.monotonic() + _SWEEP_PATIENCE
    while time.monotonic() < deadline:
        pids = {*processes.marked(attempt.MARK, mark), *_session(str(folder))} - {os.getpid()}
        if not pids:
            break
        for pid in pids:
            found.setdefault(pid, Swept(pid, _command(pid)))
        processes.send(pids, signal.SIGKILL)
        time.sleep(0.005)
    state = attempt.read_json(str(folder), attempt.STATE)
    if state is not None and state.get("group") and state.get("boot_id") == processes.boot_id():
        limits.Group(str(state["group"])).remove()
    return list(found.values())


def _ended(place: str) -> Ended | None:
    record = attempt.read_json(place, attempt.EXIT)
    if record is None:
        return None
    return Ended(
        record.get("code"),
        record.get("signal"),
        record.get("class"),
        record.get("error"),
        float(record["started_at"]),
        float(record["ended_at"]),
        record,
    )


def _half_claimed(path: Path) -> Observation:
    try:
        age = time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return Absent()
    return Starting(0) if age < _CLAIM_PATIENCE else Lost("Its runner ended while it claimed the attempt.")


def _session(place: str) -> list[int]:
    state = attempt.read_json(place, attempt.STATE)
    if state is None or state.get("boot_id") != processes.boot_id():
        return []
    leader, start = int(state["child"]), int(state["child_start"])
    members = [found for found in processes.table() if found.session == leader and found.start >= start]
    # the number of a session is not given again while a member lives; a leader with another start time is a stranger's
    if any(found.pid == leader and found.start != start for found in members):
        return []
    return [found.pid for found in members]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()[:200]
    except OSError:
        return ""
