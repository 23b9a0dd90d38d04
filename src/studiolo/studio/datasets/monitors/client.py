"""Drift monitors in Python: `studio.datasets.monitors`."""

import builtins  # `list` is a verb here
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from studiolo.kernel.http import Transport
from studiolo.studio.datasets.monitors.results import Comparison
from studiolo.studio.datasets.monitors.schemas import (
    Backfill,
    FeatureTrend,
    Monitor,
    SettingsVersion,
    WindowPreview,
    WindowResult,
)
from studiolo.studio.datasets.names import parse

Moment = datetime | str
_AHEAD = ("running",)


class Monitors:
    """How far windows of a dataset have moved from a baseline. Moments: datetime, or a text such as `2026-01-31`."""

    def __init__(self, transport: Transport) -> None:
        self._http = transport

    def create(
        self,
        name: str,
        dataset: str,
        timestamp: str,
        *,
        baseline: str | Mapping[str, Any] | None = None,
        features: builtins.list[str] | None = None,
        exclude: builtins.list[str] | None = None,
        frequency: str = "day",
        zone: str = "UTC",
        description: str = "",
        enabled: bool = True,
        since: Moment | None = None,
        **settings: Any,
    ) -> Monitor:
        """Make a monitor of windows of `dataset`, cut by the column `timestamp`.

        baseline: `name:version`, or a mapping with dataset, version, timestamp, start and end; default the dataset's newest
        version. settings: latency_hours, threshold, feature_threshold, thresholds, weights, alert_features, recipients.
        """
        spec = {
            "name": name,
            "target": {"dataset": dataset, "timestamp": timestamp, "zone": settings.pop("column_zone", "UTC")},
            "baseline": _baseline(baseline or dataset),
            "features": features or [],
            "exclude": exclude or [],
            "frequency": frequency,
            "zone": zone,
            "description": description,
            "enabled": enabled,
            "since": _text(since),
            **settings,
        }
        return Monitor.model_validate(self._http.post("datasets/monitors", spec))

    def list(self, dataset: str | None = None) -> builtins.list[Monitor]:
        """Return the monitors of the workspace, or of a dataset, by name."""
        return [Monitor.model_validate(item) for item in self._http.get("datasets/monitors", dataset=dataset)]

    def get(self, name: str) -> Monitor:
        """Return a monitor: what it does, its state, its newest window."""
        return Monitor.model_validate(self._http.get(self._path(name)))

    def update(self, name: str, **changes: Any) -> Monitor:
        """Change description, enabled, or any of the settings; what was found stays as it was judged."""
        patch: dict[str, Any] = {key: changes.pop(key) for key in ("description", "enabled") if key in changes}
        if changes:
            settings = self.get(name).settings.model_dump(mode="json")
            if "baseline" in changes:
                changes["baseline"] = _baseline(changes["baseline"])
            patch["settings"] = settings | changes
        return Monitor.model_validate(self._http.patch(self._path(name), patch))

    def delete(self, name: str) -> None:
        """Remove a monitor with all that it found."""
        self._http.delete(self._path(name))

    def settings(self, name: str) -> builtins.list[SettingsVersion]:
        """Return the settings as they were, newest first."""
        return [SettingsVersion.model_validate(item) for item in self._http.get(f"{self._path(name)}/settings")]

    def windows(self, name: str, start: Moment | None = None, end: Moment | None = None) -> Iterator[WindowResult]:
        """Yield windows, newest first. start, end: those that begin in between."""
        cursor = None
        while True:
            page = self._http.get(
                f"{self._path(name)}/windows", start=_text(start), end=_text(end), cursor=cursor, limit=1000
            )
            yield from (WindowResult.model_validate(item) for item in page["items"])
            cursor = page["next"]
            if cursor is None:
                return

    def window(self, name: str, start: Moment) -> Comparison:
        """Return the comparison of a window: every feature, every measure."""
        return Comparison.model_validate(self._http.get(f"{self._path(name)}/windows/{quote(_text(start) or '')}"))

    def trend(self, name: str, feature: str, start: Moment | None = None, end: Moment | None = None) -> FeatureTrend:
        """Return a feature over time, oldest first."""
        found = self._http.get(f"{self._path(name)}/trend", feature=feature, start=_text(start), end=_text(end))
        return FeatureTrend.model_validate(found)

    def run(self, name: str, moment: Moment | None = None, *, wait: bool = True, timeout: float = 3600) -> WindowResult:
        """Compute the window that holds a moment, default the newest one that is over, and wait for its result."""
        begun = WindowResult.model_validate(self._http.post(f"{self._path(name)}/windows", {"moment": _text(moment)}))
        until = time.monotonic() + timeout
        while wait and begun.state in _AHEAD and time.monotonic() < until:
            time.sleep(0.3)
            page = self._http.get(
                f"{self._path(name)}/windows", start=begun.start.isoformat(), end=begun.end.isoformat(), limit=1
            )
            begun = WindowResult.model_validate(page["items"][0])
        return begun

    def backfill(
        self, name: str, start: Moment, end: Moment, *, wait: bool = False, timeout: float = 24 * 3600
    ) -> Backfill:
        """Compute windows of the past, however many; they go on by themselves, whatever is restarted meanwhile."""
        spec = {"start": _text(start), "end": _text(end)}
        begun = Backfill.model_validate(self._http.post(f"{self._path(name)}/backfills", spec))
        until = time.monotonic() + timeout
        while wait and begun.state == "running" and time.monotonic() < until:
            time.sleep(0.5)
            begun = next(one for one in self.backfills(name) if one.id == begun.id)
        return begun

    def backfills(self, name: str) -> builtins.list[Backfill]:
        """Return the backfills of a monitor, newest first."""
        return [Backfill.model_validate(item) for item in self._http.get(f"{self._path(name)}/backfills")]

    def cancel_backfill(self, name: str, backfill: str) -> Backfill:
        """Stop a backfill; windows that are done stay."""
        self._http.delete(f"{self._path(name)}/backfills/{quote(backfill, safe='')}")
        return next(one for one in self.backfills(name) if one.id == backfill)

    def preview(
        self, dataset: str, timestamp: str, *, frequency: str = "day", zone: str = "UTC", column_zone: str = "UTC"
    ) -> WindowPreview:
        """Count the rows of the windows that a monitor would look at."""
        spec = {"dataset": dataset, "timestamp": timestamp, "frequency": frequency, "zone": zone}
        found = self._http.post("datasets/monitors/preview", {**spec, "column_zone": column_zone})
        return WindowPreview.model_validate(found)

    @staticmethod
    def _path(name: str) -> str:
        return f"datasets/monitors/{quote(name, safe='')}"


def _baseline(given: str | Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(given, str):
        name, version = parse(given)
        return {"dataset": name, "version": version}
    return {key: _text(value) if key in ("start", "end") else value for key, value in given.items()}


def _text(moment: Moment | None) -> str | None:
    """Write a moment; a bare day is its first moment in UTC."""
    if moment is None:
        return None
    found = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return found.isoformat() if found.tzinfo else f"{found.isoformat()}+00:00"
