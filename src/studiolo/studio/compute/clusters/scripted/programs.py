"""The resume and suspend programs of a node: each run once at a time, outside of this process, and seen by whoever looks.

What a program said and how it ended stays in a folder of the node, so that a controller that was killed finds it again.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from studiolo.runner import attempt, once

FOLDER = "nodes"  # of a home: a folder for each node, with one for each program of it
_TAIL = 2000  # characters of output that are kept
_begun: dict[Path, "subprocess.Popen[bytes]"] = {}  # by this process: until it has ended, nobody else is asked


@dataclass(frozen=True, slots=True)
class Untouched:
    """It was not begun."""


@dataclass(frozen=True, slots=True)
class Going:
    """It runs."""


@dataclass(frozen=True, slots=True)
class Over:
    """It has ended. said: what went wrong, as a sentence, empty when nothing did; output: its last output."""

    said: str
    output: str
    out: str = ""


Sight = Untouched | Going | Over


def look(folder: Path, what: str, seconds: float) -> Sight:
    """Say what has become of a program. what: the noun of sentences; seconds: that it had."""
    process = _begun.get(folder)
    if process is not None and process.poll() is not None:
        del _begun[folder]
        if not (folder / once.BEGUN).exists() and process.returncode:
            return Over(f"The {what} could not be begun.", "")
        process = None
    if (end := attempt.read_json(str(folder), once.END)) is not None:
        return _over(folder, end, what, seconds)
    if not (folder / once.BEGUN).exists():
        return Going() if process is not None else Untouched()
    if _held(folder):
        return Going()
    if (end := attempt.read_json(str(folder), once.END)) is not None:  # it ended between the two looks
        return _over(folder, end, what, seconds)
    return Over(f"The {what} was killed; nobody knows how far it came.", _output(folder))


def begin(folder: Path, argv: Sequence[str], env: Mapping[str, str], seconds: float) -> None:
    """Have a program run; whoever asks for it a second time asks for nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    command = [sys.executable, "-I", "-S", once.__file__, str(folder), str(seconds), *argv]
    _begun[folder] = subprocess.Popen(
        command,
        cwd=folder,
        env={**{name: value for name, value in os.environ.items() if not name.startswith("STUDIOLO_")}, **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # it goes on when the controller ends
    )


def clear(folder: Path) -> None:
    """Remove what programs of a node left."""
    shutil.rmtree(folder, ignore_errors=True)


def _over(folder: Path, end: Mapping[str, object], what: str, seconds: float) -> Over:
    said = ""
    if end.get("error"):
        said = f"The {what} cannot be run: {end['error']}."
    elif end.get("late"):
        said = f"The {what} did not end in {seconds:g} s, and was ended."
    elif isinstance(code := end.get("code"), int) and code < 0:
        said = f"The {what} ended by signal {-code}."
    elif code:
        said = f"The {what} ended with code {code}."
    return Over(said, _output(folder), _read(folder / once.OUT))


def _output(folder: Path) -> str:
    return (_read(folder / once.OUT) + _read(folder / once.ERR)).strip()[-_TAIL:]


def _read(path: Path) -> str:
    """Return the end of a file; a program may have written without end."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 16_000))
            return file.read().decode("utf-8", "replace").replace("\0", "")
    except OSError:
        return ""


def _held(folder: Path) -> bool:
    with (folder / once.LOCK).open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
