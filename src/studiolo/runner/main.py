"""Entry of a runner: `python -I -S main.py <attempt directory>` returns when the attempt has an owner.

Exit code 0: a runner owns it now; 17: it had an owner; else: see `runner.log` in the directory.
"""

import os
import sys
import types
from typing import Any

OWNED = 17


def main(folder: str) -> int:
    """Fork the runner off, in a session of its own, and wait until it has its claim."""
    told, tell = os.pipe()
    if os.fork():
        os.close(tell)
        answer = os.read(told, 1)
        return {b"+": 0, b"=": OWNED}.get(answer, 1)
    os.close(told)
    # fork before setsid (it fails in a group leader, as one is under SSH), fork after it so that no terminal can be gained
    os.setsid()
    if os.fork():
        os._exit(0)
    code = 1
    try:
        code = own(folder, tell, handed_by(0))
    except BaseException:  # noqa: BLE001 - the last frame of a process; it goes to runner.log
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


def own(
    folder: str,
    tell: int,
    handed: dict[str, Any],
    surroundings: dict[str, str] | None = None,
    identity: dict[str, Any] | None = None,
) -> int:
    """Claim the attempt, say so by a byte, and live as its runner. surroundings: variables that its job has from here;
    identity: of this process, where it is known already."""
    import signal

    from studiolo.runner import attempt
    from studiolo.runner.hearing import ENDING
    from studiolo.runner.supervise import Runner

    log = os.open(os.path.join(folder, attempt.RUNNER_LOG), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    close_input()
    for target in (1, 2):
        os.dup2(log, target)
    os.close(log)
    os.chdir(folder)
    me = identity or who()
    # who has the claim is told to end by signals, and these would kill it until it listens
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    if not attempt.take(folder, me):
        os.write(tell, b"=")
        return OWNED
    os.write(tell, b"+")
    os.close(tell)
    runner = Runner(folder, me, handed)
    if surroundings is not None:
        runner.order["env"] = {**surroundings, **runner.order.get("env", {})}
        runner.tells = True
    runner.run()
    return 0


def rest() -> bool:
    """Leave an attempt that has ended, in order to wait for another one; False when something of it is left in this process."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for target in (0, 1, 2):
        os.dup2(nothing, target)
    os.close(nothing)
    os.chdir("/")
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return len(os.listdir("/proc/self/task")) == 1
    return False


def who() -> dict[str, Any]:
    """Return what tells this process from all others."""
    from studiolo.runner import processes

    me = processes.process(os.getpid())
    return {"boot_id": processes.boot_id(), "pid": os.getpid(), "start": me.start if me else 0}


def close_input() -> None:
    """Have nothing to read."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


def handed_by(pipe: int) -> dict[str, Any]:
    """Return what came by a pipe: secrets for the job's process."""
    with open(pipe, "rb", closefd=False) as file:
        text = file.read()
    if not text:
        return {}
    import json

    found: dict[str, Any] = json.loads(text)
    return found


def stand_alone() -> None:
    """Make `studiolo.runner` importable from this folder alone: the package itself is not loaded, nor need it exist."""
    here = os.path.dirname(os.path.abspath(__file__))
    for name, places in (("studiolo", []), ("studiolo.runner", [here])):
        package = types.ModuleType(name)
        package.__path__ = places
        sys.modules[name] = package


if __name__ == "__main__":
    stand_alone()
    sys.exit(main(os.path.abspath(sys.argv[1])))
