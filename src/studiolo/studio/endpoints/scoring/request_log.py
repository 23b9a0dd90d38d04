"""The log of requests: one line each, written in batches, two files per worker that replace each other."""

import time
from datetime import UTC, datetime
from pathlib import Path


class RequestLog:
    """Lines wait in memory for `flush`, which the worker calls four times a second and at its end."""

    def __init__(self, path: Path, limit: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._limit = limit
        self._file = path.open("ab", buffering=0)
        self._size = path.stat().st_size
        self._lines: list[str] = []
        self._second = 0
        self._stamp = ""

    def request(self, status: int, method: str, path: str, rows: int, microseconds: int, name: str) -> None:
        """Note a request that was answered."""
        self._lines.append(
            f"{self._now()} {status} {method} {path} rows={rows} ms={microseconds / 1000:.2f} id={name}\n"
        )

    def note(self, text: str) -> None:
        """Note something that takes several lines, such as a traceback."""
        self._lines.append(f"{self._now()} {text.rstrip()}\n")

    def flush(self) -> None:
        """Write what waits; a full disk loses lines, never requests."""
        if not self._lines:
            return
        data = "".join(self._lines).encode("utf-8", "replace")
        self._lines.clear()
        try:
            if self._size + len(data) > self._limit // 2:
                self._roll()
            self._size += self._file.write(data) or 0
        except OSError:
            return

    def _roll(self) -> None:
        self._file.close()
        self.path.replace(self.path.with_suffix(".1.log"))
        self._file = self.path.open("ab", buffering=0)
        self._size = 0

    def _now(self) -> str:
        now = time.time()
        second = int(now)
        if second != self._second:
            self._second = second
            self._stamp = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        return f"{self._stamp}.{int((now - second) * 1000):03d}Z"
