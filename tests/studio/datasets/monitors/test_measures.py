"""The measures beside their closed forms, and beside scipy on the same rows."""

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon

from studiolo.studio.datasets.monitors import comparing, measures
from studiolo.studio.datasets.monitors.distributions import (
    Numbers,
    deciles,
    largest_gap,
    load,
    number_table,
    of_categories,
    of_numbers,
    of_profile,
    transport,
)
from studiolo.studio.datasets.profile_schemas import ColumnProfile, TopValue

ROWS = 100_000
EVEN = (np.arange(ROWS) + 0.5) / ROWS  # evenly spread, so that mathematics is compared and not luck


def normal(rows: int, shift: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(shift, 1.0, rows)


def kept(values: np.ndarray) -> Numbers:
    """A baseline as windows have it: by its quantiles alone."""
    found = load(of_numbers(values, 0).model_dump(mode="json"))
    assert isinstance(found, Numbers)
    assert found.values is None
    return found


# shift, and what the notes of the benchmark say for it: stability index and Jensen–Shannon over the baseline's deciles
@pytest.mark.parametrize(
    ("shift", "psi", "js"),
    [(0.1, 0.0096, 0.0416), (0.25, 0.0598, 0.1036), (0.5, 0.2377, 0.2047), (1.0, 0.9261, 0.3914)],
)
@pytest.mark.parametrize("stored", [False, True], ids=["rows", "profile"])
def test_two_normals_are_as_far_apart_as_mathematics_says(shift: float, psi: float, js: float, stored: bool) -> None:
    base = stats.norm.ppf(EVEN)
    baseline = kept(base) if stored else of_numbers(base, 0)
    target = of_numbers(base + shift, 0)
    assert largest_gap(baseline, target) == pytest.approx(2 * stats.norm.cdf(shift / 2) - 1, abs=0.001)
    assert transport(baseline, target) == pytest.approx(shift, abs=0.001)
    first, second = number_table(baseline, target)
    assert measures.population_stability(first, second) == pytest.approx(psi, abs=0.005)
    assert measures.jensen_shannon(first, second) == pytest.approx(js, abs=0.005)
    cuts = stats.norm.ppf(np.arange(1, 10) / 10)
    p, q = (np.diff(np.concatenate(([0.0], stats.norm.cdf(cuts - d), [1.0]))) for d in (0.0, shift))
    assert measures.population_stability(first, second) == pytest.approx(np.sum((q - p) * np.log(q / p)), abs=0.001)


@pytest.mark.parametrize("seed", range(5))
def test_rows_are_measured_as_scipy_measures_them(seed: int) -> None:
    chance = np.random.default_rng(seed)
    a = np.sort(np.round(chance.lognormal(0, 1, 700), 2))  # with ties
    b = np.sort(np.round(chance.lognormal(0.2, 1.1, 431), 2))
    expected = stats.ks_2samp(a, b, method="asymp")
    distance = measures.kolmogorov_smirnov(a, b)
    assert distance == pytest.approx(expected.statistic, abs=1e-12)
    assert measures.kolmogorov_smirnov_p(distance, len(a), len(b)) == pytest.approx(expected.pvalue, abs=1e-12)
    assert measures.wasserstein(a, b) == pytest.approx(stats.wasserstein_distance(a, b), rel=1e-9)
    p, q = chance.integers(1, 90, 8).astype(float), chance.integers(1, 90, 8).astype(float)
    assert measures.jensen_shannon(p, q) == pytest.approx(jensenshannon(p, q, base=2), abs=1e-9)
    ours, theirs = measures.chi_square(p, q), stats.chi2_contingency([p, q], correction=False)
    assert (ours.statistic, ours.freedom) == (pytest.approx(theirs.statistic, abs=1e-9), theirs.dof)
    assert ours.p == pytest.approx(theirs.pvalue, abs=1e-9)
    assert ours.cramers_v == pytest.approx(
        stats.contingency.association(np.array([p, q]).astype(int), method="cramer"), abs=1e-9
    )
    several = list(chance.uniform(0, 0.2, 12))
    assert measures.adjusted(several) == pytest.approx(list(stats.false_discovery_control(several)), abs=1e-9)


def test_a_stored_profile_is_as_good_as_the_rows() -> None:
    values = normal(100_000, 0.0, 3)
    column = ColumnProfile(
        name="x",
        type="number",
        count=len(values),
        missing=0,
        missing_share=0.0,
        distinct=9,
        distinct_exact=False,
        mean=0.0,
    )
    edges = [float(edge) for edge in np.quantile(values, np.linspace(0, 1, 201))]
    stored = of_profile(column, edges)
    assert isinstance(stored, Numbers)
    target = of_numbers(normal(50_000, 0.3, 4), 0)
    assert largest_gap(stored, target) == pytest.approx(largest_gap(of_numbers(values, 0), target), abs=0.003)
    assert of_profile(column, []) is None


def test_a_profile_of_texts_keeps_what_is_not_frequent_as_others() -> None:
    top = [TopValue(value="a", count=60, share=0.6), TopValue(value="b", count=30, share=0.3)]
    column = ColumnProfile(
        name="c", type="text", count=100, missing=0, missing_share=0.0, distinct=12, distinct_exact=True, top=top
    )
    stored = of_profile(column, [])
    assert stored is not None
    found = comparing.feature("c", stored, of_categories({"a": 60, "b": 30, "z": 10}, 0), 0.1)
    assert found.psi == pytest.approx(0.0, abs=0.001)
    assert found.new_categories == []  # it may be one of the ten that the profile does not name


def test_one_endless_value_hides_nothing() -> None:
    """Bins over the range of both make an outlier swallow the drift; the baseline's quantiles do not."""
    base, shifted = normal(20_000, 0.0, 5), normal(20_000, 0.5, 6)
    plain = comparing.feature("x", kept(base), of_numbers(shifted, 0), 0.1)
    base[0], shifted[0] = 1e5, 1e5
    outlier = comparing.feature("x", kept(base), of_numbers(shifted, 0), 0.1)
    assert outlier.psi == pytest.approx(plain.psi, abs=0.002)
    assert outlier.wasserstein == pytest.approx(plain.wasserstein, abs=0.01)


def test_values_that_repeat_share_bins_and_a_constant_that_moved_is_seen() -> None:
    counts = of_numbers(np.repeat([0.0, 1.0, 2.0], [900, 80, 20]), 0)
    assert 1 <= len(deciles(counts)) <= 2
    same = comparing.feature("n", counts, of_numbers(np.repeat([0.0, 1.0, 2.0], [90, 8, 2]), 0), 0.1)
    assert same.psi is not None
    assert same.psi < same.floor
    constant = kept(np.full(500, 7.0))
    assert comparing.feature("c", constant, of_numbers(np.full(300, 7.0), 0), 0.1).psi == pytest.approx(0.0, abs=1e-2)
    moved = comparing.feature("c", constant, of_numbers(np.full(300, 8.0), 0), 0.1)
    assert moved.psi is not None
    assert moved.psi > 1
    assert moved.ks == 1.0


def test_missing_values_and_new_categories_are_drift() -> None:
    base = of_categories({"a": 500, "b": 500}, 0)
    gaps = comparing.feature("c", base, of_categories({"a": 150, "b": 150}, 200), 0.1)
    new = comparing.feature("c", base, of_categories({"a": 200, "b": 200, "z": 100}, 0), 0.1)
    comparing.settle([gaps, new])
    assert gaps.drifting
    assert gaps.missing_change == pytest.approx(0.4)
    assert new.drifting
    assert (new.new_categories, new.new_share) == (["z"], 0.2)


def test_one_new_value_in_a_small_window_is_no_drift() -> None:
    base = of_categories({"a": 5000, "b": 5000}, 0)
    found = comparing.feature("c", base, of_categories({"a": 25, "b": 24, "z": 1}, 0), 0.1)
    comparing.settle([found])
    assert not found.drifting
    assert found.new_categories == ["z"]


def test_the_floor_is_what_windows_without_drift_stay_below() -> None:
    chance = np.random.default_rng(11)
    base = kept(chance.normal(size=10_000))
    over = 0
    for _ in range(400):
        found = comparing.feature("x", base, of_numbers(chance.normal(size=200), 0), 0.01)
        assert found.psi is not None
        over += found.psi > found.floor
    assert over / 400 <= 0.03  # one per cent, and its chance


def test_pooling_leaves_no_cell_that_is_expected_to_hold_less_than_five() -> None:
    p, q = measures.pooled(np.array([900.0, 50.0, 3.0, 1.0]), np.array([90.0, 5.0, 0.0, 1.0]))
    assert (p.sum(), q.sum()) == (954.0, 96.0)
    assert min(p * 96 / 954) >= 5
