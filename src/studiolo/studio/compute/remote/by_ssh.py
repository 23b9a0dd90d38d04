"""A connection to a machine by SSH: a channel on which its agent answers, and one more for each folder that passes."""

import contextlib
import json
import shlex
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from studiolo.kernel import ssh
from studiolo.runner import agent
from studiolo.studio.compute.backends.base import Machine
from studiolo.studio.compute.remote import arriving, boot
from studiolo.studio.compute.remote.session import ContactLost, Unable

SETTING = "STUDIOLO_COMPUTE_PRIVATE"
_ANSWER_SECONDS, _START_SECONDS, _FILE_SECONDS = 30.0, 90.0, 120.0


class SshSession:
    """One connection: a channel on which the agent answers, and one more for each folder that passes."""

    def __init__(self, machine: Machine, words: tuple[str, ...] = (), about: Mapping[str, Any] | None = None) -> None:
        """Connect. words: more of its agent's command line; about: what each question to it carries. Raises ContactLost, StudioloError."""
        config = machine.config
        self._about = dict(about or {})
        at = ssh.Address(
            str(config["host"]), int(config["port"]), str(config["user"]), str(config["host_key"]), machine.private, SETTING
        )  # fmt: skip
        self._python, self._root = str(config["python"]), str(config["folder"])
        self._where = str(at)
        self._lock = threading.Lock()
        self._transport = ssh.connect(at, machine.credentials)
        try:
            with self._contact():
                self._channel = self._transport.open_session(timeout=_ANSWER_SECONDS)
                self._channel.exec_command(boot.line(self._python))
                self._lines = self._channel.makefile("rb", 1 << 18)
                self._write(boot.greeting(self._root, words))
                answer = boot.told(self._read(_START_SECONDS))
            self.place = str(answer["place"])
            self.hello: Mapping[str, Any] = self.ask("hello")
        except Unable as error:
            self._transport.close()
            raise ContactLost(f"{self._where}: {error}") from None
        except BaseException:
            self._transport.close()
            raise

    def ask(self, verb: str, **values: Any) -> dict[str, Any]:
        """Ask the agent."""
        with self._lock, self._contact():
            self._write({"verb": verb, **self._about, **values})
            answer = self._read(_START_SECONDS if verb in ("launch", "sweep") else _ANSWER_SECONDS)
        return boot.told(answer)

    def send(self, name: str, write: Callable[[BinaryIO], None]) -> None:
        """Make an attempt there of the tar that `write` writes."""
        channel = self._run("unpack", name)
        sink = _Sink(channel, self)
        try:
            write(cast("BinaryIO", sink))
            with self._contact():
                channel.shutdown_write()
            self._ended(channel)
        finally:
            channel.close()

    def fetch(self, name: str, entry: str, into: Path) -> list[str]:
        """Bring a folder of an attempt; what is there already is replaced."""
        channel = self._run("pack", name, entry)
        try:
            source = cast("BinaryIO", _Source(channel, self))
            return arriving.take(source, entry, into, lambda: self._ended(channel), self._where)
        finally:
            channel.close()

    def close(self) -> None:
        """End the connection."""
        with contextlib.suppress(Exception):
            self._transport.close()

    def _run(self, *words: str) -> Any:
        """Run the agent's program for one folder."""
        command = [self._python, "-I", "-S", f"{self.place}/agent.py", words[0], str(self.hello["root"]), *words[1:]]
        with self._contact():
            channel = self._transport.open_session(timeout=_ANSWER_SECONDS)
            channel.settimeout(_FILE_SECONDS)
            channel.exec_command(f"exec {shlex.join(command)}")
        return channel

    def _ended(self, channel: Any) -> None:
        """Wait for the end of a program; raises Unable with what it said when it failed."""
        with self._contact():
            said = channel.makefile_stderr("rb").read(10_000).decode(errors="replace").strip()
            if not channel.status_event.wait(_FILE_SECONDS):
                raise TimeoutError
        if channel.exit_status == -1:
            raise ContactLost(f"{self._where} ended the connection.")
        if channel.exit_status:
            raise Unable(said.splitlines()[-1] if said else f"exit code {channel.exit_status}")

    def _write(self, line: dict[str, Any]) -> None:
        self._channel.settimeout(_ANSWER_SECONDS)
        self._channel.sendall(json.dumps(line).encode() + b"\n")

    def _read(self, seconds: float) -> dict[str, Any]:
        self._channel.settimeout(seconds)
        noise = b""
        while line := self._lines.readline():
            if line.startswith(agent.MARKER):
                found: dict[str, Any] = json.loads(line[len(agent.MARKER) :])
                return found
            noise = (noise + line)[-500:]
        self._channel.status_event.wait(1.0)
        said = self._channel.makefile_stderr("rb").read(2000) if self._channel.exit_status > 0 else b""
        told = (said or noise).decode(errors="replace").strip()
        raise ContactLost(f"{self._where} ended the connection{f': {told}' if told else ''}.")

    @contextmanager
    def _contact(self) -> Iterator[None]:
        """Turn what a broken connection raises into ContactLost."""
        import paramiko

        try:
            yield
        except TimeoutError:
            raise ContactLost(f"{self._where} did not answer in time.") from None
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise ContactLost(f"The connection to {self._where} broke: {error or type(error).__name__}.") from None


class _Sink:
    """The input of a program there, as a file to write to."""

    def __init__(self, channel: Any, session: SshSession) -> None:
        self._channel, self._session = channel, session

    def write(self, data: bytes) -> int:
        try:
            with self._session._contact():  # noqa: SLF001 - two halves of one thing
                self._channel.sendall(data)
        except ContactLost:
            self._session._ended(self._channel)  # noqa: SLF001 - it may have said why it reads no further
            raise
        return len(data)


class _Source:
    """The output of a program there, as a file to read from."""

    def __init__(self, channel: Any, session: SshSession) -> None:
        self._channel, self._session = channel, session

    def read(self, size: int) -> bytes:
        found = bytearray()
        with self._session._contact():  # noqa: SLF001 - two halves of one thing
            while len(found) < size and (piece := self._channel.recv(size - len(found))):
                found += piece
        return bytes(found)
