"""What this process may use: cores and memory, by quota, affinity and setting; a container's host does not count."""

import os
from pathlib import Path


def cores(asked: int | None = None) -> int:
    """Count the usable cores: the smallest of the cgroup's quota, the affinity and what was asked for."""
    try:
        found = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS has no affinity
        found = os.cpu_count() or 1
    quota = _quota()
    if quota:
        found = min(found, max(1, int(quota)))
    return max(1, min(found, asked or found))


def memory() -> int:
    """Tell the bytes that are free for us: the smaller of what the machine has available and the cgroup's limit."""
    found = 4 << 30
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                found = int(line.split()[1]) * 1024
    except OSError:
        return found
    for file in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        text = _read(file)
        if text.isdigit():
            found = min(found, int(text))
    return found


def resident(pid: int) -> int:
    """Tell the resident bytes of a process; 0 when it is gone or the system does not say."""
    text = _read(f"/proc/{pid}/statm")
    return int(text.split()[1]) * os.sysconf("SC_PAGE_SIZE") if text else 0


def _quota() -> float | None:
    text = _read("/sys/fs/cgroup/cpu.max").split()
    if len(text) == 2 and text[0].isdigit():
        return int(text[0]) / int(text[1])
    quota, period = _read("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"), _read("/sys/fs/cgroup/cpu/cpu.cfs_period_us")
    return int(quota) / int(period) if quota.isdigit() and period.isdigit() else None


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except OSError:
        return ""


def age() -> float:
    """Tell for how many seconds this process has run; 0 where the system does not say."""
    stat, up = _read("/proc/self/stat"), _read("/proc/uptime")
    if not stat or not up:
        return 0.0
    ticks = int(stat.rsplit(")", 1)[1].split()[19])
    return max(0.0, float(up.split()[0]) - ticks / os.sysconf("SC_CLK_TCK"))
