"""The SDK part of schedules."""

import builtins  # `list` is a verb here
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel

from studiolo.kernel.errors import Remote
from studiolo.kernel.http import Transport
from studiolo.studio.schedules.schemas import Firing, Schedule, ScheduleDetail, Times

Plain = Mapping[str, Any] | BaseModel


class Applied(NamedTuple):
    """A schedule that a file describes; warnings: what of the file has no meaning here."""

    schedule: ScheduleDetail
    warnings: builtins.list[str]


class Schedules:
    """Schedules of a workspace."""

    def __init__(self, transport: Transport) -> None:
        self._http = transport

    def create(
        self, name: str, trigger: Plain, target: Plain | str, inputs: Mapping[str, Any] | None = None, **how: Any
    ) -> ScheduleDetail:
        """Make a schedule.

        trigger: such as `{"kind": "cron", "expression": "30 2 * * 1-5", "zone": "Europe/Berlin"}`, `{"kind": "dataset", "dataset": "titanic"}`,
        or `{"kind": "files", "datastore": "landing", "path": "in/*.csv"}`; target: `{"kind": "pipeline", "spec": …}`,
        `{"kind": "job", "spec": …}`, or the id of a run whose like is to run; inputs: other values for inputs of it, such as
        `{"data": "${{trigger.path}}"}`; how: description, catch_up, overlap, enabled.

        >>> studio.schedules.create("nightly", {"kind": "cron", "expression": "0 2 * * *"}, run.id)  # doctest: +SKIP
        """
        body = {"name": name, "trigger": plain(trigger), "target": self.target(target, inputs), **how}
        return ScheduleDetail.model_validate(self._http.post("schedules", json=body))

    def apply(self, file: str | Path, places: Mapping[str, str] | None = None) -> Applied:
        """Make or change the schedule of a YAML file of Azure ML; local files of what it runs are sent along."""
        from studiolo.studio.experiments.job_files import document

        return self.apply_raw(document.read(Path(file)), Path(file), places or {})

    def apply_raw(self, raw: dict[str, Any], path: Path, places: Mapping[str, str]) -> Applied:
        """Make or change a schedule that has been read from a file."""
        from studiolo.studio.schedules import files

        body, warnings = files.of(self._http, raw, path, places)
        return Applied(self.put(body), warnings)

    def put(self, body: Mapping[str, Any]) -> ScheduleDetail:
        """Make a schedule, or change the one of its name; it rests or goes on as before unless `enabled` says so."""
        try:
            self.get(body["name"])
        except Remote as error:
            if error.remote_status != 404:
                raise
            return ScheduleDetail.model_validate(self._http.post("schedules", json=dict(body)))
        changes = {key: value for key, value in body.items() if key not in ("name", "enabled")}
        found = self.change(body["name"], **changes)
        if body.get("enabled", found.enabled) == found.enabled:
            return found
        return self.resume(body["name"]) if body["enabled"] else self.pause(body["name"])

    def target(self, target: Plain | str, inputs: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return what a schedule runs as it is sent. target: one, or the id of a run whose like it is; inputs: other values for some."""
        found = plain(target) if not isinstance(target, str) else self._of_run(target)
        if inputs:
            from studiolo.studio.schedules import files

            for name, value in inputs.items():
                if found["kind"] == "published":
                    found["inputs"] = {**found.get("inputs", {}), name: value}
                elif found["kind"] == "automl":
                    found["spec"] = {**found["spec"], name: value}
                else:
                    files.put_input(found["spec"], name, value, pipeline=found["kind"] == "pipeline")
        return found

    def _of_run(self, run_id: str) -> dict[str, Any]:
        run = self._http.get(f"experiments/runs/{run_id}")
        if run["kind"] == "pipeline":
            return {"kind": "pipeline", "spec": self._http.get(f"pipelines/runs/{run_id}/spec")}
        if run["kind"] == "automl":
            return {"kind": "automl", "spec": self._http.get(f"automl/runs/{run_id}")["spec"]}
        return {"kind": "job", "spec": self._http.get(f"experiments/runs/{run_id}/spec")}

    def list(self, name: str = "", limit: int = 100) -> builtins.list[Schedule]:
        """Return schedules by name. name: a part of it."""
        return [Schedule.model_validate(one) for one in self._http.get("schedules", name=name, limit=limit)["items"]]

    def get(self, name: str) -> ScheduleDetail:
        """Return a schedule with what it runs."""
        return ScheduleDetail.model_validate(self._http.get(f"schedules/{name}"))

    def firings(self, name: str, limit: int = 50) -> builtins.list[Firing]:
        """Return what a schedule has fired, newest first, and why times made no run."""
        return [Firing.model_validate(one) for one in self._http.get(f"schedules/{name}/firings", limit=limit)["items"]]

    def change(self, name: str, **changes: Any) -> ScheduleDetail:
        """Change a schedule: description, trigger, target, catch_up, overlap."""
        body = {key: plain(value) if key == "trigger" else value for key, value in changes.items()}
        if "target" in body:
            body["target"] = self.target(body["target"])
        return ScheduleDetail.model_validate(self._http.patch(f"schedules/{name}", json=body))

    def pause(self, name: str) -> ScheduleDetail:
        """Let a schedule rest."""
        return ScheduleDetail.model_validate(self._http.post(f"schedules/{name}/pause"))

    def resume(self, name: str) -> ScheduleDetail:
        """Let a schedule go on from now."""
        return ScheduleDetail.model_validate(self._http.post(f"schedules/{name}/resume"))

    def run(self, name: str, version: int | None = None, path: str = "") -> Firing:
        """Run at once what a schedule runs; of one that waits for versions or files, for the newest or the one that is named."""
        asked = {"version": version, "path": path}
        return Firing.model_validate(self._http.post(f"schedules/{name}/run", json=asked))

    def delete(self, name: str) -> None:
        """Remove a schedule with its history; its runs stay."""
        self._http.delete(f"schedules/{name}")

    def times(self, trigger: Plain, count: int = 5) -> Times:
        """Return the next times of a trigger; nothing is kept."""
        asked = {"trigger": plain(trigger), "count": count}
        return Times.model_validate(self._http.post("schedules/times", json=asked))


def plain(given: Plain) -> dict[str, Any]:
    """Return a noun as it is sent."""
    return given.model_dump(mode="json") if isinstance(given, BaseModel) else dict(given)
