"""What a firing puts into the texts of what it runs: `${{trigger.time}}`, `${{trigger.path}}`, `${{name}}`. Pure."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from studiolo.studio.datastores.paths import address
from studiolo.studio.experiments.job_schemas import DataInput, JobOutput
from studiolo.studio.experiments.schemas import JobSpec
from studiolo.studio.pipelines.schemas import Given, PipelineSpec
from studiolo.studio.schedules.errors import BadSchedule
from studiolo.studio.schedules.schemas import Cause, FilesCause

_EXPRESSION = re.compile(r"\$\{\{\s*(name|(?:trigger|creation_context)\.\w+)\s*\}\}")
_AZURE = {"creation_context.trigger_time": "trigger.time"}
TAG = "studiolo.schedule"
_LONGEST = 200  # letters of a run's name that is made of a file's
Words = Mapping[str, str]


def run_name(schedule: str, due: datetime, zone: str) -> str:
    """Return the name of the run of a time, as the zone's clocks show it.

    >>> run_name("nightly", datetime(2026, 1, 2, 1, 30, tzinfo=UTC), "Europe/Berlin")
    'nightly-20260102-0230'
    """
    local = due.astimezone(ZoneInfo(zone))
    return f"{schedule}-{local:%Y%m%d-%H%M%S}" if local.second else f"{schedule}-{local:%Y%m%d-%H%M}"


def words(schedule: str, due: datetime, zone: str, cause: Cause | None = None) -> dict[str, str]:
    """Return what expressions come to. cause: of a trigger that is no time, what came."""
    moment = due.astimezone(UTC).replace(microsecond=0)
    found = {"name": run_name(schedule, due, zone), "trigger.time": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}
    return found if cause is None else {**found, **_came(schedule, cause)}


def _came(schedule: str, cause: Cause) -> dict[str, str]:
    """Return what expressions come to of a version or of files. Of one file the run's name says which."""
    if not isinstance(cause, FilesCause):
        reference = f"{cause.dataset}:{cause.version}"
        name = f"{schedule}-{cause.dataset}-{cause.version}"
        found = {"name": name, "trigger.path": f"azureml:{reference}", "trigger.dataset": reference}
        return {**found, "trigger.version": str(cause.version)}
    paths = [one.path for one in cause.files]
    found = {"trigger.datastore": cause.datastore, "trigger.folder": cause.folder, "trigger.count": str(len(paths))}
    found["trigger.files"] = json.dumps(paths, ensure_ascii=False)
    if len(paths) == 1 and not cause.batch:
        file = paths[0].rpartition("/")[2]
        found |= {"trigger.file": file, "name": f"{schedule}-{file}"[:_LONGEST]}
        return {**found, "trigger.path": address(cause.datastore, paths[0])}
    return {**found, "trigger.path": address(cause.datastore, cause.folder)}


def text(given: str, known: Words, field: str) -> str:
    """Return a text with its expressions filled in; raises BadSchedule for one that the trigger does not have.

    >>> text("day ${{trigger.time}}", {"trigger.time": "2026-01-01T00:00:00Z"}, "x")
    'day 2026-01-01T00:00:00Z'
    """

    def value(match: re.Match[str]) -> str:
        name = _AZURE.get(match[1], match[1])
        if name not in known:
            has = ", ".join(f"${{{{{one}}}}}" for one in known)
            raise BadSchedule(f"'{match[0]}' is nothing that the trigger has.", f"It has: {has}.", field=field)
        return known[name]

    return _EXPRESSION.sub(value, given)


def pipeline(spec: PipelineSpec, known: Words, schedule: str) -> PipelineSpec:
    """Return a pipeline for one firing."""
    values = {name: _given(one, known, f"target.values.{name}") for name, one in spec.values.items()}
    changes = {
        "name": known["name"],
        "values": values,
        "outputs": _outputs(spec.outputs, known),
        "tags": {**_texts(spec.tags, known, "tags"), TAG: schedule},
    }
    return spec.model_copy(update=changes)


def job(spec: JobSpec, known: Words, schedule: str) -> JobSpec:
    """Return a job for one firing."""
    tags = {key: value for key, value in spec.tags.items() if key != "mlflow.runName"}
    data = {name: _data(one, known, f"target.inputs.{name}") for name, one in spec.data.items()}
    changes = {
        "name": known["name"],
        "parent_id": None,
        "params": _texts(spec.params, known, "inputs"),
        "data": data,
        "outputs": _outputs(spec.outputs, known),
        "env": _texts(spec.env, known, "env"),
        "tags": {**_texts(tags, known, "tags"), TAG: schedule},
    }
    return spec.model_copy(update=changes)


def given(values: Mapping[str, Given], known: Words) -> dict[str, Given]:
    """Return values of inputs for one firing."""
    return {name: _given(one, known, f"target.inputs.{name}") for name, one in values.items()}


def plain(values: Mapping[str, Any], known: Words, schedule: str) -> dict[str, Any]:
    """Return a mapping of plain values for one firing, with the run's name where it has none of its own."""
    found = {
        name: text(one, known, f"target.spec.{name}") if isinstance(one, str) else one for name, one in values.items()
    }
    return {**found, "name": known.get("name", schedule)}


def _given(one: Given, known: Words, field: str) -> Given:
    if isinstance(one, str):
        return text(one, known, field)
    return _data(one, known, field) if isinstance(one, DataInput) else one


def _data(one: DataInput, known: Words, field: str) -> DataInput:
    return one.model_copy(update={"path": text(one.path, known, f"{field}.path")})


def _outputs(outputs: Mapping[str, JobOutput], known: Words) -> dict[str, JobOutput]:
    return {
        name: one.model_copy(
            update={
                "path": text(one.path, known, f"target.outputs.{name}.path"),
                "name": text(one.name, known, f"target.outputs.{name}.name"),
            }
        )
        for name, one in outputs.items()
    }


def _texts(found: Mapping[str, str], known: Words, family: str) -> dict[str, str]:
    return {name: text(value, known, f"target.{family}.{name}") for name, value in found.items()}
