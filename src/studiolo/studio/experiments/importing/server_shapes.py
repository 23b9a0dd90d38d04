"""From messages of MLflow's REST protocol to what an import sends."""

from collections.abc import Sequence
from typing import Any

from studiolo.studio.experiments.importing.source import (
    FoundExperiment,
    FoundRegistered,
    FoundVersion,
    integer,
    model_status,
    run_status,
)
from studiolo.studio.experiments.importing.wire import ModelPoint, SentModel, SentRun, UsedDataset

Message = dict[str, Any]


def experiment(item: Message) -> FoundExperiment:
    """Read an experiment."""
    return FoundExperiment(
        str(item["experiment_id"]),
        str(item.get("name") or item["experiment_id"]),
        _pairs(item.get("tags")),
        item.get("lifecycle_stage") == "deleted",
        integer(item.get("creation_time")),
        integer(item.get("last_update_time")),
    )


def run_id(item: Message) -> str:
    """Return the id of a run."""
    return str(item["info"].get("run_id") or item["info"]["run_uuid"])


def run(experiment_id: str, item: Message) -> SentRun:
    """Read a run but for the histories of its metrics."""
    info, data = item["info"], item.get("data", {})
    tags = _pairs(data.get("tags"))
    inputs, outputs = item.get("inputs", {}), item.get("outputs", {})
    here = run_id(item)
    return SentRun(
        id=here,
        source_id=here,
        experiment=experiment_id,
        stamp="",
        name=str(info.get("run_name") or tags.get("mlflow.runName") or ""),
        user=str(info.get("user_id") or tags.get("mlflow.user") or ""),
        status=run_status(info.get("status", "FINISHED")),
        start=integer(info.get("start_time")),
        end=integer(info.get("end_time")) or None,
        deleted=info.get("lifecycle_stage") == "deleted",
        params=_pairs(data.get("params")),
        tags=tags,
        datasets=[_dataset(used) for used in inputs.get("dataset_inputs", [])],
        models_used=[used["model_id"] for used in inputs.get("model_inputs", [])],
        models_made={made["model_id"]: int(made.get("step", 0)) for made in outputs.get("model_outputs", [])},
        model_points=[
            ModelPoint(
                point["model_id"],
                point["key"],
                float(point.get("value", 0.0)),
                int(point["timestamp"]),
                int(point.get("step", 0)),
                point.get("dataset_name"),
                point.get("dataset_digest"),
            )
            for point in data.get("metrics", [])
            if point.get("model_id")
        ],
    )


def _dataset(item: Message) -> UsedDataset:
    about = item.get("dataset", {})
    return UsedDataset(
        name=str(about.get("name", "")),
        digest=str(about.get("digest", "")),
        source_type=str(about.get("source_type", "")),
        source=str(about.get("source", "")),
        schema=about.get("schema"),
        profile=about.get("profile"),
        tags=_pairs(item.get("tags")),
    )


def model(experiment_id: str, item: Message) -> SentModel:
    """Read a logged model."""
    info, data = item["info"], item.get("data", {})
    return SentModel(
        id=info["model_id"],
        source_id=info["model_id"],
        experiment=experiment_id,
        stamp="",
        name=str(info.get("name") or info["model_id"]),
        model_type=str(info.get("model_type") or ""),
        source_run_id=info.get("source_run_id") or None,
        status=model_status(info.get("status")),
        created=int(info.get("creation_timestamp_ms", 0)),
        updated=int(info.get("last_updated_timestamp_ms", 0)),
        params=_pairs(data.get("params")),
        tags=_pairs(info.get("tags")),
    )


def registered(item: Message, versions: Sequence[Message]) -> FoundRegistered:
    """Read a registered model with its versions."""
    created = int(item.get("creation_timestamp", 0))
    return FoundRegistered(
        name=item["name"],
        description=str(item.get("description") or ""),
        tags=_pairs(item.get("tags")),
        aliases={alias["alias"]: int(alias["version"]) for alias in item.get("aliases", [])},
        created=created,
        updated=int(item.get("last_updated_timestamp", created)),
        versions=sorted((_version(version) for version in versions), key=lambda version: version.version),
    )


def _version(item: Message) -> FoundVersion:
    created = int(item.get("creation_timestamp", 0))
    return FoundVersion(
        version=int(item["version"]),
        source=str(item.get("source") or ""),
        run_id=item.get("run_id") or None,
        model_id=item.get("model_id") or None,
        stage=str(item.get("current_stage") or "None"),
        description=str(item.get("description") or ""),
        user=str(item.get("user_id") or ""),
        run_link=str(item.get("run_link") or ""),
        tags=_pairs(item.get("tags")),
        created=created,
        updated=int(item.get("last_updated_timestamp", created)),
    )


def _pairs(items: Sequence[Message] | None) -> dict[str, str]:
    return {str(item["key"]): str(item.get("value", "")) for item in items or []}
