"""Counting requests: one small file per worker, shared by mmap, that the studio reads while the worker writes.

Layout, little-endian unsigned 64-bit words: a header, the counts since the file was made by status, then windows of ten
seconds for the last hour, each with its number (seconds since 1970 divided by ten), its counts and a histogram of
durations. A reader may see a request half counted; nothing else can go wrong, and nobody waits.
"""

import mmap
import time
from dataclasses import dataclass
from pathlib import Path

MAGIC = 0x5354_4C31  # "STL1"
WINDOW = 10
WINDOWS = 360
STATUSES = (200, 400, 401, 404, 405, 408, 413, 415, 422, 499, 500, 503)
BUCKETS = 100
_HEADER = 4 + len(STATUSES)
_SLOT = 5 + BUCKETS  # number, requests, errors, rows, microseconds, then the histogram
SIZE = (_HEADER + WINDOWS * _SLOT) * 8
_PLACE = {status: 4 + place for place, status in enumerate(STATUSES)}


def bucket(microseconds: int) -> int:
    """Return the histogram bucket of a duration: four per doubling.

    >>> bucket(3), bucket(100), bucket(1_000), bucket(60_000_000)
    (3, 22, 35, 99)
    """
    if microseconds < 4:
        return max(microseconds, 0)
    octave = microseconds.bit_length()
    return min((octave - 2) * 4 + (microseconds >> (octave - 3)) - 4, BUCKETS - 1)


def upper(place: int) -> float:
    """Return the middle of a bucket, in milliseconds."""
    if place < 4:
        return place / 1000
    octave, part = divmod(place, 4)
    return (4.5 + part) * float(1 << octave) / 2000


class Counters:
    """The counts of one worker."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as file:
            file.truncate(SIZE)
            self._map = mmap.mmap(file.fileno(), SIZE)
        self.words = memoryview(self._map).cast("Q")
        if self.words[0] != MAGIC:
            self.words[0], self.words[1] = MAGIC, int(time.time())

    def count(self, status: int, rows: int, microseconds: int) -> None:
        """Count one request."""
        words = self.words
        words[_PLACE.get(status, _PLACE[500])] += 1
        number = int(time.time()) // WINDOW
        start = _HEADER + (number % WINDOWS) * _SLOT
        if words[start] != number:
            words[start : start + _SLOT] = memoryview(bytes(_SLOT * 8)).cast("Q")
            words[start] = number
        words[start + 1] += 1
        if status >= 400:
            words[start + 2] += 1
        words[start + 3] += rows
        words[start + 4] += microseconds
        words[start + 5 + bucket(microseconds)] += 1


@dataclass(slots=True)
class Window:
    """Ten seconds. at: seconds since 1970."""

    at: int
    requests: int
    errors: int
    rows: int
    p50: float
    p95: float
    p99: float


@dataclass(slots=True)
class Totals:
    """What an endpoint did. Percentiles, mean and rate are of the last `over` seconds; durations in milliseconds."""

    requests: int
    errors: int
    statuses: dict[str, int]
    over: int
    rate: float
    recent: int
    rows: int
    mean: float | None
    p50: float | None
    p95: float | None
    p99: float | None
    windows: list[Window]


def summarise(folder: Path, over: int = 60, history: int = 3600, now: float | None = None) -> Totals:
    """Add up the files of all workers. over: seconds that rate and percentiles look back; history: of `windows`."""
    moment = time.time() if now is None else now
    statuses = dict.fromkeys(STATUSES, 0)
    found: dict[int, list[int]] = {}
    for path in sorted(folder.rglob("*.stats")) if folder.is_dir() else []:
        data = path.read_bytes()
        if len(data) != SIZE:
            continue
        words = memoryview(data).cast("Q")
        if words[0] != MAGIC:
            continue
        for status, place in _PLACE.items():
            statuses[status] += words[place]
        first = (int(moment) - history) // WINDOW
        for start in range(_HEADER, len(words), _SLOT):
            if words[start] > first:
                slot = words[start + 1 : start + _SLOT].tolist()
                have = found.get(words[start])
                found[words[start]] = [a + b for a, b in zip(have, slot, strict=True)] if have else slot
    last = (int(moment) - over) // WINDOW
    recent = [slot for number, slot in found.items() if number > last]
    total = [sum(column) for column in zip(*recent, strict=True)] if recent else [0] * (_SLOT - 1)
    count, histogram = total[0], total[4:]
    return Totals(
        requests=sum(statuses.values()),
        errors=sum(count for status, count in statuses.items() if status >= 400),
        statuses={str(status): count for status, count in statuses.items() if count},
        over=over,
        rate=count / over,
        recent=count,
        rows=total[2],
        mean=total[3] / count / 1000 if count else None,
        p50=percentile(histogram, 0.50) if count else None,
        p95=percentile(histogram, 0.95) if count else None,
        p99=percentile(histogram, 0.99) if count else None,
        windows=[
            Window(
                number * WINDOW,
                slot[0],
                slot[1],
                slot[2],
                *(percentile(slot[4:], part) for part in (0.50, 0.95, 0.99)),
            )
            for number, slot in sorted(found.items())
        ],
    )


def percentile(histogram: list[int], part: float) -> float:
    """Return a quantile of a histogram, in milliseconds, within 10 %; 0 when it is empty."""
    wanted = sum(histogram) * part
    seen = 0
    for place, count in enumerate(histogram):
        seen += count
        if count and seen >= wanted:
            return upper(place)
    return 0.0


def prometheus(totals: Totals, endpoint: str) -> str:
    """Write the counts in the text format of Prometheus."""
    name = endpoint.replace("\\", "\\\\").replace('"', '\\"')
    lines = ["# HELP studiolo_score_requests_total Requests by status.", "# TYPE studiolo_score_requests_total counter"]
    lines += [
        f'studiolo_score_requests_total{{endpoint="{name}",status="{status}"}} {count}'
        for status, count in totals.statuses.items()
    ]
    lines += [
        f"# HELP studiolo_score_duration_seconds Durations of the last {totals.over} seconds.",
        "# TYPE studiolo_score_duration_seconds summary",
    ]
    for quantile, value in (("0.5", totals.p50), ("0.95", totals.p95), ("0.99", totals.p99)):
        if value is not None:
            lines.append(
                f'studiolo_score_duration_seconds{{endpoint="{name}",quantile="{quantile}"}} {value / 1000:.6f}'
            )
    lines.append(f'studiolo_score_duration_seconds_count{{endpoint="{name}"}} {totals.recent}')
    lines += [
        "# HELP studiolo_score_rate Requests per second.",
        "# TYPE studiolo_score_rate gauge",
        f'studiolo_score_rate{{endpoint="{name}"}} {totals.rate:.3f}',
    ]
    return "\n".join(lines) + "\n"
