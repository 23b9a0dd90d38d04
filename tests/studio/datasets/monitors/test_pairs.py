"""Drift between two versions from their profiles, against the closed forms."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studiolo.kernel.context import Context
from studiolo.sdk.studio import Studio
from studiolo.studio.datasets import reconcile
from studiolo.studio.datasets import service as datasets
from studiolo.studio.datasets.errors import ProfileNotReady
from studiolo.studio.datasets.monitors import pairs
from studiolo.studio.datasets.schemas import ProfileAsked
from tests.studio.datasets.monitors.made import dataset, fail, run_all

ROWS = 20_000
D = 0.5


def normal(shift: float, seed: int, extra: str = "") -> bytes:
    chance = np.random.default_rng(seed)
    x, y = chance.normal(shift, 1, ROWS), chance.normal(0, 1, ROWS)
    kinds = chance.choice(["a", "b", "c"], ROWS, p=[0.5, 0.3, 0.2] if not shift else [0.2, 0.3, 0.5])
    lines = [f"{x[i]:.6f},{y[i]:.6f},{kinds[i]},t{i}{extra}" for i in range(ROWS)]
    return ("\n".join(["x,same,kind,text", *lines]) + "\n").encode()


@pytest.fixture
def two(ctx: Context, tmp_path: Path) -> Context:
    for number, data in enumerate((normal(0, 1), normal(D, 2, "z"))):
        dataset(ctx, "t", data)
        run_all(ctx, "profile", tmp_path / f"jobs{number}")
        reconcile.tick(ctx)
    return ctx


def test_measures_from_profiles_are_those_of_the_closed_forms(two: Context) -> None:
    found = pairs.compare(two, "t:1", "t:2")
    assert (found.baseline_rows, found.rows, found.drifting) == (ROWS, ROWS, True)
    moved = {one.name: one for one in found.features}
    assert [one.name for one in found.features][:2] in (["x", "kind"], ["kind", "x"])
    x = moved["x"]
    assert x.ks == pytest.approx(math.erf(D / 2 / math.sqrt(2)), abs=0.015)  # 2 Phi(d/2) - 1
    assert x.psi == pytest.approx(0.2377, abs=0.03)
    assert x.jensen_shannon == pytest.approx(0.2047, abs=0.015)
    assert x.wasserstein == pytest.approx(D / 1.349, abs=0.03)  # in quartile distances
    assert moved["kind"].drifting
    assert not moved["same"].drifting
    assert "text" in found.left_out
    assert not pairs.compare(two, "t:1", "t:1").drifting


def test_the_command_and_the_sdk_say_the_same(two: Context, studio: Studio, cli: Callable[..., Any]) -> None:
    found = studio.datasets.drift("t:1", "t:2")
    assert found.model_dump() == pairs.compare(two, "t:1", "t:2").model_dump()
    said = cli("datasets", "drift", "t:1", "t:2")
    assert said.exit_code == 0, said.output
    assert "drift" in said.output
    assert "kind" in said.output


def test_without_a_profile_it_says_what_to_wait_for(ctx: Context) -> None:
    dataset(ctx, "t", b"a,b\n1,2\n3,4\n")
    with pytest.raises(ProfileNotReady, match="profile of t:1"):
        pairs.compare(ctx, "t:1", "t")


def test_an_earlier_profile_is_compared_while_a_new_one_is_computed(ctx: Context, tmp_path: Path) -> None:
    dataset(ctx, "t", b"a,b\n1,2\n3,4\n" * 50)
    run_all(ctx, "profile", tmp_path / "first")
    reconcile.tick(ctx)
    before = pairs.compare(ctx, "t:1", "t:1")
    asked = datasets.profile_again(ctx, "t", 1, ProfileAsked(exact=True)).profile
    assert asked.update, "it is on its way"
    assert pairs.compare(ctx, "t:1", "t:1") == before
    fail(ctx, asked.update.run_id, "no room")
    reconcile.tick(ctx)
    assert pairs.compare(ctx, "t:1", "t:1") == before
