"""The routes of MLflow's protocol. Importing the modules registers their endpoints; the models slice adds the registry's."""

from fastapi import APIRouter

from studiolo.kernel.mlflow import protocol
from studiolo.studio.experiments.mlflow import (
    artifacts,
    browsing,
    experiments,
    histories,
    logged_models,
    multipart,
    otlp,
    records,
    runs,
    server_info,
    trace_assessments,
    traces,
    traces_v2,
)

MODULES = (
    *(experiments, runs, records, histories, artifacts, multipart, browsing, logged_models),
    *(traces, traces_v2, trace_assessments),
)

root_router = APIRouter()
root_router.routes.extend(server_info.routes())
root_router.routes.extend(otlp.routes())
root_router.routes.extend(multipart.routes())
root_router.routes.extend(protocol.routes())
