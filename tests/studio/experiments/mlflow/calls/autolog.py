"""Autologging, where the library is installed, and evaluation."""

import mlflow
from base import X, Y, call, client, experiment, place


@call
def sklearn_autolog() -> None:
    from sklearn.linear_model import LogisticRegression

    number = experiment("autolog")
    mlflow.sklearn.autolog(log_post_training_metrics=False)
    try:
        LogisticRegression(C=0.5).fit(X, Y > 0)
    finally:
        mlflow.sklearn.autolog(disable=True)
    run = client.search_runs([number])[0]
    assert run.data.params["C"] == "0.5"
    assert run.data.metrics["training_accuracy_score"] > 0.9
    assert run.inputs.dataset_inputs
    assert mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model").predict(X).shape == (60,)


@call
def sklearn_grid_search_autologs_children() -> None:
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import GridSearchCV

    number = experiment("grid")
    mlflow.sklearn.autolog(log_models=False)
    try:
        GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}, cv=2).fit(X, Y)
    finally:
        mlflow.sklearn.autolog(disable=True)
    assert len(client.search_runs([number])) == 3


@call
def models_are_evaluated() -> None:
    import matplotlib  # noqa: F401, ICN001 - the client needs it
    import pandas as pd

    experiment("evaluate")
    data = pd.DataFrame(X, columns=list("abc")).assign(y=Y, guess=Y + 0.1)
    options = {"predictions": "guess", "targets": "y", "model_type": "regressor"}
    with mlflow.start_run() as run:
        evaluate = mlflow.models.evaluate if hasattr(mlflow.models, "evaluate") else mlflow.evaluate
        evaluate(data=data, evaluator_config={"log_explainer": False}, **options)
    assert client.get_run(run.info.run_id).data.metrics["mean_absolute_error"] > 0.09


def check_rounds(run, name: str) -> None:
    """Check what a boosted model leaves: params, the history of a metric, a model that predicts."""
    history = client.get_metric_history(run.info.run_id, name)
    found = client.get_run(run.info.run_id).data
    assert [point.step for point in history] == list(range(10)), found.metrics
    assert found.params
    assert len(mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model").predict(X)) == 60


@call
def lightgbm_autolog() -> None:
    import lightgbm

    experiment("lightgbm")
    mlflow.lightgbm.autolog()
    try:
        with mlflow.start_run() as run:
            data = lightgbm.Dataset(X, Y)
            params = {"verbose": -1, "num_threads": 1, "metric": "l2", "min_data_in_leaf": 2}
            lightgbm.train(params, data, num_boost_round=10, valid_sets=[data], valid_names=["train"])
    finally:
        mlflow.lightgbm.autolog(disable=True)
    check_rounds(run, "train-l2")


@call
def xgboost_autolog() -> None:
    import xgboost

    experiment("xgboost")
    mlflow.xgboost.autolog()
    try:
        with mlflow.start_run() as run:
            data = xgboost.DMatrix(X, Y)
            xgboost.train({"nthread": 1}, data, num_boost_round=10, evals=[(data, "train")], verbose_eval=False)
    finally:
        mlflow.xgboost.autolog(disable=True)
    check_rounds(run, "train-rmse")


@call
def catboost_models() -> None:  # MLflow has no autolog for CatBoost: its users log params, rounds and the model
    import catboost

    experiment("catboost")
    model = catboost.CatBoostRegressor(iterations=10, thread_count=1, verbose=False, allow_writing_files=False)
    with mlflow.start_run() as run:
        model.fit(X, Y)
        mlflow.log_params(model.get_params())
        for step, value in enumerate(model.evals_result_["learn"]["RMSE"]):
            mlflow.log_metric("learn-RMSE", value, step=step)
        mlflow.catboost.log_model(model, **place())
    check_rounds(run, "learn-RMSE")


@call
def lightning_autolog() -> None:
    import lightning
    import torch

    class Net(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(3, 1)

        def forward(self, x):
            return self.layer(x)

        def training_step(self, batch, _):
            loss = torch.nn.functional.mse_loss(self.layer(batch[0])[:, 0], batch[1])
            self.log("loss", loss, on_epoch=True)
            return loss

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.1)

    experiment("lightning")
    data = torch.utils.data.TensorDataset(torch.tensor(X, dtype=torch.float32), torch.tensor(Y, dtype=torch.float32))
    quiet = dict.fromkeys(("enable_progress_bar", "enable_model_summary", "logger", "enable_checkpointing"), False)
    mlflow.pytorch.autolog()
    try:
        with mlflow.start_run() as run:
            trainer = lightning.Trainer(max_epochs=3, accelerator="cpu", **quiet)
            trainer.fit(Net(), torch.utils.data.DataLoader(data, batch_size=20))
    finally:
        mlflow.pytorch.autolog(disable=True)
    found = client.get_run(run.info.run_id)
    assert found.data.params["optimizer_name"] == "SGD"
    assert len(client.get_metric_history(run.info.run_id, "loss_epoch")) == 3, found.data.metrics
    loaded = mlflow.pytorch.load_model(f"runs:/{run.info.run_id}/model")
    assert loaded(torch.zeros(2, 3)).shape == (2, 1)
