"""A window beside its baseline: the measures of every feature, and when they are an alarm. Pure functions of distributions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from studiolo.studio.datasets.monitors import measures
from studiolo.studio.datasets.monitors.distributions import (
    Categories,
    Distribution,
    Numbers,
    category_table,
    largest_gap,
    new_categories,
    number_table,
    transport,
)
from studiolo.studio.datasets.monitors.results import Bins, Comparison, FeatureDrift, Magnitude, Side

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

ENOUGH = 50  # rows of a window; below, it says nothing
FALSE_SHARE = 0.01  # of the features that are called drifting, at most, when Benjamini–Hochberg is right about them
BARS, SHOWN = 24, 12
NAMED = 20


def feature(
    name: str, baseline: Distribution, target: Distribution, threshold: float, weight: float = 1.0
) -> FeatureDrift:
    """Measure one feature; whether it drifts is settled by `settle`, among all of them."""
    if isinstance(baseline, Numbers) and isinstance(target, Numbers):
        found = _numbers(name, baseline, target, threshold)
    elif isinstance(baseline, Categories) and isinstance(target, Categories):
        found = _categories(name, baseline, target, threshold)
    else:
        raise TypeError(f"{name} is {baseline.kind} on one side and {target.kind} on the other")
    found.weight = weight
    found.missing_change = found.target.missing_share - found.baseline.missing_share
    return found


def settle(features: list[FeatureDrift]) -> None:
    """Say of each feature whether it drifts: above its threshold, above the noise, and not by chance among so many."""
    for found, p in zip(features, measures.adjusted([one.p for one in features]), strict=True):
        found.adjusted = p
        moved = found.psi is not None and found.psi > max(found.threshold, found.floor)
        found.drifting = moved and p <= FALSE_SHARE


def judge(found: Comparison, *, by_features: bool = True) -> None:
    """Say whether a window is an alarm: the drift magnitude is above threshold and noise, or a feature with weight drifts."""
    reasons: list[str] = []
    size = found.magnitude
    if size is not None and size.value > max(found.threshold, size.floor):
        above = max(found.threshold, size.floor)
        digits = next((n for n in range(3) if f"{size.value:.{n}%}" != f"{above:.{n}%}"), 3)
        reasons.append(f"the drift magnitude is {size.value:.{digits}%}, above {above:.{digits}%}")
    drifting = [one.name for one in sorted(found.features, key=rank) if one.drifting and one.weight > 0]
    if by_features and drifting:
        more = f" and {len(drifting) - 3} more" if len(drifting) > 3 else ""
        verb = "drifts" if len(drifting) == 1 else "drift"
        reasons.append(f"{', '.join(drifting[:3])}{more} {verb}")
    found.drifting, found.why = found.enough and bool(reasons), "; ".join(reasons)


def rank(found: FeatureDrift) -> tuple[float, float]:
    """Sort the features that drift most to the front: by weight times index, then by what they contribute."""
    return (-(found.psi or 0.0) * found.weight, -(found.contribution or 0.0))


def add_magnitude(found: Comparison, magnitude: Magnitude) -> None:
    """Put the magnitude into a comparison, and each feature's part of it beside its measures."""
    found.magnitude = magnitude
    for one in found.features:
        one.contribution = magnitude.contributions.get(one.name)


def everything(
    baseline: Mapping[str, Distribution],
    target: Mapping[str, Distribution],
    thresholds: Mapping[str, float],
    weights: Mapping[str, float],
) -> list[FeatureDrift]:
    """Measure all features that both sides have, in order of the baseline."""
    features = [
        feature(name, baseline[name], target[name], thresholds[name], weights.get(name, 1.0))
        for name in baseline
        if name in target and baseline[name].kind == target[name].kind
    ]
    settle(features)
    return features


def _numbers(name: str, baseline: Numbers, target: Numbers, threshold: float) -> FeatureDrift:
    found = FeatureDrift(name=name, kind="number", threshold=threshold, baseline=_side(baseline), target=_side(target))
    if not baseline.count or not (target.count + target.missing):
        return found
    _tell_counts(found, *number_table(baseline, target))
    if target.count:
        found.ks = largest_gap(baseline, target)
        found.ks_floor = measures.distance_floor(baseline.count, target.count)
        found.ks_p = measures.kolmogorov_smirnov_p(found.ks, baseline.count, target.count)
        width = measures.spread(baseline.quantiles)
        distance = transport(baseline, target)
        found.wasserstein = distance / width if width else (0.0 if distance == 0 else None)
        found.bins = _bars(baseline, target)
    return found


def _categories(name: str, baseline: Categories, target: Categories, threshold: float) -> FeatureDrift:
    found = FeatureDrift(
        name=name, kind="category", threshold=threshold, baseline=_side(baseline), target=_side(target)
    )
    if not (baseline.count + baseline.missing) or not (target.count + target.missing):
        return found
    names, first, second = category_table(baseline, target)
    _tell_counts(found, first, second)
    fresh = new_categories(baseline, target)
    found.new_categories = sorted(fresh, key=lambda one: (-fresh[one], one))[:NAMED]
    found.new_share = sum(fresh.values()) / max(1, target.count + target.missing)
    found.bins = _shares(names, first, second)
    return found


def _tell_counts(found: FeatureDrift, first: "Floats", second: "Floats") -> None:
    """Put in what follows from counts over the same bins."""
    found.psi = measures.population_stability(first, second)
    found.floor = measures.stability_floor(len(first), round(first.sum()), round(second.sum()))
    found.jensen_shannon = measures.jensen_shannon(first, second)
    whole = measures.chi_square(first, second)
    found.chi_square, found.freedom, found.cramers_v = whole.statistic, whole.freedom, whole.cramers_v
    found.p = measures.chance(first, second)


def _side(one: Distribution) -> Side:
    rows = one.count + one.missing
    found = Side(rows=rows, missing=one.missing, missing_share=one.missing / rows if rows else 0.0)
    if isinstance(one, Categories):
        return found.model_copy(update={"distinct": one.distinct})
    return found.model_copy(update={"min": one.min, "max": one.max, "mean": one.mean})


def _bars(baseline: Numbers, target: Numbers) -> Bins:
    """Cut the range that holds nearly all of both into equal bars; the outermost hold what lies beyond."""
    first, second = baseline.quantiles, target.quantiles
    low, high = min(first[1], second[1]), max(first[-2], second[-2])
    if not high > low:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, BARS + 1)
    shares = [np.diff(np.concatenate(([0.0], one.below(edges[1:-1]), [1.0]))) for one in (baseline, target)]
    return Bins(
        edges=[float(edge) for edge in edges],
        baseline=[round(float(share), 6) for share in shares[0]],
        target=[round(float(share), 6) for share in shares[1]],
    )


def _shares(names: list[str], first: "Floats", second: "Floats") -> Bins:
    p, q = first / first.sum(), second / second.sum()
    order = np.argsort(-np.maximum(p, q), kind="stable")
    kept = [int(place) for place in order[:SHOWN]]
    labels = [names[place] for place in kept]
    shown = [[round(float(shares[place]), 6) for place in kept] for shares in (p, q)]
    if len(order) > SHOWN:
        labels.append(f"({len(order) - SHOWN} more)")
        for line, shares in zip(shown, (p, q), strict=True):
            line.append(round(float(shares[order[SHOWN:]].sum()), 6))
    return Bins(labels=labels, baseline=shown[0], target=shown[1])
