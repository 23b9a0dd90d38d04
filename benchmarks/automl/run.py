"""Fit adult.csv (or another table) under a time limit and check what AutoML promises of time, score and compiled form.

python benchmarks/automl/run.py adult.csv --target income [--time 60] [--again 5]
"""

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def split(table: Path, folder: Path, seed: int = 0) -> tuple[Path, Path]:
    """Split rows 70/30 at random."""
    with table.open(newline="", encoding="utf-8") as file:
        header, *rows = list(csv.reader(file))
    random.Random(seed).shuffle(rows)
    cut = len(rows) * 7 // 10
    made = []
    for name, part in (("train", rows[:cut]), ("test", rows[cut:])):
        path = folder / f"{name}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([header, *part])
        made.append(path)
    return made[0], made[1]


def fit(train: Path, test: Path, given: argparse.Namespace, *more: str) -> tuple[dict[str, Any], float]:
    """Run the command; returns its summary and the wall time of the whole process."""
    words = [
        "--train",
        str(train),
        "--test",
        str(test),
        "--target",
        given.target,
        "--task",
        given.task,
        "--json",
        "--quiet",
        *more,
    ]
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "studiolo.studio.automl.fit_command", *words], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)["summary"], time.monotonic() - started


def main() -> None:
    """Print one line per promise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    parser.add_argument("--target", required=True)
    parser.add_argument("--task", default="classification")
    parser.add_argument("--time", type=float, default=60.0)
    parser.add_argument("--again", type=int, default=0, help="number of trials of two runs that must be equal")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        train, test = split(given.table, Path(scratch))
        load = os.getloadavg()[0]
        found, wall = fit(train, test, given, "--time", str(given.time))
        print(f"load before {load:.1f}, {os.cpu_count()} cores, {found['rows']:,} rows to train on")
        print(f"wall {wall:.1f} s of {given.time:g} (bar: at most 5 s more)")
        print(f"first row after {found['first_row_seconds']:.1f} s (bar: {max(6.0, 0.1 * given.time):g} s)")
        print(f"test {found['metric']} {found['test_metrics'].get(found['metric'])}")
        export = found["export"]
        print(f"ONNX {'equal' if export['onnx'] else 'refused: ' + export['reason']}, {export.get('test_rows')} test rows, "
              f"at most {export.get('max_difference')} apart; one row {export.get('compiled_ms')} ms, native {export['native_ms']} ms")  # fmt: skip
        if given.again:
            digests = [
                fit(train, test, given, "--max-trials", str(given.again), "--seed", "1")[0]["digest"] for _ in range(2)
            ]
            print(
                f"leaderboard twice: {digests[0]} {digests[1]} ({'equal' if digests[0] == digests[1] else 'DIFFERENT'})"
            )


if __name__ == "__main__":
    main()
