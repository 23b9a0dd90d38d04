"""Children that are forked from a process with loaded modules: what they are given, how they end, and what ends with whom."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studiolo.kernel import fork_server
from studiolo.kernel.forks import PIPE, Child, Forks

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere children are started in the usual way")

MODULE = """
import json, os, sys, time

def main():
    asked = sys.stdin.read()
    if asked == "sleep":
        print(os.getpid(), flush=True)
        time.sleep(600)
    if asked == "fail":
        raise ValueError("it went wrong")
    if asked.isdigit():
        sys.exit(int(asked))
    parent = os.getppid()
    print(json.dumps({
        "cwd": os.getcwd(), "mine": os.environ.get("MINE"), "secret": os.environ.get("SECRET"), "session": os.getsid(0) == os.getpid(),
        "open": sorted(map(int, os.listdir("/proc/self/fd")))[:-1], "parent": parent, "argv": sys.argv,
        "threads": len(os.listdir(f"/proc/{parent}/task")),
    }))
    return 7

if __name__ == "__main__":
    sys.exit(main())
"""


@pytest.fixture
def made(tmp_path: Path) -> Path:
    (tmp_path / "asked_child.py").write_text(MODULE)
    return tmp_path


@pytest.fixture
def forks(made: Path) -> Iterator[Forks]:
    found = Forks(["asked_child"], lambda: {"PYTHONPATH": str(made), "PATH": os.environ["PATH"]}, idle=30)
    yield found
    found.close()


def ask(child: Child, text: str) -> str:
    assert child.stdin
    assert child.stdout
    with child.stdin:
        child.stdin.write(text.encode())
    return child.stdout.read().decode()


def until(what: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)


def gone(pid: int) -> bool:
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


def start(forks: Forks, folder: Path) -> Child:
    return forks.start("asked_child", folder, (PIPE, PIPE, PIPE), {"MINE": "yes"})


def test_a_child_is_a_process_of_its_own(forks: Forks, made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "canary")
    seen = []
    for _ in range(2):
        child = start(forks, made)
        told = json.loads(ask(child, "what"))
        assert child.wait(20) == child.returncode == 7
        seen.append(told)
        assert told["cwd"] == str(made)
        assert (told["mine"], told["secret"], told["session"]) == ("yes", None, True)
        assert told["open"] == [0, 1, 2], "nothing else that was open"
        assert told["threads"] == 1, "a fork would lose a thread"
        assert told["argv"] == ["asked_child"]
        assert gone(child.pid)
    assert seen[0]["parent"] == seen[1]["parent"] != os.getpid(), "both are forked by one process"


def test_how_it_ended_is_told(forks: Forks, made: Path) -> None:
    child = start(forks, made)
    ask(child, "3")
    assert child.wait(20) == 3
    child = start(forks, made)
    ask(child, "fail")
    assert child.stderr
    assert child.stderr.read().decode().rstrip().endswith("ValueError: it went wrong")
    assert child.wait(20) == 1
    child = start(forks, made)
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.05)
    assert child.poll() is None
    child.kill()
    assert child.wait(20) == -signal.SIGKILL


def test_the_process_that_forks_goes_when_nobody_asks_and_comes_again(made: Path) -> None:
    forks = Forks(["asked_child"], lambda: {"PYTHONPATH": str(made), "PATH": os.environ["PATH"]}, idle=0.1)
    try:
        parents = []
        for _ in range(2):
            child = start(forks, made)
            parents.append(json.loads(ask(child, "what"))["parent"])
            assert child.wait(20) == 7
            until(lambda: gone(parents[-1]))
        assert parents[0] != parents[1]
    finally:
        forks.close()


def test_a_process_that_forks_and_is_killed_is_started_again(forks: Forks, made: Path) -> None:
    first = start(forks, made)
    parent = json.loads(ask(first, "what"))["parent"]
    first.wait(20)
    child = start(forks, made)
    os.kill(parent, signal.SIGKILL)
    assert child.wait(20) == -signal.SIGKILL, "who looks after it is gone"
    until(lambda: gone(child.pid))
    again = start(forks, made)
    assert json.loads(ask(again, "what"))["parent"] != parent


OWNER = """
import os, sys
from pathlib import Path
from studiolo.kernel.forks import PIPE, Forks
folder = Path(sys.argv[1])
forks = Forks(["asked_child"], lambda: {"PYTHONPATH": str(folder)}, idle=600)
child = forks.start("asked_child", folder, (PIPE, PIPE, PIPE))
child.stdin.write(b"sleep"); child.stdin.close()
print(child.stdout.readline().decode().strip(), Path(f"/proc/{child.pid}/stat").read_text().split()[3], flush=True)
child.wait()
"""


def test_all_of_them_end_with_whoever_started_them(made: Path) -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(made)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout
    child, parent = map(int, owner.stdout.readline().split())
    assert not gone(child)
    assert not gone(parent)
    owner.kill()
    owner.wait()
    owner.stdout.close()
    until(lambda: gone(parent) and gone(child))


def test_modules_that_cannot_be_loaded_are_no_reason_to_fail(made: Path) -> None:
    forks = Forks(["nowhere_to_be_found"], lambda: {"PYTHONPATH": str(made), "PATH": os.environ["PATH"]}, idle=30)
    child = forks.start("asked_child", made, (PIPE, PIPE, subprocess.DEVNULL), {})
    ask(child, "what")
    assert child.wait(20) == 7, "it was started in the usual way"
    forks.close()


def test_a_child_whose_folder_is_gone_fails_under_its_own_number(forks: Forks, made: Path) -> None:
    child = start(forks, made / "gone")
    assert child.pid > 1, "what is ended is a group of that number"
    assert child.stderr
    assert "FileNotFoundError" in child.stderr.read().decode()
    assert child.wait(20) == 1


NO_NUMBER = """
import os
from studiolo.kernel import fork_server

def refused():
    raise PermissionError("no session")

os.setsid = refused  # so that every child ends before it tells its number
"""


def test_a_child_that_ends_before_it_tells_its_number_is_none(made: Path) -> None:
    (made / "no_number.py").write_text(NO_NUMBER)
    forks = Forks(["no_number"], lambda: {"PYTHONPATH": str(made), "PATH": os.environ["PATH"]}, idle=30)
    child = start(forks, made)
    assert child.pid > 1
    assert json.loads(ask(child, "what"))["parent"] == os.getpid(), "it was started in the usual way"
    assert child.wait(20) == 7
    forks.close()


def test_no_room_for_a_child_does_not_end_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room() -> int:
        raise BlockingIOError("no process left")

    monkeypatch.setattr(os, "fork", no_room)
    before, handler = set(Path("/proc/self/fd").iterdir()), signal.getsignal(signal.SIGCHLD)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        server = fork_server.Forking(theirs, 1.0)
        try:
            for count in (fork_server.FDS, 2):
                status, telling = os.pipe()
                socket.send_fds(ours, [b"{}"], [telling] * count)
                os.close(telling)
                assert server._receive(), "it goes on"
                assert os.read(status, 1) == b"", "nobody holds the other end: there is no child"
                os.close(status)
        finally:
            os.close(signal.set_wakeup_fd(-1))
            os.close(server._ended)
            signal.signal(signal.SIGCHLD, handler)
    assert set(Path("/proc/self/fd").iterdir()) == before


def test_only_the_process_that_did_not_answer_is_forgotten(forks: Forks, made: Path) -> None:
    child = start(forks, made)
    assert forks._control
    dead, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    other.close()
    living, forks._control = forks._control, dead
    lock, seen = forks._lock, []

    class Watched:
        """A lock under which another thread puts a new process in place as soon as it is free."""

        def __enter__(self) -> None:
            lock.acquire()

        def __exit__(self, *_: object) -> None:
            lock.release()
            if not seen:
                seen.append(forks._control)
                forks._control = living

    forks._lock = Watched()  # type: ignore[assignment]
    asked = {"module": "asked_child", "folder": str(made), "environment": {}}
    assert forks._fork(asked, (PIPE, PIPE, PIPE)) is None
    assert seen == [None]
    assert forks._control is living, "the one that was put in place is not forgotten"
    assert living.fileno() >= 0
    child.kill()
    child.wait(20)
