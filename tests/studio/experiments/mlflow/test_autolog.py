"""Autologging and models of the unmodified MLflow client."""

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient
from mlflow.models import infer_signature

from tests.studio.live import Live

pytestmark = pytest.mark.slow
X = np.random.default_rng(0).normal(size=(200, 4))
Y = (X[:, 0] + X[:, 1] > 0).astype(int)


def test_sklearn_autolog_logs_params_metrics_and_the_model(tracked: Live) -> None:
    from sklearn.linear_model import LogisticRegression

    mlflow.set_experiment("autolog sklearn")
    mlflow.sklearn.autolog(log_post_training_metrics=False)
    try:
        with mlflow.start_run() as run:
            LogisticRegression(C=0.5).fit(X, Y)
    finally:
        mlflow.sklearn.autolog(disable=True)
    found = mlflow.get_run(run.info.run_id)
    assert found.data.params["C"] == "0.5"
    assert found.data.metrics["training_accuracy_score"] > 0.9
    model_id = found.outputs.model_outputs[0].model_id
    assert MlflowClient().get_logged_model(model_id).status == "READY"
    assert mlflow.pyfunc.load_model(f"models:/{model_id}").predict(X[:3]).shape == (3,)
    assert mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model").predict(X[:3]).shape == (3,)


def test_lightgbm_autolog_logs_each_round(tracked: Live) -> None:
    import lightgbm as lgb

    mlflow.set_experiment("autolog lightgbm")
    mlflow.lightgbm.autolog()
    try:
        with mlflow.start_run() as run:
            data = lgb.Dataset(X, Y)
            params = {"objective": "binary", "metric": "binary_logloss", "verbose": -1, "num_threads": 1}
            lgb.train(params, data, num_boost_round=20, valid_sets=[data], valid_names=["train"])
    finally:
        mlflow.lightgbm.autolog(disable=True)
    client = MlflowClient()
    found = client.get_run(run.info.run_id)
    assert found.data.params["objective"] == "binary"
    history = client.get_metric_history(run.info.run_id, "train-binary_logloss")
    assert len(history) == 20
    assert found.outputs.model_outputs


def test_logged_models_are_found_by_metric_and_tag(tracked: Live) -> None:
    from sklearn.linear_model import LinearRegression

    experiment = mlflow.set_experiment("logged models")
    for n in range(3):
        with mlflow.start_run():
            model = mlflow.sklearn.log_model(
                LinearRegression().fit(X, Y),
                name=f"m{n}",
                signature=infer_signature(X, Y),
                serialization_format="cloudpickle",
                tags={"n": str(n)},
            )
            mlflow.log_metric("rmse", n / 10, model_id=model.model_id)
    client = MlflowClient()
    ids = [experiment.experiment_id]
    found = client.search_logged_models(ids, order_by=[{"field_name": "metrics.rmse", "ascending": False}])
    assert [model.name for model in found] == ["m2", "m1", "m0"]
    assert [m.name for m in client.search_logged_models(ids, "metrics.rmse < 0.15 AND tags.n != '0'")] == ["m1"]
    client.delete_logged_model(found[0].model_id)
    assert len(client.search_logged_models(ids)) == 2
