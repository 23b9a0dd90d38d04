"""Reads the triggers of schedules' files (YAML), on the side of the client."""

import re
from collections.abc import Mapping
from typing import Any

from studiolo.studio.datastores import paths
from studiolo.studio.experiments.job_files import document
from studiolo.studio.experiments.job_files.document import enum, mapping, text, unknown
from studiolo.studio.schedules.errors import BadSchedule

_TRIGGER = ("type", "start_time", "end_time", "time_zone", "timezone")
_FILES = (
    "datastore",
    "path",
    "path_on_datastore",
    "polling_interval",
    "interval",
    "batch",
    "most",
    "existing",
    "data_path_parameter_name",
)
_TOLD_BY = {"expression": "cron", "frequency": "recurrence", "dataset": "dataset", "datastore": "files"}


def of(raw: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the trigger of a schedule's file as it is sent, and what of it has no meaning here; raises BadSchedule."""
    given = mapping(raw, "trigger")
    kind = enum(given.get("type")) or next((kind for key, kind in _TOLD_BY.items() if key in given), "")
    when = {
        "zone": text(given.get("time_zone") or given.get("timezone")) or "UTC",
        "start": _moment(given, "start_time"),
        "end": _moment(given, "end_time"),
    }
    if kind == "cron":
        warnings = unknown(given, (*_TRIGGER, "expression"), "trigger.")
        return {"kind": "cron", "expression": text(given.get("expression")), **when}, warnings
    if kind == "recurrence":
        warnings = unknown(given, (*_TRIGGER, "frequency", "interval", "schedule", "pattern"), "trigger.")
        pattern = mapping(given, "schedule") or mapping(given, "pattern")
        warnings += unknown(pattern, ("hours", "minutes", "week_days", "weekdays", "month_days"), "trigger.schedule.")
        days = _many(pattern.get("week_days", pattern.get("weekdays")))
        found = {
            "kind": "recurrence",
            "frequency": enum(given.get("frequency")).removesuffix("s") or "day",
            "interval": given.get("interval", 1),
            "hours": _many(pattern.get("hours")),
            "minutes": _many(pattern.get("minutes")),
            "week_days": [text(day).strip().lower() for day in days],
            "month_days": _many(pattern.get("month_days")),
        }
        return {**found, **when}, warnings
    if kind == "dataset":
        warnings = unknown(given, (*_TRIGGER, "dataset", "data_path_parameter_name"), "trigger.")
        named = text(given.get("dataset")).strip().removeprefix("azureml:").removesuffix("@latest")
        return {"kind": "dataset", "dataset": named, **when}, warnings
    if kind == "files":
        return _files(given, when)
    raise BadSchedule(
        f"The trigger is '{kind}'." if kind else "There is no trigger.",
        "Write `trigger:` with `type: cron`, `recurrence`, `dataset` or `files`.",
        field="trigger.type",
    )


def _files(given: Mapping[str, Any], when: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Read a trigger by files. `path_on_datastore` and `polling_interval`, in minutes, are the words of Azure ML's first SDK."""
    warnings = unknown(given, (*_TRIGGER, *_FILES), "trigger.")
    store = text(given.get("datastore")).strip().removeprefix("azureml:")
    path = text(given.get("path", given.get("path_on_datastore"))).strip()
    if path.startswith(("azureml://", "studiolo://")):
        store, path = at(path)
    found: dict[str, Any] = {"kind": "files", "datastore": store, "path": path, **when}
    if given.get("polling_interval") is not None:
        found["interval"] = 60 * _minutes(text(given["polling_interval"]))
    for name in ("interval", "most"):
        if given.get(name) is not None:
            found[name] = given[name]
    if given.get("existing") is not None:
        found["existing"] = enum(given["existing"])
    if given.get("batch") is not None:
        found["batch"] = bool(given["batch"].truth if isinstance(given["batch"], document.Word) else given["batch"])
    return found, warnings


def _minutes(said: str) -> int:
    if not re.fullmatch(r"\d{1,6}", said):
        raise BadSchedule(
            f"The polling interval is '{said}'.", "Write whole minutes, such as 5.", field="trigger.polling_interval"
        )
    return int(said)


def at(address: str) -> tuple[str, str]:
    """Return datastore and path, or pattern, of an address (`azureml://datastores/…`), or of `DATASTORE/PATH`."""
    if "://" in address:
        return paths.parse(address)
    store, _, path = address.partition("/")
    return store, path


def _moment(given: Mapping[str, Any], key: str) -> str | None:
    """Return a moment as it is sent. Dates of YAML come as they were written; a blank stands for the T."""
    said = text(given.get(key)).strip()
    if not said or said.lower() == "none":
        return None
    if re.fullmatch(r"\d{4}-\d\d?-\d\d?", said):
        said += "T00:00:00"
    return said.replace(" ", "T", 1)


def _many(given: Any) -> list[Any]:
    return [] if given is None else list(given) if isinstance(given, list) else [given]
