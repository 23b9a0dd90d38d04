"""Decide what each raw column means and write the plan by which it becomes features."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from studiolo.studio.automl.predictor import dates
from studiolo.studio.automl.predictor.encoder import FALSE_WORDS, TRUE_WORDS, canonical
from studiolo.studio.automl.reading import Table, as_numbers

NUMERIC_SHARE = 0.98  # of the present values that must parse before text counts as numbers
ID_SHARE = 0.95  # of different values from which text names the row instead of describing it
MAX_LEVELS = 2000
DATE_FORMATS = (
    None,
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%Y/%m/%d",
    "%d-%m-%Y",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M",
    "%d %b %Y",
)
_ID_NAME = re.compile(r"(^|[_.\s-])(id|uuid|guid|pid|rowid|index|instant|key)$|[a-z]I[dD]$", re.IGNORECASE)
_DIGIT = re.compile(r"\d")


@dataclass
class ColumnReport:
    """What was found in one column and what is done with it."""

    name: str
    kind: str  # number, boolean, category, date, text, or dropped
    dtype: str  # of the model's signature: double, long, boolean, string, datetime
    missing: int
    distinct: int
    reason: str  # why it is dropped, or how its kind was told
    steps: list[str] = field(default_factory=list)  # how it becomes features, in order
    features: list[str] = field(default_factory=list)
    spec: dict[str, Any] | None = None  # its entry in plan.json


def inspect(table: Table, drop: Sequence[str] = (), for_text: int = 48) -> list[ColumnReport]:
    """Type every column of the table (the target left out before)."""
    reports = [
        _dropped(table, name, "left out by the user") if name in drop else _inspect(table, name)
        for name in table.columns
    ]
    texts = [report for report in reports if report.kind == "text"]
    others = [report for report in reports if report.spec is not None and report.kind != "text"]
    for report in texts:
        from studiolo.studio.automl.text_features import fit

        fit(report, table.columns[report.name].to_pylist(), size=for_text if others else 128)
    return reports


def _inspect(table: Table, name: str) -> ColumnReport:
    column = table.columns[name]
    present = pc.drop_null(column)
    if pa.types.is_floating(column.type):
        present = present.filter(pc.invert(pc.is_nan(present)))
    counted = pc.value_counts(present.combine_chunks() if isinstance(present, pa.ChunkedArray) else present)
    values, counts = counted.field("values").to_pylist(), counted.field("counts").to_numpy(zero_copy_only=False)
    missing = table.rows - len(present)
    report = ColumnReport(name, "dropped", "string", missing, len(values), "")
    if not values:
        report.reason = "every value is missing"
    elif len(values) == 1:
        report.reason = f"always {canonical(values[0])!r}"[:80] + (" or missing" if missing else "")
        if missing and 0.05 < missing / table.rows < 0.95:
            return _category(report, values, counts, table.rows, "one value or missing")
    else:
        return _typed(report, column, values, counts, table)
    return report


def _typed(report: ColumnReport, column: Any, values: list[Any], counts: NDArray[Any], table: Table) -> ColumnReport:
    kind = column.type
    if pa.types.is_boolean(kind):
        return _plain(report, "boolean", "boolean", "true or false")
    if pa.types.is_timestamp(kind):
        return _date(report, values, None, "datetime")
    numbers = as_numbers(column)
    if numbers is not None:
        if _numbers_rows(report.name, numbers, report.distinct):
            report.reason = "numbers each row"
            return report
        whole = not report.missing and bool(np.all(np.mod(numbers, 1) == 0))
        return _plain(report, "number", "long" if whole else "double", "whole numbers" if whole else "numbers")
    words = {str(value).lower() for value in values}
    if len(words) == 2 and words & TRUE_WORDS and words & FALSE_WORDS and words <= TRUE_WORDS | FALSE_WORDS:
        return _plain(report, "boolean", "string", "two words that mean true and false")
    return _from_text(report, values, counts, table.rows)


def _from_text(report: ColumnReport, values: list[Any], counts: NDArray[Any], rows: int) -> ColumnReport:
    present = int(counts.sum())
    parsed = sum(int(count) for value, count in zip(values, counts, strict=True) if _is_number(value))
    if parsed >= NUMERIC_SHARE * present:
        report.missing += present - parsed
        return _plain(report, "number", "string", f"text that is a number in {parsed / present:.1%} of rows")
    pattern = _date_pattern(values)
    if not isinstance(pattern, bool):
        return _date(report, values, pattern, "string")
    lengths = np.array([len(value.split()) for value in values[:2000]])
    share = len(values) / present
    if share > 0.5 and len(values) > 50 and float(lengths.mean()) >= 3:
        report.kind, report.reason = "text", f"{lengths.mean():.0f} words in the mean"
        return report
    if share >= ID_SHARE and present > 20:
        report.reason = f"names the row: {share:.0%} of its values differ"
        return report
    return _category(report, values, counts, rows, "text with repeated values")


def _category(report: ColumnReport, values: list[Any], counts: NDArray[Any], rows: int, reason: str) -> ColumnReport:
    """Codes by falling frequency; levels that are too rare to learn from share one code with unseen values."""
    floor = 1 if rows < 200 else 3 if rows < 100_000 else 10
    order = sorted(range(len(values)), key=lambda place: (-int(counts[place]), str(values[place])))
    levels = [canonical(values[place]) for place in order if int(counts[place]) >= floor][:MAX_LEVELS]
    if not levels:
        report.reason = f"names the row: no value occurs {floor} times"
        return report
    _plain(report, "category", "string", reason)
    report.steps = [f"code of {len(levels)} levels, by frequency", "rare and unseen levels share a code"]
    report.spec = {**(report.spec or {}), "levels": levels}
    return report


def _plain(report: ColumnReport, kind: str, dtype: str, reason: str) -> ColumnReport:
    report.kind, report.dtype, report.reason = kind, dtype, reason
    report.features = [report.name]
    report.steps = ["as it is; missing stays missing"]
    report.spec = {"name": report.name, "kind": kind, "dtype": dtype, "required": report.missing == 0}
    return report


def _date(report: ColumnReport, values: list[Any], pattern: str | None, dtype: str) -> ColumnReport:
    moments = [moment for moment in (dates.parse(value, pattern) for value in values) if moment]
    rows = [dates.calendar(moment) for moment in moments]
    parts = [part for part in dates.PARTS if len({row[part] for row in rows}) > 1]
    if not parts:
        report.reason = "always the same date"
        return report
    _plain(report, "date", dtype, f"dates{f' written {pattern}' if pattern else ''}")
    report.features = [f"{report.name}.{part}" for part in parts]
    report.steps = [f"parts: {', '.join(parts)}"]
    report.spec = {**(report.spec or {}), "format": pattern, "parts": parts}
    return report


def _date_pattern(values: Sequence[Any]) -> str | bool | None:
    """Find the format that reads a sample of values; False when they are no dates."""
    sample = [str(value) for value in values[:: max(1, len(values) // 200)]]
    if not all(len(text) >= 8 and _DIGIT.search(text) for text in sample):
        return False
    for pattern in DATE_FORMATS:
        if sum(dates.parse(text, pattern) is not None for text in sample) >= NUMERIC_SHARE * len(sample):
            return pattern
    return False


def _numbers_rows(name: str, numbers: NDArray[np.float64], distinct: int) -> bool:
    """Tell a row number or key: whole, all different, and counting up by one or named like a key."""
    if distinct < len(numbers) or len(numbers) < 20 or not np.all(np.mod(numbers, 1) == 0):
        return False
    return bool(np.all(np.diff(numbers) == 1)) or _ID_NAME.search(name) is not None


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _dropped(table: Table, name: str, reason: str) -> ColumnReport:
    return ColumnReport(name, "dropped", "string", table.columns[name].null_count, 0, reason)


def example(table: Table, reports: Sequence[ColumnReport], rows: int = 5) -> dict[str, list[Any]]:
    """Take the first rows as an input example, in the types of the signature."""
    found: dict[str, list[Any]] = {}
    for report in reports:
        if report.spec is None:
            continue
        values = table.columns[report.name].slice(0, rows).to_pylist()
        if report.dtype == "double":
            values = [None if value is None else float(value) for value in values]
        elif report.dtype == "long":
            values = [None if value is None else int(float(value)) for value in values]
        elif report.dtype == "string":
            values = [None if value is None else canonical(value) for value in values]
        elif report.dtype == "datetime":
            values = [value.isoformat() if isinstance(value, datetime) else value for value in values]
        found[report.name] = values
    return found
