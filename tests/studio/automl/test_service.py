"""Runs through the studio: what is refused, what is kept, what the job leaves."""

import time
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from starlette.testclient import TestClient
from typer.testing import Result

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.sdk.studio import Studio
from studiolo.studio.automl import reconcile, service
from studiolo.studio.automl.schemas import AutoMLRun, AutoMLSpec
from studiolo.studio.datasets import service as datasets
from studiolo.studio.datasets.rows import service as rows
from studiolo.studio.datasets.rows.schemas import SplitCreate
from studiolo.studio.experiments import lineage
from studiolo.studio.experiments import reconcile as experiments_reconcile
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.schemas import TERMINAL
from studiolo.studio.models import service as models


def asked(**fields: Any) -> AutoMLSpec:
    return AutoMLSpec(
        **{"dataset": "titanic", "target": "Survived", "time_limit": None, "max_trials": 2, "cores": 1, **fields}
    )


def until_ended(ctx: Context, run_id: str, seconds: float = 120) -> AutoMLRun:
    """Tick as the controller does until the run has ended and its result is taken."""
    deadline = time.monotonic() + seconds
    while True:
        experiments_reconcile.tick(ctx)
        reconcile.tick(ctx)
        found = service.get(ctx, run_id)
        with ctx.db.read() as tx:
            waiting = experiments.unconsumed(tx, ctx, service.KIND)
        if found.run.state in TERMINAL and not waiting:
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(f"{found.run.state} after {seconds} s")
        time.sleep(0.02)


@pytest.fixture
def titanic(ctx: Context) -> Context:
    datasets.create_sample(ctx, "titanic")
    return ctx


def test_a_run_learns_from_one_part_of_a_split_alone(titanic: Context) -> None:
    ctx = titanic
    rows.create_split(ctx, "titanic", 1, SplitCreate(shares={"train": 0.6, "test": 0.4}, seed=3))
    pieces = b"".join(rows.arrow(ctx, "titanic", 1, split="train"))
    wanted = pa.ipc.open_stream(pieces).read_all().num_rows
    made = service.submit(ctx, asked(dataset="titanic@train", max_trials=1))
    assert (made.dataset, made.spec.dataset, made.spec.split) == ("titanic:1@train", "titanic", "train")
    rows.remove_split(ctx, "titanic", 1, "default")  # what was recorded went along
    found = until_ended(ctx, made.run.id)
    assert found.summary is not None, found.run.error
    assert found.summary.rows == wanted < 891
    assert found.model == "titanic:1"
    model = models.get_version(ctx, "titanic", 1)
    assert model.tags["studiolo.dataset"] == "titanic:1@train"
    with ctx.db.read() as tx:
        edges = [(edge.source, edge.target) for edge in lineage.around(tx, ctx, "dataset:titanic:1")]
    assert ("dataset:titanic:1@train", f"run:{made.run.id}") in edges
    assert ("dataset:titanic:1", "dataset:titanic:1@train") in edges, "a part belongs to the whole"
    assert ("dataset:titanic:1", f"run:{made.run.id}") not in edges
    for wrong, field in (({"split": "train"}, "split"), ({"dataset": "titanic@a", "split": "b"}, "split")):
        with pytest.raises(StudioloError) as told:
            service.submit(ctx, asked(**wrong))
        assert told.value.field == field


def test_a_run_ends_with_a_registered_model_and_its_lineage(titanic: Context) -> None:
    ctx = titanic
    found = until_ended(ctx, service.submit(ctx, asked()).run.id)
    assert found.run.state == "Completed", found.run.error
    assert found.model == "titanic:1"
    assert found.dataset == "titanic:1"
    assert found.summary is not None
    assert found.summary.score > 0.8
    assert found.summary.export.onnx
    version = models.get_version(ctx, "titanic", 1)
    assert version.run_id == found.run.id
    assert [column.name for column in version.signature.inputs][:2] == ["Pclass", "Name"]  # type: ignore[union-attr]
    with ctx.db.read() as tx:
        edges = {(edge.source, edge.target) for edge in lineage.around(tx, ctx, f"run:{found.run.id}")}
    assert edges == {("dataset:titanic:1", f"run:{found.run.id}"), (f"run:{found.run.id}", "model:titanic:1")}

    board = service.leaderboard(ctx, found.run.id)
    children = {child.id: child for child in experiments.children(ctx, found.run.id)}
    assert {row.id for row in board.rows} == set(children)
    assert {children[row.id].state for row in board.rows if row.state == "completed"} == {"Completed"}
    assert service.charts(ctx, found.run.id, board.rows[0].id)["roc"]  # type: ignore[index]
    assert service.importance(ctx, found.run.id).permutation[0].column  # type: ignore[union-attr]
    assert service.columns(ctx, found.run.id).columns  # type: ignore[union-attr]
    assert service.guardrails(ctx, found.run.id)


def test_the_result_is_taken_once(titanic: Context) -> None:
    found = until_ended(titanic, service.submit(titanic, asked(max_trials=1)).run.id)
    assert reconcile.tick(titanic) is False
    with titanic.db.begin() as tx:
        service.register(tx, titanic, found.run, experiments.spec(titanic, found.run.id))  # type: ignore[arg-type]
    assert len(models.versions(titanic, "titanic")) == 1


def test_a_run_that_cannot_learn_fails_with_the_reason(titanic: Context) -> None:
    found = until_ended(titanic, service.submit(titanic, asked(target="Name", task="classification")).run.id)
    assert found.run.state == "Failed"
    assert "Target 'Name' has" in (found.run.error or "")
    assert found.model is None


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"target": "survived"}, "automl.target_missing", "target"),
        ({"metric": "beauty"}, "automl.unknown_metric", "metric"),
        ({"metric": "rmse", "task": "classification"}, "automl.unknown_metric", "metric"),
        ({"time_limit": 0.0}, "automl.budget_too_small", "time_limit"),
        ({"time_limit": None, "max_trials": None}, "automl.budget_too_small", "time_limit"),
        ({"drop": ["Nmae"]}, "automl.unknown_choice", "drop"),
        ({"blocked": ["torch"]}, "automl.unknown_choice", "blocked"),
        ({"dataset": "titanc"}, "datasets.not_found", "dataset"),
        ({"dataset": "titanic:9"}, "datasets.not_found", "dataset"),
        ({"cores": 4096}, "compute.too_big", "resources.cores"),
        ({"model": "a/b"}, "models.bad_name", "name"),
    ],
)
def test_what_cannot_run_is_refused_and_nothing_is_made(
    titanic: Context, fields: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(StudioloError) as caught:
        service.submit(titanic, asked(**fields))
    assert (caught.value.code, caught.value.field) == (code, field)
    assert service.list_runs(titanic).items == []


@pytest.mark.parametrize(
    "body", [{"target": "Survived"}, {"dataset": "titanic", "target": "Survived", "max_trials": 0}, {"x": 1}]
)
def test_a_malformed_request_is_a_problem(titanic: Context, client: TestClient, body: dict[str, Any]) -> None:
    answer = client.post("/w/default/api/automl/runs", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_another_kind_of_run_is_no_automl_run(titanic: Context) -> None:
    other = titanic
    run = experiments.list_runs(other, experiments.RunFilter(kinds=["profile"])).items[0]
    with pytest.raises(StudioloError, match="not an AutoML run"):
        service.get(other, run.id)


def test_options_name_metrics_and_learners(studio: Studio) -> None:
    found = studio.automl.options()
    assert [task.default_metric for task in found.tasks] == ["AUC_weighted", "root_mean_squared_error"]
    learners = {learner.name: learner.missing for learner in found.learners}
    assert learners["lightgbm"] == ""
    assert {"catboost", "xgboost", "linear", "extra_trees", "hist_gradient_boosting", "random_forest"} <= set(learners)


def test_the_command_line_submits_and_shows(titanic: Context, cli: Callable[..., Result]) -> None:
    made = cli("automl", "submit", "--dataset", "titanic", "--target", "Survived", "--max-trials", "1", "--cores", "1")
    assert made.exit_code == 0, made.output
    listed = cli("automl", "list")
    assert "titanic:1" in listed.output
    run = service.list_runs(titanic).items[0]
    assert run.spec.time_limit is None
    until_ended(titanic, run.run.id)
    assert "ensemble" in cli("automl", "leaderboard", run.run.id).output
    assert "titanic:1" in cli("automl", "show", run.run.id).output
