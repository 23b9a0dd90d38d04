"""What the two forests of scikit-learn share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from studiolo.studio.automl.learners.base import Effort, Fitted, Part, outputs_of, save_estimator

if TYPE_CHECKING:
    from studiolo.studio.automl.predictor.members import ScikitLearn
    from studiolo.studio.automl.trees import Trees


def smallest_leaf(rows: int, regression: bool) -> int:
    """Choose the rows of a leaf so that a forest stays a few megabytes on large tables."""
    return (1 if rows < 3_000 else 2 if rows < 10_000 else 5 if regression else 4) if rows < 50_000 else 10


def grow(family: Any, part: Part, params: dict[str, Any], effort: Effort, folder: Path, stem: str) -> Fitted:
    """Grow a forest in steps, and keep what is there when the time is over."""
    trees = effort.rounds or int(params["trees"])
    options: dict[str, Any] = {"criterion": params["criterion"]} if part.classes else {}
    forest = family(
        n_estimators=trees, max_features=params["max_features"], random_state=effort.seed, n_jobs=effort.threads,
        min_samples_leaf=int(params["min_rows"]) or smallest_leaf(len(part.y), not part.classes), warm_start=True, **options,
    )  # fmt: skip
    steps = [-(-trees * step // 8) for step in (1, 2, 4, 6, 8)] if effort.until else [trees]
    for step in steps:
        forest.set_params(n_estimators=step)
        forest.fit(part.x, part.y)
        if effort.over():
            break
    forest.set_params(n_jobs=1, warm_start=False)
    file = save_estimator(forest, folder, stem)
    grown = len(forest.estimators_)
    gains = forest.feature_importances_.tolist()
    return Fitted(file, {"kind": "sklearn"}, grown, gains, grown < trees)


def compile_trees(scorer: ScikitLearn) -> Trees:
    """Read the nodes of a scikit-learn forest; leaves hold the mean, divided by the number of trees."""

    import numpy as np

    from studiolo.studio.automl.trees import TreeBuilder, floor32

    forest = scorer.estimator
    classes = len(getattr(forest, "classes_", ()))
    outputs = outputs_of(classes)
    builder = TreeBuilder(outputs, [0.0] * outputs, "identity")
    for grown in forest.estimators_:
        tree = grown.tree_
        leaf = tree.children_left < 0
        leaves = np.flatnonzero(leaf)
        value = tree.value[leaves, 0, :]
        if classes == 2:
            value = value[:, 1:] / value.sum(axis=1, keepdims=True)
        elif classes:
            value = value / value.sum(axis=1, keepdims=True)
        weights = value / len(forest.estimators_)
        builder.add(
            np.where(leaf, -1, 0), np.where(leaf, 0, tree.feature), np.where(leaf, 0, floor32(tree.threshold)),
            np.where(leaf, 0, tree.children_left), np.where(leaf, 0, tree.children_right),
            np.asarray(tree.missing_go_to_left, dtype=bool),
            np.repeat(leaves, outputs), np.tile(np.arange(outputs), len(leaves)), weights.ravel(),
        )  # fmt: skip
    return builder.done()
