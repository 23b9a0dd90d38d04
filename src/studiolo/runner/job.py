"""Starts the job of an attempt: a process group of its own that ends with its runner."""

import contextlib
import ctypes
import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from studiolo.runner import attempt
from studiolo.runner.program import Warmed

warmed: Warmed | None = None  # in a runner that was forked by a process which has loaded modules
_ahead: tuple[int, Any] | None = None  # the process of the first program, and how it is told what that is
_PIECE = 1 << 16
_USUAL = (  # whose handlers are the runner's, or which an interpreter ignores
    signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGCHLD, signal.SIGUSR1, signal.SIGPIPE, signal.SIGXFSZ,
)  # fmt: skip
_SET_PDEATHSIG = 1
_SET_CHILD_SUBREAPER = 36


class NotStarted(Exception):
    """The job's program could not be run; the message is for the user."""


def adopt_orphans() -> bool:
    """Become the parent of descendants whose own parent ends, so that daemonised ones are found; False where unsupported."""
    return _prctl(_SET_CHILD_SUBREAPER, 1)


def start(folder: str, job: dict[str, Any], record: Callable[[int], None], output: int | None = None) -> int:
    """Run the job's program; before it may, the claim of the attempt is on the disk and `record(pid)` was called. Returns its pid.

    output: where it writes to; None: straight into the log of the attempt.

    Raises NotStarted when there is no such program or folder; and in the job's process, when that is a fork of one that has
    loaded its modules, the Program that it is to become.
    """
    failed_read, failed_write = os.pipe()
    gate_read, gate_write = os.pipe()
    pid = _handed(folder, job, gate_read, failed_write, output)
    if pid is None:
        runner = os.getpid()
        pid = os.fork()
        if pid == 0:
            os.close(gate_write)
            os.close(failed_read)
            _be(folder, job, runner, gate_read, failed_write, output)
    os.close(failed_write)
    os.close(gate_read)
    try:
        record(pid)
        _see_through(folder)  # while the child does the same with the claim itself
        with contextlib.suppress(BrokenPipeError):  # it has ended, and says why
            os.write(gate_write, b"+")
    finally:
        os.close(gate_write)  # without the byte the child ends by itself
        message = os.read(failed_read, 4096)
        os.close(failed_read)
    if message:
        os.waitpid(pid, 0)
        raise NotStarted(json.loads(message))
    return pid


def fork_ahead(*others: Any) -> None:
    """Fork the process of the first program before there is one: what it costs to begin is paid while nobody waits.

    It waits for what it is to be and ends with its runner. others: sockets that it is not to have. Raises in it what `start` does there.
    """
    global _ahead
    import socket  # who forks ahead has it loaded; it takes as long as all else that a runner loads

    ours, theirs = socket.socketpair()
    runner = os.getpid()
    try:
        pid = os.fork()
    except OSError:
        ours.close()
        theirs.close()
        return
    if pid:
        theirs.close()
        _ahead = pid, ours
        return
    try:
        for other in (ours, *others):
            other.close()
        _stand_apart()
        if os.getppid() != runner:
            os._exit(0)
        if warmed is not None:
            warmed.come_near()
        text, fds, _, _ = socket.recv_fds(theirs, _PIECE, 3)
        while more := theirs.recv(_PIECE):
            text += more
        theirs.close()
        for descriptor in fds:
            os.set_inheritable(descriptor, False)
        told = json.loads(text)
    except (OSError, ValueError):  # the runner has ended
        os._exit(0)
    _be(told["folder"], told["job"], runner, fds[0], fds[1], fds[2] if len(fds) > 2 else None, apart=True)


def dismiss() -> None:
    """End the process that was forked ahead, when it was not needed."""
    global _ahead
    if _ahead is not None:
        (pid, tell), _ahead = _ahead, None
        tell.close()
        with contextlib.suppress(ChildProcessError):  # it has been seen to its end already
            os.waitpid(pid, 0)


def _handed(folder: str, job: dict[str, Any], gate: int, failed: int, output: int | None) -> int | None:
    """Tell the process that was forked ahead what it is to be; returns its pid, None when there is none."""
    global _ahead
    if _ahead is None:
        return None
    import socket

    (pid, tell), _ahead = _ahead, None
    fds = [gate, failed] if output is None else [gate, failed, output]
    text = json.dumps({"folder": folder, "job": job}).encode()
    with tell:
        try:
            sent = socket.send_fds(tell, [text], fds)
            tell.sendall(text[sent:])
        except OSError:  # it was killed
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
            return None
    return pid


def _be(
    folder: str, job: dict[str, Any], runner: int, gate: int, failed: int, output: int | None, *, apart: bool = False
) -> NoReturn:
    """Become the job's process; does not return. What prevents it is written to `failed`. apart: it stands apart already."""
    try:
        if not apart:
            _stand_apart()
        program = warmed.program(job, folder) if warmed is not None else None
        _become(folder, job, runner, gate, output)
        if program is not None and warmed is not None:
            warmed.enter(program.env[attempt.MARK])
        else:
            _execute(job)
    except BaseException as error:  # noqa: BLE001 - in the child nothing may return
        with contextlib.suppress(OSError):
            os.write(failed, json.dumps(_sentence(error, job)).encode()[:4096])
        os._exit(127)
    assert program is not None
    raise program


def _see_through(path: str) -> None:
    """See the claim of the attempt through to the disk: without it another runner might run all of it again after a power cut."""
    try:
        attempt.sync(path)
    except OSError as error:
        raise NotStarted(f"The claim of the attempt could not be seen through to the disk: {error}.") from error


def _stand_apart() -> None:
    """Be what a job's process is, whatever the job: in a session of its own, which ends with its runner."""
    os.setsid()
    _prctl(_SET_PDEATHSIG, signal.SIGKILL)
    for number in _USUAL:
        signal.signal(number, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("500")  # when the machine runs out of memory, the job goes before the studio


def _become(folder: str, job: dict[str, Any], runner: int, gate: int, output: int | None) -> None:
    _limit(job.get("rlimits") or {})
    path = os.path.join(folder, attempt.LOG)
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644) if output is None else output
    nothing = os.open(os.devnull, os.O_RDONLY)
    for target, source in ((0, nothing), (1, log), (2, log)):
        os.dup2(source, target)
    os.chdir(job.get("cwd") or folder)
    _see_through(os.path.join(folder, attempt.CLAIM))
    if os.read(gate, 1) != b"+" or os.getppid() != runner:
        os._exit(127)


def _execute(job: dict[str, Any]) -> None:
    argv = [str(word) for word in job["argv"]]
    os.execvpe(argv[0], argv, {str(key): str(value) for key, value in job["env"].items()})


def _limit(limits: dict[str, int]) -> None:
    """Set what `resource` calls RLIMIT_<NAME>; a name unknown here or above the hard limit is left out."""
    if not limits:
        return
    import resource

    for name, value in limits.items():
        number = getattr(resource, f"RLIMIT_{name.upper()}", None)
        if number is not None:
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(number, (value, value))


def _sentence(error: BaseException, job: dict[str, Any]) -> str:
    if isinstance(error, NotStarted):
        return str(error)
    program = (job.get("argv") or [""])[0]
    if isinstance(error, FileNotFoundError) and not os.path.isdir(job.get("cwd") or "."):
        return f"The folder {job.get('cwd')} is not there."
    if isinstance(error, FileNotFoundError):
        return f"There is no program '{program}' on the job's PATH."
    if isinstance(error, PermissionError):
        return f"'{program}' may not be executed: is it a program, and does it have the x permission?"
    return f"'{program}' could not be started: {type(error).__name__}: {error}"


def _prctl(option: int, value: int) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    return bool(ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) == 0)
