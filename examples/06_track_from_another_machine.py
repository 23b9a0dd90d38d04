"""Track from another machine: what a script needs to know of a studio is an address and a token.

On the machine of the studio, `studiolo env` prints both; here they come from the environment, as they would on a cluster.
"""

import os
import tempfile
from pathlib import Path

import mlflow
from mlflow import MlflowClient

# https://studio.example.com/w/default: the workspace is part of the address. The token stays out of the code.
address = os.environ["MLFLOW_TRACKING_URI"]
assert os.environ["MLFLOW_TRACKING_TOKEN"], "studiolo env prints it"
mlflow.set_tracking_uri(address)
mlflow.set_experiment("remote")

with mlflow.start_run(run_name="night shift", tags={"machine": "far away"}) as run:
    for step in range(50):
        mlflow.log_metric(
            "loss", 1 / (step + 1), step=step, synchronous=False
        )  # training does not wait for the network
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "weights.bin").write_bytes(bytes(1_000_000))
        mlflow.log_artifacts(folder, "checkpoint")  # through the studio: no bucket, no credentials of one
    mlflow.flush_async_logging()

client = MlflowClient()
history = client.get_metric_history(run.info.run_id, "loss")
print(f"{len(history)} points of loss, the last {history[-1].value:.3f}")

found = mlflow.search_runs(
    search_all_experiments=True, filter_string="tags.machine = 'far away' AND metrics.loss < 0.1"
)
print(f"{len(found)} run from far away")

got = mlflow.artifacts.download_artifacts(f"runs:/{run.info.run_id}/checkpoint/weights.bin")
print(f"{Path(got).stat().st_size} bytes came back")
