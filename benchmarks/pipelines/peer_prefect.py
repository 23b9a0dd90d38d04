"""A flow of Prefect with its own server; prints seconds of the flow. Run by run.py, in an environment that has Prefect."""

import os
import sys
import time
from pathlib import Path

os.environ.setdefault("PREFECT_HOME", str(Path.cwd() / "prefect"))
os.environ["PREFECT_LOGGING_LEVEL"] = "ERROR"
os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"

from prefect import flow, task
from prefect.cache_policies import INPUTS, TASK_SOURCE
from prefect.testing.utilities import prefect_test_harness


@task(cache_policy=INPUTS + TASK_SOURCE, persist_result=True)
def one(x: int) -> int:
    return x + 1


@flow
def chain(count: int) -> int:
    x = 0
    for _ in range(count):
        x = one(x)
    return x


@flow
def fan(count: int) -> int:
    return sum(f.result() for f in [one.submit(n) for n in range(count)])


if __name__ == "__main__":
    shape, count, what = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    run = {"chain": chain, "fan": fan}[shape]
    with prefect_test_harness(server_startup_timeout=180):
        run(1)
        if what == "reused":
            run(count)
        begun = time.perf_counter()
        run(count)
        print(time.perf_counter() - begun)
