"""Which mini-batches are done: lines of a file in the attempt's folder, which a later attempt of the job goes on from.

A line stands when what it tells of is on disk: the rows that `run` returned, in a file of their own. What scripts write into outputs
themselves is taken over as it is.
"""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = "parallel"
_LEDGER, _HEAD, _ROWS = "ledger.jsonl", "batches.json", "rows"
ROWS = f"{FOLDER}/{_ROWS}"  # kept until it is known that no attempt follows
TABLE = f"{FOLDER}/table"  # what an attempt made of a table that it cuts; the next makes its own


class Entry(NamedTuple):
    """A mini-batch that needs no more work. items: that it has; returned: that `run` gave back."""

    batch: int
    items: int
    returned: int
    failed: bool = False
    error: str = ""


class Ledger:
    """The book of one attempt."""

    def __init__(self, place: Path, fingerprint: str) -> None:
        self.folder = place / FOLDER
        self._place, self._fingerprint = place, fingerprint
        (self.folder / _ROWS).mkdir(parents=True, exist_ok=True)
        self._file = (self.folder / _LEDGER).open("ab")

    def begin(self) -> list[Entry]:
        """Say what this attempt cuts, and take over what earlier attempts of the job have done of the same."""
        part = self.folder / f".{_HEAD}"
        part.write_text(json.dumps({"fingerprint": self._fingerprint}), "utf-8")
        part.rename(self.folder / _HEAD)
        taken: dict[int, Entry] = {}
        for earlier in self._earlier():
            _move(earlier / "outputs", self._place / "outputs")
            for entry in _read(earlier / FOLDER / _LEDGER):
                if entry.failed or entry.batch in taken:
                    continue
                rows = earlier / FOLDER / _ROWS / str(entry.batch)
                if rows.exists():
                    shutil.copyfile(rows, self.rows(entry.batch))
                taken[entry.batch] = entry
        for entry in taken.values():
            self.note(entry)
        return [taken[batch] for batch in sorted(taken)]

    def rows(self, batch: int) -> Path:
        """Return the file of what `run` returned for a mini-batch."""
        return self.folder / _ROWS / str(batch)

    def note(self, entry: Entry) -> None:
        """Write down that a mini-batch is over."""
        self._file.write(json.dumps(entry._asdict()).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def gather(self, target: Path, done: list[int]) -> int:
        """Write the rows of all mini-batches into one file, in their order; returns the bytes."""
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        with part.open("wb") as into:
            for batch in sorted(done):
                if self.rows(batch).exists():
                    with self.rows(batch).open("rb") as source:
                        shutil.copyfileobj(source, into, 1 << 20)
            written = into.tell()
        part.rename(target)
        return written

    def _earlier(self) -> Iterator[Path]:
        """Yield the folders of earlier attempts that cut the same, newest first."""
        own = int(self._place.name) if self._place.name.isdigit() else 0
        for number in range(own - 1, 0, -1):
            folder = self._place.parent / str(number)
            try:
                head: Any = json.loads((folder / FOLDER / _HEAD).read_text("utf-8"))
            except (OSError, ValueError):
                continue
            if isinstance(head, dict) and head.get("fingerprint") == self._fingerprint:
                yield folder


def _read(path: Path) -> list[Entry]:
    """Return the whole lines of a book; the last one may be torn."""
    found = []
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return []
    for line in lines:
        try:
            found.append(Entry(**json.loads(line)))
        except (ValueError, TypeError):
            continue
    return found


def _move(source: Path, target: Path) -> None:
    """Bring what an earlier attempt left in its outputs; what is there already stays. Killed in between, the rest is still there."""
    for place, _, names in os.walk(source):
        for name in names:
            path = Path(place) / name
            goal = target / path.relative_to(source)
            if not goal.exists() and not path.is_symlink():
                goal.parent.mkdir(parents=True, exist_ok=True)
                path.replace(goal)
