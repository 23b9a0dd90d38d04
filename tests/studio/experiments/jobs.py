"""Jobs with real processes, driven by the reconciler's tick."""

import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import psutil

from studiolo.kernel.context import Context
from studiolo.studio.experiments import reconcile, service
from studiolo.studio.experiments.job_files import command, document
from studiolo.studio.experiments.schemas import TERMINAL, JobSpec, Run

T = TypeVar("T")


def python(code: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", code]


def journaling(code: str) -> list[str]:
    """A program that has `journal` (the runner's module is loaded by its path, as a user could copy it)."""
    source = Path(reconcile.__file__).parents[2] / "runner" / "journal.py"
    head = f"exec(compile(open({str(source)!r}).read(), 'journal', 'exec'))\njournal = Journal()\n"
    return python(head + code)


def submit(ctx: Context, program: str | list[str], **spec: Any) -> Run:
    return service.submit(ctx, JobSpec(command=python(program) if isinstance(program, str) else program, **spec))


def job_of(path: Path, *changes: str, places: Mapping[str, str] | None = None) -> command.CommandJob:
    """Read a command job as `submit` does."""
    raw = document.read(path)
    document.override(raw, document.changes(changes), command.KNOWN)
    return command.of(raw, path, places or {})


def wait_for(ctx: Context, condition: Callable[[], T], seconds: float = 90, *, ticking: bool = True) -> T:
    """Tick until the condition holds; returns what it gave."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s")
        if ticking:
            reconcile.tick(ctx)
        time.sleep(0.01)
    return found


def ended(ctx: Context, run: Run) -> Run:
    return wait_for(ctx, lambda: (now := service.get(ctx, run.id)).state in TERMINAL and now)  # type: ignore[return-value]


def in_state(ctx: Context, run: Run, state: str) -> Run:
    return wait_for(ctx, lambda: (now := service.get(ctx, run.id)).state == state and now)  # type: ignore[return-value]


def log_of(ctx: Context, run: Run) -> str:
    path = ctx.settings.attempts / run.id / str(max(1, service.get(ctx, run.id).attempt)) / "log.txt"
    return path.read_text() if path.exists() else ""


def carrying(run: Run) -> list[int]:
    """Return the living processes of a run, found independently of the code under test."""
    found = []
    for process in psutil.process_iter():
        try:
            mark = process.environ().get("STUDIOLO_ATTEMPT", "")
            if mark.startswith(run.id) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found
