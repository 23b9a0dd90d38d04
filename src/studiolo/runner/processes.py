"""Facts about processes: from /proc on Linux, from `ps` elsewhere."""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable

LINUX = sys.platform.startswith("linux")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Process:
    """One line of the process table. start: clock ticks since boot on Linux, seconds since 1970 elsewhere."""

    __slots__ = ("parent", "pid", "session", "start", "state")

    def __init__(self, pid: int, parent: int, session: int, state: str, start: int) -> None:
        self.pid = pid
        self.parent = parent
        self.session = session
        self.state = state
        self.start = start


def boot_id() -> str:
    """Return what changes when the machine starts anew."""
    if LINUX:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    return _output("sysctl", "-n", "kern.boottime").strip()


def process(pid: int) -> Process | None:
    """Return a living process; a zombie is none."""
    if not LINUX:
        return next((found for found in _ps() if found.pid == pid), None)
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    state = fields[0].decode()
    return None if state in "ZXx" else Process(pid, int(fields[1]), int(fields[3]), state, int(fields[19]))


def alive(pid: int, start: int) -> bool:
    """Say whether that very process lives: a pid is given again, a pid with its start time is not."""
    found = process(pid)
    return found is not None and found.start == start


def table() -> list[Process]:
    """Return all living processes that may be seen."""
    if not LINUX:
        return _ps()
    return [found for name in os.listdir("/proc") if name.isdigit() and (found := process(int(name)))]


def descendants(root: int) -> list[int]:
    """Return the living processes below `root`, nearest first."""
    children: dict[int, list[int]] = {}
    for found in table():
        children.setdefault(found.parent, []).append(found.pid)
    result: list[int] = []
    layer = [root]
    while layer:
        layer = [pid for parent in layer for pid in children.get(parent, [])]
        result += layer
    return result


def quick_descendants(root: int) -> list[int]:
    """Return the processes below `root` without reading the whole table; may miss one that is just being made."""
    result: list[int] = []
    layer = [root]
    while layer:
        below: list[int] = []
        for pid in layer:
            try:
                for task in os.listdir(f"/proc/{pid}/task"):
                    with open(f"/proc/{pid}/task/{task}/children", "rb") as file:
                        below += [int(word) for word in file.read().split()]
            except FileNotFoundError:
                if pid == root:  # a kernel without CONFIG_PROC_CHILDREN, or no /proc
                    return descendants(root)
            except OSError:
                continue
        result += below
        layer = below
    return result


def memory(pids: Iterable[int], *, shared_once: bool = False) -> int:
    """Return bytes that processes hold. shared_once: count a page that n of them share as 1/n each (slower)."""
    if not LINUX:
        rows = _output("ps", "-axo", "pid=,rss=").splitlines()
        held = {int(row.split()[0]): int(row.split()[1]) * 1024 for row in rows if row.strip()}
        return sum(held.get(pid, 0) for pid in pids)
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError, ValueError, IndexError):
            total += _proportional(pid) if shared_once else _resident(pid)
    return total


def marked(name: str, value: str) -> list[int]:
    """Return the living processes whose environment has `name=value`, other than this one."""
    mine = os.getpid()
    if not LINUX:
        rows = _output("ps", "-axEww", "-o", "pid=,command=").splitlines()
        return [
            int(row.split()[0])
            for row in rows
            if f" {name}={value} " in f"{row} " and int(row.split()[0]) != mine
        ]  # fmt: skip
    wanted = f"{name}={value}".encode()
    result = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == mine:
            continue
        with contextlib.suppress(OSError), open(f"/proc/{entry}/environ", "rb") as file:
            if wanted in file.read().split(b"\0") and process(int(entry)):
                result.append(int(entry))
    return result


def send(pids: Iterable[int], number: int) -> None:
    """Send a signal to each; those that are gone do not matter. A stopped process is woken for TERM."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)
            if number == signal.SIGTERM:
                os.kill(pid, signal.SIGCONT)


def signal_name(number: int) -> str:
    """Return a signal as people know it, such as 9 (SIGKILL)."""
    try:
        return f"{number} ({signal.Signals(number).name})"
    except ValueError:
        return str(number)


def out_of_memory_kills() -> int:
    """Return how often the kernel has ended a process for want of memory."""
    with contextlib.suppress(OSError, ValueError), open("/proc/vmstat", encoding="ascii") as file:
        for line in file:
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0


def _resident(pid: int) -> int:
    with open(f"/proc/{pid}/statm", "rb") as file:
        return int(file.read().split()[1]) * _PAGE


def _proportional(pid: int) -> int:
    with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
        for line in file:
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def _ps() -> list[Process]:
    result = []
    for row in _output("ps", "-axo", "pid=,ppid=,sess=,stat=,lstart=").splitlines():
        words = row.split()
        if len(words) < 9 or words[3].startswith("Z"):
            continue
        with contextlib.suppress(ValueError):
            start = int(time.mktime(time.strptime(" ".join(words[4:9]))))
            result.append(Process(int(words[0]), int(words[1]), _number(words[2]), words[3], start))
    return result


def _number(word: str) -> int:
    return int(word) if word.isdigit() else 0


def _output(*command: str) -> str:
    import subprocess  # costs a third of the runner's start, and Linux does not need it

    return subprocess.run(command, capture_output=True, text=True, check=False).stdout
