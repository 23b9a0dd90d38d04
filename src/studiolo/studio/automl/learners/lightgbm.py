"""LightGBM: gradient boosted trees by histograms, the first choice for tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from studiolo.studio.automl.learners.base import Effort, Fitted, LearnerSpec, Part, outputs_of

if TYPE_CHECKING:
    from studiolo.studio.automl.predictor.members import LightGBM
    from studiolo.studio.automl.trees import TreeBuilder, Trees

SPEC = LearnerSpec(
    name="lightgbm",
    title="LightGBM",
    kind="lightgbm",
    needs="lightgbm",
    params=(
        ("rounds", 2000), ("patience", 50), ("learning_rate", 0.05), ("num_leaves", 31), ("min_data_in_leaf", 20),
        ("feature_fraction", 1.0), ("bagging_fraction", 1.0), ("lambda_l1", 0.0), ("lambda_l2", 0.0),
        ("extra_trees", False), ("native_categories", True), ("balanced", False),
    ),
)  # fmt: skip
MAX_NATIVE_LEVELS = 256  # beyond, splits by sets of levels overfit and their compiled form grows
_METRICS = {
    "mean_absolute_error": ("regression_l1", "l1"),
    "median_absolute_error": ("regression_l1", "l1"),
    "normalized_mean_absolute_error": ("regression_l1", "l1"),
}


def fit(part: Part, params: dict[str, Any], effort: Effort, folder: Path, stem: str) -> Fitted:
    """Boost until the validation rows stop improving, the rounds are used up, or the time is over."""

    import lightgbm
    import numpy as np

    params = dict(params)
    rounds, patience = int(params.pop("rounds")), int(params.pop("patience"))
    native = [
        place for place, size in zip(part.categories, part.levels, strict=True)
        if params["native_categories"] and 2 < size <= MAX_NATIVE_LEVELS
    ]  # fmt: skip
    balanced = params.pop("balanced")
    params.pop("native_categories")
    params |= _objective(part) | {
        "seed": effort.seed, "num_threads": effort.threads, "deterministic": True, "force_row_wise": True,
        "verbosity": -1, "bagging_freq": 1 if params["bagging_fraction"] < 1 else 0, "feature_pre_filter": False,
        "min_data_per_group": min(100, max(5, len(part.y) // 100)), "cat_smooth": 10, "max_bin": 255,
    }  # fmt: skip
    params["min_data_in_leaf"] = max(1, min(int(params["min_data_in_leaf"]), len(part.y) // 10))
    weights = None
    if balanced and part.classes:
        weights = (len(part.y) / (part.classes * np.bincount(part.y, minlength=part.classes)))[part.y]
    data = lightgbm.Dataset(
        part.x, part.y, weight=weights, categorical_feature=native, params=params, free_raw_data=True
    )
    watch: list[Any] = []
    capped = False

    def clock(env: Any) -> None:
        nonlocal capped
        if effort.over():
            capped = True
            raise lightgbm.callback.EarlyStopException(env.iteration, env.evaluation_result_list or [])

    callbacks: list[Any] = [clock]
    if part.valid_x is not None:
        watch = [lightgbm.Dataset(part.valid_x, part.valid_y, reference=data)]
        callbacks.insert(0, lightgbm.early_stopping(patience, verbose=False))
    booster = lightgbm.train(
        params, data, num_boost_round=effort.rounds or rounds, valid_sets=watch or None, callbacks=callbacks
    )
    best = booster.best_iteration if booster.best_iteration > 0 else booster.current_iteration()
    if capped and watch:
        best = booster.current_iteration()
    booster.save_model(folder / f"{stem}.txt", num_iteration=best)
    gains = booster.feature_importance("gain", iteration=best).tolist()
    return Fitted(f"{stem}.txt", {"kind": "lightgbm"}, best, gains, capped)


def compile_trees(scorer: LightGBM) -> Trees:
    """Read the nodes out of the model's text."""

    from studiolo.studio.automl.trees import TreeBuilder

    head, *blocks = scorer.booster.model_to_string().split("\nTree=")
    fields = dict(line.split("=", 1) for line in head.splitlines() if "=" in line)
    outputs = int(fields["num_class"])
    objective = fields.get("objective", "regression").split(" ")[0]
    link = {"binary": "logistic", "multiclass": "softmax"}.get(objective, "identity")
    builder = TreeBuilder(outputs, [0.0] * outputs, link)
    for count, block in enumerate(blocks):
        tree = dict(line.split("=", 1) for line in block.split("\n\n", 1)[0].splitlines() if "=" in line)
        _add_tree(builder, tree, count % outputs)
    return builder.done()


def _add_tree(builder: TreeBuilder, tree: dict[str, str], output: int) -> None:
    import numpy as np

    from studiolo.studio.automl.trees import floor32

    leaves = np.array(tree["leaf_value"].split(), dtype=np.float64)
    if int(tree["num_leaves"]) == 1:
        zero = np.zeros(1)
        builder.add(zero - 1, zero, zero, zero, zero, zero, np.zeros(1, int), np.full(1, output), leaves)
        return
    feature = np.array(tree["split_feature"].split(), dtype=np.int64)
    raw = np.array(tree["threshold"].split(), dtype=np.float64)
    kind = np.array(tree["decision_type"].split(), dtype=np.int64)
    left, right = (np.array(tree[side].split(), dtype=np.int64) for side in ("left_child", "right_child"))
    inner, size = len(feature), len(feature) + len(leaves)
    left, right = (np.where(side >= 0, side, inner + ~side) for side in (left, right))
    # missing type: 0 none (NaN is read as 0), 1 zero, 2 NaN (the default direction)
    to_left = np.where((kind >> 2) & 3 == 2, (kind >> 1) & 1 == 1, raw >= 0)
    mode = np.concatenate([np.zeros(inner), np.full(len(leaves), -1)])
    pad = np.zeros(len(leaves))
    columns = [np.concatenate([values, pad]) for values in (feature, floor32(raw), left, right, to_left)]
    for place in np.flatnonzero(kind & 1).tolist():  # a set of levels: a chain of equalities with one yes
        columns, mode = _chain(columns, mode, place, _members(tree, int(raw[place])))
    feature, threshold, yes, no, missing = columns
    builder.add(
        mode, feature, threshold, yes, no, missing, np.arange(inner, size), np.full(len(leaves), output), leaves
    )


def _members(tree: dict[str, str], which: int) -> list[int]:
    bounds = [int(bound) for bound in tree["cat_boundaries"].split()]
    words = [int(word) for word in tree["cat_threshold"].split()][bounds[which] : bounds[which + 1]]
    return [32 * place + bit for place, word in enumerate(words) for bit in range(32) if word >> bit & 1]


def _chain(columns: list[Any], mode: Any, place: int, members: list[int]) -> tuple[list[Any], Any]:
    import numpy as np

    feature, threshold, yes, no, missing = columns
    after, start = no[place], len(mode)
    extra = len(members) - 1
    grown = [
        np.concatenate([feature, np.full(extra, feature[place])]),
        np.concatenate([threshold, np.array(members[1:], dtype=np.float64)]),
        np.concatenate([yes, np.full(extra, yes[place])]),
        np.concatenate([no, np.r_[np.arange(start + 1, start + extra), [after]] if extra else []]),
        np.concatenate([missing, np.zeros(extra)]),
    ]
    grown[1][place], grown[4][place] = members[0], 0
    if extra:
        grown[3][place] = start
    mode = np.concatenate([mode, np.full(extra, 2)])
    mode[place] = 2
    return grown, mode


def _objective(part: Part) -> dict[str, Any]:
    if part.classes > 2:
        return {"objective": "multiclass", "num_class": outputs_of(part.classes), "metric": "multi_logloss"}
    if part.classes:
        watched = "auc" if part.metric.startswith("AUC") else "binary_logloss"
        return {"objective": "binary", "metric": watched}
    objective, metric = _METRICS.get(part.metric, ("regression", "l2"))
    return {"objective": objective, "metric": metric}
