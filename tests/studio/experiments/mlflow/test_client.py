"""The unmodified MLflow client against a real server."""

import json
import math
from pathlib import Path

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException, RestException

from tests.studio.live import Live

pytestmark = pytest.mark.slow


def test_a_run_keeps_what_is_logged(tracked: Live) -> None:
    mlflow.set_experiment("first")
    with mlflow.start_run(run_name="try 1", tags={"team": "blue"}) as run:
        mlflow.log_param("depth", 3)
        mlflow.log_params({f"p{n}": n for n in range(150)})
        for step in range(5):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_metrics({"a": 1.0, "nan": math.nan, "inf": math.inf})
        mlflow.set_tag("note", "größer")
    found = mlflow.get_run(run.info.run_id)
    assert found.info.status == "FINISHED"
    assert found.info.run_name == "try 1"
    assert found.info.end_time >= found.info.start_time
    assert found.data.params["depth"] == "3"
    assert len(found.data.params) == 151
    assert found.data.metrics["loss"] == pytest.approx(0.2)
    assert math.isnan(found.data.metrics["nan"])
    assert found.data.metrics["inf"] == math.inf
    assert found.data.tags["note"] == "größer"
    assert found.data.tags["team"] == "blue"
    history = MlflowClient().get_metric_history(run.info.run_id, "loss")
    assert [(m.step, m.value) for m in history] == [(n, pytest.approx(1 / (n + 1))) for n in range(5)]


def test_a_large_batch_is_split_and_kept_whole(tracked: Live) -> None:
    mlflow.set_experiment("batches")
    with mlflow.start_run() as run:
        points = [Metric("m", float(n), n, n) for n in range(2500)]
        MlflowClient().log_batch(run.info.run_id, points, [Param("x", "1")], [RunTag("t", "v")])
        for n in range(20):
            mlflow.log_metric("later", n, step=n, synchronous=False)
        mlflow.flush_async_logging()
    client = MlflowClient()
    assert len(client.get_metric_history(run.info.run_id, "m")) == 2500
    assert sorted(m.value for m in client.get_metric_history(run.info.run_id, "later")) == list(range(20))


def test_artifacts_make_the_round_trip(tracked: Live, tmp_path: Path) -> None:
    mlflow.set_experiment("artifacts")
    folder = tmp_path / "out"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "x y ü.bin").write_bytes(bytes(range(256)) * 5000)
    (folder / "empty").write_bytes(b"")
    with mlflow.start_run() as run:
        mlflow.log_text("hello", "notes/a.txt")
        mlflow.log_dict({"k": [1, 2]}, "d.json")
        mlflow.log_artifacts(str(folder), "all")
    run_id = run.info.run_id
    client = MlflowClient()
    assert [f.path for f in client.list_artifacts(run_id)] == ["all", "d.json", "notes"]
    assert [(f.path, f.file_size) for f in client.list_artifacts(run_id, "notes")] == [("notes/a.txt", 5)]
    assert mlflow.artifacts.load_text(f"runs:/{run_id}/notes/a.txt") == "hello"
    got = Path(mlflow.artifacts.download_artifacts(f"runs:/{run_id}/all", dst_path=str(tmp_path / "got")))
    assert (got / "deep" / "x y ü.bin").read_bytes() == (folder / "deep" / "x y ü.bin").read_bytes()
    assert (got / "empty").read_bytes() == b""
    assert json.loads(mlflow.artifacts.load_text(f"runs:/{run_id}/d.json")) == {"k": [1, 2]}


def test_nested_runs_know_their_parent(tracked: Live) -> None:
    experiment = mlflow.set_experiment("nested")
    with mlflow.start_run(run_name="parent") as parent:
        for n in range(3):
            with mlflow.start_run(run_name=f"child {n}", nested=True):
                mlflow.log_metric("score", n)
    found = MlflowClient().search_runs(
        [experiment.experiment_id], f"tags.mlflow.parentRunId = '{parent.info.run_id}'", order_by=["metrics.score DESC"]
    )
    assert [run.info.run_name for run in found] == ["child 2", "child 1", "child 0"]


def test_a_search_pages_through_everything_once(tracked: Live) -> None:
    experiment = mlflow.set_experiment("pages")
    client = MlflowClient()
    for n in range(25):
        run = client.create_run(experiment.experiment_id, run_name=f"r{n}")
        client.log_metric(run.info.run_id, "m", math.nan if n % 5 == 0 else n % 4)
        client.log_param(run.info.run_id, "p", n % 3)
    seen: list[str] = []
    token = None
    while True:
        page = client.search_runs(
            [experiment.experiment_id], max_results=4, order_by=["metrics.m ASC"], page_token=token
        )
        seen += [run.info.run_name for run in page]
        token = page.token
        if not token:
            break
    assert len(seen) == len(set(seen)) == 25
    values = [0 if int(name[1:]) % 5 == 0 else 1 for name in seen]
    assert values == sorted(values, reverse=True)  # numbers first, then NaN
    found = mlflow.search_runs([experiment.experiment_id], "params.p = '1' AND metrics.m >= 2", output_format="list")
    assert sorted(int(run.info.run_name[1:]) for run in found) == [7, 19, 22]


def test_an_experiment_is_renamed_deleted_and_restored(tracked: Live) -> None:
    client = MlflowClient()
    number = client.create_experiment("old name", tags={"k": "v"})
    client.rename_experiment(number, "new name")
    client.set_experiment_tag(number, "k2", "v2")
    assert client.get_experiment(number).name == "new name"
    assert client.get_experiment(number).tags == {"k": "v", "k2": "v2"}
    client.delete_experiment(number)
    assert client.get_experiment(number).lifecycle_stage == "deleted"
    with pytest.raises(MlflowException, match="deleted"):
        mlflow.set_experiment("new name")
    with pytest.raises(RestException, match="must be in the 'active' state"):
        client.create_run(number)
    client.restore_experiment(number)
    assert [e.name for e in client.search_experiments(filter_string="name LIKE 'new%'")] == ["new name"]


def test_a_deleted_run_takes_no_more(tracked: Live) -> None:
    mlflow.set_experiment("bin")
    client = MlflowClient()
    with mlflow.start_run() as run:
        pass
    client.delete_run(run.info.run_id)
    with pytest.raises(RestException, match="'active' state") as caught:
        client.log_metric(run.info.run_id, "m", 1)
    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"
    client.restore_run(run.info.run_id)
    client.log_metric(run.info.run_id, "m", 1)


def test_a_param_cannot_change(tracked: Live) -> None:
    mlflow.set_experiment("params")
    with mlflow.start_run():
        mlflow.log_param("depth", 3)
        mlflow.log_param("depth", 3)
        with pytest.raises(MlflowException, match="Changing param values is not allowed"):
            mlflow.log_param("depth", 4)


def test_an_input_dataset_is_described(tracked: Live) -> None:
    import pandas as pd

    experiment = mlflow.set_experiment("inputs")
    dataset = mlflow.data.from_pandas(pd.DataFrame({"a": [1, 2], "y": [0, 1]}), name="small", targets="y")
    with mlflow.start_run() as run:
        mlflow.log_input(dataset, context="training")
    found = mlflow.get_run(run.info.run_id)
    assert found.inputs.dataset_inputs[0].dataset.name == "small"
    assert found.inputs.dataset_inputs[0].tags[0].value == "training"
    query = "dataset.name = 'small' AND dataset.context = 'training'"
    assert len(mlflow.search_runs([experiment.experiment_id], query, output_format="list")) == 1


def test_without_set_experiment_the_default_one_is_used(tracked: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    client = MlflowClient()
    run = client.create_run("0")
    assert client.get_experiment(run.info.experiment_id).name == "Default"
    assert client.get_experiment("0").name == "Default"


def test_without_the_prefix_the_default_workspace_answers(tracked: Live) -> None:
    mlflow.set_experiment("prefix")
    client = MlflowClient(tracking_uri=tracked.url)
    assert client.get_experiment_by_name("prefix").name == "prefix"
    with mlflow.start_run() as run:
        mlflow.log_text("x", "a.txt")
    assert [f.path for f in client.list_artifacts(run.info.run_id)] == ["a.txt"]


def test_a_wrong_token_is_refused_in_mlflow_s_words(tracked: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "studiolo-wrong")
    with pytest.raises(MlflowException, match="token is not known"):
        MlflowClient().search_experiments()


def test_an_unknown_workspace_is_named(tracked: Live) -> None:
    with pytest.raises(RestException, match="no workspace 'elsewhere'"):
        MlflowClient(tracking_uri=f"{tracked.url}/w/elsewhere").search_experiments()
