"""The drift magnitude: how well a model that was trained to tell baseline and window apart does so on rows it has not seen.

It sees what no single feature shows, such as a correlation that turned round. For two normal distributions with the same
covariance the best model reaches 2Φ(D/2) − 1, D being their Mahalanobis distance.
"""

from typing import TYPE_CHECKING

import numpy as np

from studiolo.studio.datasets.monitors.results import Magnitude

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

ROWS = 20_000  # of each side
THREADS = 1  # what the job of a window asks of its compute
FOLDS, SMALL = 5, 4000  # windows of fewer rows are told apart in five parts, others in two
RATIO = 5  # baseline rows for each row of a small window: more teach the model nothing new about the window
CATEGORIES = 200  # that the model takes; rarer ones are one
LEVEL = 0.995  # of windows without drift that stay below the floor


def measure(baseline: "pd.DataFrame", target: "pd.DataFrame", seed: int = 0) -> Magnitude:
    """Return Matthews' correlation of a model on rows that it was not trained with, and the part of each feature in it.

    baseline, target: the same columns, numbers as float and texts as categories or objects, at most 20,000 rows are used.
    Each side weighs the same, however many rows it has. Negative values are 0: worse than chance is chance.
    """
    import pandas as pd
    from threadpoolctl import threadpool_limits

    chance = np.random.default_rng(seed)
    first = _some(baseline, min(ROWS, max(2000, RATIO * len(target))), chance)
    second = _some(target, ROWS, chance)
    features = _as_numbers(pd.concat([first, second], ignore_index=True))
    truth = np.concatenate((np.zeros(len(first), dtype=bool), np.ones(len(second), dtype=bool)))
    folds = FOLDS if len(second) < SMALL else 2
    part = _parts(truth, folds, chance)
    told = np.empty(len(truth), dtype=bool)
    models = []
    with threadpool_limits(THREADS):  # as many threads as the machine has cores wait for each other on a busy one
        for number in range(folds):
            learn, test = part != number, part == number
            model = _fit(features[learn], truth[learn], seed)
            told[test] = model.predict(features[test])
            models.append((model, test))
        value = correlation(truth, told)
        floor = _floor(len(first), len(second))
        contributions = _contributions(features, truth, told, models, chance) if value > floor else {}
    return Magnitude(value=max(0.0, value), floor=floor, rows=len(truth), contributions=contributions)


def correlation(truth: "NDArray[np.bool_]", told: "NDArray[np.bool_]") -> float:
    """Return Matthews' correlation as it would be with as many rows on each side.

    >>> correlation(np.array([True, True, False]), np.array([True, True, False]))
    1.0
    """
    hits, rests = float(np.mean(told[truth])), float(np.mean(~told[~truth]))
    under = 1 - (hits - rests) ** 2
    return (hits + rests - 1) / float(np.sqrt(under)) if under > 0 else 0.0


def _floor(first: int, second: int) -> float:
    """Return what the correlation stays below without drift: the two shares then differ by chance only."""
    from scipy.stats import norm

    return float(min(1.0, norm.ppf(LEVEL) * 0.5 * np.sqrt(1 / first + 1 / second)))


def _some(frame: "pd.DataFrame", most: int, chance: np.random.Generator) -> "pd.DataFrame":
    if len(frame) <= most:
        return frame
    return frame.iloc[np.sort(chance.choice(len(frame), most, replace=False))]


def _as_numbers(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Number the categories by how frequent they are, so that the model takes them as such; the rare ones share a number."""
    import pandas as pd

    columns: dict[str, pd.Series] = {}
    for name in frame.columns:
        column = frame[name]
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            columns[name] = column.astype("float64")
            continue
        codes, _ = pd.factorize(column.astype("object"), use_na_sentinel=True)
        ranks = np.argsort(np.argsort(-np.bincount(codes[codes >= 0], minlength=1), kind="stable"), kind="stable")
        coded = np.where(codes >= 0, np.minimum(ranks[np.maximum(codes, 0)], CATEGORIES), -1)
        columns[name] = pd.Series(pd.Categorical(np.where(coded < 0, np.nan, coded)), index=frame.index)
    return pd.DataFrame(columns)


def _parts(truth: "NDArray[np.bool_]", folds: int, chance: np.random.Generator) -> "NDArray[np.int64]":
    part = np.empty(len(truth), dtype=np.int64)
    for side in (False, True):
        rows = np.flatnonzero(truth == side)
        part[chance.permutation(rows)] = np.arange(len(rows)) % folds
    return part


def _fit(features: "pd.DataFrame", truth: "NDArray[np.bool_]", seed: int) -> "Model":
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        max_iter=120,
        learning_rate=0.06,
        max_leaf_nodes=15,
        min_samples_leaf=max(10, min(40, int(truth.sum()) // 10)),
        l2_regularization=1.0,
        categorical_features="from_dtype",
        class_weight="balanced",
        early_stopping=len(truth) > SMALL,
        random_state=seed,
    )
    fitted: Model = model.fit(features, truth)
    return fitted


def _contributions(
    features: "pd.DataFrame",
    truth: "NDArray[np.bool_]",
    told: "NDArray[np.bool_]",
    models: "list[tuple[Model, NDArray[np.bool_]]]",
    chance: np.random.Generator,
) -> dict[str, float]:
    """Return how much worse the model tells the sides apart when a feature's values are shuffled, for each feature."""
    model, test = models[0]
    whole = correlation(truth[test], told[test])
    held = features[test]
    order = chance.permutation(len(held))
    found: dict[str, float] = {}
    for name in list(features.columns):
        shuffled = held.copy(deep=False)
        shuffled[name] = held[name].iloc[order].set_axis(held.index)
        found[name] = max(0.0, whole - correlation(truth[test], model.predict(shuffled)))
    return found


if TYPE_CHECKING:
    from typing import Protocol

    class Model(Protocol):
        """What is used of scikit-learn's classifier."""

        def predict(self, features: "pd.DataFrame") -> "NDArray[np.bool_]":
            """Tell the side of each row."""
            ...
