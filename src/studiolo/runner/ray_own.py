"""The Ray of a training cluster, on this machine: `ray_own.py up OPTIONS` brings a node of it up, `ray_own.py down OPTIONS` takes one down.

OPTIONS is JSON: folder, of the cluster; node, its id; cores, memory (bytes), gpus (numbers). The first node brings a head, which
has no cores, and the last takes it away. Each process of Ray has a mark in its environment, and what was begun stands in the
folder before it is: whoever was killed in the middle, `down` finds all of it, and does nothing a second time.
"""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MARK = "STUDIOLO_RAY"  # variable: whose process of Ray it is, a node's or a head's
TOKEN, LOCK = "token", "lock"  # files of the folder
_HEAD, _NODES = "head.json", "nodes"
_GRACE, _PAUSE, _KNOCK = 5.0, 0.05, 3.0
_LEAST_STORE = 80_000_000  # bytes; Ray refuses less
_START = "import sys; from ray.scripts.scripts import main; sys.exit(main())"


def up(folder: Path, node: str, cores: int, memory: int, gpus: "list[int]") -> dict[str, Any]:
    """Bring a node up, and the head where there is none; returns where it is. Raises SystemExit with what Ray said."""
    with _alone(folder):
        head = _head(folder)  # a node that goes now must see that this one comes
        (folder / _NODES).mkdir(exist_ok=True)
        (folder / _NODES / node).touch()
    words = [f"--address={head['address']}", f"--num-cpus={cores}", f"--num-gpus={len(gpus)}", f"--memory={memory}"]
    words += [f"--object-store-memory={max(_LEAST_STORE, memory // 10)}", f"--resources={json.dumps({pin(node): 1})}"]
    visible = {"CUDA_VISIBLE_DEVICES": ",".join(map(str, gpus)), "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
    _start(folder, words, node, visible, "The node")
    process = _process(node, "raylet")
    if process is None:
        raise SystemExit(f"The node of Ray ended as soon as it had begun.\n{_log(str(head['temp']), 'raylet.err')}")
    return {"host": "127.0.0.1", "address": head["address"], "token": str(folder / TOKEN), "process": process} | {
        "head": head["process"]
    }


def down(folder: Path, node: str) -> None:
    """End a node, and the head with the last one; done when nothing of it is left."""
    _end(node)
    with _alone(folder):
        (folder / _NODES / node).unlink(missing_ok=True)
        if not any((folder / _NODES).glob("*")):
            _behead(folder)


def fallen(place: "dict[str, Any]") -> str:
    """Say what has ended of a node that was brought up, its own process or its head's; nothing while both live."""
    for name, what in (("process", "Its process of Ray (raylet)"), ("head", "The head of its Ray")):
        if not _lives(place.get(name) or {}):
            return f"{what} has ended."
    return ""


def pin(node: str) -> str:
    """Return the resource of Ray that a node alone has."""
    return f"node-{node}"


def _head(folder: Path) -> dict[str, Any]:
    """Return the head, started where there is none that answers."""
    found = _read(folder)
    if _lives(found.get("process") or {}) and _answers(int(found["port"])):
        return found
    _behead(folder)
    token = folder / TOKEN
    if not token.exists():
        part = folder / f".{TOKEN}"
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
        part.replace(token)
    mark, port = secrets.token_hex(16), _free_port()
    # not below the folder: the paths of its sockets must be short
    temp = os.path.join(tempfile.gettempdir(), f"ray{mark[:10]}")
    found = {"mark": mark, "port": port, "address": f"127.0.0.1:{port}", "temp": temp}
    _write(folder, found)
    os.mkdir(temp, 0o700)  # for nobody else: Ray opens the folder that it is given, which is below, to all
    words = ["--head", f"--port={port}", "--num-cpus=0", "--num-gpus=0", "--include-dashboard=false", "--no-monitor"]
    words += [f"--temp-dir={found['temp']}/r", f"--object-store-memory={_LEAST_STORE}", f"--memory={1 << 28}"]
    try:
        _start(folder, words, mark, {"CUDA_VISIBLE_DEVICES": ""}, "The head")
    except SystemExit:
        _behead(folder)
        raise
    found["process"] = _process(mark, "gcs_server")
    if found["process"] is None:
        said = _log(found["temp"], "gcs_server.err")
        _behead(folder)
        raise SystemExit(f"The head of Ray ended as soon as it had begun.\n{said}")
    _write(folder, found)
    return found


def _behead(folder: Path) -> None:
    """End the head and remove what it left."""
    found = _read(folder)
    if found:
        _end(str(found["mark"]))
        shutil.rmtree(str(found["temp"]), ignore_errors=True)
        (folder / _HEAD).unlink()


def _start(folder: Path, words: "list[str]", mark: str, more: "dict[str, str]", what: str) -> None:
    """Start processes of Ray, and wait until it says that they are up."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("RAY_", "STUDIOLO_"))}
    env |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(folder / TOKEN), "RAY_USAGE_STATS_ENABLED": "0"}
    env |= {MARK: mark, **more}
    command = [sys.executable, "-I", "-c", _START, "start", "--node-ip-address=127.0.0.1"]
    command += ["--disable-usage-stats", "--include-log-monitor=false"]
    done = subprocess.run(
        [*command, *words],
        env=env,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    said = done.stdout.decode(errors="replace").strip()
    if "No module named 'ray'" in said:
        raise SystemExit(f"There is no Ray in the Python {sys.executable}: pip install 'studiolo[ray]'")
    if done.returncode:
        raise SystemExit(f"{what} of Ray did not come up. It said:\n{said[-1500:]}")


def _process(mark: str, program: str) -> "dict[str, Any] | None":
    """Return what tells a process of Ray from any other."""
    from studiolo.runner import processes

    for pid in processes.marked(MARK, mark):
        found = processes.process(pid)
        if found is not None and _program(pid) == program:
            return {"pid": pid, "start": found.start, "boot_id": processes.boot_id()}
    return None


def _program(pid: int) -> str:
    from studiolo.runner import processes

    if processes.LINUX:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/comm", encoding="utf-8") as file:
            return file.read().strip()
        return ""
    done = subprocess.run(["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return os.path.basename(done.stdout.strip())


def _lives(found: "dict[str, Any]") -> bool:
    from studiolo.runner import processes

    here = bool(found) and found["boot_id"] == processes.boot_id()
    return here and processes.alive(int(found["pid"]), int(found["start"]))


def _end(mark: str) -> None:
    """End all processes of a mark: a raylet that is asked says good-bye to its head, and ends what it started."""
    from studiolo.runner import processes

    deadline, asked = time.monotonic() + _GRACE, False
    while left := processes.marked(MARK, mark):
        raylets = [pid for pid in left if _program(pid) == "raylet"]
        if raylets and time.monotonic() < deadline:
            if not asked:
                processes.send(raylets, signal.SIGTERM)
            asked = True
        else:
            processes.send(left, signal.SIGKILL)
        time.sleep(_PAUSE)


def _log(temp: str, name: str) -> str:
    try:
        text = Path(temp, "r", "session_latest", "logs", name).read_text("utf-8", errors="replace")
    except OSError:
        return ""
    return text.strip()[-1500:]


@contextlib.contextmanager
def _alone(folder: Path) -> "Iterator[None]":
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    with (folder / LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _read(folder: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((folder / _HEAD).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _write(folder: Path, found: "dict[str, Any]") -> None:
    part = folder / f".{_HEAD}"
    part.write_text(json.dumps(found), "utf-8")
    part.replace(folder / _HEAD)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=_KNOCK).close()
    except OSError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _stand_alone() -> None:
    """Make `studiolo.runner` importable from this folder alone."""
    here = os.path.dirname(os.path.abspath(__file__))
    for name, places in (("studiolo", []), ("studiolo.runner", [here])):
        package = types.ModuleType(name)
        package.__path__ = places
        sys.modules[name] = package


def main(verb: str, options: "dict[str, Any]") -> None:
    """Do what the command line says."""
    folder, node = Path(options["folder"]), str(options["node"])
    if verb == "down":
        down(folder, node)
        return
    print(json.dumps(up(folder, node, int(options["cores"]), int(options["memory"]), options["gpus"])))


if __name__ == "__main__":
    _stand_alone()
    main(sys.argv[1], json.loads(sys.argv[2]))
