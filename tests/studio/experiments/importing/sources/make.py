"""Records a bit of everything with a real MLflow; run once for each source, in an environment of its own.

python make.py file:///srv/mlflow/v3/folder/mlruns     (then tar, xz)
"""

import contextlib
import os
import sys

os.environ |= {"MLFLOW_ALLOW_FILE_STORE": "true", "MLFLOW_DISABLE_TELEMETRY": "true"}

import mlflow
import numpy as np
from mlflow import MlflowClient
from sklearn.linear_model import LogisticRegression

NEW = not mlflow.__version__.startswith("2")
NAMED = {"name": "model"} if NEW else {"artifact_path": "model"}
X = np.random.default_rng(1).random((40, 3))


def log_model(**more: object) -> None:
    fitted = LogisticRegression().fit(X, X[:, 0] > 0.5)
    mlflow.sklearn.log_model(
        fitted, registered_model_name="titanic", pip_requirements=["scikit-learn"], **NAMED, **more
    )


def main(uri: str) -> None:
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    client = MlflowClient()
    mlflow.set_experiment("churn")
    mlflow.set_experiment_tag("team", "blue")
    with mlflow.start_run(run_name="parent"):
        mlflow.log_params({"depth": 3, "note": "two\nlines", "empty": "", "long": "x" * 300})
        for step in range(50):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_metric("val/auc", float("nan"), step=0)
        mlflow.log_metric("val/auc", 0.5, step=1)
        mlflow.log_metric("inf", float("inf"))
        mlflow.set_tag("colour", "red")
        mlflow.log_text("hello", "notes/a.txt")
        mlflow.log_dict({"a": 1}, "b.json")
        mlflow.log_input(mlflow.data.from_numpy(X, name="train"), context="training")
        with mlflow.start_run(run_name="child", nested=True):
            mlflow.log_metric("loss", 2.0)
        log_model(input_example=X[:2])
    with mlflow.start_run(run_name="second"):
        log_model()
    mlflow.start_run(run_name="failed")
    mlflow.end_run("FAILED")
    client.set_registered_model_alias("titanic", "champion", 1)
    client.set_registered_model_tag("titanic", "owner", "me")
    client.set_model_version_tag("titanic", "2", "x", "y")
    client.update_registered_model("titanic", "about ships")
    client.transition_model_version_stage("titanic", "1", "Production")
    with mlflow.start_run(run_name="gone") as gone:
        mlflow.log_metric("loss", 9)
    client.delete_run(gone.info.run_id)
    old = client.create_experiment("old")
    run = client.create_run(old)
    client.log_metric(run.info.run_id, "m", 1.0)
    client.set_terminated(run.info.run_id)
    client.delete_experiment(old)
    register = mlflow.genai.register_prompt if NEW else mlflow.register_prompt
    register(name="greet", template="Hi {{name}}")
    traced = mlflow.trace(lambda x: x + 1)
    traced(1)
    with contextlib.suppress(AttributeError):
        mlflow.flush_trace_async_logging()


if __name__ == "__main__":
    main(sys.argv[1])
