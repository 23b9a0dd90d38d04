"""Runners that begin at once: forked by a process that has loaded what they need (`forking`), where the system can.

A runner that was forked is the same as one that was started: detached, with an environment of its own, and it outlives both who asked
and who forked it. Only who has called `open_` gets them; all others start each runner in the usual way.
"""

import json
import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

_FORKING = Path(__file__).with_name("forking.py")
_PATIENCE, _END_SECONDS = 60.0, 5.0
_KEPT = ("PATH", "LANG", "LC_ALL", "HOME", "TMPDIR")


def surroundings() -> dict[str, str]:
    """Return the environment of a runner: without the mark, since what carries it is ended with the job."""
    return {key: os.environ[key] for key in _KEPT if key in os.environ}


class Nest:
    """The process that forks, and how it is asked. command, environment: of that process; patience: seconds that it has to end."""

    def __init__(self, command: list[str], environment: Mapping[str, str], patience: float = _END_SECONDS) -> None:
        self._patience = patience
        self._command, self._environment = command, dict(environment)
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def fork(self, folder: Path, handed: bytes) -> bool | None:
        """Have a runner own an attempt; False when it has an owner, None when that cannot be done now."""
        told, tell = os.pipe()
        given, give = os.pipe()
        try:
            with self._lock:
                try:
                    socket.send_fds(self._running(), [b"F" + os.fsencode(folder)], [tell, given])
                except OSError:
                    self._forget()
                    return None
                finally:
                    os.close(tell)
                    os.close(given)
            with suppress(BrokenPipeError), os.fdopen(os.dup(give), "wb") as pipe:
                pipe.write(handed)
            os.close(give)
            give = -1
            waiting = select.poll()
            waiting.register(told, select.POLLIN)
            said = os.read(told, 1) if waiting.poll(_PATIENCE * 1000) else b""
        finally:
            os.close(told)
            if give >= 0:
                os.close(give)
        return {b"+": True, b"=": False}.get(said)

    def load(self, modules: Sequence[str]) -> int | None:
        """Have modules loaded; returns a descriptor on which it is said when they are, None when that cannot be done now."""
        told, tell = os.pipe()
        with self._lock:
            try:
                socket.send_fds(self._running(), [b"L" + json.dumps(list(modules)).encode()], [tell])
            except OSError:
                self._forget()
                os.close(told)
                return None
            finally:
                os.close(tell)
        return told

    @property
    def pid(self) -> int | None:
        """Number of the process that forks, None when there is none."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def close(self) -> None:
        """End the process that forks; its runners go on."""
        with self._lock:
            self._forget()

    def _running(self) -> socket.socket:
        if self._process is not None and self._process.poll() is not None:
            self._forget()
        if self._control is None:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                self._process = subprocess.Popen(
                    self._command,
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    cwd="/",
                    env=self._environment,
                    start_new_session=True,
                )
            self._control = ours
        return self._control

    def _forget(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            try:
                self._process.wait(self._patience)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None


_nest: Nest | None = None


def open_() -> None:
    """Let runners of this process be forked from now on."""
    global _nest
    if _nest is None and sys.platform == "linux":
        _nest = Nest([sys.executable, "-I", "-S", str(_FORKING)], surroundings())


def close() -> None:
    """Start runners in the usual way again."""
    global _nest
    if _nest is not None:
        _nest.close()
        _nest = None


def fork(folder: Path, handed: Mapping[str, Any]) -> bool | None:
    """Have a runner own an attempt; False when it has an owner, None when it must be started in the usual way."""
    return _nest.fork(folder, json.dumps(handed).encode() if handed["env"] else b"") if _nest is not None else None
