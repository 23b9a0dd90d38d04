"""What MLflow's own pages ask of a server beyond what its clients do: single files, and the datasets of experiments."""

from typing import Any

from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from studiolo.kernel.context import Context
from studiolo.kernel.mlflow.errors import MlflowError, missing_value
from studiolo.kernel.mlflow.fields import Fields, of_query
from studiolo.kernel.mlflow.protocol import endpoint, outside, raw_endpoint
from studiolo.studio.experiments import artifacts, catalog
from studiolo.studio.experiments.mlflow import logged_models
from studiolo.studio.experiments.mlflow.artifacts import send
from studiolo.studio.experiments.mlflow.experiments import READ
from studiolo.studio.experiments.mlflow.runs import run_id_of
from studiolo.studio.experiments.tables import runs
from studiolo.studio.experiments.tracking_tables import input_datasets, run_inputs

MAX_EXPERIMENTS = 20
MAX_DATASETS = 1000
_CONTEXT = "mlflow.data.context"


@outside("/get-artifact", READ)
async def of_run(request: Request, ctx: Context, _path: str) -> Response:
    """Send a file of a run: `?run_id=…&path=…`."""

    def find() -> Response:
        fields = of_query(request.query_params.multi_items())
        with ctx.db.read() as tx:
            root = artifacts.root_of_run(tx, ctx, run_id_of(fields))
        return send(request, ctx, f"{root}/{fields.required('path')}")

    return await run_in_threadpool(find)


@raw_endpoint("GET", "mlflow/logged-models/{path}/artifacts/files", READ)
async def of_model(request: Request, ctx: Context, path: str) -> Response:
    """Send a file of a logged model: `?artifact_file_path=…`."""

    def find() -> Response:
        file = of_query(request.query_params.multi_items()).required("artifact_file_path")
        with ctx.db.read() as tx:
            row = logged_models.find(tx, ctx, path)
        return send(request, ctx, f"{artifacts.model_root(row.experiment, row.id)}/{file}")

    return await run_in_threadpool(find)


@endpoint("POST", "mlflow/experiments/search-datasets", READ)
def search_datasets(ctx: Context, fields: Fields) -> dict[str, Any]:
    """List the datasets that the runs of experiments used, each context once."""
    ids = fields.texts("experiment_ids")
    if not ids:
        raise missing_value("experiment_ids")
    if len(ids) > MAX_EXPERIMENTS:
        raise MlflowError(
            f"SearchDatasets request cannot specify more than {MAX_EXPERIMENTS} experiment_ids. Received {len(ids)} "
            "experiment_ids."
        )
    d = input_datasets.c
    context = run_inputs.c.tags[_CONTEXT].as_string()
    query = (
        select(d.experiment, d.name, d.digest, context.label("context"))
        .join(run_inputs, run_inputs.c.dataset == d.id)
        .join(runs, runs.c.seq == run_inputs.c.run)
        .where(runs.c.lifecycle == "active")
        .distinct()
        .order_by(d.experiment, d.name, d.digest, context)
        .limit(MAX_DATASETS)
    )
    with ctx.db.read() as tx:
        numbers = [catalog.find(tx, ctx, experiment_id).number for experiment_id in ids]
        rows = tx.execute(query.where(d.experiment.in_(numbers))).all()
    found = [
        {"experiment_id": str(row.experiment), "name": row.name, "digest": row.digest}
        | ({"context": row.context} if row.context else {})
        for row in rows
    ]
    return {"dataset_summaries": found} if found else {}
