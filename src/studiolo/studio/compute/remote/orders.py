"""Turns the order of an attempt, written for this machine, into one for another; and packs the attempt's directory."""

import json
import os
import sys
import tarfile
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from studiolo.runner import agent, attempt, inputs, ranks
from studiolo.runner.launch import Order

_OWN = {attempt.CLAIM, attempt.STATE, attempt.EXIT, attempt.HEARTBEAT, attempt.RUNNER_LOG, attempt.LOG, attempt.JOB}
_HERE = (
    "manifests",
    "blobs",
    "inherited",
    "own",
    "group",
    "warm",
)  # of an order: means something on this machine alone


class NotShipped(Exception):
    """The attempt was canceled while its files were on their way."""


def translated(order: Order, folder: Path, place: str, runner: str, hello: Mapping[str, Any]) -> dict[str, Any]:
    """Return the order with the paths, the Python and the surroundings of the other machine.

    place: of the attempt there; runner: of the runner's files there; hello: what the agent said of its machine.
    """
    python = str(hello["python"])
    swaps = {str(folder): place, ranks.__file__: f"{runner}/ranks.py"}

    def there(text: str) -> str:
        if text == sys.executable:
            return python
        for here, other in swaps.items():
            text = text.replace(here, other)
        return text

    inherited = set(order.get("inherited", []))
    env = {key: there(value) for key, value in order["env"].items() if key not in inherited and key != "PATH"}
    for name in _of_home(env) - set(order.get("own", [])):
        env.pop(name, None)
    base = dict(hello["env"])
    path = f"{Path(python).parent}:{base.get('PATH', os.defpath)}"
    if "PIP_TARGET" in env:  # what a job installs goes before, as it does here
        path = f"{env['PIP_TARGET']}/bin:{path}"
    if "PATH" in order.get("own", []):
        path = there(order["env"]["PATH"])
    argv = [there(str(word)) for word in order["argv"]]
    if argv[0].startswith("/") and Path(argv[0]).name in ("bash", "sh"):
        argv[0] = Path(argv[0]).name  # wherever the shell is there
    kept = {key: value for key, value in order.items() if key not in _HERE}
    cwd = there(order["cwd"]) if "cwd" in order else place
    found = {**base, **env, "PATH": path}
    if "PATH" not in base and "PATH" not in order.get("own", []):  # in an image, whose own it is
        found.pop("PATH")
    return {**kept, "argv": argv, "env": found, "cwd": cwd}


def _of_home(env: Mapping[str, str]) -> set[str]:
    """Return the variables that mean something on the studio's own machine alone.

    At its loopback address another machine finds whoever listens there, who must not be sent a token.
    """
    host = urlsplit(env.get("STUDIOLO_URL", "")).hostname or "localhost"
    names = {"STUDIOLO_HOME"}
    if host == "localhost" or host.startswith("127.") or host == "::1":
        names |= {"STUDIOLO_URL", "STUDIOLO_TOKEN", *(name for name in env if name.startswith("MLFLOW_"))}
    return names


def packed(folder: Path, order: Order, other: dict[str, Any], sink: BinaryIO, wanted: Callable[[], bool]) -> None:
    """Write an attempt as a tar: inputs, code, empty outputs, and last of all its order. Raises NotShipped, OSError."""
    inputs.place({**order, "copied": False}, wanted)
    (folder / "outputs").mkdir(exist_ok=True)

    def take(inside: str) -> bool:
        if not wanted():
            raise NotShipped
        return inside not in _OWN and not inside.startswith(".")

    with tarfile.open(fileobj=sink, mode="w|") as tar:
        agent.add_tree(tar, folder, folder, take)
        text = json.dumps(other).encode()
        info = tarfile.TarInfo(attempt.JOB)
        info.size, info.mode = len(text), 0o600
        tar.addfile(info, BytesIO(text))
