"""Columns that give the target away: which alone predict it nearly perfectly, judged on rows that the prediction has not seen."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from studiolo.studio.datasets.profile_schemas import ColumnProfile, Leak

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEARLY = 0.95  # of what can be explained at all
FEWEST = 40  # rows with a target
BINS = 64
CLASSES = 50  # most values of a target that counts as classes


def find(
    columns: Sequence[ColumnProfile],
    numbers: Mapping[str, "NDArray[np.float64]"],
    codes: Mapping[str, "NDArray[np.int64]"],
    target: str,
) -> list[Leak]:
    """Return the columns that explain the target, best first.

    numbers, codes: values of the sampled rows (NaN, -1 where missing), in one order.
    A column is cut into 64 bins of equal frequency, or its own few values, missing ones apart; the mean or the most frequent
    class of each bin on even rows is held against the odd rows. score: R², or (accuracy - that of the largest class) / (1 - it).
    """
    known = next((column for column in columns if column.name == target), None)
    wanted = _target(known, numbers, codes, target)
    if wanted is None:
        return []
    found = []
    for name in [*numbers, *codes]:
        if name == target:
            continue
        bins = _binned(numbers[name]) if name in numbers else codes[name] + 1
        score = _explained(bins, *wanted)
        if score >= NEARLY:
            found.append(Leak(column=name, score=round(score, 4)))
    return sorted(found, key=lambda leak: (-leak.score, leak.column))


def _target(
    known: ColumnProfile | None,
    numbers: Mapping[str, "NDArray[np.float64]"],
    codes: Mapping[str, "NDArray[np.int64]"],
    target: str,
) -> "tuple[NDArray[np.float64], bool] | None":
    """Return the target's values, NaN where missing, and whether they are classes."""
    if target in codes:
        values = codes[target].astype(np.float64)
        values[values < 0] = np.nan
        return values, True
    if target in numbers and known is not None:
        return numbers[target], known.type == "integer" and known.distinct <= CLASSES
    return None


def _binned(values: "NDArray[np.float64]") -> "NDArray[np.int64]":
    there = np.isfinite(values)
    found = np.zeros(len(values), dtype=np.int64)  # 0: missing
    if there.any():
        edges = np.unique(np.quantile(values[there], np.linspace(0, 1, BINS + 1)[1:-1]))
        found[there] = 1 + np.searchsorted(edges, values[there], side="right")
    return found


def _explained(bins: "NDArray[np.int64]", target: "NDArray[np.float64]", classes: bool) -> float:
    usable = np.isfinite(target)
    bins, target = bins[usable], target[usable]
    if len(target) < FEWEST:
        return 0.0
    learn, judge = np.arange(len(target)) % 2 == 0, np.arange(len(target)) % 2 == 1
    return (_classes if classes else _numbers)(bins[learn], target[learn], bins[judge], target[judge])


def _numbers(
    bins: "NDArray[np.int64]", target: "NDArray[np.float64]", new: "NDArray[np.int64]", truth: "NDArray[np.float64]"
) -> float:
    size = int(max(bins.max(), new.max())) + 1
    counts = np.bincount(bins, minlength=size)
    mean = float(target.mean())
    sums = np.bincount(bins, weights=target - mean, minlength=size)
    means = mean + np.divide(sums, counts, out=np.zeros(size), where=counts > 0)
    total = float(((truth - mean) ** 2).sum())
    return 1.0 - float(((truth - means[new]) ** 2).sum()) / total if total > 0 else 0.0


def _classes(
    bins: "NDArray[np.int64]", target: "NDArray[np.float64]", new: "NDArray[np.int64]", truth: "NDArray[np.float64]"
) -> float:
    _, codes = np.unique(np.concatenate([target, truth]), return_inverse=True)
    learnt, true = codes[: len(target)], codes[len(target) :]
    width = int(codes.max()) + 1
    size = int(max(bins.max(), new.max())) + 1
    table = np.bincount(bins * width + learnt, minlength=size * width).reshape(size, width)
    common = int(np.bincount(learnt, minlength=width).argmax())
    guess = np.where(table.sum(axis=1) > 0, table.argmax(axis=1), common)
    base = float((true == common).mean())
    right = float((guess[new] == true).mean())
    return (right - base) / (1.0 - base) if base < 1.0 else 0.0
