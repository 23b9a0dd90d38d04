"""The comparison of profiles with exact values, `benchmarks/profile/accuracy.py`: on few rows, and that it can fail."""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[3] / "benchmarks" / "profile"


def python(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, *words], cwd=FOLDER, capture_output=True, text=True, timeout=120)


def test_a_small_table_is_profiled_within_every_bar() -> None:
    done = python("accuracy.py", "--rows", "3000")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "| correlations |" in done.stdout


def test_an_error_that_is_no_number_is_missed_whatever_follows() -> None:
    script = """
from accuracy import Worst

worst = Worst()
for error in (0.5, float("nan"), 0.7):
    worst.see("mean", "a column", error, 1.0)
worst.see("extremes", "a column", 0.5, 1.0)
worst.see("deviation", "a column", 1.5, 1.0)
print(*worst.missed())
"""
    done = python("-c", script)
    assert (done.stdout, done.stderr) == ("mean deviation\n", "")
