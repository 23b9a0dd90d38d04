"""Experiments, runs and what is recorded on them."""

import math
import time
from contextlib import suppress

import mlflow
from base import VERSION, call, client, everything, experiment, refused
from mlflow.entities import Metric, Param, RunTag, ViewType


@call
def set_experiment_makes_it_once() -> None:
    first = experiment("made once")
    assert experiment("made once") == first
    assert client.get_experiment_by_name("nobody made this") is None


@call
def experiments_page_and_filter() -> None:
    made = [client.create_experiment(f"page {n} {VERSION}", tags={"n": str(n)}) for n in range(7)]
    found = everything(client.search_experiments, max_results=3, filter_string=f"name LIKE 'page % {VERSION}'")
    assert [e.experiment_id for e in found] == made[::-1]
    found = mlflow.search_experiments(filter_string=f"tags.n = '3' AND name LIKE '%{VERSION}'")
    assert [e.experiment_id for e in found] == [made[3]]


@call
def experiment_tags_come_and_go() -> None:
    number = experiment("tags of experiments")
    client.set_experiment_tag(number, "team", "blue")
    assert client.get_experiment(number).tags["team"] == "blue"
    if hasattr(client, "delete_experiment_tag"):
        client.delete_experiment_tag(number, "team")
        assert "team" not in client.get_experiment(number).tags


@call
def experiments_are_renamed_deleted_restored() -> None:
    number = client.create_experiment(f"old {VERSION}")
    client.rename_experiment(number, f"new {VERSION}")
    client.delete_experiment(number)
    assert client.get_experiment(number).lifecycle_stage == "deleted"
    assert number in [e.experiment_id for e in client.search_experiments(view_type=ViewType.DELETED_ONLY)]
    refused("INVALID_PARAMETER_VALUE", lambda: client.create_run(number))
    client.restore_experiment(number)
    assert client.get_experiment(number).name == f"new {VERSION}"


@call
def a_run_keeps_params_metrics_tags() -> None:
    experiment("basic")
    with mlflow.start_run(run_name="one", tags={"a": "b"}, description="words") as run:
        mlflow.log_param("depth", 3)
        mlflow.log_params({f"p{n}": n for n in range(150)})
        mlflow.log_metric("loss", 0.5, step=1)
        mlflow.log_metrics({"x": 1.0, "nan": math.nan, "inf": math.inf}, step=2)
        mlflow.set_tag("note", "größer")
        mlflow.set_tags({"c": 1, "d": "e"})
    found = client.get_run(run.info.run_id)
    assert (found.info.status, found.info.run_name) == ("FINISHED", "one")
    assert len(found.data.params) == 151
    assert found.data.metrics["loss"] == 0.5
    assert math.isnan(found.data.metrics["nan"])
    assert found.data.tags["note"] == "größer"
    assert found.data.tags["mlflow.note.content"] == "words"
    client.delete_tag(run.info.run_id, "note")
    assert "note" not in client.get_run(run.info.run_id).data.tags


@call
def a_failed_run_says_so() -> None:
    experiment("failed")
    with suppress(ValueError), mlflow.start_run() as run:
        int("x")
    assert client.get_run(run.info.run_id).info.status == "FAILED"
    client.set_terminated(run.info.run_id, "KILLED")
    client.update_run(run.info.run_id, name="renamed")
    found = client.get_run(run.info.run_id).info
    assert (found.status, found.run_name) == ("KILLED", "renamed")


@call
def a_run_is_taken_up_again() -> None:
    experiment("again")
    with mlflow.start_run() as run:
        mlflow.log_metric("m", 1)
    with mlflow.start_run(run_id=run.info.run_id):
        assert client.get_run(run.info.run_id).info.status == "RUNNING"
        mlflow.log_metric("m", 2, step=1)
    assert client.get_run(run.info.run_id).data.metrics["m"] == 2


@call
def a_large_batch_is_kept_whole() -> None:
    run_id = client.create_run(experiment("batch")).info.run_id
    points = [Metric("m", float(n), n, n) for n in range(2500)]
    for start in range(0, 2500, 1000):
        client.log_batch(run_id, points[start : start + 1000], [Param("p", "1")], [RunTag("t", "1")])
    assert len(client.get_metric_history(run_id, "m")) == 2500


@call
def asynchronous_logging_loses_nothing() -> None:
    experiment("async")
    with mlflow.start_run() as run:
        for n in range(20):
            mlflow.log_metric("m", n, step=n, synchronous=False)
        mlflow.log_param("p", 1, synchronous=False)
        mlflow.flush_async_logging()
    assert sorted(m.value for m in client.get_metric_history(run.info.run_id, "m")) == list(range(20))
    assert client.get_run(run.info.run_id).data.params["p"] == "1"


@call
def long_values_are_cut() -> None:
    experiment("long")
    with mlflow.start_run() as run:
        mlflow.log_param("p", "x" * 7000)
        mlflow.set_tag("t", "y" * 9000)
    data = client.get_run(run.info.run_id).data
    assert (len(data.params["p"]), len(data.tags["t"])) == (6000, 8000)


@call
def a_param_never_changes() -> None:
    experiment("params")
    with mlflow.start_run():
        mlflow.log_param("depth", 3)
        mlflow.log_param("depth", 3)
        said = refused("INVALID_PARAMETER_VALUE", lambda: mlflow.log_param("depth", 4))
    assert "Changing param values is not allowed" in said


@call
def nested_runs_know_their_parent() -> None:
    number = experiment("nested")
    with mlflow.start_run() as parent:
        for n in range(3):
            with mlflow.start_run(nested=True, run_name=f"c{n}"):
                mlflow.log_metric("m", n)
    wanted = f"tags.mlflow.parentRunId = '{parent.info.run_id}'"
    found = client.search_runs([number], wanted, order_by=["metrics.m DESC"])
    assert [run.info.run_name for run in found] == ["c2", "c1", "c0"]
    assert client.get_parent_run(found[0].info.run_id).info.run_id == parent.info.run_id


@call
def runs_page_filter_and_order() -> None:
    number = experiment("runs")
    for n in range(12):
        run_id = client.create_run(number, run_name=f"r{n}").info.run_id
        client.log_metric(run_id, "m", math.nan if n == 5 else n % 4)
        client.log_param(run_id, "p", n % 3)
        client.set_terminated(run_id)
    found = everything(client.search_runs, experiment_ids=[number], max_results=5, order_by=["metrics.m DESC"])
    seen = [run.info.run_name for run in found]
    assert len(set(seen)) == 12
    assert seen[-1] == "r5"
    frame = mlflow.search_runs([number], "params.p = '1' AND metrics.m >= 2 AND attributes.status = 'FINISHED'")
    assert len(frame) == 2, frame
    assert "at character" in refused("INVALID_PARAMETER_VALUE", lambda: client.search_runs([number], "metrics.m >"))
    other = client.search_runs([number], max_results=2, order_by=["params.p"]).token
    options = {"order_by": ["metrics.m"], "page_token": other}
    refused("INVALID_PARAMETER_VALUE", lambda: client.search_runs([number], **options))


@call
def runs_are_deleted_and_restored() -> None:
    number = experiment("bin")
    run_id = client.create_run(number).info.run_id
    client.delete_run(run_id)
    assert client.search_runs([number]) == []
    assert len(client.search_runs([number], run_view_type=ViewType.ALL)) == 1
    refused("INVALID_PARAMETER_VALUE", lambda: client.log_metric(run_id, "m", 1))
    client.restore_run(run_id)
    client.log_metric(run_id, "m", 1)
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_run("f" * 32))


@call
def a_long_history_comes_whole() -> None:
    run_id = client.create_run(experiment("history")).info.run_id
    for start in range(0, 26_000, 1000):  # more than one page
        client.log_batch(run_id, [Metric("m", n / 7, n, n) for n in range(start, start + 1000)])
    assert [m.step for m in client.get_metric_history(run_id, "m")] == list(range(26_000))
    assert client.get_metric_history(run_id, "nothing") == []


@call
def system_metrics_are_sampled() -> None:
    import psutil  # noqa: F401 - the client needs it

    experiment("system")
    mlflow.set_system_metrics_sampling_interval(0.2)
    mlflow.set_system_metrics_samples_before_logging(1)
    with mlflow.start_run(log_system_metrics=True) as run:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and not client.get_run(run.info.run_id).data.metrics:
            time.sleep(0.1)
    assert any(name.startswith("system/") for name in client.get_run(run.info.run_id).data.metrics)
