"""The SDK part of AutoML: `studio.automl`."""

import time
from collections.abc import Iterator
from typing import Any

from studiolo.kernel.errors import StudioloError
from studiolo.kernel.http import Transport
from studiolo.studio.automl.schemas import AutoMLRun, AutoMLSpec, Columns, Guardrail, Importance, Leaderboard, Options
from studiolo.studio.experiments.schemas import TERMINAL

AutoMLRuns = list[AutoMLRun]
Guardrails = list[Guardrail]


class AutoMLFailed(StudioloError):
    """A run that was waited for gave no model."""

    code, status, title = "automl.run_failed", 409, "The AutoML run did not complete"

    def __init__(self, found: AutoMLRun) -> None:
        run = found.run
        super().__init__(
            f"Run {run.id} '{run.name}' ended as {run.state}: {run.error or found.model_error or ''}",
            f"See its log: studiolo experiments logs {run.id}",
        )
        self.found = found


class AutoML:
    """Models from a table and a target."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def submit(self, dataset: str, target: str, **options: Any) -> AutoMLRun:
        """Queue a run. dataset: `name` or `name:version`; options: the other fields of AutoMLSpec, such as time_limit=60."""
        spec = AutoMLSpec(dataset=dataset, target=target, **options)
        return AutoMLRun.model_validate(self._transport.post("automl/runs", json=spec.model_dump(mode="json")))

    def options(self) -> Options:
        """Return tasks, metrics and learners to choose from."""
        return Options.model_validate(self._transport.get("automl/options"))

    def list(self, limit: int = 50) -> AutoMLRuns:
        """Return the newest AutoML runs."""
        return [AutoMLRun.model_validate(item) for item in self._transport.get("automl/runs", limit=limit)["items"]]

    def get(self, run_id: str) -> AutoMLRun:
        """Return a run with its best model so far and, at the end, the summary."""
        return AutoMLRun.model_validate(self._transport.get(f"automl/runs/{run_id}"))

    def leaderboard(self, run_id: str) -> Leaderboard:
        """Return the models so far, best first."""
        return Leaderboard.model_validate(self._transport.get(f"automl/runs/{run_id}/leaderboard"))

    def guardrails(self, run_id: str) -> Guardrails:
        """Return the checks of the data."""
        return [Guardrail.model_validate(item) for item in self._transport.get(f"automl/runs/{run_id}/guardrails")]

    def columns(self, run_id: str) -> Columns | None:
        """Return how each column is used, None before the table was read."""
        found = self._transport.get(f"automl/runs/{run_id}/columns")
        return None if found is None else Columns.model_validate(found)

    def importance(self, run_id: str) -> Importance | None:
        """Return which columns the served model uses, None before the end."""
        found = self._transport.get(f"automl/runs/{run_id}/importance")
        return None if found is None else Importance.model_validate(found)

    def charts(self, run_id: str, child: str) -> dict[str, Any]:
        """Return the numbers behind the charts of a row of the leaderboard."""
        found: dict[str, Any] = self._transport.get(f"automl/runs/{run_id}/charts/{child}")
        return found

    def watch(self, run_id: str, pause: float = 0.5) -> Iterator[AutoMLRun]:
        """Yield the run again and again until it has ended and its model is registered."""
        ended_for = 0
        while True:
            found = self.get(run_id)
            yield found
            ended = found.run.state in TERMINAL
            if ended and (found.run.state != "Completed" or found.model or found.model_error or ended_for > 60):
                return
            ended_for += ended
            time.sleep(pause)

    def wait(self, run_id: str, pause: float = 0.5) -> AutoMLRun:
        """Wait for the end; raises AutoMLFailed unless the run completed."""
        *_, found = self.watch(run_id, pause)
        if found.run.state != "Completed" or found.model_error:
            raise AutoMLFailed(found)
        return found
