"""AutoML as a step of a pipeline: it learns from what other steps made, and its model is an output that others read."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studiolo.kernel.context import Context
from studiolo.sdk.studio import Studio
from studiolo.studio.automl import reconcile as automl_tick
from studiolo.studio.automl import service as automl
from studiolo.studio.experiments import service as experiments
from studiolo.studio.pipelines import service
from studiolo.studio.pipelines.schemas import PipelineRun
from tests.studio.pipelines.graphs import by_path, ended, text_of

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
