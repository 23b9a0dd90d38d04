"""Loops: a body that runs again while an output of it is true, each time with what it made the time before."""

import textwrap
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from studiolo.kernel.context import Context
from studiolo.kernel.http import Transport
from studiolo.sdk.studio import Studio
from studiolo.studio.pipelines import repository, service
from studiolo.studio.pipelines.schemas import PipelineSpec
from tests.studio.pipelines.graphs import by_path, ended, output, parent, pipeline, states, step, text_of, tick

COUNT = (
    "n=$(( ${{inputs.n}} + 1 )); echo $n > ${{outputs.next}}; echo $n > ${{outputs.out}}/f.txt; "
    "cat ${{inputs.seen}}/f.txt >> ${{outputs.out}}/f.txt 2>/dev/null; "
    "if [ $n -lt ${{inputs.most}} ]; then echo true; else echo false; fi > ${{outputs.more}}"
)


def counting(most: int = 3, command: str = COUNT, **loop: Any) -> PipelineSpec:
    """Count up to a number: the body adds its number before those it was given."""
    body = step(
        command,
        inputs={"n": 0, "most": parent("most"), "seen": output("empty")},
        declares={"n": "integer", "most": "integer", "seen": "uri_folder"},
        makes={"next": "integer", "more": "boolean", "out": "uri_folder"},
    )
    loop = {"kind": "do_while", "body": "body", "condition": "more", "mapping": {"next": ["n"], "out": ["seen"]}} | loop
    last = step(
        "cp ${{inputs.a}}/f.txt ${{outputs.out}}/f.txt; echo ${{inputs.n}} >> ${{outputs.out}}/f.txt",
        inputs={"a": output("loop"), "n": output("body", "next")},
        declares={"a": "uri_folder", "n": "integer"},
        makes={"out": "uri_folder"},
    )
    empty = step("touch ${{outputs.out}}/f.txt", makes={"out": "uri_folder"})
    steps = {"empty": empty, "body": body, "loop": loop, "last": last}
    return pipeline(steps, inputs={"most": {"type": "integer"}}, values={"most": most})


def test_each_turn_has_what_the_one_before_made(ctx: Context) -> None:
    run = ended(ctx, service.submit(ctx, counting()))
    assert run.run.state == "Completed", [(one.path, one.error) for one in service.steps(ctx, run.run.id)]
    assert [path for path in states(ctx, run) if path.startswith("loop/")] == ["loop/0", "loop/1", "loop/2"]
    assert text_of(ctx, run, "last") == "3\n2\n1\n3\n"  # who names the body means its last turn
    found = by_path(ctx, run)
    assert found["loop/2"].needs == ["loop/1"]
    inputs = {one.name: one for one in service.step(ctx, run.run.id, "loop/2").inputs}
    assert (inputs["n"].value, inputs["n"].source_step, inputs["n"].source_output) == (2, "1", "next")
    assert run.counts.total == 5


def test_turns_are_made_when_they_are_asked_for(ctx: Context) -> None:
    run = service.submit(ctx, counting(most=2))
    while "loop/0" not in states(ctx, run):
        tick(ctx)
    assert "loop/1" not in states(ctx, run)
    assert ended(ctx, run).run.state == "Completed"
    assert "loop/2" not in states(ctx, run)


def test_it_turns_no_more_than_its_limit(ctx: Context) -> None:
    run = ended(ctx, service.submit(ctx, counting(most=1000, max_iterations=2)))
    assert run.run.state == "Completed"
    assert text_of(ctx, run, "last") == "2\n1\n2\n"


def test_a_turn_that_fails_fails_the_loop(ctx: Context) -> None:
    run = ended(ctx, service.submit(ctx, counting(command=f"[ ${{{{inputs.n}}}} -lt 1 ] || exit 7; {COUNT}")))
    assert run.run.state == "Failed"
    found = states(ctx, run)
    assert (found["loop/0"], found["loop/1"], found["loop"], found["last"]) == (
        "Completed",
        "Failed",
        "Failed",
        "Skipped",
    )


def test_all_turns_are_reused_the_second_time(ctx: Context) -> None:
    ended(ctx, service.submit(ctx, counting()))
    again = ended(ctx, service.submit(ctx, counting()))
    found = states(ctx, again)
    assert {found[f"loop/{number}"] for number in range(3)} == {"Reused"}
    assert again.run.state == "Completed"
    more = ended(ctx, service.submit(ctx, counting(most=4)))  # another value of an input: nothing fits
    assert {states(ctx, more)[f"loop/{number}"] for number in range(4)} == {"Completed"}


def test_a_rerun_from_failed_takes_over_the_turns_that_ended_well(ctx: Context, tmp_path: Path) -> None:
    go = tmp_path / "go"
    spec = counting(command=f"[ ${{{{inputs.n}}}} -lt 1 ] || test -e {go} || exit 7; {COUNT}")
    spec.graph.steps["body"].reuse = False
    failed = ended(ctx, service.submit(ctx, spec))
    assert failed.run.state == "Failed"
    go.touch()
    run = ended(ctx, service.rerun(ctx, failed.run.id, service.Rerun(from_failed=True)))
    assert run.run.state == "Completed"
    found = by_path(ctx, run)
    assert [found[f"loop/{number}"].outcome for number in range(3)] == ["taken", "off", "off"]


def test_cancel_ends_the_turn_and_no_other_follows(ctx: Context) -> None:
    run = service.submit(ctx, counting(command=f"[ ${{{{inputs.n}}}} -lt 1 ] || sleep 600; {COUNT}"))
    while states(ctx, run).get("loop/1") != "Running":
        tick(ctx)
    service.cancel(ctx, run.run.id)
    assert ended(ctx, run).run.state == "Canceled"
    assert "loop/2" not in states(ctx, run)


def test_killed_when_it_adds_a_turn_it_adds_one(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """The turn and the version are of one transaction: without its end there is neither, and the next look adds it."""
    real, times = repository.insert_steps, []

    def dies(tx: Any, steps: Any) -> None:
        real(tx, steps)
        if steps[0]["path"] == "loop/1" and not times:
            times.append(1)
            raise KeyboardInterrupt

    monkeypatch.setattr(repository, "insert_steps", dies)
    run = service.submit(ctx, counting())
    with pytest.raises(KeyboardInterrupt):
        ended(ctx, run)
    assert "loop/1" not in states(ctx, run)
    run = ended(ctx, run)
    assert (run.run.state, text_of(ctx, run, "last")) == ("Completed", "3\n2\n1\n3\n")


@pytest.mark.parametrize(
    ("loop", "field", "says"),
    [
        ({"condition": "next"}, "condition", "must be a boolean output of 'body', and is a integer"),
        ({"condition": "odd"}, "condition", "is none of its outputs"),
        ({"body": "nobody"}, "body", "there is no such step"),
        ({"mapping": {"odd": ["n"]}}, "mapping.odd", "no output 'odd'"),
        ({"mapping": {"next": ["odd"]}}, "mapping.next", "no input 'odd'"),
        ({"mapping": {"out": ["n"]}}, "mapping.out", "is a uri_folder, and its input 'n' is a integer"),
    ],
)
def test_what_is_wrong_with_a_loop_is_named(ctx: Context, loop: dict[str, Any], field: str, says: str) -> None:
    found = service.check(ctx, counting(**loop)).problems
    assert any(one.step == "loop" and one.field == field and says in one.message for one in found), found


def test_a_file_of_azure_turns(ctx: Context, client: TestClient, tmp_path: Path) -> None:
    """With a pipeline as its body, and everything named as `${{parent.jobs…}}`, as the SDK of Azure ML writes it."""
    (tmp_path / "inner.yml").write_text(
        textwrap.dedent("""
        $schema: https://azuremlschemas.azureedge.net/latest/pipelineComponent.schema.json
        name: adds
        inputs: {n: {type: integer}}
        outputs: {more: {type: boolean}, next: {type: integer}}
        jobs:
          add:
            command: echo $(( ${{inputs.n}} + 1 )) > ${{outputs.next}}; [ ${{inputs.n}} -lt 2 ] && echo true > ${{outputs.more}} || echo false > ${{outputs.more}}
            inputs: {n: "${{parent.inputs.n}}"}
            outputs:
              next: {type: integer, path: "${{parent.outputs.next}}"}
              more: {type: boolean, path: "${{parent.outputs.more}}"}
        """)
    )
    (tmp_path / "outer.yml").write_text(
        textwrap.dedent("""
        type: pipeline
        jobs:
          again:
            type: do_while
            body: ${{parent.jobs.one}}
            condition: ${{parent.jobs.one.outputs.more}}
            mapping:
              next: ["${{parent.jobs.one.inputs.n}}"]
            limits: {max_iteration_count: 10}
          one: {type: pipeline, component: ./inner.yml, inputs: {n: 0}}
          say:
            command: echo ${{inputs.n}} > ${{outputs.out}}/f.txt
            inputs: {n: "${{parent.jobs.one.outputs.next}}"}
            outputs: {out: }
        """)
    )
    studio = Studio(transport=Transport("http://testserver", "", client=client))
    submitted = studio.pipelines.submit_file(tmp_path / "outer.yml")
    assert submitted.warnings == []
    run = ended(ctx, submitted.run)
    assert run.run.state == "Completed", [(one.path, one.error) for one in service.steps(ctx, run.run.id)]
    assert text_of(ctx, run, "say") == "3\n"
    assert {"again/0/add", "again/1/add", "again/2/add"} <= states(ctx, run).keys()
