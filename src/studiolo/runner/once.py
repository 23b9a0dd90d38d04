"""Runs a program once, outside of the life of whoever asked: its output and its end stay in a folder.

`python -I -S once.py FOLDER SECONDS PROGRAM [ARGUMENT …]`. However many are started on a folder, one runs the program. A lock of the
folder is held while it runs: a folder that was begun, with no end and no lock, is one of which nobody knows the end.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import signal
import subprocess
import sys

LOCK, BEGUN, END, OUT, ERR = "lock", "begun", "end.json", "out.txt", "err.txt"
_GRACE = 5.0  # seconds between TERM and KILL
_DEATH = 1  # prctl's PR_SET_PDEATHSIG


def main(folder: str, seconds: float, argv: list[str]) -> int:
    """Run the program, unless it was begun before."""
    with open(os.path.join(folder, LOCK), "ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.close(os.open(os.path.join(folder, BEGUN), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except (BlockingIOError, FileExistsError):
            return 0
        _settle(folder)  # after a power cut it would be run once more
        end = _run(folder, seconds, argv)
        part = os.path.join(folder, f".{END}")
        with open(part, "w", encoding="utf-8") as file:
            json.dump(end, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, os.path.join(folder, END))
        _settle(folder)
    return 0


def _settle(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _run(folder: str, seconds: float, argv: list[str]) -> dict[str, object]:
    with open(os.path.join(folder, OUT), "wb") as out, open(os.path.join(folder, ERR), "wb") as err:
        try:
            process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                preexec_fn=_die_with_me,  # noqa: PLW1509 - there is one thread
                start_new_session=True,
            )
        except OSError as error:
            return {"code": None, "late": False, "error": f"{argv[0]}: {error.strerror or error}"}
    try:
        return {"code": process.wait(seconds), "late": False, "error": ""}
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        return {"code": process.wait(), "late": True, "error": ""}


def _die_with_me() -> None:
    """Have the program end with this process: else it might go on while what undoes it runs already. Linux alone can."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_DEATH, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2]), sys.argv[3:]))
