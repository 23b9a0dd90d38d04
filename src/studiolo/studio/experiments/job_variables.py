"""The environment variables of a job: ours, MLflow's, and those that scripts written for Azure ML rely on."""

import os
import sys
from pathlib import Path

from studiolo.kernel.context import Context
from studiolo.runner import attempt as files
from studiolo.studio.compute import service as compute
from studiolo.studio.experiments.claims import Claim
from studiolo.studio.experiments.environments import building
from studiolo.studio.experiments.environments import service as environments
from studiolo.studio.experiments.job_schemas import COMMANDS
from studiolo.studio.experiments.schemas import JobSpec

_OURS = ("STUDIOLO_", "MLFLOW_", "OMP_", "AZUREML_")
_SETTINGS = ("STUDIOLO_DATASTORE_",)  # what the programs around a command keep of the studio's
# A call of MLflow waits for a studio that is away for twelve minutes instead of four, then raises, which ends most scripts. Nine tries,
# since older clients refuse more; the pauses between them, in seconds, are 0, 16, 32, 64 and then 120.
_PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "9", "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "8"}


def of(ctx: Context, claim: Claim, place: Path, token: str | None) -> dict[str, str]:
    """Return a job's environment: that of the studio without its settings, then ours, then what the job's own says.

    place: of the attempt; token: for the job, as the account that submitted it.
    """
    spec = claim.spec
    base = _base()
    threads = str(spec.resources.cores)
    path = base.get("PATH", os.defpath)
    ours = {
        # `python` is the one that the studio runs on
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{path}",
        "PYTHONUNBUFFERED": "1",
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        "STUDIOLO_CORES": threads,
        "STUDIOLO_HOME": str(ctx.settings.home),
        "STUDIOLO_WORKSPACE": ctx.workspace,
        "STUDIOLO_RUN_ID": claim.id,
        "STUDIOLO_JOURNAL": str(place / files.JOURNAL),
        "STUDIOLO_INPUTS": str(place / "inputs"),
        "STUDIOLO_OUTPUTS": str(place / "outputs"),
        "MLFLOW_RUN_ID": claim.id,
    }
    chosen = spec.context.get("environment")
    if chosen and not chosen.get("container"):
        base.pop("PYTHONHOME", None)
        base.pop("PYTHONPATH", None)
        ours |= building.variables(environments.folder(ctx), chosen["hash"], path)
    if claim.kind in COMMANDS:
        ours |= _of_azure(ctx, claim) | _own_packages(place, ours, base)
    if ctx.settings.url:
        ours |= {"STUDIOLO_URL": ctx.settings.url, "MLFLOW_TRACKING_URI": f"{ctx.settings.url}/w/{ctx.workspace}"}
        ours |= _PATIENCE
    if token:
        ours |= {"STUDIOLO_TOKEN": token, "MLFLOW_TRACKING_TOKEN": token}
    leased = compute.variables(ctx, claim.compute, claim.holder, spec.resources.gpus)
    return {**base, **ours, **spec.env, **leased}  # what a job says itself lends it no GPU


def of_programs(ctx: Context, claim: Claim, place: Path) -> dict[str, str]:
    """Return the environment of the programs of the studio around a command: nothing that the job's author wrote.

    They build environments that other jobs share, so no variable of one job may change what they do.
    """
    base = {**_base(), **{key: value for key, value in os.environ.items() if key.startswith(_SETTINGS)}}
    return {
        **base,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{base.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
        "STUDIOLO_HOME": str(ctx.settings.home),
        "STUDIOLO_WORKSPACE": ctx.workspace,
        "STUDIOLO_RUN_ID": claim.id,
        "STUDIOLO_JOURNAL": str(place / files.JOURNAL),
    }


def _base() -> dict[str, str]:
    """Return the studio's own environment without its settings."""
    return {key: value for key, value in os.environ.items() if not key.startswith(_OURS)}


def inherited(spec: JobSpec, env: dict[str, str]) -> list[str]:
    """Return the names of variables that a job has from this machine alone."""
    return sorted(key for key, value in os.environ.items() if env.get(key) == value and key not in spec.env)


def _of_azure(ctx: Context, claim: Claim) -> dict[str, str]:
    """Return the variables of Azure ML's contract; a subscription is the studio, a resource group its host's."""
    found = {
        "MLFLOW_EXPERIMENT_ID": str(claim.experiment),
        "AZUREML_RUN_ID": claim.id,
        "AZUREML_EXPERIMENT_ID": str(claim.experiment),
        "AZUREML_EXPERIMENT_NAME": claim.spec.experiment,
        "AZUREML_ARM_SUBSCRIPTION": "00000000-0000-0000-0000-000000000000",
        "AZUREML_ARM_RESOURCEGROUP": "studiolo",
        "AZUREML_ARM_WORKSPACE_NAME": ctx.workspace,
        "AZUREML_ARM_PROJECT_NAME": claim.spec.experiment,
    }
    return found | {f"AZUREML_PARAMETER_{name}": value for name, value in claim.spec.params.items()}


def _own_packages(place: Path, ours: dict[str, str], base: dict[str, str]) -> dict[str, str]:
    """Let `pip install …` of a command change its own attempt and nothing that other jobs use."""
    packages = place / "packages"
    path = os.pathsep.join(part for part in (str(packages), base.get("PYTHONPATH", "")) if part)
    return {
        "PIP_TARGET": str(packages),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONPATH": path,
        "PATH": f"{packages / 'bin'}{os.pathsep}{ours['PATH']}",
    }
