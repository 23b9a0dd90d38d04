"""Runners that are forked by a process that has loaded what they need."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from studiolo.runner import attempt, nest, observe
from studiolo.runner.launch import Order, ask_to_make_room, ask_to_stop, launch, prepare
from tests.runner.attempts import PYTHON, begin, ended, log, mark, wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="runners are forked on Linux")


@pytest.fixture(autouse=True)
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # what only the processes of this test have
    nest.open_()
    yield
    nest.close()


def forking() -> psutil.Process:
    """Return the process that forks."""
    assert nest._nest is not None
    assert nest._nest.pid is not None
    return psutil.Process(nest._nest.pid)


def owner(folder: Path) -> int:
    """Return the process of the runner of an attempt."""
    return int(json.loads((folder / attempt.CLAIM).read_text())["pid"])


def test_a_forked_runner_does_what_a_started_one_does(tmp_path: Path) -> None:
    begin(tmp_path, "import sys; print('hello'); sys.exit(7)")
    end = ended(tmp_path)
    assert (end.code, end.failure, log(tmp_path)) == (7, "user_error", "hello\n")
    assert launch(tmp_path) is False  # it has had its owner
    assert not psutil.pid_exists(json.loads((tmp_path / attempt.STATE).read_text())["child"])


def test_it_is_detached_and_has_nothing_of_who_forked_it(tmp_path: Path) -> None:
    begin(
        tmp_path, "import os; print('up', sorted(os.listdir('/proc/self/fd')), flush=True); import time; time.sleep(60)"
    )
    wait_for(lambda: "up" in log(tmp_path))
    runner = psutil.Process(json.loads((tmp_path / attempt.CLAIM).read_text())["pid"])
    assert runner.ppid() != forking().pid
    assert os.getsid(runner.pid) not in (os.getsid(0), os.getsid(forking().pid))
    assert len(log(tmp_path).split("[")[1].split(",")) == 4  # three streams, and the one by which they were listed
    assert attempt.MARK not in runner.environ()
    sockets = [
        path for one in Path(f"/proc/{runner.pid}/fd").iterdir() if (path := str(one.readlink())).startswith("socket")
    ]
    assert len(sockets) == 1  # on which it is told its next attempt
    ask_to_stop(tmp_path)
    assert ended(tmp_path).failure == "canceled"


def test_runners_outlive_the_process_that_forked_them_and_another_one_is_started(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    begin(first, "import time; print('up', flush=True); time.sleep(1); print('done')")
    wait_for(lambda: "up" in log(first))
    killed = forking()
    killed.send_signal(signal.SIGKILL)
    begin(second, "print('hello')")
    assert ended(second).code == 0
    assert ended(first).code == 0
    assert log(first) == "up\ndone\n"
    begin(tmp_path / "c", "print('again')")
    assert ended(tmp_path / "c").code == 0
    assert forking().pid != killed.pid


def test_it_ends_with_who_opened_it(tmp_path: Path) -> None:
    begin(tmp_path, "import time; print('up', flush=True); time.sleep(0.5)")
    process = forking()
    nest.close()
    process.wait(10)
    assert ended(tmp_path).code == 0


def test_secrets_reach_the_job_and_nobody_else(tmp_path: Path) -> None:
    order: Order = {
        "argv": [*PYTHON, "import os; print(len(os.environ['KEY']), os.environ['KEY'])"],
        "env": {"PATH": "/usr/bin:/bin"},
        "mark": mark(tmp_path),
        "grace_s": 1.0,
    }
    prepare(tmp_path, order)
    secret = "s3cr3t" * 20_000  # more than a pipe holds
    assert launch(tmp_path, {"env": {"KEY": secret}, "hidden": [secret]})
    assert ended(tmp_path).code == 0
    assert log(tmp_path).startswith("120000 ")
    assert "s3cr3t" not in log(tmp_path)
    with (
        Path(f"/proc/{forking().pid}/maps").open(encoding="ascii") as maps,
        Path(f"/proc/{forking().pid}/mem").open("rb") as memory,
    ):
        held = b""
        for line in maps:
            if "rw-p" in line and "[v" not in line:
                begin_, _, rest = line.partition("-")
                memory.seek(int(begin_, 16))
                held += memory.read(int(rest.split()[0], 16) - int(begin_, 16))
    assert b"s3cr3ts3cr3t" not in held


def test_an_attempt_that_has_an_owner_stays_its_own(tmp_path: Path) -> None:
    begin(tmp_path, "print('once', flush=True); import time; time.sleep(0.3)")
    assert launch(tmp_path) is False
    ended(tmp_path)
    assert log(tmp_path) == "once\n"


def both_wait(folder: Path) -> list[psutil.Process]:
    """Run something, after which its runner waits for the next; returns it, and the process of its next job."""
    begin(folder / "a", "print('first')")
    ended(folder / "a")
    state = json.loads((folder / "a" / attempt.STATE).read_text())
    runner = psutil.Process(state["pid"])

    def waits() -> bool:
        return [one.pid for one in runner.children()] not in ([], [state["child"]])

    wait_for(waits)
    return [runner, *runner.children()]


def test_the_next_runner_and_its_job_wait_and_are_those_that_begin(tmp_path: Path) -> None:
    waiting, job = both_wait(tmp_path)
    assert os.getsid(waiting.pid) not in (os.getsid(0), os.getsid(forking().pid))
    assert job.ppid() == waiting.pid
    begin(tmp_path / "b", "import os; print(os.getpid(), os.getsid(0), sorted(os.listdir('/proc/self/fd')))")
    assert ended(tmp_path / "b").code == 0
    assert owner(tmp_path / "b") == owner(tmp_path / "a") == waiting.pid
    assert log(tmp_path / "b") == f"{job.pid} {job.pid} ['0', '1', '2', '3']\n"  # the last is of the listing


def is_dead(process: psutil.Process) -> bool:
    """Say whether a process that was killed has ended, also when nobody has heard of it yet."""
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


@pytest.mark.parametrize("which", [0, 1])
def test_one_that_was_killed_while_it_waited_is_replaced(tmp_path: Path, which: int) -> None:
    both = both_wait(tmp_path)
    both[which].kill()
    wait_for(lambda: is_dead(both[which]))
    begin(tmp_path / "b", "print('second')")
    assert (ended(tmp_path / "b").code, log(tmp_path / "b")) == (0, "second\n")
    assert psutil.wait_procs(both[which:], 10)[1] == []  # a runner does not need the job that waited


def test_a_job_that_is_canceled_before_it_starts_leaves_no_process(tmp_path: Path) -> None:
    both = both_wait(tmp_path)
    (tmp_path / "b").mkdir()
    attempt.touch(str(tmp_path / "b"), attempt.CANCEL)
    begin(tmp_path / "b", "print('second')")
    assert (ended(tmp_path / "b").failure, log(tmp_path / "b")) == ("canceled", "")
    assert psutil.wait_procs(both[1:], 10)[1] == []
    assert json.loads((tmp_path / "b" / attempt.EXIT).read_text())["survivors"] == 0


def test_those_that_wait_end_with_the_process_that_forked_them(tmp_path: Path) -> None:
    both = both_wait(tmp_path)
    forking().kill()
    assert psutil.wait_procs(both, 10)[1] == []


def test_one_runner_takes_one_attempt_after_the_other_and_keeps_their_measures_apart(tmp_path: Path) -> None:
    begin(
        tmp_path / "a",
        "x = bytearray(200 << 20); import time; n = time.process_time() + 0.3\nwhile time.process_time() < n: pass",
    )
    big = ended(tmp_path / "a")
    both_wait(tmp_path / "between")
    begin(tmp_path / "b", "print('small', flush=True)")
    small = ended(tmp_path / "b")
    assert owner(tmp_path / "b") == owner(tmp_path / "between" / "a")
    assert big.record["peak_memory_bytes"] > 200 << 20 > small.record["peak_memory_bytes"]
    assert big.record["cpu_seconds"] > 0.3 > small.record["cpu_seconds"]
    assert not (tmp_path / "b" / attempt.RUNNER_LOG).read_text()


def test_what_ends_one_attempt_does_not_reach_the_next(tmp_path: Path) -> None:
    waiting, _ = both_wait(tmp_path)
    waiting.send_signal(signal.SIGTERM)  # it was for the attempt that has just ended
    begin(tmp_path / "b", "print('second')")
    end = ended(tmp_path / "b")
    assert (end.code, end.failure, log(tmp_path / "b")) == (0, None, "second\n")


def test_room_is_made_by_the_attempt_that_is_asked_and_not_by_the_next_of_its_runner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_wait(tmp_path / "before")
    begin(tmp_path / "b", "import time; print('up', flush=True); time.sleep(60)")
    wait_for(lambda: "up" in log(tmp_path / "b"))
    assert owner(tmp_path / "b") == owner(tmp_path / "before" / "a")
    # the first was looked at before it ended, and its runner is told now
    monkeypatch.setattr(observe, "runner_of", owner)
    beat = tmp_path / "b" / attempt.HEARTBEAT
    before = wait_for(lambda: beat.exists() and beat.stat().st_mtime_ns)
    ask_to_make_room(tmp_path / "before" / "a")
    # it beats after it has looked whether it is told to end
    wait_for(lambda: beat.stat().st_mtime_ns != before or attempt.exists(str(tmp_path / "b"), attempt.EXIT))
    ask_to_stop(tmp_path / "b")
    assert ended(tmp_path / "b").failure == "canceled"


def test_one_that_was_handed_secrets_takes_no_other_attempt(tmp_path: Path) -> None:
    order: Order = {"argv": [*PYTHON, "print('x')"], "env": {"PATH": "/usr/bin:/bin"}, "mark": "m", "grace_s": 1.0}
    prepare(tmp_path / "a", order)
    assert launch(tmp_path / "a", {"env": {"KEY": "s3cr3t"}, "hidden": ["s3cr3t"]})
    assert ended(tmp_path / "a").code == 0
    wait_for(lambda: not psutil.pid_exists(owner(tmp_path / "a")))


def test_runners_beside_one_another_are_as_many_as_are_needed(tmp_path: Path) -> None:
    names = [f"j{number}" for number in range(7)]
    for name in names:
        begin(tmp_path / name, "import time; print('up', flush=True); time.sleep(0.2)")
    assert [ended(tmp_path / name).code for name in names] == [0] * 7
    pids = {owner(tmp_path / name) for name in names}
    assert len(pids) == 7  # all at the same time
    wait_for(lambda: sum(psutil.pid_exists(pid) for pid in pids) <= 4)  # of which few wait for more
