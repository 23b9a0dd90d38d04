"""Locks requirements once: every package with its version and hashes, by `uv pip compile` in a process with limits.

The server starts it, so nothing of a package may run: only wheels are taken, whose names, versions and needs are read.
"""

import hashlib
import os
import platform
import re
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import NamedTuple

from studiolo.studio.experiments.environments import tool
from studiolo.studio.experiments.environments.errors import LockingBusy, NotLocked
from studiolo.studio.experiments.environments.requirements import PRE
from studiolo.studio.experiments.environments.sources import Asked

SECONDS = 300
AT_ONCE, PATIENCE = 2, 20.0  # processes that find versions, and seconds that a request waits for one to end
MEMORY = 4 << 30  # bytes of addresses
_places = threading.BoundedSemaphore(AT_ONCE)
_PACKAGE = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(==|@)", re.MULTILINE)


class Lock(NamedTuple):
    """text: as requirements with hashes; hash: names it with its Python and system; packages: how many."""

    text: str
    hash: str
    python: str
    packages: int


def lock(asked: Asked, folder: Path) -> Lock:
    """Lock what is asked for, for a Python of this machine; notes of it tell when another one is taken.

    Raises NotLocked, and LockingBusy while others are locked.

    folder: of environments, which holds uv's cache.
    """
    if not _places.acquire(timeout=PATIENCE):
        raise LockingBusy
    try:
        return _lock(asked, folder)
    finally:
        _places.release()


def _lock(asked: Asked, folder: Path) -> Lock:
    cache = folder / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    python = tool.interpreter(asked.python, cache)
    version = asked.python or tool.PYTHON
    if python is None:
        asked.notes.append(f"Python {asked.python} is not on this machine; {tool.PYTHON} is used")
        python, version = sys.executable, tool.PYTHON
    text = _compile(asked, python, cache) if asked.requirements else ""
    return Lock(text, named(text, version), version, len(packages(text)))


def packages(text: str) -> list[str]:
    """Return the names of what a lock installs.

    >>> packages("tinya==1.2 --hash=sha256:00\\ntinyb[x]==2.0")
    ['tinya', 'tinyb']
    """
    return [found[1] for found in _PACKAGE.finditer(text)]


def named(text: str, python: str) -> str:
    """Return the name of a lock: the same packages on the same Python and system are the same environment."""
    about = f"1\n{python}\n{platform.system()}\n{platform.machine()}\n{text}"
    return hashlib.sha256(about.encode()).hexdigest()[:40]


def _compile(asked: Asked, python: str, cache: Path) -> str:
    command = [tool.program(), "pip", "compile", "-", "--python", python, "--generate-hashes", "--no-header"]
    command += ["--no-annotate", "--quiet", "--no-emit-index-url", "--no-emit-find-links", "--no-build"]
    env = tool.environment(cache)
    command += tool.no_index(env)
    if PRE in asked.requirements:
        command += ["--prerelease", "allow"]
    lines = [line for line in asked.requirements if line != PRE]
    process = subprocess.Popen(
        command,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=cache.parent,
        start_new_session=True,
        preexec_fn=_bounded,  # noqa: PLW1509 - sets limits and nothing else
    )
    try:
        out, err = process.communicate("\n".join(lines).encode(), timeout=SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise NotLocked(
            f"Finding versions took longer than {SECONDS} s.", "Ask for narrower versions.", field="environment"
        ) from None
    if process.returncode != 0:
        said = tool.said(err.decode(errors="replace"))
        raise NotLocked(said or "uv ended without a word.", _hint(said), field="environment")
    return out.decode()


def _hint(said: str) -> str:
    if "no usable wheels" in said:
        return (
            "Only wheels are taken: run `pip install` of that package in the command, or let the owner of the machine put a "
            "wheel of it into a folder that pip is configured to look in (find-links)."
        )
    return "Correct the requirement that is named; indexes are those that pip is configured with."


def _bounded() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
