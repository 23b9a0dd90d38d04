"""What a job and its machine use, sampled into the journal as metrics `system/…`, named as MLflow names them."""

import contextlib
import os
import time
from collections.abc import Callable
from typing import Any

from studiolo.runner import attempt, processes
from studiolo.runner.journal import Journal

FIRST = 2.0  # seconds after the start; a shorter job has none
LONGEST = 30.0  # seconds between two samples of a job that runs for hours
_SHARE = 100  # samples come rarer as the job grows older, so that a run has hundreds, not millions
_TICKS = os.sysconf("SC_CLK_TCK")
_MIB = 2**20
_GPU_SECONDS = 5.0
DRIVER = "/proc/driver/nvidia/version"  # NVIDIA's


class Sampler:
    """Takes a sample when it is time for one; what cannot be read is left out."""

    def __init__(self, folder: str, tree: Callable[[], list[int]]) -> None:
        self._folder, self._tree = folder, tree
        self._journal = Journal(os.path.join(folder, attempt.JOURNAL))
        self._begun = self._last = time.monotonic()
        self._due = self._begun + FIRST
        self._step = 0
        self._busy, self._all = _cpu()
        self._job = 0.0
        self._asking: Any = None  # a thread, and the program that it waits for
        self._program: Any = None
        self._network_before = _network()
        self._disk_before = _disk()

    def sample(self) -> None:
        """Look at the clock, and at the machine when it is time."""
        now = time.monotonic()
        if now < self._due:
            return
        self._due = now + min(LONGEST, max(FIRST, (now - self._begun) / _SHARE))
        with contextlib.suppress(OSError, ValueError):
            found = self.measure(now - self._last)
            self._report(found, self._step)
            self._look_at_gpus(self._step)
            self._step += 1
        self._last = now

    def _report(self, found: dict[str, float], step: int) -> None:
        for key, value in found.items():
            self._journal.metric(f"system/{key}", round(value, 3), step)

    def _look_at_gpus(self, step: int) -> None:
        """Ask for the GPUs beside: an answer may take seconds, in which the runner would not see that it must end the job."""
        if not os.path.exists(DRIVER) or (self._asking is not None and self._asking.is_alive()):
            return

        import threading

        def look() -> None:
            with contextlib.suppress(OSError):
                self._report(self._gpus(), step)

        self._asking = threading.Thread(target=look, daemon=True)
        self._asking.start()

    def stop(self) -> None:
        """End what still looks at the GPUs: it is no process of the job."""
        if self._asking is not None and self._asking.is_alive():
            with contextlib.suppress(OSError, AttributeError):
                self._program.kill()
            self._asking.join(1.0)

    def measure(self, seconds: float) -> dict[str, float]:
        """Return what is used: job_… is of the job's processes, the rest of the machine. seconds: since the last time."""
        found: dict[str, float] = {}
        busy, total = _cpu()
        if total > self._all:
            found["cpu_utilization_percentage"] = 100.0 * (busy - self._busy) / (total - self._all)
        self._busy, self._all = busy, total
        tree = self._tree()
        used = _cpu_of(tree)
        if seconds > 0:  # a process that has ended takes its time along
            found["job_cpu_percentage"] = max(0.0, 100.0 * (used - self._job) / seconds)
        self._job = used
        found["job_memory_megabytes"] = processes.memory(tree) / _MIB
        found["job_processes"] = float(len(tree))
        if memory := _memory():
            whole, free = memory
            found["system_memory_usage_megabytes"] = (whole - free) / _MIB
            found["system_memory_usage_percentage"] = 100.0 * (whole - free) / whole
        place = os.statvfs(self._folder)
        whole = place.f_blocks * place.f_frsize
        taken = (place.f_blocks - place.f_bfree) * place.f_frsize
        found["disk_usage_percentage"] = 100.0 * taken / max(1, whole)
        found["disk_available_megabytes"] = place.f_bavail * place.f_frsize / _MIB
        return found | self._flows()

    def _flows(self) -> dict[str, float]:
        """Return bytes since the start: of the network, and of the disks."""
        network, disk = _network(), _disk()
        return {
            "network_receive_megabytes": (network[0] - self._network_before[0]) / _MIB,
            "network_transmit_megabytes": (network[1] - self._network_before[1]) / _MIB,
            "disk_read_megabytes": (disk[0] - self._disk_before[0]) / _MIB,
            "disk_write_megabytes": (disk[1] - self._disk_before[1]) / _MIB,
        }

    def _gpus(self) -> dict[str, float]:
        """Return use and memory of each GPU."""
        import subprocess

        query = "--query-gpu=index,utilization.gpu,memory.used,memory.total,power.draw"
        command = ["nvidia-smi", query, "--format=csv,noheader,nounits"]
        self._program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            said = self._program.communicate(timeout=_GPU_SECONDS)[0]
        except subprocess.TimeoutExpired:
            self._program.kill()
            self._program.communicate()
            return {}
        found: dict[str, float] = {}
        for line in said.splitlines():
            with contextlib.suppress(ValueError, ZeroDivisionError):
                index, use, used, whole, power = (word.strip() for word in line.split(","))
                found[f"gpu_{index}_utilization_percentage"] = float(use)
                found[f"gpu_{index}_memory_usage_megabytes"] = float(used)
                found[f"gpu_{index}_memory_usage_percentage"] = 100.0 * float(used) / float(whole)
                found[f"gpu_{index}_power_usage_watts"] = float(power)
        return found


def _cpu() -> tuple[float, float]:
    """Return busy and all ticks of the machine."""
    try:
        with open("/proc/stat", encoding="ascii") as file:
            fields = [float(word) for word in file.readline().split()[1:9]]
    except (OSError, ValueError):
        return 0.0, 0.0
    return sum(fields) - fields[3] - fields[4], sum(fields)


def _cpu_of(pids: list[int]) -> float:
    """Return the seconds that processes have used, with those of their children that have ended."""
    total = 0.0
    for pid in pids:
        with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
            total += sum(int(word) for word in fields[11:15]) / _TICKS
    return total


def _memory() -> tuple[int, int] | None:
    """Return bytes of the machine, and those that are free."""
    found: dict[str, int] = {}
    with contextlib.suppress(OSError, ValueError), open("/proc/meminfo", encoding="ascii") as file:
        for line in file:
            name, _, rest = line.partition(":")
            if name in ("MemTotal", "MemAvailable"):
                found[name] = int(rest.split()[0]) * 1024
    return (found["MemTotal"], found["MemAvailable"]) if len(found) == 2 else None


def _network() -> tuple[int, int]:
    received = sent = 0
    with contextlib.suppress(OSError, ValueError, IndexError), open("/proc/net/dev", encoding="ascii") as file:
        for line in file.readlines()[2:]:
            name, _, rest = line.partition(":")
            fields = rest.split()
            if name.strip() != "lo":
                received, sent = received + int(fields[0]), sent + int(fields[8])
    return received, sent


def _disk() -> tuple[int, int]:
    read = written = 0
    with contextlib.suppress(OSError, ValueError, IndexError), open("/proc/diskstats", encoding="ascii") as file:
        for line in file:
            fields = line.split()
            if not fields[2].startswith(("loop", "ram", "dm-")) and os.path.isdir(f"/sys/block/{fields[2]}"):
                read, written = read + int(fields[5]) * 512, written + int(fields[9]) * 512
    return read, written
