"""What a feature held: numbers by 201 quantiles, categories by counts. Taken from rows, or from a stored profile.

The baseline is kept in this form, so that a window is compared without reading the baseline again.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import BaseModel, Field, PrivateAttr

from studiolo.studio.datasets.monitors.measures import kolmogorov_smirnov, quantile_wasserstein, wasserstein
from studiolo.studio.datasets.profile_schemas import ColumnProfile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

PARTS = 200
CATEGORIES = 50  # most frequent ones of the baseline that have a bin of their own
KEPT = 2000  # categories that are known at all, so that a new one is told from a rare one
DECILES = 10


class Numbers(BaseModel):
    """A feature of numbers or moments. count: rows with a value; edges: 201 quantiles; steps: few values, repeated often.

    `values` are there, sorted, when it was taken from rows; then every measure is exact.
    """

    kind: Literal["number"] = "number"
    count: int
    missing: int
    min: float | None = None
    max: float | None = None
    mean: float | None = None
    edges: list[float] = Field(default_factory=list)
    _values: "Floats | None" = PrivateAttr(None)

    @property
    def values(self) -> "Floats | None":
        """The sorted values, None when only quantiles are known."""
        return self._values

    @property
    def quantiles(self) -> "Floats":
        """The 201 quantiles."""
        return np.asarray(self.edges)

    def below(self, points: "Floats", *, strictly: bool = False) -> "Floats":
        """Return the share of the values that are not above each point, or that are strictly below it."""
        side: Literal["left", "right"] = "left" if strictly else "right"
        if self._values is not None:
            return np.searchsorted(self._values, points, side=side) / len(self._values)
        edges = self.quantiles
        last = np.searchsorted(edges, points, side=side) - 1  # the last edge that is not above the point
        low, high = edges[np.clip(last, 0, PARTS)], edges[np.clip(last + 1, 0, PARTS)]
        width = np.where(high > low, high - low, 1.0)
        within = np.clip((points - low) / width, 0.0, 1.0)
        shares: Floats = np.where(last < 0, 0.0, np.where(last >= PARTS, 1.0, (last + within) / PARTS))
        return shares

    def counts(self, cuts: "Floats") -> "Floats":
        """Return how many rows lie in each bin between cuts (closed above), and the missing ones as the last bin."""
        below = np.concatenate(([0.0], self.below(cuts), [1.0])) * self.count
        return np.append(np.diff(below), float(self.missing))


class Categories(BaseModel):
    """A feature of texts or truths. counts: rows of each category, most frequent first; others: rows of all further ones."""

    kind: Literal["category"] = "category"
    count: int
    missing: int
    distinct: int
    counts: dict[str, int]
    others: int = 0


Distribution = Numbers | Categories


def of_numbers(values: "Floats", missing: int) -> Numbers:
    """Take a distribution from finite values, in any order."""
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    if not len(ordered):
        return Numbers(count=0, missing=missing)
    found = Numbers(
        count=len(ordered),
        missing=missing,
        min=float(ordered[0]),
        max=float(ordered[-1]),
        mean=float(ordered.mean()),
        edges=[float(edge) for edge in np.quantile(ordered, np.linspace(0, 1, PARTS + 1))],
    )
    found._values = ordered  # noqa: SLF001 - its own module
    return found


def of_categories(counts: Mapping[str, int], missing: int) -> Categories:
    """Take a distribution from rows of each category."""
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    kept = dict(ordered[:KEPT])
    total = sum(counts.values())
    return Categories(
        count=total, missing=missing, distinct=len(counts), counts=kept, others=total - sum(kept.values())
    )


def of_profile(column: ColumnProfile, edges: list[float]) -> Distribution | None:
    """Take a distribution from a stored profile; None when it holds too little of the column.

    edges: of the profile job's `edges.json`. Categories that are not among the frequent ones are one bin.
    """
    if column.type in ("text", "boolean"):
        if not column.top:
            return None
        counts = {top.value: top.count for top in column.top}
        others = max(0, column.count - sum(counts.values()))
        return Categories(
            count=column.count, missing=column.missing, distinct=column.distinct, counts=counts, others=others
        )
    if len(edges) != PARTS + 1:
        return None
    finite = column.count - column.infinite
    mean = column.mean if isinstance(column.mean, int | float) else float(np.mean(edges))
    return Numbers(
        count=finite,
        missing=column.missing + column.infinite,
        min=edges[0],
        max=edges[-1],
        mean=float(mean),
        edges=edges,
    )


def deciles(baseline: Numbers) -> "Floats":
    """Return the cuts of the baseline's deciles; fewer where values repeat, so that no bin is empty by its making."""
    edges = baseline.quantiles
    cuts = np.unique(edges[np.arange(1, DECILES) * (PARTS // DECILES)])
    kept: Floats = cuts[cuts < edges[-1]]
    if not len(kept):  # one value: what is below it and above it has bins of its own
        return np.array([np.nextafter(edges[-1], -np.inf), edges[-1]])
    return kept


def largest_gap(first: Numbers, second: Numbers) -> float:
    """Return the Kolmogorov–Smirnov distance of two distributions, of which either may be known by quantiles only."""
    if first.values is not None and second.values is not None:
        return kolmogorov_smirnov(first.values, second.values)
    points = np.unique(
        np.concatenate([one.values if one.values is not None else one.quantiles for one in (first, second)])
    )
    at = np.abs(first.below(points) - second.below(points))
    before = np.abs(first.below(points, strictly=True) - second.below(points, strictly=True))
    return float(max(at.max(), before.max()))


def transport(first: Numbers, second: Numbers) -> float:
    """Return the Wasserstein distance of two distributions, of which either may be known by quantiles only."""
    if first.values is not None and second.values is not None:
        return wasserstein(first.values, second.values)
    return quantile_wasserstein(first.quantiles, second.quantiles)


def number_table(baseline: Numbers, target: Numbers) -> tuple["Floats", "Floats"]:
    """Return the counts of both over the deciles of the baseline; a last bin of missing values where there are any."""
    cuts = deciles(baseline)
    first, second = baseline.counts(cuts), target.counts(cuts)
    if not baseline.missing and not target.missing:
        return first[:-1], second[:-1]
    return first, second


def category_table(baseline: Categories, target: Categories) -> tuple[list[str], "Floats", "Floats"]:
    """Return names and counts of both over the baseline's frequent categories, the others, and missing values.

    A category that the baseline does not have is one of the others; `new_categories` tells them apart.
    """
    names = list(baseline.counts)[:CATEGORIES]
    first = [float(baseline.counts[name]) for name in names]
    second = [float(target.counts.get(name, 0)) for name in names]
    rest_first, rest_second = baseline.count - sum(first), target.count - sum(second)
    shown = list(names)
    if rest_first > 0 or rest_second > 0:
        shown.append("(others)")
        first.append(rest_first)
        second.append(rest_second)
    if baseline.missing or target.missing:
        shown.append("(missing)")
        first.append(float(baseline.missing))
        second.append(float(target.missing))
    return shown, np.array(first), np.array(second)


def new_categories(baseline: Categories, target: Categories) -> dict[str, int]:
    """Return the categories that the baseline does not have, with their rows; none when not all of its own are known."""
    if baseline.others:
        return {}
    return {name: rows for name, rows in target.counts.items() if name not in baseline.counts}


def load(document: Mapping[str, Any]) -> Distribution:
    """Read a distribution that was kept as JSON."""
    return (Numbers if document["kind"] == "number" else Categories).model_validate(document)
