"""All metrics of a run, in numpy: names as in Azure's AutoML, with the usual short names accepted."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studiolo.studio.automl import metric_names
from studiolo.studio.automl.errors import UnknownMetric
from studiolo.studio.automl.metric_names import NAMES

Array = NDArray[Any]
EPSILON = 1e-15


@dataclass(frozen=True)
class Metric:
    """A metric to optimise; `measure(y, scores)` takes class places and probabilities (n, C), or values and (n, 1)."""

    name: str
    greater_is_better: bool
    measure: Callable[[Array, Array], float]
    on_labels: bool = False  # depends on the answered label, so that a threshold can raise it

    def gain(self, y: Array, scores: Array) -> float:
        """Measure so that more is better."""
        value = self.measure(y, scores)
        return value if self.greater_is_better else -value


def one_auc(positive: NDArray[np.bool_], score: Array) -> float:
    """Area under the ROC curve of one class, ties counted half; NaN when only one class is there."""
    size = int(positive.sum())
    rest = len(positive) - size
    if not size or not rest:
        return float("nan")
    ordered = np.sort(score)
    low, high = np.searchsorted(ordered, score[positive]), np.searchsorted(ordered, score[positive], side="right")
    ranks = (low + high + 1) / 2
    return float((ranks.sum() - size * (size + 1) / 2) / (size * rest))


def one_average_precision(positive: NDArray[np.bool_], score: Array) -> float:
    """Area under the precision-recall curve by steps; NaN without a positive row."""
    if not positive.any():
        return float("nan")
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(positive[order])
    last = np.r_[np.diff(score[order]) != 0, True]
    hits, seen = hits[last], np.flatnonzero(last) + 1
    return float(np.sum(np.diff(np.r_[0, hits]) / hits[-1] * hits / seen))


def confusion(y: Array, predicted: Array, classes: int) -> NDArray[np.int64]:
    """Count rows by true (rows of the matrix) and predicted class."""
    return np.bincount(y * classes + predicted, minlength=classes * classes).reshape(classes, classes)


def answered(scores: Array, threshold: float | None = None) -> NDArray[np.int64]:
    """Give the place of the answered label of each row."""
    if threshold is not None and scores.shape[1] == 2:
        return (scores[:, 1] >= threshold).astype(np.int64)
    return np.asarray(scores.argmax(axis=1), dtype=np.int64)


def log_loss(y: Array, scores: Array) -> float:
    """Mean negative log of the probability given to the true class; rows are normalised to 1."""
    chance = np.clip(scores[np.arange(len(y)), y] / scores.sum(axis=1), EPSILON, 1.0)
    return float(-np.log(chance).mean())


def classification(y: Array, scores: Array, threshold: float | None = None) -> dict[str, float]:
    """Measure everything that a classification run shows; a value that is not defined is left out."""
    classes = scores.shape[1]
    predicted = answered(scores, threshold)
    matrix = confusion(y, predicted, classes).astype(float)
    support = matrix.sum(axis=1)
    found = {"log_loss": log_loss(y, scores), **_by_label(matrix)}
    auc = np.array([one_auc(y == place, scores[:, place]) for place in range(classes)])
    area = np.array([one_average_precision(y == place, scores[:, place]) for place in range(classes)])
    hot = np.zeros(scores.shape, dtype=bool)
    hot[np.arange(len(y)), y] = True
    for name, each, micro in (
        ("AUC", auc, one_auc(hot.ravel(), scores.ravel())),
        ("average_precision_score", area, one_average_precision(hot.ravel(), scores.ravel())),
    ):
        there = ~np.isnan(each)
        if there.any():
            found[f"{name}_macro"] = float(each[there].mean())
            found[f"{name}_weighted"] = float(np.average(each[there], weights=support[there]))
        found[f"{name}_micro"] = micro
        if classes == 2:
            found[f"{name}_binary"] = float(each[1])
    return {name: float(value) for name, value in found.items() if np.isfinite(value)}


def _by_label(matrix: Array) -> dict[str, float]:
    """Measure what follows from the confusion matrix."""
    total, support, answers = matrix.sum(), matrix.sum(axis=1), matrix.sum(axis=0)
    classes, hits = len(matrix), np.diag(matrix)
    there = support > 0
    recall = np.divide(hits, support, out=np.zeros(classes), where=support > 0)
    precision = np.divide(hits, answers, out=np.zeros(classes), where=answers > 0)
    f1 = np.divide(2 * hits, support + answers, out=np.zeros(classes), where=(support + answers) > 0)
    accuracy = float(hits.sum() / total)
    macro_recall = float(recall[there].mean())
    chance = 1 / classes
    found = {
        "accuracy": accuracy,
        "balanced_accuracy": macro_recall,
        "norm_macro_recall": (macro_recall - chance) / (1 - chance),
        "weighted_accuracy": float((hits * support).sum() / (support**2).sum()),
        "matthews_correlation": _matthews(matrix),
    }
    seen = there | (answers > 0)
    for name, each in (("f1_score", f1), ("precision_score", precision), ("recall_score", recall)):
        found[f"{name}_macro"] = float(each[seen].mean())
        found[f"{name}_micro"] = accuracy
        found[f"{name}_weighted"] = float(np.average(each, weights=support))
        if classes == 2:
            found[f"{name}_binary"] = float(each[1])
    return found


def _matthews(matrix: Array) -> float:
    total, truth, answers = matrix.sum(), matrix.sum(axis=1), matrix.sum(axis=0)
    below = np.sqrt(total**2 - (truth**2).sum()) * np.sqrt(total**2 - (answers**2).sum())
    return float((np.diag(matrix).sum() * total - (truth * answers).sum()) / below) if below else 0.0


def regression(y: Array, scores: Array) -> dict[str, float]:
    """Measure everything that a regression run shows; normalised = divided by the range of y."""
    guess = scores[:, 0].astype(float)
    wrong = y - guess
    spread = float(y.max() - y.min())
    mean_abs, median_abs = float(np.abs(wrong).mean()), float(np.median(np.abs(wrong)))
    rmse = float(np.sqrt(np.mean(wrong**2)))
    variance = float(np.var(y))
    found = {
        "root_mean_squared_error": rmse,
        "mean_absolute_error": mean_abs,
        "median_absolute_error": median_abs,
        "r2_score": 1 - float(np.mean(wrong**2)) / variance if variance else float("nan"),
        "explained_variance": 1 - float(np.var(wrong)) / variance if variance else float("nan"),
        "spearman_correlation": _spearman(y, guess),
    }
    there = y != 0
    if there.any():
        found["mean_absolute_percentage_error"] = float(np.abs(wrong[there] / y[there]).mean() * 100)
    size = np.abs(y) + np.abs(guess)
    found["symmetric_mean_absolute_percentage_error"] = float(
        np.divide(200 * np.abs(wrong), size, out=np.zeros(len(y)), where=size > 0).mean()
    )
    if (y >= 0).all():
        found["root_mean_squared_log_error"] = float(
            np.sqrt(np.mean((np.log1p(y) - np.log1p(np.maximum(guess, 0))) ** 2))
        )
    for name in (
        "root_mean_squared_error",
        "mean_absolute_error",
        "median_absolute_error",
        "root_mean_squared_log_error",
    ):
        if name in found and spread:
            found[f"normalized_{name}"] = found[name] / spread
    if "root_mean_squared_log_error" in found and (y >= 0).all():
        span = float(np.log1p(y.max()) - np.log1p(y.min()))
        found["normalized_root_mean_squared_log_error"] = (
            found["root_mean_squared_log_error"] / span if span else float("nan")
        )
    return {name: float(value) for name, value in found.items() if np.isfinite(value)}


def _spearman(left: Array, right: Array) -> float:
    a, b = _ranks(left), _ranks(right)
    below = a.std() * b.std()
    return float(((a - a.mean()) * (b - b.mean())).mean() / below) if below else 0.0


def _ranks(values: Array) -> Array:
    ordered = np.sort(values)
    return (np.searchsorted(ordered, values) + np.searchsorted(ordered, values, side="right") + 1) / 2


def find(name: str, task: str, classes: int = 0) -> Metric:
    """Find a metric by its name or a short one; an empty name is the task's default. Raises UnknownMetric."""
    wanted = metric_names.full(name, task)
    known = [known for known in NAMES[task] if classes in {0, 2} or not known.endswith("_binary")]
    if wanted not in known:
        raise UnknownMetric(name, task, known)
    better = metric_names.greater_is_better(wanted)
    return Metric(wanted, better, _measure(wanted, task), on_labels=wanted in metric_names.LABELS)


def _measure(name: str, task: str) -> Callable[[Array, Array], float]:
    """Give the fast way to one metric: an ensemble asks for it hundreds of times."""
    if task == "regression":
        if name == "root_mean_squared_error":
            return lambda y, scores: float(np.sqrt(np.mean((y - scores[:, 0]) ** 2)))
        if name == "mean_absolute_error":
            return lambda y, scores: float(np.abs(y - scores[:, 0]).mean())
        return lambda y, scores: regression(y, scores).get(name, float("nan"))
    if name == "log_loss":
        return log_loss
    if name in metric_names.LABELS:
        return lambda y, scores: _by_label(confusion(y, answered(scores), scores.shape[1]).astype(float))[name]

    def chances(y: Array, scores: Array) -> float:
        if scores.shape[1] == 2 and name in {"AUC_weighted", "AUC_macro", "AUC_binary"}:
            return one_auc(y == 1, scores[:, 1])  # the same for both classes when rows sum to 1
        return classification(y, scores).get(name, float("nan"))

    return chances
