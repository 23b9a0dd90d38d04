"""The conformance suite of backends on other machines: what they keep beyond `ComputeBackendChecks`, with contact cut and restored.

Subclass `RemoteComputeChecks` and give the fixture `place`; the machine is this one, reached as another.
"""

import contextlib
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import psutil  # type: ignore[import-untyped]
import pytest

from studiolo.runner import agent, attempt
from studiolo.runner.launch import Handed
from studiolo.studio.compute.backends.base import Absent, Backend, Ended, Lost, Running, Silent
from studiolo.testing.compute_backend import ComputeBackendChecks

STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork(): os._exit(0)
print("up", flush=True)
while True: time.sleep(0.05)
"""
COUNTING = """
import time
for number in range(40):
    print(number, flush=True)
    time.sleep(0.1)
raise SystemExit(7)
"""


class Place(Protocol):
    """A machine to try. root: the folder of the studio's there."""

    root: Path

    def controller(self) -> Backend:
        """Return the backend as a new controller has it: it knows nothing yet."""
        ...

    def lose(self) -> None:
        """Kill what one reaches the machine by, in the middle of whatever it does."""
        ...

    def restore(self) -> None:
        """Let the machine be reached again."""
        ...


class RemoteComputeChecks(ComputeBackendChecks):
    """What backends on other machines keep."""

    place: Place
    SWEPT_SECONDS = 0.0  # after which what was swept is gone; clusters that are only told to end it take theirs

    @pytest.fixture(autouse=True)
    def _attached(self, place: Place) -> Iterator[None]:
        self.place = place
        self.backend = place.controller()  # type: ignore[misc]
        yield
        place.restore()

    def test_settings_may_only_narrow_it(self, tmp_path: Path) -> None:
        """The settings are of the studio's own machine: they change nothing of another."""
        wide = self.settings(tmp_path).model_copy(update={"cores": 1})
        assert self.port.capacity(wide) == self.port.capacity(self.settings(tmp_path))

    def up(self, folder: Path) -> Running:
        """Wait until the job has said so."""
        log = folder / attempt.LOG
        self.until(lambda: self.port.poll(folder) and log.exists() and log.read_text())
        found = self.until(lambda: isinstance(seen := self.port.poll(folder), Running) and seen)
        assert isinstance(found, Running)
        return found

    def gone(self, folder: Path) -> None:
        """Remove a folder there, where what was brought back may be on its way out just now."""

        def removed() -> bool:
            shutil.rmtree(folder, ignore_errors=True)
            return not folder.exists()

        self.until(removed)

    def silent(self, folder: Path, port: Backend | None = None) -> Silent:
        """Wait until the machine is said not to answer."""
        asked = port or self.port
        found = self.until(
            lambda: isinstance(seen := asked.poll(folder), Silent) and "not asked" not in seen.reason and seen,
            120,  # a queue that is slow to read is believed for half a minute
        )
        assert isinstance(found, Silent)
        return found

    def test_inputs_code_and_outputs_pass(self, tmp_path: Path) -> None:
        folder = tmp_path / "run" / "1"
        for name in ("inputs/data", "work/lib", "outputs/model"):
            (folder / name).mkdir(parents=True)
        (folder / "inputs/data/a b.bin").write_bytes(bytes(range(256)) * 1000)
        (folder / "work/lib/code.py").write_text("VALUE = 5\n")
        (folder / "work/outputs").symlink_to(folder / "outputs")
        code = (
            "import pathlib\n"
            f"given = pathlib.Path({str(folder / 'inputs/data/a b.bin')!r}).read_bytes()\n"
            "scope = {}; exec(pathlib.Path('lib/code.py').read_text(), scope)\n"
            "pathlib.Path('outputs/model/weights').write_bytes(given * scope['VALUE'])\n"
            "pathlib.Path('outputs/märz').write_text('x')\n"
            "pathlib.Path('outputs/link').symlink_to('märz')\n"
            "pathlib.Path('outputs/away').symlink_to('/etc/passwd')\n"
        )
        self.port.start(folder, self.order(code, cwd=str(folder / "work")))
        assert self.ended(folder).failure is None, (folder / attempt.LOG).read_text()
        assert (folder / "outputs/model/weights").read_bytes() == bytes(range(256)) * 5000
        assert (folder / "work/outputs/märz").read_text() == "x"
        assert (folder / "outputs/link").read_text() == "x"
        assert not os.path.lexists(folder / "outputs/away")
        there = self.place.root / "attempts" / "run" / "1"
        self.until(
            lambda: {path.name for path in there.iterdir()} <= agent.RECORDS
        )  # what was brought back stays nowhere else
        self.gone(self.place.root / "attempts" / "run")

    def test_an_end_by_signal_is_told(self, tmp_path: Path) -> None:
        self.port.start(tmp_path, self.order("import os; os.kill(os.getpid(), 11)"))
        end = self.ended(tmp_path)
        assert (end.code, end.signal, end.failure) == (None, signal.SIGSEGV, "user_error")

    def test_a_program_that_is_not_there_is_told(self, tmp_path: Path) -> None:
        self.port.start(tmp_path, self.order("", argv=["no-such-program-here"]))
        end = self.ended(tmp_path)
        assert end.failure == "environment"
        assert "no-such-program-here" in (end.error or "")

    def test_a_willing_job_is_canceled_gently(self, tmp_path: Path) -> None:
        code = (
            "import signal, sys, time\n"
            "signal.signal(signal.SIGTERM, lambda *_: (print('saved', flush=True), sys.exit(0)))\n"
            "print('up', flush=True)\ntime.sleep(60)\n"
        )
        self.port.start(tmp_path, self.order(code, grace_s=20.0))
        self.up(tmp_path)
        self.port.stop(tmp_path)
        assert self.ended(tmp_path).failure == "canceled"
        assert (tmp_path / attempt.LOG).read_text() == "up\nsaved\n"

    def test_a_stubborn_job_and_what_it_detached_are_ended(self, tmp_path: Path) -> None:
        order = self.order(STUBBORN)
        self.port.start(tmp_path, order)
        self.until(lambda: self.port.poll(tmp_path) and _carrying(order["mark"]) == 2)
        self.up(tmp_path)
        self.port.stop(tmp_path)
        assert self.ended(tmp_path).failure == "canceled"
        assert _carrying(order["mark"]) == 0

    def test_contact_lost_and_back_changes_nothing_of_a_job(self, tmp_path: Path) -> None:
        self.port.start(tmp_path, self.order(COUNTING))
        self.up(tmp_path)
        self.place.lose()
        assert self.silent(tmp_path).reason
        self.place.restore()
        end = self.ended(tmp_path)
        assert (end.code, end.failure) == (7, "user_error")
        assert (tmp_path / attempt.LOG).read_text().split() == [str(number) for number in range(40)]

    def test_a_job_that_ends_while_nobody_looks_is_brought_back(self, tmp_path: Path) -> None:
        (tmp_path / "outputs").mkdir()
        order = self.order(f"open({str(tmp_path / 'outputs/out')!r}, 'w').write('kept'); print('up', flush=True)")
        self.port.start(tmp_path, order)
        self.until(lambda: self.port.poll(tmp_path) and _remote(self.place, tmp_path, attempt.CLAIM).exists())
        self.place.lose()
        self.until(lambda: _remote(self.place, tmp_path, attempt.EXIT).exists() or (tmp_path / attempt.EXIT).exists())
        self.place.restore()
        assert self.ended(tmp_path).failure is None
        assert (tmp_path / "outputs/out").read_text() == "kept"

    def test_a_cancel_while_the_machine_is_away_is_done_when_it_is_back(self, tmp_path: Path) -> None:
        order = self.order("print('up', flush=True); import time; time.sleep(60)")
        self.port.start(tmp_path, order)
        self.up(tmp_path)
        self.place.lose()
        self.silent(tmp_path)
        self.port.stop(tmp_path)
        assert isinstance(self.port.poll(tmp_path), Silent)
        self.place.restore()
        assert self.ended(tmp_path).failure == "canceled"
        assert _carrying(order["mark"]) == 0

    def test_what_never_reached_the_machine_can_be_given_up(self, tmp_path: Path) -> None:
        self.place.lose()
        port = self.place.controller()
        port.start(tmp_path, self.order(f"open({str(tmp_path / 'ran')!r}, 'w')"))
        self.silent(tmp_path, port)
        port.stop(tmp_path)
        assert isinstance(port.poll(tmp_path), Absent)
        assert port.bar(tmp_path, "canceled")
        self.place.restore()
        self.until(lambda: isinstance(port.poll(tmp_path), Lost))
        assert not _remote(self.place, tmp_path, "ran").exists()

    def test_a_new_controller_finds_what_runs(self, tmp_path: Path) -> None:
        order = self.order(COUNTING)
        self.port.start(tmp_path, order)
        self.up(tmp_path)
        other = self.place.controller()  # the first one was killed
        found = self.until(lambda: isinstance(seen := other.poll(tmp_path), Running | Ended) and seen)
        assert isinstance(found, Running)
        self.backend = other  # type: ignore[misc]
        assert self.ended(tmp_path).code == 7

    def test_two_controllers_at_once_start_it_once(self, tmp_path: Path) -> None:
        here, there = tmp_path / "a" / "run" / "1", tmp_path / "b" / "run" / "1"
        other = self.place.controller()
        code = "import time; print('once', flush=True); time.sleep(1.5)"
        for folder, port in ((here, self.port), (there, other)):
            folder.mkdir(parents=True)
            port.start(folder, self.order(code))
        for folder, port in ((here, self.port), (there, other)):
            end = self.until(lambda port=port, folder=folder: isinstance(seen := port.poll(folder), Ended) and seen)  # type: ignore[misc]
            assert end.code == 0
        logs = {folder: (folder / attempt.LOG).read_text() for folder in (here, there)}
        assert "once\n" in logs.values()
        assert set(logs.values()) <= {"once\n", ""}, "it ran twice"
        self.gone(self.place.root / "attempts" / "run")

    def test_a_directory_that_vanished_there_is_swept_before_it_is_given_up(self, tmp_path: Path) -> None:
        order = self.order("print('up', flush=True); import time; time.sleep(60)")
        self.port.start(tmp_path, order)
        found = self.up(tmp_path)
        shutil.rmtree(_remote(self.place, tmp_path, ""))
        self.until(lambda: isinstance(self.port.poll(tmp_path), Absent))
        assert self.port.sweep(tmp_path, order["mark"])
        self.until(lambda: _carrying(order["mark"]) == 0, self.SWEPT_SECONDS)
        with contextlib.suppress(ProcessLookupError):  # it ends by itself once it misses its folder
            os.kill(found.runner, signal.SIGKILL)

    def test_secrets_reach_the_job_and_no_file(self, tmp_path: Path) -> None:
        secret = "canary-5f1d7c"  # noqa: S105 - what must be found nowhere
        code = "import os, time; print('is', os.environ['KEY'], flush=True); time.sleep(1)"
        self.port.start(tmp_path, self.order(code), Handed(env={"KEY": secret}, hidden=[secret]))
        self.up(tmp_path)
        files = [path for path in self.place.root.rglob("*") if path.is_file()]
        files += [path for path in tmp_path.rglob("*") if path.is_file()]
        assert not [path for path in files if secret.encode() in _held(path)]
        assert self.ended(tmp_path).code == 0
        assert "is " in (tmp_path / attempt.LOG).read_text()

    def test_a_long_log_comes_whole(self, tmp_path: Path) -> None:
        line = "x" * 999
        self.port.start(tmp_path, self.order(f"for n in range(5000): print({line!r})"))
        self.ended(tmp_path)
        assert (tmp_path / attempt.LOG).stat().st_size == 5_000_000


def _held(path: Path) -> bytes:
    """Return what a file holds; nothing of one that was just now renamed, when it had been written whole."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _remote(place: Place, folder: Path, name: str) -> Path:
    return place.root / "attempts" / folder.parent.name / folder.name / name


def _carrying(mark: str) -> int:
    """Return how many processes carry a mark, found independently of the code under test."""
    count = 0
    for process in psutil.process_iter():
        try:
            alive = process.status() != psutil.STATUS_ZOMBIE
            count += alive and process.environ().get(attempt.MARK) == mark
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return count
