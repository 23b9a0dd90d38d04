"""The page of a run with four metrics of 100,000 points, in a real browser: how soon its charts are there.

    .venv/bin/python benchmarks/run_page/run.py [--points 100000] [--metrics 4] [--rounds 7] [--database sqlite|postgresql] [--shots DIR]

Logs the points by the store's own verbs, starts the studio, waits until the controller has packed them, then lets `look.mjs`
open the page in headless Chromium. Exit code 1 when the bar is missed.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tracking"))

import numpy as np  # noqa: E402
from servers import machine, new_database, postgres, studio  # noqa: E402

from studiolo.studio.experiments import client_runs, tracking  # noqa: E402
from studiolo.testing.context import context_in, make_services  # noqa: E402

NAMES = ("loss/train", "loss/valid", "accuracy", "auc")
PIECE = 20_000  # points in one transaction


def main() -> int:
    """Measure; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--metrics", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--shots", type=Path)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="studiolo-run-page-"))
    print(f"{machine()}; {options.metrics} metrics of {options.points} points, {options.database}", flush=True)
    try:
        with ExitStack() as stack:
            url = ""
            if options.database == "postgresql":
                url = new_database(stack.enter_context(postgres(folder))[0])
            home = folder / "home"
            run_id = fill(home, url, options.metrics, options.points)
            server = stack.enter_context(studio(home, database_url=url, durability="normal"))
            print(f"settled after {server.settle(within=300):.0f} s", flush=True)
            env = os.environ | {
                "STUDIOLO_HOME": str(home),
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            }
            command = [sys.executable, "-m", "studiolo", "login"]
            link = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout.strip()
            words = ["node", str(HERE / "look.mjs"), link, run_id]
            words += ["--charts", str(options.metrics), "--rounds", str(options.rounds)]
            words += ["--shots", str(options.shots)] if options.shots else []
            return subprocess.run(words, env=env, check=False).returncode
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def fill(home: Path, database_url: str, metrics: int, points: int) -> str:
    """Make the run; returns its id."""
    services = make_services(home, database_url=database_url)
    ctx = context_in(services)
    begun = ctx.clock.now()
    run_id = client_runs.create(ctx, "0", name="long", start=begun, user="benchmark", tags={})
    with ctx.db.read() as tx:
        seq = client_runs.find(tx, ctx, run_id).seq
    chance, start = np.random.default_rng(7), int(begun.timestamp() * 1000)
    for m in range(metrics):
        name = NAMES[m] if m < len(NAMES) else f"metric{m}"
        curve = np.exp(-np.arange(points) / (points / 5)) + chance.normal(0, 0.05, points)
        for first in range(0, points, PIECE):
            part = [(name, float(v), first + n, start + first + n) for n, v in enumerate(curve[first : first + PIECE])]
            with ctx.db.begin() as tx:
                tracking.record(tx, ctx, seq, metrics=part)
    client_runs.change(ctx, run_id, state="Completed", end=ctx.clock.now(), name=None)
    services.db.close()
    return run_id


if __name__ == "__main__":
    sys.exit(main())
