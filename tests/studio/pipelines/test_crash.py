"""The controller is killed before and after each of its transactions about pipelines: every step runs once, and the result is the same."""

import os
import signal
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection

from studiolo.kernel.context import Context
from studiolo.kernel.db.engine import Database
from studiolo.runner import processes
from studiolo.runner.attempt import MARK
from studiolo.studio.experiments import reconcile as experiments_tick
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.schemas import TERMINAL
from studiolo.studio.pipelines import reconcile, service
from studiolo.studio.pipelines.schemas import PipelineRun
from studiolo.testing.context import make_context
from tests.studio.pipelines.graphs import output, pipeline, states, step, text_of


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def killed(home: Path, *, before: bool) -> None:
    """Be a controller that dies in its first transaction about pipelines, before or after the commit."""
    armed = [False]
    begin = Database.begin

    @contextmanager
    def dying(self: Database) -> Iterator[Connection]:
        with begin(self) as tx:
            yield tx
            if armed[0] and before:
                die()
        if armed[0]:
            die()

    Database.begin = dying  # type: ignore[method-assign]
    ctx = make_context(home)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        experiments_tick.tick(ctx)
        armed[0] = True
        reconcile.tick(ctx)
        armed[0] = False
        time.sleep(0.01)


def killed_to_the_end(ctx: Context, run: PipelineRun) -> int:
    """Let controllers die in turn, before or after they record something, until the pipeline has ended; returns how many did."""
    kills = 0
    deadline = time.monotonic() + 240
    while service.get_run(ctx, run.run.id).run.state not in TERMINAL:
        assert time.monotonic() < deadline
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # threads of others in this process do nothing of ours
            child = os.fork()
        if child == 0:
            try:
                killed(ctx.settings.home, before=kills % 2 == 0)
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), "it found nothing to do, and the pipeline has not ended"
        kills += 1
    return kills


def test_killed_at_each_transaction_every_step_runs_once(ctx: Context, tmp_path: Path) -> None:
    log = tmp_path / "log"
    inner = {
        "graph": {
            "steps": {
                "deep": step(
                    f"echo deep >> {log}; echo d > ${{{{outputs.out}}}}/f.txt",
                    makes={"out": "uri_folder"},
                    outputs={"out": {"bind": "o"}},
                )
            },
            "outputs": {"o": {"type": "uri_folder"}},
        },
        "kind": "pipeline",
    }
    steps = {
        "one": step(f"echo one >> {log}; echo 1 > ${{{{outputs.out}}}}/f.txt", makes={"out": "uri_folder"}),
        "nested": inner,
        "two": step(
            f"echo two >> {log}; cat ${{{{inputs.a}}}}/f.txt ${{{{inputs.b}}}}/f.txt > ${{{{outputs.out}}}}/f.txt",
            inputs={"a": output("one"), "b": output("nested", "o")},
            makes={"out": "uri_folder"},
        ),
    }
    run = service.submit(ctx, pipeline(steps))
    kills = killed_to_the_end(ctx, run)
    assert kills >= 12
    assert states(ctx, run) == {
        "one": "Completed",
        "nested": "Completed",
        "nested/deep": "Completed",
        "two": "Completed",
    }
    assert sorted(log.read_text().split()) == ["deep", "one", "two"]
    assert text_of(ctx, run, "two") == "1\nd\n"


@pytest.mark.slow
def test_killed_at_each_transaction_twenty_steps_run_once_and_leave_no_process(ctx: Context, tmp_path: Path) -> None:
    log = tmp_path / "log"
    steps = {}
    for number in range(20):  # two chains of ten, side by side
        name = f"s{number:02d}"
        inputs = {} if number % 10 == 0 else {"a": output(f"s{number - 1:02d}")}
        before = "cat ${{inputs.a}}/f.txt >> ${{outputs.out}}/f.txt; " if inputs else ""
        command = f"echo {name} >> {log}; {before}echo {number} >> ${{{{outputs.out}}}}/f.txt"
        steps[name] = step(command, inputs=inputs, makes={"out": "uri_folder"})
    run = service.submit(ctx, pipeline(steps))
    assert killed_to_the_end(ctx, run) >= 20
    assert states(ctx, run) == dict.fromkeys(steps, "Completed")
    assert sorted(log.read_text().split()) == sorted(steps)
    for last in (9, 19):
        assert text_of(ctx, run, f"s{last:02d}").split() == [str(number) for number in range(last - 9, last + 1)]
    marks = {child.id for child in experiments.children(ctx, run.run.id)}
    assert len(marks) == 20
    left = [one for one in processes.table() if marks & {mark.partition("/")[0] for mark in mark_of(one.pid)}]
    assert left == []


def mark_of(pid: int) -> list[str]:
    """Return the mark of an attempt in the environment of a process, if it has one."""
    try:
        words = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []
    return [word.decode().partition("=")[2] for word in words if word.startswith(f"{MARK}=".encode())]


def test_killed_at_each_transaction_a_loop_turns_as_often_as_it_should(ctx: Context, tmp_path: Path) -> None:
    log = tmp_path / "log"
    body = step(
        f"echo ${{{{inputs.n}}}} >> {log}; echo $(( ${{{{inputs.n}}}} + 1 )) > ${{{{outputs.next}}}}; "
        "[ ${{inputs.n}} -lt 2 ] && echo true > ${{outputs.more}} || echo false > ${{outputs.more}}",
        inputs={"n": 0},
        declares={"n": "integer"},
        makes={"next": "integer", "more": "boolean"},
    )
    loop = {"kind": "do_while", "body": "body", "condition": "more", "mapping": {"next": ["n"]}}
    run = service.submit(ctx, pipeline({"body": body, "loop": loop}))
    assert killed_to_the_end(ctx, run) >= 8
    assert states(ctx, run) == dict.fromkeys(("loop", "loop/0", "loop/1", "loop/2"), "Completed")
    assert log.read_text().split() == ["0", "1", "2"]
