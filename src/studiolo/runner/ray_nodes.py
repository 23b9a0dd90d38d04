"""Runs a command with a Ray of its own beside it: `python -I -S ray_nodes.py <options> <words…>`, options as JSON.

The Ray has a head and `nodes - 1` more nodes on this machine, a token that nobody else knows, and ends with the command. It is that of
the job's environment, the first `ray` on its PATH. Where there is a Ray already, that of the compute or one that is named, the command gets that.
"""

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
from collections.abc import Callable
from typing import Any

_UP_SECONDS, _GRACE, _PAUSE = 180.0, 5.0, 0.1
_LEAST_STORE = 80_000_000  # bytes; Ray refuses less
_COUNT = """
import sys, time, ray
ray.init(address=sys.argv[1], log_to_driver=False, logging_level="ERROR")
while sum(node["Alive"] for node in ray.nodes()) < int(sys.argv[2]): time.sleep(0.1)
"""


def main(options: dict[str, Any], words: list[str]) -> int:
    """Run until the command has ended; returns its exit code. options: nodes, cores, memory (bytes), and those of Azure ML."""
    if address := options.get("address") or os.environ.get("RAY_ADDRESS"):
        _say(f"the command uses the Ray at {address}.")
        return os.execvpe(words[0], words, {**os.environ, "RAY_ADDRESS": address})
    program = shutil.which("ray")
    if program is None:
        _say("There is no Ray in the job's environment: add `ray` to its packages.")
        return 127
    folder = tempfile.mkdtemp(prefix="ray")  # not below the attempt: the paths of its sockets must be short
    nodes: list[subprocess.Popen[bytes]] = []
    told = _listen()
    try:
        return _with(program, folder, options, words, nodes, told)
    finally:
        _end(nodes)
        shutil.rmtree(folder, ignore_errors=True)


def _with(
    program: str,
    folder: str,
    options: dict[str, Any],
    words: list[str],
    nodes: "list[subprocess.Popen[bytes]]",
    told: "Callable[[], bool]",
) -> int:
    count, port = int(options.get("nodes", 1)), int(options.get("port") or _free_port())
    address = f"127.0.0.1:{port}"
    env = {
        **os.environ,
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_USAGE_STATS_ENABLED": "0",
    }
    shares = _shares(options, count)
    head = [f"--port={port}", f"--temp-dir={folder}", *_dashboard(options), *options.get("head_args", [])]
    for number in range(count):
        role = ["--head", *head] if number == 0 else [f"--address={address}", *options.get("worker_args", [])]
        given, visible = shares[number]
        command = [program, "start", "--block", "--disable-usage-stats", *given, *role]
        with open(os.path.join(folder, f"node{number}.log"), "wb") as log:
            nodes.append(
                subprocess.Popen(command, env={**env, **visible}, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            )
        if number == 0 and not _until(lambda: _answers(port) or nodes[0].poll() is not None, told):
            return _not_up(folder, 0, told)
        if nodes[0].poll() is not None:
            return _not_up(folder, 0, told)
    env["RAY_ADDRESS"] = address
    counting = subprocess.Popen(
        [_python(program), "-c", _COUNT, address, str(count)],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    nodes.append(counting)
    up = _until(lambda: counting.poll() is not None or any(one.poll() is not None for one in nodes[:count]), told)
    fallen = next((number for number, one in enumerate(nodes[:count]) if one.poll() is not None), None)
    if not up or fallen is not None or counting.poll() != 0:
        return _not_up(folder, fallen or 0, told)
    nodes.remove(counting)
    _say(f"a Ray of {count} node{'s' if count > 1 else ''} is up at {address}.")
    return _watched(subprocess.Popen(words, env=env), nodes, told)


def _watched(
    command: "subprocess.Popen[bytes]", nodes: "list[subprocess.Popen[bytes]]", told: "Callable[[], bool]"
) -> int:
    """Wait for the end of the command; its Ray may lose nodes, not the head."""
    fallen: set[int] = set()
    while command.poll() is None:
        if told():
            command.terminate()
            command.wait()  # the runner's grace is what it has; it ends what does not listen
            break
        for number, node in enumerate(nodes):
            if node.poll() is not None and number not in fallen:
                fallen.add(number)
                _say(f"node {number} of Ray ended with {node.returncode}.")
        if 0 in fallen:
            _say("Its head has ended, so the command is ended.")
            _end([command])
            return 1
        time.sleep(_PAUSE)
    code = command.returncode
    return code if code >= 0 else 128 - code


def _shares(options: dict[str, Any], count: int) -> "list[tuple[list[str], dict[str, str]]]":
    """Return of each node its options and variables: an equal part of the job's cores, GPUs and memory."""
    cores = max(1, int(options.get("cores") or 1) // count)
    memory = int(options.get("memory") or 0) or os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 4
    store = max(_LEAST_STORE, int(memory * 0.3) // count)
    visible = [one for one in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if one and one != "-1"]
    found = []
    for number in range(count):
        given = [f"--num-cpus={cores}", f"--object-store-memory={store}", f"--memory={max(1 << 28, memory // count)}"]
        mine = visible[number * len(visible) // count : (number + 1) * len(visible) // count]
        found.append(([*given, f"--num-gpus={len(mine)}"], {"CUDA_VISIBLE_DEVICES": ",".join(mine)} if visible else {}))
    return found


def _dashboard(options: dict[str, Any]) -> list[str]:
    if not options.get("dashboard"):
        return ["--include-dashboard=false"]
    return [
        "--include-dashboard=true",
        *([f"--dashboard-port={options['dashboard_port']}"] if options.get("dashboard_port") else []),
    ]


def _not_up(folder: str, number: int, told: "Callable[[], bool]") -> int:
    if told():
        return 128 + signal.SIGTERM
    with open(os.path.join(folder, f"node{number}.log"), "rb") as log:
        said = log.read()[-2000:].decode(errors="replace").strip()
    _say(f"Ray did not come up on node {number}. It said:\n{said}")
    return 1


def _python(program: str) -> str:
    """Return the Python that Ray belongs to: that of its program's first line."""
    with open(program, "rb") as file:
        line = file.readline().decode(errors="replace").strip()
    found = line.removeprefix("#!").strip()
    return found if found.startswith("/") and os.path.exists(found) else shutil.which("python3") or sys.executable


def _until(ready: "Callable[[], bool]", told: "Callable[[], bool]") -> bool:
    deadline = time.monotonic() + _UP_SECONDS
    while not ready():
        if told() or time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE)
    return True


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _listen() -> "Callable[[], bool]":
    """Take note of the wish to end, and say so when asked."""
    found: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: found.append(number))
    return lambda: bool(found)


def _end(programs: "list[subprocess.Popen[bytes]]") -> None:
    """End programs; what they leave behind, the runner ends."""
    for one in programs:
        if one.poll() is None:
            one.terminate()
    deadline = time.monotonic() + _GRACE
    while any(one.poll() is None for one in programs) and time.monotonic() < deadline:
        time.sleep(_PAUSE)
    for one in programs:
        if one.poll() is None:
            one.kill()
            one.wait()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _say(text: str) -> None:
    sys.stderr.write(f"[studio] {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1]), sys.argv[2:]))
