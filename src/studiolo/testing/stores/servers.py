"""Real servers for the conformance suite, each on a free port of the loopback, in a process of its own, in a folder of its own."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from studiolo.testing.environments import EnvironmentMissing, environment, node_environment
from studiolo.testing.stores.checks import MANY

AZURITE = "azurite@3.35.0"
GCS = ("gcp-storage-emulator==2024.8.3", "setuptools<81")
ACCOUNT = "devstoreaccount1"
# Azurite's own, printed in its documentation: it opens nothing but the emulator
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


class ServerMissing(Exception):
    """The server is not installed here and could not be; says what it is."""


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until_it_listens(port: int, process: "subprocess.Popen[bytes]", log: Path, seconds: float = 60) -> None:
    """Wait for a server; raises RuntimeError with the end of its log when it does not come up."""
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the server did not come up: {log.read_text('utf-8', 'replace')[-2000:]}")
        time.sleep(0.05)


def until_it_answers(port: int, seconds: float = 90) -> None:
    """Wait until a server that listens already answers as well, whatever it says: Azurite reads its database first."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as link:
            link.settimeout(10)
            link.sendall(b"GET /?comp=list HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            if link.recv(1):
                return
        time.sleep(0.1)
    raise RuntimeError(f"the server on port {port} does not answer")


@contextmanager
def running(command: list[str], port: int, folder: Path, env: Mapping[str, str] | None = None) -> Iterator[None]:
    """Run a server until the end of the block."""
    log = folder / "server.log"
    with log.open("ab") as sink:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            cwd=folder,
            env={**os.environ, **(env or {})},
            start_new_session=True,
        )
    try:
        until_it_listens(port, process, log)
        yield
    finally:
        _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a server and what it started: Node from a wheel is a child of a Python program."""
    for signal_ in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal_)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                os.killpg(process.pid, 0)
            except ProcessLookupError:
                return
            time.sleep(0.02)


def many(folder: Path) -> None:
    """Make the folder of MANY files that listings are tried with."""
    folder.mkdir(parents=True)
    for number in range(MANY):
        (folder / f"f{number:05}").write_bytes(b"x")


@contextmanager
def static_http(root: Path, folder: Path) -> Iterator[int]:
    """Serve a folder by Python's own http.server, which knows no ranges; yields the port."""
    port = free_port()
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", str(root)]
    with running(command, port, folder):
        yield port


@contextmanager
def ranged_http(root: Path, folder: Path, *, user: str = "", password: str = "") -> Iterator[int]:
    """Serve a folder with ranges, ETags and, where named, a user and password; yields the port."""
    port = free_port()
    command = [sys.executable, "-m", "studiolo.testing.stores.file_server", str(port), str(root), user, password]
    with running(command, port, folder):
        yield port


@contextmanager
def webdav(root: Path, folder: Path, *, user: str, password: str) -> Iterator[int]:
    """Run WsgiDAV on a folder; yields the port."""
    try:
        import wsgidav  # noqa: F401
    except ModuleNotFoundError:
        raise ServerMissing("WebDAV: pip install wsgidav cheroot") from None
    port = free_port()
    config = {
        "host": "127.0.0.1",
        "port": port,
        "server": "cheroot",
        "provider_mapping": {"/": str(root)},
        "simple_dc": {"user_mapping": {"*": {user: {"password": password}}}},
        "http_authenticator": {"accept_basic": True, "accept_digest": False, "default_to_digest": False},
        "logging": {"enable_loggers": []},
        "verbose": 1,
    }
    path = folder / "wsgidav.json"
    path.write_text(json.dumps(config), "utf-8")
    with running([sys.executable, "-m", "wsgidav.server.server_cli", "--config", str(path)], port, folder):
        yield port


@contextmanager
def moto(folder: Path, *, auth: bool = False) -> Iterator[int]:
    """Run moto's S3; yields the port. Its bucket `data` holds `many/`; `versioned` keeps versions."""
    try:
        import flask  # noqa: F401
        import moto  # noqa: F401
    except ModuleNotFoundError:
        raise ServerMissing("S3: pip install moto flask flask-cors") from None
    port = free_port()
    command = [sys.executable, "-m", "studiolo.testing.stores.moto_server", str(port), "auth" if auth else ""]
    with running(command, port, folder, {"TMPDIR": str(folder)}):
        yield port


@contextmanager
def gcs(folder: Path) -> Iterator[int]:
    """Run gcp-storage-emulator, from an environment of its own; yields the port. Its bucket `data` holds `many/`."""
    try:
        python = environment("gcs-emulator", *GCS)
    except EnvironmentMissing as error:
        raise ServerMissing(f"Google Cloud Storage: {error}") from None
    port = free_port()
    program = str(Path(__file__).with_name("gcs_server.py"))
    with running([str(python), program, str(port), str(MANY)], port, folder):
        yield port


@contextmanager
def azurite(folder: Path, prepare: Callable[[int], None], *, crowded: bool = False) -> Iterator[int]:
    """Run Azurite's blob service; prepare(port) fills it. Yields the port. crowded: with MANY blobs, which slow it down.

    Its database is a file of JSON: the entry of `data/many/f00000` is written 10,000 times there, which by requests would
    take minutes.
    """
    try:
        home = node_environment("azurite", AZURITE)
    except EnvironmentMissing as error:
        raise ServerMissing(f"Azure Blob Storage: {error}") from None
    node = shutil.which("node", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}") or "node"
    script = home / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
    port = free_port()
    command = [node, str(script), "--blobHost", "127.0.0.1", "--blobPort", str(port), "-l", str(folder)]
    command += ["--silent", "--skipApiVersionCheck", "--disableTelemetry"]
    with running(command, port, folder):
        prepare(port)
        if not crowded:
            yield port
            return
        database = folder / "__azurite_db_blob__.json"
        deadline = time.monotonic() + 60
        while "many/f00000" not in (database.read_text("utf-8") if database.exists() else ""):
            if time.monotonic() > deadline:
                raise RuntimeError("Azurite did not write its database")
            time.sleep(0.2)  # it does every five seconds
    _multiply(database)
    with running(command, port, folder):
        until_it_answers(port)
        yield port


def _multiply(path: Path) -> None:
    """Write the one blob of a folder `many/` as MANY blobs, which share its bytes."""
    found = json.loads(path.read_text("utf-8"))
    blobs = next(item for item in found["collections"] if item["name"] == "$BLOBS_COLLECTION$")
    one = next(item for item in blobs["data"] if item["name"] == "many/f00000")
    last = blobs["maxId"]
    for number in range(1, MANY):
        last += 1
        blobs["data"].append({**one, "name": f"many/f{number:05}", "$loki": last})
    blobs["maxId"] = last
    for key, index in blobs["binaryIndices"].items():
        keys = [str(item.get(key) or "") for item in blobs["data"]]
        index["values"], index["dirty"] = sorted(range(len(keys)), key=keys.__getitem__), False
    path.write_text(json.dumps(found), "utf-8")


@contextmanager
def stub(name: str, root: Path, folder: Path) -> Iterator[int]:
    """Run one of our own stand-ins for a service that no emulator is known of; yields the port."""
    port = free_port()
    with running([sys.executable, "-m", f"studiolo.testing.stores.{name}", str(port), str(root)], port, folder):
        yield port
