"""How columns go together: Pearson and Spearman of numbers, Cramér's V of columns with few values."""

from typing import TYPE_CHECKING

import numpy as np

from studiolo.studio.datasets.profile.arrays import runs
from studiolo.studio.datasets.profile_schemas import Matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

COLUMNS = 50
ROWS = 100_000  # looked at
VALUES = 50  # most distinct values of a column that takes part in Cramér's V
BLOCK = 8192
FEWEST = 3  # rows that a pair needs


def pearson(columns: dict[str, "NDArray[np.float64]"]) -> Matrix | None:
    """Correlate columns pairwise over the rows where both are there.

    columns: equally long, NaN where missing.
    """
    if len(columns) < 2:
        return None
    # centred and scaled first, so that the sums below lose nothing by cancellation
    means, scales = np.array([_middle(values) for values in columns.values()]).T
    n, sums, squares, products = np.zeros((4, len(columns), len(columns)))  # sums[i, j]: of column i where j is there
    every = list(columns.values())
    for start in range(0, len(every[0]), BLOCK):  # small enough to stay in the processor's cache
        block = np.column_stack([values[start : start + BLOCK] for values in every])
        there = np.isfinite(block)
        scaled = np.where(there, (block - means) / scales, 0.0)
        mask = there.astype(np.float64)
        n += mask.T @ mask
        sums += scaled.T @ mask
        squares += (scaled * scaled).T @ mask
        products += scaled.T @ scaled
    with np.errstate(divide="ignore", invalid="ignore"):
        covariance = products - sums * sums.T / n
        variance = squares - sums**2 / n
        values = covariance / np.sqrt(variance * variance.T)
    flat = variance <= 1e-12 * n
    values[(n < FEWEST) | flat | flat.T] = np.nan
    return _matrix(list(columns), np.clip(values, -1.0, 1.0))


def _middle(values: "NDArray[np.float64]") -> tuple[float, float]:
    """Return the mean of what is there, and the largest distance from it, 1 where there is none."""
    there = values[np.isfinite(values)]
    if not len(there):
        return 0.0, 1.0
    mean = float(there.mean())
    return mean, max(float(there.max()) - mean, mean - float(there.min())) or 1.0


def spearman(columns: dict[str, "NDArray[np.float64]"]) -> Matrix | None:
    """Correlate ranks; ties share their mean rank. A column is ranked once, over all its own values."""
    return pearson({name: _ranks(values) for name, values in columns.items()})


def _ranks(values: "NDArray[np.float64]") -> "NDArray[np.float64]":
    ranks = np.full(len(values), np.nan)
    there = np.flatnonzero(np.isfinite(values))
    if not len(there):
        return ranks
    order = np.argsort(values[there])  # in any order among equals: they share a rank
    starts, often = runs(values[there][order])
    ranks[there[order]] = np.repeat(starts + (often - 1) / 2.0, often)
    return ranks


def cramers_v(columns: dict[str, "NDArray[np.int64]"]) -> Matrix | None:
    """Associate columns of codes (-1 where missing) over the rows where both are there.

    Source: Bergsma (2013), "A bias-correction for Cramér's V and Tschuprow's T".
    """
    names = list(columns)
    if len(names) < 2:
        return None
    codes = list(columns.values())
    values = np.full((len(names), len(names)), np.nan)
    for i in range(len(names)):
        for j in range(i, len(names)):
            values[i, j] = values[j, i] = _v(codes[i], codes[j])
    return _matrix(names, values)


def _v(left: "NDArray[np.int64]", right: "NDArray[np.int64]") -> float:
    both = (left >= 0) & (right >= 0)
    n = int(both.sum())
    if n < FEWEST:
        return float("nan")
    width = int(right.max()) + 1
    counts = np.bincount(left[both] * width + right[both], minlength=(int(left.max()) + 1) * width)
    table = counts.reshape(-1, width).astype(np.float64)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    r, k = table.shape
    if min(r, k) < 2:
        return float("nan")
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / n
    phi = float(((table - expected) ** 2 / expected).sum()) / n
    corrected = max(0.0, phi - (r - 1) * (k - 1) / (n - 1))
    smaller = min(r - (r - 1) ** 2 / (n - 1), k - (k - 1) ** 2 / (n - 1)) - 1
    return min(1.0, float(np.sqrt(corrected / smaller))) if smaller > 0 else float("nan")


def _matrix(names: list[str], values: "NDArray[np.float64]") -> Matrix:
    rows = [[None if np.isnan(value) else round(float(value), 6) for value in row] for row in values]
    return Matrix(columns=names, values=rows)
