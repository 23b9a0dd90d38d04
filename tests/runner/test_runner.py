"""The runner with real processes."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from studiolo.runner import attempt
from studiolo.runner.launch import ask_to_stop, launch
from studiolo.runner.observe import Lost, Running, look, sweep
from tests.runner.attempts import begin, carrying, ended, log, mark, wait_for

STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for daemon in range(2):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            print("daemon", os.getpid(), flush=True)
            while True: time.sleep(0.05)
        os._exit(0)
print("up", flush=True)
while True: time.sleep(0.05)
"""


def test_a_job_leaves_its_log_and_exit_record(tmp_path: Path) -> None:
    begin(tmp_path, "import sys; print('hello'); print('oops', file=sys.stderr); sys.exit(0)")
    end = ended(tmp_path)
    assert (end.code, end.signal, end.failure, end.error) == (0, None, None, None)
    assert sorted(log(tmp_path).split()) == ["hello", "oops"]
    assert end.record["survivors"] == 0
    assert end.ended_at >= end.started_at
    assert end.record["peak_memory_bytes"] > 2**20


def test_the_exit_code_of_a_failing_job_is_kept(tmp_path: Path) -> None:
    begin(tmp_path, "import sys; sys.exit(7)")
    end = ended(tmp_path)
    assert (end.code, end.failure) == (7, "user_error")
    assert "exit code 7" in str(end.error)


def test_a_job_killed_by_somebody_else_names_the_signal(tmp_path: Path) -> None:
    begin(tmp_path, "import os; os.kill(os.getpid(), 11)")
    end = ended(tmp_path)
    assert (end.code, end.signal, end.failure) == (None, 11, "user_error")
    assert "SIGSEGV" in str(end.error)


@pytest.mark.parametrize(
    ("argv", "order", "says"),
    [
        (["no-such-program"], {}, "no program 'no-such-program'"),
        (["/etc/passwd"], {}, "may not be executed"),
        (["true"], {"cwd": "/no/such/folder"}, "/no/such/folder is not there"),
    ],
)
def test_a_program_that_cannot_start_is_a_failure_of_the_environment(
    tmp_path: Path, argv: list[str], order: dict[str, str], says: str
) -> None:
    begin(tmp_path, argv, **order)
    end = ended(tmp_path)
    assert (end.code, end.failure) == (None, "environment")
    assert says in str(end.error)


def test_an_unreadable_order_is_recorded_not_lost(tmp_path: Path) -> None:
    (tmp_path / attempt.JOB).write_text("{")
    assert launch(tmp_path)
    assert ended(tmp_path).failure == "environment"


def test_an_attempt_has_one_owner(tmp_path: Path) -> None:
    begin(tmp_path, "print('once', flush=True); import time; time.sleep(0.3)")
    assert launch(tmp_path) is False
    ended(tmp_path)
    assert log(tmp_path) == "once\n"


def test_two_launches_at_once_run_the_job_once(tmp_path: Path) -> None:
    main = Path(attempt.__file__).with_name("main.py")
    attempt.write_json(str(tmp_path), attempt.JOB, {"argv": ["echo", "once"], "env": {"PATH": "/bin:/usr/bin"}})
    starters = [subprocess.Popen([sys.executable, "-I", "-S", main, tmp_path]) for _ in range(4)]
    codes = sorted(starter.wait(30) for starter in starters)
    ended(tmp_path)
    assert codes == [0, 17, 17, 17]
    assert log(tmp_path) == "once\n"


def test_the_runner_needs_nothing_but_its_folder_and_a_python(tmp_path: Path) -> None:
    copied = tmp_path / "copied"
    copied.mkdir()
    for file in Path(attempt.__file__).parent.glob("*.py"):
        (copied / file.name).write_bytes(file.read_bytes())
    place = tmp_path / "attempt"
    place.mkdir()
    attempt.write_json(str(place), attempt.JOB, {"argv": ["echo", "far"], "env": {"PATH": "/bin:/usr/bin"}})
    subprocess.run([sys.executable, "-I", "-S", copied / "main.py", place], check=True, env={}, timeout=30)
    assert ended(place).code == 0
    assert log(place) == "far\n"


def test_the_job_has_its_mark_and_a_group_of_its_own(tmp_path: Path) -> None:
    begin(tmp_path, "import os, time; print(os.environ['STUDIOLO_ATTEMPT'], os.getsid(0) == os.getpid(), flush=True)")
    ended(tmp_path)
    assert log(tmp_path) == f"{mark(tmp_path)} True\n"


def test_timeout_ends_the_job(tmp_path: Path) -> None:
    begin(tmp_path, "import time; time.sleep(60)", timeout_s=0.3)
    end = ended(tmp_path)
    assert end.failure == "timeout"
    assert end.ended_at - end.started_at < 5
    assert "0.3 s" in str(end.error)


def test_memory_above_the_limit_ends_the_job(tmp_path: Path) -> None:
    begin(tmp_path, "x = bytearray(200 * 2**20); import time; time.sleep(60)", memory_limit=100 * 2**20)
    end = ended(tmp_path)
    assert end.failure == "oom"
    assert "100 MiB" in str(end.error)


def test_memory_of_children_counts(tmp_path: Path) -> None:
    code = """
import os, time
for child in range(3):
    if os.fork() == 0:
        x = bytearray(60 * 2**20)
        time.sleep(60)
time.sleep(60)
"""
    begin(tmp_path, code, memory_limit=100 * 2**20)
    assert ended(tmp_path).failure == "oom"
    assert carrying(tmp_path) == []


@pytest.mark.skipif(sys.platform != "linux", reason="shared pages are counted once from /proc only")
def test_shared_memory_of_forked_workers_counts_once(tmp_path: Path) -> None:
    code = """
import os, time
x = bytearray(60 * 2**20)
workers = []
for child in range(4):
    pid = os.fork()
    if pid == 0:
        time.sleep(0.8); os._exit(0)
    workers.append(pid)
for pid in workers: os.waitpid(pid, 0)
print("done")
"""
    begin(tmp_path, code, memory_limit=150 * 2**20)
    assert ended(tmp_path).code == 0


def test_a_limit_per_process_is_set_where_asked(tmp_path: Path) -> None:
    begin(tmp_path, "import resource; print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])", rlimits={"nofile": 77})
    ended(tmp_path)
    assert log(tmp_path) == "77\n"


def test_cancel_of_a_willing_job_is_quick(tmp_path: Path) -> None:
    begin(tmp_path, "import time; print('up', flush=True); time.sleep(60)")
    wait_for(lambda: "up" in log(tmp_path))
    ask_to_stop(tmp_path)
    end = ended(tmp_path)
    assert end.failure == "canceled"
    assert end.signal == signal.SIGTERM


def test_cancel_of_a_stubborn_job_with_daemons_leaves_no_survivor(tmp_path: Path) -> None:
    begin(tmp_path, STUBBORN, grace_s=0.5)
    wait_for(lambda: log(tmp_path).count("daemon") == 2 and "up" in log(tmp_path))
    assert len(carrying(tmp_path)) == 3  # job and two daemons
    ask_to_stop(tmp_path)
    end = ended(tmp_path)
    assert end.failure == "canceled"
    assert end.record["survivors"] == 0
    wait_for(lambda: carrying(tmp_path) == [])


def test_daemons_left_behind_by_a_finished_job_are_ended(tmp_path: Path) -> None:
    begin(tmp_path, STUBBORN.replace('print("up", flush=True)', "time.sleep(0.3); os._exit(0)"), grace_s=0.2)
    end = ended(tmp_path)
    assert (end.code, end.failure) == (0, None)
    assert end.record["left_behind"] == 2
    wait_for(lambda: carrying(tmp_path) == [])


def test_cancel_before_the_start_runs_nothing(tmp_path: Path) -> None:
    (tmp_path / attempt.CANCEL).touch()
    begin(tmp_path, "print('never')")
    assert ended(tmp_path).failure == "canceled"
    assert log(tmp_path) == ""


def test_term_of_the_runner_is_a_machine_that_goes_down(tmp_path: Path) -> None:
    begin(tmp_path, "import time; time.sleep(60)")
    found = wait_for(lambda: (seen := look(tmp_path)) and isinstance(seen, Running) and seen)
    os.kill(found.runner, signal.SIGTERM)
    assert ended(tmp_path).failure == "preempted"


def test_the_job_survives_the_process_that_launched_it(tmp_path: Path) -> None:
    folder = tmp_path / "attempt"
    code = f"""
import sys, time
from pathlib import Path
from studiolo.runner.launch import launch, prepare
folder = Path({str(folder)!r})
prepare(folder, {{"argv": [sys.executable, "-c", "import time; time.sleep(0.5); print('survived')"], "env": {{}}, "mark": "m"}})
launch(folder)
print("launched", flush=True)
time.sleep(60)
"""
    launcher = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert launcher.stdout is not None
    assert launcher.stdout.readline() == b"launched\n"
    os.killpg(os.getpgid(launcher.pid), 0)
    launcher.kill()
    launcher.wait()
    launcher.stdout.close()
    assert ended(folder).code == 0
    assert log(folder) == "survived\n"


def test_kill_of_a_runner_ends_its_job_and_the_sweep_finds_the_rest(tmp_path: Path) -> None:
    begin(tmp_path, STUBBORN)
    wait_for(lambda: log(tmp_path).count("daemon") == 2 and "up" in log(tmp_path))
    found = look(tmp_path)
    assert isinstance(found, Running)
    os.kill(found.runner, signal.SIGKILL)
    wait_for(lambda: isinstance(look(tmp_path), Lost))
    swept = sweep(tmp_path, mark(tmp_path))
    assert len(swept) >= 2
    wait_for(lambda: carrying(tmp_path) == [])
    assert not psutil.pid_exists(found.child) or psutil.Process(found.child).status() == psutil.STATUS_ZOMBIE


def test_the_sweep_finds_a_process_that_emptied_its_environment(tmp_path: Path) -> None:
    begin(tmp_path, ["sh", "-c", "env -i sh -c 'trap \"\" TERM; echo $$; while :; do sleep 0.1; done' & wait"])
    hidden = int(wait_for(lambda: log(tmp_path).strip()))
    found = look(tmp_path)
    assert isinstance(found, Running)
    os.kill(found.runner, signal.SIGKILL)
    wait_for(lambda: isinstance(look(tmp_path), Lost))
    assert hidden in {swept.pid for swept in sweep(tmp_path, mark(tmp_path))}


def test_a_flood_of_signals_and_a_hangup_do_not_end_the_job(tmp_path: Path) -> None:
    begin(tmp_path, "import time; time.sleep(0.6); print('done')")
    found = wait_for(lambda: (seen := look(tmp_path)) and isinstance(seen, Running) and seen)
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGUSR1) * 200:
        os.kill(found.runner, number)
    assert ended(tmp_path).code == 0
    assert log(tmp_path) == "done\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_a_signal_between_the_claim_and_the_listening_is_not_the_end_of_the_runner(tmp_path: Path, number: int) -> None:
    os.mkfifo(tmp_path / attempt.JOB)  # it waits here, its claim made, for an order to read
    main = Path(attempt.__file__).with_name("main.py")
    begun = subprocess.Popen([sys.executable, "-I", "-S", str(main), str(tmp_path)], stdin=subprocess.DEVNULL)
    owner = wait_for(lambda: attempt.read_json(str(tmp_path), attempt.CLAIM))
    os.kill(owner["pid"], number)
    if number == signal.SIGUSR1:
        attempt.touch(str(tmp_path), attempt.CANCEL)
    order = {"argv": ["sleep", "60"], "env": {"PATH": "/usr/bin:/bin"}, "mark": mark(tmp_path), "grace_s": 1.0}
    (tmp_path / attempt.JOB).write_text(json.dumps(order))
    assert begun.wait(20) == 0
    assert ended(tmp_path).failure == ("preempted" if number == signal.SIGTERM else "canceled")


def test_a_runner_whose_folder_is_taken_away_with_its_record_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studiolo.runner.supervise import Runner

    runner = object.__new__(Runner)  # what brings an attempt home removes it when the record is there
    runner.folder, runner.status, runner.started, runner.peak, runner.left_behind = str(tmp_path / "a"), None, 0.0, 0, 0
    runner.order, runner._adopts, runner._warm, runner.pid = {}, True, False, None
    runner._most, runner._seconds, runner._dying = 0, 0.0, False
    (tmp_path / "a").mkdir()
    monkeypatch.setattr(attempt, "wake", shutil.rmtree)
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("it waits for nothing"))
    runner._record("", "")
    assert not (tmp_path / "a").exists()
