"""A connection to an agent on the studio's own machine: a process, and one more for each folder that passes."""

import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast

from studiolo.runner import agent
from studiolo.studio.compute.backends.base import Machine
from studiolo.studio.compute.remote import arriving, boot
from studiolo.studio.compute.remote.session import ContactLost, Unable

_ANSWER_SECONDS, _FILE_SECONDS, _END_SECONDS = 90.0, 120.0, 5.0
_OURS = ("STUDIOLO_", "MLFLOW_", "AZUREML_")


class PipeSession:
    """One agent, in the account that runs the studio and without the studio's settings."""

    def __init__(self, machine: Machine, words: tuple[str, ...] = (), about: Mapping[str, Any] | None = None) -> None:
        """Start it. words: more of its agent's command line; about: what each question to it carries. Raises ContactLost."""
        self._about = dict(about or {})
        self._python = str(machine.config["python"]) or sys.executable
        self._env = {key: value for key, value in os.environ.items() if not key.startswith(_OURS)}
        self._lock, self._buffer = threading.Lock(), b""
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the session
        try:
            self._process = self._start(boot.command(self._python), stdin=subprocess.PIPE, stderr=self._said)
        except OSError as error:
            raise ContactLost(f"'{self._python}' cannot be run here: {error.strerror}.") from None
        try:
            self._write(boot.greeting(str(machine.config["folder"]), words))
            self.place = str(boot.told(self._read())["place"])
            self.hello: Mapping[str, Any] = self.ask("hello")
        except Unable as error:
            self.close()
            raise ContactLost(str(error)) from None
        except BaseException:
            self.close()
            raise

    def ask(self, verb: str, **values: Any) -> dict[str, Any]:
        """Ask the agent."""
        with self._lock:
            self._write({"verb": verb, **self._about, **values})
            answer = self._read()
        return boot.told(answer)

    def send(self, name: str, write: Callable[[BinaryIO], None]) -> None:
        """Make an attempt there of the tar that `write` writes."""
        process = self._run("unpack", name, stdin=subprocess.PIPE)
        assert process.stdin is not None
        try:
            try:
                write(cast("BinaryIO", process.stdin))
                process.stdin.close()
            except BrokenPipeError:
                self._ended(process)  # it may have said why it reads no further
                raise ContactLost("The agent stopped in the middle of a folder.") from None
            self._ended(process)
        finally:
            _over(process)

    def fetch(self, name: str, entry: str, into: Path) -> list[str]:
        """Bring a folder of an attempt; what is there already is replaced."""
        process = self._run("pack", name, entry, stdout=subprocess.PIPE)
        try:
            source = cast("BinaryIO", process.stdout)
            return arriving.take(source, entry, into, lambda: self._ended(process), "The agent")
        finally:
            _over(process)

    def close(self) -> None:
        """End the agent."""
        _over(self._process)
        with contextlib.suppress(OSError):
            self._said.close()

    def _start(self, words: list[str], **streams: Any) -> "subprocess.Popen[bytes]":
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, **streams}
        return subprocess.Popen(words, env=self._env, cwd="/", start_new_session=True, bufsize=0, **streams)

    def _run(self, *words: str, **streams: Any) -> "subprocess.Popen[bytes]":
        command = [self._python, "-I", "-S", f"{self.place}/agent.py", words[0], str(self.hello["root"]), *words[1:]]
        return self._start(command, **{"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, **streams})

    def _ended(self, process: "subprocess.Popen[bytes]") -> None:
        """Wait for the end of a program; raises Unable with what it said when it failed."""
        assert process.stderr is not None
        said = process.stderr.read(10_000).decode(errors="replace").strip()
        try:
            code = process.wait(_FILE_SECONDS)
        except subprocess.TimeoutExpired:
            raise ContactLost("The agent did not end in time.") from None
        if code:
            raise Unable(said.splitlines()[-1] if said else f"exit code {code}")

    def _write(self, line: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(line).encode() + b"\n")
        except (OSError, ValueError):
            raise self._gone() from None

    def _read(self) -> dict[str, Any]:
        while True:
            line = self._line(time.monotonic() + _ANSWER_SECONDS)
            if line.startswith(agent.MARKER):
                found: dict[str, Any] = json.loads(line[len(agent.MARKER) :])
                return found

    def _line(self, deadline: float) -> bytes:
        assert self._process.stdout is not None
        number = self._process.stdout.fileno()
        waiting = select.poll()  # `select` itself ends at 1024 open files
        waiting.register(number, select.POLLIN)
        while b"\n" not in self._buffer:
            if not waiting.poll(max(0.0, deadline - time.monotonic()) * 1000):
                raise ContactLost("The agent did not answer in time.")
            piece = os.read(number, 1 << 18)
            if not piece:
                raise self._gone()
            self._buffer += piece
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def _gone(self) -> ContactLost:
        with contextlib.suppress(OSError, ValueError, subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)
            self._said.seek(0)
            if said := self._said.read(2000).decode(errors="replace").strip():
                return ContactLost(f"The agent ended: {said.splitlines()[-1]}")
        return ContactLost("The agent ended.")


def _over(process: "subprocess.Popen[bytes]") -> None:
    """End a program of a session and forget it."""
    with contextlib.suppress(OSError):
        process.kill()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with contextlib.suppress(OSError, ValueError):
                stream.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_END_SECONDS)
