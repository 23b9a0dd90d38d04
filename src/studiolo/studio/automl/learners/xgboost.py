"""XGBoost: gradient boosted trees grown by level; needs the extra `boosters`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from studiolo.studio.automl.learners.base import Effort, Fitted, LearnerSpec, Part, outputs_of

if TYPE_CHECKING:
    from studiolo.studio.automl.predictor.members import XGBoost
    from studiolo.studio.automl.trees import Trees

SPEC = LearnerSpec(
    name="xgboost",
    title="XGBoost",
    kind="xgboost",
    needs="xgboost",
    extra="boosters",
    params=(
        ("rounds", 1500), ("patience", 40), ("learning_rate", 0.06), ("depth", 6), ("min_weight", 1.0),
        ("feature_fraction", 0.8), ("bagging_fraction", 0.9), ("lambda", 1.0),
    ),
)  # fmt: skip


def fit(part: Part, params: dict[str, Any], effort: Effort, folder: Path, stem: str) -> Fitted:
    """Boost until the validation rows stop improving, the rounds are used up, or the time is over."""
    import numpy as np
    import xgboost

    capped = False

    class Clock(xgboost.callback.TrainingCallback):
        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            nonlocal capped
            del model, epoch, evals_log
            capped = effort.over()
            return capped

    data = xgboost.DMatrix(part.x, part.y, missing=np.nan, nthread=effort.threads)
    options: dict[str, Any] = {"callbacks": [Clock()]}
    if part.valid_x is not None:
        valid = xgboost.DMatrix(part.valid_x, part.valid_y, missing=np.nan, nthread=effort.threads)
        options |= {
            "evals": [(valid, "valid")],
            "early_stopping_rounds": int(params["patience"]),
            "verbose_eval": False,
        }
    booster = xgboost.train(
        _objective(part) | {
            "eta": params["learning_rate"], "max_depth": params["depth"], "min_child_weight": params["min_weight"],
            "colsample_bytree": params["feature_fraction"], "subsample": params["bagging_fraction"],
            "lambda": params["lambda"], "seed": effort.seed, "nthread": effort.threads, "tree_method": "hist", "verbosity": 0,
        },
        data, num_boost_round=effort.rounds or int(params["rounds"]), **options,
    )  # fmt: skip
    rounds = booster.num_boosted_rounds()
    best = rounds if capped or part.valid_x is None else booster.best_iteration + 1
    gains = np.zeros(part.x.shape[1])
    for name, gain in booster.get_score(importance_type="total_gain").items():
        gains[int(name[1:])] = gain
    booster = booster[:best]
    booster.save_model(folder / f"{stem}.json")
    return Fitted(f"{stem}.json", {"kind": "xgboost", "classes": part.classes}, best, gains.tolist(), capped)


def compile_trees(scorer: XGBoost) -> Trees:
    """Read the nodes out of the model's JSON; a row goes to the left child when its value is below the cut."""
    import json

    import numpy as np

    from studiolo.studio.automl.trees import TreeBuilder

    learner = json.loads(scorer.booster.save_raw("json"))["learner"]
    model = learner["gradient_booster"]["model"]
    outputs = outputs_of(scorer.classes)
    objective = learner["objective"]["name"]
    link = "logistic" if objective.startswith("binary") else "softmax" if objective.startswith("multi") else "identity"
    builder = TreeBuilder(outputs, _base(learner["learner_model_param"]["base_score"], outputs, link), link)
    for tree, output in zip(model["trees"], model["tree_info"], strict=True):
        left = np.array(tree["left_children"], dtype=np.int64)
        leaf = left < 0
        leaves = np.flatnonzero(leaf)
        cuts = np.array(tree["split_conditions"], dtype=np.float32)
        builder.add(
            np.where(leaf, -1, 1), np.where(leaf, 0, np.array(tree["split_indices"])), np.where(leaf, 0, cuts),
            np.where(leaf, 0, left), np.where(leaf, 0, np.array(tree["right_children"])),
            np.array(tree["default_left"], dtype=bool), leaves, np.full(len(leaves), output), cuts[leaves],
        )  # fmt: skip
    return builder.done()


def _base(written: str, outputs: int, link: str) -> list[float]:
    """Read the start value: one number, or since XGBoost 3.1 a list; of a chance it is the chance itself."""
    import math

    values = [float(part) for part in written.strip("[]").split(",")]
    if link == "logistic":
        values = [math.log(value / (1 - value)) for value in values]
    return values if len(values) == outputs else values * outputs


def _objective(part: Part) -> dict[str, Any]:
    if part.classes > 2:
        return {"objective": "multi:softprob", "num_class": part.classes, "eval_metric": "mlogloss"}
    if part.classes:
        return {"objective": "binary:logistic", "eval_metric": "auc" if part.metric.startswith("AUC") else "logloss"}
    if part.metric.endswith("mean_absolute_error"):
        return {"objective": "reg:absoluteerror", "eval_metric": "mae"}
    return {"objective": "reg:squarederror", "eval_metric": "rmse"}
