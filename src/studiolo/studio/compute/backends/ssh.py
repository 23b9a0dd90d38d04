"""A machine by SSH: jobs run there in an account of it, under the same runner as here, and outlive every connection."""

import base64
import contextlib
import hashlib
import json
import secrets
import shlex
import shutil
import tarfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from studiolo.kernel import ssh, untar
from studiolo.kernel.errors import StudioloError
from studiolo.kernel.settings import Settings
from studiolo.runner import agent, attempt
from studiolo.studio.compute.backends.base import (
    NOTHING,
    BackendSpec,
    Capacity,
    Handed,
    Kept,
    Machine,
    Observation,
    Order,
    Swept,
    Usage,
    capacity_of,
)
from studiolo.studio.compute.remote.link import Link
from studiolo.studio.compute.remote.session import ContactLost, Unable
from studiolo.studio.compute.remote.watched import USAGE

SPEC = BackendSpec(
    name="ssh",
    title="Machine by SSH",
    description="Jobs run as processes of an account on another machine, which needs Python 3.10 and nothing else.",
    attached=True,
    extra="sftp",
)
SETTING = "STUDIOLO_COMPUTE_PRIVATE"
_ANSWER_SECONDS, _START_SECONDS, _FILE_SECONDS = 30.0, 90.0, 120.0
_BOOT = b"""
import json, os, shutil, sys
def say(**said):
    sys.stdout.write("@studiolo " + json.dumps(said) + "\\n"); sys.stdout.flush()
if sys.version_info < (3, 10):
    say(error="Its Python is %d.%d; the runner needs 3.10 or newer." % sys.version_info[:2]); sys.exit(3)
given = json.loads(sys.stdin.buffer.readline())
root = os.path.abspath(os.path.expanduser(given["root"]))
place = os.path.join(root, "runner", given["hash"])
try:
    if not os.path.isdir(place):
        part = "%s.%d" % (place, os.getpid())
        os.makedirs(part, 0o700)
        for name, text in given["files"].items():
            with open(os.path.join(part, name), "w", encoding="utf-8") as file: file.write(text)
        try: os.rename(part, place)
        except OSError: shutil.rmtree(part)
except OSError as error:
    say(error="%s cannot be used: %s." % (root, error.strerror)); sys.exit(3)
say(place=place)
os.execv(sys.executable, [sys.executable, "-I", "-S", os.path.join(place, "agent.py"), "serve", root])
"""
_links: dict[str, tuple[str, Link]] = {}
_lock = threading.Lock()


class SshMachine:
    """A machine as a backend."""

    SPEC = SPEC

    def __init__(self, machine: Machine, link: Link) -> None:
        self._machine, self._link = machine, link

    def capacity(self, settings: Settings) -> Capacity:
        """Return what was told of it, or measured when it was tried."""
        return capacity_of(self._machine.config, _LIMITS)

    def start(self, folder: Path, order: Order, handed: Handed = NOTHING) -> bool:
        """Ship an attempt and start a runner on it; False when it has an owner already, as far as is known."""
        return self._link.start(folder, order, handed)

    def poll(self, folder: Path) -> Observation:
        """Say what has become of an attempt, as it was seen last."""
        return self._link.poll(folder)

    def stop(self, folder: Path) -> None:
        """Ask for the end of an attempt; while the machine does not answer, as soon as it does."""
        self._link.stop(folder)

    def preempt(self, folder: Path) -> None:
        """Ask for the end of an attempt, so that others have room."""
        self._link.preempt(folder)

    def bar(self, folder: Path, reason: str) -> bool:
        """Take an attempt that nobody owns, so that it never starts."""
        return self._link.bar(folder, reason)

    def sweep(self, folder: Path, mark: str) -> list[Swept]:
        """Return what was found and ended of an attempt whose runner is gone."""
        return self._link.sweep(folder, mark)

    def usage(self, folder: Path) -> Usage | None:
        """Return what an attempt used when it was seen last."""
        return used(folder)


_LIMITS = (
    Kept("cores", False, "Jobs of the studio wait for free cores; what else runs on the machine is not known here."),
    Kept("memory", True, "The runner there measures the job's processes and ends a job above its own limit."),
    Kept("time", True, "The runner there ends a job at its time limit, also while nobody is connected."),
    Kept("processes", True, "All processes of a job are found by descent and by a mark, and ended with it."),
)


def attach(machine: Machine) -> SshMachine:
    """Return what runs attempts on a machine; one connection per machine and process, made anew when it is changed."""
    with _lock:
        known = _links.get(machine.id)
        if known is None or known[0] != machine.stamp:
            if known is not None:
                known[1].close()
            _links[machine.id] = (machine.stamp, Link(machine.name, lambda: _session(machine)))
        return SshMachine(machine, _links[machine.id][1])


def used(folder: Path) -> Usage | None:
    """Return what an attempt used when it was seen last; any process may ask."""
    found = attempt.read_json(str(folder), USAGE)
    return Usage(int(found["processes"]), int(found["memory_bytes"])) if found else None


def detach(machine_id: str) -> None:
    """End the connection to a machine that is not attached any more."""
    with _lock:
        known = _links.pop(machine_id, None)
    if known is not None:
        known[1].close()


def silent(machine_id: str) -> str | None:
    """Say why a machine does not answer this process; None when it does, or was not asked."""
    known = _links.get(machine_id)
    return known[1].silent if known else None


def probe(machine: Machine) -> Mapping[str, Any]:
    """Connect, and return what the machine says of itself; raises StudioloError."""
    try:
        session = SshSession(machine)
    except ContactLost as error:
        raise ssh.HostAway(str(error), "Look at the machine: is Python there, and may the account write?") from None
    session.close()
    return session.hello


def _session(machine: Machine) -> "SshSession":
    try:
        return SshSession(machine)
    except StudioloError as error:
        raise ContactLost(f"{error.detail} {error.hint}".strip()) from None


class SshSession:
    """One connection: a channel on which the agent answers, and one more for each folder that passes."""

    def __init__(self, machine: Machine) -> None:
        config = machine.config
        at = ssh.Address(
            str(config["host"]), int(config["port"]), str(config["user"]), str(config["host_key"]), machine.private, SETTING
        )  # fmt: skip
        self._python, self._root = str(config["python"]), str(config["folder"])
        self._where = str(at)
        self._lock = threading.Lock()
        self._transport = ssh.connect(at, machine.credentials)
        try:
            with self._contact():
                boot = base64.b64encode(_BOOT).decode()
                self._channel = self._transport.open_session(timeout=_ANSWER_SECONDS)
                said = f'exec(__import__("base64").b64decode("{boot}"))'
                self._channel.exec_command(f"exec {shlex.quote(self._python)} -I -S -c {shlex.quote(said)}")
                self._lines = self._channel.makefile("rb", 1 << 18)
                files = _runner()
                self._write({"root": self._root, "hash": _hash(files), "files": files})
                answer = _told(self._read(_START_SECONDS))
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
            self._write({"verb": verb, **values})
            answer = self._read(_START_SECONDS if verb in ("launch", "sweep") else _ANSWER_SECONDS)
        return _told(answer)

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
        # of a process that was killed; who still writes there fails, and is no harm
        for old in into.glob(f".{entry}.*.part"):
            shutil.rmtree(old, ignore_errors=True)
        part = into / f".{entry}.{secrets.token_hex(6)}.part"
        part.mkdir()
        left: list[str] = []
        whole = False
        channel = self._run("pack", name, entry)
        try:
            with tarfile.open(fileobj=cast("BinaryIO", _Source(channel, self)), mode="r|") as tar:
                for member in tar:
                    whole = whole or member.name == ".whole"
                    if not untar.take(tar, member, part):
                        left.append(member.name)
            self._ended(channel)
        except tarfile.ReadError as error:
            self._ended(channel)
            raise ContactLost(f"{self._where} stopped in the middle of a folder: {error}.") from None
        finally:
            channel.close()
        if not whole:
            raise ContactLost(f"{self._where} stopped in the middle of a folder.")
        if (part / entry).is_dir():
            shutil.rmtree(into / entry, ignore_errors=True)
            (part / entry).rename(into / entry)
        shutil.rmtree(part, ignore_errors=True)
        return left

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


def _told(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer of the agent; raises Unable when it says that it cannot."""
    if "error" in answer:
        raise Unable(str(answer["error"]))
    return answer


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


def _runner() -> dict[str, str]:
    """Return the files of the runner."""
    folder = Path(agent.__file__).parent
    return {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*.py"))}


def _hash(files: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()[:16]
