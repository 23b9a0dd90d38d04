"""Which columns a model uses: permutation importance by raw column, native gain by feature."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studiolo.studio.automl.metrics import Metric

Array = NDArray[Any]
ROWS = 1_000
REPEATS = 3


def permutation(
    x: NDArray[np.float32], y: Array, groups: Sequence[tuple[str, list[int]]], score: Callable[[NDArray[np.float32]], Array],
    metric: Metric, seed: int, until: float | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Measure how much worse the metric becomes when the values of one raw column are shuffled.

    groups: raw column and the places of its features. until: monotonic second at which to end with the columns done.
    Returns per column `importance` (mean loss of the metric) and `deviation`, highest first.
    """
    draw = np.random.default_rng(seed)
    rows = np.sort(draw.permutation(len(x))[:ROWS])
    part, truth = np.asarray(x[rows]), y[rows]
    base = metric.gain(truth, score(part))
    orders = [draw.permutation(len(part)) for _ in range(REPEATS)]
    found = []
    for name, places in groups:
        if until is not None and time.monotonic() > until:
            break
        losses = []
        for order in orders:
            moved = part.copy()
            moved[:, places] = part[order][:, places]
            losses.append(base - metric.gain(truth, score(moved)))
        found.append({"column": name, "importance": float(np.mean(losses)), "deviation": float(np.std(losses))})
    return sorted(found, key=lambda entry: -entry["importance"])


def native(gains: Sequence[tuple[float, Sequence[float] | None]], features: Sequence[str]) -> list[dict[str, Any]]:
    """Average the members' own importance by weight, each scaled to sum 1; highest first."""
    total = np.zeros(len(features))
    for weight, gain in gains:
        if gain is not None and sum(gain) > 0:
            total += weight * np.asarray(gain) / sum(gain)
    order = np.argsort(-total, kind="stable")
    return [{"feature": features[place], "gain": float(total[place])} for place in order[:200] if total[place] > 0]
