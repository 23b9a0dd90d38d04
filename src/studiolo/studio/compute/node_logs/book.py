"""The file of a log: it is appended to, and forgets its beginning when it becomes long.

A state beside it says how far it is written, and of what. Who writes appends first and replaces the state after: killed in
between, what stands behind the end that the state names is cut off by the next one, who writes it again. Readers read up to that end.
Bytes are counted from the first that was ever written, so that an offset means the same when the beginning has gone.
"""

import contextlib
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studiolo.kernel.storage.log_pieces import LogChunk, chunk
from studiolo.runner import attempt

PART = 256 * 1024  # bytes, after which a new file is begun
PARTS = 2  # files that are kept
_STATE = "state.json"
_TAKEN = 256  # ids that are remembered: more than are ever looked at again
_TRIES = 5


@dataclass(slots=True)
class State:
    """parts: byte and line that each file begins with, oldest first; end: byte behind the last; taken: ids of what is in it.

    tails: of other files that are copied into it, how far.
    """

    parts: list[tuple[int, int]] = field(default_factory=lambda: [(0, 1)])
    end: int = 0
    taken: list[int] = field(default_factory=list)
    tails: dict[str, Any] = field(default_factory=dict)


def state(folder: Path) -> State | None:
    """Return how far a log is written, None when it was not begun."""
    found = attempt.read_json(str(folder), _STATE)
    if found is None:
        return None
    parts = [(int(start), int(line)) for start, line in found["parts"]]
    return State(parts, int(found["end"]), list(found["taken"]), dict(found["tails"]))


def append(
    folder: Path, lines: Iterable[str], taken: Iterable[int] = (), tails: Mapping[str, Any] | None = None
) -> None:
    """Write lines, what they were made of, and how far other files are copied: all of it or nothing."""
    now = state(folder) or State()
    data = "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")
    folder.mkdir(parents=True, exist_ok=True)
    start, first = now.parts[-1]
    if now.end - start >= PART:
        now.parts.append((now.end, first + _count(_file(folder, start))))
        del now.parts[:-PARTS]
        start = now.end
    with _file(folder, start).open("ab") as file:
        if (there := file.seek(0, os.SEEK_END)) > now.end - start:
            file.truncate(now.end - start)  # somebody wrote it who was killed
        else:
            now.end = start + there  # a damaged disk alone makes it less
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    now.end += len(data)
    now.taken = [*now.taken, *taken][-_TAKEN:]
    if tails is not None:
        now.tails = dict(tails)
    whole = {"parts": now.parts, "end": now.end, "taken": now.taken, "tails": now.tails}
    attempt.write_json(str(folder), _STATE, whole)
    kept = {_file(folder, begin).name for begin, _ in now.parts}
    for old in folder.glob("*.log"):
        if old.name not in kept:
            old.unlink(missing_ok=True)


def read(folder: Path, offset: int, limit: int, *, numbered: bool = False) -> LogChunk | None:
    """Return a piece from a byte on (negative: before the end), from the first there is when that has gone; None without a log."""
    for _ in range(_TRIES):
        now = state(folder)
        if now is None:
            return None
        oldest = now.parts[0][0]
        start = max(oldest, now.end + offset) if offset < 0 else min(max(offset, oldest), now.end)
        with contextlib.suppress(FileNotFoundError):  # its beginning was forgotten meanwhile: look again
            found = chunk(_bytes(folder, now, start, start + max(limit, 4)), start, now.end, by_end=offset < 0)
            return found.model_copy(update={"line": _line(folder, now, found.offset)}) if numbered else found
    return None


def whole(folder: Path) -> bytes:
    """Return all that is kept of a log."""
    for _ in range(_TRIES):
        now = state(folder)
        if now is None:
            return b""
        with contextlib.suppress(FileNotFoundError):
            return _bytes(folder, now, now.parts[0][0], now.end)
    return b""


def clear(folder: Path) -> None:
    """Remove logs."""
    shutil.rmtree(folder, ignore_errors=True)


def _file(folder: Path, start: int) -> Path:
    return folder / f"{start}.log"


def _count(path: Path) -> int:
    return path.read_bytes().count(b"\n")


def _bytes(folder: Path, now: State, start: int, end: int) -> bytes:
    found = b""
    ends = [begin for begin, _ in now.parts[1:]] + [now.end]
    for (begin, _), until in zip(now.parts, ends, strict=True):
        if begin < end and until > start:
            with _file(folder, begin).open("rb") as file:
                file.seek(max(0, start - begin))
                found += file.read(min(end, until) - max(start, begin))
    return found


def _line(folder: Path, now: State, offset: int) -> int:
    start, first = max(part for part in now.parts if part[0] <= offset)
    return first + _bytes(folder, now, start, offset).count(b"\n")
