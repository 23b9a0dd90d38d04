"""Quality rules in Python: `studio.datasets.quality`."""

import builtins  # `list` is a verb elsewhere here
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from studiolo.kernel.http import Transport
from studiolo.studio.datasets.quality.rules import Rule
from studiolo.studio.datasets.quality.schemas import Check, CheckReport, Quality, Suggestion


class QualityRules:
    """What the versions of a dataset must hold, and the checks of it."""

    def __init__(self, transport: Transport) -> None:
        self._http = transport

    def get(self, dataset: str) -> Quality:
        """Return the rules of a dataset and how they stand."""
        return Quality.model_validate(self._http.get(f"datasets/{dataset}/quality"))

    def set(self, dataset: str, rules: Sequence[Rule | Mapping[str, Any]], **how: Any) -> Quality:
        """Write the rules of a dataset, such as `{"type": "range", "column": "Age", "min": 0, "severity": "block"}`.

        how: frequency (`hour`, `day`, `week`, `month`), zone, recipients; what is left out is as it is by default.
        """
        plain = [rule.model_dump(mode="json") if isinstance(rule, BaseModel) else dict(rule) for rule in rules]
        return Quality.model_validate(self._http.put(f"datasets/{dataset}/quality", {"rules": plain, **how}))

    def load(self, dataset: str, file: str | Path) -> Quality:
        """Write the rules that a YAML file holds."""
        text = Path(file).read_text("utf-8")
        return Quality.model_validate(self._http.put(f"datasets/{dataset}/quality/rules.yaml", {"text": text}))

    def suggest(self, dataset: str, version: int | None = None) -> builtins.list[Suggestion]:
        """Return rules that the profile of a version keeps."""
        found = self._http.get(f"datasets/{dataset}/quality/suggestions", version=version)
        return [Suggestion.model_validate(item) for item in found]

    def check(
        self, dataset: str, version: int | None = None, *, wait: bool = True, timeout: float = 3600
    ) -> CheckReport:
        """Check a version, the newest when none is named, and wait for the report."""
        begun = Check.model_validate(self._http.post(f"datasets/{dataset}/quality/checks", {"version": version}))
        found = CheckReport(check=begun)
        until = time.monotonic() + timeout
        while wait and found.check.state == "running" and time.monotonic() < until:
            time.sleep(0.3)
            found = self.report(dataset, begun.id)
        return found

    def report(self, dataset: str, check: str) -> CheckReport:
        """Return a check and what came of each rule, with the first rows that break it."""
        return CheckReport.model_validate(self._http.get(f"datasets/{dataset}/quality/checks/{check}"))

    def history(self, dataset: str, version: int | None = None, limit: int = 50) -> builtins.list[Check]:
        """Return the newest checks."""
        page = self._http.get(f"datasets/{dataset}/quality/checks", version=version, limit=limit)
        return [Check.model_validate(item) for item in page["items"]]

    def accept(self, dataset: str, version: int) -> None:
        """Let a version be the newest one although a rule blocks it."""
        self._http.post(f"datasets/{dataset}/quality/versions/{version}/accept")
