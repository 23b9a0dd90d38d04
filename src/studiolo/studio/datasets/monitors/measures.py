"""How far two distributions are apart: pure functions of sorted values, of counts, and of stored quantiles."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SMOOTHING = 0.5  # rows added to each bin, so that an empty one does not make the index endless
DRAWN, DRAWN_ROWS, DRAWN_BELOW = 30_000, 1000, 0.05
EXPECTED = 5.0  # rows that a cell of a chi-square table must be expected to hold


class ChiSquare(NamedTuple):
    """Pearson's statistic, its degrees of freedom, how likely it is without a difference, and Cramér's V (0 to 1)."""

    statistic: float
    freedom: int
    p: float
    cramers_v: float


def population_stability(expected: "Floats", actual: "Floats") -> float:
    """Return the population stability index of two tables of counts over the same bins, in nats; 0 = same.

    Half a row is added to each bin. Source: Yurdakul (2018), "Statistical Properties of Population Stability Index".

    >>> population_stability(np.array([50.0, 50.0]), np.array([5.0, 5.0]))
    0.0
    """
    p, q = _smooth(expected), _smooth(actual)
    return float(np.sum((q - p) * np.log(q / p)))


def jensen_shannon(expected: "Floats", actual: "Floats") -> float:
    """Return the Jensen–Shannon distance (root of the divergence, base 2) of two tables of counts; 0 same, 1 disjoint."""
    p, q = expected / expected.sum(), actual / actual.sum()
    middle = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.where(p > 0, p * np.log2(p / middle), 0.0)
        right = np.where(q > 0, q * np.log2(q / middle), 0.0)
    return float(np.sqrt(max(0.0, (left.sum() + right.sum()) / 2)))


def kolmogorov_smirnov(first: "Floats", second: "Floats") -> float:
    """Return the largest distance between the cumulative shares of two sorted samples, 0 to 1."""
    points = np.concatenate((first, second))
    below = np.searchsorted(first, points, side="right") / len(first)
    return float(np.max(np.abs(below - np.searchsorted(second, points, side="right") / len(second))))


def kolmogorov_smirnov_p(distance: float, first: int, second: int) -> float:
    """Return how likely a distance is, or a larger one, between samples of so many rows of one distribution.

    Asymptotic, as scipy.stats.ks_2samp(method="asymp"); for values with ties it is too large, never too small.
    """
    from scipy.stats import kstwo

    larger, smaller = float(max(first, second)), float(min(first, second))
    return float(np.clip(kstwo.sf(distance, np.round(larger * smaller / (larger + smaller))), 0.0, 1.0))


def wasserstein(first: "Floats", second: "Floats") -> float:
    """Return the first Wasserstein distance of two sorted samples, in their unit."""
    points = np.sort(np.concatenate((first, second)))
    below = np.searchsorted(first, points[:-1], side="right") / len(first)
    gap = np.abs(below - np.searchsorted(second, points[:-1], side="right") / len(second))
    return float(np.sum(gap * np.diff(points)))


def quantile_wasserstein(first: "Floats", second: "Floats") -> float:
    """Return the first Wasserstein distance of two distributions from their quantiles at the same equal steps.

    The outermost parts take the distance at their inner edge: what lies there are extremes, which depend on how many rows
    there are and not on how they are distributed.
    """
    gap = np.abs(first - second)[1:-1]
    inner = (gap[:-1] + gap[1:]) / 2
    return float((inner.sum() + gap[0] + gap[-1]) / (len(first) - 1))


def spread(edges: "Floats") -> float:
    """Return what distances are divided by: the distance of the quartiles, or of wider quantiles when that is 0."""
    parts = len(edges) - 1
    for share in (0.25, 0.05, 0.01, 0.0):
        width = float(edges[round((1 - share) * parts)] - edges[round(share * parts)])
        if width > 0:
            return width
    return 0.0


def chi_square(expected: "Floats", actual: "Floats") -> ChiSquare:
    """Compare two tables of counts over the same cells by Pearson's chi-square test of homogeneity, without correction.

    Cells that are empty on both sides do not count.
    """
    from scipy.stats import chi2

    table = np.vstack((expected, actual))
    table = table[:, table.sum(axis=0) > 0]
    total, freedom = float(table.sum()), table.shape[1] - 1
    if freedom < 1 or not np.all(table.sum(axis=1) > 0):
        return ChiSquare(0.0, max(0, freedom), 1.0, 0.0)
    wanted = np.outer(table.sum(axis=1), table.sum(axis=0)) / total
    statistic = float(np.sum((table - wanted) ** 2 / wanted))
    return ChiSquare(statistic, freedom, float(chi2.sf(statistic, freedom)), float(np.sqrt(statistic / total)))


def chance(expected: "Floats", actual: "Floats") -> float:
    """Return how likely two tables of counts are to differ as much without a difference.

    Small cells are pooled. Where the answer may matter and one side is small, it is counted among drawn tables: at five rows a
    cell the chi-square distribution calls too many of them unlikely.
    """
    p, q = pooled(expected, actual)
    found = chi_square(p, q)
    first, second = round(p.sum()), round(q.sum())
    if found.p > DRAWN_BELOW or min(first, second) > DRAWN_ROWS or found.freedom < 1:
        return found.p
    shares = (p + q) / (p + q).sum()
    drawn = np.random.default_rng(0)
    tables = [drawn.multinomial(rows, shares, DRAWN).astype(float) for rows in (first, second)]
    wanted = (tables[0] + tables[1]) / (first + second)
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = [
            np.where(wanted > 0, (table - rows * wanted) ** 2 / (rows * wanted), 0.0).sum(axis=1)
            for table, rows in zip(tables, (first, second), strict=True)
        ]
    beyond = int(np.sum(parts[0] + parts[1] >= found.statistic - 1e-9))
    return max(found.p, (beyond + 1) / (DRAWN + 1))


def pooled(expected: "Floats", actual: "Floats") -> tuple["Floats", "Floats"]:
    """Merge the rarest cells of the baseline until each is expected to hold five rows on both sides.

    Which cells are merged follows from the baseline alone: chosen by what the window holds, they would differ by their choice.
    """
    order = np.argsort(-expected, kind="stable")
    p, q = list(expected[order]), list(actual[order])
    smaller, total = min(expected.sum(), actual.sum()), max(expected.sum(), 1.0)
    while len(p) > 1 and p[-1] * smaller / total < EXPECTED - 1e-9:
        last_p, last_q = p.pop(), q.pop()
        p[-1] += last_p
        q[-1] += last_q
    return np.array(p), np.array(q)


def stability_floor(bins: int, expected: int, actual: int, share: float = 0.99) -> float:
    """Return what the population stability index stays below, in a share of the windows, when nothing has changed.

    The index of two samples of one distribution is chi-square with bins − 1 degrees of freedom, times 1/n + 1/m.
    """
    from scipy.stats import chi2

    if bins < 2 or not expected or not actual:
        return 0.0
    return float(chi2.ppf(share, bins - 1) * (1 / expected + 1 / actual))


def distance_floor(expected: int, actual: int, share: float = 0.99) -> float:
    """Return what the Kolmogorov–Smirnov distance stays below, in a share of the windows, when nothing has changed."""
    from scipy.stats import kstwobign

    if not expected or not actual:
        return 0.0
    return float(min(1.0, kstwobign.ppf(share) * np.sqrt(1 / expected + 1 / actual)))


def adjusted(p: Sequence[float]) -> list[float]:
    """Adjust p-values of many columns after Benjamini and Hochberg (1995): below 0.01 at most 1 % are false.

    >>> adjusted([0.01, 0.02, 0.03])
    [0.03, 0.03, 0.03]
    """
    values = np.asarray(p, dtype=float)
    if not len(values):
        return []
    order = np.argsort(-values)
    ranks = np.arange(len(values), 0, -1)
    found = np.empty(len(values))
    found[order] = np.minimum(1.0, np.minimum.accumulate(values[order] * len(values) / ranks))
    return [round(float(value), 15) for value in found]


def _smooth(counts: "Floats") -> "Floats":
    shares: Floats = (counts + SMOOTHING) / (counts.sum() + SMOOTHING * len(counts))
    return shares
