"""Looks into the files of versions by a child process: the server and the controller read no pickle themselves."""

import json
import os
import signal
import subprocess
import sys
import threading
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
_UNPACKED = 16  # times the size of the files, and at least 1 GiB: more is a bomb


def look(ctx: Context, row: Found) -> Scan | None:
    """Look into a version and store what was found; None when its files are elsewhere, or it was deleted meanwhile."""
    if not row.folder:
        return None
    with ctx.db.read() as tx:
        files = [(file.path, str(ctx.blobs.path(file.digest))) for file in artifacts.below(tx, ctx, row.folder)]
    report = _ask(ctx, files, row.size)
    with ctx.db.begin() as tx:
        if not repository.keep_scan(tx, ctx, row.id, report):
            return None
        ctx.events.emit(tx, "model.scanned", row.name, {"version": row.version, "verdict": report["verdict"]})
        return repository.scan(tx, row.id)


def _ask(ctx: Context, files: list[tuple[str, str]], size: int) -> dict[str, Any]:
    seconds = ctx.settings.inspect_seconds
    request = {
        "files": files,
        "memory": ctx.settings.inspect_memory_bytes,
        "seconds": seconds,
        "unpacked": max(1 << 30, _UNPACKED * size),
    }
    environment = {key: os.environ[key] for key in PASSED_ON if key in os.environ}
    with subprocess.Popen(
        [sys.executable, "-m", "studiolo.studio.models.scan.process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    ) as child:
        try:
            answer, complaint = child.communicate(json.dumps(request).encode(), timeout=seconds + _GRACE)
        except subprocess.TimeoutExpired:
            _kill(child)
            return _failed("takes longer than a look may")
        except BaseException:
            _kill(child)
            raise
    try:
        found: dict[str, Any] = json.loads(answer)
    except ValueError:
        last = (complaint.decode("utf-8", "replace").strip().splitlines() or [f"exit code {child.returncode}"])[-1]
        return _failed(f"could not be looked into: {last[:200]}")
    return found


def _kill(child: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


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

    def busy(self) -> bool:
        """Say whether a version is being looked into."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, ctx: Context, row: Found) -> None:
        """Begin with a version."""
        self._thread = threading.Thread(target=look, args=(ctx, row), name="model-scan", daemon=True)
        self._thread.start()
