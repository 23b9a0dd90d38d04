"""What a look into a model's files found, as plain values with bounds."""

from dataclasses import dataclass, field
from typing import Any

from studiolo.studio.models.scan.names import Grade

SCANNER = "1.1"  # raised when a new scanner would say something else of the same file: versions are looked into again
FORMAT = 1  # of the stored report
MAX_FINDINGS = 300
_ORDER = {"dangerous": 0, "unknown": 1, "safe": 2}


class TooMuch(Exception):
    """More unpacks than a model may hold."""


@dataclass
class Report:
    """files: looked at; pickled: held a pickle; left: bytes that may still be unpacked."""

    left: int = 64 << 30
    files: int = 0
    pickled: int = 0
    findings: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    failures: list[dict[str, str]] = field(default_factory=list)
    cut: bool = False

    def add(self, what: str, how: Grade, why: str, file: str, at: int | None = None) -> None:
        """Note an import or another thing that loading would bring."""
        known = self.findings.get((what, how, file))
        if known is not None:
            known["count"] += 1
            return
        if len(self.findings) >= MAX_FINDINGS:
            self.cut = True
            if how == "safe":
                return
            drop = next((key for key, value in self.findings.items() if _ORDER[value["grade"]] > _ORDER[how]), None)
            if drop is None:
                return
            del self.findings[drop]
        self.findings[what, how, file] = {
            "what": what,
            "grade": how,
            "why": why,
            "file": file[:500],
            "offset": at,
            "count": 1,
        }

    def note(self, text: str) -> None:
        """Say something about the model that is no danger by itself."""
        if text not in self.notes and len(self.notes) < 50:
            self.notes.append(text)

    def unreadable(self, file: str, why: str) -> None:
        """Say that a file could not be looked into."""
        if len(self.failures) < 50:
            self.failures.append({"file": file[:500], "why": why})

    def spend(self, size: int) -> None:
        """Count unpacked bytes; raises TooMuch."""
        self.left -= size
        if self.left < 0:
            raise TooMuch

    def verdict(self) -> str:
        """Return the one word for all of it."""
        grades = {value["grade"] for value in self.findings.values()}
        if "dangerous" in grades:
            return "dangerous"
        if self.failures:
            return "unreadable"
        return "unknown" if "unknown" in grades else "clean"

    def as_json(self) -> dict[str, Any]:
        """Return what is stored, worst first."""
        ordered = sorted(
            self.findings.values(), key=lambda one: (_ORDER[one["grade"]], one["file"], one["offset"] or 0)
        )
        return {
            "format": FORMAT,
            "scanner": SCANNER,
            "verdict": self.verdict(),
            "findings": ordered,
            "notes": self.notes,
            "unreadable": self.failures,
            "files": self.files,
            "pickles": self.pickled,
            "cut": self.cut,
        }
