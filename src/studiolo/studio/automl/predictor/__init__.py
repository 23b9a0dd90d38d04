"""Predict with a model that Automated ML made: raw columns in, labels or numbers out.

This package is copied into each model as `code/studiolo_predictor`, so that a model answers without Studiolo. It needs
numpy and the standard library to encode; the library of a member (LightGBM, scikit-learn, …) only to predict natively.
Training, native prediction and the compiled scorer all encode with `encoder.Encoder`: there is one encoding.

Files of a model, all in `model/`:

`plan.json`, how raw columns become the float32 matrix `features` of shape (rows, len(plan["features"])):

    {
      "format": "studiolo.plan/1",
      "task": "classification" | "regression",
      "target": "income",
      "labels": ["<=50K", ">50K"],      # classification: label of each score column, in order, with its JSON type; else []
      "threshold": 0.5,                 # two classes: answer labels[1] from this probability on; null = highest wins
      "columns": [ … ],                 # raw inputs in order, see below
      "features": ["age", "workclass", "day.year", …],
      "dropped": {"PassengerId": "numbers each row"},    # ignored on input, may be absent
      "output": ["prediction", "proba_<=50K", "proba_>50K"]
    }

Each column has "name", "kind", "dtype" (of the MLflow signature: double, long, string, boolean, datetime), "required" (false
when training rows had it missing: null or an absent column is then accepted) and by kind:

    number    one feature: the value. "long" says that training saw whole numbers only; any number is accepted. Text that parses as a number counts; other text is missing (strict: an error).
    boolean   one feature: 1, 0. Accepts true/false, 1/0 and the words true, false, yes, no, t, f, y, n.
    category  "levels": [text, …]; one feature: the index of the level; len(levels) for a value that is rare or unseen.
              Numbers match the text that they print as, so 3, 3.0 and "3" are one level.
    date      "format": strptime format or null for ISO 8601; "parts": some of year, month, day, weekday, hour, minute,
              yearday, days (since 1970-01-01); one feature per part.
    text      "terms": [1- and 2-grams], "idf": base64 float32 (terms), "projection": base64 float32 (terms, size),
              "size": n; features: the row's normalised tf-idf times the projection.

A missing value (null, NaN, blank text, or one of the words NA, N/A, NaN, null, ?) is NaN in each of its features.

`members.json`, the native models and their weights: {"members": [{"kind", "files": [..], "weight", ...}]}. The score of
a model is the weighted sum over members of the mean over files: probabilities (rows, classes) or values (rows, 1).

`model.onnx`, only when it was proven equal: `features` float32 (n, F) → `scores` float32 (n, classes) or (n, 1), with
`gate.json` as evidence. `export.json` says which of both happened, and why.
"""

from typing import Any


def _load_pyfunc(path: str) -> Any:
    """Load the model for `mlflow.pyfunc`; path is the `model/` folder or the model's root."""
    from studiolo.studio.automl.predictor.model import Model

    return Model.load(path)
