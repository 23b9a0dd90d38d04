"""Histogram gradient boosting of scikit-learn: boosted trees with another way to grow and to shrink."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from studiolo.studio.automl.learners.base import Effort, Fitted, LearnerSpec, Part, outputs_of, save_estimator

if TYPE_CHECKING:
    from studiolo.studio.automl.predictor.members import ScikitLearn
    from studiolo.studio.automl.trees import Trees

SPEC = LearnerSpec(
    name="hist_gradient_boosting",
    title="Histogram gradient boosting",
    kind="sklearn",
    needs="sklearn",
    params=(
        ("rounds", 400),
        ("learning_rate", 0.06),
        ("max_leaf_nodes", 31),
        ("min_rows", 20),
        ("l2", 0.0),
        ("max_features", 0.7),
    ),
)
STEP = 25


def fit(part: Part, params: dict[str, Any], effort: Effort, folder: Path, stem: str) -> Fitted:
    """Boost in steps of 25 rounds, watch the validation rows, keep the best step."""

    import numpy as np
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    model = (HistGradientBoostingClassifier if part.classes else HistGradientBoostingRegressor)(
        learning_rate=params["learning_rate"], max_leaf_nodes=params["max_leaf_nodes"], l2_regularization=params["l2"],
        min_samples_leaf=max(1, min(int(params["min_rows"]), len(part.y) // 10)), max_features=params["max_features"],
        early_stopping=False, warm_start=True, random_state=effort.seed,
    )  # fmt: skip
    best, best_loss, done, capped = 0, np.inf, 0, False
    rounds = effort.rounds or int(params["rounds"])
    with threadpool_limits(limits=effort.threads):
        while done < rounds:
            done = min(rounds, done + STEP)
            model.set_params(max_iter=done).fit(part.x, part.y)
            loss = _loss(model, part)
            if loss < best_loss:
                best, best_loss = done, loss
            elif done - best >= 2 * STEP:
                break
            if effort.over():
                capped = True
                break
    if part.valid_x is not None and best < done:
        del model._predictors[best:]  # noqa: SLF001 - scikit-learn has no public way to keep the first rounds
    file = save_estimator(model, folder, stem)
    return Fitted(file, {"kind": "sklearn"}, best if part.valid_x is not None else done, None, capped)


def _loss(model: Any, part: Part) -> float:
    import numpy as np

    if part.valid_x is None or part.valid_y is None:
        return -float(model.n_iter_)
    if part.classes:
        chances = model.predict_proba(part.valid_x)[np.arange(len(part.valid_y)), part.valid_y]
        return float(-np.log(np.clip(chances, 1e-15, 1)).mean())
    return float(np.mean((model.predict(part.valid_x) - part.valid_y) ** 2))


def compile_trees(scorer: ScikitLearn) -> Trees:
    """Read the nodes of scikit-learn's predictors."""

    import numpy as np

    from studiolo.studio.automl.trees import TreeBuilder, floor32

    model = scorer.estimator
    classes = len(getattr(model, "classes_", ()))
    outputs = outputs_of(classes)
    start = np.asarray(model._baseline_prediction).ravel().tolist()  # noqa: SLF001 - not public, checked by the gate
    builder = TreeBuilder(outputs, start, "softmax" if classes > 2 else "logistic" if classes else "identity")
    for grown in model._predictors:  # noqa: SLF001
        for output, predictor in enumerate(grown):
            nodes = predictor.nodes
            leaf = nodes["is_leaf"].astype(bool)
            leaves = np.flatnonzero(leaf)
            builder.add(
                np.where(leaf, -1, 0), np.where(leaf, 0, nodes["feature_idx"]),
                np.where(leaf, 0, floor32(nodes["num_threshold"])), np.where(leaf, 0, nodes["left"]),
                np.where(leaf, 0, nodes["right"]), nodes["missing_go_to_left"].astype(bool),
                leaves, np.full(len(leaves), output), nodes["value"][leaves],
            )  # fmt: skip
    return builder.done()
