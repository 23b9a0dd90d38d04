"""A real Ray on this machine: a head and more nodes on the loopback, each with a raylet that can be killed, and a token of its own."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from studiolo.studio.compute.backends import ray
from studiolo.studio.compute.backends.base import Backend, Machine
from studiolo.studio.compute.ray import settings as of_ray
from studiolo.studio.compute.remote.attached import linked
from studiolo.studio.compute.remote.link import Link
from studiolo.studio.compute.remote.session import ContactLost, Session
from studiolo.testing.stores.servers import ServerMissing, free_port

_UP_SECONDS = 120.0
_STORE_BYTES = 80_000_000


class Ray:
    """A head, and more nodes as they are asked for. folder: short, as Ray's sockets lie below it."""

    def __init__(self, folder: Path) -> None:
        """Prepare it; raises ServerMissing, which names the package."""
        if find_spec("ray") is None:
            raise ServerMissing("Ray: pip install 'ray>=2.50,<3'")
        self.folder, self.token = folder, folder / "token"
        self.token.write_text(secrets.token_hex(32))
        self.token.chmod(0o600)
        self.mark = f"tests:{secrets.token_hex(8)}"
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("RAY_")},
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN_PATH": str(self.token),
            "RAY_USAGE_STATS_ENABLED": "0",
            "STUDIOLO_TEST_RAY": self.mark,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"

    def start_head(self, cores: int = 2) -> None:
        """Start the head, at the same address each time."""
        self._start(
            "--head",
            f"--port={self.port}",
            "--node-ip-address=127.0.0.1",
            "--include-dashboard=false",
            "--no-monitor",
            f"--temp-dir={self.folder / 'r'}",
            cores=cores,
        )

    def add_node(self, cores: int, **resources: float) -> int:
        """Start one more node; returns the pid of its raylet."""
        before = set(self.raylets())
        self._start(f"--address={self.address}", "--node-ip-address=127.0.0.1", cores=cores, **resources)
        (found,) = set(self.raylets()) - before
        return found

    def _start(self, *words: str, cores: int, **resources: float) -> None:
        import json

        command = [sys.executable, "-c", "import sys; from ray.scripts.scripts import main; sys.exit(main())", "start"]
        command += [*words, f"--num-cpus={cores}", f"--object-store-memory={_STORE_BYTES}", "--disable-usage-stats"]
        command += ["--include-log-monitor=false"]  # a process for each node, and nobody reads what it passes on
        command += [f"--resources={json.dumps(resources)}", f"--memory={2 << 30}"]
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=_UP_SECONDS, check=False
        )
        if done.returncode:
            raise RuntimeError(f"Ray did not come up: {done.stdout[-1500:]}{done.stderr[-1500:]}")

    def wish(self) -> str:
        """Return what the autoscaler is asked for, as it reads it."""
        code = (
            "import sys; from ray._raylet import GcsClient; "
            "from ray._private.ray_constants import AUTOSCALER_RESOURCE_REQUEST_CHANNEL as key; "
            "print((GcsClient(address=sys.argv[1]).internal_kv_get(key, None) or b'').decode())"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, self.address],
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=_UP_SECONDS,
        )
        return done.stdout.strip()

    def processes(self) -> list[Any]:
        """Return the processes of this Ray, by the mark in their environment: `ray stop` would end every Ray of the machine."""
        found = []
        for process in psutil.process_iter(["name", "cmdline"]):
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                if process.environ().get("STUDIOLO_TEST_RAY") == self.mark:
                    found.append(process)
        return found

    def raylets(self) -> list[int]:
        """Return the pids of the raylets."""
        return [process.pid for process in self.processes() if process.info["name"] == "raylet"]

    def kill(self, *pids: int) -> None:
        """Kill processes, and wait until they are gone."""
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in pids):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{pids} do not end")
            time.sleep(0.02)

    def kill_head(self) -> None:
        """Kill the head as a machine that falls does it: its server and all that belongs to it."""
        self.kill(*(process.pid for process in self.processes()))

    def stop(self) -> None:
        """End all of it."""
        deadline = time.monotonic() + 20
        while (left := self.processes()) and time.monotonic() < deadline:
            for process in left:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            time.sleep(0.05)


def by_ray(cluster: Ray, root: Path, **changes: Any) -> Machine:
    """Return a Ray of this machine, as one that is attached."""
    given = {"address": cluster.address, "token_file": str(cluster.token), **changes.pop("settings", {})}
    config = {"host": "", "python": "", "folder": str(root), "settings": of_ray.checked(given), "cores": 4}
    config |= {"memory_bytes": 2**30, "machine_cores": 4, "machine_memory_bytes": 2**30} | changes
    return Machine("2" * 32, "rays", config, {}, stamp=str(time.monotonic()))


class Kept:
    """An agent that several tests use one after another, as its start takes seconds: who is done with it leaves it open."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._session: Session | None = None

    def session(self) -> Session:
        """Return the agent, started anew when it was ended."""
        if self._session is None:
            self._session = ray._session(self._machine)  # noqa: SLF001 - as `attach` does, without its registry
        return self._session

    def end(self) -> None:
        """End it."""
        session, self._session = self._session, None
        if session is not None:
            session.close()


class _Lent:
    """A session that is left open by who closes it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.hello, self.place = session.hello, session.place
        self.ask, self.send, self.fetch = session.ask, session.send, session.fetch

    def close(self) -> None:
        """Leave it."""


class RayPlace:
    """A Ray for the conformance suite: what is lost is the agents on it, as connections that break; Ray's own deaths are tests of their own."""

    def __init__(self, machine: Machine, kept: Kept) -> None:
        self.root, self._machine, self._kept = Path(machine.config["folder"]), machine, kept
        self._made: list[Link] = []
        self._sessions: list[Session] = []
        self._lost = False

    def controller(self) -> Backend:
        """Return a backend with an agent: the one that is kept for the first, one of its own for each more."""
        first = not self._made
        link = linked(self._machine, lambda: self._connect(kept=first))
        self._made.append(link)
        return ray.RayCluster(self._machine, link)

    def _connect(self, *, kept: bool) -> Session:
        if self._lost:
            raise ContactLost("The connection was cut.")
        if kept:
            return _Lent(self._kept.session())
        made = ray._session(self._machine)  # noqa: SLF001 - as above
        self._sessions.append(made)
        return made

    def lose(self) -> None:
        """Kill the agents."""
        self._lost = True
        self._kept.end()
        for session in self._sessions:
            session.close()
        self._sessions.clear()

    def restore(self) -> None:
        """Let it be reached again."""
        self._lost = False

    def close(self) -> None:
        """Leave the agent that is kept, and end the others."""
        for link in self._made:
            link.close()
