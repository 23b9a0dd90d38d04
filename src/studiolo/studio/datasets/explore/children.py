"""Starting and watching a child process that reads tables: nothing secret in its environment, nothing left when it goes."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

PASSED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "SYSTEMROOT")
QUIET = {  # one arena of memory each, so that limits on the address space mean what they say
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "2",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}


def start(module: str, folder: Path, *, complaints: int = subprocess.PIPE) -> "subprocess.Popen[bytes]":
    """Start `python -m module` in a folder; it ends by itself when its standard input does, e.g. with the server.

    complaints: where its standard error goes; a child that lives long writes it to a file, or it would wait for a reader.
    """
    environment = {key: os.environ[key] for key in PASSED_ON if key in os.environ} | QUIET
    environment |= {"HOME": str(folder), "TMPDIR": str(folder)}
    return subprocess.Popen(
        [sys.executable, "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=complaints,
        cwd=folder,
        env=environment,
        start_new_session=True,
    )


def kill(child: "subprocess.Popen[bytes]") -> None:
    """End a child and what it started, at once, and wait until it is gone."""
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
