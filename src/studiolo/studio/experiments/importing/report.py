"""What an import did: counts, and each thing that did not come over, with the reason."""

import threading
import time
from typing import Any

MOST_ITEMS = 10_000  # kept in the record of the studio; the file has the same


class Report:
    """Filled while an import runs; `document` is what is shown, kept and written to a file."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.import_id = ""
        self.experiments: list[dict[str, str]] = []
        self.counts: dict[str, dict[str, int]] = {}
        self.amounts = {"points": 0, "files": 0, "bytes": 0}
        self.lost: list[dict[str, str]] = []
        self.mapped: list[dict[str, str]] = []
        self.not_taken: list[dict[str, Any]] = []
        self._left = 0
        self._lock = threading.Lock()
        self._begun = time.monotonic()

    def count(self, kind: str, state: str, many: int = 1) -> None:
        """Count things: kind such as runs, state such as added, updated, there, refused."""
        if not many:
            return
        states = self.counts.setdefault(kind, {})
        states[state] = states.get(state, 0) + many

    def sent(self, files: int, size: int) -> None:
        """Count files that were sent; several threads do."""
        with self._lock:
            self.amounts["files"] += files
            self.amounts["bytes"] += size

    def lose(self, kind: str, which: str, reason: str) -> None:
        """Say that something, or a part of it, did not come over."""
        if len(self.lost) < MOST_ITEMS:
            self.lost.append({"kind": kind, "id": which, "reason": reason})
        else:
            self._left += 1

    @property
    def changed(self) -> int:
        """How many things are new or different here."""
        return sum(states.get(state, 0) for states in self.counts.values() for state in ("added", "updated"))

    def document(self) -> dict[str, Any]:
        """Return the report as JSON."""
        found: dict[str, Any] = {
            "source": self.source,
            "import_id": self.import_id,
            "seconds": round(time.monotonic() - self._begun, 1),
            "counts": self.counts,
            "sent": self.amounts,
            "experiments": self.experiments,
            "mapped": self.mapped[:MOST_ITEMS],
            "lost": self.lost,
            "not_taken": self.not_taken,
        }
        return found | ({"lost_beyond_these": self._left} if self._left else {})
