"""Logs scikit-learn models with the ordinary client, each time a line comes in: `log_models.py URI`."""

import logging
import os
import sys
import warnings

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
warnings.simplefilter("ignore")


def main() -> None:
    """Say `ready` after a first model, then log one for each line."""
    import mlflow
    import mlflow.sklearn
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    logging.disable(logging.WARNING)
    mlflow.set_tracking_uri(sys.argv[1])
    mlflow.set_registry_uri(sys.argv[1])
    mlflow.set_experiment("models")
    x = np.arange(20.0).reshape(-1, 2)
    model = LogisticRegression().fit(x, np.arange(10) % 2)
    requirements = ["scikit-learn"]  # looking for them is work of the client, seconds of it

    def once() -> None:
        with mlflow.start_run():
            mlflow.sklearn.log_model(
                model,
                name="model",
                registered_model_name="benchmark",
                pip_requirements=requirements,
                serialization_format="cloudpickle",
            )

    once()
    print("ready", flush=True)
    for _ in sys.stdin:
        once()
        print("done", flush=True)


if __name__ == "__main__":
    main()
