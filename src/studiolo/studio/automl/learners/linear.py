"""Linear model: logistic or ridge regression on scaled numbers and one weight per level."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from studiolo.studio.automl.learners.base import Effort, Fitted, LearnerSpec, Part

if TYPE_CHECKING:
    from studiolo.studio.automl.learners.base import Array
    from studiolo.studio.automl.predictor.members import Linear

SPEC = LearnerSpec(
    name="linear",
    title="Linear model",
    kind="linear",
    needs="sklearn",
    params=(("strength", 1.0), ("max_levels", 60), ("steps", 100)),
)
MAX_COLUMNS = 3000
MAX_ROWS = 100_000
CLIP = 8.0  # a number further than this many deviations from the mean counts as this far


def fit(part: Part, params: dict[str, Any], effort: Effort, folder: Path, stem: str) -> Fitted:
    """Fit on at most 100,000 rows; strength is the inverse of the penalty (C of logistic regression)."""

    import numpy as np

    x, y = part.x, part.y
    if len(y) > MAX_ROWS:
        keep = np.sort(np.random.default_rng(effort.seed).permutation(len(y))[:MAX_ROWS])
        x, y = x[keep], y[keep]
    parts = _layout(x, part, int(params["max_levels"]))
    matrix = _expand(parts, x)
    weights, bias = (_logistic if part.classes else _ridge)(matrix, y, params, effort)
    numbers, outputs = len(parts["numbers"]), weights.shape[1]
    parts["weights"], parts["missing"] = weights[:numbers], weights[numbers : 2 * numbers]
    parts["table"], parts["bias"] = weights[2 * numbers :], bias
    parts["link"] = np.array("identity" if not part.classes else "logistic" if outputs == 1 else "softmax")
    np.savez(folder / f"{stem}.npz", **cast("dict[str, Any]", parts))
    gains = np.zeros(x.shape[1])
    for place, column in enumerate(parts["numbers"]):
        gains[column] = np.abs(parts["weights"][place]).sum()
    for column, start, size in zip(parts["levels"], parts["starts"], parts["sizes"], strict=True):
        gains[column] = np.abs(parts["table"][start : start + size]).mean() * 2
    return Fitted(f"{stem}.npz", {"kind": "linear"}, None, gains.tolist(), False)


def _layout(x: Array, part: Part, max_levels: int) -> dict[str, Array]:
    """Say which features are numbers, which are levels, and where each level's weight stands in the table."""

    import numpy as np

    levels = [(place, min(size, max_levels)) for place, size in zip(part.categories, part.levels, strict=True)]
    if sum(size + 1 for _, size in levels) > MAX_COLUMNS:
        levels = [(place, min(size, 8)) for place, size in levels][: MAX_COLUMNS // 9]
    skipped = set(part.categories)
    numbers = np.array([place for place in range(x.shape[1]) if place not in skipped][:MAX_COLUMNS], dtype=np.int64)
    sizes = np.array([size + 1 for _, size in levels], dtype=np.int64)  # one more for missing, which stands first
    chosen = x[:, numbers].astype(np.float64)
    there = ~np.isnan(chosen)
    seen = np.maximum(there.sum(axis=0), 1)
    mean = np.where(there, chosen, 0).sum(axis=0) / seen
    scale = np.sqrt((np.where(there, chosen - mean, 0) ** 2).sum(axis=0) / seen)
    return {
        "numbers": numbers,
        "levels": np.array([place for place, _ in levels], dtype=np.int64),
        "sizes": sizes,
        "starts": np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64) if len(sizes) else sizes,
        "mean": mean,
        "scale": np.where(scale > 0, scale, 1.0),
        "clip": np.array(CLIP),
    }


def _expand(parts: dict[str, Array], x: Array) -> Array:
    import numpy as np

    numbers = x[:, parts["numbers"]].astype(np.float64)
    missing = np.isnan(numbers)
    scaled = np.clip(np.where(missing, 0.0, (numbers - parts["mean"]) / parts["scale"]), -CLIP, CLIP)
    table = np.zeros((len(x), int(parts["sizes"].sum())))
    for column, start, size in zip(parts["levels"], parts["starts"], parts["sizes"], strict=True):
        code = x[:, column]
        row = np.where(np.isnan(code), 0, np.minimum(np.nan_to_num(code), size - 2) + 1).astype(np.int64)
        table[np.arange(len(x)), start + row] = 1.0
    return np.hstack([scaled, missing.astype(np.float64), table])


def _logistic(matrix: Array, y: Array, params: dict[str, Any], effort: Effort) -> tuple[Array, Array]:
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=effort.threads):
        model = LogisticRegression(
            C=params["strength"], max_iter=int(params["steps"]), tol=1e-3, random_state=effort.seed
        )
        model.fit(matrix, y)
    return model.coef_.T, model.intercept_


def _ridge(matrix: Array, y: Array, params: dict[str, Any], effort: Effort) -> tuple[Array, Array]:
    import numpy as np
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=effort.threads):
        middle = float(y.mean())
        centre = matrix.mean(axis=0)
        moved = matrix - centre
        square = moved.T @ moved
        square[np.diag_indices_from(square)] += 1.0 / params["strength"]
        weights = np.linalg.solve(square, moved.T @ (y - middle))
    return weights[:, None], np.array([middle - float(centre @ weights)])


def compile_linear(scorer: Linear) -> dict[str, Array]:
    """Give the arrays of the model; the exporter knows how to sum them."""
    return scorer.parts
