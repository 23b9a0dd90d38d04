"""Starts a runner on an attempt directory."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, TypedDict

from studiolo.runner import attempt, nest, warming
from studiolo.runner.warming import Wanted

_MAIN = Path(__file__).with_name("main.py")
_OWNED = 17  # of main.py
_PATIENCE = 60.0


class Order(TypedDict, total=False):
    """What `job.json` says. mark: unique to the attempt; memory_limit: bytes of all its processes; rlimits: per process.
    cores, gpus, priority, nodes: for those that have a queue of their own.

    manifests: inputs of many files, which the runner places from `blobs` (`inputs.py`); copied: not linked.
    before: a program of the studio that makes ready what the job needs; after: one that takes away what it left, run when it
    succeeded. withheld: variables among those handed that only these two get. samples: take the machine's measures.
    limited: let the kernel keep memory and cores too (`limits.py`); group: the control group whose shares are given to jobs.
    inherited: variables that are this machine's, and mean nothing on another; own: those that the job itself names.
    warm: where a Python program may begin that need not have an interpreter of its own.
    passes_on: its first process alone is told to end, and tells the others. ray_node: where a node of a Ray was chosen, its id.
    container: the engine that runs the job, and how (`containers.py`); image: for those who run jobs in images by themselves.
    """

    argv: list[str]
    env: dict[str, str]
    cwd: str
    mark: str
    timeout_s: float | None
    grace_s: float
    memory_limit: int
    cores: int
    gpus: int
    nodes: int
    priority: int
    rlimits: dict[str, int]
    title: str
    manifests: list[dict[str, str | None]]
    blobs: str
    copied: bool
    before: "Program"
    after: "Program"
    withheld: list[str]
    samples: bool
    limited: bool
    group: str
    inherited: list[str]
    own: list[str]
    warm: Wanted
    container: dict[str, Any]
    image: str
    ray_node: str
    passes_on: bool


class Program(TypedDict):
    """A program that runs around a job, in the attempt's folder, writing into its log.

    handed: names of the handed variables that it gets; none of those that are the command's alone.
    """

    argv: list[str]
    env: dict[str, str]
    handed: list[str]


class Handed(TypedDict):
    """What the job's process gets beside its order, by a pipe: env, variables; hidden: texts that its log must not show."""

    env: dict[str, str]
    hidden: list[str]


NOTHING: Handed = {"env": {}, "hidden": []}


class LaunchFailed(Exception):
    """The runner did not come up; the message has the end of its log."""


def prepare(folder: Path, order: Order) -> None:
    """Write the order of an attempt that has no runner yet."""
    folder.mkdir(parents=True, exist_ok=True)
    attempt.write_json(str(folder), attempt.JOB, dict(order), lasting=False)  # written again before it starts


def launch(folder: Path, handed: Handed = NOTHING, warm: Wanted | None = None) -> bool:
    """Start a detached runner; True when it owns the attempt, False when another does. Safe to repeat.

    warm: of the order. Raises LaunchFailed.
    """
    if warm is not None and (owned := warming.fork(folder, handed, warm)) is not None:
        return owned
    if (owned := nest.fork(folder, handed)) is not None:
        return owned
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(_MAIN), str(folder)],
            env=nest.surroundings(),
            input=json.dumps(handed).encode() if handed["env"] else b"",  # not by name or file: read once, then gone
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=folder,
            start_new_session=True,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LaunchFailed(f"The runner did not start: {error}.") from error
    if done.returncode not in (0, _OWNED):
        said = done.stderr.decode(errors="replace") + _tail(folder / attempt.RUNNER_LOG)
        raise LaunchFailed(f"The runner ended with code {done.returncode}: {said.strip()[-1000:]}")
    return done.returncode == 0


def ask_to_stop(folder: Path) -> None:
    """Ask for the end of an attempt, whether or not it runs yet; asking twice is asking once."""
    import signal

    from studiolo.runner.observe import runner_of

    attempt.touch(str(folder), attempt.CANCEL)
    pid = runner_of(folder)
    if pid is not None:
        try:
            os.kill(pid, signal.SIGUSR1)  # look now; without it the runner looks within 0.2 s
        except (ProcessLookupError, PermissionError):
            return


def ask_to_make_room(folder: Path) -> None:
    """Ask a runner to end its job in the class `preempted`: TERM, the order's grace, KILL. Nothing when none runs.

    By a file, as a cancel: a runner takes one attempt after the other, so a signal alone may reach it in the next one.
    """
    import signal

    from studiolo.runner.observe import runner_of

    pid = runner_of(folder)
    if pid is not None:
        attempt.touch(str(folder), attempt.MAKES_ROOM)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGUSR1)  # look now


def _tail(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")[-1000:]
    except OSError:
        return ""
