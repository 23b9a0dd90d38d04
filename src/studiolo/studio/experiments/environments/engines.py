"""The container engine of this machine: docker or podman, whichever answers; asked by its own program."""

import json
import os
import shutil
import subprocess
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

from studiolo.kernel.settings import Settings
from studiolo.studio.experiments.environments.errors import NoEngine

_NAMES = ("docker", "podman")
_SECONDS = 15.0
_FRESH, _AGAIN = 60.0, 5.0  # seconds that an engine is believed to be there, and that none is
_INITS = (
    "/usr/libexec/podman/catatonit",
    "/usr/lib/podman/catatonit",
    "/usr/bin/catatonit",
    "/usr/libexec/catatonit/catatonit",
)
_lock = threading.Lock()
_seen: dict[str, tuple[float, "Engine | str"]] = {}


class Engine(NamedTuple):
    """kind: docker or podman; program: its path; rootless: it belongs to an account that is not root's.

    memory, cpus: whether it can keep such limits; init: it brings a first process that passes on signals.
    """

    kind: str
    program: str
    version: str
    rootless: bool
    memory: bool
    cpus: bool
    init: bool

    @property
    def title(self) -> str:
        """What people call it."""
        return f"{self.kind.capitalize()} {self.version}"


def here(settings: Settings, *, fresh: bool = False) -> Engine:
    """Return the engine that answers; raises NoEngine. fresh: do not believe what was seen a moment ago."""
    with _lock:
        key = f"{settings.container_engine}\n{os.environ.get('PATH', '')}"
        at, found = _seen.get(key, (float("-inf"), ""))
        if fresh or time.monotonic() - at > (_AGAIN if isinstance(found, str) else _FRESH):
            found = _look(settings.container_engine)
            _seen[key] = time.monotonic(), found
    if isinstance(found, str):
        raise NoEngine(found)
    return found


def _look(chosen: str) -> "Engine | str":
    if chosen == "none":
        return "STUDIOLO_CONTAINER_ENGINE=none lets the studio use no container engine."
    reasons = []
    for name in [chosen] if chosen else _NAMES:
        program = shutil.which(name)
        if program is None:
            reasons.append(f"there is no program '{name}'")
            continue
        found = _asked(program)
        if isinstance(found, Engine):
            return found
        reasons.append(found)
    return f"No container engine answers: {'; '.join(reasons)}."


def _asked(program: str) -> "Engine | str":
    try:
        said = _output(program, "--version")
        kind = next((name for name in _NAMES if name in said.lower()), None)
        if kind is None:
            return f"{program} is neither docker nor podman"
        words = ["info", "--format", "json"] if kind == "podman" else ["info", "--format", "{{json .}}"]
        found: dict[str, Any] = json.loads(_output(program, *words))
        return _of_podman(program, found) if kind == "podman" else _of_docker(program, found)
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError, TypeError) as error:
        return f"{Path(program).name} does not answer ({error})"


def _of_docker(program: str, found: dict[str, Any]) -> "Engine | str":
    if errors := found.get("ServerErrors"):  # some versions end well all the same
        return f"docker does not answer ({str(errors[0]).rstrip('.')})"
    return Engine(
        "docker",
        program,
        str(found["ServerVersion"]),
        any("rootless" in str(option) for option in found.get("SecurityOptions") or []),
        bool(found.get("MemoryLimit")),
        bool(found.get("CpuCfsQuota")),
        bool(found.get("InitBinary")),
    )


def _of_podman(program: str, found: dict[str, Any]) -> Engine:
    host = found["host"]
    controllers = set(host.get("cgroupControllers") or [])
    grouped = host.get("cgroupManager") != "disabled"
    return Engine(
        "podman",
        program,
        str(found["version"]["Version"]),
        bool(host.get("security", {}).get("rootless")),
        grouped and "memory" in controllers,
        grouped and "cpu" in controllers,
        any(Path(path).exists() for path in _INITS),
    )


def _output(program: str, *words: str) -> str:
    done = subprocess.run(
        [program, *words], capture_output=True, stdin=subprocess.DEVNULL, timeout=_SECONDS, check=False, cwd="/"
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise ValueError(said.splitlines()[-1].rstrip(".") if said else f"exit code {done.returncode}")
    return done.stdout.decode(errors="replace").strip()
