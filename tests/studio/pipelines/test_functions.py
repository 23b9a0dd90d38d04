"""Pipelines in Python: plain functions as steps."""

from pathlib import Path
from typing import Any

import pytest

from studiolo.kernel.context import Context
from studiolo.sdk.pipelines import Out, OutFile, component, loop, pipeline, step
from studiolo.sdk.studio import Studio
from studiolo.studio.pipelines import service
from studiolo.studio.pipelines.errors import BadPipeline
from tests.studio.pipelines.graphs import ended, states

FACTOR = 10


def scaled(number: float) -> float:
    return number * FACTOR


@step
def prepare(raw: Path, clean: Out, word: str = 'it\'s "so" $HOME') -> int:
    rows = raw.read_text().split()
    (clean / "rows.txt").write_text("\n".join([word, *rows]))
    return len(rows)


@step(reuse=False, cores=1)
def train(data: Path, rows: int, rates: list[float], report: OutFile, *, loud: bool = False) -> dict[str, Any]:
    text = (data / "rows.txt").read_text()
    report.write_text(text.upper() if loud else text)
    return {"rows": rows, "best": scaled(max(rates))}


@step
def show(found: dict[str, Any], report: Path) -> None:
    print(found["best"], report.read_text())


@pipeline(experiment="in python")
def learn(raw: Path, rate: float = 0.5) -> dict[str, Any]:
    prepared = prepare(raw)
    trained = train(prepared["clean"], prepared, [0.1, 0.25], loud=True)
    show(trained, trained["report"]).after(prepared)
    again = prepare.with_(title="once more")(raw, word="x")
    assert again.name == "prepare_2"
    return {"report": trained["report"], "rows": prepared.result}


def test_plain_functions_are_steps_and_stay_functions(ctx: Context, studio: Studio, tmp_path: Path) -> None:
    raw = tmp_path / "raw.txt"
    raw.write_text("a b c")
    (tmp_path / "clean").mkdir()
    assert prepare(raw, tmp_path / "clean") == 3
    run = ended(ctx, studio.pipelines.submit(learn(raw), name="mine"))
    found = {one.path: one for one in service.steps(ctx, run.run.id)}
    assert run.run.state == "Completed", {path: one.error for path, one in found.items()}
    assert (run.run.name, run.run.experiment) == ("mine", "in python")
    log = studio.experiments.log(str(found["show"].run_id)).text
    assert log.startswith('2.5 IT\'S "SO" $HOME\nA\nB\nC')
    outputs = studio.pipelines.get(run.run.id).outputs
    assert (outputs["rows"].value, outputs["report"].files) == (3, 1)
    again = ended(ctx, studio.pipelines.submit(learn(raw)))
    assert states(ctx, again) == {"prepare": "Reused", "train": "Completed", "show": "Reused", "prepare_2": "Reused"}


def test_a_pipeline_in_a_pipeline_and_a_component_of_a_file(ctx: Context, studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "count.yml").write_text(
        "name: count\ninputs: {text: {type: uri_file}}\noutputs: {number: {type: integer}}\n"
        "command: wc -w < ${{inputs.text}} > ${{outputs.number}}\n"
    )
    raw = tmp_path / "raw.txt"
    raw.write_text("a b c")

    @pipeline
    def whole(source: Path) -> Any:
        inner = learn(source)
        return component(tmp_path / "count.yml")(text=inner["report"])["number"]

    run = ended(ctx, studio.pipelines.submit(whole(raw)))
    assert run.run.state == "Completed", [(one.path, one.error) for one in service.steps(ctx, run.run.id)]
    assert studio.pipelines.get(run.run.id).outputs["result"].value == 6
    assert states(ctx, run)["learn/train"] == "Completed"


def test_what_cannot_be_written_down_is_said(tmp_path: Path) -> None:
    @pipeline
    def wrong(raw: Path) -> None:
        prepared = prepare(raw)
        if prepared.result:
            pass

    with pytest.raises(BadPipeline, match="not known while its steps are written down"):
        wrong(tmp_path)

    @pipeline
    def other(raw: Path) -> Any:
        return prepare(raw)["no"]

    with pytest.raises(BadPipeline, match="Step 'prepare' has no output 'no'"):
        other(tmp_path)
    with pytest.raises(BadPipeline, match="does not exist"):
        other(tmp_path / "nowhere")
    with pytest.raises(BadPipeline, match="A step has no option 'kores'"):
        prepare.with_(kores=3)


@step
def begin(words: Out) -> None:
    (words / "all.txt").write_text("")


@step
def grow(before: Path, words: Out, upto: int = 3) -> bool:
    found = [*(before / "all.txt").read_text().split(), "x"]
    (words / "all.txt").write_text(" ".join(found))
    return len(found) < upto


@step
def count(words: Path) -> int:
    return len((words / "all.txt").read_text().split())


@pipeline
def growing(upto: int = 3) -> Any:
    grown = grow(begin()["words"], upto=upto)
    looped = loop(grown, again=grown, give={"words": "before"}, at_most=5)
    return {"many": count(looped["words"]).result}


def test_a_loop_runs_a_step_while_it_returns_true(ctx: Context, studio: Studio) -> None:
    for upto, turns in ((3, 3), (9, 5)):
        run = ended(ctx, studio.pipelines.submit(growing(upto=upto)))
        assert run.run.state == "Completed", [(one.path, one.error) for one in service.steps(ctx, run.run.id)]
        assert [path for path in states(ctx, run) if "/" in path] == [f"grow_loop/{turn}" for turn in range(turns)]
        assert service.step(ctx, run.run.id, "count").outputs["result"].value == turns


def test_what_decides_a_loop_is_an_output_of_its_body() -> None:
    @pipeline
    def wrong() -> None:
        first = begin()
        loop(grow(first["words"]), again=count(first["words"]), give={})

    with pytest.raises(BadPipeline, match="is no output of it"):
        wrong()
