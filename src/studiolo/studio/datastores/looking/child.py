"""The server's side of looking: a child process, a deadline, a memory limit, a folder that goes afterwards."""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from studiolo.kernel import errors as common
from studiolo.kernel import outbound
from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError, Unavailable
from studiolo.kernel.ids import new_id
from studiolo.studio.datastores import errors
from studiolo.studio.datastores.errors import NoAnswer, StoreError

WORK = "work"  # swept with those of inspections
AT_ONCE = 8
_GRACE = 5.0  # seconds that a child gets beyond what it asks a database for
_PATIENCE = 2.0  # seconds that a request waits for its turn: others need the server's threads too
_PASSED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "SYSTEMROOT", "SSL_CERT_FILE", "SSL_CERT_DIR")
_IDENTITY = ("HOME", "GOOGLE_", "CLOUDSDK_", "AZURE_", "MSI_", "IDENTITY_")  # by which a machine signs in as itself
log = logging.getLogger(__name__)
_slots = threading.BoundedSemaphore(AT_ONCE)


@contextmanager
def work_folder(ctx: Context) -> Iterator[Path]:
    """Give a folder that is gone afterwards."""
    folder = ctx.settings.home / WORK / new_id()
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def ask(ctx: Context, module: str, request: dict[str, Any], work: Path, *, identity: bool = False) -> dict[str, Any]:
    """Let a child answer; credentials go to its standard input alone. Raises what it raised, NoAnswer, Unavailable.

    identity: whether it may see how this machine signs in as itself.
    """
    seconds = ctx.settings.datastore_seconds
    request = {**request, "memory": ctx.settings.inspect_memory_bytes, "seconds": seconds, "work": str(work)}
    if not _slots.acquire(timeout=_PATIENCE):
        raise Unavailable("Too many datastores are being looked into just now.", "Try again in a moment.")
    try:
        answer, complaint, code = _run(module, request, work, seconds + _GRACE, identity=identity)
        if code or complaint:
            words = complaint[-2000:].decode("utf-8", "replace").strip()
            log.warning("%s ended with %d: %s", module, code, words)  # the log knows the credentials and hides them
        return _understood(answer, complaint, code)
    finally:
        _slots.release()


def _run(
    module: str, request: dict[str, Any], work: Path, seconds: float, *, identity: bool
) -> tuple[bytes, bytes, int]:
    kept = _PASSED_ON + (_IDENTITY if identity else ())
    env = {key: value for key, value in os.environ.items() if key.startswith(kept)} | {"TMPDIR": str(work)}
    with subprocess.Popen(
        [sys.executable, "-P", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=work,
        env=env,
        start_new_session=True,
    ) as child:
        try:
            answer, complaint = child.communicate(json.dumps(request).encode(), timeout=seconds)
        except BaseException as error:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            if isinstance(error, subprocess.TimeoutExpired):
                raise NoAnswer(
                    f"It did not answer within {seconds:g} s.", "Try again, or raise STUDIOLO_DATASTORE_SECONDS."
                ) from None
            raise
    return answer, complaint, child.returncode


def _understood(answer: bytes, complaint: bytes, code: int) -> dict[str, Any]:
    try:
        reply: dict[str, Any] = json.loads(answer)
    except ValueError:
        reply = {"memory": True} if code in (-signal.SIGKILL, -signal.SIGSEGV) or b"MemoryError" in complaint else {}
    if "ok" in reply:
        found: dict[str, Any] = reply["ok"]
        return found
    if "problem" in reply:
        raise _as_error(reply["problem"])
    if "memory" in reply:
        raise StoreError(
            "Looking into it took more memory than it may.", "Ask for fewer or shorter values.", field="query"
        )
    raise StoreError(
        f"Looking into it failed with {reply.get('crash') or f'exit code {code}'}.", "The server's log says more."
    )


def _as_error(problem: dict[str, Any]) -> StudioloError:
    """Make the child's error again, by its class."""
    name = str(problem["class"])
    kind: Any = next((getattr(m, name) for m in (errors, common, outbound) if hasattr(m, name)), StoreError)
    if not (isinstance(kind, type) and issubclass(kind, StudioloError)):
        kind = StoreError
    made: StudioloError = kind.__new__(kind)
    StudioloError.__init__(made, problem["detail"], problem.get("hint", ""), field=problem.get("field", ""))
    return made
