"""The original tier: the model as MLflow loads it, with pandas; for everything that has no compiled form."""

import math
import traceback
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pandas as pd

from studiolo.studio.endpoints.scoring.bodies import Table
from studiolo.studio.endpoints.scoring.inputs import Input, Inputs
from studiolo.studio.endpoints.scoring.problems import ModelFailed, ModelRefused
from studiolo.studio.endpoints.scoring.tiers.base import Kind, Prediction

_PREDICTED = "prediction"
_TYPES = {
    "double": "number",
    "float": "number",
    "long": "integer",
    "integer": "integer",
    "boolean": "boolean",
    "string": "string",
    "datetime": "datetime",
}


class Original:
    """`mlflow.pyfunc` behind the same checks. `rowwise`: rows of several requests may be predicted together."""

    kind: Kind = "pyfunc"

    def __init__(self, model: Any, why: str, extra: str, batch_rows: int) -> None:
        self.model = model
        self.why = why
        self.batch_rows = batch_rows
        self.rowwise = False
        self.labels: list[Any] = []
        self.task = ""
        self._classifier: Any = None
        columns, self._tensor = _columns(model.metadata)
        self.inputs = Inputs(columns, extra=extra)

    def predict(self, table: Table) -> Prediction:
        """Check one request and predict it."""
        return self.answer(self.raw(self.check(table), table.params), table.rows)

    def check(self, table: Table) -> Any:
        """Check the rows of a request and turn them into what the model takes."""
        if self._tensor or (not self.inputs.columns and table.positional is not None):
            return self._array(table)
        columns = self.inputs.collect(table)
        wrong = self.inputs.diagnose(table)
        if wrong is not None:
            raise wrong
        return frame(columns, self.inputs.columns, table.rows)

    def _array(self, table: Table) -> Any:
        rows = table.positional
        if rows is None:
            return {name: np.asarray(values) for name, values in self.inputs.collect(table).items()}
        values = [row[0] for row in rows] if all(len(row) == 1 for row in rows) else rows
        try:
            return np.asarray(values, dtype=self._tensor or None)
        except (TypeError, ValueError) as error:
            raise ModelRefused(f"The rows make no {self._tensor} array: {error}.", field=table.at) from None

    def raw(self, data: Any, params: dict[str, Any] | None = None) -> Any:
        """Ask the model; its errors become problems."""
        from mlflow.exceptions import MlflowException

        try:
            found = self.model.predict(data, params=params) if params else self.model.predict(data)
            return found if self._classifier is None else self._with_chances(found, data)
        except MlflowException as error:
            raise ModelRefused(f"{error.message}"[:2000], "See the model's signature: GET /openapi.json.") from error
        except Exception as error:  # a user's model may raise anything
            where = traceback.format_exception_only(error)[-1].strip()
            raise ModelFailed(f"The model raised {where[:1000]}.", "The endpoint's log has the traceback.") from error

    def _with_chances(self, found: Any, data: Any) -> pd.DataFrame:
        chances = np.asarray(self._classifier.predict_proba(data))
        frame = pd.DataFrame(chances, columns=[str(label) for label in self.labels])
        frame.insert(0, _PREDICTED, np.asarray(found), allow_duplicates=True)
        return frame

    def answer(self, found: Any, rows: int) -> Prediction:
        """Turn what a model returned into what JSON can carry."""
        if self._classifier is not None:
            predicted = _clean(found.iloc[:, 0].tolist())
            names = [str(label) for label in self.labels]
            rows_of = found.iloc[:, 1:].to_numpy().tolist()
            return Prediction(predicted, [dict(zip(names, chances, strict=True)) for chances in rows_of])
        if isinstance(found, pd.DataFrame):
            return _of_frame(found)
        if isinstance(found, pd.Series):
            return Prediction(_clean(found.tolist()))
        if isinstance(found, np.ndarray):
            return Prediction(_clean(found.tolist()))
        del rows
        return Prediction(found)

    def learn_chances(self, table: Table) -> None:
        """Find out, on the sample, whether this is a scikit-learn classifier that gives probabilities beside labels."""
        try:
            estimator = self.model.get_raw_model()
            if not hasattr(estimator, "predict_proba"):
                return
            labels = np.asarray(estimator.classes_).tolist()
            self.labels, self._classifier, self.task = labels, estimator, "classification"
            self.predict(table)
        except Exception:  # noqa: BLE001 - then the labels alone are the answer, as with MLflow's own server
            self.labels, self._classifier, self.task = [], None, ""

    def learn_batching(self, table: Table) -> str:
        """Find out, on the sample, whether rows can be predicted together; returns a sentence about it."""
        try:
            data = self.check(table)
            twice = join([data, data])
            alone, together = self.raw(data), self.raw(twice)
            parts = split(together, [table.rows, table.rows])
            same = parts is not None and all(
                orjson.dumps(self.answer(part, table.rows), option=orjson.OPT_SERIALIZE_NUMPY, default=str)
                == orjson.dumps(self.answer(alone, table.rows), option=orjson.OPT_SERIALIZE_NUMPY, default=str)
                for part in parts
            )
        except Exception as error:  # noqa: BLE001 - whatever a model does with twice the rows, it then gets them alone
            return f"off: the sample, sent twice in one call, failed ({type(error).__name__})"
        self.rowwise = same
        return "on" if same else "off: the model answers a row differently when others are beside it"


def frame(columns: dict[str, list[Any]], inputs: tuple[Input, ...], rows: int) -> pd.DataFrame:
    """Make the frame that a signature asks for; checked values in."""
    types = {column.name: column for column in inputs}
    made: dict[str, Any] = {}
    for name, values in columns.items():
        column = types.get(name)
        blank = [None if isinstance(value, str) and not value.strip() else value for value in values]
        match column.type if column else "any":
            case "integer" if None not in blank:
                made[name] = np.array([_whole(value) for value in blank], dtype=np.int64)
            case "number" | "integer":
                made[name] = np.array([_float(value) for value in blank])
            case "boolean" if None not in blank:
                made[name] = np.array([_truth(value) for value in blank])
            case "datetime":
                made[name] = pd.to_datetime(pd.Series(blank), format="ISO8601")
            case "string":
                made[name] = pd.Series([value if value is None else str(value) for value in values], dtype=object)
            case _:
                made[name] = values
    return pd.DataFrame(made, index=range(rows))


def _float(value: Any) -> float:
    return math.nan if value is None else float(value)


def _whole(value: Any) -> int:
    return value if type(value) is int else int(float(value))


def _truth(value: Any) -> bool:
    return value if isinstance(value, bool) else str(value).strip().lower() in {"true", "yes", "t", "y", "1", "1.0"}


def join(parts: list[Any]) -> Any:
    """Put the rows of several requests one under the other. Raises TypeError for what has no rows."""
    if all(isinstance(part, pd.DataFrame) for part in parts):
        return pd.concat(parts, ignore_index=True)
    if all(isinstance(part, np.ndarray) for part in parts):
        return np.concatenate(parts)
    raise TypeError("these rows cannot be joined")


def split(found: Any, sizes: list[int]) -> list[Any] | None:
    """Cut an answer into the parts of its requests; None when it is not one item per row."""
    if not hasattr(found, "__len__") or isinstance(found, dict | str) or len(found) != sum(sizes):
        return None
    parts, start = [], 0
    for size in sizes:
        cut = slice(start, start + size)
        parts.append(found.iloc[cut] if isinstance(found, pd.DataFrame | pd.Series) else found[cut])
        start += size
    return parts


def _of_frame(found: pd.DataFrame) -> Prediction:
    names = [str(name) for name in found.columns]
    values = {name: _clean(found.iloc[:, place].tolist()) for place, name in enumerate(names)}
    records = [dict(zip(names, row, strict=True)) for row in zip(*values.values(), strict=True)]
    if "prediction" not in values:
        return Prediction(records)
    chances = [name for name in names if name.startswith("proba_")]
    probabilities = [{name.removeprefix("proba_"): record[name] for name in chances} for record in records]
    return Prediction(values["prediction"], probabilities if chances else None, True, records)


def _clean(values: list[Any]) -> list[Any]:
    """Write what is no number as null: JSON has neither NaN nor infinity."""
    return [
        None if value is pd.NaT or (isinstance(value, float) and not math.isfinite(value)) else value
        for value in values
    ]


def _columns(metadata: Any) -> tuple[list[Input], str]:
    """Read the signature: the columns, and for a model of arrays their type."""
    signature = metadata.signature
    schema = signature.inputs if signature is not None else None
    if schema is None:
        return [], ""
    if schema.is_tensor_spec():
        names = schema.input_names() if schema.has_input_names() else []
        kind = str(schema.inputs[0].type)
        return [Input(str(name)) for name in names], kind
    found = []
    for place, column in enumerate(schema.inputs):
        name = column.name if column.name is not None else str(place)
        kind = getattr(column.type, "name", "any")
        found.append(Input(str(name), _TYPES.get(kind, "any"), bool(column.required)))
    return found, ""


def load(folder: Path, why: str, extra: str, batch_rows: int) -> Original:
    """Load the model; whatever its code raises passes through."""
    import mlflow.pyfunc

    return Original(mlflow.pyfunc.load_model(str(folder)), why, extra, batch_rows)
