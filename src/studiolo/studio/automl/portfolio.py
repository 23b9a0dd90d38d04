"""The ordered list of configurations to try: a frozen one first, then seeded draws without end."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from studiolo.kernel.plugins import find
from studiolo.studio.automl.learners import base

LEARNERS = "studiolo.studio.automl.learners"


@dataclass(frozen=True)
class Config:
    """One configuration: `id` names it for ever, params are those of its learner that differ from the default."""

    id: str
    learner: str
    params: dict[str, Any]
    why: str = ""


# Order: a model at once, then one of each family, then variants. An id never changes its meaning.
FROZEN = (
    Config("lightgbm-quick", "lightgbm", {"learning_rate": 0.1, "rounds": 400, "patience": 20}, "a model within seconds"),
    Config("lightgbm", "lightgbm", {}, "the default of the strongest family"),
    Config("catboost", "catboost", {}, "ordered boosting on symmetric trees"),
    Config("lightgbm-random-cuts", "lightgbm", {
        "extra_trees": True, "num_leaves": 24, "feature_fraction": 0.6, "learning_rate": 0.05, "lambda_l2": 1.0,
        "native_categories": False,
    }, "boosting with random cuts"),
    Config("linear", "linear", {}, "straight lines, cheap and steady"),
    Config("xgboost", "xgboost", {}, "boosting grown by level"),
    Config("lightgbm-large", "lightgbm", {
        "learning_rate": 0.03, "num_leaves": 96, "feature_fraction": 0.8, "bagging_fraction": 0.8, "min_data_in_leaf": 10,
        "lambda_l2": 2.0,
    }, "more leaves, slower steps"),
    Config("extra-trees", "extra_trees", {}, "random cuts err elsewhere"),
    Config("hist-gradient-boosting", "hist_gradient_boosting", {}, "boosting of scikit-learn"),
    Config("random-forest", "random_forest", {}, "deep trees on resampled rows"),
    Config("lightgbm-codes", "lightgbm", {
        "native_categories": False, "learning_rate": 0.04, "num_leaves": 48, "feature_fraction": 0.7, "lambda_l2": 5.0,
    }, "levels in order of frequency instead of sets"),
    Config("catboost-deep", "catboost", {"depth": 8, "learning_rate": 0.06}, "deeper symmetric trees"),
    Config("lightgbm-small", "lightgbm", {
        "num_leaves": 8, "learning_rate": 0.05, "feature_fraction": 0.6, "bagging_fraction": 0.7, "min_data_in_leaf": 30,
    }, "few leaves against overfitting"),
    Config("linear-strict", "linear", {"strength": 0.05}, "a stronger penalty"),
    Config("extra-trees-wide", "extra_trees", {"max_features": 1.0, "min_rows": 3}, "all features at each cut"),
    Config("lightgbm-balanced", "lightgbm", {"balanced": True, "num_leaves": 24, "feature_fraction": 0.8}, "classes weigh alike"),
    Config("lightgbm-regular", "lightgbm", {
        "num_leaves": 64, "learning_rate": 0.02, "feature_fraction": 0.5, "lambda_l1": 1.0, "lambda_l2": 10.0,
        "min_data_in_leaf": 40, "rounds": 4000,
    }, "slow and strongly penalised"),
)  # fmt: skip


def family() -> dict[str, Any]:
    """Find the learners: the files of `learners/`, and those of other packages."""
    return find(LEARNERS, base.LearnerSpec)


def configs(
    seed: int, task: str, allowed: tuple[str, ...] = (), blocked: tuple[str, ...] = (), first: tuple[str, ...] = ()
) -> Iterator[Config]:
    """Yield configurations in order, those of the learners `first` before the others of the frozen list.

    The drawn ones depend on the seed and their number alone.
    """
    learners = family()
    wanted = {
        name
        for name, module in learners.items()
        if task in module.SPEC.tasks and name not in blocked and (not allowed or name in allowed)
    }
    for config in sorted(FROZEN, key=lambda config: config.learner not in first):
        if config.learner in wanted and not (task == "regression" and config.params.get("balanced")):
            yield config
    usable = sorted(name for name in wanted if not learners[name].SPEC.missing())
    draw = np.random.default_rng([seed, 7])
    for count in range(1, 500):
        drawn = _drawn(draw, count, usable)
        if drawn is None:
            return
        yield drawn


def full_params(config: Config) -> dict[str, Any]:
    """Fill the parameters that a configuration leaves at their default."""
    return dict(family()[config.learner].SPEC.params) | config.params


def _drawn(draw: np.random.Generator, count: int, usable: list[str]) -> Config | None:
    """Draw the next configuration: mostly boosting, at times a forest or a line."""
    shares = {name: {"lightgbm": 6, "catboost": 3, "xgboost": 2, "extra_trees": 2}.get(name, 1) for name in usable}
    if not shares:
        return None
    total = sum(shares.values())
    learner = str(draw.choice(list(shares), p=[share / total for share in shares.values()]))

    def between(low: float, high: float) -> float:
        return float(f"{np.exp(draw.uniform(np.log(low), np.log(high))):.3g}")

    params: dict[str, Any] = {
        "lightgbm": lambda: {
            "learning_rate": between(0.015, 0.12), "num_leaves": int(between(6, 160)), "feature_fraction": between(0.35, 1.0),
            "bagging_fraction": between(0.5, 1.0), "min_data_in_leaf": int(between(3, 80)), "lambda_l2": between(0.01, 20),
            "extra_trees": bool(draw.random() < 0.4), "native_categories": bool(draw.random() < 0.5),
        },
        "extra_trees": lambda: {"max_features": between(0.2, 1.0), "min_rows": int(between(1, 12))},
        "random_forest": lambda: {"max_features": between(0.2, 0.9), "min_rows": int(between(1, 12))},
        "linear": lambda: {"strength": between(0.005, 20), "max_levels": int(between(8, 100))},
        "hist_gradient_boosting": lambda: {
            "learning_rate": between(0.02, 0.15), "max_leaf_nodes": int(between(8, 80)), "l2": between(0.01, 20),
            "max_features": between(0.3, 1.0),
        },
        "catboost": lambda: {"learning_rate": between(0.03, 0.12), "depth": int(draw.integers(4, 9)), "l2": between(1, 20)},
        "xgboost": lambda: {
            "learning_rate": between(0.02, 0.12), "depth": int(draw.integers(4, 10)), "feature_fraction": between(0.4, 1.0),
            "bagging_fraction": between(0.5, 1.0), "lambda": between(0.05, 20),
        },
    }.get(learner, dict)()  # fmt: skip
    return Config(f"{learner.replace('_', '-')}-draw-{count}", learner, params, "drawn")
