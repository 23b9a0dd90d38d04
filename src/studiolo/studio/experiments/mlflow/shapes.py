"""How rows look in MLflow's messages: numbers for int64, text for NaN, what is unset left out."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, bindparam, select

from studiolo.kernel.mlflow.values import EPOCH, json_number, millis, pairs
from studiolo.studio.experiments import artifacts, tracking
from studiolo.studio.experiments.metrics import latest_of
from studiolo.studio.experiments.states import status
from studiolo.studio.experiments.tables import runs
from studiolo.studio.experiments.tracking_tables import input_datasets, run_inputs, run_models

Json = dict[str, Any]
_NAIVE, _MILLISECOND = EPOCH.replace(tzinfo=None), timedelta(milliseconds=1)
SCHEME = "mlflow-artifacts:/"
DATASET = ("name", "digest", "source_type", "source", "schema", "profile")
_RUNS: Any = bindparam("runs", expanding=True)
# built once: clients ask for single runs again and again
_INPUTS = (
    select(run_inputs.c.run, run_inputs.c.tags.label("input_tags"), input_datasets)
    .join(input_datasets, input_datasets.c.id == run_inputs.c.dataset)
    .where(run_inputs.c.run.in_(_RUNS))
    .order_by(input_datasets.c.id)
)
_MODELS = select(run_models).where(run_models.c.run.in_(_RUNS)).order_by(run_models.c.step, run_models.c.model_id)
_OWN = select(runs.c.seq, runs.c.user, runs.c.parent_id).where(runs.c.seq.in_(_RUNS))
CHUNK = 500  # runs whose records are read by one query


def experiment(row: Any) -> Json:
    """Write an experiment."""
    found: Json = {
        "experiment_id": str(row.number),
        "name": row.name,
        "artifact_location": row.artifact_location or f"{SCHEME}{row.number}",
        "lifecycle_stage": row.lifecycle,
        "last_update_time": millis(row.updated_at),
        "creation_time": millis(row.created_at),
    }
    if row.tags:
        found["tags"] = pairs(row.tags)
    return found


def artifact_uri(location: str, number: int, run_id: str) -> str:
    """Return where a run's artifacts are: in the studio, unless its experiment says another place."""
    if location and not location.startswith("mlflow-artifacts:"):
        return f"{location.rstrip('/')}/{run_id}/artifacts"
    return SCHEME + artifacts.run_root(number, run_id)


def info(row: Any) -> Json:
    """Write the first part of a run. row: of `run_search.rows`."""
    found: Json = {
        "run_id": row.id,
        "run_uuid": row.id,
        "run_name": row.name,
        "experiment_id": str(row.experiment),
        "user_id": row.user,
        "status": status(row.state),
        "start_time": _millis(row.started),
        "artifact_uri": artifact_uri(row.artifact_location, row.experiment, row.id),
        "lifecycle_stage": row.lifecycle,
    }
    if row.ended is not None:
        found["end_time"] = _millis(row.ended)
    return found


def _millis(moment: datetime) -> int:
    """Return milliseconds since 1970 of a moment as the driver has it: on SQLite it does not say that it is in UTC."""
    return (moment - (_NAIVE if moment.tzinfo is None else EPOCH)) // _MILLISECOND


def metric(key: str, value: float, timestamp: int, step: int) -> Json:
    """Write the latest point of a metric."""
    return {"key": key, "value": json_number(value), "timestamp": timestamp, "step": step}


def runs_of(tx: Connection, rows: Sequence[Any]) -> list[bytes]:
    """Write whole runs: info, data, inputs and outputs. rows: of `run_search.rows`; ready documents go in as they are.

    A run that is gone since its row was read is left out.
    """
    made = documents(tx, [row.seq for row in rows if row.doc is None])
    documented = ((row, row.doc or made.get(row.seq)) for row in rows)
    return [whole(row, doc) for row, doc in documented if doc is not None]


def whole(row: Any, doc: bytes) -> bytes:
    """Write a run from its row and its document."""
    return b'{"info":%b,%b' % (orjson.dumps(info(row)), doc)


def documents(tx: Connection, seqs: Sequence[int]) -> dict[int, bytes]:
    """Write what runs recorded, from their rows: all of a run after its info, up to the closing brace."""
    found: dict[int, bytes] = {}
    for start in range(0, len(seqs), CHUNK):
        part = seqs[start : start + CHUNK]
        params, tags, latest = tracking.params_of(tx, part), tracking.tags_of(tx, part), latest_of(tx, part)
        inputs, models = _inputs(tx, part), _models(tx, part)
        for seq, user, parent_id in tx.execute(_OWN, {"runs": part}):
            points = [metric(item.key, item.value, item.timestamp, item.step) for item in latest.get(seq, ())]
            recorded = Recorded(
                params.get(seq, {}), tags.get(seq, {}), points, inputs.get(seq, ()), models.get(seq, ())
            )
            found[seq] = document(user, parent_id, recorded)
    return found


class Recorded(NamedTuple):
    """What a run recorded: texts and, as they are sent, points in order of name, datasets as they are sent, rows of `run_models`."""

    params: Mapping[str, str]
    tags: Mapping[str, str]
    latest: Sequence[Json]
    inputs: Sequence[Json]
    models: Sequence[Any]


def document(user: str, parent_id: str | None, recorded: Recorded) -> bytes:
    """Write all of a run after its info, up to the closing brace."""
    data: Json = {}
    if recorded.latest:
        data["metrics"] = list(recorded.latest)
    if recorded.params:
        data["params"] = pairs(recorded.params)
    own = {"mlflow.user": user, **recorded.tags}
    if parent_id:
        own.setdefault("mlflow.parentRunId", parent_id)
    data["tags"] = pairs(own)
    run: dict[str, Json] = {"data": data, "inputs": {}, "outputs": {}}
    if recorded.inputs:
        run["inputs"]["dataset_inputs"] = list(recorded.inputs)
    used = [{"model_id": row.model_id} for row in recorded.models if row.direction == "input"]
    made = [{"model_id": row.model_id, "step": row.step} for row in recorded.models if row.direction != "input"]
    if used:
        run["inputs"]["model_inputs"] = used
    if made:
        run["outputs"]["model_outputs"] = made
    return orjson.dumps(run)[1:]


def _inputs(tx: Connection, seqs: Sequence[int]) -> dict[int, list[Json]]:
    found: dict[int, list[Json]] = {}
    for row in tx.execute(_INPUTS, {"runs": seqs}).mappings():
        found.setdefault(row["run"], []).append(input_dataset(row, row["input_tags"]))
    return found


def input_dataset(row: Mapping[Any, Any], tags: Mapping[str, str]) -> Json:
    """Write a dataset that a run used."""
    item: Json = {"dataset": {name: row[name] for name in DATASET if row[name] is not None}}
    if tags:
        item["tags"] = pairs(tags)
    return item


def _models(tx: Connection, seqs: Sequence[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in tx.execute(_MODELS, {"runs": seqs}):
        found.setdefault(row.run, []).append(row)
    return found
