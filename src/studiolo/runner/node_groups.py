"""Runs a command on several nodes: `python -I -S node_groups.py start <plan> <words…>`, on the first of them.

In an allocation of Slurm that has so many nodes, Slurm starts `node_groups.py node <plan> <words…>` on each; anywhere else nodes are
groups of processes on this machine. A node runs its ranks as `ranks.py` does on one machine, and each line of them says which node it
is of. When a rank fails, those of all nodes are ended, and its exit code is that of all. `mpi` is Open MPI's own launcher, which finds
the nodes of Slurm by itself.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import Any

_PAUSE = 0.05
_END = b"end\n"  # to the nodes, from who started them
_PATIENCE = 2.0
_PIECE = 1 << 16
_LONGEST = 1 << 20  # bytes of a line that does not end, before it is passed on in parts
_TO_OTHERS = ("STUDIOLO_", "MLFLOW_", "AZUREML_", "AZ_BATCH_", "OMP_", "PYTHON", "PIP_", "LD_LIBRARY_PATH", "CUDA_")
_FIRST_PORT, _PORTS = 20_000, 12_000  # of workers on other machines, whose free ones are not known here


def start(plan: "dict[str, Any]", words: "list[str]") -> int:
    """Run on all nodes until all have ended, or one has failed; returns the exit code."""
    count = int(plan["nodes"])
    names = _of_slurm(count)
    plan |= {"hosts": [_address(name) for name in names] or ["127.0.0.1"] * count}
    plan |= {"port": _free_port(), "slurm": bool(names)}
    # whose failure ended the others: a file that all nodes see; a sweep starts several of us in one folder
    plan["failed"] = os.path.join(str(plan["folder"]), f".failed.{os.getpid()}.{plan['port']}.json")
    if plan["kind"] == "tensorflow":
        plan |= {"workers": _workers(plan)}
    where = f"of Slurm: {', '.join(names)}" if names else "which are groups of processes on one machine"
    each = "1 process" if plan["processes"] == 1 else f"{plan['processes']} processes"
    sys.stderr.write(f"[studio] {count} nodes, {where}; {each} on each.\n")
    sys.stderr.flush()
    if plan["kind"] == "mpi":
        return _mpi(plan, words)
    return _by_slurm(plan, words) if names else _here(plan, words)


def _of_slurm(count: int) -> "list[str]":
    """Return the names of the nodes that Slurm gave; none where it gave another number of them, or there is no Slurm."""
    listed = os.environ.get("SLURM_JOB_NODELIST", "")
    if os.environ.get("SLURM_JOB_NUM_NODES") != str(count) or not listed or shutil.which("srun") is None:
        return []
    said = subprocess.run(["scontrol", "show", "hostnames", listed], capture_output=True, text=True, check=False)
    names = said.stdout.split()
    return names if len(names) == count else []


def _address(name: str) -> str:
    """Return where a node is reached: its name, and where that says nothing to others the address that Slurm uses."""
    with contextlib.suppress(OSError):
        socket.getaddrinfo(name, None)
        return name
    said = subprocess.run(["scontrol", "-o", "show", "node", name], capture_output=True, text=True, check=False)
    return next((word.partition("=")[2] for word in said.stdout.split() if word.startswith("NodeAddr=")), name)


def _workers(plan: "dict[str, Any]") -> "list[str]":
    """Return where each worker of TensorFlow listens."""
    count = int(plan["processes"])
    if not plan["slurm"]:
        return [f"127.0.0.1:{_free_port()}" for _ in range(len(plan["hosts"]) * count)]
    first = _FIRST_PORT + int(os.environ.get("SLURM_JOB_ID") or 0) * 64 % _PORTS
    return [f"{host}:{first + local}" for host in plan["hosts"] for local in range(count)]


def _by_slurm(plan: "dict[str, Any]", words: "list[str]") -> int:
    """Let Slurm start the nodes; it kills all of them when one fails."""
    count, cores = str(plan["nodes"]), os.environ.get("SLURM_CPUS_PER_TASK") or "1"
    options = [f"--nodes={count}", f"--ntasks={count}", "--ntasks-per-node=1", f"--cpus-per-task={cores}"]
    options += ["--kill-on-bad-exit=1", "--wait=0", "--overlap", "--mpi=none", "--export=ALL"]
    # what it reads all nodes read: of a signal it would kill all, or their ranks would get it too
    step = subprocess.Popen(["srun", *options, *_node(plan), *words], stdin=subprocess.PIPE)
    told: list[int] = []

    def end(*_: Any) -> None:
        told.append(1)
        assert step.stdin is not None
        with contextlib.suppress(OSError):
            os.write(step.stdin.fileno(), _END)

    signal.signal(signal.SIGTERM, end)
    code = step.wait()
    if told:
        return 128 + signal.SIGTERM
    return _first_failed(plan) or (code if code >= 0 else 128 - code)


def _here(plan: "dict[str, Any]", words: "list[str]") -> int:
    """Start the nodes as groups of processes on this machine."""
    nodes = []
    for number in range(int(plan["nodes"])):
        own = {**os.environ, **_share_of_gpus(number, int(plan["nodes"]))}
        nodes.append(subprocess.Popen([*_node(plan | {"number": number}), *words], env=own, start_new_session=True))
    signal.signal(signal.SIGTERM, lambda *_: _tell(nodes, signal.SIGTERM))
    while True:
        codes = [node.poll() for node in nodes]
        failed = next((code for code in codes if code), None)
        if failed is not None:
            _end_all(nodes, float(plan["grace"]) + _PATIENCE)  # each ends its own ranks within it
            return _first_failed(plan) or (failed if failed > 0 else 128 - failed)
        if all(code == 0 for code in codes):
            return 0
        time.sleep(_PAUSE)


def _node(plan: "dict[str, Any]") -> "list[str]":
    return [sys.executable, "-I", "-S", os.path.abspath(__file__), "node", json.dumps(plan)]


def _share_of_gpus(number: int, count: int) -> "dict[str, str]":
    """Return the GPUs of a node where all of the job's are on one machine."""
    devices = [one for one in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if one]
    if not devices or len(devices) % count:
        return {}
    each = len(devices) // count
    return {"CUDA_VISIBLE_DEVICES": ",".join(devices[number * each : (number + 1) * each])}


def node(plan: "dict[str, Any]", words: "list[str]") -> int:
    """Run the ranks of one node until they have ended, or one has failed; returns the exit code."""
    number, count = int(plan.get("number", os.environ.get("SLURM_NODEID") or 0)), int(plan["processes"])
    out, into = os.pipe()
    # before the first rank: it may be told to end at any moment
    told: list[float] = []
    ranks: list[subprocess.Popen[bytes]] = []

    gently: list[int] = []

    def end(*_: Any) -> None:
        told.append(time.monotonic())
        _tell(ranks, signal.SIGTERM)

    def listen() -> None:
        if os.read(0, 1):
            gently.append(
                1
            )  # who starts the nodes knows why; of another exit code Slurm would kill those that still end
            end()

    signal.signal(signal.SIGTERM, end)
    if plan["slurm"]:
        threading.Thread(target=listen, daemon=True).start()
    for local in range(count):
        if not told:
            own = _variables(plan, number, local)
            ranks.append(subprocess.Popen(words, env=own, stdin=subprocess.DEVNULL, stdout=into, stderr=into))
    if told:  # while the last one was started
        _tell(ranks, signal.SIGTERM)
    os.close(into)
    passing = threading.Thread(target=_pass_on, args=(out, f"[node {number}] ".encode()), daemon=True)
    passing.start()
    code = _wait(plan, number, ranks, told)
    passing.join(float(plan["grace"]))  # a process that a rank left behind may hold it open for ever
    return 0 if gently else code


def _wait(plan: "dict[str, Any]", number: int, ranks: "list[subprocess.Popen[bytes]]", told: "list[float]") -> int:
    grace = float(plan["grace"])
    while True:
        codes = [rank.poll() for rank in ranks]
        if told and (None not in codes or time.monotonic() - told[0] > grace):
            _end_all(ranks, 0.0)
            return 128 + signal.SIGTERM
        failed = next(((local, code) for local, code in enumerate(codes) if code), None)
        if failed is not None and not told:
            rank, code = number * len(ranks) + failed[0], failed[1] if failed[1] > 0 else 128 - failed[1]
            _blame(plan, number, rank, code)
            _end_all(ranks, grace)
            return code
        if all(code == 0 for code in codes):
            return 0
        time.sleep(_PAUSE)


def _variables(plan: "dict[str, Any]", number: int, local: int) -> "dict[str, str]":
    """Return the environment of a rank: by the names of PyTorch, TensorFlow, Azure ML and Azure Batch."""
    nodes, count, hosts = int(plan["nodes"]), int(plan["processes"]), list(plan["hosts"])
    rank = number * count + local
    found = {
        **os.environ,
        **_of_batch(plan),
        "AZ_BATCH_IS_CURRENT_NODE_MASTER": "true" if number == 0 else "false",
        "MASTER_ADDR": hosts[0],
        "MASTER_PORT": str(plan["port"]),
        "WORLD_SIZE": str(nodes * count),
        "RANK": str(rank),
        "LOCAL_RANK": str(local),
        "LOCAL_WORLD_SIZE": str(count),
        "NODE_RANK": str(number),
        "GROUP_RANK": str(number),
    }
    if plan["kind"] == "tensorflow":
        task = {"type": "worker", "index": rank}
        found["TF_CONFIG"] = json.dumps({"cluster": {"worker": plan["workers"]}, "task": task})
    return found


def _of_batch(plan: "dict[str, Any]") -> "dict[str, str]":
    """Return what is the same on all nodes, by the names of Azure."""
    hosts = list(plan["hosts"])
    return {
        "AZUREML_NODE_COUNT": str(plan["nodes"]),
        "AZ_BATCH_MASTER_NODE": f"{hosts[0]}:{plan['port']}",
        "AZ_BATCHAI_MPI_MASTER_NODE": hosts[0],
        "AZ_BATCH_HOST_LIST": ",".join(hosts),
        "AZ_BATCH_NODE_LIST": ";".join(hosts),
    }


def _mpi(plan: "dict[str, Any]", words: "list[str]") -> int:
    """Become Open MPI's launcher; in an allocation of Slurm it starts its ranks on all nodes."""
    program = shutil.which("mpirun") or shutil.which("mpiexec")
    if program is None:
        sys.stderr.write("[studio] There is no mpirun on this machine; install Open MPI, or use `type: pytorch`.\n")
        return 127
    os.environ.update(_of_batch(plan))
    total, each = int(plan["nodes"]) * int(plan["processes"]), int(plan["processes"])
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    options = ["-np", str(total)]
    if "open" in said.lower():
        options += ["--oversubscribe", "--allow-run-as-root"]
        if plan["slurm"]:
            names = sorted(name for name in os.environ if name.startswith(_TO_OTHERS))
            options += [
                "--map-by",
                f"ppr:{each}:node:oversubscribe",
                *(word for name in names for word in ("-x", name)),
            ]
    elif plan["slurm"]:  # MPICH and Intel MPI
        options += ["-ppn", str(each)]
    return os.execv(program, [program, *options, *words])


def _pass_on(source: int, label: bytes) -> None:
    """Write what ranks say line by line, each with its node before it, so that lines of several nodes stay whole."""
    rest = b""
    while piece := os.read(source, _PIECE):
        rest += piece
        # the last byte may be the first half of \r\n
        end = max(rest.rfind(b"\n"), rest.rfind(b"\r", 0, len(rest) - 1)) + 1
        if not end and len(rest) < _LONGEST:
            continue
        lines, rest = (rest[:end], rest[end:]) if end else (rest, b"")
        _write(b"".join(label + line for line in lines.splitlines(keepends=True)))
    if rest:
        _write(label + rest + b"\n")


def _write(data: bytes) -> None:
    while data:
        data = data[os.write(1, data) :]


def _blame(plan: "dict[str, Any]", number: int, rank: int, code: int) -> None:
    """Note whose failure it is, once for all nodes, and say so."""
    with contextlib.suppress(OSError):
        with open(str(plan["failed"]), "x", encoding="utf-8") as file:
            file.write(json.dumps({"node": number, "rank": rank, "code": code}))
        sys.stderr.write(f"[studio] rank {rank} of node {number} ended with {code}; the others are ended.\n")
        sys.stderr.flush()


def _first_failed(plan: "dict[str, Any]") -> int:
    """Return the exit code of the rank that failed first, 0 when none has said so."""
    try:
        with open(str(plan["failed"]), encoding="utf-8") as file:
            found = int(json.load(file)["code"])
        os.unlink(str(plan["failed"]))
        return found
    except (OSError, ValueError, KeyError):
        return 0


def _tell(processes: "list[subprocess.Popen[bytes]]", number: int) -> None:
    for one in processes:
        if one.poll() is None:
            one.send_signal(number)


def _end_all(processes: "list[subprocess.Popen[bytes]]", grace: float) -> None:
    if grace:
        _tell(processes, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while any(one.poll() is None for one in processes) and time.monotonic() < deadline:
        time.sleep(_PAUSE)
    _tell(processes, signal.SIGKILL)
    for one in processes:
        one.wait()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("", 0))
        return int(one.getsockname()[1])


if __name__ == "__main__":
    sys.exit({"start": start, "node": node}[sys.argv[1]](json.loads(sys.argv[2]), sys.argv[3:]))
