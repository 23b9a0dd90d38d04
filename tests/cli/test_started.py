"""A studio that is started for a while: it ends with who started it, also before it is up."""

import subprocess
import sys
from pathlib import Path

import psutil

SCRIPT = """
import pathlib, signal, sys
from studiolo.testing.studio import started
signal.signal(signal.SIGINT, signal.SIG_IGN)  # as in the background of a shell
signal.signal(signal.SIGALRM, lambda *_: sys.exit(143))
signal.setitimer(signal.ITIMER_REAL, 0.1)
with started(pathlib.Path(sys.argv[1])):
    pass
"""


def test_one_that_is_told_to_end_before_it_is_up_leaves_no_studio(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path / "home")], timeout=60, check=False)
    assert done.returncode == 143
    assert [process for process in psutil.process_iter() if _is_of(process, str(tmp_path / "home"))] == []


def _is_of(process: psutil.Process, home: str) -> bool:
    try:
        return process.environ().get("STUDIOLO_HOME") == home
    except (psutil.Error, OSError):
        return False
