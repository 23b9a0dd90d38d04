"""100,000 runs in 50 experiments: what a page of runs costs, through the studio's own API and through MLflow's.

    .venv/bin/python benchmarks/tracking/many_runs.py [--runs 100000] [--rounds 20] [--database sqlite|postgresql]

Fills a home straight in SQL, starts the studio, waits until the controller has made what it keeps ready, then asks each
question in turn. Prints p50 and p95 in milliseconds and the server's memory; exit code 1 when a p95 is above 300 ms.
"""

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import psutil  # noqa: E402
import studio_rows  # noqa: E402
from protocol import Client  # noqa: E402
from servers import Server, machine, new_database, postgres, studio  # noqa: E402

LIMIT_MS = 300.0
SEARCH = "experiments/search"
QUESTIONS: dict[str, dict[str, Any]] = {
    "newest of all": {},
    "newest of one experiment": {"one": True},
    "by a metric, of all": {"order_by": ["metrics.m3 DESC"]},
    "by a metric, of one experiment": {"order_by": ["metrics.m3 ASC"], "one": True},
    "by a param": {"order_by": ["params.p3 ASC"]},
    "by a tag": {"order_by": ["tags.t1 DESC"]},
    "by name": {"order_by": ["attributes.run_name ASC"]},
    "a range of a metric": {"filter": "metrics.m1 > 0.5"},
    "a narrow range of a metric": {"filter": "metrics.m1 > 0.9999"},
    "three ranges of metrics": {"filter": "metrics.m1 > 0.3 AND metrics.m2 < 0.7 AND metrics.m4 > 0.4"},
    "three ranges that few meet": {"filter": "metrics.m1 > 0.95 AND metrics.m2 < 0.05 AND metrics.m4 > 0.9"},
    "a param, by a metric": {"filter": "params.p1 = '4'", "order_by": ["metrics.m2 DESC"]},
    "param, tag and metric, by a metric": {
        "filter": "params.p1 = '4' AND tags.t2 = 'value 5' AND metrics.m1 > 0.2",
        "order_by": ["metrics.m2 DESC"],
    },
    "a pattern of a tag": {"filter": "tags.t1 LIKE '%7'"},
    "a pattern of the name": {"filter": "attributes.run_name LIKE 'run-999%'"},
}


def main() -> int:
    """Measure; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--experiments", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="studiolo-many-"))
    print(f"{machine()}; {options.runs} runs in {options.experiments} experiments, {options.database}", flush=True)
    try:
        with ExitStack() as stack:
            url = ""
            if options.database == "postgresql":
                url = new_database(stack.enter_context(postgres(folder))[0])
            begun = time.perf_counter()
            experiments = studio_rows.fill(folder / "home", url, options.runs, options.experiments)
            print(f"filled in {time.perf_counter() - begun:.0f} s", flush=True)
            server = stack.enter_context(studio(folder / "home", database_url=url, durability="normal"))
            print(f"settled after {server.settle(within=300):.0f} s", flush=True)
            return _ask(server, experiments, options.rounds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _ask(server: Server, experiments: list[str], rounds: int) -> int:
    client = Client(server)
    process = next(
        child
        for child in psutil.Process(server.watched[0]).children()
        if "studiolo.server" in " ".join(child.cmdline())
    )
    before = process.memory_full_info().uss  # the file of SQLite is mapped by each reader, and shared by all
    print("\n| first page of 100 | studio p50 | p95 (ms) | MLflow p50 | p95 (ms) |\n|---|---|---|---|---|", flush=True)
    worst = 0.0
    for name, question in QUESTIONS.items():
        wanted = {key: value for key, value in question.items() if key != "one"}
        some = experiments[7:8] if question.get("one") else experiments
        own = json.dumps({**wanted, "limit": 100, "experiments": some if question.get("one") else []}).encode()
        theirs = json.dumps({**wanted, "max_results": 100, "experiment_ids": some}).encode()
        times: dict[str, list[float]] = {"studio": [], "mlflow": []}
        for _ in range(rounds):
            for kind, send in (
                ("studio", lambda body=own: client.own("POST", SEARCH, body)),
                ("mlflow", lambda body=theirs: client.send("POST", "mlflow/runs/search", body)),
            ):
                begun = time.perf_counter()
                send()
                times[kind].append((time.perf_counter() - begun) * 1000)
        cells = []
        for taken in times.values():
            p95 = statistics.quantiles(taken, n=20, method="inclusive")[-1]
            worst = max(worst, p95)
            cells.append(f"{statistics.median(taken):.0f} | {p95:.0f}")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    after = process.memory_full_info().uss
    grown = (after - before) / 2**20
    print(f"\nown memory of the server {after / 2**20:.0f} MiB, {grown:+.0f} while asked; worst p95 {worst:.0f} ms")
    return 1 if worst > LIMIT_MS else 0


if __name__ == "__main__":
    sys.exit(main())
