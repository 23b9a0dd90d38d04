"""A Ray cluster as the agent reaches it: through a child that has the cluster's Python (`ray_dispatcher.py`), started when first asked."""

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import tempfile
import time
from typing import Any

_READY_SECONDS, _ANSWER_SECONDS, _KNOCK_SECONDS = 25.0, 20.0, 3.0  # below what the studio waits for the agent's answer


class Away(Exception):
    """Ray did not answer; what it was asked for may or may not have been done."""


class Dispatcher:
    """The child for one cluster. address: of its head, or `auto` for the Ray that runs on this machine; token: file of its token."""

    def __init__(self, address: str, token: str) -> None:
        self._address = address or "auto"
        self._env = {key: value for key, value in os.environ.items() if not key.startswith("RAY_")}
        self._env |= {"RAY_USAGE_STATS_ENABLED": "0", **surroundings(token)}
        self._process: subprocess.Popen[bytes] | None = None
        self._buffer = b""

    def ask(self, verb: str, **values: Any) -> dict[str, Any]:
        """Ask about the cluster; raises Away."""
        if self._process is None or self._process.poll() is not None:
            self._start()
        process = self._process
        assert process is not None
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps({"verb": verb, **values}).encode() + b"\n")
        except OSError:
            raise self._gone() from None
        return self._answer(_ANSWER_SECONDS)

    def _start(self) -> None:
        self._knock()
        self.close()
        self._buffer, self._said = b"", tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the child
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-I",
                os.path.join(os.path.dirname(os.path.abspath(__file__)), "ray_dispatcher.py"),
                self._address,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            bufsize=0,
            env=self._env,
        )
        self._answer(_READY_SECONDS)

    def _knock(self) -> None:
        """Say at once that nobody is at the address; Ray itself tries for a minute."""
        host, _, port = self._address.rpartition(":")
        if not host or not port.isdigit():
            return
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=_KNOCK_SECONDS).close()
        except OSError as error:
            raise Away(f"Nobody answers at {self._address}: {error.strerror or error}.") from None

    def _answer(self, seconds: float) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        number, deadline = self._process.stdout.fileno(), time.monotonic() + seconds
        waiting = select.poll()
        waiting.register(number, select.POLLIN)
        while b"\n" not in self._buffer:
            if not waiting.poll(max(0.0, deadline - time.monotonic()) * 1000):
                self.close()  # an answer that comes later would be taken for that to the next question
                raise Away(f"It did not answer within {seconds:.0f} s.")
            piece = os.read(number, 1 << 18)
            if not piece:
                raise self._gone()
            self._buffer += piece
        line, _, self._buffer = self._buffer.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        if "away" in answer:
            raise Away(str(answer["away"]))
        return answer

    def _gone(self) -> Away:
        said = ""
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired, OSError, ValueError):
                self._process.wait(2)
                self._said.seek(0)
                lines = self._said.read()[-4000:].decode(errors="replace").strip().splitlines()
                said = f": {lines[-1][:300]}" if lines else ""
        self.close()
        return Away(f"Its connection ended{said}.")

    def close(self) -> None:
        """End the child."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, self._said):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


def surroundings(token: str) -> dict[str, str]:
    """Return the variables by which Ray's programs find the token of a cluster."""
    return {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": os.path.expanduser(token)} if token else {}


_dispatchers: dict[tuple[str, str], Dispatcher] = {}


def leave(address: str, token: str) -> None:
    """Forget a cluster that is no more."""
    if (known := _dispatchers.pop((address, token), None)) is not None:
        known.close()


def at(address: str, token: str) -> Dispatcher:
    """Return what speaks to a cluster."""
    if (address, token) not in _dispatchers:
        _dispatchers[address, token] = Dispatcher(address, token)
    return _dispatchers[address, token]
