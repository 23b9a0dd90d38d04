"""Passing the listening socket from one deployment of an endpoint to the next, so that no connection is refused.

Both supervisors hold the same kernel socket for a moment: the new workers accept from it while the old ones stop, and
what waits in its queue stays there. A second socket on the port (SO_REUSEPORT) would lose the connections that wait in the
old one's queue, and would let two studios share a port unnoticed.
"""

import contextlib
import errno
import os
import socket
import threading
import time
from pathlib import Path

from studiolo.kernel.errors import StudioloError

NAME = "handover.sock"
_SECONDS = 3.0  # one asking; also how long a port may stay taken by a program that is just leaving
_PATIENCE = 30.0  # where a deployment of ours holds the port: on a busy machine its thread that gives may come late
_BACKLOG = 2048


class PortTaken(StudioloError):
    """Another program listens on the endpoint's port."""

    code, status, title = "scoring.port_taken", 409, "Port already taken"


def obtain(host: str, port: int, previous: Path | None) -> socket.socket:
    """Take the socket over from the folder of a running deployment, or bind it.

    Raises PortTaken.
    """
    if previous is not None:
        found = _take(previous)
        if found is not None:
            if port in (0, found.getsockname()[1]):
                return found
            found.close()
    return _bind(host, port)


def _take(previous: Path) -> socket.socket | None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            with _unix() as asking:
                asking.settimeout(_SECONDS)
                asking.connect(_address(previous))
                _, descriptors, _, _ = socket.recv_fds(asking, 16, 1)
        except TimeoutError:  # it is there, but has no time
            if time.monotonic() < deadline:
                continue
            return None
        except OSError:  # it is gone, or never came up: then its port is free
            return None
        return socket.socket(fileno=descriptors[0]) if descriptors else None


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    deadline = time.monotonic() + _SECONDS
    while True:
        found = socket.socket(family, socket.SOCK_STREAM)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((host, port))
            found.listen(_BACKLOG)
        except OSError as error:
            found.close()
            if error.errno == errno.EADDRINUSE and time.monotonic() < deadline:  # the one before may just be leaving
                time.sleep(0.05)
                continue
            if error.errno not in (errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL):
                raise
            raise PortTaken(
                f"{host}:{port} cannot be listened on: {error.strerror}.",
                "End the program that uses it, or deploy with another port.",
                field="port",
            ) from None
        else:
            return found


class Giver:
    """Hands the listening socket to whoever asks in this folder; only its owner can reach it (mode 0700)."""

    def __init__(self, folder: Path, listening: socket.socket) -> None:
        self._path = folder / NAME
        self._listening = listening
        self._path.unlink(missing_ok=True)
        self._socket = _unix()
        self._socket.bind(_address(folder))
        self._path.chmod(0o600)
        self._socket.listen(4)
        threading.Thread(target=self._give, name="handover", daemon=True).start()

    def _give(self) -> None:
        while True:
            try:
                asking, _ = self._socket.accept()
            except OSError:
                return
            with asking, contextlib.suppress(OSError):
                asking.settimeout(_SECONDS)
                socket.send_fds(asking, [b"socket"], [self._listening.fileno()])

    def close(self) -> None:
        """Give no more."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._path.unlink(missing_ok=True)


def _unix() -> socket.socket:
    return socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)


def _address(folder: Path) -> str:
    """Return the socket's path from here: addresses are limited to about 100 bytes, so the shorter form counts."""
    return min(str(folder / NAME), os.path.relpath(folder / NAME), key=len)
