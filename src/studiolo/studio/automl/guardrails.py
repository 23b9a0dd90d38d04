"""Checks of the data before training: each is passed, done (something was chosen), fixed, or alerted."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studiolo.studio.automl import metrics
from studiolo.studio.automl.columns import ColumnReport
from studiolo.studio.automl.target import Target

Array = NDArray[Any]
SUSPECT = 0.98
SAMPLE = 5_000


@dataclass(frozen=True)
class Guardrail:
    """One check. state: passed, done, fixed or alerted."""

    name: str
    title: str
    state: str
    detail: str
    columns: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        return asdict(self)


def check(
    reports: Sequence[ColumnReport],
    target: Target,
    rows: int,
    x: Array,
    features: Sequence[str],
    folds: int,
    metric: str,
    held_out: int = 0,
) -> list[Guardrail]:
    """Run all checks on the prepared table. held_out: rows of a table of its own that checks the models."""
    validated = _validation(len(target.y), folds, held_out)
    found = [_missing(reports, rows), validated, _dropped(reports), _many_levels(reports)]
    if target.unlabelled:
        detail = f"{target.unlabelled:,} of {rows:,} rows have no target; they were left out."
        state = "alerted" if target.unlabelled > 0.5 * rows else "fixed"
        found.append(Guardrail("missing_target", "Rows without a target", state, detail))
    found.append(_balance(target, metric) if target.labels else _outliers(target.y))
    found += [_duplicates(x, target.y), _suspects(x, target, features)]
    combination = _combination(x, target.y, features) if not target.labels else None
    return found + ([combination] if combination else [])


def _missing(reports: Sequence[ColumnReport], rows: int) -> Guardrail:
    gaps = [report for report in reports if report.missing and report.kind != "dropped"]
    title = "Missing values"
    if not gaps:
        return Guardrail("missing_values", title, "passed", "No value is missing.")
    worst = max(gaps, key=lambda report: report.missing)
    detail = f"{len(gaps)} column(s) have missing values, most in '{worst.name}' ({worst.missing / rows:.0%}). "
    detail += "Trees learn from the gap itself; the linear model takes the mean and marks the gap."
    return Guardrail("missing_values", title, "done", detail, [report.name for report in gaps])


def _validation(rows: int, folds: int, held_out: int) -> Guardrail:
    if held_out:
        said = f"{held_out:,} of {rows:,} rows are the validation table: no trial learns from them."
        return Guardrail("validation", "Validation", "done", said)
    how = f"Cross validation in {folds} folds" if folds > 1 else "A holdout of 20 %"
    return Guardrail("validation", "Validation", "done", f"{how} for {rows:,} rows, spread evenly over the target.")


def _dropped(reports: Sequence[ColumnReport]) -> Guardrail:
    gone = [report for report in reports if report.kind == "dropped"]
    if not gone:
        return Guardrail("useless_columns", "Columns without information", "passed", "Every column is used.")
    detail = "; ".join(f"'{report.name}': {report.reason}" for report in gone[:8])
    return Guardrail(
        "useless_columns", "Columns without information", "fixed", f"Left out: {detail}.", [r.name for r in gone]
    )


def _many_levels(reports: Sequence[ColumnReport]) -> Guardrail:
    many = [report for report in reports if report.kind == "category" and report.distinct > 100]
    title = "Columns with many levels"
    if not many:
        return Guardrail("many_levels", title, "passed", "No category has more than 100 levels.")
    detail = (
        "Rare levels share one code: "
        + ", ".join(f"'{report.name}' ({report.distinct:,})" for report in many[:8])
        + "."
    )
    return Guardrail("many_levels", title, "done", detail, [report.name for report in many])


def _balance(target: Target, metric: str) -> Guardrail:
    place = int(np.argmin(target.counts))
    share = target.counts[place] / sum(target.counts)
    detail = f"The smallest class '{target.labels[place]}' has {target.counts[place]:,} rows ({share:.1%})."
    rare = share < 0.2 if len(target.labels) == 2 else share < 0.2 / len(target.labels)
    if not rare:
        return Guardrail("class_balance", "Class balance", "passed", detail)
    detail += " Rows are not resampled; folds are stratified."
    if metric == "accuracy":
        detail += " Accuracy says little here: consider AUC_weighted or f1_score_macro."
    return Guardrail("class_balance", "Class balance", "alerted", detail)


def _outliers(y: Array) -> Guardrail:
    low, high = np.quantile(y, [0.25, 0.75])
    far = int(((y < low - 6 * (high - low)) | (y > high + 6 * (high - low))).sum()) if high > low else 0
    if not far:
        return Guardrail("target_outliers", "Target outliers", "passed", "No value lies far outside of the others.")
    detail = f"{far:,} rows lie further than six quartile ranges outside; a squared error follows them."
    return Guardrail("target_outliers", "Target outliers", "alerted", detail)


def _duplicates(x: Array, y: Array) -> Guardrail:
    keys = np.random.default_rng(0).standard_normal(x.shape[1])
    sums = np.nan_to_num(x.astype(np.float64), nan=-7.5) @ keys + np.asarray(y, dtype=np.float64) * 3.7
    extra = len(sums) - len(np.unique(np.round(sums, 9)))
    title = "Duplicate rows"
    if extra <= 0.01 * len(sums):
        return Guardrail("duplicate_rows", title, "passed", f"{extra:,} rows occur twice.")
    detail = (
        f"{extra:,} of {len(sums):,} rows are copies of others: scores may be too good, since a copy can sit in a fold."
    )
    return Guardrail("duplicate_rows", title, "alerted", detail)


def _suspects(x: Array, target: Target, features: Sequence[str]) -> Guardrail:
    """Look for single features that tell the target almost alone."""
    rows = np.linspace(0, len(x) - 1, min(len(x), SAMPLE)).astype(int)
    y = target.y[rows]
    found = []
    for place in range(min(x.shape[1], 500)):
        power = _power(x[rows, place], y, len(target.labels))
        if power > SUSPECT:
            found.append((features[place], power))
    title = "Leak suspects"
    if not found:
        return Guardrail("leaks", title, "passed", "No single column tells the target almost alone.")
    shown = ", ".join(f"'{name}' ({power:.3f})" for name, power in found[:5])
    detail = f"Alone they tell the target almost fully: {shown}. Is their value known before the target is?"
    return Guardrail("leaks", title, "alerted", detail, [name for name, _ in found])


def _power(values: Array, y: Array, classes: int) -> float:
    """Score the mean target per quantile bin, fitted on even rows and checked on odd ones: AUC or R²."""
    known = values[~np.isnan(values)]
    if len(known) < 20:
        return 0.0
    edges = np.unique(np.quantile(known, np.linspace(0, 1, 33)[1:-1]))
    bins = np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values))
    size = len(edges) + 2
    hits = [y == place for place in range(classes)] if classes > 2 else [y == 1] if classes else [y]
    learn = np.arange(len(y)) % 2 == 0
    found = []
    for hit in hits[:20]:
        whole = hit.astype(np.float64)
        counts = np.bincount(bins[learn], minlength=size)
        means = (np.bincount(bins[learn], weights=whole[learn], minlength=size) + whole.mean()) / (counts + 1)
        guess, truth = means[bins[~learn]], whole[~learn]
        if classes:
            found.append(metrics.one_auc(truth > 0, guess))
        elif truth.var() > 0:
            found.append(1 - float(np.mean((truth - guess) ** 2)) / float(truth.var()))
    return float(np.nanmin(found)) if found and not np.isnan(found).all() else 0.0


def _combination(x: Array, y: Array, features: Sequence[str]) -> Guardrail | None:
    """Look for a target that is a sum of columns, such as a total beside its parts."""
    rows = np.linspace(0, len(x) - 1, min(len(x), SAMPLE)).astype(int)
    part = x[rows][:, ~np.isnan(x[rows]).any(axis=0)].astype(np.float64)
    names = [name for name, gap in zip(features, np.isnan(x[rows]).any(axis=0), strict=True) if not gap]
    if not names or len(names) * 3 > len(rows):
        return None
    scale = part.std(axis=0)
    scaled = (part - part.mean(axis=0)) / np.where(scale > 0, scale, 1)
    truth = y[rows] - y[rows].mean()
    weights, *_ = np.linalg.lstsq(scaled, truth, rcond=None)
    if 1 - float(np.var(truth - scaled @ weights) / np.var(truth)) < 0.9999:
        return None
    used = [
        names[place] for place in np.argsort(-np.abs(weights)) if abs(weights[place]) > 0.01 * np.abs(weights).max()
    ]
    detail = f"The target is a weighted sum of {', '.join(repr(name) for name in used[:6])}. Are they its parts?"
    return Guardrail("leak_by_sum", "Target is a sum of columns", "alerted", detail, used)
