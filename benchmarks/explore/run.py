"""Looking at any row of a table of any size: the time until the answer has come, over HTTP from a real server.

    python benchmarks/explore/run.py [--rows 10000000] [--csv] [--repeat 60]

Starts a studio of its own in a temporary folder, registers a generated table of 20 columns, and asks for windows of 100 rows with all
columns at random places: of the table as it is, sorted, and filtered. Prints the median and the 95th percentile beside the bars.
"""

import argparse
import importlib.util
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from studiolo.kernel.http import Transport
from studiolo.sdk.studio import Studio
from studiolo.testing.studio import started

HERE = Path(__file__).resolve().parent
WINDOW = 100
BAR_MS = 200.0


def generator() -> Callable[[Path, int], Iterator[None]]:
    """Return the generator of the profile's benchmark: the same 20 columns; it writes them when it is run through."""
    found = importlib.util.spec_from_file_location("profile_bench", HERE.parent / "profile" / "run.py")
    assert found
    assert found.loader
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    made: Callable[[Path, int], Iterator[None]] = module.generate
    return made


def timed(ask: Callable[[], object]) -> float:
    """Return the milliseconds that a question takes."""
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1000


def report(name: str, times: list[float], bar: float | None = BAR_MS) -> bool:
    """Print a line; returns whether the bar holds for the 95th percentile."""
    times.sort()
    p95 = times[min(len(times) - 1, int(len(times) * 0.95))]
    held = bar is None or p95 < bar
    verdict = "" if bar is None else f"  bar {bar:.0f} ms: {'held' if held else 'MISSED'}"
    print(f"{name:46} median {statistics.median(times):8.1f} ms   p95 {p95:8.1f} ms{verdict}", flush=True)
    return held


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--csv", action="store_true")
    parser.add_argument("--repeat", type=int, default=60)
    given = parser.parse_args()
    dice = random.Random(7)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"table.{'csv' if given.csv else 'parquet'}"
        print(f"generating {given.rows:,} rows …", flush=True)
        list(generator()(path, given.rows))
        with started(Path(folder) / "home") as found:
            return measure(Studio(transport=Transport(home=found.home)), path, given.rows, given.repeat, dice)


def measure(studio: Studio, path: Path, rows: int, repeat: int, dice: random.Random) -> int:
    """Ask for windows and print how long each kind took; returns 1 when a bar is missed."""
    print(f"registered in {timed(lambda: studio.datasets.create(path, name='table')) / 1000:.1f} s", flush=True)

    def windows(many: int, total: int, **how: object) -> list[float]:
        places = [dice.randrange(max(1, total - WINDOW)) for _ in range(many)]
        return [timed(lambda at=at: studio.datasets.rows("table", offset=at, limit=WINDOW, **how)) for at in places]  # type: ignore[misc,arg-type]

    report("first rows, the process starting", [timed(lambda: studio.datasets.rows("table", limit=WINDOW))], None)
    report("random windows at once", windows(10, rows), None)
    sort, where = ["-f_normal"], [{"column": "s_5", "op": "in", "values": ["red"]}]
    report("sort by a number, until its first rows", windows(1, WINDOW, sort=sort), None)
    red = studio.datasets.rows("table", limit=1, where=where).total or 0
    held = [
        report("any row", windows(repeat, rows)),
        report("any row, sorted", windows(repeat, rows, sort=sort)),
        report(f"any row of the {red:,} that fit a filter", windows(repeat, red, where=where)),
    ]
    query = 'SELECT s_5, count(*), avg(f_normal) FROM "table" GROUP BY s_5'
    report(
        "SQL, a group by over all rows, with its process",
        [timed(lambda: studio.datasets.sql(query)) for _ in range(5)],
        None,
    )
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
