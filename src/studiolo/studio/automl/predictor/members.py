"""The native models of an ensemble: load one from its file and ask it for scores."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]


class Scorer(Protocol):
    """A fitted model; scores are probabilities (rows, classes) or values (rows, 1), float64 or float32."""

    def scores(self, matrix: FloatArray) -> NDArray[Any]: ...


class LightGBM:
    """A LightGBM booster from its text file."""

    def __init__(self, file: Path, member: Mapping[str, Any]) -> None:
        import lightgbm

        del member
        self.booster = lightgbm.Booster(model_file=str(file))

    def scores(self, matrix: FloatArray) -> NDArray[Any]:
        threads = 1 if len(matrix) < 64 else 0
        found = self.booster.predict(matrix, num_threads=threads)
        return _as_scores(np.asarray(found), objective=str(self.booster.params.get("objective", "")))


class XGBoost:
    """An XGBoost booster from its JSON file."""

    def __init__(self, file: Path, member: Mapping[str, Any]) -> None:
        import xgboost

        self.booster = xgboost.Booster(model_file=str(file))
        self.classes = int(member["classes"])

    def scores(self, matrix: FloatArray) -> NDArray[Any]:
        import xgboost

        data = xgboost.DMatrix(np.ascontiguousarray(matrix), missing=np.nan)
        found = self.booster.predict(data)  # its file ends with its best round
        return _as_scores(found, objective="binary" if self.classes == 2 else "")


class CatBoost:
    """A CatBoost model from its binary file."""

    def __init__(self, file: Path, member: Mapping[str, Any]) -> None:
        import catboost

        self.model = catboost.CatBoost()
        self.model.load_model(str(file))
        self.classes = int(member["classes"])

    def scores(self, matrix: FloatArray) -> NDArray[Any]:
        data = np.ascontiguousarray(matrix)
        if self.classes:
            return np.asarray(self.model.predict(data, prediction_type="Probability"))
        return _as_scores(np.asarray(self.model.predict(data)), objective="")


class ScikitLearn:
    """A scikit-learn estimator."""

    def __init__(self, file: Path, member: Mapping[str, Any]) -> None:
        import joblib

        del member
        self.estimator = joblib.load(file)

    def scores(self, matrix: FloatArray) -> NDArray[Any]:
        if hasattr(self.estimator, "predict_proba"):
            return np.asarray(self.estimator.predict_proba(matrix))
        return np.asarray(self.estimator.predict(matrix)).reshape(-1, 1)


class Linear:
    """A linear model over numbers (centred, scaled, missing marked) and levels (one weight each), in numpy alone."""

    def __init__(self, file: Path, member: Mapping[str, Any]) -> None:
        del member
        with np.load(file) as parts:
            self.parts = {name: parts[name] for name in parts.files}

    def scores(self, matrix: FloatArray) -> NDArray[Any]:
        found = linear_scores(self.parts, matrix)
        link = str(self.parts["link"])
        if link == "identity":
            return found
        if link == "logistic":
            chance = 1.0 / (1.0 + np.exp(-found[:, 0]))
            return np.column_stack([1.0 - chance, chance])
        raised = np.exp(found - found.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def linear_scores(parts: Mapping[str, NDArray[Any]], matrix: FloatArray) -> NDArray[Any]:
    """Sum the weights of a row before the link; float64, shape (rows, outputs)."""
    numbers = matrix[:, parts["numbers"]].astype(np.float64)
    missing = np.isnan(numbers)
    scaled = np.clip(np.where(missing, 0.0, (numbers - parts["mean"]) / parts["scale"]), -parts["clip"], parts["clip"])
    found = scaled @ parts["weights"] + missing.astype(np.float64) @ parts["missing"] + parts["bias"]
    codes = matrix[:, parts["levels"]]
    for place, (start, size) in enumerate(zip(parts["starts"], parts["sizes"], strict=True)):
        code = codes[:, place]
        row = np.where(np.isnan(code), 0, np.minimum(np.nan_to_num(code), size - 2) + 1).astype(np.int64)
        found = found + parts["table"][start + row]
    return np.asarray(found)


KINDS: dict[str, Any] = {
    "lightgbm": LightGBM,
    "xgboost": XGBoost,
    "catboost": CatBoost,
    "sklearn": ScikitLearn,
    "linear": Linear,
}


def load(folder: Path, member: Mapping[str, Any]) -> list[Scorer]:
    """Load the files of one member of members.json."""
    return [KINDS[member["kind"]](folder / file, member) for file in member["files"]]


def _as_scores(found: NDArray[Any], objective: str) -> NDArray[Any]:
    if found.ndim == 2:
        return found
    if objective.startswith("binary"):
        return np.column_stack([1.0 - found, found])
    return found.reshape(-1, 1)
