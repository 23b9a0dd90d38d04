"""A runner under a batch system, started by `agent.py batch <root> <name>`: it lives as long as its attempt.

It stays among the processes that the batch system counts and limits, passes on what it is told by signals, and when the runner
was killed it ends what is left of the job on its node: nobody else may see that.
"""

import contextlib
import hashlib
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

SUBMITTED = "slurm.json"  # the id of its job
KEY = "STUDIOLO_HANDED"  # variable: opens the file of the same purpose
HANDED = "handed.bin"  # the secrets of an attempt on their way, of no use without the key
NODES = "nodes.json"  # the names of those that it was given
SWEPT = "swept.json"  # what was left of a job whose runner was killed
_PASSED = (signal.SIGTERM, signal.SIGUSR1)
_KEPT = (
    "SLURM_",
    "SLURMD_",
    "RAY_ADDRESS",
    "RAY_AUTH_",
    "CUDA_VISIBLE_DEVICES",
    "ROCR_VISIBLE_DEVICES",
    "GPU_DEVICE_ORDINAL",
    "TMPDIR",
)


def run(folder: str, beside: "Callable[[int], None] | None" = None, *, pod: bool = False) -> int:
    """Run an attempt to its end; returns 0 when that is recorded.

    beside: is told the runner's pid once it is there; pod: in a container of Kubernetes, whose surroundings are the image's.
    """
    from studiolo.runner import attempt
    from studiolo.runner import main as entry
    from studiolo.runner.hearing import ENDING

    handed = _handed(folder)
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)  # what comes now is kept for who listens in a moment
    told, tell = os.pipe()
    runner = os.fork()
    if runner == 0:
        os.close(told)
        code = 1
        try:
            code = entry.own(folder, tell, handed, _of_image(folder) if pod else _surroundings())
        except BaseException:  # noqa: BLE001 - the last frame of a process; it goes to runner.log
            import traceback

            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(code)
    os.close(tell)
    for number in _PASSED:
        signal.signal(number, lambda number, _: _pass_on(runner, number))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
    if beside is not None:
        beside(runner)
    owns = os.read(told, 1) == b"+"
    if owns and "SLURM_JOB_ID" in os.environ:  # of several jobs of one attempt this is the one to ask about
        with contextlib.suppress(OSError):
            attempt.write_json(folder, SUBMITTED, {"job": os.environ["SLURM_JOB_ID"]})
            attempt.write_json(folder, NODES, {"nodes": _nodes()}, lasting=False)
    with contextlib.suppress(OSError):
        os.unlink(os.path.join(folder, HANDED))
    _, status = os.waitpid(runner, 0)
    if attempt.exists(folder, attempt.EXIT):
        return 0
    if os.waitstatus_to_exitcode(status) != entry.OWNED:
        _sweep(folder)
    return 1


def sealed(handed: dict[str, Any], key: bytes) -> bytes:
    """Return what is handed to a job as bytes that tell nothing without the key, which opens these alone; or the other way."""
    return _crossed(json.dumps(handed).encode(), key)


def _crossed(data: bytes, key: bytes) -> bytes:
    stream = hashlib.shake_256(key).digest(len(data))
    return bytes(one ^ other for one, other in zip(data, stream, strict=True))


def _handed(folder: str) -> dict[str, Any]:
    """Return the secrets for the job's process: one half came in the environment, the other lies in a file."""
    key = os.environ.pop(KEY, "")
    if not key:
        return {}
    try:
        with open(os.path.join(folder, HANDED), "rb") as file:
            data = file.read()
    except OSError:
        return {}
    found: dict[str, Any] = json.loads(_crossed(data, bytes.fromhex(key)))
    return found


def _surroundings() -> dict[str, str]:
    """Return what the batch system says of the node and of what it gave."""
    return {key: value for key, value in os.environ.items() if key.startswith(_KEPT)}


def _nodes() -> list[str]:
    """Return the names of the nodes of this job of Slurm."""
    listed = os.environ.get("SLURM_JOB_NODELIST", "")
    if not set(listed) & set("[,"):
        return [listed] if listed else []
    import subprocess  # costs a third of the runner's start

    said = subprocess.run(["scontrol", "show", "hostnames", listed], capture_output=True, text=True, check=False)
    return said.stdout.split()


def _of_image(folder: str) -> dict[str, str]:
    """Return the variables of the container; what the job installs by pip goes before the programs of the image."""
    from studiolo.runner import attempt

    found = dict(os.environ)
    target = ((attempt.read_json(folder, attempt.JOB) or {}).get("env") or {}).get("PIP_TARGET")
    if target:
        found["PATH"] = f"{target}/bin:{found.get('PATH', os.defpath)}"
    return found


def _pass_on(runner: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(runner, number)


def _sweep(folder: str) -> None:
    from studiolo.runner import attempt, observe

    order = attempt.read_json(folder, attempt.JOB) or {}
    if mark := str(order.get("mark") or ""):
        found = observe.sweep(Path(folder), mark)
        attempt.write_json(folder, SWEPT, {"swept": [[one.pid, one.command] for one in found]})
