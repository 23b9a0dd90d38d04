"""Random forest: many deep trees on resampled rows, averaged."""

from pathlib import Path
from typing import Any

from studiolo.studio.automl.learners import base
from studiolo.studio.automl.learners._forest import compile_trees as compile_trees  # noqa: PLC0414 - part of the contract
from studiolo.studio.automl.learners._forest import grow

SPEC = base.LearnerSpec(
    name="random_forest",
    title="Random forest",
    kind="sklearn",
    needs="sklearn",
    params=(("trees", 200), ("max_features", 0.4), ("min_rows", 0), ("criterion", "gini")),
)


def fit(part: base.Part, params: dict[str, Any], effort: base.Effort, folder: Path, stem: str) -> base.Fitted:
    """Grow the trees in four steps, so that the time can be kept."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    return grow(RandomForestClassifier if part.classes else RandomForestRegressor, part, params, effort, folder, stem)
