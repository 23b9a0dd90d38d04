"""Reads Azure ML v2 sweep jobs (YAML): a command job as the trial, and what is tried."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.job_files import command
from studiolo.studio.experiments.job_files.document import enum, first_error, mapping, read, text, unknown
from studiolo.studio.experiments.sweeps.schemas import Policy, Sweep

KNOWN = frozenset(
    [
        "$schema",
        "type",
        "trial",
        "objective",
        "limits",
        "sampling_algorithm",
        "search_space",
        "early_termination",
        "inputs",
        "outputs",
        "compute",
        "name",
        "display_name",
        "experiment_name",
        "description",
        "tags",
        "properties",
        "queue_settings",
        "resources",
        "identity",
        "services",
        "priority",
        "secrets",
        "retries",
    ]
)
_OWN = ("trial", "objective", "limits", "sampling_algorithm", "search_space", "early_termination", "$schema", "type")


def of(raw: dict[str, Any], path: Path, places: Mapping[str, str]) -> command.CommandJob:
    """Make a job of a sweep's mapping; raises BadJob, which names the key."""
    trial = raw.get("trial")
    folder = path
    if isinstance(trial, str):
        folder = path.parent / trial.removeprefix("file:")
        trial = read(folder)
    if not isinstance(trial, dict):
        raise BadJob("The sweep has no trial.", "Write `trial:` with a command.", field="trial")
    objective, limits = mapping(raw, "objective"), mapping(raw, "limits")
    given = {key: value for key, value in raw.items() if key in KNOWN and key not in _OWN} | {
        key: value
        for key, value in trial.items()
        if key not in ("inputs", "outputs", "$schema", "type", "name", "version")
    }
    space = {name: _distribution(name, one) for name, one in mapping(raw, "search_space").items()}
    given["inputs"] = {**mapping(raw, "inputs"), **{name: "" for name in space if name not in mapping(raw, "inputs")}}
    given["outputs"] = mapping(raw, "outputs") or mapping(trial, "outputs")
    if limits.get("timeout"):
        given["limits"] = {"timeout": limits["timeout"]}
    if not given.get("display_name") and not given.get("name"):
        given["display_name"] = path.stem
    job = command.of(given | {"type": "command"}, folder, places)
    job.warnings = [*unknown(raw, KNOWN), *job.warnings]
    sampling = raw.get("sampling_algorithm") or "random"
    how = sampling if isinstance(sampling, dict) else {"type": sampling}
    rule = enum(how.get("rule"))
    try:
        sweep = Sweep(
            sampling="sobol" if rule == "sobol" else enum(how.get("type") or "random"),
            seed=how.get("seed"),
            space=space,
            metric=text(objective.get("primary_metric")),
            goal=enum(objective.get("goal") or "minimize"),
            max_trials=20 if limits.get("max_total_trials") is None else limits["max_total_trials"],
            max_concurrent=limits.get("max_concurrent_trials") or 1,
            trial_timeout_s=limits.get("trial_timeout"),
            policy=_policy(mapping(raw, "early_termination")),
        )
    except ValueError as error:
        raise BadJob(f"{path}: {first_error(error)}", field="sweep") from None
    params = {name: value for name, value in job.spec.params.items() if name not in space}
    job.spec = job.spec.model_copy(update={"kind": "sweep", "sweep": sweep, "params": params})
    return job


def _distribution(name: str, given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise BadJob(f"'{name}' of the search space is no mapping.", field=f"search_space.{name}")
    return {**given, "type": enum(given.get("type")).replace("_", "")}


def _policy(given: dict[str, Any]) -> Policy | None:
    if not given:
        return None
    kept = {key: given[key] for key in ("slack_factor", "slack_amount", "truncation_percentage") if key in given}
    return Policy.model_validate(
        {
            "type": enum(given.get("type")),
            "interval": given.get("evaluation_interval", 1) or 1,
            "delay": given.get("delay_evaluation", 0) or 0,
            **kept,
        }
    )
