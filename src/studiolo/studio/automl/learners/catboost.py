"""CatBoost: ordered boosting on symmetric trees; needs the extra `boosters`. Levels come as codes, so that it exports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from studiolo.studio.automl.learners.base import Effort, Fitted, LearnerSpec, Part, outputs_of

if TYPE_CHECKING:
    from studiolo.studio.automl.predictor.members import CatBoost
    from studiolo.studio.automl.trees import Trees

SPEC = LearnerSpec(
    name="catboost",
    title="CatBoost",
    kind="catboost",
    needs="catboost",
    extra="boosters",
    params=(("rounds", 2000), ("patience", 50), ("learning_rate", 0.06), ("depth", 6), ("l2", 3.0)),
)


def fit(part: Part, params: dict[str, Any], effort: Effort, folder: Path, stem: str) -> Fitted:
    """Boost until the validation rows stop improving, the rounds are used up, or the time is over."""
    import catboost

    capped = False

    class Clock:
        def after_iteration(self, info: Any) -> bool:
            nonlocal capped
            del info
            capped = effort.over()
            return not capped

    family = catboost.CatBoostClassifier if part.classes else catboost.CatBoostRegressor
    model = family(
        **_objective(part), iterations=effort.rounds or int(params["rounds"]), learning_rate=params["learning_rate"],
        depth=int(params["depth"]), l2_leaf_reg=params["l2"], random_seed=effort.seed, thread_count=effort.threads,
        verbose=False, allow_writing_files=False, nan_mode="Min",
    )  # fmt: skip
    options: dict[str, Any] = {"callbacks": [Clock()]}
    if part.valid_x is not None:
        options |= {"eval_set": (part.valid_x, part.valid_y), "early_stopping_rounds": int(params["patience"])}
    model.fit(part.x, part.y, **options)
    model.save_model(str(folder / f"{stem}.cbm"))
    gains = model.get_feature_importance().tolist()
    return Fitted(f"{stem}.cbm", {"kind": "catboost", "classes": part.classes}, int(model.tree_count_), gains, capped)


def compile_trees(scorer: CatBoost) -> Trees:
    """Unfold the symmetric trees of the model's JSON: level i asks `value > border`, its answer is bit i of the leaf."""
    import json
    import tempfile

    from studiolo.studio.automl.trees import TreeBuilder

    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "model.json"
        scorer.model.save_model(str(file), format="json")
        told = json.loads(file.read_text(encoding="utf-8"))
    outputs = outputs_of(scorer.classes)
    scale, bias = told["scale_and_bias"]
    base = [float(value) for value in (bias if isinstance(bias, list) else [bias])]
    link = "softmax" if scorer.classes > 2 else "logistic" if scorer.classes else "identity"
    builder = TreeBuilder(outputs, base if len(base) == outputs else base * outputs, link)
    places = [int(feature["flat_feature_index"]) for feature in told["features_info"]["float_features"]]
    low = {
        int(feature["flat_feature_index"]): feature["nan_value_treatment"] != "AsTrue"
        for feature in told["features_info"]["float_features"]
    }
    for tree in told["oblivious_trees"]:
        _add_tree(builder, tree, places, low, outputs, float(scale))
    return builder.done()


def _add_tree(
    builder: Any, tree: dict[str, Any], places: list[int], low: dict[int, bool], outputs: int, scale: float
) -> None:
    """Write a symmetric tree as nodes in heap order; `yes` is value <= border, the clear bit."""
    import numpy as np

    from studiolo.studio.automl.trees import floor32

    splits = tree["splits"] or []
    depth, size = len(splits), 2 ** (len(splits) + 1) - 1
    inner = 2**depth - 1
    nodes = np.arange(size)
    level = np.floor(np.log2(nodes + 1)).astype(int)
    # the last split is asked at the root, so that the bits of a leaf's place are read from high to low
    order = [depth - 1 - step for step in range(depth)]
    feature, border, missing = np.zeros(size, int), np.zeros(size), np.zeros(size, bool)
    for step, which in enumerate(order):
        here = level == step
        place = places[int(splits[which]["float_feature_index"])]
        feature[here], border[here] = place, floor32(np.array([splits[which]["border"]]))[0]
        missing[here] = low[place]
    leaf = nodes >= inner
    values = np.array(tree["leaf_values"], dtype=np.float64).reshape(2**depth, outputs) * scale
    builder.add(
        np.where(leaf, -1, 0), feature, border, np.where(leaf, 0, 2 * nodes + 1), np.where(leaf, 0, 2 * nodes + 2), missing,
        np.repeat(nodes[leaf], outputs), np.tile(np.arange(outputs), 2**depth), values.ravel(),
    )  # fmt: skip


def _objective(part: Part) -> dict[str, Any]:
    if part.classes > 2:
        return {"loss_function": "MultiClass"}
    if part.classes:
        return {"loss_function": "Logloss"} | ({"eval_metric": "AUC"} if part.metric.startswith("AUC") else {})
    return {"loss_function": "MAE" if part.metric.endswith("mean_absolute_error") else "RMSE"}
