"""Which kind of thing a file of Azure ML v2 describes: by its `$schema`, else its `type`, else its keys."""

import re
from collections.abc import Mapping
from typing import Any

from studiolo.studio.experiments.job_files.document import enum, text

_SCHEMAS = {
    "commandjob": "command",
    "pipelinejob": "pipeline",
    "sweepjob": "sweep",
    "automljob": "automl",
    "sparkjob": "spark",
    "paralleljob": "parallel",
    "commandcomponent": "component",
    "commandcomponent_": "component",
    "pipelinecomponent": "component",
    "parallelcomponent": "component",
    "sparkcomponent": "component",
    "data": "data",
    "dataimport": "data import",
    "model": "model",
    "environment": "environment",
    "schedule": "schedule",
    "monitorschedule": "schedule",
    "workspace": "workspace",
    "managedonlineendpoint": "online endpoint",
    "kubernetesonlineendpoint": "online endpoint",
    "onlineendpoint": "online endpoint",
    "managedonlinedeployment": "online deployment",
    "kubernetesonlinedeployment": "online deployment",
    "batchendpoint": "batch endpoint",
    "batchdeployment": "batch deployment",
    "modelbatchdeployment": "batch deployment",
    "pipelinecomponentbatchdeployment": "batch deployment",
    "amlcompute": "compute",
    "computeinstance": "compute",
    "virtualmachinecompute": "compute",
    "kubernetescompute": "compute",
    "azureblob": "datastore",
    "azurefile": "datastore",
    "azuredatalakegen1": "datastore",
    "azuredatalakegen2": "datastore",
    "onelake": "datastore",
}
_TYPES = {
    "command": "command",
    "pipeline": "pipeline",
    "sweep": "sweep",
    "automl": "automl",
    "spark": "spark",
    "parallel": "parallel",
    "notebook": "notebook",
    "import": "data import",
    "finetuning": "fine-tuning",
    "distillation": "distillation",
    "amlcompute": "compute",
    "computeinstance": "compute",
    "virtualmachine": "compute",
    "kubernetes": "compute",
    "synapsespark": "compute",
    "ssh": "compute",
    "slurm": "compute",
    "ray": "compute",
    "spark_connect": "compute",
    "databricks": "compute",
    "azure_blob": "datastore",
    "azure_file": "datastore",
    "azure_data_lake_gen1": "datastore",
    "azure_data_lake_gen2": "datastore",
    "one_lake": "datastore",
    "uri_file": "data",
    "uri_folder": "data",
    "mltable": "data",
    "custom_model": "model",
    "mlflow_model": "model",
    "triton_model": "model",
}
_KEYS = (  # the first that is there decides
    ("jobs", "pipeline"),
    ("trial", "sweep"),
    ("notebook", "notebook"),
    ("command", "command"),
    ("task", "automl"),
    ("conda_file", "environment"),
    ("image", "environment"),
    ("build", "environment"),
    ("endpoint_name", "online deployment"),
    ("auth_mode", "online endpoint"),
    ("trigger", "schedule"),
)


def schema_name(raw: Mapping[str, Any]) -> str:
    """Return the last part of `$schema`, in small letters; blanks around it do not matter.

    >>> schema_name({"$schema": "  https://azuremlschemas.azureedge.net/latest/commandJob.schema.json "})
    'commandjob'
    """
    last = text(raw.get("$schema")).strip().rsplit("/", 1)[-1]
    return re.sub(r"(\.schema)?\.json$", "", last).lower()


def kind_of(raw: Mapping[str, Any]) -> str:
    """Return the kind, such as `command`, `pipeline`, `data` or `online endpoint`; empty when nothing tells.

    >>> kind_of({"command": "ls"}), kind_of({"inputs": {}, "jobs": {}}), kind_of({"type": "uri_folder", "path": "x"})
    ('command', 'pipeline', 'data')
    >>> kind_of({"$schema": "commandJob.schema.json", "type": "notebook"})
    'notebook'
    """
    if enum(raw.get("type")) == "notebook":  # Azure has no schema of these: the file was a job of another kind before
        return "notebook"
    if found := _SCHEMAS.get(schema_name(raw)):
        return found
    if found := _TYPES.get(enum(raw.get("type"))):
        return found
    return next((kind for key, kind in _KEYS if key in raw), "")
