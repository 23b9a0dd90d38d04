"""Builds an environment from its lock when a job is the first to need it: in a folder beside, then renamed.

It runs in the process that prepares a job, so that what it says stands in the job's log. Several jobs that need the same
environment wait for one that builds it.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from studiolo.studio.experiments.environments import tool

READY = (
    "studiolo.json"  # in a built environment: when it was built and how large it is; its time: when it was last used
)
Say = Callable[[str], None]
_PIP = "import ensurepip, pathlib; print(next(iter((pathlib.Path(ensurepip.__file__).parent / '_bundled').glob('pip-*.whl')), ''))"


class NotBuilt(Exception):
    """The environment cannot be built; the message names the requirement."""


def ensure(folder: Path, name: str, lock: str, python: str, say: Say) -> Path:
    """Return the built environment of a lock, building it where it is not there. Raises NotBuilt.

    folder: of all environments; name: of the lock, which names the environment's folder.
    """
    target = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    with hold(folder, name, say):
        if (target / READY).is_file():
            os.utime(target / READY)
            return target
        _build(folder, name, lock, python, say)
    return target


@contextmanager
def hold(folder: Path, name: str, say: Say | None = None) -> Iterator[bool]:
    """Be the only one at an environment while in the block. Without `say` others are not waited for: False.

    Who holds it may remove its file, so one that waited on a removed file begins again.
    """
    path, told = folder / f"{name}.lock", False
    while True:
        with path.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if say is None:
                    yield False
                    return
                if not told:
                    say("Another job is building this environment; waiting for it.")
                    told = True
                fcntl.flock(file, fcntl.LOCK_EX)
            if _is_at(file.fileno(), path):
                yield True
                return


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _build(folder: Path, name: str, lock: str, python: str, say: Say) -> None:
    begun = time.monotonic()
    part, cache = folder / f".{name}.{os.getpid()}", folder / "cache"
    shutil.rmtree(folder / name, ignore_errors=True)  # without READY: a build that was killed
    for left in folder.glob(f".{name}.*"):
        shutil.rmtree(left, ignore_errors=True)
    interpreter = tool.interpreter(python, cache)
    if interpreter is None:
        raise NotBuilt(f"Python {python} is not on this machine any more.")
    locked = folder / f"{name}.txt"
    locked.write_text(lock, "utf-8")
    with (folder / f"{name}.log").open("w", encoding="utf-8") as log:

        def tell(line: str) -> None:
            say(line)
            log.write(f"{line}\n")

        try:
            uv = tool.program()
            _run([uv, "venv", "--python", interpreter, "--relocatable", "--no-project", str(part)], cache, tell)
            inside = str(part / "bin" / "python")
            if lock.strip():
                install = [uv, "pip", "install", "--python", inside, "--no-deps", "-r", str(locked)]
                install += tool.no_index(tool.environment(cache))
                _run(install, cache, tell)
            _add_pip(uv, interpreter, inside, cache, tell)
            size = _size(part)
            about = {"built_at": time.time(), "bytes": size, "seconds": round(time.monotonic() - begun, 2)}
            (part / READY).write_text(json.dumps(about), "utf-8")
            part.rename(folder / name)
            tell(f"Built in {about['seconds']} s, {size / 2**20:.0f} MiB.")
        finally:
            shutil.rmtree(part, ignore_errors=True)


def _run(command: list[str], cache: Path, tell: Say) -> None:
    tell(f"$ {tool.shown(command)}")
    process = subprocess.Popen(
        command,
        env=tool.environment(cache),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    lines: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        tell(line.rstrip())
        lines = [*lines[-200:], line]
    if process.wait() != 0:
        raise NotBuilt(tool.said("".join(lines)) or f"uv ended with code {process.returncode}.")


def _add_pip(uv: str, interpreter: str, inside: str, cache: Path, tell: Say) -> None:
    """Give it the pip that Python brings: commands of jobs say `pip install …`. Without one it works as well."""
    done = subprocess.run([interpreter, "-c", _PIP], capture_output=True, check=False, encoding="utf-8")
    wheel = done.stdout.strip()
    if wheel and not (Path(inside).parent / "pip").exists():
        try:
            _run([uv, "pip", "install", "--python", inside, "--no-deps", "--offline", wheel], cache, tell)
        except NotBuilt as error:
            tell(f"pip is left out: {error}")


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*"))


def state(folder: Path, name: str) -> tuple[int, float] | None:
    """Return the bytes of a built environment and when it was last used (seconds since 1970), None where it is not built."""
    path = folder / name / READY
    try:
        return int(json.loads(path.read_text("utf-8"))["bytes"]), path.stat().st_mtime
    except (OSError, ValueError, KeyError):
        return None


def variables(folder: Path, name: str, path: str) -> dict[str, str]:
    """Return what a process needs to work in an environment. path: the PATH without it, from which the studio's own goes."""
    own = str(Path(sys.executable).parent)
    rest = [part for part in path.split(os.pathsep) if part != own]
    place = folder / name
    return {"VIRTUAL_ENV": str(place), "PATH": os.pathsep.join([str(place / "bin"), *rest])}
