"""Parallel jobs with real processes: mini-batches, failures, deaths, and attempts that go on from what is done."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from studiolo.kernel.context import Context
from studiolo.runner import attempt, observe
from studiolo.studio.experiments import artifacts, overview, service
from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.job_files import document
from studiolo.studio.experiments.job_files import parallel as parallel_file
from studiolo.studio.experiments.parallel import batches, ledger
from studiolo.studio.experiments.parallel.schemas import Parallel
from studiolo.studio.experiments.schemas import InputFile, JobOutput, JobSpec, Run
from tests.studio.experiments.jobs import carrying, ended, in_state, log_of, wait_for

SCRIPT = """
import argparse, os, pathlib, sys
parser = argparse.ArgumentParser()
parser.add_argument("--out"), parser.add_argument("--word", default="x")

def init():
    global args
    args, _ = parser.parse_known_args()
    note("init")

def note(text):
    with open(os.path.join(args.out, "notes.txt"), "a") as file:
        file.write(f"{text}\\n")

def run(mini_batch):
    rows = []
    for path in mini_batch:
        text = pathlib.Path(path).read_text().strip()
        note(f"run {os.path.basename(path)}")
        {body}
        pathlib.Path(args.out, os.path.basename(path) + ".done").write_text(text)
        rows.append(f"{os.path.basename(path)} {text} {args.word}")
    return rows

def shutdown():
    note("shutdown")

def on_job_finish():
    note("finish")
"""


def submit(ctx: Context, body: str = "pass", count: int = 6, **changes: Any) -> Run:
    """Queue a parallel job over files f0.txt, f1.txt …; body: what is done with each, with its `text`."""
    files = [InputFile(path=f"f{n}.txt", digest=ctx.blobs.put(f"text {n}".encode()).digest) for n in range(count)]
    code = [InputFile(path="score.py", digest=ctx.blobs.put(SCRIPT.replace("{body}", body).encode()).digest)]
    parallel = Parallel.model_validate({"data": "data", "append_row_to": "rows", **changes.pop("parallel", {})})
    spec: dict[str, Any] = {
        "kind": "parallel",
        "command": ["score.py --out ${{outputs.kept}} --word 'two words' --resource_monitor_interva 60"],
        "parallel": parallel,
        "inputs": {"data": files},
        "context": {"inputs": {"data": "folder"}},
        "outputs": {"rows": JobOutput(type="uri_file"), "kept": JobOutput()},
        "code": code,
    }
    return service.submit(ctx, JobSpec(**{**spec, **changes}))


def left(ctx: Context, run: Run, path: str) -> str:
    with ctx.db.read() as tx:
        return ctx.blobs.path(artifacts.find(tx, ctx, run.id, path).digest).read_text()


def notes(ctx: Context, run: Run) -> list[str]:
    return left(ctx, run, "kept/notes.txt").splitlines()


def metrics(ctx: Context, run: Run) -> dict[str, float | None]:
    return {one.key: one.value for one in overview.overview(ctx, run.id).metrics}


def test_every_file_is_run_once_and_rows_come_in_order(ctx: Context) -> None:
    run = submit(ctx, parallel={"mini_batch_size": 4, "max_concurrency": 2})
    assert ended(ctx, run).state == "Completed", log_of(ctx, run)
    assert left(ctx, run, "rows") == "".join(f"f{n}.txt text {n} two words\n" for n in range(6))
    said = notes(ctx, run)
    assert sorted(line for line in said if line.startswith("run")) == [f"run f{n}.txt" for n in range(6)]
    assert (said.count("init"), said.count("shutdown"), said.count("finish")) == (2, 2, 1)
    now = service.get(ctx, run.id)
    assert now.progress is not None
    assert (now.progress.done, now.progress.total, now.progress.label) == (2, 2, "Mini-batches")
    found = metrics(ctx, run)
    assert (found["parallel/mini_batches_done"], found["parallel/mini_batches_failed"]) == (2, 0)
    assert found["parallel/seconds_left"] == 0


def test_a_failed_mini_batch_is_tried_again_and_then_counted(ctx: Context) -> None:
    body = "if text == 'text 3': raise ValueError('no such text')"
    run = submit(ctx, body, parallel={"max_retries": 1, "mini_batch_error_threshold": 1})
    assert ended(ctx, run).state == "Completed", log_of(ctx, run)
    assert notes(ctx, run).count("run f3.txt") == 2
    assert "text 3" not in left(ctx, run, "rows")
    assert left(ctx, run, "rows").count("\n") == 5
    assert metrics(ctx, run)["parallel/mini_batches_failed"] == 1
    log = log_of(ctx, run)
    assert "mini-batch 3 failed 2 times (ValueError: no such text)" in log


@pytest.mark.parametrize(
    ("parallel", "said"),
    [
        ({"mini_batch_error_threshold": 0}, "1 mini-batches failed, and at most 0 may (mini_batch_error_threshold)"),
        ({"error_threshold": 1, "mini_batch_size": 3}, "3 items failed, and at most 1 may (error_threshold)"),
    ],
)
def test_more_failures_than_may_be_end_the_job(ctx: Context, parallel: dict[str, Any], said: str) -> None:
    body = "if text == 'text 0': raise ValueError('no such text')"
    end = ended(ctx, submit(ctx, body, parallel={**parallel, "max_retries": 0}))
    assert (end.state, end.failure) == ("Failed", "user_error")
    assert said in str(end.error)
    assert "ValueError: no such text" in str(end.error)


def test_fewer_rows_than_files_count_as_failed_and_are_kept(ctx: Context) -> None:
    run = submit(ctx, "if text == 'text 1': continue", parallel={"mini_batch_size": 3, "error_threshold": 1})
    assert ended(ctx, run).state == "Completed"
    assert left(ctx, run, "rows").count("\n") == 5
    found = metrics(ctx, run)
    assert (found["parallel/mini_batches_failed"], found["parallel/items_failed"]) == (1, 1)


def test_a_mini_batch_that_takes_too_long_is_given_to_another_worker(ctx: Context) -> None:
    body = "flag = pathlib.Path(args.out, 'slow'); first = not flag.exists(); flag.touch()\n        if first: __import__('time').sleep(60)"
    run = submit(ctx, body, count=2, parallel={"timeout_s": 4, "max_concurrency": 1})
    assert ended(ctx, run).state == "Completed", log_of(ctx, run)
    assert notes(ctx, run).count("run f0.txt") == 2
    assert notes(ctx, run).count("run f1.txt") == 1


def test_a_killed_worker_loses_only_its_mini_batch(ctx: Context) -> None:
    body = "flag = pathlib.Path(args.out, 'killed')\n        if text == 'text 2' and not flag.exists(): flag.touch(); os.kill(os.getpid(), 9)"
    run = submit(ctx, body, parallel={"max_concurrency": 1})
    assert ended(ctx, run).state == "Completed", log_of(ctx, run)
    said = notes(ctx, run)
    assert [said.count(f"run f{n}.txt") for n in range(6)] == [1, 1, 2, 1, 1, 1]
    assert left(ctx, run, "rows").count("\n") == 6


def test_an_attempt_after_a_killed_runner_does_again_only_what_was_not_done(ctx: Context) -> None:
    body = "if text == 'text 3' and '/1/' in args.out: __import__('time').sleep(60)"
    run = submit(ctx, body, parallel={"max_concurrency": 1}, retries={"lost": 1})
    in_state(ctx, run, "Running")
    place = ctx.settings.attempts / run.id / "1"
    book = place / "parallel" / "ledger.jsonl"
    wait_for(ctx, lambda: book.exists() and len(book.read_bytes().splitlines()) == 3)
    runner = observe.runner_of(place)
    assert runner is not None
    os.kill(runner, signal.SIGKILL)
    assert ended(ctx, run).state == "Completed", log_of(ctx, run)
    assert service.get(ctx, run.id).attempt == 2
    assert left(ctx, run, "rows").count("\n") == 6
    assert [notes(ctx, run).count(f"run f{n}.txt") for n in (0, 1, 2, 4, 5)] == [1, 1, 1, 1, 1]
    assert left(ctx, run, "kept/f0.txt.done") == "text 0", "what the first attempt left is there"
    assert carrying(run) == []


def test_a_failed_attempt_that_is_tried_again_goes_on_too(ctx: Context) -> None:
    body = "if text == 'text 4' and '/1/' in args.out: raise ValueError('not yet')"
    run = submit(
        ctx,
        body,
        parallel={"max_concurrency": 1, "max_retries": 0, "mini_batch_error_threshold": 0},
        retries={"user_error": 1},
    )
    assert ended(ctx, run).state == "Completed", log_of(ctx, run)
    assert [notes(ctx, run).count(f"run f{n}.txt") for n in range(6)] == [1, 1, 1, 1, 2, 1]
    assert "6 mini-batches of 6 files, 4 of them done by an earlier attempt" in log_of(ctx, run)


def test_rows_are_there_when_a_runner_is_killed_after_the_last_mini_batch(ctx: Context) -> None:
    stays = "['sh', '-c', 'trap : TERM; while :; do sleep 1; done']"  # keeps the runner, which ends it, busy
    body = f"if '/1/' in args.out: __import__('subprocess').Popen({stays}, start_new_session=True)"
    run = submit(ctx, body, count=2, parallel={"max_concurrency": 1}, retries={"lost": 1})
    in_state(ctx, run, "Running")
    place = ctx.settings.attempts / run.id / "1"
    wait_for(ctx, lambda: (place / attempt.LOG).exists() and "2 of 2 mini-batches" in (place / attempt.LOG).read_text())
    runner = observe.runner_of(place)
    assert runner is not None
    os.kill(runner, signal.SIGKILL)
    assert ended(ctx, run).state == "Completed", log_of(ctx, run)
    assert service.get(ctx, run.id).attempt == 2
    assert left(ctx, run, "rows").count("\n") == 2
    assert notes(ctx, run).count("run f0.txt") == 1
    # what is in the way of nobody goes a tick later
    wait_for(ctx, lambda: not (ctx.settings.attempts / run.id / "2" / "parallel" / "rows").exists())


def test_words_that_are_no_text_reach_the_log_and_the_rows(ctx: Context) -> None:
    code = """import os
tries = []
def run(batch):
    tries.append(1)
    if len(tries) == 1: raise OSError(os.fsdecode(b"\\xff"))
    return [os.fsdecode(b"\\xff")]
"""
    files = [InputFile(path="score.py", digest=ctx.blobs.put(code.encode()).digest)]
    run = submit(ctx, count=1, code=files, parallel={"max_concurrency": 1})
    assert ended(ctx, run).state == "Completed", log_of(ctx, run)
    assert "(OSError: \\udcff)" in log_of(ctx, run)
    with ctx.db.read() as tx:
        assert ctx.blobs.path(artifacts.find(tx, ctx, run.id, "rows").digest).read_bytes() == b"\xff\n"


def test_modules_of_the_studio_are_none_of_the_script(ctx: Context) -> None:
    code = "import ledger\ndef run(batch): return batch\n"
    run = submit(ctx, count=1, code=[InputFile(path="score.py", digest=ctx.blobs.put(code.encode()).digest)])
    assert "No module named 'ledger'" in str(ended(ctx, run).error)


def test_an_init_that_fails_ends_the_job_at_once_with_its_words(ctx: Context) -> None:
    code = "def init():\n    raise RuntimeError('no model here')\ndef run(batch):\n    return batch\n"
    run = submit(ctx, code=[InputFile(path="score.py", digest=ctx.blobs.put(code.encode()).digest)])
    end = ended(ctx, run)
    assert (end.state, end.failure) == ("Failed", "user_error")
    assert "init() failed: RuntimeError: no model here" in str(end.error)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("x = 1\n", "score.py has no function run(mini_batch)"),
        ("def run(batch):\n    return None\n", "run() returned NoneType"),
        ("def run(batch): return batch\ndef on_job_finish(): raise OSError('disk')\n", "on_job_finish() failed: OSError: disk"),
        ("import os\ndef init(): os._exit(3)\ndef run(batch): return batch\n", "the last one ended with exit code 3"),
    ],
)  # fmt: skip
def test_what_scripts_do_wrong_is_said(ctx: Context, code: str, said: str) -> None:
    digest = ctx.blobs.put(code.encode()).digest
    run = submit(ctx, count=1, code=[InputFile(path="score.py", digest=digest)], parallel={"max_retries": 0})
    end = ended(ctx, run)
    assert end.state == "Failed"
    assert said in str(end.error)


def test_canceled_it_leaves_nothing_behind(ctx: Context) -> None:
    run = submit(ctx, "__import__('time').sleep(60)", parallel={"max_concurrency": 2})
    in_state(ctx, run, "Running")
    wait_for(ctx, lambda: len(carrying(run)) >= 3)
    service.cancel(ctx, run.id)
    assert ended(ctx, run).state == "Canceled"
    assert carrying(run) == []


def test_what_cannot_be_cut_is_refused(ctx: Context) -> None:
    with pytest.raises(BadJob, match="no input 'other'") as error:
        submit(ctx, parallel={"data": "other"})
    assert error.value.field == "parallel.data"
    with pytest.raises(BadJob, match="no output 'nowhere'"):
        submit(ctx, parallel={"append_row_to": "nowhere"})
    with pytest.raises(BadJob, match="no other does"):
        submit(ctx, kind="command")


def test_data_is_cut_by_count_and_by_size_and_the_same_each_time(tmp_path: Path) -> None:
    for name, size in (("b.bin", 600), ("a.bin", 500), ("sub/c.bin", 5000), ("MLTable", 10)):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x" * size)
    found = batches.files(tmp_path)
    names = [[Path(path).name for path in batch] for batch in batches.cut(found, 0, 1200)]
    assert names == [["a.bin", "b.bin"], ["c.bin"]]
    before = batches.fingerprint(tmp_path, found, "1")
    assert batches.fingerprint(tmp_path, batches.files(tmp_path), "1") == before
    (tmp_path / "a.bin").write_bytes(b"y" * 501)
    assert batches.fingerprint(tmp_path, batches.files(tmp_path), "1") != before
    with pytest.raises(ValueError, match="a number of files"):
        Parallel(data="x", mini_batch_size="many")


TABLES = """
import os, pathlib, sys

def run(frame, mini_batch_context):
    said = [list(map(str, frame["city"])), str(frame["amount"].dtype), dict(mini_batch_context.partition_key_value)]
    model = pathlib.Path(os.environ["AZUREML_MODEL_DIR"], "m.txt").read_text()
    return [f"{mini_batch_context.minibatch_index} {said} {model}"]
"""


def test_groups_of_a_table_come_as_data_frames_with_what_they_have_in_common(ctx: Context) -> None:
    """As Azure ML's example of many models does: one row for each group is no failure, and a model is found by its variable."""
    table = "city;store;amount\nBern;2;1\nRom;1;\nBasel;2;3\nOslo;;4\n"
    about = "paths: [{file: ./sales.csv}]\ntransformations: [{read_delimited: {delimiter: ';'}}]\n"
    data = {"sales.csv": table, "MLTable": about}
    run = submit(
        ctx,
        code=[InputFile(path="score.py", digest=ctx.blobs.put(TABLES.encode()).digest)],
        inputs={
            "data": [InputFile(path=name, digest=ctx.blobs.put(text.encode()).digest) for name, text in data.items()],
            "model": [InputFile(path="m.txt", digest=ctx.blobs.put(b"v1").digest)],
        },
        parallel={"partition_keys": ["store"], "model": "model", "mini_batch_error_threshold": 0, "error_threshold": 0},
    )
    assert ended(ctx, run).state == "Completed", log_of(ctx, run)
    assert left(ctx, run, "rows").splitlines() == [
        "0 [['Rom'], 'float64', {'store': 1}] v1",
        "1 [['Bern', 'Basel'], 'int64', {'store': 2}] v1",
        "2 [['Oslo'], 'int64', {'store': None}] v1",
    ]
    assert "3 mini-batches of 4 rows by store" in log_of(ctx, run)
    assert not (ctx.settings.attempts / run.id / "1" / ledger.TABLE).exists()


def test_a_table_that_cannot_be_cut_ends_the_job_with_the_column_that_was_meant(ctx: Context) -> None:
    data = [InputFile(path="a.csv", digest=ctx.blobs.put(b"store,n\n1,2\n3,4\n").digest)]
    end = ended(ctx, submit(ctx, inputs={"data": data}, parallel={"partition_keys": ["stor"]}))
    assert (end.state, end.failure) == ("Failed", "user_error")
    assert "'partition_keys' names 'stor', and the table has no such column. Did you mean 'store'?" in str(end.error)


def job_of(tmp_path: Path, text: str) -> Any:
    (tmp_path / "src").mkdir(exist_ok=True)
    (tmp_path / "src" / "score.py").write_text("def run(batch): return batch\n")
    (tmp_path / "data").mkdir(exist_ok=True)
    (tmp_path / "data" / "a.txt").write_text("a")
    file = tmp_path / "job.yml"
    file.write_text(text)
    return parallel_file.of(document.read(file), file, {})


FILE = """
$schema: https://azuremlschemas.azureedge.net/latest/parallelJob.schema.json
type: parallel
inputs:
  files: {type: uri_folder, path: data}
  rate: 0.5
outputs:
  rows: {type: uri_file}
input_data: ${{inputs.files}}
mini_batch_size: "10"
mini_batch_error_threshold: 5
error_threshold: 3
max_concurrency_per_instance: 2
retry_settings: {max_retries: 3, timeout: 90}
logging_level: debug
resources: {instance_count: 2}
task:
  type: run_function
  code: src
  entry_script: score.py
  program_arguments: --rate ${{inputs.rate}} --progress_update_timeout 30
  append_row_to: ${{outputs.rows}}
"""


def test_a_file_of_azure_ml_is_read(tmp_path: Path) -> None:
    job = job_of(tmp_path, FILE)
    assert job.spec.kind == "parallel"
    assert job.spec.parallel == Parallel(
        data="files",
        mini_batch_size="10",
        mini_batch_error_threshold=5,
        error_threshold=3,
        max_concurrency=2,
        max_retries=3,
        timeout_s=90,
        logging_level="DEBUG",
        append_row_to="rows",
        cut="files",
    )
    assert job.spec.command == ["score.py --rate ${{inputs.rate}} --progress_update_timeout 30 "]
    assert sorted(file.path for file in job.files) == ["a.txt", "score.py"]
    assert job.warnings == ["'resources.instance_count' is 2: the job runs on one node"]


def test_a_table_and_a_model_are_read_as_azure_ml_writes_them(tmp_path: Path) -> None:
    """`direct` is how Azure ML's examples give a table: its files come all the same, as rows are cut here."""
    text = FILE.replace("{type: uri_folder, path: data}", "{type: mltable, path: 'azureml:sales:1', mode: direct}")
    (tmp_path / "m.bin").write_text("m")
    job = job_of(
        tmp_path,
        text.replace('mini_batch_size: "10"', "mini_batch_size: 10kb").replace(
            "append_row", "model: ./m.bin\n  append_row"
        ),
    )
    parallel = job.spec.parallel
    assert parallel is not None
    assert (parallel.cut, parallel.size(), parallel.model) == ("table", (0, 10240), "model")
    assert [file.slot for file in job.files if file.path == "m.bin"] == ["model"]
    mounted = job_of(tmp_path, text.replace("mode: direct", "mode: ro_mount")).spec.parallel
    assert mounted is not None
    assert mounted.cut == "files"
    keys = job_of(tmp_path, FILE.replace('size: "10"', "size: 10\npartition_keys: [store, brand]"))
    assert keys.spec.parallel is not None
    assert keys.spec.parallel.partition_keys == ["store", "brand"]
    assert "'mini_batch_size' is left out: with 'partition_keys' each group is a mini-batch" in keys.warnings


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("entry_script: score.py", "entry_script:", "task.entry_script"),
        ("input_data: ${{inputs.files}}", "input_data: files", "input_data"),
        ("type: run_function", "type: notebook", "task.type"),
        ('mini_batch_size: "10"', "partition_keys: store", "partition_keys"),
        ('mini_batch_size: "10"', "partition_keys: [store, store]", "parallel"),
        ("entry_script: score.py", "entry_script: score.py\n  model: ${{outputs.rows}}", "task.model"),
        ('mini_batch_size: "10"', "mini_batch_size: few", "parallel"),
        ("append_row_to: ${{outputs.rows}}", "append_row_to: rows", "task.append_row_to"),
    ],
)
def test_what_a_file_says_wrong_names_the_key(tmp_path: Path, old: str, new: str, field: str) -> None:
    with pytest.raises(BadJob) as error:
        job_of(tmp_path, FILE.replace(old, new))
    assert error.value.field == field
    assert json.dumps(error.value.detail)
