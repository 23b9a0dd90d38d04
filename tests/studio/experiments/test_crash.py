"""Writers over HTTP while the server is killed: the short form of `benchmarks/tracking/crash.py`."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "benchmarks" / "tracking" / "crash.py"


@pytest.mark.slow
def test_what_was_acknowledged_outlives_a_killed_server() -> None:
    words = [sys.executable, SCRIPT, "--seconds", "8", "--kills", "2", "--durability", "normal"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert done.stdout.count("killed server") == 2
