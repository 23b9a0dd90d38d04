"""Which results are taken once more, which are not, and what is said about it."""

import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from studiolo.kernel.context import Context
from studiolo.studio.experiments.schemas import InputFile
from studiolo.studio.pipelines import deciding, reconcile, repository, service
from studiolo.studio.pipelines.schemas import PipelineRun, Rerun
from tests.studio.pipelines.graphs import (
    by_path,
    diamond,
    ended,
    output,
    parent,
    pipeline,
    states,
    step,
    text_of,
    tick,
    wait_for,
)


def why(ctx: Context, run: PipelineRun, path: str) -> Any:
    found = service.step(ctx, run.run.id, path).reuse
    assert found is not None
    return found


def test_what_does_not_decide_the_result_decides_nothing(ctx: Context) -> None:
    ended(ctx, service.submit(ctx, pipeline({"a": step("echo x > ${{outputs.o}}/f", makes={"o": "uri_folder"})})))
    other = step(
        "echo x > ${{outputs.o}}/f",
        makes={"o": "uri_folder"},
        title="other",
        priority=5,
        retries={"lost": 3},
        timeout_s=60,
        comment="c",
    )
    run = ended(ctx, service.submit(ctx, pipeline({"renamed": other}, name="another", tags={"t": "1"}, priority=3)))
    assert states(ctx, run) == {"renamed": "Reused"}


def test_each_part_that_decides_the_result_is_named(ctx: Context) -> None:
    def graph(**change: Any) -> Any:
        code = ctx.blobs.put(change.pop("code", b"1")).digest
        task = {
            "command": [change.pop("command", "cat main.py ${{inputs.r}} > ${{outputs.o}}/f; true")],
            "code": [{"path": "main.py", "digest": code}],
        }
        values = {"task": task, "makes": {"o": {"type": "uri_folder"}}, "inputs": {"r": change.pop("r", 1)}, **change}
        return pipeline({"a": values})

    ended(ctx, service.submit(ctx, graph()))
    for change, said in (
        ({"code": b"2"}, "Code: main.py changed."),
        ({"r": 2}, "Parameter `r` changed: 1 → 2."),
        ({"r": "1"}, "Parameter `r` changed"),
        ({"env": {"K": "v"}}, "Variable `K` changed: nothing → v."),
        ({"command": "cat main.py ${{inputs.r}} > ${{outputs.o}}/f; exit 0"}, "The command changed."),
        ({"outputs": {"o": {"mode": "upload"}}}, "The declaration of output `o` changed."),
    ):
        run = ended(ctx, service.submit(ctx, graph(**change)))
        assert states(ctx, run) == {"a": "Completed"}, change
        assert said.lower() in why(ctx, run, "a").text.lower(), change
    run = ended(ctx, service.submit(ctx, graph()))
    assert states(ctx, run) == {"a": "Reused"}


def test_off_for_one_step_touches_no_other(ctx: Context) -> None:
    def graph(reuse: bool) -> Any:
        steps = {
            "a": step("echo same > ${{outputs.out}}/f", makes={"out": "uri_folder"}, reuse=reuse),
            "b": step(
                "cat ${{inputs.x}}/f > ${{outputs.out}}/f", inputs={"x": output("a")}, makes={"out": "uri_folder"}
            ),
        }
        return pipeline(steps)

    ended(ctx, service.submit(ctx, graph(reuse=True)))
    run = ended(ctx, service.submit(ctx, graph(reuse=False)))
    assert states(ctx, run) == {"a": "Completed", "b": "Reused"}  # what it wrote is the same again
    assert why(ctx, run, "a").outcome == "off"


def test_force_rerun_takes_nothing_and_leaves_results_for_others(ctx: Context) -> None:
    ended(ctx, service.submit(ctx, diamond()))
    forced = ended(ctx, service.submit(ctx, diamond(settings={"force_rerun": True})))
    assert set(states(ctx, forced).values()) == {"Completed"}
    assert why(ctx, forced, "first").outcome == "forced"
    again = ended(ctx, service.submit(ctx, diamond()))
    assert by_path(ctx, again)["first"].origin_run_id == by_path(ctx, forced)["first"].run_id


def test_a_result_whose_bytes_are_gone_is_none(ctx: Context) -> None:
    first = ended(ctx, service.submit(ctx, diamond()))
    path, _ = service.file(ctx, first.run.id, "first", "out", "f.txt")
    path.chmod(0o644)
    path.unlink()
    again = ended(ctx, service.submit(ctx, diamond()))
    assert states(ctx, again) == {"first": "Completed", "left": "Reused", "right": "Reused", "last": "Reused"}
    assert "no longer in the store" in why(ctx, again, "first").text


def test_two_that_compute_the_same_run_it_once(any_ctx: Context, tmp_path: Path) -> None:
    ctx = any_ctx
    count, gate = tmp_path / "count", tmp_path / "gate"
    command = f"echo x >> {count}; while [ ! -e {gate} ]; do sleep 0.02; done; echo y > ${{{{outputs.out}}}}/f"
    graph = pipeline({"a": step(command, makes={"out": "uri_folder"}), "b": step(command, makes={"out": "uri_folder"})})
    one, two = service.submit(ctx, graph), service.submit(ctx, graph)
    wait_for(ctx, count.exists)
    for _ in range(3):
        tick(ctx)
    waits = [found for run in (one, two) for found in service.steps(ctx, run.run.id) if found.state == "NotStarted"]
    assert len(waits) == 3
    assert all("is being computed by" in (found.waits_for or "") for found in waits)
    gate.touch()
    assert sorted([*states(ctx, ended(ctx, one)).values(), *states(ctx, ended(ctx, two)).values()]) == [
        "Completed",
        "Reused",
        "Reused",
        "Reused",
    ]
    assert count.read_text() == "x\n"


def test_one_that_lands_while_it_is_looked_for_is_taken(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """The job in flight ends between the two questions: neither would show it if they were asked in the other order."""
    ended(ctx, service.submit(ctx, pipeline({"a": step("echo x > ${{outputs.out}}/f", makes={"out": "uri_folder"})})))
    results, hidden = repository.results, [True]

    def later(tx: Any, of: Context, key: str, many: int = 3) -> list[Any]:
        return [] if hidden else results(tx, of, key, many)

    def landing(tx: Any, of: Context, key: str) -> None:
        hidden.clear()

    monkeypatch.setattr(repository, "results", later)
    monkeypatch.setattr(repository, "in_flight", landing)
    run = service.submit(ctx, pipeline({"a": step("echo x > ${{outputs.out}}/f", makes={"out": "uri_folder"})}))
    assert states(ctx, ended(ctx, run)) == {"a": "Reused"}


def test_one_that_waits_runs_itself_when_the_other_fails(ctx: Context, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    command = f"mkdir {tmp_path}/first 2>/dev/null && while [ ! -e {gate} ]; do sleep 0.02; done && exit 3; echo y > ${{{{outputs.out}}}}/f"
    graph = pipeline({"a": step(command, makes={"out": "uri_folder"})})
    one, two = service.submit(ctx, graph), service.submit(ctx, graph)
    wait_for(ctx, (tmp_path / "first").exists)
    gate.touch()
    assert (states(ctx, ended(ctx, one)), states(ctx, ended(ctx, two))) == ({"a": "Failed"}, {"a": "Completed"})


def test_a_rerun_takes_over_what_ended_well(any_ctx: Context, tmp_path: Path) -> None:
    ctx, good = any_ctx, tmp_path / "good"
    steps = {
        "a": step("date +%N > ${{outputs.out}}/f.txt", makes={"out": "uri_folder"}, reuse=False),
        "b": step(
            f"ls {good} && cat ${{{{inputs.x}}}}/f.txt > ${{{{outputs.out}}}}/f.txt",
            inputs={"x": output("a")},
            makes={"out": "uri_folder"},
        ),
        "c": step("cat ${{inputs.x}}/f.txt", inputs={"x": output("b")}),
    }
    first = ended(ctx, service.submit(ctx, pipeline(steps)))
    assert states(ctx, first) == {"a": "Completed", "b": "Failed", "c": "Skipped"}
    good.touch()
    again = ended(ctx, service.rerun(ctx, first.run.id, Rerun(from_failed=True)))
    assert states(ctx, again) == {"a": "Reused", "b": "Completed", "c": "Completed"}
    assert again.rerun_of == first.run.id
    assert text_of(ctx, again, "b") == text_of(ctx, first, "a")
    assert why(ctx, again, "a").outcome == "taken"
    whole = ended(ctx, service.rerun(ctx, first.run.id, Rerun()))
    assert states(ctx, whole)["a"] == "Completed"


def test_a_chain_of_a_hundred_reused_steps_takes_half_a_second(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the controller's own time: the wall is another matter while others use the machine."""
    import time

    def chain() -> Any:
        steps = {"s0": step("echo x > ${{outputs.out}}/f", makes={"out": "uri_folder"})}
        for number in range(1, 100):
            steps[f"s{number}"] = step(
                "cat ${{inputs.x}}/f > ${{outputs.out}}/f",
                inputs={"x": output(f"s{number - 1}")},
                makes={"out": "uri_folder"},
            )
        return pipeline(steps)

    ended(
        ctx,
        service.submit(
            ctx, pipeline({**{n: s.model_dump() for n, s in chain().graph.steps.items() if n in ("s0", "s1")}})
        ),
    )
    run = service.submit(ctx, chain())
    asked = Counter[str]()
    prospect = deciding._prospect

    def counted(node: deciding.Node, standing: deciding.Standing) -> tuple[str, bool]:
        asked[node.name] += 1
        return prospect(node, standing)

    monkeypatch.setattr(deciding, "_prospect", counted)
    begun = time.thread_time()
    reconcile.tick(ctx)
    taken = time.thread_time() - begun
    assert states(ctx, run)["s99"] == "Reused"  # every one of the chain copies the same bytes: one result
    assert ended(ctx, run).run.state == "Completed"
    assert taken < 0.5
    assert set(asked.values()) == {1}  # each is asked about once, not at every step before it


def test_inputs_that_were_sent_count_by_content(ctx: Context) -> None:
    def run(data: bytes, name: str = "d.csv") -> PipelineRun:
        file = InputFile(path=name, digest=ctx.blobs.put(data).digest)
        values = {"d": {"type": "uri_file", "files": [file.model_dump()]}}
        steps = {
            "a": step(
                "cat ${{inputs.d}} > ${{outputs.out}}/f",
                inputs={"d": parent("d")},
                declares={"d": "uri_file"},
                makes={"out": "uri_folder"},
            )
        }
        return ended(ctx, service.submit(ctx, pipeline(steps, inputs={"d": {"type": "uri_file"}}, values=values)))

    assert states(ctx, run(b"1")) == {"a": "Completed"}
    assert states(ctx, run(b"1")) == {"a": "Reused"}
    other = run(b"2")
    assert "input `d` changed: the content of d.csv is another" in why(ctx, other, "a").text.lower().replace(
        "input `D`", "input `d`"
    )


def test_two_controllers_start_each_step_once(any_ctx: Context, tmp_path: Path) -> None:
    """Both look at once, again and again: one of them records, and nothing runs twice."""
    ctx, log = any_ctx, tmp_path / "log"
    steps = {f"s{n}": step(f"echo {n} >> {log}", reuse=False, after=[f"s{n - 1}"] if n % 3 else []) for n in range(9)}
    run = service.submit(ctx, pipeline(steps))
    troubles: list[BaseException] = []

    def controller() -> None:
        from studiolo.studio.pipelines import engine

        try:
            while True:
                with ctx.db.read() as tx:
                    live = repository.live(tx, ctx)
                if not live:
                    return
                for row in live:
                    engine.advance(ctx, row.run_seq)
        except BaseException as error:
            troubles.append(error)

    threads = [threading.Thread(target=controller) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert ended(ctx, run).run.state == "Completed"
    for thread in threads:
        thread.join(20)
    assert troubles == []
    assert sorted(log.read_text().split()) == [str(n) for n in range(9)]
