"""Attempts with real processes, for the tests of the runner."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import psutil

from studiolo.runner import attempt
from studiolo.runner.launch import Order, launch, prepare
from studiolo.runner.observe import Ended, look

T = TypeVar("T")
PYTHON = [sys.executable, "-I", "-S", "-c"]


def wait_for(condition: Callable[[], T], seconds: float = 20) -> T:
    """Poll until the condition holds; returns what it gave."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s")
        time.sleep(0.01)
    return found


def begin(folder: Path, code: str | list[str], **order: object) -> Path:
    """Launch a runner on a Python program (or words)."""
    argv = [*PYTHON, code] if isinstance(code, str) else code
    spec: Order = {"argv": argv, "env": {"PATH": "/usr/bin:/bin"}, "mark": mark(folder), "grace_s": 1.0, **order}  # type: ignore[typeddict-item]
    prepare(folder, spec)
    assert launch(folder)
    return folder


def mark(folder: Path) -> str:
    return f"test:{folder}"


def ended(folder: Path, seconds: float = 20) -> Ended:
    """Wait for the exit record."""

    def look_again() -> Ended | None:
        found = look(folder)
        return found if isinstance(found, Ended) else None

    return wait_for(look_again, seconds)


def carrying(folder: Path) -> list[int]:
    """Return the living processes of an attempt, found independently of the code under test."""
    found = []
    for process in psutil.process_iter():
        try:
            if (
                process.status() != psutil.STATUS_ZOMBIE
                and process.environ().get(attempt.MARK) == mark(folder)
            ):  # fmt: skip
                found.append(process.pid)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def log(folder: Path) -> str:
    path = folder / attempt.LOG
    return path.read_text() if path.exists() else ""
