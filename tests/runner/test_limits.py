"""Limits that the kernel keeps. A folder with the files of a control group stands in for one: writing them is all that is done to it."""

from pathlib import Path

import pytest

from studiolo.runner import limits
from tests.runner.attempts import begin, ended, log


def group_in(
    folder: Path, *, passed: str = "cpu memory", controllers: str = "cpu memory pids", procs: str = ""
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cgroup.controllers").write_text(controllers)
    (folder / "cgroup.subtree_control").write_text(passed)
    (folder / "cgroup.procs").write_text(procs)
    return folder


def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: str) -> Path:
    (tmp_path / "self").write_text(f"12:memory:/old\n0::{own}\n")
    monkeypatch.setattr(limits, "SELF", str(tmp_path / "self"))
    monkeypatch.setattr(limits, "ROOT", str(tmp_path / "groups"))
    return tmp_path / "groups"


def test_a_group_holds_cores_and_memory(tmp_path: Path) -> None:
    group_in(tmp_path)
    made = limits.group("run/1", 2**30, 2, str(tmp_path))
    assert made is not None
    assert Path(made.path) == tmp_path / "studiolo-run-1"
    read = {path.name: path.read_text() for path in Path(made.path).iterdir()}
    assert read == {
        "cpu.max": "200000 100000",
        "memory.max": str(2**30),
        "memory.swap.max": "0",
        "memory.oom.group": "1",
    }
    assert made.add(4711)
    assert (Path(made.path) / "cgroup.procs").read_text() == "4711"
    assert not made.killed_for_memory()
    (Path(made.path) / "memory.events").write_text("low 0\nmax 3\noom 1\noom_kill 1\n")
    assert made.killed_for_memory()


def test_without_a_memory_limit_only_cores_are_held(tmp_path: Path) -> None:
    group_in(tmp_path)
    made = limits.group("run/1", 0, 1, str(tmp_path))
    assert made is not None
    assert [path.name for path in Path(made.path).iterdir()] == ["cpu.max"]


def test_the_group_above_is_taken_when_it_passes_on_what_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tree(tmp_path, monkeypatch, "/system.slice/studio.service/studio")
    above = group_in(root / "system.slice/studio.service")
    group_in(above / "studio", passed="", procs="1\n2\n")
    assert limits.place() == str(above)
    (above / "cgroup.subtree_control").write_text("")
    assert limits.place() is None, "the folder does not do what it is asked to, as a kernel would"
    assert (above / "cgroup.subtree_control").read_text() == "+cpu +memory"


def test_groups_that_cannot_be_divided_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tree(tmp_path, monkeypatch, "/user.slice/session-1.scope")
    group_in(root / "user.slice", passed="", controllers="pids")
    own = group_in(root / "user.slice/session-1.scope", passed="", procs="1\n")
    assert limits.place() is None
    assert (own / "cgroup.subtree_control").read_text() == ""
    assert limits.group("run/1", 1, 1) is None
    monkeypatch.setattr(limits, "ROOT", str(tmp_path / "nowhere"))
    assert limits.place() is None
    assert limits.place(str(tmp_path / "no such group")) is None


def test_a_process_that_asks_for_far_too_much_at_once_is_refused_and_ends_out_of_memory(tmp_path: Path) -> None:
    begin(tmp_path, "x = bytearray(5 * 2**30)", memory_limit=100 * 2**20, limited=True)
    end = ended(tmp_path)
    assert end.failure == "oom", log(tmp_path)
    assert end.error == "It was refused memory: it asked for more than its limit of 100 MiB allows."
    assert "MemoryError" in log(tmp_path)


def test_a_job_below_its_limit_is_let_be_and_its_own_errors_stay_its_own(tmp_path: Path) -> None:
    code = "x = bytearray(50 * 2**20); print('MemoryError is not what this is\\n\\n\\n\\n'); raise SystemExit(3)"
    begin(tmp_path, code, memory_limit=100 * 2**20, limited=True)
    assert ended(tmp_path).failure == "user_error"


def test_without_a_limit_nothing_is_refused(tmp_path: Path) -> None:
    begin(tmp_path, "import resource; print(resource.getrlimit(resource.RLIMIT_DATA)[0])", limited=True)
    assert ended(tmp_path).failure is None
    assert log(tmp_path) == "-1\n"


def test_a_job_is_put_into_its_group_and_the_group_goes_with_it(tmp_path: Path) -> None:
    folder = group_in(tmp_path / "group")
    attempt = tmp_path / "attempt"
    code = f"import os; f = open({str(folder / 'studiolo-m' / 'cgroup.procs')!r}).read(); print(f == str(os.getpid()))"
    begin(attempt, code, memory_limit=2**30, cores=3, limited=True, group=str(folder), mark="m")
    assert ended(attempt).failure is None
    assert log(attempt) == "True\n"
    assert (folder / "studiolo-m" / "cgroup.kill").read_text() == "1"
    assert (folder / "studiolo-m" / "cpu.max").read_text() == "300000 100000"
