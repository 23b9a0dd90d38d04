"""The equality gate: a compiled model goes out only when it answers as the native one does."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studiolo.studio.automl.export_onnx import Compiled
from studiolo.studio.automl.trees import Trees

TOLERANCE = 1e-4  # of a probability; of a number relative to the larger of 1 and its size
EDGE_ROWS = 600


@dataclass(frozen=True)
class Evidence:
    """What the gate compared. differing: rows above the tolerance; labels: rows whose highest class differs."""

    rows: int
    edge_rows: int
    max_difference: float
    differing: int
    labels: int
    tolerance: float

    @property
    def passed(self) -> bool:
        return self.differing == 0

    def document(self) -> dict[str, Any]:
        return {**asdict(self), "passed": self.passed}


def compare(native: NDArray[Any], compiled: NDArray[Any], edge_rows: int = 0) -> Evidence:
    """Compare the scores of the same rows."""
    apart = np.abs(native - compiled)
    if native.shape[1] == 1:
        apart = apart / np.maximum(1.0, np.abs(native))
    worst = apart.max(axis=1) if len(apart) else np.zeros(0)
    worst = np.where(np.isfinite(worst), worst, np.inf)
    flips = int((native.argmax(axis=1) != compiled.argmax(axis=1)).sum())
    return Evidence(
        len(native), edge_rows, float(worst.max(initial=0.0)), int((worst > TOLERANCE).sum()), flips, TOLERANCE
    )


def edge_rows(
    features: NDArray[np.float32], categories: Sequence[int], levels: Sequence[int],
    compiled: Sequence[Compiled], seed: int = 0,
) -> NDArray[np.float32]:  # fmt: skip
    """Make the rows where forms differ first: each feature missing, all missing, unseen levels, and values on cuts."""
    draw = np.random.default_rng(seed)
    width = features.shape[1]
    some = draw.choice(len(features), size=min(len(features), width + len(categories) + 1))
    missing = features[some[: width % (len(some) + 1)]].copy()
    for place in range(len(missing)):
        missing[place, place % width] = np.nan
    unseen = features[draw.choice(len(features), size=len(categories))].copy()
    for row, (place, size) in enumerate(zip(categories, levels, strict=True)):
        unseen[row, place] = size - 1
    cuts = _cut_rows(features, compiled, draw)
    for place, size in zip(categories, levels, strict=True):  # a code is a whole number: nothing else ever comes in
        cuts[:, place] = np.clip(np.round(cuts[:, place]), 0, size - 1)
    return np.vstack([missing, unseen, np.full((1, width), np.nan, dtype=np.float32), cuts]).astype(np.float32)


def _cut_rows(
    features: NDArray[np.float32], compiled: Sequence[Compiled], draw: np.random.Generator
) -> NDArray[np.float32]:
    """Put values exactly on thresholds and one float below and above."""
    found: list[NDArray[np.float32]] = []
    each = max(3, EDGE_ROWS // max(1, len(compiled)) // 3)
    for _, trees in compiled:
        inner = np.flatnonzero(trees.mode >= 0) if isinstance(trees, Trees) else np.zeros(0, dtype=np.int64)
        if not isinstance(trees, Trees) or not len(inner):
            continue
        nodes = draw.choice(inner, size=each)
        rows = features[draw.choice(len(features), size=each)]
        cut = trees.threshold[nodes]
        # LightGBM's mark of zero, 1e-35, is read back from text one digit off; no value of a table is that small
        cut = np.where((np.abs(cut) < 1e37) & (np.abs(cut) > 1e-30), cut, np.float32(0))
        for values in (cut, np.nextafter(cut, np.float32(-np.inf)), np.nextafter(cut, np.float32(np.inf))):
            moved = rows.copy()
            moved[np.arange(each), trees.feature[nodes]] = values
            found.append(moved)
    return np.vstack(found) if found else features[:0]
