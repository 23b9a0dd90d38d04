"""Looks into the files of versions by a child process: the server and the controller read no pickle themselves."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from studiolo.kernel.context import Context
from studiolo.studio.experiments import artifacts
from studiolo.studio.models import repository
from studiolo.studio.models.repository import Found
from studiolo.studio.models.scan.report import FORMAT, SCANNER
from studiolo.studio.models.schemas import Scan

PASSED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "SYSTEMROOT")  # nothing that is secret
_GRACE = 10.0
_STAY_SECONDS = 10  # versions come in bursts, and starting the process costs more than a look
_UNPACKED = 16  # times the size of the files, and at least 1 GiB: more is a bomb


class Child:
    """A process that looks into files, for one look or for many; a context manager."""

    def __init__(self) -> None:
        environment = {key: os.environ[key] for key in PASSED_ON if key in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "studiolo.studio.models.scan.process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )

    def __enter__(self) -> "Child":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process, with a look that is under way."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with suppress(OSError):
                    pipe.close()
        self._process.wait()

    def look(self, ctx: Context, row: Found) -> Scan | None:
        """Look into a version and store what was found; None when its files are elsewhere, or it was deleted meanwhile."""
        if not row.folder:
            return None
        with ctx.db.read() as tx:
            files = [(file.path, str(ctx.blobs.path(file.digest))) for file in artifacts.below(tx, ctx, row.folder)]
        report = self._ask(ctx, files, row.size)
        with ctx.db.begin() as tx:
            if not repository.keep_scan(tx, ctx, row.id, report):
                return None
            ctx.events.emit(tx, "model.scanned", row.name, {"version": row.version, "verdict": report["verdict"]})
            return repository.scan(tx, row.id)

    def _ask(self, ctx: Context, files: list[tuple[str, str]], size: int) -> dict[str, Any]:
        seconds = ctx.settings.inspect_seconds
        request = {
            "files": files,
            "memory": ctx.settings.inspect_memory_bytes,
            "seconds": seconds,
            "unpacked": max(1 << 30, _UNPACKED * size),
        }
        answer, late = self._exchange(json.dumps(request).encode() + b"\n", seconds + _GRACE)
        if late:
            return _failed("takes longer than a look may")
        try:
            found: dict[str, Any] = json.loads(answer)
        except ValueError:
            return _failed("could not be looked into: the process that looked is gone")
        return _failed(f"could not be looked into: {found['problem']}") if "problem" in found else found

    def _exchange(self, request: bytes, seconds: float) -> tuple[bytes, bool]:
        """Return a line of reply, and whether none came in time; then the process is killed."""
        assert self._process.stdin
        assert self._process.stdout
        timer = threading.Timer(seconds, os.killpg, (self._process.pid, signal.SIGKILL))
        timer.start()
        try:
            self._process.stdin.write(request)
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except OSError:
            answer = b""
        finally:
            late = timer.finished.is_set()
            timer.cancel()
        return answer, late and not answer

    @property
    def gone(self) -> bool:
        """Say whether the process has ended."""
        return self._process.poll() is not None


def look(ctx: Context, row: Found) -> Scan | None:
    """Look into one version now."""
    with Child() as child:
        return child.look(ctx, row)


def _failed(why: str) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "scanner": SCANNER,
        "verdict": "unreadable",
        "findings": [],
        "notes": [],
        "unreadable": [{"file": "the model", "why": why}],
        "files": 0,
        "pickles": 0,
        "cut": False,
        "seconds": 0.0,
    }


class Lookout:
    """Looks into versions one after another beside the controller's loop, which must not wait for it.

    Nothing is recorded before the end: killed, the version is looked into again.
    """

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._child: Child | None = None
        self._used = 0.0

    def busy(self) -> bool:
        """Say whether versions are being looked into."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, ctx: Context, following: Callable[[Context], Found | None]) -> None:
        """Begin to look into what `following` returns, until that is nothing."""
        self._thread = threading.Thread(target=self._work, args=(ctx, following), name="model-scan", daemon=True)
        self._thread.start()

    def rest(self) -> None:
        """End the process when nothing has come for a while."""
        if self._child is not None and time.monotonic() > self._used + _STAY_SECONDS:
            self._child.close()
            self._child = None

    def _work(self, ctx: Context, following: Callable[[Context], Found | None]) -> None:
        try:
            while row := following(ctx):
                if self._child is None or self._child.gone:
                    self._child = Child()
                self._child.look(ctx, row)
        finally:
            self._used = time.monotonic()
