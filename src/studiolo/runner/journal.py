"""How a job reports to the studio: JSON lines appended to a file. Stand-alone: copy it, or import it from here."""

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

KINDS = ("param", "metric", "tag", "progress", "child", "document")


class Journal:
    """Appends reports; each line is written by one write, so several processes may share a journal.

    path: default the one of this job (STUDIOLO_JOURNAL); outside of a job, reports go nowhere.
    run: id of a child run that the reports are about; default the job's own run.
    """

    def __init__(self, path: str | Path | None = None, run: str | None = None) -> None:
        self.path = str(path or os.environ.get("STUDIOLO_JOURNAL") or "")
        self.run = run

    def of(self, run: str) -> "Journal":
        """Return the journal of a child run."""
        return Journal(self.path, run)

    def param(self, key: str, value: object) -> None:
        """Report what the run was given."""
        self._append("param", key=key, value=str(value))

    def metric(self, key: str, value: float, step: int | None = None, timestamp: float | None = None) -> None:
        """Report a number. timestamp: seconds since 1970, default now; NaN and infinities are kept."""
        self._append("metric", key=key, value=float(value), step=step, timestamp=timestamp)

    def tag(self, key: str, value: object) -> None:
        """Report a label."""
        self._append("tag", key=key, value=str(value))

    def progress(self, done: float, total: float | None = None, label: str = "") -> None:
        """Report how far the job is."""
        self._append("progress", done=float(done), total=None if total is None else float(total), label=label)

    def child(
        self,
        id: str,  # noqa: A002 - the name of the field
        name: str,
        state: str,
        *,
        kind: str = "trial",
        params: Mapping[str, object] | None = None,
        metrics: Mapping[str, float] | None = None,
        tags: Mapping[str, object] | None = None,
        error: str | None = None,
        started_at: float | None = None,
        ended_at: float | None = None,
    ) -> None:
        """Make or change a child run. id: 32 hex digits, made by the job; times in seconds since 1970."""
        fields: dict[str, Any] = {"id": id, "name": name, "state": state, "child_kind": kind, "error": error}
        fields |= {"params": {key: str(value) for key, value in (params or {}).items()}}
        fields |= {"metrics": {key: float(value) for key, value in (metrics or {}).items()}}
        fields |= {"tags": {key: str(value) for key, value in (tags or {}).items()}}
        self._append("child", **fields, started_at=started_at, ended_at=ended_at)

    def document(self, name: str, value: Any) -> None:
        """Report a JSON document; one of the same name is replaced."""
        self._append("document", name=name, value=value)

    def _append(self, kind: str, **fields: Any) -> None:
        if not self.path:
            return
        line = {"kind": kind, "at": time.time(), **{key: value for key, value in fields.items() if value is not None}}
        if self.run and kind != "child":
            line["run"] = self.run
        data = json.dumps(line, ensure_ascii=False, separators=(",", ":"), default=_plain).encode() + b"\n"
        # opened each time, so that a forked worker shares nothing with its parent
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            written = os.write(descriptor, data)
            if written < len(data):
                os.write(descriptor, b"\n")  # a full disk: end the torn line, so that the next one can be read
                raise OSError(f"only {written} of {len(data)} bytes could be written to {self.path}")
        finally:
            os.close(descriptor)


def _plain(value: Any) -> Any:
    """Turn what numpy and pandas have into JSON."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    return str(value)


def read(data: bytes) -> tuple[list[dict[str, Any]], int]:
    """Return the whole lines of a piece of journal, and how many bytes they take; what cannot be read is left out."""
    end = data.rfind(b"\n") + 1
    entries = []
    for line in data[:end].split(b"\n"):
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and entry.get("kind") in KINDS:
            entries.append(entry)
    return entries, end
