"""How long a job waits for its studio: from `submit` to the first line of its log, and to its recorded end.

    python benchmarks/jobs/run.py [--jobs 20] [--burst 40]

A studio is started in a fresh home; jobs are `print("hello")` by its own interpreter, so the floor beside each figure is what that
interpreter takes by itself, measured in turn with the jobs. `burst` submits many at once and counts jobs per second.
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from studiolo.kernel.http import Transport
from studiolo.studio.experiments.client import Experiments, RunFailed
from studiolo.studio.experiments.schemas import JobSpec
from studiolo.testing.studio import started

HELLO = ["python", "-c", "print('hello')"]
WILLING = ["bash", "-c", "echo here; exec sleep 600"]
STUBBORN = ["bash", "-c", "trap '' TERM INT; echo here; while :; do sleep 1; done"]
GRACE = 2.0  # seconds between being asked and being killed
GIVEN = {"STUDIOLO_CANCEL_GRACE_SECONDS": str(GRACE)}


def floor() -> float:
    """Seconds that the interpreter takes by itself."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, *HELLO[1:]], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def one(experiments: Experiments) -> tuple[float, float]:
    """Seconds to the first line and to the recorded end of a job."""
    begun = time.perf_counter()
    run = experiments.submit(JobSpec(command=HELLO))
    assert next(iter(experiments.follow(run.id, 0.01))) == "hello\n"
    first = time.perf_counter() - begun
    experiments.wait(run.id)
    return first, time.perf_counter() - begun


def burst(experiments: Experiments, count: int) -> float:
    """Seconds for many jobs submitted at once."""
    begun = time.perf_counter()
    runs = [experiments.submit(JobSpec(command=HELLO)) for _ in range(count)]
    for run in runs:
        experiments.wait(run.id)
    return time.perf_counter() - begun


def runner_memory(experiments: Experiments, home: Path) -> float:
    """MiB of the runner beside a sleeping job."""
    run = experiments.submit(JobSpec(command=["sleep", "60"]))
    claim = home / "attempts" / run.id / "1" / "state.json"
    while not claim.exists():
        time.sleep(0.05)
    held = psutil.Process(json.loads(claim.read_text())["pid"]).memory_full_info()
    experiments.cancel(run.id)
    return float(getattr(held, "pss", held.rss)) / 2**20


def canceled(experiments: Experiments, job: list[str]) -> float:
    """Seconds from the request to cancel a job that runs to its recorded end."""
    run = experiments.submit(JobSpec(command=job))
    assert next(iter(experiments.follow(run.id, 0.01))) == "here\n"
    begun = time.perf_counter()
    experiments.cancel(run.id)
    with contextlib.suppress(RunFailed):
        experiments.wait(run.id)
    assert experiments.get(run.id).state == "Canceled"
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=20)
    parser.add_argument("--burst", type=int, default=40)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, started(Path(folder) / "home", env=GIVEN) as studio:
        experiments = Experiments(Transport(home=studio.home))
        while not (studio.home / "controller.json").exists():
            time.sleep(0.05)
        floors, firsts, ends = [], [], []
        for _ in range(options.jobs):
            floors.append(floor())
            first, end = one(experiments)
            firsts.append(first)
            ends.append(end)
        idle = psutil.Process(json.loads((studio.home / "controller.json").read_text())["pid"])
        before = idle.cpu_times()
        time.sleep(10)
        after = idle.cpu_times()
        share = (after.user + after.system - before.user - before.system) / 10
        took = burst(experiments, options.burst)
        memory = runner_memory(experiments, studio.home)
        willing = [canceled(experiments, WILLING) for _ in range(options.jobs // 2)]
        stubborn = [canceled(experiments, STUBBORN) for _ in range(3)]
        cores = Transport(home=studio.home).get("compute/local")["cores"]
    load = os.getloadavg()[0]
    print(f"{cores} cores, load {load:.1f}; seconds, median (slowest) of {options.jobs}")
    for name, values in (("interpreter alone", floors), ("first log line", firsts), ("recorded end", ends)):
        print(f"  {name:<18} {statistics.median(values):.3f} ({max(values):.3f})")
    print(f"  {options.burst} jobs at once  {took:.1f} s, {options.burst / took:.1f} jobs/s")
    print(f"  canceled           {statistics.median(willing):.3f} ({max(willing):.3f}); bar 0.1")
    print(
        f"  that does not hear {statistics.median(stubborn):.3f} ({max(stubborn):.3f}); bar {GRACE + 1:.1f}, {GRACE:.0f} of them its grace"
    )
    print(f"  idle controller    {share:.1%} of a core; {idle_memory(memory)}")


def idle_memory(memory: float) -> str:
    return f"a runner holds {memory:.1f} MiB of its own"


if __name__ == "__main__":
    main()
