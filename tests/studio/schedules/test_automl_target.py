"""AutoML on a schedule: the newest version at each time, the version that came, and files of Azure ML's AutoML jobs."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from studiolo.kernel.context import Context
from studiolo.kernel.errors import Denied, StudioloError
from studiolo.sdk.studio import Studio
from studiolo.studio.automl import service as automl
from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.job_files import automl as files
from studiolo.studio.experiments.job_files import document
from studiolo.studio.schedules import service
from studiolo.studio.schedules.schemas import RunAsked, ScheduleCreate

FILE = """
$schema: https://azuremlsdk2.blob.core.windows.net/preview/0.0.1/autoMLJob.schema.json
type: automl
compute: azureml:cpu-cluster
task: classification
target_column_name: y
primary_metric: accuracy
training_data: {type: mltable, path: "azureml:bank@latest"}
limits: {timeout_minutes: 3, max_trials: 2, max_concurrent_trials: 4}
training: {allowed_training_algorithms: [LogisticRegression, light_gbm, prophet], enable_vote_ensemble: true}
"""


def table(studio: Studio, folder: Path, rows: int) -> None:
    file = folder / f"bank{rows}.csv"
    file.write_text("a,y\n" + "".join(f"{number},{'yes' if number % 2 else 'no'}\n" for number in range(rows)))
    studio.datasets.create(file, "bank")


def schedule(folder: Path, text: str) -> Path:
    (folder / "automl.yml").write_text(FILE)
    file = folder / "schedule.yml"
    file.write_text(text)
    return file


def test_a_file_of_azure_says_what_is_asked_and_what_is_left_out() -> None:
    raw = files_read(FILE)
    asked, notes = files.of(raw, Path("/x/automl.yml"), {})
    assert (asked["dataset"], asked["target"], asked["task"], asked["metric"]) == (
        "bank",
        "y",
        "classification",
        "accuracy",
    )
    assert (asked["time_limit"], asked["max_trials"], asked["allowed"]) == (180.0, 2, ["linear", "lightgbm"])
    said = "; ".join(notes)
    for word in ("prophet", "max_concurrent_trials", "enable_vote_ensemble", "cpu-cluster"):
        assert word in said


@pytest.mark.parametrize(
    ("key", "value", "field"),
    [
        ("task", "forecasting", "task"),
        ("target_column_name", None, "target_column_name"),
        ("training_data", {"path": "./train", "type": "mltable"}, "training_data.path"),
        ("training_data", None, "training_data"),
        ("limits", {"max_trials": "many"}, "max_trials"),
        ("training", {"allowed_training_algorithms": ["prophet"]}, "training.allowed_training_algorithms"),
    ],
)
def test_what_cannot_be_names_its_key(key: str, value: Any, field: str) -> None:
    with pytest.raises(BadJob) as raised:
        files.of({**files_read(FILE), key: value}, Path("/x/automl.yml"), {})
    assert raised.value.field == field


def test_each_time_learns_from_the_newest_version(ctx: Context, studio: Studio, tmp_path: Path) -> None:
    table(studio, tmp_path, 40)
    made = studio.apply(
        schedule(tmp_path, "name: nightly\ntrigger: {type: cron, expression: '30 2 * * *'}\ncreate_job: ./automl.yml\n")
    )
    found = service.get(ctx, "nightly")
    assert (made.kind, found.what, found.target_name) == ("schedule", "automl", "y of bank")
    runs = []
    for rows in (0, 50):
        if rows:
            table(studio, tmp_path, rows)
        firing = service.run(ctx, "nightly", RunAsked())
        runs.append(automl.get(ctx, str(firing.run_id)))
    assert [one.dataset for one in runs] == ["bank:1", "bank:2"]
    assert runs[0].spec.allowed == ["linear", "lightgbm"]
    assert runs[0].run.name.startswith("nightly-")


def test_a_version_that_comes_is_what_it_learns_from(ctx: Context, studio: Studio, tmp_path: Path) -> None:
    table(studio, tmp_path, 40)
    text = "name: come\ntrigger: {type: dataset, dataset: bank, data_path_parameter_name: training_data}\ncreate_job: ./automl.yml\n"
    studio.apply(schedule(tmp_path, text))
    table(studio, tmp_path, 50)
    firing = service.run(ctx, "come", RunAsked(version=1))
    assert automl.get(ctx, str(firing.run_id)).dataset == "bank:1"


def test_the_like_of_a_run_can_be_scheduled(ctx: Context, studio: Studio, tmp_path: Path) -> None:
    table(studio, tmp_path, 40)
    run = studio.automl.submit("bank", "y", max_trials=1).run
    target = studio.schedules.target(run.id, {"max_trials": 3})
    assert (target["kind"], target["spec"]["max_trials"]) == ("automl", 3)


def test_what_would_not_run_is_refused_when_it_is_made(ctx: Context, studio: Studio, tmp_path: Path) -> None:
    table(studio, tmp_path, 40)
    for spec, field in (
        ({"target": "z"}, ""),
        ({"dataset": "none", "target": "y"}, ""),
        ({"speed": 1}, "target.spec.speed"),
    ):
        body = {"name": "x", "trigger": {"kind": "cron", "expression": "0 1 * * *"}}
        body["target"] = {"kind": "automl", "spec": {"dataset": "bank", "target": "y", **spec}}  # type: ignore[assignment]
        with pytest.raises(StudioloError) as raised:
            service.create(ctx, ScheduleCreate.model_validate(body))
        assert not field or raised.value.field == field


def test_who_may_not_run_it_makes_no_schedule(ctx: Context, studio: Studio, tmp_path: Path) -> None:
    table(studio, tmp_path, 40)
    reader = replace(ctx, actor=replace(ctx.actor, scopes=frozenset({"schedules.write", "datasets.read"})))
    body = {"name": "x", "trigger": {"kind": "cron", "expression": "0 1 * * *"}}
    target = {"kind": "automl", "spec": {"dataset": "bank", "target": "y"}}
    with pytest.raises(Denied, match=r"automl\.write"):
        service.create(reader, ScheduleCreate.model_validate({**body, "target": target}))


def files_read(text: str) -> dict[str, Any]:
    return document.parse(text, "automl.yml")
