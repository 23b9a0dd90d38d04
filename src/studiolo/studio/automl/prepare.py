"""From the file to the matrix: read, find the target, type the columns, encode, split, check; all of it on disk for trials."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studiolo.studio.automl import columns, folds, metric_names, metrics, target, validation
from studiolo.studio.automl.columns import ColumnReport
from studiolo.studio.automl.errors import ColumnAbsent, NoFeatures, UnknownTask
from studiolo.studio.automl.predictor.encoder import Encoder, canonical
from studiolo.studio.automl.reading import Table
from studiolo.studio.automl.spec import FitSpec
from studiolo.studio.automl.target import Target
from studiolo.studio.automl.trial import write_json


@dataclass(frozen=True)
class Prepared:
    """The table as trials see it, and what was found out on the way. task: classification or regression."""

    task: str
    table: Table
    target: Target
    reports: list[ColumnReport]
    plan: dict[str, Any]
    encoder: Encoder
    x: NDArray[np.float32]
    metric: metrics.Metric
    folds: int
    categories: list[int]
    levels: list[int]
    held_out: int = 0  # rows of a validation table

    def first(self) -> tuple[str, ...]:
        """Name the learners to try first: lines, where most features are words; they are done before trees have begun."""
        words = sum(len(report.features) for report in self.reports if report.kind == "text")
        return ("linear",) if 2 * words > self.x.shape[1] else ()

    def groups(self) -> list[tuple[str, list[int]]]:
        """List the raw columns in use and the places of their features."""
        found, start = [], 0
        for column in self.encoder.columns:
            found.append((column.name, list(range(start, start + column.width))))
            start += column.width
        return found


def check_task(spec: FitSpec) -> None:
    """Refuse what can be refused before the file is read."""
    if spec.task == "auto":
        return
    if spec.task not in metric_names.NAMES:
        raise UnknownTask(spec.task)
    metrics.find(spec.metric, spec.task)


def prepare(spec: FitSpec, folder: Path) -> Prepared:
    """Prepare the training table; writes x.npy, y.npy, folds.npy and data.json into `folder`."""
    raw, training_rows = spec.read(spec.train), 0
    if spec.validation is not None:
        training_rows = raw.rows
        raw = validation.joined(raw, spec.read(spec.validation), str(spec.validation))
    if spec.task == "auto":
        spec = replace(spec, task=target.guess_task(raw, spec.target))
    found = target.read(raw, spec.target, spec.task)
    metric = metrics.find(spec.metric, spec.task, len(found.labels))
    table = raw.take(found.keep) if found.unlabelled else raw
    table = table.without([spec.target])
    reports = columns.inspect(table, spec.drop)
    used = [report for report in reports if report.spec is not None]
    if not used:
        raise NoFeatures([f"'{report.name}' {report.reason}" for report in reports])
    plan = make_plan(spec, found, reports)
    encoder = Encoder(plan)
    x = encode(encoder, table)
    own = validation.held_out(found, spec.target, training_rows) if spec.validation is not None else None
    parts = folds.count(len(found.y)) if own is None else 1
    assigned = folds.assign(found.y, parts, bool(found.labels), spec.seed) if own is None else own
    categories, levels = _codes(used)
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "x.npy", x)
    np.save(folder / "y.npy", found.y)
    np.save(folder / "folds.npy", assigned)
    about = {
        "task": spec.task, "labels": found.labels, "metric": metric.name, "folds": parts, "categories": categories,
        "levels": levels, "features": plan["features"],
    }  # fmt: skip
    write_json(folder / "data.json", about)
    held_out = int((own == 0).sum()) if own is not None else 0
    return Prepared(spec.task, table, found, reports, plan, encoder, x, metric, parts, categories, levels, held_out)


def make_plan(spec: FitSpec, found: Target, reports: list[ColumnReport]) -> dict[str, Any]:
    """Write the plan of predictor/__init__.py."""
    used = [report for report in reports if report.spec is not None]
    return {
        "format": "studiolo.plan/1",
        "task": spec.task,
        "target": spec.target,
        "labels": found.labels,
        "threshold": None,
        "columns": [report.spec for report in used],
        "features": [name for report in used for name in report.features],
        "dropped": {report.name: report.reason for report in reports if report.spec is None},
        "output": ["prediction", *(f"proba_{canonical(label)}" for label in found.labels)],
    }


def encode(encoder: Encoder, table: Table) -> NDArray[np.float32]:
    """Encode a table as `encoder.encode_columns` does, but each different value once."""
    matrix = np.full((table.rows, encoder.width), np.nan, dtype=np.float32)
    start = 0
    with np.errstate(over="ignore"):
        for column in encoder.columns:
            values, rows = table.distinct(column.name)
            coded = np.full((len(values) + 1, column.width), np.nan, dtype=np.float32)  # the last one: missing
            column.fill(values, coded[:-1])
            matrix[:, start : start + column.width] = coded[rows]
            start += column.width
    matrix[np.isinf(matrix)] = np.nan
    return matrix


@dataclass(frozen=True)
class TestTable:
    """Another table, encoded by the same plan; y where it has a target that is known."""

    x: NDArray[np.float32]
    y: NDArray[Any] | None
    rows: int


def check_test(spec: FitSpec, prepared: Prepared) -> None:
    """Look at the header of the table to predict. Raises ColumnAbsent when it lacks a column that the model uses."""
    if spec.test is None:
        return
    names = spec.names(spec.test)
    absent = [column.name for column in prepared.encoder.columns if column.name not in names]
    if absent:
        raise ColumnAbsent(str(spec.test), absent)


def read_test(spec: FitSpec, prepared: Prepared) -> TestTable | None:
    """Read and encode the table to predict, None when there is none."""
    if spec.test is None:
        return None
    table = spec.read(spec.test)
    x = encode(prepared.encoder, table)
    there = table.columns.get(spec.target)
    y = target.follow(there, prepared.target.labels) if there is not None else None
    return TestTable(x, y, table.rows)


def _codes(used: list[ColumnReport]) -> tuple[list[int], list[int]]:
    """Tell which features are codes of levels, and how many codes each has."""
    places, sizes, start = [], [], 0
    for report in used:
        if report.kind == "category":
            places.append(start)
            sizes.append(len((report.spec or {})["levels"]) + 1)
        start += len(report.features)
    return places, sizes
