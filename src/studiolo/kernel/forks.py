"""Children that begin at once: forked by a process that has loaded their modules before (`fork_server`), where the system can.

A child is a process of its own with its own session, streams and limits, exactly as one that is started; it only skips the
second or two that importing takes. The process that forks is started when it is first needed, holds nothing secret, and goes when
nobody needed it for a while. Without it, or on other systems than Linux, a child is started in the usual way.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Protocol

from studiolo.kernel import fork_server
from studiolo.kernel.fork_server import ENDED

PIPE = subprocess.PIPE
LOOK = 1.0  # seconds; another thread may have seen the end meanwhile
START_SECONDS = 60.0  # for loading the modules on a busy machine
Stream = int | IO[Any]  # PIPE, a descriptor or an open file


class Child(Protocol):
    """What `subprocess.Popen` and a forked child have in common."""

    pid: int
    stdin: IO[bytes] | None
    stdout: IO[bytes] | None
    stderr: IO[bytes] | None

    @property
    def returncode(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs or nobody has asked."""
        ...

    def poll(self) -> int | None:
        """Return its exit code if it has ended."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; raises subprocess.TimeoutExpired."""
        ...

    def kill(self) -> None:
        """End it at once."""
        ...


class Forked:
    """A child of the process that forks. Its number stays its own until its end was seen here."""

    def __init__(self, pid: int, status: int, streams: Sequence[IO[bytes] | None]) -> None:
        self.pid, self._status = pid, status
        self.stdin, self.stdout, self.stderr = streams
        self.returncode: int | None = None
        self._lock = threading.Lock()

    def poll(self) -> int | None:
        """Return its exit code if it has ended."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; raises subprocess.TimeoutExpired."""
        until = float("inf") if timeout is None else time.monotonic() + timeout
        while self.returncode is None:
            waiting = select.poll()
            waiting.register(self._status, select.POLLIN)
            if waiting.poll(max(0.0, min(LOOK, until - time.monotonic())) * 1000):
                self._take()
            elif time.monotonic() >= until:
                raise subprocess.TimeoutExpired([str(self.pid)], timeout or 0.0)
        return self.returncode

    def _take(self) -> None:
        with self._lock:
            if self.returncode is not None:
                return
            said = os.read(self._status, 64)
            if not said:  # the process that forks was killed: nobody looks after its children any more
                self._end()
            self.returncode = int(said.removeprefix(ENDED)) if said else -signal.SIGKILL
            os.close(self._status)

    def _end(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def kill(self) -> None:
        """End it and all that it started at once."""
        with self._lock:
            if self.returncode is None:
                self._end()

    def __del__(self) -> None:
        """Let its number go."""
        if self.returncode is None:
            with suppress(OSError):
                os.close(self._status)


class Forks:
    """Starts children from loaded modules. modules: that are loaded; environment: of the process that forks and its children."""

    def __init__(self, modules: Sequence[str], environment: Callable[[], dict[str, str]], idle: float) -> None:
        self._modules, self._environment, self._idle = modules, environment, idle
        self._control: socket.socket | None = None
        self._lock = threading.Lock()

    def warm(self) -> None:
        """See to it that the next child begins at once; does not wait."""
        if sys.platform == "linux":
            with self._lock:
                self._running()

    def start(
        self, module: str, folder: Path, streams: Sequence[Stream], environment: Mapping[str, str] | None = None
    ) -> Child:
        """Start the `main` of a module in a folder. streams: standard input, output and error. environment: more of it."""
        more = dict(environment or {})
        if sys.platform == "linux":
            for _ in range(2):  # it may end just when it is told
                child = self._fork({"module": module, "folder": str(folder), "environment": more}, streams)
                if child is not None:
                    return child
        stdin, stdout, stderr = streams
        return subprocess.Popen(
            [sys.executable, "-P", "-m", module],
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            cwd=folder,
            env=self._environment() | more,
            start_new_session=True,
        )

    def close(self) -> None:
        """End the process that forks, and its children."""
        with self._lock:
            self._forget()

    def _running(self) -> socket.socket:
        if self._control is None:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                process = subprocess.Popen(
                    [sys.executable, "-P", "-m", fork_server.__name__, str(self._idle), *self._modules],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    cwd="/",
                    env=self._environment(),
                    start_new_session=True,
                )
            threading.Thread(target=self._until_gone, args=(process, ours), daemon=True).start()
            self._control = ours
        return self._control

    def _until_gone(self, process: "subprocess.Popen[bytes]", control: socket.socket) -> None:
        process.wait()
        with self._lock:
            if self._control is control:
                self._forget()

    def _forget(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None

    def _fork(self, asked: dict[str, Any], streams: Sequence[Stream]) -> Forked | None:
        """Have a child forked; None when that is not possible now."""
        ours: list[IO[bytes] | None] = []
        theirs: list[int] = []
        made: list[int] = []
        for place, stream in enumerate(streams):
            if stream == PIPE:
                reading, writing = os.pipe()
                ours.append(os.fdopen(writing, "wb") if place == 0 else os.fdopen(reading, "rb"))
                made.append(reading if place == 0 else writing)
                theirs.append(made[-1])
            else:
                ours.append(None)
                theirs.append(stream if isinstance(stream, int) else stream.fileno())
        status, telling = os.pipe()
        made.append(telling)
        try:
            with self._lock:
                try:
                    socket.send_fds(self._running(), [json.dumps(asked).encode()], [*theirs, telling])
                except OSError:
                    self._forget()  # before anyone else starts another one
        finally:
            for descriptor in made:
                os.close(descriptor)
        said = _line(status)
        if said and not said.startswith(ENDED):  # one that ended before it told its number is no child
            return Forked(int(said), status, ours)
        os.close(status)
        for opened in ours:
            if opened:
                opened.close()
        return None


def _line(status: int) -> bytes:
    """Return the first line of a pipe; nothing when it ends before."""
    waiting = select.poll()
    waiting.register(status, select.POLLIN)
    found = b""
    while not found.endswith(b"\n"):
        if not waiting.poll(START_SECONDS * 1000):
            return b""
        byte = os.read(status, 1)  # one by one: the exit code may stand behind it
        if not byte:
            return b""
        found += byte
    return found
