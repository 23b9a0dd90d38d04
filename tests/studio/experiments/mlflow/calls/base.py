"""What the calls have in common: the register of them, data, and short cuts."""

from collections.abc import Callable

import mlflow
import numpy as np
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature

OPTIONAL = {"matplotlib", "PIL", "psutil", "lightgbm", "xgboost", "catboost", "lightning", "torch"}
VERSION = mlflow.__version__
NEW = int(VERSION.split(".")[0]) >= 3
CALLS: dict[str, Callable[[], None]] = {}
X = np.random.default_rng(0).normal(size=(60, 3))
Y = X @ [1.0, 2.0, 3.0]
client = MlflowClient()


def call(function: Callable[[], None]) -> Callable[[], None]:
    """Register something to do."""
    CALLS[function.__name__] = function
    return function


def three(function: Callable[[], None]) -> Callable[[], None]:
    """Register something that MLflow 2 cannot do."""
    return call(function) if NEW else function


def experiment(name: str) -> str:
    return mlflow.set_experiment(f"{name} {VERSION}").experiment_id


def place() -> dict[str, str]:
    return {"name": "model"} if NEW else {"artifact_path": "model"}


def log_model(registered: str | None = None):
    from sklearn.linear_model import LinearRegression

    model = LinearRegression().fit(X, Y)
    options = {"registered_model_name": registered, "signature": infer_signature(X, Y), "pip_requirements": []}
    return mlflow.sklearn.log_model(model, serialization_format="cloudpickle", **options, **place())


def everything(find, **options) -> list:
    """Return what all pages of a search have."""
    found, token = [], None
    while True:
        page = find(page_token=token, **options)
        found += page
        token = page.token
        if not token:
            return found


def refused(code: str, action: Callable[[], object]) -> str:
    """Return the message with which an action is refused."""
    found = None
    try:
        action()
    except MlflowException as error:
        found = error
    assert found is not None, f"was not refused with {code}"
    assert found.error_code == code, f"{found.error_code}: {found}"
    return str(found)
