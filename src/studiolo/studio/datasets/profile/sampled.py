"""One column from the values of the sample: pure functions of arrays."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from studiolo.studio.datasets.profile import arrays
from studiolo.studio.datasets.profile.state import Moments
from studiolo.studio.datasets.profile_schemas import Histogram

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUANTILES = (0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999)
PARTS = 200
BINS = 32
TOP = 10


@dataclass
class Numbers:
    """What numbers say. distinct: among them, `once` and `twice`: seen so often; top: value, rows; zeros: rows of the whole column.

    skewness, kurtosis: standardised moments without correction for bias; kurtosis of a normal distribution is 0.
    """

    quantiles: dict[str, float]
    edges: list[float]
    histogram: Histogram
    top: list[tuple[float, int]]
    distinct: int
    moments: Moments
    negative_share: float
    zeros: int
    skewness: float | None
    kurtosis: float | None
    once: int = 0
    twice: int = 0


def describe(values: "NDArray[np.float64]", low: float, high: float, total: int, *, whole: bool) -> Numbers | None:
    """Describe a column of numbers; None when there are none.

    values: finite, in any order; sorted in place. low, high: extremes of the whole column.
    total: how many values the whole column has; counts are scaled to it. whole: the values are integers.
    """
    if not len(values):
        return None
    values.sort()
    starts, runs = arrays.runs(values)
    order = longest(runs)
    scale = total / len(values)
    count = len(values)
    below, upto = np.searchsorted(values, 0.0), np.searchsorted(values, 0.0, side="right")
    centre, shape = moments(values)
    return Numbers(
        quantiles={f"{q:g}": quantile(values, q) for q in QUANTILES},
        edges=[quantile(values, part / PARTS) for part in range(PARTS + 1)],
        histogram=histogram(values, low, high, scale, whole=whole),
        top=[(float(values[starts[i]]), round(runs[i] * scale)) for i in order],
        distinct=len(starts),
        moments=centre,
        negative_share=float(below) / count,
        zeros=round(float(upto - below) * scale),
        skewness=shape[0],
        kurtosis=shape[1],
        once=int((runs == 1).sum()),
        twice=int((runs == 2).sum()),
    )


def longest(runs: "NDArray[np.int64]") -> "NDArray[np.int64]":
    """Return the places of the longest runs, longest first, of equals the first."""
    few = np.arange(len(runs))
    if len(runs) > TOP:
        few = np.flatnonzero(runs >= np.partition(runs, -TOP)[-TOP])
    return few[np.argsort(-runs[few], kind="stable")[:TOP]]


def moments(values: "NDArray[np.float64]") -> tuple[Moments, tuple[float | None, float | None]]:
    """Return the moments of sorted values, and their skewness and kurtosis (None when nothing varies).

    Scaled first, so that powers of large numbers stay within DOUBLE.
    """
    width = float(max(abs(values[0]), abs(values[-1]))) or 1.0
    scaled = values / width
    middle = float(scaled.mean())
    centred = scaled - middle
    square = centred * centred
    m2, m3, m4 = float(square.sum()), float((square * centred).sum()), float((square * square).sum())
    with np.errstate(over="ignore"):
        centre = Moments(len(values), middle * width, float(np.float64(m2) * width * width))
    return centre, shape(len(values), middle, m2, m3, m4)


def shape(n: int, mean: float, m2: float, m3: float, m4: float) -> tuple[float | None, float | None]:
    """Return skewness and kurtosis from the sums of powers of the distances from the mean."""
    if n < 2 or m2 <= 1e-24 * n * mean**2 or m2 * m2 == 0:
        return None, None
    return n**0.5 * m3 / m2**1.5, n * m4 / m2**2 - 3.0


def deviation(values: "NDArray[np.float64]") -> float | None:
    """Return the standard deviation of a sample of sorted values, also where their squares are beyond DOUBLE."""
    if len(values) < 2:
        return None
    width = float(max(abs(values[0]), abs(values[-1]))) or 1.0
    return width * float(np.std(values / width, ddof=1))


def quantile(values: "NDArray[np.float64]", q: float) -> float:
    """Interpolate linearly between the two nearest of the sorted values."""
    position = q * (len(values) - 1)
    below = int(position)
    above = min(below + 1, len(values) - 1)
    return between(float(values[below]), float(values[above]), position - below)


def between(low: float, high: float, share: float) -> float:
    """Interpolate without leaving DOUBLE."""
    return (
        low
        if low == high
        else low * (1 - share) + high * share
        if abs(low) + abs(high) > 1e300
        else low + (high - low) * share
    )


def bins(low: float, high: float, *, whole: bool) -> "NDArray[np.float64]":
    """Return the edges of 32 bins from low to high; integers of a small range get a bin each."""
    if whole and high - low < BINS:
        edges: NDArray[np.float64] = np.arange(np.floor(low) - 0.5, np.floor(high) + 1.0, 1.0)
        return edges
    if high > low:
        return np.linspace(low / 2, high / 2, BINS + 1) * 2  # halved, the distance stays within DOUBLE
    return np.array([low - 0.5, low + 0.5])


def histogram(values: "NDArray[np.float64]", low: float, high: float, scale: float, *, whole: bool) -> Histogram:
    """Count sorted values in the bins."""
    edges = bins(low, high, whole=whole)
    places = np.searchsorted(values, edges, side="left")
    places[0], places[-1] = 0, len(values)
    counts = np.rint(np.diff(places) * scale).astype(int)
    return Histogram(edges=[float(edge) for edge in edges], counts=[int(count) for count in counts])
