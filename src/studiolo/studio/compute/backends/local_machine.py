"""This machine: jobs as processes under a detached runner each, in as many slots as there are cores."""

import os
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from studiolo.kernel.settings import Settings
from studiolo.runner import launch, limits, observe, processes
from studiolo.studio.compute.backends.base import (
    NOTHING,
    BackendSpec,
    Capacity,
    Handed,
    Kept,
    Observation,
    Order,
    Running,
    Swept,
    Usage,
)

SPEC = BackendSpec(
    name="local",
    title="This machine",
    description="Jobs run as processes of the account that runs the studio, in slots of its cores.",
)
_CGROUP = Path("/sys/fs/cgroup")
_FRESH_SECONDS = 1.0
_read: dict[Path, tuple[float, float | None, int | None]] = {}
_placed: dict[str, tuple[float, bool]] = {}
_SHARE = 0.8  # of the memory, for jobs; the rest is the studio's and the machine's


def capacity(settings: Settings) -> Capacity:
    """Return the smallest of what the machine has, what this process may use, and what the settings allow."""
    there = _there(os.cpu_count, int(time.monotonic())) or 1
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else there
    quota, limit = _of_groups()
    cores = max(1, min(allowed, int(quota) if quota else allowed, settings.cores or allowed))
    memory_there = _total_memory()
    room = min(memory_there, limit or memory_there)
    memory = min(settings.memory_bytes or int(room * _SHARE), room)
    kept = _limits(settings.cores, there, allowed, quota, limit, _may_group(settings.cgroup))
    return Capacity(cores, memory, there, memory_there, kept)


def start(folder: Path, order: Order, handed: Handed = NOTHING) -> bool:
    """Start a runner on an attempt; False when it has an owner already. Raises LaunchFailed."""
    launch.prepare(folder, order)
    return launch.launch(folder, handed, order.get("warm"))


def poll(folder: Path) -> Observation:
    """Say what has become of an attempt, by boot id, pid and start time: exact, without any timeout."""
    return observe.look(folder)


def stop(folder: Path) -> None:
    """Ask for the end of an attempt."""
    launch.ask_to_stop(folder)


def preempt(folder: Path) -> None:
    """Ask for the end of an attempt, so that others have room."""
    launch.ask_to_make_room(folder)


def bar(folder: Path, reason: str) -> bool:
    """Take an attempt that nobody owns, so that it never starts."""
    return observe.claim(folder, reason)


def sweep(folder: Path, mark: str) -> list[Swept]:
    """Kill what is left of an attempt whose runner is gone."""
    return observe.sweep(folder, mark)


def usage(folder: Path) -> Usage | None:
    """Return the processes of an attempt and their memory."""
    found = observe.look(folder)
    if not isinstance(found, Running):
        return None
    pids = processes.quick_descendants(found.runner)
    return Usage(len(pids), processes.memory(pids))


class RunHere:
    """What a backend has whose attempts are run by the runner of this machine, whoever starts them."""

    stop = staticmethod(stop)
    preempt = staticmethod(preempt)
    bar = staticmethod(bar)
    sweep = staticmethod(sweep)
    usage = staticmethod(usage)


@lru_cache(4)  # Python reads a file for it; _second: for which it is kept
def _there(count: Callable[[], int | None], _second: int) -> int | None:
    return count()


@lru_cache(16)  # a pipeline asks for the capacity at each of its steps
def _limits(
    chosen: int | None, there: int, allowed: int, quota: float | None, memory: int | None, grouped: bool
) -> tuple[Kept, ...]:
    reasons = [
        text
        for text, applies in (
            (f"CPU affinity allows {allowed} of {there}", allowed < there),
            (f"the container's quota is {quota:g} cores" if quota else "", bool(quota and quota < allowed)),
            (f"STUDIOLO_CORES={chosen}", bool(chosen and chosen < allowed)),
        )
        if applies
    ]
    because = f" ({'; '.join(reasons)})" if reasons else ""
    return (
        Kept(
            "cores",
            grouped,
            f"Jobs wait for free slots{because}, and are told their cores (OMP_NUM_THREADS); one that starts more threads "
            + ("gets no more time than its cores have (cpu.max)." if grouped else "is not held back."),
        ),
        Kept(
            "memory",
            True,
            "The runner measures the job's processes five times a second and ends a job above its own limit"
            + (
                "; the kernel does so at once (memory.max)"
                if grouped
                else "; the kernel refuses one process twice as much and 1 GiB"
            )
            + (f"; the container's limit is {memory / 2**30:.1f} GiB." if memory else ".")
            + " A job without a limit is not held back.",
        ),
        Kept("time", True, "The runner ends a job at its time limit, also while the studio is down."),
        Kept("processes", True, "All processes of a job are found by descent and by a mark, and ended with it."),
    )


def _of_groups() -> tuple[float | None, int | None]:
    """Return the cores and bytes that control groups allow, read again after a second: a pipeline asks for each of its steps."""
    now = time.monotonic()
    read = _read.get(_CGROUP)
    if read is None or now - read[0] > _FRESH_SECONDS:
        read = _read[_CGROUP] = (now, _cpu_quota(), _memory_limit())
    return read[1:]


def _may_group(chosen: str) -> bool:
    """Say whether jobs get groups of their own, looked at again after a second."""
    now = time.monotonic()
    placed = _placed.get(chosen)
    if placed is None or now - placed[0] > _FRESH_SECONDS:
        placed = _placed[chosen] = (now, limits.place(chosen) is not None)
    return placed[1]


def _cpu_quota() -> float | None:
    """Return the cores that control groups allow, the smallest on the way up; None when they set no limit."""
    found = []
    for folder in _folders("cpu"):
        words = _words(folder / "cpu.max")
        if len(words) == 2 and words[0] != "max":
            found.append(int(words[0]) / int(words[1]))
        quota, period = _words(folder / "cpu.cfs_quota_us"), _words(folder / "cpu.cfs_period_us")
        if quota and period and int(quota[0]) > 0:
            found.append(int(quota[0]) / int(period[0]))
    return min(found, default=None)


def _memory_limit() -> int | None:
    found = []
    for folder in _folders("memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):
            words = _words(folder / name)
            if words and words[0].isdigit():
                found.append(int(words[0]))
    smallest = min(found, default=None)
    return smallest if smallest is not None and smallest < 2**60 else None  # version 1 writes a huge number for none


def _folders(controller: str) -> list[Path]:
    """Return the control group folders of this process, its own first, for version 1 and 2."""
    try:
        lines = Path("/proc/self/cgroup").read_text("ascii").splitlines()
    except OSError:
        return []
    found: list[Path] = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        root = _CGROUP if not controllers else _CGROUP / controller if controller in controllers.split(",") else None
        if root is None:
            continue
        place = root / path.lstrip("/")
        found += [place, *(parent for parent in place.parents if parent.is_relative_to(root))]
    return found


def _words(path: Path) -> list[str]:
    try:
        return path.read_text("ascii").split()
    except (OSError, UnicodeDecodeError):
        return []


def _total_memory() -> int:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return 8 * 2**30
