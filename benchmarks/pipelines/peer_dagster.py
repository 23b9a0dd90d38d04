"""A job of Dagster, each step a process as its default executor has it; prints seconds. Run by run.py, in an environment that has Dagster."""

import os
import sys
import time
from pathlib import Path

os.environ.setdefault("DAGSTER_HOME", str(Path.cwd() / "dagster"))
os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"
Path(os.environ["DAGSTER_HOME"]).mkdir(exist_ok=True)

from dagster import DagsterInstance, execute_job, job, op, reconstructable  # noqa: E402 - it reads the variables when it is loaded

COUNT = int(os.environ.get("STEPS", "2"))


@op
def first() -> int:
    return 0


@op
def one(x: int) -> int:
    return x + 1


@op
def last(xs: list[int]) -> int:
    return sum(xs)


@job
def chain() -> None:
    x = first()
    for number in range(COUNT - 1):
        x = one.alias(f"one_{number}")(x)


@job
def fan() -> None:
    last([one.alias(f"one_{number}")(first.alias(f"first_{number}")()) for number in range(COUNT // 2)])


if __name__ == "__main__":
    shape = sys.argv[1]
    if "STEPS" not in os.environ:
        os.environ["STEPS"] = sys.argv[2]
        os.execv(sys.executable, [sys.executable, *sys.argv])
    begun = time.perf_counter()
    done = execute_job(reconstructable({"chain": chain, "fan": fan}[shape]), instance=DagsterInstance.get())
    assert done.success
    print(time.perf_counter() - begun)
