"""The database of each earlier release opens in this one, with everything in it; on both databases.

`releases/<version>.sql` is the dump of a small studio that this release filled: two finished runs with histories and a NaN, a run
in the bin, a logged and registered model with an alias, a dataset, a job; since 0.2.0 also a packed series, a trace, a webhook.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Boolean, inspect
from starlette.testclient import TestClient

from studiolo.kernel.auth.request import Services
from studiolo.kernel.db import migrate
from studiolo.kernel.db.engine import Database
from studiolo.testing.client import make_client
from studiolo.testing.context import make_services

RELEASES = Path(__file__).parent / "releases"
SCHEMAS = {"0.1.0": "0001", "0.2.0": "0008"}  # of each release


@pytest.fixture(params=[(release, database) for release in SCHEMAS for database in ("sqlite", "postgresql")])
def old_studio(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TestClient]:
    """A studio of an earlier release, opened by this version."""
    release, database = request.param
    home = tmp_path / "home"
    home.mkdir()
    path = home / "studiolo.db"
    old = sqlite3.connect(path)
    old.executescript((RELEASES / f"{release}.sql").read_text("utf-8"))
    url = ""
    if database == "postgresql":
        url = request.getfixturevalue("postgres_database")
        _copy(old, url, SCHEMAS[release])
    old.close()
    services: Services = make_services(home, database_url=url)
    with make_client(services) as client:
        yield client
    services.db.close()


def _copy(old: sqlite3.Connection, url: str, schema: str) -> None:
    """Bring the rows to PostgreSQL, as that release would have written them there."""
    db = Database(url)
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    with db.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, schema)
    with db.engine.begin() as connection:
        connection.exec_driver_sql("SET session_replication_role = replica")  # rows come in any order
        for table in inspect(connection).get_table_names():
            columns = inspect(connection).get_columns(table)
            if table == "alembic_version":
                continue
            names = ", ".join(f'"{column["name"]}"' for column in columns)
            flags = [isinstance(column["type"], Boolean) for column in columns]
            for row in old.execute(f'SELECT {names} FROM "{table}"'):
                values = tuple(
                    bool(value) if flag and value is not None else value for value, flag in zip(row, flags, strict=True)
                )
                marks = ", ".join(["%s"] * len(values))
                connection.exec_driver_sql(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', values)
            for column in columns:
                if "nextval" in str(column["default"]):  # the numbers go on after those that were brought
                    top = f'(SELECT coalesce(max("{column["name"]}"), 0) + 1 FROM "{table}")'
                    sequence = f"pg_get_serial_sequence('{table}', '{column['name']}')"
                    connection.exec_driver_sql(f"SELECT setval({sequence}, {top}, false)")
    db.close()


def mlflow(client: TestClient, method: str, path: str, **words: object) -> dict:
    answer = client.request(method, f"/w/default/api/2.0/mlflow/{path}", **words)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    found: dict = answer.json()
    return found


def test_runs_of_the_previous_release_are_all_there(old_studio: TestClient) -> None:
    wanted = {"experiment_ids": ["1"], "filter": "params.C = '1.0'", "order_by": ["metrics.loss ASC"]}
    runs = mlflow(old_studio, "POST", "runs/search", json=wanted)["runs"]
    assert [run["info"]["run_name"] for run in runs] == ["c1.0"]
    metrics = {item["key"]: item["value"] for item in runs[0]["data"]["metrics"]}
    assert metrics["loss"] == 0.25
    assert metrics["odd"] == "NaN"
    query = {"run_id": runs[0]["info"]["run_id"], "metric_key": "loss"}
    history = mlflow(old_studio, "GET", "metrics/get-history", params=query)["metrics"]
    assert [(point["step"], point["value"]) for point in history] == [(0, 1.0), (1, 0.5), (2, 1 / 3), (3, 0.25)]


def test_what_was_in_the_bin_can_be_restored(old_studio: TestClient) -> None:
    wanted = {"experiment_ids": ["1"], "run_view_type": "DELETED_ONLY"}
    gone = mlflow(old_studio, "POST", "runs/search", json=wanted)["runs"]
    assert [run["info"]["run_name"] for run in gone] == ["gone"]
    mlflow(old_studio, "POST", "runs/restore", json={"run_id": gone[0]["info"]["run_id"]})
    found = mlflow(old_studio, "POST", "runs/search", json={"experiment_ids": ["1"]})["runs"]
    assert {run["info"]["run_name"] for run in found} >= {"gone", "c0.1", "c1.0"}


def test_models_datasets_and_jobs_of_the_previous_release_are_there(old_studio: TestClient) -> None:
    query = {"name": "churn", "alias": "champion"}
    version = mlflow(old_studio, "GET", "registered-models/alias", params=query)["model_version"]
    assert version["version"] == "1"
    assert old_studio.get("/w/default/api/datasets/small").json()["version"] == 1
    listed = old_studio.post("/w/default/api/experiments/search", json={"filter": "kind = 'command'"})
    assert [item["run"]["state"] for item in listed.json()["items"]] == ["Completed"]


def test_the_studio_goes_on_from_there(old_studio: TestClient) -> None:
    run = mlflow(old_studio, "POST", "runs/create", json={"experiment_id": "1", "run_name": "new"})["run"]["info"]
    point = {"run_id": run["run_id"], "key": "loss", "value": 0.1, "timestamp": 1, "step": 0}
    mlflow(old_studio, "POST", "runs/log-metric", json=point)
    best = {"experiment_ids": ["1"], "order_by": ["metrics.loss ASC"], "max_results": 1}
    assert mlflow(old_studio, "POST", "runs/search", json=best)["runs"][0]["info"]["run_id"] == run["run_id"]


@pytest.mark.parametrize("old_studio", [("0.2.0", "sqlite"), ("0.2.0", "postgresql")], indirect=True)
def test_what_came_with_the_second_release_is_there(old_studio: TestClient) -> None:
    wanted = {"experiment_ids": ["1"], "filter": "attributes.run_name = 'long'"}
    (run,) = mlflow(old_studio, "POST", "runs/search", json=wanted)["runs"]
    query = {"run_id": run["info"]["run_id"], "metric_key": "long", "max_results": 25_000}
    history = mlflow(old_studio, "GET", "metrics/get-history", params=query)["metrics"]  # of packed parts
    assert [point["step"] for point in history] == list(range(3000))
    traces = old_studio.post("/w/default/api/3.0/mlflow/traces/search", json=_everywhere("1")).json()["traces"]
    assert len(traces) == 1
    hooks = old_studio.get("/w/default/api/workspace/webhooks").json()
    assert [hook["name"] for hook in hooks] == ["hook"]


def _everywhere(experiment: str) -> dict[str, object]:
    place = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}}
    return {"locations": [place]}
