"""From raw columns to the feature matrix, as `plan.json` says."""

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studiolo.studio.automl.predictor import dates, text

FloatArray = NDArray[np.float32]
NAN = float("nan")
TRUE_WORDS = frozenset({"true", "yes", "t", "y", "1"})
MISSING_WORDS = frozenset({"NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "?"})
FALSE_WORDS = frozenset({"false", "no", "f", "n", "0"})


class BadInput(ValueError):
    """A value that the model cannot take; `column` names it."""

    def __init__(self, column: str, detail: str) -> None:
        super().__init__(f"column '{column}': {detail}")
        self.column, self.detail = column, detail


def is_missing(value: Any) -> bool:
    """Tell whether a raw value counts as missing: None, NaN, NaT, blank text or a word that says so (NA, ?, null)."""
    if value is None:
        return True
    if isinstance(value, str):
        text = value.strip()
        return not text or text in MISSING_WORDS
    return bool(value != value)  # noqa: PLR0124 - only NaN and NaT differ from themselves


def canonical(value: Any) -> str:
    """Write a raw value as the text that names its level: 3, 3.0 and "3" are one.

    >>> canonical(3.0), canonical(" a "), canonical(True)
    ('3', 'a', 'true')
    """
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value)


class Column:
    """One raw column and how it becomes features; subclasses encode one value or many."""

    width = 1

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.name = str(spec["name"])
        self.required = bool(spec.get("required", False))

    def one(self, value: Any) -> float:
        raise NotImplementedError

    def fill(self, values: Sequence[Any] | NDArray[Any], out: FloatArray) -> None:
        """Write the features of all rows into out, shape (rows, width)."""
        one = self.one
        plain = values.tolist() if isinstance(values, np.ndarray) and values.dtype != object else values
        out[:, 0] = [one(value) for value in plain]


class Number(Column):
    def one(self, value: Any) -> float:
        kind = type(value)
        if kind is float or kind is int:
            number: float = value
            return number
        if is_missing(value):
            return NAN
        try:
            return float(value)
        except (TypeError, ValueError):
            return NAN

    def fill(self, values: Sequence[Any] | NDArray[Any], out: FloatArray) -> None:
        if isinstance(values, np.ndarray) and values.dtype.kind in "fiub":
            out[:, 0] = values
        else:
            super().fill(values, out)


class Boolean(Column):
    def one(self, value: Any) -> float:
        if value is True:
            return 1.0
        if value is False:
            return 0.0
        if is_missing(value):
            return NAN
        word = canonical(value).lower()
        return 1.0 if word in TRUE_WORDS else 0.0 if word in FALSE_WORDS else NAN


class Category(Column):
    def __init__(self, spec: Mapping[str, Any]) -> None:
        super().__init__(spec)
        levels = [str(level) for level in spec["levels"]]
        self.other = float(len(levels))
        self._codes: dict[str, float] = {level: float(code) for code, level in enumerate(levels)}
        self._exact: dict[Any, float] = dict(self._codes)
        for level, code in self._codes.items():  # numbers hash alike, so 3 and 3.0 find "3" without being printed
            try:
                number = float(level)
            except ValueError:
                continue
            if canonical(number) == level:
                self._exact.setdefault(number, code)

    def one(self, value: Any) -> float:
        try:
            code = self._exact.get(value)
        except TypeError:
            raise BadInput(self.name, f"takes text or a number, not {type(value).__name__}") from None
        if code is not None and value is not True and value is not False:
            return code
        if is_missing(value):
            return NAN
        return self._codes.get(canonical(value), self.other)


class Date(Column):
    def __init__(self, spec: Mapping[str, Any]) -> None:
        super().__init__(spec)
        self.pattern: str | None = spec.get("format")
        self.parts: list[str] = list(spec["parts"])
        self.width = len(self.parts)

    def row(self, value: Any) -> list[float]:
        moment = None if is_missing(value) else dates.parse(value, self.pattern)
        if moment is None:
            return [NAN] * self.width
        numbers = dates.calendar(moment)
        return [numbers[part] for part in self.parts]

    def fill(self, values: Sequence[Any] | NDArray[Any], out: FloatArray) -> None:
        seen: dict[Any, list[float]] = {}
        for place, value in enumerate(values):
            numbers = seen.get(value)
            if numbers is None:
                numbers = seen[value] = self.row(value)
            out[place] = numbers


class Text(Column):
    def __init__(self, spec: Mapping[str, Any]) -> None:
        super().__init__(spec)
        self.width = int(spec["size"])
        self.known = {str(term): place for place, term in enumerate(spec["terms"])}
        self.idf = _array(spec["idf"])
        self.projection = _array(spec["projection"]).reshape(len(self.known), self.width)

    def row(self, value: Any) -> FloatArray:
        if is_missing(value):
            return np.full(self.width, np.nan, dtype=np.float32)
        places, weights = text.weigh(str(value), self.known, self.idf)
        return (weights @ self.projection[places]).astype(np.float32)

    def fill(self, values: Sequence[Any] | NDArray[Any], out: FloatArray) -> None:
        for place, value in enumerate(values):
            out[place] = self.row(value)


KINDS: dict[str, type[Column]] = {
    "number": Number,
    "boolean": Boolean,
    "category": Category,
    "date": Date,
    "text": Text,
}


class Encoder:
    """Encode raw columns to features and decode scores to labels, for one row as for many.

    >>> encoder = Encoder.from_plan({
    ...     "task": "classification", "labels": ["no", "yes"], "features": ["age", "job"],
    ...     "columns": [{"name": "age", "kind": "number"}, {"name": "job", "kind": "category", "levels": ["cook"]}]})
    >>> encoder.encode_columns({"age": [31, None], "job": ["cook", "pilot"]})
    array([[31.,  0.],
           [nan,  1.]], dtype=float32)
    """

    def __init__(self, plan: Mapping[str, Any]) -> None:
        self.plan = plan
        self.task = str(plan["task"])
        self.labels: list[Any] = list(plan.get("labels") or [])
        self.threshold: float | None = plan.get("threshold")
        self.features = [str(name) for name in plan["features"]]
        self.columns = [KINDS[spec["kind"]](spec) for spec in plan["columns"]]
        self.width = sum(column.width for column in self.columns)
        if self.width != len(self.features):
            raise ValueError(f"the plan names {len(self.features)} features but its columns make {self.width}")
        self.single: list[tuple[str, Callable[[Any], float]]] | None = (
            [(column.name, column.one) for column in self.columns]
            if all(isinstance(column, (Number, Boolean, Category)) for column in self.columns)
            else None
        )
        self._proba = [f"proba_{canonical(label)}" for label in self.labels]
        self.output = ["prediction", *self._proba]

    @classmethod
    def from_plan(cls, plan: Mapping[str, Any]) -> "Encoder":
        """Build the encoder from the content of plan.json."""
        return cls(plan)

    def encode_columns(self, columns: Mapping[str, Sequence[Any] | NDArray[Any]], strict: bool = False) -> FloatArray:
        """Encode raw columns of equal length to features, shape (rows, F).

        Extra columns are ignored. An absent column counts as missing unless it is required: then BadInput.
        strict: a present value that the column cannot read (text where a number is needed, an infinite number) is
        BadInput too, instead of missing.
        """
        rows = next((len(values) for values in columns.values()), 0)
        if rows == 1 and self.single is not None:
            try:
                matrix = np.array([[one(columns[name][0]) for name, one in self.single]], dtype=np.float32)
            except (KeyError, OverflowError):
                matrix = self._encode(columns, rows)
        else:
            matrix = self._encode(columns, rows)
        finite = np.isfinite(matrix)
        if not finite.all():
            if strict:
                self._check(columns, matrix)
            matrix[np.isinf(matrix)] = np.nan
        return matrix

    def _encode(self, columns: Mapping[str, Sequence[Any] | NDArray[Any]], rows: int) -> FloatArray:
        matrix = np.full((rows, self.width), np.nan, dtype=np.float32)
        start = 0
        with np.errstate(over="ignore"):
            for column in self.columns:
                values = columns.get(column.name)
                if values is not None:
                    if len(values) != rows:
                        raise BadInput(column.name, f"has {len(values)} values where others have {rows}")
                    try:
                        column.fill(values, matrix[:, start : start + column.width])
                    except OverflowError:
                        raise BadInput(column.name, "holds a number too large for a 64-bit float") from None
                elif column.required:
                    raise BadInput(column.name, "is required by the model and absent")
                start += column.width
        return matrix

    def _check(self, columns: Mapping[str, Sequence[Any] | NDArray[Any]], matrix: FloatArray) -> None:
        start = 0
        for column in self.columns:
            first = matrix[:, start]
            start += column.width
            if column.name not in columns:
                continue
            values = columns[column.name]
            for place in np.flatnonzero(~np.isfinite(first)).tolist():
                if not is_missing(values[place]):
                    needed = {Number: "a finite number", Boolean: "true or false", Date: "a date"}.get(type(column))
                    if needed:
                        raise BadInput(column.name, f"row {place}: {values[place]!r} is not {needed}")

    def decode(self, scores: NDArray[Any]) -> list[Any]:
        """Turn scores, shape (rows, classes) or (rows, 1), into labels or numbers."""
        if self.task == "regression":
            return [float(value) for value in scores[:, 0]]
        if self.threshold is not None and len(self.labels) == 2:
            return [self.labels[int(chance >= self.threshold)] for chance in scores[:, 1].tolist()]
        return [self.labels[place] for place in scores.argmax(axis=1).tolist()]

    def answers(self, scores: NDArray[Any]) -> list[dict[str, Any]]:
        """Turn scores into one record per row: `prediction` and, for classes, `proba_<label>`."""
        predicted = self.decode(scores)
        if not self._proba:
            return [{"prediction": value} for value in predicted]
        return [
            {"prediction": label, **dict(zip(self._proba, chances, strict=True))}
            for label, chances in zip(predicted, scores.tolist(), strict=True)
        ]


def _array(packed: str) -> FloatArray:
    return np.frombuffer(base64.b64decode(packed), dtype="<f4")


def pack(values: NDArray[Any]) -> str:
    """Write an array of a plan as text: base64 of little-endian float32."""
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f4").tobytes()).decode("ascii")
