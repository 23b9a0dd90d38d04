"""Plain functions as jobs."""

import functools
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from studiolo.kernel.context import Context
from studiolo.kernel.http import Transport
from studiolo.studio.experiments import service
from studiolo.studio.experiments.client import Experiments
from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.functions import source_of
from studiolo.studio.experiments.schemas import JobSpec
from tests.studio.experiments.jobs import ended, log_of

FACTOR = 3
OPEN = open


@pytest.fixture
def experiments(client: TestClient) -> Experiments:
    return Experiments(Transport("http://testserver", "", client=client))


def triple(number: float) -> float:
    """Multiply."""
    return FACTOR * number


def test_a_call_runs_in_the_studio_with_what_it_uses(ctx: Context, experiments: Experiments, tmp_path: Path) -> None:
    @experiments.job(experiment="functions", cores=1)
    def count(data: Path, least: int, *, scale: float = 1.0) -> dict[str, Any]:
        lines = [line for line in data.read_text().splitlines() if len(line) >= least]
        print("counted", len(lines))
        return {"lines": len(lines), "tripled": triple(scale), "root": math.sqrt(4)}

    (tmp_path / "rows.txt").write_text("a\nbbb\ncccc\n")
    assert count(tmp_path / "rows.txt", 3)["lines"] == 2, "here it is called as ever"
    called = count.submit(tmp_path / "rows.txt", 3, scale=2)
    run = ended(ctx, called.run)
    assert run.state == "Completed", log_of(ctx, run)
    assert log_of(ctx, run) == "counted 2\n"
    assert called.result() == {"lines": 2, "tripled": 6, "root": 2.0}
    assert (run.experiment, run.name) == ("functions", "count")


def test_a_function_that_returns_nothing_has_no_result(ctx: Context, experiments: Experiments) -> None:
    @experiments.job()
    def nothing() -> None:
        pass

    called = nothing.submit()
    ended(ctx, called.run)
    assert called.result() is None


def test_what_cannot_be_sent_is_named(experiments: Experiments, tmp_path: Path) -> None:
    @experiments.job()
    def bad(value: object) -> object:
        return value

    with pytest.raises(BadJob, match="argument value is a object"):
        bad.submit(object())
    with pytest.raises(BadJob, match="does not exist"):
        bad.submit(tmp_path / "none")

    held = tmp_path.stat()

    @experiments.job()
    def holds() -> object:
        return held

    with pytest.raises(BadJob, match="uses held"):
        holds.submit()


def test_a_function_without_source_is_refused() -> None:
    space: dict[str, Callable[[], int]] = {}
    exec("def made(): return 1", space)
    with pytest.raises(BadJob, match="source of made"):
        source_of(space["made"])


LIMIT = 7
value = object()  # no function below takes this one
thrice = triple


class Base:
    scale = LIMIT


class Scaled(Base):
    def times(self, value: int) -> int:
        return value * self.scale


@functools.lru_cache
def kept(number: int) -> int:
    return number + LIMIT


def even(number: int) -> bool:
    return number == 0 or odd(number - 1)


def odd(number: int) -> bool:
    return number != 0 and even(number - 1)


def test_names_of_its_own_are_no_names_of_its_module(ctx: Context, experiments: Experiments) -> None:
    @experiments.job()
    def own(value: int, most: int = LIMIT) -> list[object]:
        held = [value for value in range(value) if value >= 0]
        OPEN = "local"

        def inner(triple: int) -> int:
            return triple + value

        return [held, OPEN, inner(1), most, Scaled().times(2), even(4), thrice(2), kept(1)]

    called = own.submit(2)
    run = ended(ctx, called.run)
    assert run.state == "Completed", log_of(ctx, run)
    assert called.result() == own(2) == [[0, 1], "local", 3, 7, 14, True, 6, 8]


def test_annotations_that_are_left_alone_stay_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        "from __future__ import annotations\n\nimport math\n\ndef f(x: Unknown) -> Other:\n    return math.floor(x)\n"
    )
    (tmp_path / "later_annotations.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    import later_annotations  # type: ignore[import-not-found]

    source = source_of(later_annotations.f)
    assert source.startswith("from __future__ import annotations\nimport math\n")
    space: dict[str, Any] = {}
    exec(source, space)
    assert space["f"](2.5) == 2


def test_calls_that_cannot_be_written_down_are_refused(experiments: Experiments) -> None:
    def many(*rows: int) -> None: ...
    def named(**rows: int) -> None: ...
    def placed(row: int, /) -> None: ...
    async def later() -> None: ...
    def rows() -> Iterator[int]:
        yield 1

    for function, says in ((many, r"\*rows"), (named, r"\*\*rows"), (placed, "by its place"), (later, "async")):
        with pytest.raises(BadJob, match=says):
            experiments.job()(function).submit()
    with pytest.raises(BadJob, match="generator"):
        experiments.job()(rows).submit()
    unnamed = experiments.job()(lambda: 1)
    with pytest.raises(BadJob, match="source of"):
        unnamed.submit()


def test_what_stands_in_a_job_file_may_be_arguments(
    ctx: Context, experiments: Experiments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.sh").write_text('#!/bin/sh\necho "rate $1"\n')
    run = experiments.submit(command="./a.sh ${{inputs.rate}}", code="src", inputs={"rate": 0.5}, display_name="mine")
    assert log_of(ctx, ended(ctx, run)) == "rate 0.5\n"
    (tmp_path / "job.yml").write_text("command: echo ${{inputs.rate}}\ninputs: {rate: 1}\n")
    again = experiments.submit("job.yml", inputs__rate=2)
    assert log_of(ctx, ended(ctx, again)) == "2\n"
    text = "its: {a: #1}\n[x"
    (tmp_path / "quoted.yml").write_text("command: printf %s '${{inputs.t}}'\ninputs: {t: 1}\n")
    kept = experiments.submit("quoted.yml", inputs__t=text)
    assert log_of(ctx, ended(ctx, kept)) == text, "a value is no YAML"


def test_a_keyword_that_a_job_does_not_have_is_refused(ctx: Context, experiments: Experiments, tmp_path: Path) -> None:
    (tmp_path / "job.yml").write_text("command: echo ${{inputs.rate}}\ninputs: {rate: 1}\n")
    with pytest.raises(BadJob, match="no 'comand'"):
        experiments.submit(command="a b", comand="c")
    with pytest.raises(BadJob, match="It has: rate"):
        experiments.submit(tmp_path / "job.yml", inputs__rat=2)
    with pytest.raises(BadJob, match="'compue' is no key"):
        experiments.submit_file(tmp_path / "job.yml", {"compue": "local"})
    with pytest.raises(BadJob, match="as it is"):
        experiments.submit(JobSpec(command=["true"]), compute="local")
    assert service.list_runs(ctx, service.RunFilter()).items == []
