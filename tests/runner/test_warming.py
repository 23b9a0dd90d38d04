"""Programs that begin in a process which holds their modules already."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from studiolo.runner import attempt, warming
from studiolo.runner.launch import Order, ask_to_stop, launch, prepare
from studiolo.runner.observe import Lost, look, sweep
from studiolo.runner.warming import Wanted, Warming
from tests.runner.attempts import ended, log, mark, wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="programs begin warm on Linux")
ENV = {"PATH": "/usr/bin:/bin", "PYTHONUNBUFFERED": "1", "SHARED": "yes"}
MODULES = ["statistics", "no_such_module"]  # what is held: one that is not there is the program's affair


@pytest.fixture
def held() -> Iterator[Warming]:
    found = Warming(2, 60.0, 1 << 40)
    yield found
    found.close()


def wanted(modules: list[str] = MODULES, key: str = "a") -> Wanted:
    return Wanted(key=key, python=sys.executable, env=ENV, modules=modules)


def begin(
    folder: Path, code: str, held: Warming, *args: str, wants: Wanted | None = None, **order: object
) -> bool | None:
    """Begin a program with what is held; None when it must be started in the usual way."""
    work = folder / "work"
    work.mkdir(parents=True)
    (work / "step.py").write_text(code)
    env = {**ENV, "OWN": folder.name, "PYTHONPATH": str(folder / "packages")}
    wants = wants or wanted()
    spec: Order = {
        "argv": [sys.executable, "step.py", *args], "env": env, "cwd": str(work), "mark": mark(folder)[-90:], "grace_s": 1.0,
        "warm": wants, **order,  # type: ignore[typeddict-item]
    }  # fmt: skip
    prepare(folder, spec)
    return held.fork(folder, b"", wants)


def warm(folder: Path, held: Warming, wants: Wanted | None = None) -> None:
    """Have modules held."""
    wants = wants or wanted()
    assert held.fork(folder, b"", wants) is None
    one = held._warm[wants["key"]]

    def loaded() -> bool:
        held.tick()
        return one.loading is None

    wait_for(loaded)


def test_a_program_finds_what_it_would_find_in_an_interpreter_of_its_own(tmp_path: Path, held: Warming) -> None:
    warm(tmp_path, held)
    (tmp_path / "a" / "packages").mkdir(parents=True)
    (tmp_path / "a" / "packages" / "brought.py").write_text("value = 7")
    code = """
import sys
loaded = "statistics" in sys.modules
import json, os, __main__, signal, threading, brought
print(json.dumps({
    "loaded": loaded, "argv": sys.argv, "own": os.environ["OWN"], "others": [k for k in os.environ if k.startswith("STUDIOLO")],
    "file": __file__, "name": __name__, "main": __main__.__dict__ is globals(), "cwd": os.getcwd(), "path": sys.path[0],
    "leader": os.getsid(0) == os.getpid() == os.getpgid(0), "fds": sorted(os.listdir("/proc/self/fd")),
    "term": signal.getsignal(signal.SIGTERM) == signal.SIG_DFL, "int": signal.getsignal(signal.SIGINT) is signal.default_int_handler,
    "threads": threading.active_count(), "children": open(f"/proc/self/task/{os.getpid()}/children").read(), "brought": brought.value,
    "studiolo": [m for m in sys.modules if m.startswith("studiolo")],
}))
"""
    assert begin(tmp_path / "a", code, held, "--rate", "0.1") is True
    end = ended(tmp_path / "a")
    assert (end.code, end.record["warm"]) == (0, True), log(tmp_path / "a")
    said = json.loads(log(tmp_path / "a"))
    work = str(tmp_path / "a" / "work")
    assert said.pop("file") == f"{work}/step.py"
    assert said.pop("others") == [attempt.MARK]
    assert len(said.pop("fds")) == 4  # three streams, and the one by which they were listed
    assert said == {
        "loaded": True, "argv": ["step.py", "--rate", "0.1"], "own": "a", "name": "__main__", "main": True, "cwd": work, "path": work,
        "leader": True, "term": True, "int": True, "threads": 1, "children": "", "brought": 7, "studiolo": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "exit_code", "number", "says"),
    [
        ("import sys; sys.exit(3)", 3, None, ""),
        ("import sys; sys.exit('a sentence')", 1, None, "a sentence\n"),
        ("def f():\n    raise ValueError('no')\nf()", 1, None, "ValueError: no"),
        ("x = (", 1, None, "SyntaxError"),
        ("import os; os.kill(os.getpid(), 11)", None, 11, ""),
        ("f = open('left.txt', 'w'); f.write('kept')", 0, None, ""),  # no close: the end of the interpreter does it
        ("import atexit; atexit.register(print, 'bye')", 0, None, "bye\n"),
        ("import threading, time; threading.Thread(target=lambda: (time.sleep(0.2), print('late'))).start()", 0, None, "late\n"),
    ],
)  # fmt: skip
def test_it_ends_as_an_interpreter_ends(
    tmp_path: Path, held: Warming, code: str, exit_code: int | None, number: int | None, says: str
) -> None:
    warm(tmp_path, held)
    assert begin(tmp_path / "a", code, held) is True
    end = ended(tmp_path / "a")
    assert (end.code, end.signal, end.record["warm"]) == (exit_code, number, True)
    assert says in log(tmp_path / "a")
    assert "forking.py" not in log(tmp_path / "a")
    assert "program.py" not in log(tmp_path / "a")
    if "left.txt" in code:
        assert (tmp_path / "a" / "work" / "left.txt").read_text() == "kept"


def test_no_two_have_the_same_random_numbers_or_see_each_other(tmp_path: Path, held: Warming) -> None:
    wants = wanted(["random", "numpy.random"])
    warm(tmp_path, held, wants)
    code = "import os, random, numpy.random as n; print(random.random(), n.rand(), os.environ.get('LEFT')); os.environ['LEFT'] = 'x'; n.left = 1"
    for name in "ab":
        assert begin(tmp_path / name, code, held, wants=wants) is True
        assert ended(tmp_path / name).code == 0, log(tmp_path / name)
    first, second = log(tmp_path / "a").split(), log(tmp_path / "b").split()
    assert first[0] != second[0]
    assert first[1] != second[1]
    assert first[2] == second[2] == "None"


def test_cancel_timeout_and_daemons_are_as_ever(tmp_path: Path, held: Warming) -> None:
    warm(tmp_path, held)
    stubborn = "import os, signal, time\nsignal.signal(15, signal.SIG_IGN)\nif os.fork() == 0: os.setsid()\nprint('up', flush=True)\ntime.sleep(60)"
    assert begin(tmp_path / "a", stubborn, held, grace_s=0.3)
    wait_for(lambda: log(tmp_path / "a").count("up") == 2)
    ask_to_stop(tmp_path / "a")
    end = ended(tmp_path / "a")
    assert (end.failure, end.record["survivors"]) == ("canceled", 0)
    assert begin(tmp_path / "b", "import time; time.sleep(60)", held, timeout_s=0.3)
    assert ended(tmp_path / "b").failure == "timeout"


def test_a_killed_holder_harms_no_program_and_comes_again(tmp_path: Path, held: Warming) -> None:
    warm(tmp_path, held)
    assert begin(tmp_path / "a", "import time; print('up', flush=True); time.sleep(1); print('done')", held)
    wait_for(lambda: "up" in log(tmp_path / "a"))
    (pid,) = held.pids()
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: held.pids() == [])
    assert begin(tmp_path / "b", "print('hello')", held) is None  # in the usual way, while another one loads
    assert launch(tmp_path / "b") is True
    end = ended(tmp_path / "b")
    assert (end.code, end.record["warm"], log(tmp_path / "b")) == (0, False, "hello\n")
    assert ended(tmp_path / "a").code == 0
    assert log(tmp_path / "a") == "up\ndone\n"
    wait_for(lambda: held.tick() or held._warm["a"].loading is None)
    assert held.pids() not in ([], [pid])
    assert begin(tmp_path / "c", "print('again')", held) is True
    assert ended(tmp_path / "c").code == 0


def test_what_a_killed_runner_leaves_is_found_by_its_mark(tmp_path: Path, held: Warming) -> None:
    warm(tmp_path, held)
    place = tmp_path / "a"
    daemon = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork(): os._exit(0)\n    print('up', os.getpid(), flush=True)\ntime.sleep(60)"
    assert begin(place, daemon, held)
    wait_for(lambda: "up" in log(place))
    left = int(log(place).split()[1])
    os.kill(json.loads((place / attempt.CLAIM).read_text())["pid"], signal.SIGKILL)
    wait_for(lambda: isinstance(look(place), Lost))
    assert left in [one.pid for one in sweep(place, mark(place)[-90:])]
    wait_for(lambda: not psutil.pid_exists(left))
    assert held.pids() != []  # which holds the place of a mark, and has none


def test_they_go_when_they_are_not_used_too_many_or_too_big(tmp_path: Path) -> None:
    few = Warming(1, 60.0, 1 << 40)
    warm(tmp_path, few)
    (first,) = few.pids()
    warm(tmp_path, few, wanted(key="b"))
    assert few.pids() not in ([], [first])
    wait_for(lambda: not psutil.pid_exists(first))
    few._idle = 0.0
    few.tick()
    assert few.pids() == []
    small = Warming(4, 60.0, 1)
    warm(tmp_path, small)
    assert small.pids() == []
    assert Warming(0, 60.0, 1).fork(tmp_path, b"", wanted()) is None


def test_modules_that_start_threads_are_not_held(tmp_path: Path, held: Warming) -> None:
    packages = tmp_path / "lib"
    packages.mkdir()
    (packages / "threaded.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(9,), daemon=True).start()"
    )
    (packages / "crashing.py").write_text("import os; os.abort()")
    wants = Wanted(
        key="t", python=sys.executable, env={**ENV, "PYTHONPATH": str(packages)}, modules=["statistics", "threaded"]
    )
    warm(tmp_path, held, wants)
    warm(tmp_path, held, wants)  # another one, without it
    assert (
        begin(
            tmp_path / "a",
            "import sys; print('statistics' in sys.modules, 'threaded' in sys.modules)",
            held,
            wants=wants,
        )
        is True
    )
    assert ended(tmp_path / "a").code == 0
    assert log(tmp_path / "a") == "True False\n"
    crash = Wanted(key="c", python=sys.executable, env={**ENV, "PYTHONPATH": str(packages)}, modules=["crashing"])
    warm(tmp_path, held, crash)
    warm(tmp_path, held, crash)
    assert begin(tmp_path / "b", "print('hello')", held, wants=crash) is True


def test_pandas_with_pyarrow_is_held_though_its_allocator_has_a_thread(tmp_path: Path, held: Warming) -> None:
    wants = wanted(["pandas", "pyarrow"])
    warm(tmp_path, held, wants)
    code = "import sys; print('pandas' in sys.modules); import os, pandas as pd; print(pd.DataFrame({'a': [1, 2]}).a.sum()); print('JE_ARROW_MALLOC_CONF' in os.environ)"
    assert begin(tmp_path / "a", code, held, wants=wants) is True
    assert ended(tmp_path / "a").code == 0, log(tmp_path / "a")
    assert log(tmp_path / "a").split() == ["True", "3", "False"]


def test_a_file_beside_the_program_goes_before_a_module_that_is_held(tmp_path: Path, held: Warming) -> None:
    warm(tmp_path, held)
    work = tmp_path / "a" / "work"
    work.mkdir(parents=True)
    (work / "statistics.py").write_text("mine = True")
    (work / "step.py").write_text("import statistics; print(statistics.mine)")
    order: Order = {"argv": [sys.executable, "step.py"], "env": ENV, "cwd": str(work), "mark": "b", "warm": wanted()}
    prepare(tmp_path / "a", order)
    assert held.fork(tmp_path / "a", b"", wanted()) is True
    end = ended(tmp_path / "a")
    assert (end.code, end.record["warm"], log(tmp_path / "a")) == (0, False, "True\n")


def test_what_does_not_begin_warm_is_started_as_ever_by_a_process_that_waited_for_it(
    tmp_path: Path, held: Warming
) -> None:
    warm(tmp_path, held)
    said = []
    for name in ("a", "b"):  # the second one is waited for while the first runs
        work = tmp_path / name / "work"
        work.mkdir(parents=True)
        (work / "statistics.py").write_text("")
        (work / "step.py").write_text(
            "import os, subprocess\n"
            "print(open('/proc/self/status').read().split('SigIgn:')[1].split()[0], sorted(k for k in os.environ if k != 'LC_CTYPE'))"
        )
        shell = f"ulimit -c; grep SigIgn /proc/$$/status; exec {sys.executable} step.py"
        order: Order = {"argv": ["/bin/sh", "-c", shell], "env": ENV, "cwd": str(work), "mark": name, "warm": wanted()}
        prepare(tmp_path / name, order)
        assert held.fork(tmp_path / name, b"", wanted()) is True
        assert ended(tmp_path / name).code == 0
        said.append(log(tmp_path / name))
    assert said[0] == said[1]
    ignored = int(said[0].partition("SigIgn:\t")[2].split()[0], 16)
    # a pipe of a shell ends with who reads it; those from 32 on are the C library's, which may ignore them in what it starts
    of_tests = int(
        Path("/proc/self/status").read_text().partition("SigIgn:")[2].split()[0], 16
    )  # begun behind a shell's &
    inherited = of_tests & ~(1 << signal.SIGPIPE - 1)
    assert (ignored & ~inherited) % (1 << 31) == 0


def test_without_it_all_starts_in_the_usual_way(tmp_path: Path) -> None:
    assert warming.fork(tmp_path, {"env": {}}, wanted()) is None


def test_a_controller_with_many_descriptors_open_hears_them(tmp_path: Path, held: Warming) -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 2048)), hard))
    many = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
    try:
        warm(tmp_path, held)
        assert begin(tmp_path / "a", "print('up')", held)
    finally:
        for one in many:
            os.close(one)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert ended(tmp_path / "a").code == 0


@pytest.mark.parametrize(
    "left",
    [
        "import os\nif os.fork() == 0: time.sleep(60)",  # a process
        "import threading; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        "import os\nif os.fork() == 0: sys.exit(5)\nos.wait()",  # a fork that ends as the program does
        "import os; print('x', file=open(os.path.join(os.path.dirname(os.getcwd()), 'done.json'), 'w'))",
    ],
)
def test_the_end_that_a_program_tells_is_that_of_all_of_it(tmp_path: Path, held: Warming, left: str) -> None:
    warm(tmp_path, held)
    assert begin(tmp_path / "a", f"import sys, time\n{left}\nprint('end'); sys.exit(3)", held) is True
    end = ended(tmp_path / "a")
    assert (end.code, end.record["survivors"], end.record["warm"]) == (3, 0, True)
    assert end.record["left_behind"] == (1 if left.endswith("time.sleep(60)") else 0)
    assert end.record["peak_memory_bytes"] > 1 << 20
    wait_for(
        lambda: (
            not [
                one
                for one in psutil.process_iter(["environ"])
                if mark(tmp_path / "a")[-90:] in str(one.info["environ"])
            ]
        )
    )
    assert begin(tmp_path / "b", "print('next')", held) is True
    assert (ended(tmp_path / "b").code, log(tmp_path / "b")) == (0, "next\n")


def test_a_program_that_tells_an_end_and_goes_on_is_ended(tmp_path: Path, held: Warming) -> None:
    warm(tmp_path, held)
    code = """
import json, os, signal, time
place = os.path.dirname(os.getcwd())
print(os.getpid(), flush=True)
json.dump({"code": 0, "memory": 1, "seconds": 0.0}, open(place + "/part", "w"))
os.rename(place + "/part", place + "/done.json")
signal.signal(15, signal.SIG_IGN)
time.sleep(60)
"""
    assert begin(tmp_path / "a", code, held) is True
    assert ended(tmp_path / "a").code == 0
    wait_for(lambda: not psutil.pid_exists(int(log(tmp_path / "a"))))
