"""Fills a database with runs straight in SQL, since through `mlflow server` 10,000 runs take minutes.

Each run has 10 params, 10 metrics of one point and 5 tags: `a_run` says which.
"""

import sys
import uuid
from collections.abc import Iterator
from typing import Any

EXPERIMENT = "filled"
START = 1_700_000_000_000


def a_run(n: int) -> tuple[dict[str, str], dict[str, float], dict[str, str]]:
    """Return params, metrics and tags of run n."""
    params = {f"p{k}": str(n * (k + 1) % 50) for k in range(10)}
    metrics = {f"m{k}": (n * 7919 * (k + 1) % 10_007) / 10_007 for k in range(10)}
    tags = {f"t{k}": f"value {n * (k + 3) % 20}" for k in range(4)} | {"mlflow.runName": f"run-{n}"}
    return params, metrics, tags


def fill_mlflow(url: str, count: int) -> str:
    """Fill a database of MLflow that its server has made; returns the experiment's id. Runs in MLflow's environment."""
    from sqlalchemy import MetaData, create_engine, insert, select

    engine = create_engine(url)
    meta = MetaData()
    meta.reflect(engine, only=["experiments", "runs", "params", "metrics", "latest_metrics", "tags"])
    tables = meta.tables
    with engine.begin() as tx:
        found = select(tables["experiments"].c.experiment_id).where(tables["experiments"].c.name == EXPERIMENT)
        experiment = tx.execute(found).scalar_one()
        for rows in _pieces(experiment, count):
            for table, values in rows.items():
                tx.execute(insert(tables[table]), values)
    return str(experiment)


def _pieces(experiment: int, count: int, piece: int = 1000) -> Iterator[dict[str, list[dict[str, Any]]]]:
    for start in range(0, count, piece):
        rows: dict[str, list[dict[str, Any]]] = {
            "runs": [],
            "params": [],
            "metrics": [],
            "latest_metrics": [],
            "tags": [],
        }
        for n in range(start, min(count, start + piece)):
            run = uuid.uuid4().hex
            params, metrics, tags = a_run(n)
            rows["runs"].append(
                {"run_uuid": run, "name": f"run-{n}", "source_type": "UNKNOWN", "status": "FINISHED", "user_id": "me"}
                | {"experiment_id": experiment, "start_time": START + n, "end_time": START + n + 1000}
                | {"lifecycle_stage": "active", "artifact_uri": f"mlflow-artifacts:/{experiment}/{run}/artifacts"}
            )
            rows["params"] += [{"run_uuid": run, "key": key, "value": value} for key, value in params.items()]
            rows["tags"] += [{"run_uuid": run, "key": key, "value": value} for key, value in tags.items()]
            for table in ("metrics", "latest_metrics"):
                rows[table] += [
                    {"run_uuid": run, "key": key, "value": value, "timestamp": START + n, "step": 0, "is_nan": False}
                    for key, value in metrics.items()
                ]
        yield rows


if __name__ == "__main__":
    print(fill_mlflow(sys.argv[1], int(sys.argv[2])))
