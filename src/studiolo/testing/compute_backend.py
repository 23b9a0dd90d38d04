"""The conformance suite of compute backends: subclass it, name the module, and a new backend gets all these tests."""

import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, cast

from studiolo.kernel.ids import new_id
from studiolo.kernel.settings import Settings, load
from studiolo.studio.compute.backends.base import Absent, Backend, BackendSpec, Ended, Lost, Order, Running, Starting

_PROGRAM = [sys.executable, "-I", "-S", "-c"]


class ComputeBackendChecks:
    """What every backend keeps. Set `backend` to its module in the subclass."""

    backend: ClassVar[Any]

    def settings(self, tmp_path: Path) -> Settings:
        """Return the settings that the backend is asked with."""
        return load({}, home=tmp_path)

    def order(self, code: str, **changes: Any) -> Order:
        """Return the order to run a Python program."""
        order: dict[str, Any] = {"argv": [*_PROGRAM, code], "env": {"PATH": "/usr/bin:/bin"}, "grace_s": 0.5}
        return cast("Order", {**order, "mark": f"checks:{new_id()}", **changes})

    def until(self, condition: Callable[[], Any], seconds: float = 30) -> Any:
        """Poll until the condition gives something; returns it."""
        deadline = time.monotonic() + seconds
        while not (found := condition()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"not within {seconds} s")
            time.sleep(0.01)
        return found

    def ended(self, folder: Path) -> Ended:
        """Wait for the end of an attempt."""
        found = self.until(lambda: (seen := self.port.poll(folder)) and isinstance(seen, Ended) and seen)
        assert isinstance(found, Ended)
        return found

    @property
    def port(self) -> Backend:
        """The module as the port."""
        port: Backend = self.backend
        return port

    def test_it_has_a_spec(self) -> None:
        assert isinstance(self.port.SPEC, BackendSpec)
        assert self.port.SPEC.name

    def test_capacity_is_at_least_a_core_and_no_more_than_there_is(self, tmp_path: Path) -> None:
        found = self.port.capacity(self.settings(tmp_path))
        assert 1 <= found.cores <= found.machine_cores
        assert 0 < found.memory_bytes <= found.machine_memory_bytes
        assert {limit.what for limit in found.limits} >= {"cores", "memory", "time", "processes"}

    def test_settings_may_only_narrow_it(self, tmp_path: Path) -> None:
        settings = self.settings(tmp_path).model_copy(update={"cores": 10_000, "memory_bytes": 2**60})
        wide, free = self.port.capacity(settings), self.port.capacity(self.settings(tmp_path))
        assert wide.cores == free.cores
        assert wide.memory_bytes <= wide.machine_memory_bytes
        assert self.port.capacity(settings.model_copy(update={"cores": 1})).cores == 1

    def test_a_job_runs_and_leaves_its_exit_code(self, tmp_path: Path) -> None:
        self.until(lambda: isinstance(self.port.poll(tmp_path), Absent))
        assert self.port.start(tmp_path, self.order("print('hello'); raise SystemExit(3)"))
        end = self.ended(tmp_path)
        assert (end.code, end.failure) == (3, "user_error")
        assert (tmp_path / "log.txt").read_text() == "hello\n"
        assert self.port.usage(tmp_path) is None

    def test_starting_twice_is_starting_once(self, tmp_path: Path) -> None:
        order = self.order("print('once')")
        assert self.port.start(tmp_path, order)
        assert not self.port.start(tmp_path, order)
        self.ended(tmp_path)
        assert (tmp_path / "log.txt").read_text() == "once\n"

    def test_stop_ends_a_stubborn_job(self, tmp_path: Path) -> None:
        code = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
        self.port.start(tmp_path, self.order(code))
        log = tmp_path / "log.txt"
        self.until(lambda: log.exists() and log.read_text())
        usage = self.until(lambda: self.port.usage(tmp_path))
        assert usage.processes == 1
        self.port.stop(tmp_path)
        self.port.stop(tmp_path)
        end = self.ended(tmp_path)
        assert (end.failure, end.signal) == ("canceled", signal.SIGKILL), end

    def test_a_job_that_makes_room_ends_in_a_class_of_its_own(self, tmp_path: Path) -> None:
        self.port.preempt(tmp_path)  # nothing runs: nothing happens
        self.port.start(tmp_path, self.order("print('up', flush=True); import time; time.sleep(60)"))
        log = tmp_path / "log.txt"
        self.until(lambda: log.exists() and log.read_text())
        self.port.preempt(tmp_path)
        self.port.preempt(tmp_path)
        assert self.ended(tmp_path).failure == "preempted"

    def test_stop_before_the_start_runs_nothing(self, tmp_path: Path) -> None:
        self.port.stop(tmp_path)
        self.port.start(tmp_path, self.order(f"open({str(tmp_path / 'ran')!r}, 'w')"))
        assert self.ended(tmp_path).failure == "canceled"
        assert not (tmp_path / "ran").exists()

    def test_a_barred_attempt_never_starts(self, tmp_path: Path) -> None:
        assert self.port.bar(tmp_path, "canceled")
        assert not self.port.start(tmp_path, self.order(f"open({str(tmp_path / 'ran')!r}, 'w')"))
        assert not self.port.bar(tmp_path, "again")
        assert not (tmp_path / "ran").exists()

    def test_a_killed_runner_is_lost_and_the_sweep_leaves_nothing(self, tmp_path: Path) -> None:
        import os

        code = "import os, time; os.fork() or os.setsid(); print('up', flush=True); time.sleep(60)"
        order = self.order(code)
        self.port.start(tmp_path, order)
        found = self.until(lambda: (seen := self.port.poll(tmp_path)) and isinstance(seen, Running) and seen)
        log = tmp_path / "log.txt"
        self.until(lambda: log.exists() and log.read_text().count("up") == 2)
        os.kill(found.runner, signal.SIGKILL)
        self.until(lambda: isinstance(self.port.poll(tmp_path), Lost))
        assert self.port.sweep(tmp_path, order["mark"])
        assert self.port.sweep(tmp_path, order["mark"]) == []

    def test_what_runs_is_seen_by_whoever_looks(self, tmp_path: Path) -> None:
        self.port.start(tmp_path, self.order("import time; time.sleep(60)"))
        assert isinstance(self.port.poll(tmp_path), Starting | Running)
        self.port.stop(tmp_path)
        # stopped while it was on its way to another machine, it never was there
        found = self.until(lambda: isinstance(seen := self.port.poll(tmp_path), Ended | Absent) and seen)
        assert isinstance(found, Ended) or self.port.bar(tmp_path, "canceled")
