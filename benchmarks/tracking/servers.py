"""Starts what is compared: a studio and a real `mlflow server`, each with an empty database; and measures their CPU."""

import http.client
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from sqlalchemy import create_engine, text

MLFLOW = "mlflow==3.17.*"
START_SECONDS = 120.0
QUIET_LOOKS, LOOK_SECONDS, QUIET_SHARE = (
    3,
    2.0,
    0.2,
)  # a server is quiet that took less than this share of a core in so many looks
# Words in the command of processes that answer no request (our controller and what it has looked into, MLflow's job consumers): they
# count as CPU, but not as that of the server.
BESIDE = ("studiolo.controller", "models.scan", "huey_consumer", "mlflow.server.jobs")
# What PostgreSQL calls the process of a connection: it has the port of who asks, and works for that one.
_CLIENT = re.compile(r"postgres: .*?\b127\.0\.0\.1\((\d+)\)")


@dataclass
class Server:
    """A running server. root: path before `/api/2.0`; watched: processes whose trees count as the server's CPU."""

    name: str
    url: str
    root: str
    token: str
    home: Path
    database_url: str
    watched: list[int] = field(default_factory=list)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.url)
        assert parts.hostname
        assert parts.port
        return parts.hostname, parts.port

    def cpu(self) -> tuple[float, float]:
        """Return the seconds of CPU that all processes, and those that answer, have used so far, each with what PostgreSQL did for them."""
        total = serving = 0.0
        found: dict[int, tuple[str, float]] = {}
        ports: dict[bool, set[int]] = {True: set(), False: set()}  # of those beside, and of those that answer
        for pid in self.watched:
            parent = psutil.Process(pid)
            for process in [parent, *parent.children(recursive=True)]:
                try:
                    used, command = process.cpu_times(), " ".join(process.cmdline())
                    if not command.startswith("postgres: "):
                        asking = {one.laddr.port for one in process.net_connections("tcp") if one.raddr}
                        ports[_beside(command)] |= asking
                except psutil.NoSuchProcess:
                    continue
                # with those of its children that have ended
                seconds = used.user + used.system + used.children_user + used.children_system
                found[process.pid] = command, seconds
        for command, seconds in found.values():
            asked = _CLIENT.match(command)
            if asked is None:
                total += seconds
                serving += 0.0 if _beside(command) else seconds
            else:  # of the two that are compared, and of their processes, each has its own
                total += seconds if int(asked[1]) in ports[True] | ports[False] else 0.0
                serving += seconds if int(asked[1]) in ports[False] else 0.0
        return total, serving

    def settle(self, *, within: float) -> float:
        """Wait until the server has done what it does by itself, such as making ready JSON of new rows; returns the seconds it took.

        within: seconds after which it is measured as it is, and a line says so.
        """
        begun = time.monotonic()
        quiet = 0
        while quiet < QUIET_LOOKS and time.monotonic() - begun < within:
            before, _ = self.cpu()
            time.sleep(LOOK_SECONDS)
            quiet = quiet + 1 if self.cpu()[0] - before < QUIET_SHARE * LOOK_SECONDS else 0
        if quiet < QUIET_LOOKS:
            print(f"{self.name} still works after {within:.0f} s; measured as it is", file=sys.stderr, flush=True)
        return time.monotonic() - begun


def _beside(command: str) -> bool:
    return any(word in command for word in BESIDE)


def mlflow_environment(folder: Path) -> Path:
    """Return the `mlflow` command of a virtual environment of its own, made when it is not there (about 400 MB)."""
    command = folder / "bin" / "mlflow"
    if not command.exists():
        print(f"making {folder} with {MLFLOW} …", flush=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", MLFLOW, "psycopg2-binary"]
        subprocess.run(pip, check=True)
    return command


@contextmanager
def postgres(folder: Path) -> Iterator[tuple[str, int]]:
    """Run a PostgreSQL with its ordinary durability; yields its address without a database, and its process."""
    from studiolo.testing import postgres as cluster

    folder.chmod(0o755)
    with cluster.server(folder / "pg", fsync=True) as url:
        pid = int((folder / "pg" / "data" / "postmaster.pid").read_text().split()[0])
        yield url, pid


def new_database(url: str) -> str:
    """Make an empty database; returns its address."""
    name = f"b{secrets.token_hex(6)}"
    engine = create_engine(
        f"{url}/postgres".replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(text(f"create database {name}"))
    engine.dispose()
    return f"{url}/{name}"


@contextmanager
def studio(
    home: Path, *, database_url: str = "", durability: str = "full", name: str = "", watched: Sequence[int] = ()
) -> Iterator[Server]:
    """Run `studiolo up`: server and controller."""
    port = _free_port()
    env = {key: value for key, value in os.environ.items() if not key.startswith(("STUDIOLO_", "MLFLOW_"))}
    env |= {"STUDIOLO_HOME": str(home), "STUDIOLO_DURABILITY": durability, "STUDIOLO_DATABASE_URL": database_url}
    command = [Path(sys.executable).parent / "studiolo", "up", "--port", str(port), "--no-browser"]
    with _running(command, env, home.parent / f"{home.name}.log", port, "/health") as process:
        token = (home / "token").read_text().strip()
        url = f"http://127.0.0.1:{port}"
        label = name or f"studiolo ({durability})"
        yield Server(label, url, "/w/default", token, home, database_url, [process.pid, *watched])


@contextmanager
def mlflow(command: Path, folder: Path, *, database_url: str = "", watched: Sequence[int] = ()) -> Iterator[Server]:
    """Run `mlflow server` as it comes: four workers, artifacts through the server."""
    folder.mkdir(parents=True)
    port = _free_port()
    store = database_url.replace("postgresql:", "postgresql+psycopg2:") or f"sqlite:///{folder}/mlflow.db"
    env = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW_")}
    env |= {"MLFLOW_DISABLE_TELEMETRY": "true", "PATH": f"{command.parent}:{os.environ['PATH']}"}
    words = [command, "server", "--backend-store-uri", store, "--artifacts-destination", folder / "artifacts"]
    words += ["--host", "127.0.0.1", "--port", str(port)]
    # on a busy machine its workers begin slowly, and are killed after five seconds, in the middle of what is measured
    words += ["--uvicorn-opts", "--timeout-worker-healthcheck 120"]
    with _running(words, env, folder / "server.log", port, "/health") as process:
        yield Server(
            "mlflow server", f"http://127.0.0.1:{port}", "", "", folder, database_url or store, [process.pid, *watched]
        )


@contextmanager
def _running(
    command: Sequence[str | Path], env: dict[str, str], log: Path, port: int, ready: str
) -> Iterator["subprocess.Popen[bytes]"]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(word) for word in command], env=env, stdout=output, stderr=output, start_new_session=True
        )
    try:
        _await(process, port, ready, log)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _await(process: "subprocess.Popen[bytes]", port: int, path: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    sys.exit(f"the server did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def machine() -> str:
    """Say what this is measured on."""
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    cores = os.cpu_count()
    memory = psutil.virtual_memory().total / 2**30
    load = os.getloadavg()[0]
    disk = shutil.disk_usage("/").total >> 30
    return (
        f"{cores} cores of {found.group(1) if found else 'a CPU'}, {memory:.0f} GiB, disk {disk} GiB, load {load:.1f}"
    )
