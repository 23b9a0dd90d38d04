"""Extra trees: many trees with random cuts, averaged; errs elsewhere than boosting, so it helps an ensemble."""

from pathlib import Path
from typing import Any

from studiolo.studio.automl.learners import base
from studiolo.studio.automl.learners._forest import compile_trees as compile_trees  # noqa: PLC0414 - part of the contract
from studiolo.studio.automl.learners._forest import grow

SPEC = base.LearnerSpec(
    name="extra_trees",
    title="Extra trees",
    kind="sklearn",
    needs="sklearn",
    params=(("trees", 200), ("max_features", 0.5), ("min_rows", 0), ("criterion", "gini")),
)


def fit(part: base.Part, params: dict[str, Any], effort: base.Effort, folder: Path, stem: str) -> base.Fitted:
    """Grow the trees in four steps, so that the time can be kept."""
    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

    return grow(ExtraTreesClassifier if part.classes else ExtraTreesRegressor, part, params, effort, folder, stem)
