"""Jobs from submission to their end, with real runners; what a killed part leaves behind."""

import json
import os
import shutil
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from studiolo.kernel.context import Context
from studiolo.kernel.events.tables import events
from studiolo.kernel.storage import manifests
from studiolo.runner import launch
from studiolo.studio.compute import repository as compute_repository
from studiolo.studio.experiments import (
    around,
    artifacts,
    aside,
    claims,
    making,
    metrics,
    reconcile,
    service,
    surroundings,
    tracking,
)
from studiolo.studio.experiments.schemas import TERMINAL, InputFile, Resources
from tests.studio.experiments.jobs import carrying, ended, in_state, journaling, log_of, python, submit, wait_for

STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print("daemon", flush=True)
        while True: time.sleep(0.05)
    os._exit(0)
print("up", flush=True)
while True: time.sleep(0.05)
"""


def attempt_folder(ctx: Context, run_id: str, number: int = 1) -> Path:
    return ctx.settings.attempts / run_id / str(number)


def runner_pid(ctx: Context, run_id: str, number: int = 1) -> int:
    return int(json.loads((attempt_folder(ctx, run_id, number) / "claim.json").read_text())["pid"])


def held(ctx: Context) -> tuple[int, int]:
    with ctx.db.read() as tx:
        return compute_repository.held(tx, "local")


def test_a_job_runs_to_its_end_and_its_outputs_are_artifacts(any_ctx: Context) -> None:
    ctx = any_ctx
    code = """
import os, pathlib
print("hello")
out = pathlib.Path(os.environ["STUDIOLO_OUTPUTS"])
(out / "model").mkdir()
(out / "model" / "weights.bin").write_bytes(b"123")
(out / "plot.txt").write_text(os.environ["STUDIOLO_RUN_ID"])
"""
    run = submit(ctx, code, name="first", experiment="tryouts", params={"depth": "3"})
    assert run.state == "Queued"
    run = ended(ctx, run)
    assert (run.state, run.failure, run.exit_code, run.attempt) == ("Completed", None, 0, 1)
    assert run.started_at is not None
    assert run.ended_at is not None
    assert run.created_at <= run.ended_at
    assert service.read_log(ctx, run.id).text == "hello\n"
    with ctx.db.read() as tx:
        found = {item.path: item.size for item in artifacts.list_(tx, ctx, run.id)}
        assert found == {"environment": None, "model": None, "plot.txt": 32}
        seq = service.row(tx, ctx, run.id).seq
        assert tracking.params_of(tx, [seq])[seq] == {"depth": "3"}
    assert artifacts.open_(ctx, run.id, "plot.txt").read_text() == run.id
    assert held(ctx) == (0, 0)
    with ctx.db.read() as tx:
        kinds = list(
            tx.execute(select(events.c.kind).where(events.c.subject == run.id).order_by(events.c.id)).scalars()
        )
    assert kinds[0] == "run.created"
    assert kinds[-1] == "run.completed"
    [attempt] = service.attempts(ctx, run.id)
    assert (attempt.number, attempt.exit_code, attempt.left_behind) == (1, 0, 0)
    assert (attempt.peak_memory_bytes or 0) > 2**20


def test_a_failing_job_says_how_its_log_ends(ctx: Context) -> None:
    run = ended(ctx, submit(ctx, "print('so far'); raise ValueError('column age is empty')"))
    assert (run.state, run.failure, run.exit_code) == ("Failed", "user_error", 1)
    assert "ValueError: column age is empty" in (run.error or "")


def test_inputs_and_code_are_where_the_job_looks(ctx: Context) -> None:
    digest = ctx.blobs.put(b"a,b\n1,2\n").digest
    script = ctx.blobs.put(
        b"#!/bin/sh\ncat $STUDIOLO_INPUTS/data/deep/table.csv\necho '# changed' >> ./run.sh\n"
    ).digest
    run = submit(
        ctx,
        ["./run.sh"],
        code=[InputFile(path="run.sh", digest=script)],
        inputs={"data": [InputFile(path="deep/table.csv", digest=digest)]},
    )
    assert ended(ctx, run).state == "Completed"
    assert log_of(ctx, run) == "a,b\n1,2\n"
    assert ctx.blobs.path(script).read_bytes().count(b"changed") == 1  # the job wrote to a copy of its code


def test_the_runner_places_the_files_of_a_manifest(ctx: Context) -> None:
    names = ["a/1.txt", "a/ü.txt", "b.txt"]
    entries = [manifests.Entry(name, 3, ctx.blobs.put(name.encode()).digest) for name in names]
    listed = manifests.write(ctx.blobs, entries).digest
    code = """
import json, os, pathlib
root = pathlib.Path(os.environ["STUDIOLO_INPUTS"])
print([item["path"] for item in json.loads((root / "table" / "files.json").read_text())])
for path in sorted(path for path in root.rglob("*.txt")):
    print(path.relative_to(root), path.read_text(), oct(path.stat().st_mode & 0o777))
"""
    inputs = {
        "raw": [InputFile(path=".", digest=listed, manifest=True)],
        "table": [InputFile(path="files", digest=listed, manifest=True)],
    }
    run = submit(ctx, code, inputs=inputs)
    assert ended(ctx, run).state == "Completed", log_of(ctx, run)
    told = log_of(ctx, run).splitlines()
    assert told[0] == str(names)
    assert told[1:4] == [f"raw/{name} {name} 0o444" for name in names]
    assert len(told) == 7


def test_a_manifest_whose_bytes_are_gone_is_said(ctx: Context) -> None:
    listed = manifests.write(ctx.blobs, [manifests.Entry("a", 1, "0" * 64)]).digest
    run = ended(ctx, submit(ctx, "pass", inputs={"raw": [InputFile(path=".", digest=listed, manifest=True)]}))
    assert (run.state, run.failure) == ("Failed", "input_missing")
    plain = ctx.blobs.put(b"a,b\n").digest
    with pytest.raises(manifests.ManifestUnreadable, match="no manifest"):
        submit(ctx, "pass", inputs={"raw": [InputFile(path=".", digest=plain, manifest=True)]})


def test_a_single_text_is_run_by_a_shell(ctx: Context) -> None:
    run = submit(ctx, ["echo one && echo $STUDIOLO_CORES"], resources=Resources(cores=1))
    assert ended(ctx, run).state == "Completed"
    assert log_of(ctx, run) == "one\n1\n"


def test_the_settings_of_the_studio_stay_out_of_the_job(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIOLO_DATABASE_URL", "postgresql://user:secret@host/db")
    run = submit(ctx, "import os; print(os.environ.get('STUDIOLO_DATABASE_URL'), 'STUDIOLO_TOKEN' in os.environ)")
    ended(ctx, run)
    assert log_of(ctx, run) == "None True\n"


def test_the_token_of_a_job_is_useless_when_it_has_ended(ctx: Context) -> None:
    from studiolo.kernel.auth import service as auth
    from studiolo.kernel.errors import Unauthenticated

    run = submit(ctx, "import os, time; print(os.environ['STUDIOLO_TOKEN'], flush=True); time.sleep(60)")
    token = wait_for(ctx, lambda: log_of(ctx, run).strip())
    with ctx.db.read() as tx:
        who = auth.identify(tx, ctx.clock, token=token)
    assert (who.run_id, who.workspace_id) == (run.id, ctx.workspace_id)
    service.cancel(ctx, run.id)
    ended(ctx, run)
    with ctx.db.read() as tx, pytest.raises(Unauthenticated):
        auth.identify(tx, ctx.clock, token=token)


def test_missing_input_bytes_fail_the_job_by_name(ctx: Context) -> None:
    digest = ctx.blobs.put(b"here today").digest
    run = submit(ctx, "pass", inputs={"data": [InputFile(path="t.csv", digest=digest)]})
    ctx.blobs.path(digest).unlink()
    run = ended(ctx, run)
    assert (run.state, run.failure) == ("Failed", "input_missing")
    assert digest[:12] in (run.error or "")
    assert held(ctx) == (0, 0)


def test_a_program_that_is_not_there_is_a_failure_of_the_environment(ctx: Context) -> None:
    run = ended(ctx, submit(ctx, ["no-such-program", "x"]))
    assert (run.state, run.failure, run.exit_code) == ("Failed", "environment", None)


def test_timeout_and_memory_have_their_classes(ctx: Context) -> None:
    slow = submit(ctx, "import time; time.sleep(60)", timeout_s=0.3)
    big = submit(
        ctx, "x = bytearray(300 * 2**20); import time; time.sleep(60)", resources=Resources(memory_bytes=100 * 2**20)
    )
    assert (ended(ctx, slow).failure, ended(ctx, big).failure) == ("timeout", "oom")


def test_cancel_of_a_stubborn_job_with_daemons_leaves_no_survivor(tmp_path: Path, ctx: Context) -> None:
    from dataclasses import replace

    ctx = replace(ctx, settings=ctx.settings.model_copy(update={"cancel_grace_seconds": 0.5}))
    run = submit(ctx, STUBBORN)
    wait_for(ctx, lambda: "daemon" in log_of(ctx, run) and "up" in log_of(ctx, run))
    assert len(carrying(run)) == 2
    service.cancel(ctx, run.id)
    assert ended(ctx, run).state == "Canceled"
    assert carrying(run) == []
    assert held(ctx) == (0, 0)


def test_cancel_of_a_finished_job_changes_nothing(ctx: Context) -> None:
    run = ended(ctx, submit(ctx, "pass"))
    after = service.cancel(ctx, run.id)
    reconcile.tick(ctx)
    assert (after.state, after.desired) == ("Completed", "completed")


def test_kill_of_a_runner_is_lost_with_nothing_left_running(any_ctx: Context) -> None:
    ctx = any_ctx
    run = submit(ctx, STUBBORN)
    wait_for(ctx, lambda: "daemon" in log_of(ctx, run) and "up" in log_of(ctx, run))
    in_state(ctx, run, "Running")
    os.kill(runner_pid(ctx, run.id), signal.SIGKILL)
    run = ended(ctx, run)
    assert (run.state, run.failure) == ("Lost", "lost")
    assert "runner was killed" in (run.error or "")
    assert carrying(run) == []
    assert held(ctx) == (0, 0)


def test_a_lost_job_with_a_budget_runs_again(ctx: Context) -> None:
    code = "import os, time; time.sleep(0 if os.getcwd().endswith('/2/work') else 60); print('second')"
    run = submit(ctx, code, retries={"lost": 1})
    in_state(ctx, run, "Running")
    os.kill(runner_pid(ctx, run.id), signal.SIGKILL)
    run = ended(ctx, run)
    assert (run.state, run.attempt) == ("Completed", 2)
    assert [(one.number, one.failure) for one in service.attempts(ctx, run.id)] == [(1, "lost"), (2, None)]
    assert held(ctx) == (0, 0)


def test_a_failure_with_a_budget_runs_again_and_no_more(ctx: Context) -> None:
    run = ended(ctx, submit(ctx, "raise SystemExit(9)", retries={"user_error": 2}))
    assert (run.state, run.attempt, run.exit_code) == ("Failed", 3, 9)


def test_a_new_start_of_the_machine_is_lost(ctx: Context) -> None:
    run = submit(ctx, "import time; time.sleep(60)")
    in_state(ctx, run, "Running")
    pid = runner_pid(ctx, run.id)
    for name in ("claim.json", "state.json"):
        path = attempt_folder(ctx, run.id) / name
        path.write_text(json.dumps({**json.loads(path.read_text()), "boot_id": "before the reboot"}))
    run = ended(ctx, run)
    assert (run.state, run.failure) == ("Lost", "lost")
    assert "started anew" in (run.error or "")
    assert carrying(run) == []  # here the machine was not really started anew: what ran is swept
    wait_for(ctx, lambda: not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text())


def test_the_controller_may_die_at_any_transaction(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each write transaction of the life of a job fails once; the record is the same, the job ran once."""
    real = type(ctx.db).begin
    for fatal in range(14):
        run = submit(ctx, "import os; open(os.environ['STUDIOLO_OUTPUTS'] + '/x', 'w').write('1'); print('ran')")
        count = 0

        def begin(self: object, fatal: int = fatal) -> object:
            nonlocal count
            count += 1
            if count == fatal + 1:
                raise KeyboardInterrupt  # no handler for exceptions of the work catches it, as none catches kill -9
            return real(self)  # type: ignore[arg-type]

        with monkeypatch.context() as patch:
            patch.setattr(type(ctx.db), "begin", begin)
            for _ in range(400):
                try:
                    reconcile.tick(ctx)
                except KeyboardInterrupt:
                    break
                if service.get(ctx, run.id).state in TERMINAL:
                    break
        run = ended(ctx, run)
        assert (run.state, run.attempt) == ("Completed", 1)
        assert log_of(ctx, run) == "ran\n"
        assert held(ctx) == (0, 0)


def ahead(ctx: Context) -> list[Path]:
    """Return the folders that were made ahead."""
    folder = ctx.settings.attempts / aside.SPARE
    return [one for one in folder.iterdir() if (one / "1" / "work" / "logs").is_dir()] if folder.is_dir() else []


def test_a_folder_that_was_made_ahead_is_the_next_jobs_and_whole(ctx: Context) -> None:
    ended(ctx, submit(ctx, "print('first')"))
    wait_for(ctx, lambda: len(ahead(ctx)) == 2)
    inodes = {one.stat().st_ino for one in ahead(ctx)}
    run = ended(ctx, submit(ctx, "open('outputs/a', 'w').write('a'); open('logs/b', 'w').write('b')"))
    assert attempt_folder(ctx, run.id).parent.stat().st_ino in inodes
    assert [artifacts.open_(ctx, run.id, name).read_text() for name in ("a", "logs/b")] == ["a", "b"]
    for one in ahead(ctx):
        shutil.rmtree(one)  # as another controller does at its start
    run = ended(ctx, submit(ctx, "print('third')"))
    assert (run.state, log_of(ctx, run)) == ("Completed", "third\n")


@pytest.mark.parametrize("moment", ["before", "laid", "ordered"])
def test_killed_while_it_is_started_a_job_starts_once_in_a_whole_folder(
    ctx: Context, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    ended(ctx, submit(ctx, "print('first')"))
    wait_for(ctx, lambda: len(ahead(ctx)) == 2)
    run = submit(ctx, "import os; print(os.path.exists('half'))")
    half = attempt_folder(ctx, run.id) / making.WORK / "half"

    def dying(*_: object) -> None:
        half.mkdir(parents=True)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        match moment:
            case "before":
                patch.setattr(making, "make", dying)
            case "laid":  # the folder is one that was made ahead
                patch.setattr(around, "plan", dying)
            case "ordered":  # once there is an order a runner may have it: nothing is taken from under it
                patch.setattr(launch, "launch", dying)
        with pytest.raises(KeyboardInterrupt):
            reconcile.tick(ctx)
    assert service.get(ctx, run.id).state == "Starting"
    run = ended(ctx, run)
    assert (run.state, run.attempt, log_of(ctx, run)) == ("Completed", 1, f"{moment == 'ordered'}\n")


def test_a_job_that_ends_while_nobody_looks_is_found_ended(ctx: Context) -> None:
    run = submit(ctx, journaling("journal.metric('auc', 0.75); print('done')"))
    exit_record = attempt_folder(ctx, run.id) / "exit.json"
    wait_for(ctx, (exit_record.parent / "claim.json").exists)
    wait_for(ctx, exit_record.exists, ticking=False)
    run = ended(ctx, run)
    assert run.state == "Completed"
    with ctx.db.read() as tx:
        seq = service.row(tx, ctx, run.id).seq
        assert metrics.latest_of(tx, [seq])[seq][0].value == 0.75


def test_a_second_controller_waits_for_the_lease(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    run = submit(ctx, "import time; time.sleep(60)")
    in_state(ctx, run, "Running")
    monkeypatch.setattr(claims, "lead_of", lambda ctx: claims.Lead("f" * 32, ctx.settings.lease_seconds))
    os.kill(runner_pid(ctx, run.id), signal.SIGKILL)
    wait_for(ctx, lambda: carrying(run) == [], ticking=False)
    for _ in range(3):
        reconcile.tick(ctx)
    assert service.get(ctx, run.id).state == "Running"
    monkeypatch.undo()
    assert ended(ctx, run).state == "Lost"


def test_outputs_with_impossible_names_are_left_out_and_named(ctx: Context) -> None:
    code = """
import os
out = os.environ["STUDIOLO_OUTPUTS"]
open(out + "/bad\\nname", "w").close()
open(out + "/good.txt", "w").close()
os.symlink("/etc/passwd", out + "/link")
"""
    run = ended(ctx, submit(ctx, code))
    assert run.state == "Completed"
    with ctx.db.read() as tx:
        assert [item.path for item in artifacts.list_(tx, ctx, run.id)] == ["environment", "good.txt"]
    assert service.document(ctx, run.id, "studio/outputs_left_out") == ["bad\\nname"]


def test_jobs_of_another_workspace_are_not_seen(ctx: Context) -> None:
    submit(ctx, "pass")
    assert reconcile.tick(ctx.within("f" * 32, "other")) is False


def test_the_words_of_a_command_are_never_joined(ctx: Context) -> None:
    run = submit(ctx, [*python("import sys; print(sys.argv[1:])"), "a b; echo", "$HOME"])
    ended(ctx, run)
    assert log_of(ctx, run) == "['a b; echo', '$HOME']\n"


def test_a_job_cannot_change_its_input_for_others(ctx: Context) -> None:
    """Root may write to read-only files; the stored bytes stay what they are."""
    digest = ctx.blobs.put(b"a,b\n1,2\n").digest
    code = "import os; open(os.environ['STUDIOLO_INPUTS'] + '/data/t.csv', 'w').write('spoiled')"
    run = submit(ctx, code, inputs={"data": [InputFile(path="t.csv", digest=digest)]})
    assert ended(ctx, run).state == ("Completed" if os.geteuid() == 0 else "Failed")
    assert ctx.blobs.path(digest).read_bytes() == b"a,b\n1,2\n"


def test_big_outputs_do_not_hold_up_other_jobs(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    from studiolo.studio.experiments import attempts

    monkeypatch.setattr(reconcile, "_AT_ONCE", 10)
    go_on = threading.Event()
    real = attempts.outputs

    def slow(ctx: Context, claim: object) -> object:
        assert go_on.wait(30)
        return real(ctx, claim)  # type: ignore[arg-type]

    monkeypatch.setattr(attempts, "outputs", slow)
    big = submit(ctx, "import os; open(os.environ['STUDIOLO_OUTPUTS'] + '/big', 'w').write('x' * 1000)")
    in_state(ctx, big, "Finalizing")
    monkeypatch.setattr(reconcile, "_AT_ONCE", 10_000)
    monkeypatch.setattr(attempts, "outputs", real)
    assert ended(ctx, submit(ctx, "pass")).state == "Completed"
    assert service.get(ctx, big.id).state == "Finalizing"
    go_on.set()
    assert ended(ctx, big).state == "Completed"
    assert artifacts.open_(ctx, big.id, "big").stat().st_size == 1000


def test_a_spec_that_cannot_be_read_fails_with_a_sentence(ctx: Context) -> None:
    from sqlalchemy import update

    from studiolo.studio.experiments.tables import runs

    newer, broken = submit(ctx, "pass"), submit(ctx, "pass")
    with ctx.db.begin() as tx:
        spec = service.row(tx, ctx, newer.id).spec
        tx.execute(update(runs).where(runs.c.id == newer.id).values(spec={**spec, "of_a_later_version": 1}))
        tx.execute(update(runs).where(runs.c.id == broken.id).values(spec={**spec, "command": "a text"}))
    assert ended(ctx, newer).state == "Completed"
    run = ended(ctx, broken)
    assert (run.state, run.failure) == ("Failed", "environment")
    assert "cannot read the job: command" in (run.error or "")


def test_outputs_that_find_no_room_fail_the_job(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    from studiolo.kernel.errors import DiskFull
    from studiolo.kernel.storage.blobs import LocalBlobStore

    def full(*_: object) -> None:
        raise DiskFull("There is no room left in /home.", "Free some space.")

    run = submit(ctx, "import os; open(os.environ['STUDIOLO_OUTPUTS'] + '/x', 'w').write('1')")
    monkeypatch.setattr(LocalBlobStore, "put", full)
    run = ended(ctx, run)
    assert (run.state, run.failure, run.exit_code) == ("Failed", "environment", 0)
    assert "no room left" in (run.error or "")
    assert held(ctx) == (0, 0)


def test_outputs_that_cannot_be_read_fail_the_job_once_for_each_retry(ctx: Context) -> None:
    link = "import os; os.symlink('a' * 300, os.environ['STUDIOLO_OUTPUTS'] + '/x')"
    run = ended(ctx, submit(ctx, link, retries={"environment": 1}))
    assert (run.state, run.failure, run.exit_code, run.attempt) == ("Failed", "environment", 0, 2)
    assert "The outputs could not be stored" in (run.error or "")
    with ctx.db.read() as tx:
        noted = claims.attempts(tx, service.row(tx, ctx, run.id).seq)
    assert [one.failure for one in noted] == ["environment", "environment"]
    assert held(ctx) == (0, 0)


@pytest.mark.parametrize("many", [0, 32 << 20])
def test_outputs_that_cannot_be_stored_use_up_a_retry(ctx: Context, monkeypatch: pytest.MonkeyPatch, many: int) -> None:
    from studiolo.kernel.errors import DiskFull
    from studiolo.kernel.storage.blobs import LocalBlobStore

    def full(*_: object) -> None:
        raise DiskFull("There is no room left in /home.", "Free some space.")

    monkeypatch.setattr(reconcile, "_AT_ONCE", many)
    write = "import os; open(os.environ['STUDIOLO_OUTPUTS'] + '/x', 'w').write('1')"
    run = submit(ctx, write, retries={"environment": 1})
    monkeypatch.setattr(LocalBlobStore, "put", full)
    run = ended(ctx, run)
    assert (run.state, run.failure, run.attempt) == ("Failed", "environment", 2)


def test_what_it_ran_in_is_held_from_the_sweep_until_it_is_named(ctx: Context) -> None:
    submit(ctx, "pass")
    with ctx.db.read() as tx:
        [claim] = claims.live(tx, ctx.workspace_id)
    known = surroundings.files(ctx, claim)
    for _, blob in known:
        os.utime(ctx.blobs.path(blob.digest), (0, 0))  # no run has named them for long
    assert surroundings.files(ctx, claim) == known
    for _, blob in known:
        assert not ctx.blobs.drop(blob.digest, datetime.now(UTC) - timedelta(hours=1))
