"""Pipelines in Python: plain functions as steps."""

from pathlib import Path
from typing import Any

import pytest

from studiolo.kernel.context import Context
from studiolo.kernel.errors import Remote
from studiolo.sdk.pipelines import Out, OutFile, component, each, if_else, loop, parallel_for, pipeline, step
from studiolo.sdk.studio import Studio
from studiolo.studio.pipelines import service
from studiolo.studio.pipelines.errors import BadPipeline
from tests.studio.pipelines.graphs import ended, states

FACTOR = 10


def scaled(number: float) -> float:
    return number * FACTOR


@step
def fails_once(path: str) -> int:
    if not Path(path).exists():
        Path(path).touch()
        raise SystemExit(3)
    return 1


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


@step
def even(number: int) -> bool:
    return number % 2 == 0


@step
def halve(number: int) -> int:
    return number // 2


@step
def triple(number: int, plus: int = 1) -> int:
    return 3 * number + plus


@pipeline
def collatz(number: int = 6) -> None:
    if_else(even(number), true_block=halve(number), false_block=[triple(number)])


def test_a_condition_runs_one_block_and_skips_the_other(ctx: Context, studio: Studio) -> None:
    for number, ran, skipped, value in ((6, "halve", "triple", 3), (7, "triple", "halve", 22)):
        run = ended(ctx, studio.pipelines.submit(collatz(number)))
        found = states(ctx, run)
        assert (run.run.state, found[ran], found[skipped]) == ("Completed", "Completed", "Skipped")
        assert service.step(ctx, run.run.id, ran).outputs["result"].value == value


@step
def numbers(upto: int) -> list[dict[str, int]]:
    return [{"number": n} for n in range(1, upto + 1)]


@step
def total(results: Path) -> int:
    return sum(int((results / str(n) / "result").read_text()) for n in range(len(list(results.iterdir()))))


@pipeline
def tripled() -> Any:
    listed = parallel_for(triple(each, plus=0), [{"number": 1}, {"number": 5}], max_concurrency=1)
    made = parallel_for(triple(each), numbers(3), name="of_a_step")
    return {"listed": total(listed.result).result, "made": total(made).result}


def test_a_step_runs_for_each_item_of_a_list_and_of_what_a_step_returned(ctx: Context, studio: Studio) -> None:
    run = ended(ctx, studio.pipelines.submit(tripled()))
    assert run.run.state == "Completed", [(one.path, one.error) for one in service.steps(ctx, run.run.id)]
    below = [path for path in states(ctx, run) if "/" in path]
    assert below == ["triple_each/0", "triple_each/1", "of_a_step/0", "of_a_step/1", "of_a_step/2"]
    values = [service.step(ctx, run.run.id, name).outputs["result"].value for name in ("total", "total_2")]
    assert values == [18, 21]


@pipeline
def both(number: int) -> Any:
    return {"result": triple(halve(number)).result}


@pipeline
def nested() -> Any:
    return {"all": parallel_for(both(each), [4, 8])["result"]}


def test_a_pipeline_runs_for_each_item(ctx: Context, studio: Studio) -> None:
    run = ended(ctx, studio.pipelines.submit(nested()))
    assert run.run.state == "Completed", [(one.path, one.error) for one in service.steps(ctx, run.run.id)]
    found = states(ctx, run)
    assert {path for path in found if path.count("/") == 1} == {"both_each/0", "both_each/1"}


@pytest.mark.parametrize(
    ("write", "says"),
    [
        (lambda: if_else("yes", true_block=halve(1)), "is a str, and no output"),  # type: ignore[arg-type]
        (lambda: if_else(even(2), true_block=[3]), "true_block has a int"),  # type: ignore[list-item]
        (lambda: parallel_for(triple(each), "abc"), "The items are a str"),
        (lambda: parallel_for(triple(each), [{"number": Path()}]), "cannot be sent"),
        (lambda: list(numbers(3)), "nothing can be done for each"),
        (lambda: list(numbers(3).result), "nothing can be done for each"),
        (lambda: halve(1) if even(2).result else None, "give it to `if_else`"),
    ],
)
def test_what_cannot_be_written_down_says_what_to_do(write: Any, says: str) -> None:
    @pipeline
    def wrong() -> None:
        write()

    with pytest.raises(BadPipeline) as raised:
        wrong()
    assert says in f"{raised.value.detail} {raised.value.hint}"


def test_an_input_that_no_item_gives_is_named(studio: Studio) -> None:
    @pipeline
    def wrong() -> None:
        parallel_for(triple(each, plus=each), [{"number": 1}])

    with pytest.raises(Remote, match="'plus' of step 'triple' is given nothing"):
        studio.pipelines.submit(wrong())


def test_retries_may_be_a_number_of_each_class(ctx: Context, studio: Studio, tmp_path: Path) -> None:
    @pipeline
    def once(path: str) -> Any:
        return fails_once.with_(retries=1)(path)

    run = ended(ctx, studio.pipelines.submit(once(str(tmp_path / "was here"))))
    assert run.run.state == "Completed", run.run.error
    (one,) = service.steps(ctx, run.run.id)
    assert one.attempt == 2
