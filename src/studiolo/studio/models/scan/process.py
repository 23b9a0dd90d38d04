"""The child that looks into a model's files: `python -m studiolo.studio.models.scan.process`.

One JSON request on standard input: `{"files": [[path, local file], …], "memory": bytes, "seconds": s}`; one reply on
standard output: the report, or `{"problem": …}`. It ends by itself when its time is over, also without its parent.
"""

import json
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


def main() -> int:
    """Answer the one request."""
    request = json.load(sys.stdin)
    begun = time.monotonic()
    _limit(request["memory"], request["seconds"])
    report = scan([(name, local) for name, local in request["files"]], request.get("unpacked", 64 << 30))
    signal.setitimer(signal.ITIMER_REAL, 0)
    json.dump({**report.as_json(), "seconds": round(time.monotonic() - begun, 3)}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
