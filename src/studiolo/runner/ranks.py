"""Runs a command as several processes that know each other: `python -I -S ranks.py <kind> <count> <words…>`.

Of the kind `ray` it is one process beside a Ray, whose options stand for the count (`ray_nodes.py`); `nodes` are several nodes
(`node_groups.py`). Of the others each gets its rank and where the first one is, in the variables of PyTorch, TensorFlow and Azure ML; `mpi` is Open MPI's own
launcher. When one process fails, the others are ended, and its exit code is that of all.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

GRACE = 5.0  # seconds that the others have to end
_PAUSE = 0.05


def main(kind: str, count: int, words: list[str]) -> int:
    """Run until all have ended, or one has failed; returns the exit code."""
    if kind == "mpi":
        return _mpi(count, words)
    ports = _free_ports(count + 1)
    ranks = [subprocess.Popen(words, env=_variables(kind, rank, count, ports)) for rank in range(count)]
    signal.signal(signal.SIGTERM, lambda *_: _end(ranks, signal.SIGTERM))
    while True:
        codes = [rank.poll() for rank in ranks]
        failed = next(((number, code) for number, code in enumerate(codes) if code), None)
        if failed is not None:
            sys.stderr.write(f"[studio] rank {failed[0]} ended with {failed[1]}; the others are ended.\n")
            _end_all(ranks)
            return failed[1] if failed[1] > 0 else 128 - failed[1]
        if all(code == 0 for code in codes):
            return 0
        time.sleep(_PAUSE)


def _variables(kind: str, rank: int, count: int, ports: list[int]) -> dict[str, str]:
    found = {
        **os.environ,
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(ports[0]),
        "WORLD_SIZE": str(count),
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "LOCAL_WORLD_SIZE": str(count),
        "NODE_RANK": "0",
        "GROUP_RANK": "0",
    }
    if kind == "tensorflow":
        workers = [f"127.0.0.1:{port}" for port in ports[1:]]
        found["TF_CONFIG"] = json.dumps({"cluster": {"worker": workers}, "task": {"type": "worker", "index": rank}})
    return found


def _mpi(count: int, words: list[str]) -> int:
    program = shutil.which("mpirun") or shutil.which("mpiexec")
    if program is None:
        sys.stderr.write("[studio] There is no mpirun on this machine; install Open MPI, or use `type: pytorch`.\n")
        return 127
    options = ["--oversubscribe", "--allow-run-as-root"] if "open" in _version(program).lower() else []
    return os.execv(program, [program, "-np", str(count), *options, *words])


def _version(program: str) -> str:
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout


def _end(ranks: "list[subprocess.Popen[bytes]]", number: int) -> None:
    for rank in ranks:
        if rank.poll() is None:
            rank.send_signal(number)


def _end_all(ranks: "list[subprocess.Popen[bytes]]") -> None:
    _end(ranks, signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    while any(rank.poll() is None for rank in ranks) and time.monotonic() < deadline:
        time.sleep(_PAUSE)
    _end(ranks, signal.SIGKILL)
    for rank in ranks:
        rank.wait()


def _free_ports(count: int) -> list[int]:
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [int(one.getsockname()[1]) for one in held]
    for one in held:
        one.close()
    return ports


if __name__ == "__main__":
    if others := {"ray": ("ray_nodes.py",), "nodes": ("node_groups.py", "start")}.get(sys.argv[1]):
        beside = os.path.join(os.path.dirname(os.path.abspath(__file__)), others[0])
        os.execv(sys.executable, [sys.executable, "-I", "-S", beside, *others[1:], *sys.argv[2:]])
    sys.exit(main(sys.argv[1], int(sys.argv[2]), sys.argv[3:]))
