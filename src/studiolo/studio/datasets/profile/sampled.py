"""One column from the values of the sample: pure functions of arrays."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from studiolo.studio.datasets.schemas import Histogram

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
PARTS = 200
BINS = 32
TOP = 10


@dataclass
class Numbers:
    """What a sample of numbers says. distinct: in the sample; skew: third standardised moment; top: value, rows."""

    quantiles: dict[str, float]
    edges: list[float]
    histogram: Histogram
    top: list[tuple[float, int]]
    distinct: int
    mean: float
    std: float | None
    skew: float
    negative_share: float
    zero_share: float


def describe(values: "NDArray[np.float64]", low: float, high: float, total: int, *, whole: bool) -> Numbers | None:
    """Describe a column of numbers; None when there are none.

    values: finite, in any order; sorted in place. low, high: extremes of the whole column.
    total: how many values the whole column has; counts are scaled to it. whole: the values are integers.
    """
    if not len(values):
        return None
    values.sort()
    starts = np.flatnonzero(np.concatenate(([True], values[1:] != values[:-1])))
    runs = np.diff(np.append(starts, len(values)))
    order = np.argsort(-runs, kind="stable")[:TOP]
    scale = total / len(values)
    width = float(max(abs(values[0]), abs(values[-1]))) or 1.0  # scaled, the sums stay within DOUBLE
    scaled = values / width
    middle = float(scaled.mean())
    centred = scaled - middle
    variance = float(np.mean(centred**2))
    skew = float(np.mean(centred**3)) / variance**1.5 if variance > 0 else 0.0
    count = len(values)
    return Numbers(
        quantiles={f"{q:g}": _quantile(values, q) for q in QUANTILES},
        edges=[_quantile(values, part / PARTS) for part in range(PARTS + 1)],
        histogram=histogram(values, low, high, scale, whole=whole),
        top=[(float(values[starts[i]]), round(runs[i] * scale)) for i in order],
        distinct=len(starts),
        mean=middle * width,
        std=width * float(np.sqrt(variance * count / (count - 1))) if count > 1 else None,
        skew=skew,
        negative_share=float(np.searchsorted(values, 0.0)) / count,
        zero_share=float(np.searchsorted(values, 0.0, side="right") - np.searchsorted(values, 0.0)) / count,
    )


def _quantile(values: "NDArray[np.float64]", q: float) -> float:
    """Interpolate linearly between the two nearest of the sorted values."""
    position = q * (len(values) - 1)
    below = int(position)
    above = min(below + 1, len(values) - 1)
    low, high = float(values[below]), float(values[above])
    return low if low == high else low + (high - low) * (position - below)


def histogram(values: "NDArray[np.float64]", low: float, high: float, scale: float, *, whole: bool) -> Histogram:
    """Count sorted values in 32 bins from low to high; integers of a small range get a bin each."""
    if whole and high - low < BINS:
        edges = np.arange(np.floor(low) - 0.5, np.floor(high) + 1.0, 1.0)
    elif high > low:
        edges = np.linspace(low / 2, high / 2, BINS + 1) * 2  # halved, the distance stays within DOUBLE
    else:
        edges = np.array([low - 0.5, low + 0.5])
    places = np.searchsorted(values, edges, side="left")
    places[0], places[-1] = 0, len(values)
    counts = np.rint(np.diff(places) * scale).astype(int)
    return Histogram(edges=[float(edge) for edge in edges], counts=[int(count) for count in counts])
