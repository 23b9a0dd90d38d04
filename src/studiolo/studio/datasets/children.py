"""Starting and watching a child process that reads tables: nothing secret in its environment, nothing left when it goes.

They are forked by a process that has loaded `loaded`, so that the first rows of a file are there at once.
"""

import atexit
import contextlib
import os
import signal
import subprocess
from pathlib import Path

from studiolo.kernel import forks
from studiolo.kernel.forks import PIPE, Child

LOADED = ("studiolo.studio.datasets.loaded",)
IDLE_SECONDS = 300.0  # after which the process that forks goes; its memory is about 100 MiB
PASSED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "SYSTEMROOT")
QUIET = {  # one arena of memory each, so that limits on the address space mean what they say
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "2",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}


def environment() -> dict[str, str]:
    """Return the environment of a child that reads what users gave: nothing secret."""
    return {key: os.environ[key] for key in PASSED_ON if key in os.environ} | QUIET


FORKS = forks.Forks(LOADED, environment, IDLE_SECONDS)  # of this process
atexit.register(FORKS.close)


def warm() -> None:
    """See to it that a child which is wanted soon begins at once; does not wait."""
    FORKS.warm()


def start(
    module: str,
    folder: Path,
    *,
    asks: forks.Stream = PIPE,
    answers: forks.Stream = PIPE,
    complaints: forks.Stream = PIPE,
) -> Child:
    """Start the `main` of a module in a folder.

    asks, answers, complaints: its standard input, output and error. A child that is asked through a pipe ends with it, e.g. with
    the server; one that is asked by a file goes on until it has answered, or to its limits. One that lives long writes complaints
    to a file, or it would wait for a reader.
    """
    return FORKS.start(module, folder, (asks, answers, complaints), {"HOME": str(folder), "TMPDIR": str(folder)})


def kill(child: Child) -> None:
    """End a child and what it started, at once, and wait until it is gone."""
    if child.poll() is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(timeout=10)
    for stream in (child.stdin, child.stdout, child.stderr):
        with contextlib.suppress(OSError, ValueError):
            if stream:
                stream.close()


def resident(pid: int) -> int:
    """Return the bytes that a process holds in memory for itself; pages of files that it has mapped are not its own."""
    try:
        text = Path(f"/proc/{pid}/status").read_text("ascii", "replace")
    except OSError:
        return 0
    found = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    return sum(int(found.get(key, "0 kB").split()[0]) for key in ("RssAnon", "RssShmem")) * 1024


def last_words(complaint: bytes, code: int | None) -> str:
    """Return the last line that a child wrote on its standard error, else how it ended."""
    lines = complaint.decode("utf-8", "replace").strip().splitlines()
    if code is not None and code < 0:
        ended = signal.Signals(-code).name if -code in set(signal.Signals) else str(code)
        return f"it was ended by {ended}"
    return lines[-1][:300] if lines else f"exit code {code}"
