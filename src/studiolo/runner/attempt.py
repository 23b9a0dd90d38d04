"""The files of an attempt directory, and how they are written so that a reader never sees half of one."""

import contextlib
import json
import os
import stat
from typing import Any

JOB = "job.json"  # the order: argv, env, cwd, limits; written before the runner starts
CLAIM = "claim.json"  # who owns the attempt; born whole, never replaced: at most one runner per attempt
STATE = "state.json"  # boot id, process ids and start times; written before the job may run
EXIT = "exit.json"  # the end; written once
DONE = "done.json"  # what a program that began warm says of its end, before the kernel takes its process apart
CANCEL = "cancel"  # its existence asks the runner to stop the job
MAKES_ROOM = "makes_room"  # its existence asks the runner to stop the job, as the studio wants its place for others
HEARTBEAT = "heartbeat"  # its modification time
LOG = "log.txt"  # what the job writes to stdout and stderr
JOURNAL = "journal.jsonl"  # what the job reports
FAILURE = "failure.json"  # class and error: why a program of ours before, after or around the job failed
USAGE = "usage.json"  # processes and bytes of memory, where others cannot see them
RUNNER_LOG = "runner.log"  # what went wrong in the runner itself
WAKE = ".wake"  # in the folder of all attempts: a pipe on which the controller is told to look at once
MARK = "STUDIOLO_ATTEMPT"  # environment variable that every process of the attempt carries


def read_json(folder: str, name: str) -> dict[str, Any] | None:
    """Return a file of the attempt, None when it is not there (yet) or unreadable."""
    try:
        with open(os.path.join(folder, name), encoding="utf-8") as file:  # pathlib costs start time
            found = json.load(file)
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def write_json(folder: str, name: str, value: dict[str, Any], *, lasting: bool = True) -> None:
    """Write a file of the attempt whole: write, fsync, rename. lasting: False for one that means nothing after a power cut."""
    part = _write_part(folder, name, value, lasting=lasting)
    os.replace(part, os.path.join(folder, name))
    if lasting:
        sync(folder)


def settle(folder: str, name: str) -> None:
    """See a file through to the disk that was written without."""
    sync(os.path.join(folder, name))
    sync(folder)


def take(folder: str, value: dict[str, Any]) -> bool:
    """Claim the attempt; False when it has an owner. The claim appears with its content or not at all.

    Nothing of the job may run before it and the folder are on the disk (`job.start`): after a power cut it would run once more.
    """
    part = _write_part(folder, CLAIM, value, lasting=False)
    try:
        os.link(part, os.path.join(folder, CLAIM))  # fails when the name exists, as O_EXCL does
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links
        if not _take_by_name(folder, value):
            return False
    finally:
        os.unlink(part)
    return True


def _take_by_name(folder: str, value: dict[str, Any]) -> bool:
    """Claim with O_EXCL alone: the content follows a moment later."""
    try:
        descriptor = os.open(os.path.join(folder, CLAIM), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(json.dumps(value))
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


def wake(folder: str) -> None:
    """Tell the controller of this machine that an attempt has ended, where one listens (`listen`)."""
    wake_at(os.path.join(folder, "..", ".."))


def wake_at(attempts: str) -> None:
    """Tell the controller of this machine that there is something to do, where one listens. attempts: folder of all."""
    with contextlib.suppress(OSError):
        descriptor = os.open(os.path.join(attempts, WAKE), os.O_WRONLY | os.O_NONBLOCK)
        try:
            os.write(descriptor, b"!")
        finally:
            os.close(descriptor)


def listen(attempts: str) -> int:
    """Return a descriptor that can be read when a runner of this machine has woken who listens. attempts: folder of all.

    Where the file system has no such pipes nobody can, and it stays silent.
    """
    path = os.path.join(attempts, WAKE)
    try:
        if os.path.lexists(path) and not stat.S_ISFIFO(os.lstat(path).st_mode):
            os.unlink(path)  # a copy of the home has a file there, which would always be ready
        with contextlib.suppress(FileExistsError):
            os.mkfifo(path, 0o600)
        return os.open(path, os.O_RDWR | os.O_NONBLOCK)  # to write too: so it never ends
    except OSError:
        silent, _ = os.pipe()  # the other end stays open
        os.set_blocking(silent, False)
        return silent


def _write_part(folder: str, name: str, value: dict[str, Any], *, lasting: bool) -> str:
    part = os.path.join(folder, f".{name}.{os.getpid()}")
    with open(part, "w", encoding="utf-8") as file:
        file.write(json.dumps(value))
        if lasting:
            file.flush()
            os.fsync(file.fileno())
    return part


def sync(path: str) -> None:
    """See what was written to a file, or which files a folder has, through to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
