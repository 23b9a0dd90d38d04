"""What is concluded from an attempt directory."""

import os
from pathlib import Path

import pytest

from studiolo.runner import attempt, observe, processes
from studiolo.runner.launch import launch
from tests.runner.attempts import begin, ended, mark, wait_for

GONE = 2**22 - 3  # above the kernel's default pid_max on small machines, and hardly ever given


def own(folder: Path, **changes: object) -> None:
    me = processes.process(os.getpid())
    assert me is not None
    claim = {"boot_id": processes.boot_id(), "pid": me.pid, "start": me.start, **changes}
    attempt.write_json(str(folder), attempt.CLAIM, claim)
    attempt.write_json(str(folder), attempt.STATE, {**claim, "child": 1, "child_start": 1, "started_at": 1.0})


def test_an_empty_directory_is_absent(tmp_path: Path) -> None:
    assert observe.look(tmp_path) == observe.Absent()


def test_an_owner_that_lives_is_running(tmp_path: Path) -> None:
    own(tmp_path)
    assert observe.look(tmp_path) == observe.Running(os.getpid(), 1, 1.0)


def test_an_owner_without_a_recorded_job_is_starting(tmp_path: Path) -> None:
    own(tmp_path)
    (tmp_path / attempt.STATE).unlink()
    assert observe.look(tmp_path) == observe.Starting(os.getpid())


def test_a_new_start_of_the_machine_is_lost(tmp_path: Path) -> None:
    own(tmp_path, boot_id="another")
    found = observe.look(tmp_path)
    assert isinstance(found, observe.Lost)
    assert "started anew" in found.reason


def test_a_pid_given_again_is_lost(tmp_path: Path) -> None:
    own(tmp_path, start=1)
    assert isinstance(observe.look(tmp_path), observe.Lost)


def test_a_pid_that_is_gone_is_lost(tmp_path: Path) -> None:
    own(tmp_path, pid=GONE)
    assert isinstance(observe.look(tmp_path), observe.Lost)


def test_an_exit_record_wins_over_everything(tmp_path: Path) -> None:
    own(tmp_path, boot_id="another")
    attempt.write_json(
        str(tmp_path), attempt.EXIT, {"code": 3, "class": "user_error", "started_at": 1.0, "ended_at": 2.0}
    )
    found = observe.look(tmp_path)
    assert isinstance(found, observe.Ended)
    assert (found.code, found.failure) == (3, "user_error")


def test_who_takes_an_unowned_attempt_keeps_runners_away(tmp_path: Path) -> None:
    attempt.write_json(str(tmp_path), attempt.JOB, {"argv": ["touch", str(tmp_path / "ran")], "env": {}})
    assert observe.claim(tmp_path, "canceled")
    assert launch(tmp_path) is False
    assert not (tmp_path / "ran").exists()
    assert isinstance(observe.look(tmp_path), observe.Lost)


def test_an_owned_attempt_cannot_be_taken(tmp_path: Path) -> None:
    begin(tmp_path, "pass")
    assert observe.claim(tmp_path, "canceled") is False
    ended(tmp_path)


def test_a_sweep_of_nothing_finds_nothing(tmp_path: Path) -> None:
    assert observe.sweep(tmp_path, mark(tmp_path)) == []


def test_a_sweep_leaves_a_stranger_with_the_same_session_number_alone(tmp_path: Path) -> None:
    """The recorded job is long gone and its pid leads somebody else's session now."""
    begin(tmp_path, "import time; time.sleep(60)")
    found = wait_for(lambda: (seen := observe.look(tmp_path)) and isinstance(seen, observe.Running) and seen)
    other = tmp_path / "other"
    other.mkdir()
    claim = {"boot_id": processes.boot_id(), "pid": GONE, "start": 1}
    attempt.write_json(str(other), attempt.CLAIM, claim)
    attempt.write_json(str(other), attempt.STATE, {**claim, "child": found.child, "child_start": 1, "started_at": 1.0})
    assert observe.sweep(other, mark(other)) == []
    assert isinstance(observe.look(tmp_path), observe.Running)
    from studiolo.runner.launch import ask_to_stop

    ask_to_stop(tmp_path)
    ended(tmp_path)


def test_a_file_system_without_hard_links_still_has_one_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    assert observe.claim(tmp_path, "first")
    assert not observe.claim(tmp_path, "second")
    assert (attempt.read_json(str(tmp_path), attempt.CLAIM) or {})["reason"] == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["claim.json"]


def test_a_claim_that_is_just_being_written_is_starting(tmp_path: Path) -> None:
    (tmp_path / attempt.CLAIM).touch()
    assert isinstance(observe.look(tmp_path), observe.Starting)
    assert observe.runner_of(tmp_path) is None


def test_a_claim_that_was_never_finished_is_lost(tmp_path: Path) -> None:
    (tmp_path / attempt.CLAIM).touch()
    os.utime(tmp_path / attempt.CLAIM, (1, 1))
    assert isinstance(observe.look(tmp_path), observe.Lost)
