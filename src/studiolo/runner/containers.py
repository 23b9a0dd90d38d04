"""The job of an attempt in a container: the engine's own program (docker, podman) stays in the foreground, and is watched as a job is.

Values of variables go through that program's environment: no command line and no file shows them. The container has a name and a
label of its attempt, so that it is found when the runner, or that program, was killed: it outlives both.
"""

import contextlib
import json
import os
import re
import signal
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from studiolo.runner import attempt, processes

LABEL = "studiolo.attempt"
CLIENTS = (
    "PATH",
    "HOME",
    "TMPDIR",
    "LD_",
    "DOCKER_",
    "PODMAN_",
    "CONTAINER",
    "BUILDAH_",
    "REGISTRY_",
    "XDG_",
)  # heard by the program
_SECONDS = 20.0  # for one question to the engine
_PATIENCE = 30.0  # for an engine that is being started anew
_FRESH = 0.5  # seconds that a look at the processes is believed
_SHELL = 'if command -v bash >/dev/null 2>&1; then exec bash -c "$0"; else exec /bin/sh -c "$0"; fi'  # of the image, which may lack bash
_NO_PROGRAM = re.compile(r"(tini|catatonit|docker-init|dumb-init).*exec")  # what the first process of a container says
_NEVER = ("created", "configured", "initialized")


class NoAnswer(Exception):
    """The engine does not answer, or not in time; a sentence."""


class Container:
    """The container of one attempt. given: `container` of its order."""

    def __init__(self, given: Mapping[str, Any], mark: str, folder: str) -> None:
        self._given, self._mark, self._folder = given, mark, folder
        self.name = name_of(mark)
        self._seen: tuple[float, list[int]] = (float("-inf"), [])

    def order(self, order: dict[str, Any], environment: Mapping[str, str], handed: Iterable[str]) -> dict[str, Any]:
        """Return the order to run the engine's program; raises ValueError. handed: names of variables among the environment."""
        if taken := [name for name in handed if name.startswith(CLIENTS)]:
            raise ValueError(
                f"'{taken[0]}' is a variable of the container engine itself: hand the secret by another name."
            )
        image = str((attempt.read_json(*os.path.split(str(self._given["ready"]))) or {}).get("image") or "")
        if not image:
            raise ValueError("Its image is not there any more.")
        passed = [str(name) for name in self._given["names"]] + [*handed]
        literal = {str(key): str(value) for key, value in self._given["literal"].items()}
        words = [str(self._given["program"]), "run", "--name", self.name, "--label", f"{LABEL}={self._mark}"]
        words += ["--pull=never", "--log-driver=none", "--ipc=host", "--security-opt=label=disable"]
        words += [
            f"--volume={self._folder}:{self._folder}",
            *(f"--volume={path}:{path}:ro" for path in self._given["read"]),
        ]
        words += [
            f"--workdir={order.get('cwd') or self._folder}",
            *self._limits(order),
            *map(str, self._given["options"]),
        ]
        words += [word for name in dict.fromkeys(passed) for word in ("--env", name)]
        literal[attempt.MARK] = self._mark  # in the container alone: so those in it are told from the engine's own
        words += [word for key, value in literal.items() for word in ("--env", f"{key}={value}")]
        program, *rest = [str(word) for word in order["argv"]]
        if os.path.basename(program) in ("bash", "sh") and rest[:1] == ["-c"]:
            program, rest = "/bin/sh", ["-c", _SHELL, *rest[1:]]
        own = {key: value for key, value in environment.items() if key != attempt.MARK}
        return {**order, "argv": [*words, f"--entrypoint={program}", image, *rest], "env": own, "warm": None}

    def _limits(self, order: Mapping[str, Any]) -> list[str]:
        found = []
        memory = int(order.get("memory_limit") or 0)
        if memory and self._given["memory"]:
            found += [f"--memory={memory}", f"--memory-swap={memory}"]
        if self._given["cpus"]:
            found.append(f"--cpus={int(order.get('cores') or 1)}")
        return found

    def pids(self) -> list[int]:
        """Return the processes in the container, as far as this account may see them."""
        if time.monotonic() - self._seen[0] > _FRESH:
            self._seen = time.monotonic(), processes.marked(attempt.MARK, self._mark)
        return self._seen[1]

    def finish(self, order: Mapping[str, Any], reason: str, client: int | None, over: Callable[[], int | None]) -> Any:
        """See the container to its end, and take it away; returns class and sentence, None when `reason` says all.

        reason: why it must end; empty when the engine's program, `client`, ended by itself. over: its status, None while it lives.
        """
        said = None
        if reason:
            self._end(client, over, float(order.get("grace_s", 10.0)))
        else:
            code, limit = os.waitstatus_to_exitcode(over() or 0), int(order.get("memory_limit") or 0)
            try:
                said = verdict(code, self.became(), limit, _last(os.path.join(self._folder, attempt.LOG)))
                if said is not None and said[0] == "environment" and (program := str(order["argv"][0])) not in said[1]:
                    said = said[0], f"{said[1]} It was to run '{program}'."
            except NoAnswer as error:
                said = "lost", f"What became of the container is not known. {error}"
        self.remove()
        return said

    def _end(self, client: int | None, over: Callable[[], int | None], grace: float) -> None:
        """TERM to all in the container, wait, KILL."""
        self._seen = float("-inf"), []
        processes.send(
            self.pids() or ([client] if client else []), signal.SIGTERM
        )  # those that cannot be seen are told by the program
        deadline = time.monotonic() + grace
        while over() is None and time.monotonic() < deadline:
            continue  # it waits by itself
        if over() is None:
            with contextlib.suppress(NoAnswer):
                self._ask("kill", "--signal=KILL", self.name)
        deadline = time.monotonic() + _PATIENCE
        while over() is None and time.monotonic() < deadline:
            continue

    def became(self) -> dict[str, Any] | None:
        """Return what the engine says of the container, None when there never was one; raises NoAnswer."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                said = self._ask("inspect", "--type=container", "--format={{json .State}}", self.name)
                found: dict[str, Any] = json.loads(said)
                return found
            except ValueError:
                raise NoAnswer("The engine does not say what became of the container.") from None
            except NoAnswer as error:
                if "no such" in str(error).lower():
                    return None
                if time.monotonic() > deadline:
                    raise
                time.sleep(1.0)

    def remove(self) -> None:
        """Take the container away, with whatever still runs in it."""
        with contextlib.suppress(NoAnswer):
            _remove(str(self._given["program"]), self.name)

    def _ask(self, *words: str) -> str:
        return _asked(str(self._given["program"]), *words)


def verdict(code: int, state: Mapping[str, Any] | None, limit: int, last: str) -> tuple[str, str] | None:
    """Return class and sentence of a container that ended by itself; both empty when all was well, None when the code says all.

    >>> verdict(137, {"Status": "exited", "OOMKilled": True, "ExitCode": 137}, 64 << 20, "")
    ('oom', 'The kernel ended it: it held more than its limit of 64 MiB.')
    >>> verdict(127, {"Status": "created", "Error": "exec: no such file"}, 0, "")
    ('environment', 'The container could not be started: exec: no such file.')
    >>> verdict(139, {"Status": "exited", "ExitCode": 139}, 0, "")
    ('user_error', 'It ended with exit code 139, which tells of signal 11 (SIGSEGV).')
    """
    if state is None or str(state.get("Status")) in _NEVER or (code in (125, 126, 127) and state.get("Error")):
        said = str((state or {}).get("Error") or last).strip().rstrip(".") or "the engine does not say why"
        return "environment", f"The container could not be started: {said}."
    if state.get("Running") or str(state.get("Status")) in ("running", "paused", "restarting"):
        return "lost", "The program of the container engine ended while the container ran; the container was removed."
    number = code - 128
    if code == 0:
        return "", ""
    if _NO_PROGRAM.search(last):
        return "environment", f"The image has no program that could be run: {last}"
    if state.get("OOMKilled"):
        return "oom", f"The kernel ended it: it held more than its limit of {limit / 2**20:.0f} MiB."
    told = 0 < number < 65 and number != signal.SIGKILL  # which may have been the kernel's
    said = f"It ended with exit code {code}, which tells of signal {processes.signal_name(number)}."
    return ("user_error", said) if told else None


def name_of(mark: str) -> str:
    """Return the name of the container of an attempt.

    >>> name_of("0199aa/1")
    'studiolo-0199aa-1'
    """
    return "studiolo-" + "".join(one if one.isalnum() or one in "_.-" else "-" for one in mark)


def sweep(given: Mapping[str, Any], mark: str) -> list[str]:
    """Remove the containers of an attempt whose runner is gone; returns what was found, as far as the engine answers."""
    program = str(given["program"])
    with contextlib.suppress(NoAnswer):
        found = _asked(program, "ps", "--all", "--quiet", "--no-trunc", "--filter", f"label={LABEL}={mark}").split()
        for one in found:
            _remove(program, one)
        return found
    return []


def _last(log: str) -> str:
    try:
        with open(log, "rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 4096))
            lines = file.read().decode(errors="replace").split("\n")
    except OSError:
        return ""
    return next((line.strip()[:500] for line in reversed(lines) if line.strip()), "")


def _remove(program: str, name: str) -> None:
    _asked(program, "rm", "--force", "--volumes", name)


def _asked(program: str, *words: str) -> str:
    import subprocess  # costs a third of a runner's start

    try:
        done = subprocess.run(
            [program, *words], capture_output=True, stdin=subprocess.DEVNULL, timeout=_SECONDS, check=False, cwd="/"
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoAnswer(f"{os.path.basename(program)} {words[0]}: {error}") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise NoAnswer(
            said.splitlines()[-1] if said else f"{os.path.basename(program)} {words[0]}: exit code {done.returncode}"
        )
    return done.stdout.decode(errors="replace")
