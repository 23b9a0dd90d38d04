"""Limits that the kernel keeps for a job: a control group of its own (version 2) where one may be made, else rlimits.

A group holds all processes of the job together; an rlimit holds each of them alone, and is a net below what the runner measures.
"""

import contextlib
import os

ROOT = "/sys/fs/cgroup"
SELF = "/proc/self/cgroup"
_NEEDED = {"cpu", "memory"}
_PERIOD = 100_000  # microseconds
_SLACK = 1 << 30
_TAIL = 4096
_REFUSED = rb"([\w.]*MemoryError(:.*)?|.*std::bad_alloc.*|.*[Cc]annot allocate memory.*)"


class Group:
    """A control group of one attempt."""

    def __init__(self, path: str) -> None:
        self.path = path

    def add(self, pid: int) -> bool:
        """Put a process into it, and with it all that it starts; False when the kernel refuses."""
        return _write(self.path, "cgroup.procs", str(pid))

    def killed_for_memory(self) -> bool:
        """Say whether the kernel ended processes of it for want of memory."""
        return _number(self.path, "memory.events", "oom_kill") > 0

    def remove(self) -> None:
        """End what is left in it, and take it away; a group with processes that do not die yet stays."""
        _write(self.path, "cgroup.kill", "1")
        with contextlib.suppress(OSError):
            os.rmdir(self.path)


def place(chosen: str = "", root: str = "") -> str | None:
    """Return the group below which those of attempts are made; None where there is none that this process may divide.

    chosen: one that an administrator gave over. Else the process's own, or the one above it, if that may pass on processor and memory:
    one with processes of its own cannot, and those of others are not moved.
    """
    root = root or ROOT
    own = _own()
    found = (
        [chosen]
        if chosen
        else [os.path.join(root, own.lstrip("/")), os.path.join(root, os.path.dirname(own).lstrip("/"))]
    )
    for path in found if chosen or own is not None else []:
        if _passes_on(path) and all(os.access(one, os.W_OK) for one in (path, os.path.join(path, "cgroup.procs"))):
            return path.rstrip("/")
    return None


def group(name: str, memory: int, cores: int, chosen: str = "") -> Group | None:
    """Make the group of an attempt; None where there is no place for one. memory: bytes, 0 for no limit."""
    above = place(chosen)
    if above is None:
        return None
    made = Group(os.path.join(above, f"studiolo-{name.replace('/', '-')}"))
    try:
        os.mkdir(made.path)
    except FileExistsError:
        pass
    except OSError:
        return None
    kept = _write(made.path, "cpu.max", f"{max(1, cores) * _PERIOD} {_PERIOD}")
    if memory:
        kept = _write(made.path, "memory.max", str(memory)) and kept
        _write(made.path, "memory.swap.max", "0")  # not there without swap
        _write(made.path, "memory.oom.group", "1")  # half a job is none
    if not kept:
        made.remove()
        return None
    return made


def rlimits(memory: int) -> dict[str, int]:
    """Return the limits of each process of a job that may hold so much memory; 0: none.

    What a process may ask for is more than what it holds: pages that nobody touches are not there. So this is only a net, for a process
    that grows faster than it is measured.
    """
    return {"data": 2 * memory + _SLACK} if memory else {}


def refused_memory(log: str) -> bool:
    """Say whether a program that failed wrote last that it got no memory."""
    try:
        with open(log, "rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            lines = file.read().rstrip().splitlines()
    except OSError:
        return False
    import re  # most jobs need none of it

    return any(re.fullmatch(_REFUSED, line.strip()) for line in lines[-3:])


def _own() -> str:
    """Return the group of this process in the one tree of version 2."""
    with contextlib.suppress(OSError), open(SELF, encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith("0::"):
                return line[3:].strip()
    return "/"


def _passes_on(path: str) -> bool:
    """Say whether groups below this one may limit processor and memory; it is asked for where it is not so yet."""
    control = "cgroup.subtree_control"
    if _words(path, control) >= _NEEDED:
        return True
    if not _words(path, "cgroup.controllers") >= _NEEDED or _words(path, "cgroup.procs"):
        return False
    return _write(path, control, " ".join(f"+{name}" for name in sorted(_NEEDED))) and _words(path, control) >= _NEEDED


def _words(path: str, name: str) -> set[str]:
    with contextlib.suppress(OSError), open(os.path.join(path, name), encoding="ascii") as file:
        return set(file.read().split())
    return set()


def _write(path: str, name: str, text: str) -> bool:
    try:
        with open(os.path.join(path, name), "w", encoding="ascii") as file:
            file.write(text)
    except OSError:
        return False
    return True


def _number(path: str, name: str, key: str) -> int:
    with contextlib.suppress(OSError, ValueError), open(os.path.join(path, name), encoding="ascii") as file:
        for line in file:
            word, _, value = line.partition(" ")
            if word == key:
                return int(value)
    return 0
