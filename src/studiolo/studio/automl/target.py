"""The column to learn: labels or numbers, or the reason why it cannot be learned."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from studiolo.studio.automl.errors import TargetMissing, TargetUnusable, TooFewRows, UnknownTask
from studiolo.studio.automl.predictor.encoder import canonical
from studiolo.studio.automl.reading import Table, as_numbers

MIN_ROWS = 10
MAX_CLASSES = 200


@dataclass(frozen=True)
class Target:
    """y: class places (int64) or values (float64) of the rows in `keep`; labels in order of the scores' columns."""

    y: NDArray[Any]
    labels: list[Any]
    keep: NDArray[np.int64]
    unlabelled: int
    counts: list[int]


def read(table: Table, name: str, task: str) -> Target:
    """Read the target; rows where it is missing are left out and counted.

    Raises TargetMissing, TargetUnusable, TooFewRows, UnknownTask.
    """
    if task not in {"classification", "regression"}:
        raise UnknownTask(task)
    if name not in table.columns:
        raise TargetMissing(name, list(table.columns))
    column = table.columns[name]
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    keep = np.flatnonzero(np.asarray(pc.is_valid(column).to_numpy(zero_copy_only=False), dtype=bool))
    if len(keep) == 0:
        raise TargetUnusable(name, "is missing in every row", "Choose a column that is filled.")
    column = column.take(pa.array(keep))
    y, labels, counts = _classes(name, column) if task == "classification" else _numbers(name, column)
    if len(keep) < MIN_ROWS:
        raise TooFewRows(len(keep), MIN_ROWS)
    return Target(y, labels, keep, table.rows - len(keep), counts)


def guess_task(table: Table, name: str) -> str:
    """Tell regression from classification: numbers with many different values, or with fractions, are to be measured."""
    if name not in table.columns:
        raise TargetMissing(name, list(table.columns))
    numbers = as_numbers(table.columns[name])
    if numbers is None:
        return "classification"
    known = np.unique(numbers[~np.isnan(numbers)])
    return "regression" if len(known) > 20 or bool(np.any(np.mod(known, 1) != 0)) else "classification"


def follow(column: pa.ChunkedArray, labels: list[Any]) -> NDArray[Any] | None:
    """Read the target of another table by known labels; None when a value is missing or not among them."""
    if not labels:
        numbers = as_numbers(column)
        return numbers if numbers is not None and bool(np.isfinite(numbers).all()) else None
    places = {canonical(label): place for place, label in enumerate(labels)}
    found = [places.get(canonical(value)) for value in column.to_pylist()]
    return None if None in found else np.array(found, dtype=np.int64)


def _classes(name: str, column: Any) -> tuple[NDArray[np.int64], list[Any], list[int]]:
    values = column.to_pylist()
    places: dict[str, Any] = {}
    for value in values:
        places.setdefault(canonical(value), value)
    if len(places) == 1:
        raise TargetUnusable(
            name, f"is always '{next(iter(places))}'", "Choose a column with at least two different values."
        )
    if len(places) == len(values) or (len(places) > MAX_CLASSES and len(places) > 0.5 * len(values)):
        raise TargetUnusable(
            name,
            f"has {len(places):,} different values in {len(values):,} rows: too many to be classes",
            "Choose task regression for numbers, or another column.",
        )
    labels = _labels(list(places))
    order = {canonical(label): place for place, label in enumerate(labels)}
    y = np.array([order[canonical(value)] for value in values], dtype=np.int64)
    counts = np.bincount(y, minlength=len(labels))
    single = [str(labels[place]) for place in np.flatnonzero(counts == 1)]
    if single:
        shown = ", ".join(f"'{label}'" for label in single[:5]) + (", …" if len(single) > 5 else "")
        raise TargetUnusable(
            name,
            f"has {len(single)} class(es) of one row: {shown}",
            "A class needs two rows, one to learn from and one to check. Remove these rows or merge the classes.",
        )
    if len(labels) > MAX_CLASSES:
        raise TargetUnusable(
            name, f"has {len(labels):,} classes", f"At most {MAX_CLASSES} classes can be learned here."
        )
    return y, labels, [int(count) for count in counts]


def _labels(texts: list[str]) -> list[Any]:
    """Sort labels, as whole numbers where all of them are, else as text; true/false become booleans."""
    if set(texts) == {"true", "false"}:
        return [False, True]
    try:
        numbers = {text: int(text) for text in texts}
    except ValueError:
        return sorted(texts)
    if any(str(number) != text for text, number in numbers.items()):
        return sorted(texts)
    return sorted(numbers.values())


def _numbers(name: str, column: Any) -> tuple[NDArray[np.float64], list[Any], list[int]]:
    y = as_numbers(column)
    if y is None:
        wrong = next((value for value in column.to_pylist() if not _is_number(value)), "?")
        raise TargetUnusable(
            name, f"holds '{wrong}', which is not a number", "Choose task classification, or another column."
        )
    if not np.isfinite(y).all():
        places = np.flatnonzero(~np.isfinite(y))
        raise TargetUnusable(
            name,
            f"is infinite in {len(places)} row(s), first in row {int(places[0]) + 1}",
            "Remove or repair these rows.",
        )
    if np.all(y == y[0]):
        raise TargetUnusable(name, f"is always {y[0]:g}", "Choose a column with at least two different values.")
    return y, [], []


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True
