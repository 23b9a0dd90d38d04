"""A whole model: encoder, native members, labels. It is what `mlflow.pyfunc.load_model` hands out."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studiolo.studio.automl.predictor import members
from studiolo.studio.automl.predictor.encoder import Encoder, FloatArray


class Model:
    """Encode, score with the native members, decode."""

    def __init__(self, encoder: Encoder, ensemble: list[tuple[float, list[members.Scorer]]]) -> None:
        self.encoder = encoder
        self.ensemble = ensemble

    @classmethod
    def load(cls, path: str | Path) -> "Model":
        """Load from the `model/` folder, or from the folder that holds it."""
        folder = Path(path)
        if not (folder / "plan.json").exists() and (folder / "model" / "plan.json").exists():
            folder = folder / "model"
        plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
        listed = json.loads((folder / "members.json").read_text(encoding="utf-8"))["members"]
        return cls(Encoder(plan), [(float(member["weight"]), members.load(folder, member)) for member in listed])

    def scores(self, features: FloatArray) -> NDArray[np.float64]:
        """Score encoded rows: probabilities (rows, classes) or values (rows, 1)."""
        return weighted(self.ensemble, features)

    def predict(self, model_input: Any, params: dict[str, Any] | None = None) -> Any:
        """Answer a pandas frame with a frame (`prediction`, `proba_<label>`…), other tables with a list of records."""
        del params
        frame = hasattr(model_input, "columns") and hasattr(model_input, "iloc")
        if frame:
            columns: dict[str, Any] = {str(name): model_input[name].to_numpy() for name in model_input.columns}
        elif isinstance(model_input, list):
            columns = {
                name: [row.get(name) for row in model_input] for name in {key for row in model_input for key in row}
            }
        else:
            columns = {str(name): np.atleast_1d(values) for name, values in dict(model_input).items()}
        records = self.encoder.answers(self.scores(self.encoder.encode_columns(columns)))
        if not frame:
            return records
        import pandas as pd

        return pd.DataFrame.from_records(records, index=model_input.index, columns=self.encoder.output)


def weighted(ensemble: list[tuple[float, list[members.Scorer]]], features: FloatArray) -> NDArray[np.float64]:
    """Sum the members' scores by weight, each the mean over its fitted models."""
    total: NDArray[np.float64] | None = None
    for weight, scorers in ensemble:
        for scorer in scorers:
            part = np.asarray(scorer.scores(features), dtype=np.float64) * (weight / len(scorers))
            total = part if total is None else total + part
    if total is None:
        raise ValueError("the ensemble has no members")
    return total
