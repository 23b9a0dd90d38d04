"""Which rows check a model and which it learns from: one fold set for all trials."""

import numpy as np
from numpy.typing import NDArray

HOLDOUT_ROWS = 50_000


def count(rows: int) -> int:
    """Choose the number of folds from the rows; above 100,000 rows it is one holdout.

    >>> count(150), count(10_000), count(48_842), count(500_000)
    (8, 5, 3, 1)
    """
    folds = 8 if rows < 2_000 else 5 if rows < 30_000 else 3 if rows <= 100_000 else 1
    return min(folds, max(2, rows // 5))


def used(folds: int, fold_seconds: float, budget_seconds: float) -> int:
    """Choose how many of the folds to train when one model took `fold_seconds` on one: at most 15 % of the budget.

    >>> used(5, 1.0, 60.0), used(5, 4.0, 60.0), used(8, 30.0, 60.0)
    (5, 2, 1)
    """
    return max(1, min(folds, int(0.15 * budget_seconds / max(fold_seconds, 1e-9))))


def assign(y: NDArray[np.int64] | NDArray[np.float64], folds: int, stratify: bool, seed: int) -> NDArray[np.int16]:
    """Give each row the fold in which it is checked, -1 = always in the training part.

    stratify: each class is spread evenly; numbers are spread evenly over their order otherwise.
    One fold is a holdout: 20 % of the rows, at most HOLDOUT_ROWS; a class of one row is never held out.
    """
    draw = np.random.default_rng(seed)
    rows = len(y)
    parts = folds if folds > 1 else max(5, -(-rows // HOLDOUT_ROWS))
    shuffled = draw.permutation(rows)
    order = shuffled[np.argsort(y[shuffled], kind="stable")]
    found = np.empty(rows, dtype=np.int16)
    if stratify:
        start = 0
        for size in np.bincount(y.astype(np.int64)).tolist():
            places = order[start : start + size]
            found[places] = (np.arange(size) + draw.integers(parts)) % parts
            if size == 1:
                found[places] = -1
            start += size
    else:
        for start in range(0, rows, parts):  # each run of similar values gives one row to each fold
            places = order[start : start + parts]
            found[places] = draw.permutation(parts)[: len(places)]
    if folds == 1:
        found[found != 0] = -1
    return found
