"""The numbers behind every chart of a trial, few enough to draw in a browser."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from studiolo.studio.automl import metrics
from studiolo.studio.automl.predictor.encoder import canonical

Array = NDArray[Any]
POINTS = 120  # of a curve
MAX_CURVES = 12  # classes with a curve of their own
SCATTER = 600
BINS = 10


def classification(y: Array, scores: Array, labels: list[Any], threshold: float | None = None) -> dict[str, Any]:
    """Make ROC, precision-recall, lift, cumulative gains, calibration and the confusion matrix."""
    classes = scores.shape[1]
    predicted = metrics.answered(scores, threshold)
    counts = np.bincount(y, minlength=classes)
    chosen = [1] if classes == 2 else np.argsort(-counts, kind="stable")[:MAX_CURVES].tolist()
    lines = [(canonical(labels[place]), y == place, scores[:, place]) for place in chosen if 0 < counts[place] < len(y)]
    if classes > 2:
        hot = np.zeros(scores.shape, dtype=bool)
        hot[np.arange(len(y)), y] = True
        lines.insert(0, ("all classes (micro)", hot.ravel(), scores.ravel()))
    return {
        "task": "classification",
        "rows": len(y),
        "labels": [canonical(label) for label in labels],
        "confusion_matrix": metrics.confusion(y, predicted, classes).tolist() if classes <= 60 else None,
        "roc": [_roc(*line) for line in lines],
        "precision_recall": [_precision_recall(*line) for line in lines],
        "gains": [_gains(*line) for line in lines],
        "lift": [_lift(*line) for line in lines],
        "calibration": [_calibration(*line) for line in lines],
    }


def regression(y: Array, scores: Array, seed: int = 0) -> dict[str, Any]:
    """Make the residual histogram and predicted against true: points, and the mean per bin."""
    guess = scores[:, 0].astype(float)
    wrong = guess - y
    low, high = np.quantile(wrong, [0.005, 0.995])
    counts, edges = np.histogram(np.clip(wrong, low, high), bins=30 if high > low else 1)
    draw = np.random.default_rng(seed).permutation(len(y))[:SCATTER]
    order = np.argsort(y, kind="stable")
    groups = np.array_split(order, min(20, len(y)))
    return {
        "task": "regression",
        "rows": len(y),
        "residuals": {"edges": _short(edges), "counts": counts.tolist()},
        "predicted_true": {
            "points": [[_round(y[place]), _round(guess[place])] for place in draw],
            "bins": [
                {
                    "true": _round(y[group].mean()),
                    "predicted": _round(guess[group].mean()),
                    "deviation": _round(guess[group].std()),
                }
                for group in groups
            ],
        },
    }


def _steps(positive: Array, score: Array) -> tuple[Array, Array, Array]:
    """Count true and false positives at each different score, from the highest on; the scores themselves."""
    order = np.argsort(-score, kind="stable")
    ranked, hit = score[order], positive[order]
    last = np.r_[np.diff(ranked) != 0, True]
    hits = np.cumsum(hit)[last]
    return np.r_[0, hits], np.r_[0, np.flatnonzero(last) + 1 - hits], np.r_[1.0, ranked[last]]


def _thin(size: int, weight: Array) -> Array:
    """Choose about POINTS places, evenly along `weight`, first and last included."""
    if size <= POINTS:
        return np.arange(size)
    return np.unique(np.searchsorted(weight, np.linspace(weight[0], weight[-1], POINTS)).clip(0, size - 1))


def _roc(name: str, positive: Array, score: Array) -> dict[str, Any]:
    hits, misses, cuts = _steps(positive, score)
    rate, false = hits / hits[-1], misses / max(1, misses[-1])
    keep = _thin(len(rate), rate + false)
    return {
        "name": name, "area": _round(metrics.one_auc(positive, score)),
        "x": _short(false[keep]), "y": _short(rate[keep]), "threshold": _short(cuts[keep]),
    }  # fmt: skip


def _precision_recall(name: str, positive: Array, score: Array) -> dict[str, Any]:
    hits, misses, cuts = _steps(positive, score)
    recall, precision = hits[1:] / hits[-1], hits[1:] / (hits[1:] + misses[1:])
    keep = _thin(len(recall), recall + np.arange(len(recall)) / len(recall))
    return {
        "name": name, "area": _round(metrics.one_average_precision(positive, score)), "share": _round(positive.mean()),
        "x": _short(recall[keep]), "y": _short(precision[keep]), "threshold": _short(cuts[1:][keep]),
    }  # fmt: skip


def _gains(name: str, positive: Array, score: Array) -> dict[str, Any]:
    hits, misses, _ = _steps(positive, score)
    part, found = (hits + misses) / len(score), hits / hits[-1]
    keep = _thin(len(part), part)
    return {"name": name, "x": _short(part[keep]), "y": _short(found[keep])}


def _lift(name: str, positive: Array, score: Array) -> dict[str, Any]:
    hits, misses, _ = _steps(positive, score)
    part = (hits[1:] + misses[1:]) / len(score)
    lift = hits[1:] / hits[-1] / part
    keep = _thin(len(part), part)
    keep = keep[part[keep] >= min(0.01, part[-1])]
    return {"name": name, "x": _short(part[keep]), "y": _short(lift[keep])}


def _calibration(name: str, positive: Array, score: Array) -> dict[str, Any]:
    places = np.minimum((score * BINS).astype(int), BINS - 1)
    counts = np.bincount(places, minlength=BINS)
    there = counts > 0
    mean = np.bincount(places, weights=score, minlength=BINS)[there] / counts[there]
    share = np.bincount(places, weights=positive.astype(float), minlength=BINS)[there] / counts[there]
    return {"name": name, "x": _short(mean), "y": _short(share), "rows": counts[there].tolist()}


def _short(values: Array) -> list[float]:
    return [_round(value) for value in values.tolist()]


def _round(value: float) -> float:
    return float(f"{value:.5g}")
