"""Rows that repeat an earlier one: counted, or estimated from a random sample of the rows."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from studiolo.studio.datasets.profile import arrays
from studiolo.studio.datasets.reading import engine

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray

FEWEST = 5  # groups of equal rows in the sample before anything is said


def count(connection: "DuckDBPyConnection", source: str, names: Sequence[str]) -> int:
    """Return how many rows repeat an earlier one. source: what stands after FROM; rows are equal when their 64-bit hashes are."""
    hashed = f"SELECT hash({', '.join(map(engine.name, names))}) AS h FROM {source}"
    query = f"SELECT sum(n - 1) FROM (SELECT count(*) AS n FROM ({hashed}) GROUP BY h)"
    return int(connection.execute(query).fetchall()[0][0] or 0)


def find(hashes: "NDArray[np.uint64]", rows: int, *, exact: bool) -> int:
    """Return the repeats from the hashes of the sampled rows. rows: of the whole table; exact: the sample is the whole table."""
    often = arrays.runs(np.sort(hashes))[1]
    if exact:
        return int((often - 1).sum())
    times = np.bincount(often)
    return estimate({int(n): int(times[n]) for n in np.flatnonzero(times)}, rows)


def estimate(groups: dict[int, int], rows: int) -> int:
    """Estimate the repeats of the whole table from a uniform sample. groups: how many different rows are in it so often.

    Pairs of equal rows are both in the sample with the square of its share, so pairs are scaled by that; where rows are in it
    three times and more, they are so frequent that their own counts are scaled instead.

    >>> estimate({1: 10_000}, 1_000_000), estimate({1: 9_980, 2: 10}, 1_000_000)
    (0, 100000)
    """
    sampled = sum(n * times for n, times in groups.items())
    twice = groups.get(2, 0)
    more = {n: times for n, times in groups.items() if n > 2}
    if twice + sum(more.values()) < FEWEST:
        return 0
    share = sampled / max(rows, 1)
    often = sum(more.values()) > 0.05 * twice
    found = sum(n * times / share - times for n, times in more.items())
    found += twice * (2 / share - 1) if often else twice / share**2
    return min(rows - 1, round(found))
