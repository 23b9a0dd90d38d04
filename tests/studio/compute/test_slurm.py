"""Slurm, against its real daemons: the conformance suites, and what is Slurm's own."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from studiolo.runner import agent, attempt, batch, slurm_verbs
from studiolo.runner import slurm as in_slurm
from studiolo.studio.compute.backends import slurm
from studiolo.studio.compute.backends.base import Ended, Lost, Refused, Silent, Starting
from studiolo.studio.compute.remote import watched
from studiolo.studio.compute.slurm import reasons, settings
from studiolo.testing.computes import COUNTING, RemoteComputeChecks
from studiolo.testing.slurm import Slurm, SlurmPlace, by_slurm
from studiolo.testing.stores.servers import ServerMissing


@pytest.fixture
def place(
    daemons: Slurm, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SlurmPlace]:
    monkeypatch.setenv("SLURM_CONF", str(daemons.conf))
    found = SlurmPlace(daemons, by_slurm(tmp_path_factory.mktemp("hpc")))
    yield found
    found.close()


class TestSlurm(RemoteComputeChecks):
    backend = slurm


class Own(RemoteComputeChecks):
    """The ways of the suite, for the tests below."""

    __test__ = False


@pytest.fixture
def own(place: SlurmPlace) -> Own:
    found = Own()
    found.place, found.backend = place, place.controller()  # type: ignore[misc]
    return found


def ids(daemons: Slurm) -> list[str]:
    """Return all jobs that Slurm knows."""
    return daemons.ask("squeue", "-h", "-t", "all", "-o", "%i").split()


def there(place: SlurmPlace, folder: Path) -> Path:
    return place.root / "attempts" / folder.parent.name / folder.name


def waiting_for(path: Path) -> str:
    """Return the code of a job that goes on only when a file is there, however slow the machine is; some minutes later it gives up."""
    return (
        f"import os, time; print('up', flush=True); end = time.time() + 300\n"
        f"while not os.path.exists({str(path)!r}) and time.time() < end: time.sleep(0.05)\n"
    )


def job_of(place: SlurmPlace, folder: Path) -> str:
    return str((attempt.read_json(str(there(place, folder)), "slurm.json") or {})["job"])


def test_why_it_waits_is_told_in_plain_words(own: Own, place: SlurmPlace, tmp_path: Path) -> None:
    own.backend = SlurmPlace(place._daemons, by_slurm(place.root, settings={"partition": "short"})).controller()  # type: ignore[misc]
    folder = tmp_path / "1"
    folder.mkdir()
    own.port.start(folder, own.order("print('ran')", timeout_s=600))
    said = own.until(
        lambda: own.port.poll(folder) and slurm.why(folder) and "None" not in slurm.why(folder) and slurm.why(folder)
    )
    assert said.startswith(f"waits in Slurm as job {job_of(place, folder)} of 'short': ")
    assert "so it will never start: cancel it (Partition" in said
    assert isinstance(own.port.poll(folder), Starting)
    own.port.stop(folder)
    assert own.ended(folder).failure == "canceled"
    assert slurm.why(folder) is None
    assert not (folder / attempt.LOG).exists() or (folder / attempt.LOG).read_text() == ""


def test_a_partition_that_is_not_there_is_refused_with_slurms_words(
    own: Own, place: SlurmPlace, tmp_path: Path
) -> None:
    machine = by_slurm(place.root, settings={"options": ["--gres=gpu:1"]})
    odd = SlurmPlace(place._daemons, machine)
    port = odd.controller()
    port.start(tmp_path, own.order("print('never')"))
    found = own.until(lambda: isinstance(seen := port.poll(tmp_path), Refused) and seen)
    assert "Invalid generic resource" in found.reason
    odd.close()
    with pytest.raises(Exception, match="no partition 'nowhere'"):
        slurm.probe(by_slurm(place.root, settings={"partition": "nowhere"}))


def test_killed_between_submitting_and_noting_it_submits_nothing_twice(
    own: Own, place: SlurmPlace, daemons: Slurm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`sbatch` itself kills who called it, as soon as it has an answer."""
    before = ids(daemons)
    (tmp_path / "bin").mkdir()
    real = daemons.ask("which", "sbatch").strip()
    (tmp_path / "bin/sbatch").write_text(f'#!/bin/sh\n{real} "$@" && rm "$0" && kill -9 $PPID\n')
    (tmp_path / "bin/sbatch").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    folder = tmp_path / "1"
    folder.mkdir()
    own.port.start(folder, own.order("import time; print('once', flush=True); time.sleep(1)"))
    assert own.ended(folder).code == 0
    assert not (tmp_path / "bin/sbatch").exists()
    assert (folder / attempt.LOG).read_text() == "once\n"
    assert len(ids(daemons)) == len(before) + 1


def test_of_two_jobs_of_an_attempt_the_one_that_runs_it_counts(
    own: Own, daemons: Slurm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `sbatch` was given too late to answer for runs; what was submitted since finds the attempt taken."""
    (tmp_path / "bin").mkdir()
    real, first, late = daemons.ask("which", "sbatch").strip(), tmp_path / "first", tmp_path / "late"
    (tmp_path / "bin/sbatch").write_text(
        f'#!/bin/sh\nmkdir {first} 2>/dev/null || exec {real} --hold "$@"\n'
        f'cat > {late}; (sleep 3; {real} "$@" < {late}) >/dev/null 2>&1 &\n'
        "echo Socket timed out >&2; exit 1\n"
    )
    (tmp_path / "bin/sbatch").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    folder = tmp_path / "1"
    folder.mkdir()
    own.port.start(folder, own.order("import time; print('once', flush=True); time.sleep(8)"))
    own.up(folder)
    (held,) = daemons.ask("squeue", "-h", "-t", "PENDING", "-o", "%i").split()
    daemons.ask("scontrol", "release", held)
    own.until(lambda: daemons.ask("squeue", "-h", "-t", "FAILED", "-j", held, "-o", "%i").split() == [held])
    assert own.ended(folder).code == 0
    assert (folder / attempt.LOG).read_text() == "once\n"


@pytest.mark.parametrize("name", ["slurmctld", "slurmd"])
def test_a_daemon_killed_in_the_middle_harms_no_job(
    own: Own, place: SlurmPlace, daemons: Slurm, tmp_path: Path, name: str
) -> None:
    go = place.root / "go"  # of the attempt's own folder, the paths are rewritten
    own.port.start(tmp_path, own.order(waiting_for(go) + COUNTING))
    own.up(tmp_path)
    running = time.time()
    state = daemons.folder / "state/job_state"
    # it writes down what it knows every 5 s, but only when something has changed
    daemons.ask("scontrol", "update", f"JobId={job_of(place, tmp_path)}", "AdminComment=written")
    own.until(lambda: own.port.poll(tmp_path) and state.stat().st_mtime > running)
    daemons.kill(name)
    try:
        if name == "slurmctld":
            assert "Slurm does not answer" in own.silent(tmp_path).reason
    finally:
        daemons.start()  # the tests after this one ask the same daemons
    go.touch()
    end = own.ended(tmp_path)
    assert (end.code, end.failure) == (7, "user_error")
    assert (tmp_path / attempt.LOG).read_text().split() == ["up", *(str(number) for number in range(40))]


def test_slurm_killed_before_it_wrote_the_job_down_ends_it_once(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It forgets the job, or ends it: whatever it does, nothing of it is left, and the job has one end.

    Daemons of its own: such a Slurm gives the number of the job to the next one, and drains the node that still knows it.
    """
    try:
        daemons = Slurm(tmp_path_factory.mktemp("forgetful"))
    except ServerMissing as error:
        pytest.skip(str(error))
    monkeypatch.setenv("SLURM_CONF", str(daemons.conf))
    place = SlurmPlace(daemons, by_slurm(tmp_path_factory.mktemp("hpc")))
    try:
        daemons.start()
        own = Own()
        own.place, own.backend = place, place.controller()  # type: ignore[misc]
        go = place.root / "go"  # of the attempt's own folder, the paths are rewritten
        order = own.order(waiting_for(go) + "time.sleep(5)")
        own.port.start(tmp_path, order)
        found = own.up(tmp_path)
        daemons.kill("slurmctld")
        own.silent(tmp_path)
        go.touch()  # a Slurm that forgot the job may leave it be
        daemons.run("slurmctld")
        seen = own.until(lambda: isinstance(seen := own.port.poll(tmp_path), Ended | Lost) and seen, 60)
        if isinstance(seen, Lost):
            own.port.sweep(tmp_path, order["mark"])
        own.until(lambda: not psutil.pid_exists(found.child))
        assert (tmp_path / attempt.LOG).read_text() == "up\n"
    finally:
        place.close()
        daemons.stop()


def test_who_cancels_in_slurm_cancels_the_job(own: Own, place: SlurmPlace, daemons: Slurm, tmp_path: Path) -> None:
    own.port.start(tmp_path, own.order("print('up', flush=True); import time; time.sleep(60)"))
    own.up(tmp_path)
    daemons.ask("scancel", job_of(place, tmp_path))
    end = own.ended(tmp_path)
    assert (end.failure, end.error) == ("canceled", "It was canceled in Slurm.")
    nodes, said = watched.placed(tmp_path)
    assert nodes == ["n1"]
    assert "CANCELLED" in said


def test_why_slurm_could_not_start_a_runner_is_told(daemons: Slurm, place: SlurmPlace, tmp_path: Path) -> None:
    """The nodes do not have the Python of the machine that has Slurm's commands."""
    python = tmp_path / "python"
    python.symlink_to(sys.executable)
    odd = SlurmPlace(daemons, by_slurm(place.root, python=str(python), settings={"partition": "short"}))
    own = Own()
    own.place, own.backend = odd, odd.controller()  # type: ignore[misc]
    own.port.start(tmp_path, own.order("print('never')", timeout_s=600))  # longer than is allowed: it waits
    job = own.until(
        lambda: (
            own.port.poll(tmp_path)
            and attempt.exists(str(there(odd, tmp_path)), "slurm.json")
            and job_of(odd, tmp_path)
        )
    )
    python.unlink()
    daemons.ask("scontrol", "update", f"JobId={job}", "TimeLimit=1")
    seen = own.until(lambda: isinstance(seen := own.port.poll(tmp_path), Lost | Ended) and seen)
    assert isinstance(seen, Lost)
    assert seen.reason.startswith("Slurm could not start its runner: ")
    assert str(python) in seen.reason
    odd.close()


def test_a_runner_killed_by_slurm_leaves_slurms_word(
    own: Own, place: SlurmPlace, daemons: Slurm, tmp_path: Path
) -> None:
    own.port.start(tmp_path, own.order("print('up', flush=True); import time; time.sleep(60)"))
    found = own.up(tmp_path)
    daemons.ask("scancel", "--signal=KILL", "--full", job_of(place, tmp_path))
    own.until(lambda: isinstance(own.port.poll(tmp_path), Lost | Ended))
    own.until(lambda: not psutil.pid_exists(found.child))


def test_a_lost_job_stays_lost(own: Own, place: SlurmPlace, tmp_path: Path) -> None:
    """Its folder on the nodes is emptied when it is called lost; whoever comes late, or looks again, is told the same."""
    own.port.start(tmp_path, own.order("print('up', flush=True); import time; time.sleep(60)"))
    os.kill(own.up(tmp_path).runner, signal.SIGKILL)
    own.until(lambda: isinstance(own.port.poll(tmp_path), Lost))
    late = place.controller()
    seen = own.until(lambda: not isinstance(seen := late.poll(tmp_path), Silent) and seen)
    assert isinstance(seen, Lost)
    assert isinstance(own.port.poll(tmp_path), Lost)


def test_secrets_are_in_no_file_of_slurms(own: Own, daemons: Slurm, tmp_path: Path) -> None:
    secret = "canary-91ab3e"
    code = "import os, time; print(os.environ['KEY'] == 'canary-' + '91ab3e', flush=True); time.sleep(1)"
    own.port.start(tmp_path, own.order(code), {"env": {"KEY": secret}, "hidden": [secret]})
    own.up(tmp_path)
    files = [path for path in daemons.folder.rglob("*") if path.is_file()]
    assert not [path for path in files if secret.encode() in path.read_bytes()]
    assert own.ended(tmp_path).code == 0
    assert (tmp_path / attempt.LOG).read_text() == "True\n"


def test_a_job_knows_where_it_is(own: Own, daemons: Slurm, tmp_path: Path) -> None:
    code = "import os; print(os.environ['SLURM_JOB_ID'].isdigit(), os.environ['SLURM_CPUS_PER_TASK'])"
    own.port.start(tmp_path, own.order(code, cores=3, priority=-5, timeout_s=50, memory_limit=100 << 20))
    assert own.ended(tmp_path).code == 0
    assert (tmp_path / attempt.LOG).read_text() == "True 3\n"


def test_nodes_and_capacity_are_slurms(place: SlurmPlace) -> None:
    facts = slurm.probe(by_slurm(place.root, settings={"partition": "main"}))
    assert facts["cores"] == 16
    assert facts["memory_bytes"] >= 1 << 30
    (node,) = slurm.nodes(by_slurm(place.root, settings={"partition": "main"}))
    assert (node["partition"], node["cores"], node["reason"]) == ("main", 16, "")


def test_what_slurm_cannot_be_told_is_refused_with_its_field() -> None:
    good = settings.checked({"partition": "gpu", "time": "1-00:00:00", "options": "--constraint=a100\n\n--exclusive\n"})
    assert good["options"] == ["--constraint=a100", "--exclusive"]
    assert settings.asked(good) == {"partition": "gpu", "options": ["--time=1-00:00:00", *good["options"]]}
    for given, field in (
        ({"partitoin": "gpu"}, "partitoin"),
        ({"partition": "a b"}, "partition"),
        ({"time": "soon"}, "time"),
        ({"max_jobs": 0}, "max_jobs"),
        ({"options": ["--wrap=rm -rf /"]}, "options"),
        ({"options": ["--output=/etc/passwd"]}, "options"),
        ({"options": ["--wra=rm -rf /"]}, "options"),
        ({"options": ["--exclusive\n--wrap=x"]}, "options"),
        ({"options": ["-p gpu"]}, "options"),
        ({"options": 5}, "options"),
    ):
        with pytest.raises(ValueError, match=r"\w") as error:
            settings.checked(given)
        assert error.value.args[0] == field


def test_each_reason_has_its_words() -> None:
    queued = {"id": "7", "state": "PENDING", "partition": "gpu", "starts": "2026-11-26T15:00:00"}
    for reason, words in (
        ("Resources", "no node has enough free yet (Resources)"),
        ("QOSMaxCpuPerUserLimit", "its QOS has a limit for each user or job, which is reached (QOSMaxCpuPerUserLimit)"),
        ("ReqNodeNotAvail, UnavailableNodes:n1", "is down, drained or reserved (ReqNodeNotAvail)"),
        ("Brandnew", "Slurm says Brandnew"),
    ):
        said = reasons.said({**queued, "reason": reason})
        assert said is not None
        assert words in said
        assert said.endswith("; it is expected to start at 2026-11-26 15:00")
    assert reasons.said({**queued, "state": "RUNNING"}) is None
    in_a_year = f"{datetime.now() + timedelta(days=365):%Y-%m-%dT%H:%M:%S}"  # noqa: DTZ005 - as Slurm writes it
    said = reasons.said({**queued, "reason": "Resources", "starts": in_a_year})
    assert said is not None
    assert "expected" not in said  # so Slurm counts when a job without a time limit is in the way


def test_a_job_that_cannot_end_as_its_node_is_silent_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def ask(program: str, *_: str, **__: object) -> str:
        asked.append(program)
        comment = slurm_verbs._comment(tmp_path, "run/1")
        return (
            f"7|COMPLETING|None|N/A|1|gpu|n[1-2]|{comment}\n"
            if program == "squeue"
            else "n1|completing\nn2|completing*\n"
        )

    monkeypatch.setattr(in_slurm, "ask", ask)
    monkeypatch.setattr(slurm_verbs, "_queue", in_slurm.Queue())
    monkeypatch.setattr(slurm_verbs, "_asleep", {})
    folder = agent.place_of(tmp_path, "run/1")
    folder.mkdir(parents=True)
    attempt.write_json(str(folder), attempt.CLAIM, {"boot_id": "", "pid": 1, "start": 1})
    attempt.write_json(str(folder), batch.SUBMITTED, {"job": "7"})
    answers = [slurm_verbs.look(tmp_path, name="run/1", log=0, journal=0) for _ in range(2)]
    said = reasons.said(answers[1]["queue"])
    assert said is not None
    assert "node n2 does not answer" in said
    assert asked.count("sinfo") == 1, "Slurm is asked seldom"
    taken_back = reasons.said({**answers[1]["queue"], "silent": ""})
    assert taken_back == "is ending in Slurm as job 7: it takes back n[1-2] (COMPLETING)"
