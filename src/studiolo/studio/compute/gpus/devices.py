"""The GPUs of this machine, as NVIDIA's own program tells them; asked beside any transaction, and believed for a while."""

import os
import shutil
import subprocess
import threading
import time
from typing import NamedTuple

_QUERY = "--query-gpu=index,uuid,name,memory.total,memory.used,utilization.gpu"
_SECONDS = 60.0  # that the list is believed
_AGAIN = 5.0  # the same for an answer that was none
_TIMES = 10  # what such an answer took is waited for before the next: who asks does nothing else meanwhile
_PATIENCE = 10.0
_MIB = 2**20
VISIBLE = "CUDA_VISIBLE_DEVICES"
ORDER = "CUDA_DEVICE_ORDER"
_lock = threading.Lock()


class Gpu(NamedTuple):
    """id: its UUID; number: as nvidia-smi counts them; used_bytes, busy: when it was looked at, busy in percent."""

    id: str
    number: int
    name: str
    memory_bytes: int
    used_bytes: int | None = None
    busy: float | None = None


class _Seen(NamedTuple):
    at: float
    gpus: tuple[Gpu, ...]
    why: str
    took: float = 0.0


_seen = _Seen(float("-inf"), (), "")


def here(fresh: float = _SECONDS) -> tuple[Gpu, ...]:
    """Return the GPUs that jobs may have, in order. fresh: seconds that an earlier answer may be old.

    A program that does not answer leaves what is known as it is: GPUs do not go because a look at them failed.
    """
    global _seen
    with _lock:
        age = time.monotonic() - _seen.at
        if age < (max(min(_AGAIN, fresh), _TIMES * _seen.took) if _seen.why else fresh):
            return _seen.gpus
        begun = time.monotonic()
        found, why = _look()
        ended = time.monotonic()
        _seen = _Seen(ended, _seen.gpus if found is None else found, why, ended - begun)
        return _seen.gpus


def known() -> tuple[Gpu, ...]:
    """Return what `here` found last; asks nobody, so that it may stand in a transaction."""
    return _seen.gpus


def why_none() -> str:
    """Say why the machine has no GPUs, as far as it was looked at."""
    return _seen.why


def forget() -> None:
    """Look anew when next asked."""
    global _seen
    _seen = _Seen(float("-inf"), (), "")


def visible(numbers: list[int]) -> dict[str, str]:
    """Return the variables that let a process see these GPUs and no others.

    CUDA by itself counts the fastest first; by bus, it counts as nvidia-smi does.
    """
    return {VISIBLE: ",".join(str(number) for number in sorted(numbers)), ORDER: "PCI_BUS_ID"}


def _look() -> tuple[tuple[Gpu, ...] | None, str]:
    """Return the GPUs, None where the program does not answer, and why there are none."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return (), "There is no nvidia-smi on it: NVIDIA's driver is not installed."
    try:
        done = subprocess.run(
            [program, _QUERY, "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_PATIENCE,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return None, f"nvidia-smi did not answer within {_PATIENCE:g} s."
    except OSError as error:
        return None, f"nvidia-smi cannot be run: {error.strerror}."
    if done.returncode:
        said = (done.stdout.strip() or done.stderr.strip()).splitlines()
        return None, f"nvidia-smi failed: {said[0][:200] if said else f'exit code {done.returncode}'}."
    found = [gpu for line in done.stdout.splitlines() if (gpu := _read(line)) is not None]
    allowed = _allowed(sorted(found, key=lambda gpu: gpu.number), os.environ.get(VISIBLE))
    return tuple(allowed), "" if allowed else "nvidia-smi finds none that jobs may have."


def _read(line: str) -> Gpu | None:
    words = [word.strip() for word in line.split(",")]
    if len(words) != 6:
        return None
    try:
        number, memory = int(words[0]), int(float(words[3]) * _MIB)
    except ValueError:  # a GPU that is lost is told with words in the place of numbers
        return None
    used, busy = _number(words[4]), _number(words[5])
    return Gpu(words[1], number, words[2], memory, None if used is None else int(used * _MIB), busy)


def _number(word: str) -> float | None:
    try:
        return float(word)
    except ValueError:  # [N/A]
        return None


def _allowed(found: list[Gpu], said: str | None) -> list[Gpu]:
    """Return those that the studio itself may see, by what its own environment says.

    >>> two = [Gpu("GPU-a1", 0, "", 0), Gpu("GPU-b2", 1, "", 0)]
    >>> [gpu.number for gpu in _allowed(two, "1")], _allowed(two, ""), len(_allowed(two, None))
    ([1], [], 2)
    """
    if said is None:
        return found
    words = [word.strip() for word in said.split(",") if word.strip()]
    return [
        gpu
        for gpu in found
        if any(word == str(gpu.number) or (not word.isdigit() and gpu.id.startswith(word)) for word in words)
    ]
