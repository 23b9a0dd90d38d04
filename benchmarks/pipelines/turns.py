"""Short pipelines in two studios in turns: of this tree, and of another one, so that a busy machine is as busy for both.

    .venv/bin/python benchmarks/pipelines/turns.py --before FOLDER [--seconds 200]

FOLDER: `src` of another checkout, such as of `git worktree add ../before main`. Prints medians and smallest of milliseconds a step.
"""

import argparse
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from studiolo.kernel.http import Transport
from studiolo.kernel.settings import load
from studiolo.studio.experiments.client import Experiments
from studiolo.studio.experiments.schemas import TERMINAL
from studiolo.studio.experiments.warm_start import TAG
from studiolo.studio.pipelines.client import Pipelines
from studiolo.testing.studio import started

sys.path.insert(0, str(Path(__file__).parent))
import run as shapes

HERE = Path(__file__).parents[2] / "src"


class Side:
    """A studio of one of the trees."""

    def __init__(self, stack: ExitStack, source: Path) -> None:
        os.environ["PYTHONPATH"] = str(source)  # of the processes of the studio
        home = started(Path(stack.enter_context(tempfile.TemporaryDirectory())) / "home")
        found = stack.enter_context(home).home
        transport = Transport(home=found)
        self.database = sqlite3.connect(load({"STUDIOLO_HOME": str(found)}).sqlite_path)
        self.pipelines, self.runs = Pipelines(transport), Experiments(transport)
        self.took: dict[str, list[float]] = {}

    def run(self, spec: Any, steps: int, what: str = "") -> str:
        """Run a pipeline; returns its id."""
        begun = time.perf_counter()
        run_id = self.pipelines.submit(spec).run.id
        while (state := self.state(run_id)) not in TERMINAL:  # asked of its file, so that no server works for it
            time.sleep(0.002)
        assert state == "Completed", state
        if what:
            self.took.setdefault(what, []).append(1000 * (time.perf_counter() - begun) / steps)
        return run_id

    def state(self, run_id: str) -> str:
        """Return the state of a run."""
        return str(self.database.execute("SELECT state FROM runs WHERE id = ?", [run_id]).fetchone()[0])

    def heat(self) -> None:
        """Run what is to be reused, and a step until it begins warm."""
        self.run(shapes.chain(20, "reused"), 20)
        while not all(
            TAG in self.runs.overview(str(one.run_id)).tags
            for one in self.pipelines.steps(self.run(shapes.row_of(shapes.warm, 1), 1))
        ):
            pass

    def turn(self, number: int) -> None:
        """Run one of each."""
        self.run(shapes.two(f"two {number}"), 2, "two shell commands")
        self.run(shapes.chain(10, f"chain {number}"), 10, "chain of 10")
        self.run(shapes.fan(10, f"fan {number}"), 10, "fan of 10")
        self.run(shapes.chain(20, "reused"), 20, "chain of 20, all reused")
        self.run(shapes.row_of(shapes.warm, 5), 5, "chain of 5, warm")


def main() -> int:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=200.0)
    asked = parser.parse_args()
    bare: list[float] = []
    with ExitStack() as stack:
        before, after = Side(stack, asked.before.resolve()), Side(stack, HERE)
        for side in (before, after):
            side.heat()
        until = time.monotonic() + asked.seconds
        while time.monotonic() < until:
            bare.append(shapes.bare())
            for side in (before, after) if len(bare) % 2 else (after, before):
                side.turn(len(bare))
    sys.stdout.write(
        f"{len(bare)} turns; bare, ms: {statistics.median(bare):.1f} ({min(bare):.1f} to {max(bare):.1f})\n\n"
    )
    sys.stdout.write("| ms a step | before | least | after | least | after / before |\n|---|---|---|---|---|---|\n")
    for what, old in before.took.items():
        new = after.took[what]
        was, now = statistics.median(old), statistics.median(new)
        sys.stdout.write(f"| {what} | {was:.1f} | {min(old):.1f} | {now:.1f} | {min(new):.1f} | {now / was:.2f} |\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
