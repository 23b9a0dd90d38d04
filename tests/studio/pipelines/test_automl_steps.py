"""AutoML as a step of a pipeline: it learns from what other steps made, and its model is an output that others read."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from studiolo.kernel.context import Context
from studiolo.kernel.errors import Denied, StudioloError
from studiolo.sdk import pipelines
from studiolo.sdk.studio import Studio
from studiolo.studio.automl import reconcile as automl_tick
from studiolo.studio.automl import service as automl
from studiolo.studio.datasets import service as datasets
from studiolo.studio.experiments import lineage
from studiolo.studio.experiments import service as experiments
from studiolo.studio.models import job_inputs as models_tick
from studiolo.studio.pipelines import service
from studiolo.studio.pipelines.schemas import PipelineRun, PipelineSpec
from tests.studio.pipelines.graphs import by_path, ended, states, text_of, wait_for
from tests.studio.pipelines.test_crash import killed_to_the_end

PIPELINE = """
$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json
type: pipeline
inputs:
  raw: {type: uri_file, path: raw.csv}
  target: yield
  trials: 1
outputs:
  model: {type: mlflow_model}
jobs:
  prep:
    command: grep -v '^0,' ${{inputs.raw}} > ${{outputs.table}}/train.csv
    inputs: {raw: "${{parent.inputs.raw}}"}
    outputs: {table: {type: mltable}}
  learn:
    type: automl
    task: regression
    primary_metric: r2_score
    log_verbosity: info
    target_column_name: ${{parent.inputs.target}}
    training_data: ${{parent.jobs.prep.outputs.table}}
    test_data: {type: mltable, path: "${{parent.inputs.raw}}"}
    limits: {max_trials: "${{parent.inputs.trials}}", max_concurrent_trials: 2}
    training: {allowed_training_algorithms: [ElasticNet]}
    outputs:
      best_model: {type: mlflow_model, path: "${{parent.outputs.model}}"}
  look:
    command: ls ${{inputs.model}} > ${{outputs.out}}/f.txt
    inputs: {model: "${{parent.jobs.learn.outputs.best_model}}"}
    outputs: {out: }
"""


REGISTERED = """
type: pipeline
jobs:
  learn:
    type: automl
    task: regression
    seed: 3
    target_column_name: yield
    training_data: azureml:table@latest
    validation_data: {type: uri_file, path: c.csv}
    limits: {max_trials: 1}
    training: {allowed_training_algorithms: ElasticNet}
    outputs: {best_model: {type: mlflow_model, name: best}}
"""


def rows(count: int = 60) -> str:
    return "size,color,yield\n" + "".join(
        f"{n % 20},{'red' if n % 3 else 'blue'},{3 * (n % 20) + n % 3}\n" for n in range(count)
    )


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    def write(**changes: str) -> Path:
        text = PIPELINE
        for old, new in changes.items():
            before, _, after = new.partition(" => ")
            assert before in text, old
            text = text.replace(before, after)
        (tmp_path / "raw.csv").write_text(rows())
        (tmp_path / "pipeline.yml").write_text(text)
        return tmp_path / "pipeline.yml"

    return write


def test_what_has_no_meaning_is_named(studio: Studio, written: Callable[..., Path]) -> None:
    file = written(
        it="log_verbosity: info => compute: azureml:cpu-cluster, featurization: {mode: auto}".replace(", f", "\n    f")
    )
    submitted = studio.pipelines.submit_file(file)
    studio.pipelines.cancel(submitted.run.run.id)
    said = "\n".join(submitted.warnings)
    for word in ("'compute: cpu-cluster' is left out", "'featurization' is left out", "max_concurrent_trials"):
        assert f"learn: {word}" in said or word in said, said


def errors(ctx: Context, run: PipelineRun) -> list[Any]:
    return [(one.path, one.error) for one in service.steps(ctx, run.run.id) if one.error]


def test_it_learns_from_another_step_and_its_model_is_read_by_the_next(
    ctx: Context, studio: Studio, written: Callable[..., Path]
) -> None:
    run = ended(ctx, studio.pipelines.submit(written()), 180)
    assert run.run.state == "Completed", errors(ctx, run)
    assert "MLmodel" in text_of(ctx, run, "look").split()
    step = by_path(ctx, run)["learn"]
    made = automl.get(ctx, str(step.run_id))
    assert (step.kind, made.run.parent_id, made.dataset) == ("automl", run.run.id, "output 'table' of prep")
    assert (made.spec.target, made.spec.max_trials, made.spec.allowed) == ("yield", 1, ["linear"])
    assert made.summary is not None
    assert made.summary.metric == "r2_score"
    assert made.summary.test_metrics["r2_score"] > 0.9
    automl_tick.tick(ctx)
    assert automl.get(ctx, made.run.id).model is None, "a step's model is an output, and registered only by a name"
    assert [child.kind for child in experiments.children(ctx, made.run.id)] == ["trial", "ensemble"]


def test_registered_tables_a_table_that_checks_and_a_model_that_is_registered(
    ctx: Context, studio: Studio, tmp_path: Path
) -> None:
    file, checks = tmp_path / "t.csv", tmp_path / "c.csv"
    file.write_text(rows())
    checks.write_text(rows(30))
    studio.datasets.create(file, "table")

    (tmp_path / "p.yml").write_text(REGISTERED)
    spec = PipelineSpec.model_validate(studio.pipelines.spec_of(tmp_path / "p.yml"))
    named = spec.graph.steps["learn"]
    run = ended(ctx, service.submit(ctx, spec), 180)
    assert run.run.state == "Completed", errors(ctx, run)
    made = automl.get(ctx, str(by_path(ctx, run)["learn"].run_id))
    assert (made.dataset, made.spec.seed) == ("table:1", 3)
    assert made.summary is not None
    assert (made.summary.rows, made.summary.folds) == (90, 1), "one table is learned from, and the other checks"
    [check] = [one for one in automl.guardrails(ctx, made.run.id) if one.name == "validation"]
    assert check.detail.startswith("30 of 90 rows")
    wait_for(ctx, lambda: models_tick.tick(ctx) or automl.get(ctx, made.run.id).model)
    assert automl.get(ctx, made.run.id).model == "best:1"
    with ctx.db.read() as tx:
        edges = {(edge.source, edge.target) for edge in lineage.around(tx, ctx, f"run:{made.run.id}")}
    assert ("dataset:table:1", f"run:{made.run.id}") in edges

    with pytest.raises(StudioloError, match="of the kind automl"):
        service.debug(ctx, run.run.id, "learn")
    again = ended(ctx, service.submit(ctx, spec))
    assert states(ctx, again) == {"learn": "Reused"}
    assert [one.run.id for one in automl.list_runs(ctx).items] == [made.run.id], "what was reused has trained nothing"
    other = named.model_copy(update={"automl": {**(named.automl or {}), "seed": 4}})
    changed = spec.model_copy(update={"graph": spec.graph.model_copy(update={"steps": {"learn": other}})})
    third = service.submit(ctx, changed)
    wait_for(ctx, lambda: by_path(ctx, third)["learn"].state == "Running")
    why = service.step(ctx, third.run.id, "learn").reuse
    assert why is not None
    assert [one.part for one in why.changes] == ["automl"]
    service.cancel(ctx, third.run.id)
    assert ended(ctx, third).run.state == "Canceled"
    job = experiments.get(ctx, str(by_path(ctx, third)["learn"].run_id))
    assert job.state == "Canceled"


WRONG = {
    "no table": ("training_data: ${{parent.jobs.prep.outputs.table}} => ", "training_data"),
    "no such output": ("prep.outputs.table => prep.outputs.none", "inputs.training_data"),
    "metric": ("primary_metric: r2_score => primary_metric: speed", "primary_metric"),
    "learners": ("allowed_training_algorithms: [ElasticNet] => blocked_training_algorithms: [x], foo: 1", None),
    "too short": (
        'limits: {max_trials: "${{parent.inputs.trials}}", max_concurrent_trials: 2} => limits: {timeout_minutes: 0.01}',
        "limits.timeout_minutes",
    ),
    "bound task": ("task: regression => task: '${{parent.inputs.target}}'", "task"),
    "another output": ("best_model: {type: mlflow_model, path => other: {type: mlflow_model, path", "outputs.other"),
    "component": ("log_verbosity: info => component: ./x.yml", "component"),
}


@pytest.mark.parametrize("case", list(WRONG))
def test_what_is_wrong_is_said_with_step_and_field(studio: Studio, written: Callable[..., Path], case: str) -> None:
    change, field = WRONG[case]
    found = studio.pipelines.check_file(written(it=change))
    if field is None:
        assert not found.problems
        return
    assert ("learn", field) in {(one.step, one.field) for one in found.problems}, found.problems
    with pytest.raises(StudioloError):
        studio.pipelines.submit(written(it=change))


def test_a_registered_table_without_the_target_is_refused_at_once(ctx: Context, studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(rows())
    studio.datasets.create(tmp_path / "t.csv", "table")
    for given in ("azureml:table:1", "${{parent.inputs.t}}"):
        (tmp_path / "p.yml").write_text(
            "type: pipeline\ninputs: {t: {type: mltable, path: 'azureml:table@latest'}}\njobs:\n  learn:\n    type: automl\n"
            f"    target_column_name: no\n    training_data: '{given}'\n    limits: {{max_trials: 1}}\n"
        )
        [problem] = studio.pipelines.check_file(tmp_path / "p.yml").problems
        assert (problem.step, problem.field) == ("learn", "target_column_name")
        assert "size" in problem.hint


@pytest.mark.parametrize("field", ["dataset", "split", "model", "speed"])
def test_settings_that_a_step_has_not_are_refused(
    ctx: Context, studio: Studio, written: Callable[..., Path], field: str
) -> None:
    spec = PipelineSpec.model_validate(studio.pipelines.spec_of(written()))
    learn = spec.graph.steps["learn"]
    spec.graph.steps["learn"] = learn.model_copy(update={"automl": {**(learn.automl or {}), field: "x"}})
    [problem] = service.check(ctx, spec).problems
    assert (problem.step, problem.field) == ("learn", field)


def test_who_may_not_train_starts_no_such_step(ctx: Context, studio: Studio, written: Callable[..., Path]) -> None:
    spec = PipelineSpec.model_validate(studio.pipelines.spec_of(written()))
    mine = replace(ctx, actor=replace(ctx.actor, scopes=frozenset({"pipelines.*", "*.read"})))
    with pytest.raises(Denied, match=r"automl\.write"):
        service.submit(mine, spec)


@pipelines.step
def made(count: int, table: pipelines.OutFile) -> None:
    table.write_text("a,b\n" + "1,2\n" * count)


def test_it_is_written_in_python_too(ctx: Context, studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text(rows())

    @pipelines.pipeline
    def learning(target: str, trials: int) -> dict[str, Any]:
        first = made(20)
        learn = pipelines.automl(
            first["table"], target, test_data=tmp_path / "c.csv", max_trials=trials, drop=["a"], reuse=False
        )
        pipelines.automl("titanic", "Survived", name="other")
        return {"model": learn["best_model"]}

    found = learning("b", 2).spec()["graph"]["steps"]
    assert found["automl"]["automl"] == {"task": "auto", "time_limit": None, "drop": ["a"]}
    assert found["automl"]["inputs"]["training_data"] == "${{parent.jobs.made.outputs.table}}"
    assert found["automl"]["inputs"]["max_trials"] == "${{parent.inputs.trials}}"
    assert found["other"]["inputs"] == {"training_data": {"type": "mltable", "path": "azureml:titanic"}}
    assert found["other"]["automl"]["time_limit"] == 3600.0
    datasets.create_sample(ctx, "titanic")
    run = studio.pipelines.submit(learning("b", 2))
    assert studio.pipelines.cancel(run.run.id).run.desired == "canceled"
    with pytest.raises(StudioloError, match="no table"):
        pipelines.pipeline(lambda: pipelines.automl(3, "x"))()  # type: ignore[arg-type]


def test_controllers_that_are_killed_neither_lose_nor_double_it(
    ctx: Context, studio: Studio, written: Callable[..., Path]
) -> None:
    run = studio.pipelines.submit(written())
    assert killed_to_the_end(ctx, run) >= 4
    assert set(states(ctx, run).values()) == {"Completed"}, errors(ctx, run)
    assert [one.run.state for one in automl.list_runs(ctx).items] == ["Completed"]
