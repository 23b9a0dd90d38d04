"""The child that looks into models' files: `python -m studiolo.studio.models.scan.process`.

A JSON request a line on standard input: `{"files": [[path, local file], …], "memory": bytes, "seconds": s}`; a line of reply
on standard output: the report, or `{"problem": …}`. To start Python takes longer than most looks, so it stays for more of
them, and forks for each. It ends with its input; a look ends by itself when its time is over, also without its parent.
"""

import json
import os
import resource
import signal
import sys
import time
from pathlib import Path

from studiolo.studio.models.scan import files
from studiolo.studio.models.scan.report import Report, TooMuch


class _Late(BaseException):
    """The time is over; no `except Exception` on the way may take it."""


def _limit(memory: int, seconds: float) -> None:
    for kind, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, int(seconds) + 5),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        try:
            resource.setrlimit(kind, (value, value))
        except (ValueError, OSError):
            continue

    def late(*_: object) -> None:
        raise _Late

    signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def scan(listed: list[tuple[str, str]], unpacked: int = 64 << 30) -> Report:
    """Look into files; what could not be looked into is part of the report."""
    report = Report(left=unpacked)
    sys.setrecursionlimit(2000)
    name = ""
    try:
        for name, local in listed:
            try:
                files.look(report, Path(local), name)
            except TooMuch:
                report.unreadable(name, f"unpacks to more than {unpacked >> 20:,} MB")
                break
            except MemoryError:
                report.unreadable(name, "takes more memory than a look may")
            except RecursionError:
                report.unreadable(name, "is nested too deep")
            except OSError as error:
                report.unreadable(name, f"cannot be read: {error.strerror or error}")
    except _Late:
        report.unreadable(name, "takes longer than a look may")
    return report


def _answer(line: bytes) -> None:
    """Answer a request, in a process that ends with it: a file that breaks this one breaks no other look."""
    request = json.loads(line)
    begun = time.monotonic()
    _limit(request["memory"], request["seconds"])
    report = scan([(name, local) for name, local in request["files"]], request.get("unpacked", 64 << 30))
    signal.setitimer(signal.ITIMER_REAL, 0)
    text = json.dumps({**report.as_json(), "seconds": round(time.monotonic() - begun, 3)})
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Answer requests, a line each, until standard input ends; a process of its own looks into each."""
    import yaml  # noqa: F401 - what every look needs, for all of them

    while line := sys.stdin.buffer.readline():
        child = os.fork()
        if child == 0:
            status = 1
            try:
                _answer(line)
                status = 0
            except BaseException as error:  # noqa: BLE001 - the reply says it
                why = f"{type(error).__name__}: {str(error)[:150]}"
                os.write(1, f"{json.dumps({'problem': why})}\n".encode())
            finally:
                os._exit(status)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            os.write(1, f"{json.dumps({'problem': f'ended by signal {os.WTERMSIG(status)}'})}\n".encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
