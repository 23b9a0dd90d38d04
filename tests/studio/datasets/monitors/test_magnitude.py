"""The drift model beside the best that mathematics allows."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from studiolo.studio.datasets.monitors import magnitude


def frame(rows: int, shifts: list[float], seed: int) -> pd.DataFrame:
    chance = np.random.default_rng(seed)
    return pd.DataFrame({f"x{i}": chance.normal(shift, 1.0, rows) for i, shift in enumerate(shifts)})


@pytest.mark.parametrize("shifts", [[0.5, 0, 0, 0], [1.0, 1.0, 0, 0], [2.0, 2.0, 2.0, 0]])
def test_it_finds_what_the_best_model_could(shifts: list[float]) -> None:
    found = magnitude.measure(frame(5000, [0.0] * 4, 1), frame(5000, shifts, 2))
    assert found.value == pytest.approx(2 * stats.norm.cdf(np.linalg.norm(shifts) / 2) - 1, abs=0.04)
    moved = max(found.contributions, key=lambda name: found.contributions[name])
    assert shifts[int(moved[1:])] > 0


def test_nothing_moved_is_nothing() -> None:
    found = magnitude.measure(frame(2000, [0.0] * 4, 1), frame(1000, [0.0] * 4, 2))
    assert found.value <= found.floor
    assert found.contributions == {}


def test_a_correlation_that_turned_round_is_seen() -> None:
    chance = np.random.default_rng(3)
    same, against = ([[1, 0.9], [0.9, 1]], [[1, -0.9], [-0.9, 1]])
    base = pd.DataFrame(chance.multivariate_normal([0, 0], same, 2000), columns=["a", "b"])
    target = pd.DataFrame(chance.multivariate_normal([0, 0], against, 2000), columns=["a", "b"])
    assert magnitude.measure(base, target).value > 0.7


def test_categories_and_gaps_are_taken_as_they_are() -> None:
    chance = np.random.default_rng(4)
    base = pd.DataFrame({"c": chance.choice(["a", "b", "ž"], 2000), "n": chance.normal(size=2000)})
    target = pd.DataFrame({"c": chance.choice(["a", "b", "q"], 300), "n": chance.normal(size=300)})
    base.loc[::7, "n"] = np.nan
    base.loc[::9, "c"] = None
    target.loc[::9, "c"] = None
    found = magnitude.measure(base, target)
    assert found.value > 0.3
    assert found.contributions["c"] > found.contributions["n"]


def test_the_same_rows_give_the_same_answer() -> None:
    base, target = frame(1000, [0.0, 0.0], 5), frame(200, [0.7, 0.0], 6)
    assert magnitude.measure(base, target) == magnitude.measure(base, target)
