"""Greedy ensemble selection (Caruana 2004): weights for the trials, found on their out-of-fold predictions."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from studiolo.studio.automl.metrics import Metric

STEPS = 40
MEMBERS = 5
SMALLEST = 0.04
MAX_ROWS = 20_000  # on which the weights are found


def select(
    y: NDArray[np.float64] | NDArray[np.int64],
    predictions: Sequence[NDArray[np.float32]],
    metric: Metric,
    candidates: int = 16,
) -> list[tuple[int, float]]:
    """Choose members with replacement, each time the one that helps most; best single first.

    predictions: one (rows, outputs) per trial, best first after equal scores the cheaper, without NaN.
    Returns places and weights that sum to 1, at most MEMBERS, none below SMALLEST; deterministic.
    """
    rows = len(y)
    if rows > MAX_ROWS:
        keep = np.linspace(0, rows - 1, MAX_ROWS).astype(np.int64)
        y, predictions = y[keep], [part[keep] for part in predictions]
    single = [metric.gain(y, part.astype(np.float64)) for part in predictions]
    order = sorted(range(len(single)), key=lambda place: -_known(single[place]))[:candidates]
    parts = {place: predictions[place].astype(np.float64) for place in order}
    chosen = [order[0]]
    total = parts[order[0]].copy()
    best, best_size = single[order[0]], 1
    for size in range(2, STEPS + 1):
        allowed = order if len(set(chosen)) < MEMBERS else sorted(set(chosen), key=order.index)
        gains = [(_known(metric.gain(y, (total + parts[place]) / size)), place) for place in allowed]
        gain, place = max(gains, key=lambda pair: pair[0])  # the first of equals: the better single
        chosen.append(place)
        total += parts[place]
        if gain > best + 1e-7 * abs(best):
            best, best_size = gain, size
        elif size - best_size >= 6:
            break
    return _weights(chosen[:best_size])


def blend(predictions: Sequence[NDArray[np.float32]], weights: Sequence[tuple[int, float]]) -> NDArray[np.float64]:
    """Sum predictions by weight."""
    return np.asarray(sum(predictions[place].astype(np.float64) * weight for place, weight in weights))


def best_threshold(y: NDArray[np.int64], chance: NDArray[np.float64], metric: Metric) -> float | None:
    """Find the chance of the second class from which to answer it, for a metric of labels; None = no better than 0.5."""
    if not metric.on_labels or len(y) < 100:
        return None

    def gain(threshold: float) -> float:
        hard = (chance >= threshold).astype(np.float64)
        return metric.gain(y, np.column_stack([1 - hard, hard]))

    cuts = np.unique(np.quantile(chance, np.linspace(0.01, 0.99, 99)))
    found = max(cuts.tolist(), key=gain)
    return found if gain(found) > gain(0.5) + 1e-4 else None


def _weights(chosen: list[int]) -> list[tuple[int, float]]:
    counts = {place: chosen.count(place) / len(chosen) for place in dict.fromkeys(chosen)}
    kept = {place: share for place, share in counts.items() if share >= SMALLEST} or counts
    total = sum(kept.values())
    return sorted(((place, share / total) for place, share in kept.items()), key=lambda pair: -pair[1])


def _known(value: float) -> float:
    return value if np.isfinite(value) else -np.inf
