"""Runs a command on several nodes: `python -I -S node_groups.py start <plan> <words…>`, on the first of them.

In an allocation of Slurm that has so many nodes, Slurm starts `node_groups.py node <plan> <words…>` on each; anywhere else nodes are
groups of processes on this machine. A node runs its ranks as `ranks.py` does on one machine, and each line of them says which node it
is of. When a rank fails, those of all nodes are ended, and its exit code is that of all. `mpi` is Open MPI's own launcher, which finds
the nodes of Slurm by itself.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

_PAUSE = 0.05
_END = b"end\n"  # to the nodes, from who started them
# by a node, to who started them, with the last line of the rank
_FAILED = re.compile(
    rb"\[studio\] rank (\d+) of node (\d+) ended with (\d+); the others are ended\.(?: It said: (.*))?"
)
_RAISED = re.compile(rb"[A-Za-z_][\w.]*(Error|Exception|Interrupt|Exit)\b")
_SAID = 2000  # bytes of a line that is said again, whole or not at all: of half a secret nobody knew that it is one
_ANSWER = 30.0  # seconds that its answer may take
_LAST_WORDS = 0.5  # seconds that what a rank has written may take
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
    """Let Slurm start the nodes, and tell all of them to end when a rank fails; a node whose process falls Slurm ends all for."""
    count, cores = str(plan["nodes"]), os.environ.get("SLURM_CPUS_PER_TASK") or "1"
    options = [f"--nodes={count}", f"--ntasks={count}", "--ntasks-per-node=1", f"--cpus-per-task={cores}"]
    # a node whose rank failed ends with 0 when it was told to, so that Slurm does not kill those that still have their grace
    options += ["--kill-on-bad-exit=1", "--wait=0", "--overlap", "--mpi=none", "--export=ALL"]
    # what it reads all nodes read: of a signal it would kill all, or their ranks would get it too
    out, into = os.pipe()
    step = subprocess.Popen(["srun", *options, *_node(plan), *words], stdin=subprocess.PIPE, stderr=into, bufsize=0)
    os.close(into)
    told: list[int] = []

    def end(*_: Any) -> None:
        assert step.stdin is not None
        with contextlib.suppress(OSError):
            os.write(step.stdin.fileno(), _END)

    def cancel(*_: Any) -> None:
        told.append(1)
        end()

    signal.signal(signal.SIGTERM, cancel)
    hearing = _Hearing(out, end)
    code = step.wait()
    failed = hearing.ended()
    if told:
        return 128 + signal.SIGTERM
    return failed or (code if code >= 0 else 128 - code)


def _here(plan: "dict[str, Any]", words: "list[str]") -> int:
    """Start the nodes as groups of processes on this machine."""
    nodes = []
    out, into = os.pipe()
    for number in range(int(plan["nodes"])):
        own = {**os.environ, **_share_of_gpus(number, int(plan["nodes"]))}
        group = [*_node(plan | {"number": number}), *words]
        nodes.append(subprocess.Popen(group, env=own, stderr=into, start_new_session=True))
    os.close(into)
    signal.signal(signal.SIGTERM, lambda *_: _tell(nodes, signal.SIGTERM))
    hearing = _Hearing(out, lambda: _tell(nodes, signal.SIGTERM))
    while True:
        codes = [node.poll() for node in nodes]
        failed = next((code for code in codes if code), None)
        if failed is not None:
            _end_all(nodes, float(plan["grace"]) + _PATIENCE)  # each ends its own ranks within it
            return hearing.ended() or (failed if failed > 0 else 128 - failed)
        if all(code == 0 for code in codes):
            hearing.ended()
            return 0
        time.sleep(_PAUSE)


class _Hearing:
    """Passes on what nodes say of themselves, and ends all when the first says that a rank has failed.

    Of ranks nothing comes this way. A file would be seen late: over NFS it may be a minute until a machine sees what another one made.
    """

    def __init__(self, source: int, end: "Callable[[], None]") -> None:
        self._source, self._end = source, end
        self._first: re.Match[bytes] | None = None
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        rest = b""
        while piece := os.read(self._source, _PIECE):
            whole, newline, rest = (rest + piece).rpartition(b"\n")
            for line in (whole + newline).splitlines(keepends=True):
                found = _FAILED.search(line)
                if found is None or self._first is None:
                    _write(line, 2)
                if found is not None and self._first is None:
                    self._first = found
                    self._end()
        _write(rest, 2)

    def ended(self) -> int:
        """Say at the end of the log whose failure it was, and return its exit code, 0 when none failed."""
        self._thread.join(_PATIENCE)
        if self._first is None:
            return 0
        rank, node, code, said = self._first.groups()
        last = b": " + said if said else b"."
        _write(b"[studio] Rank %b of node %b failed first, with exit code %b%b\n" % (rank, node, code, last), 2)
        return int(code)


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
    group = _Group()
    # before the first rank: it may be told to end at any moment
    signal.signal(signal.SIGTERM, group.struck)
    if plan["slurm"]:
        threading.Thread(target=group.listen, daemon=True).start()
    voices: list[_Voice] = []
    for local in range(count):
        if not group.told:
            own, (out, into) = _variables(plan, number, local), os.pipe()
            group.ranks.append(subprocess.Popen(words, env=own, stdin=subprocess.DEVNULL, stdout=into, stderr=into))
            os.close(into)
            voices.append(_Voice(out, f"[node {number}] ".encode()))
    if group.told:  # while the last one was started
        _tell(group.ranks[-1:], signal.SIGTERM)

    def blame(local: int, code: int) -> None:
        voices[local].thread.join(_LAST_WORDS)
        said = b" It said: " + voices[local].last if voices[local].last else b""
        word = f"[studio] rank {number * count + local} of node {number} ended with {code}; the others are ended."
        with contextlib.suppress(OSError):  # who started the nodes is gone
            _write(word.encode() + said + b"\n", 2)

    code = _wait(group, float(plan["grace"]), blame)
    deadline = time.monotonic() + float(plan["grace"])
    for voice in voices:
        voice.thread.join(max(0.0, deadline - time.monotonic()))  # what a rank left behind may hold it open for ever
    deadline = time.monotonic() + _ANSWER
    # not by an Event: who sets one in a signal handler waits for ever when the signal came in the midst of the wait for it
    while code and plan["slurm"] and not group.heard and time.monotonic() < deadline:
        time.sleep(_PAUSE)
    # who starts the nodes knows why; of another exit code Slurm would kill those that still end
    return 0 if group.gently else code


class _Group:
    """The ranks of a node, which are told to end once: who is told again may be disturbed in what it does then.

    told: when; gently: by who started the nodes; heard: that nobody is to be waited for who might say so.
    """

    def __init__(self) -> None:
        self.ranks: list[subprocess.Popen[bytes]] = []
        self.told: list[float] = []
        self.gently = False
        self.heard = False

    def end(self) -> None:
        if not self.told:
            self.told.append(time.monotonic())
            _tell(self.ranks, signal.SIGTERM)

    def struck(self, *_: Any) -> None:
        self.heard = True  # Slurm ends the step
        self.end()

    def listen(self) -> None:
        if os.read(0, 1):
            self.gently = True
            self.end()
        self.heard = True  # also when who started the nodes is gone


def _wait(group: _Group, grace: float, blame: "Callable[[int, int], None]") -> int:
    """Return the exit code of the first rank that failed, or that of having been told to end; none lives when it returns."""
    found = 0
    while True:
        codes = [rank.poll() for rank in group.ranks]
        failed = next(((local, code) for local, code in enumerate(codes) if code), None)
        if failed is not None and not group.told:
            found = failed[1] if failed[1] > 0 else 128 - failed[1]
            blame(failed[0], found)
            group.end()
        if group.told and (None not in codes or time.monotonic() - group.told[0] > grace):
            _end_all(group.ranks, 0.0)
            return found or 128 + signal.SIGTERM
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


class _Voice:
    """Writes what a rank says line by line, each with its node before it, so that lines of several ranks stay whole.

    last: the last exception that it told of, else its last line.
    """

    def __init__(self, source: int, label: bytes) -> None:
        self._source, self._label = source, label
        self.last, self._raised = b"", False
        self.thread = threading.Thread(target=self._pass_on, daemon=True)
        self.thread.start()

    def _pass_on(self) -> None:
        rest = b""
        while piece := os.read(self._source, _PIECE):
            rest += piece
            # the last byte may be the first half of \r\n
            end = max(rest.rfind(b"\n"), rest.rfind(b"\r", 0, len(rest) - 1)) + 1
            if not end and len(rest) < _LONGEST:
                continue
            lines, rest = (rest[:end], rest[end:]) if end else (rest, b"")
            self._say(lines.splitlines(keepends=True))
        if rest:
            self._say([rest + b"\n"])

    def _say(self, lines: "list[bytes]") -> None:
        _write(b"".join(self._label + line for line in lines))
        for line in lines:
            raised = _RAISED.match(line) is not None
            if line.strip() and (raised or not self._raised):
                self.last, self._raised = line.strip() if len(line) < _SAID else b"", raised


def _write(data: bytes, into: int = 1) -> None:
    while data:
        data = data[os.write(into, data) :]


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
