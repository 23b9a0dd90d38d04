"""The files of an attempt directory, and how they are written so that a reader never sees half of one."""

import contextlib
import json
import os
from typing import Any

JOB = "job.json"  # the order: argv, env, cwd, limits; written before the runner starts
CLAIM = "claim.json"  # who owns the attempt; born whole, never replaced: at most one runner per attempt
STATE = "state.json"  # boot id, process ids and start times; written before the job may run
EXIT = "exit.json"  # the end; written once
CANCEL = "cancel"  # its existence asks the runner to stop the job
HEARTBEAT = "heartbeat"  # its modification time
LOG = "log.txt"  # what the job writes to stdout and stderr
JOURNAL = "journal.jsonl"  # what the job reports
FAILURE = "failure.json"  # class and error: why a program before or after the job failed
USAGE = "usage.json"  # processes and bytes of memory, where others cannot see them
RUNNER_LOG = "runner.log"  # what went wrong in the runner itself
MARK = "STUDIOLO_ATTEMPT"  # environment variable that every process of the attempt carries


def read_json(folder: str, name: str) -> dict[str, Any] | None:
    """Return a file of the attempt, None when it is not there (yet) or unreadable."""
    try:
        with open(os.path.join(folder, name), encoding="utf-8") as file:  # pathlib costs start time
            found = json.load(file)
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def write_json(folder: str, name: str, value: dict[str, Any]) -> None:
    """Write a file of the attempt whole: write, fsync, rename."""
    part = _write_part(folder, name, value)
    os.replace(part, os.path.join(folder, name))
    _sync(folder)


def take(folder: str, value: dict[str, Any]) -> bool:
    """Claim the attempt; False when it has an owner. The claim appears with its content or not at all."""
    part = _write_part(folder, CLAIM, value)
    try:
        os.link(part, os.path.join(folder, CLAIM))  # fails when the name exists, as O_EXCL does
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links
        if not _take_by_name(folder, value):
            return False
    finally:
        os.unlink(part)
    _sync(folder)
    return True


def _take_by_name(folder: str, value: dict[str, Any]) -> bool:
    """Claim with O_EXCL alone: the content follows a moment later."""
    try:
        descriptor = os.open(os.path.join(folder, CLAIM), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(value, file)
        file.flush()
        os.fsync(file.fileno())
    return True


def exists(folder: str, name: str) -> bool:
    """Say whether the attempt has a file."""
    return os.path.exists(os.path.join(folder, name))


def touch(folder: str, name: str) -> None:
    """Make the file, or give it the present time; a full disk does not matter here."""
    path = os.path.join(folder, name)
    with contextlib.suppress(OSError):
        try:
            os.utime(path)
        except FileNotFoundError:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o644))


def _write_part(folder: str, name: str, value: dict[str, Any]) -> str:
    part = os.path.join(folder, f".{name}.{os.getpid()}")
    with open(part, "w", encoding="utf-8") as file:
        json.dump(value, file)
        file.flush()
        os.fsync(file.fileno())
    return part


def _sync(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
