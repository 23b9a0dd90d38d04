"""Curves of several runs for charts."""

import math
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from studiolo.kernel.context import Context
from studiolo.sdk.studio import Studio
from studiolo.studio.experiments import curves, keys, sealing, series, tracking
from studiolo.studio.experiments.curve_schemas import CurveRequest, Curves
from studiolo.testing.context import context_in
from tests.studio.experiments.runs import a_run


def recorded(ctx: Context, **series: list[tuple[float, int, int]]) -> str:
    run_id, seq = a_run(ctx)
    with ctx.db.begin() as tx:
        points = [(key, value, step, ts) for key, found in series.items() for value, step, ts in found]
        tracking.record(tx, ctx, seq, metrics=points)
    return run_id


def drawn(ctx: Context, **wanted: Any) -> Curves:
    return Curves.model_validate_json(curves.encoded(ctx, CurveRequest(**wanted)))


def test_curves_come_in_the_order_asked_for_and_only_where_there_are_points(any_ctx: Context) -> None:
    one = recorded(any_ctx, loss=[(3.0, 0, 10), (2.0, 1, 20), (math.nan, 2, 30)], auc=[(0.5, 0, 10)])
    two = recorded(any_ctx, loss=[(9.0, 5, 50)])
    found = drawn(any_ctx, run_ids=[two, one, "f" * 32], metrics=["loss", "auc", "never"]).curves
    assert [(c.run_id, c.metric) for c in found] == [(two, "loss"), (one, "loss"), (one, "auc")]
    loss = found[1]
    assert (loss.total, loss.sampled, loss.x, loss.y) == (3, False, [0, 1, 2], [3.0, 2.0, None])
    assert (loss.low, loss.high) == (loss.y, loss.y)
    assert loss.timestamps == [10, 20, 30]


def test_a_long_series_keeps_its_end_and_its_envelope(any_ctx: Context) -> None:
    values = [math.sin(n / 50) for n in range(5000)]
    values[1234], values[3456], values[77] = 99.0, -99.0, math.inf
    run_id = recorded(any_ctx, m=[(v, n, n) for n, v in enumerate(values)])
    (curve,) = drawn(any_ctx, run_ids=[run_id], metrics=["m"], points=100).curves
    assert (curve.total, curve.sampled, len(curve.x)) == (5000, True, 100)
    assert curve.steps[-1] == 4999
    assert all(values[step] == y for step, y in zip(curve.steps, curve.y, strict=True))
    assert max(value for value in curve.high if value is not None) == 99.0
    assert min(value for value in curve.low if value is not None) == -99.0


@pytest.mark.parametrize("points", [2, 7, 100])
def test_points_that_are_looked_for_are_those_that_thinning_leaves(any_ctx: Context, points: int) -> None:
    chance = np.random.default_rng(points)
    steps = np.cumsum(chance.integers(0, 9, 700)) - 300  # some more than once, some far apart
    series_ = {
        "whole": [(float(n), int(s), n) for n, s in enumerate(steps)],
        "holes": [(math.nan if n % 3 == 0 else float(n), int(s), n) for n, s in enumerate(steps)],
        "far": [(float(n), int(s) * 2**44, n) for n, s in enumerate(steps)],
        "one": [(float(n), 5, n) for n in range(300)],
        "few": [(1.0, 0, 0), (2.0, 9, 9)],
    }
    runs_ = [recorded(any_ctx, **series_), recorded(any_ctx, whole=series_["whole"][:400])]
    asked = {"run_ids": runs_, "metrics": list(series_), "points": points}
    brief = drawn(any_ctx, **asked, brief=True).curves
    for quick, exact in zip(brief, drawn(any_ctx, **asked).curves, strict=True):
        assert (quick.run_id, quick.metric, quick.total) == (exact.run_id, exact.metric, exact.total)
        assert (quick.sampled, quick.x, quick.y) == (exact.sampled, exact.x, exact.y)
    assert any(curve.sampled for curve in brief)


def test_points_that_are_looked_for_are_found_in_a_moment(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a row is read of a series that is drawn from the points that were looked for."""
    run_id = recorded(ctx, m=[(float(n), n, n) for n in range(3000)])
    monkeypatch.setattr(series, "read", None)
    monkeypatch.setattr(series, "read_many", None)
    (curve,) = drawn(ctx, run_ids=[run_id], metrics=["m"], points=100, brief=True).curves
    assert (curve.total, len(curve.x), curve.steps) == (3000, 100, [])


def test_a_range_is_read_anew_in_full(any_ctx: Context) -> None:
    run_id = recorded(any_ctx, m=[(float(n), n, 1_000_000 + n) for n in range(3000)])
    (curve,) = drawn(any_ctx, run_ids=[run_id], metrics=["m"], low=1000, high=1100, points=500).curves
    assert (curve.total, curve.sampled, curve.steps) == (101, False, list(range(1000, 1101)))
    (time,) = drawn(any_ctx, run_ids=[run_id], metrics=["m"], x="time", low=1_000_010.5, high=1_000_012).curves
    assert time.steps == [11, 12]
    (none,) = drawn(any_ctx, run_ids=[run_id], metrics=["m"], low=9000).curves
    assert (none.total, none.x) == (0, [])


def test_time_since_the_start_of_the_run_is_in_seconds(any_ctx: Context) -> None:
    start = int(any_ctx.clock.now().timestamp() * 1000)
    run_id = recorded(any_ctx, m=[(1.0, 7, start + 4000), (2.0, 6, start + 5500)], old=[(1.0, 0, 5), (1.0, 1, 1005)])
    later, earlier = drawn(any_ctx, run_ids=[run_id], metrics=["m", "old"], x="relative").curves
    assert later.x == pytest.approx([4.0, 5.5], abs=1.0)
    assert later.x[1] - later.x[0] == pytest.approx(1.5)
    assert later.steps == [7, 6]
    assert earlier.x == [0.0, 1.0]


def test_points_of_one_x_are_thinned_in_their_order() -> None:
    kept = curves.thin(np.zeros(10), np.arange(10.0), None, None, 2)
    assert kept.places.tolist() == [4, 9]
    assert kept.low.tolist() == [0.0, 5.0]


def test_a_part_without_a_finite_value_is_a_gap() -> None:
    kept = curves.thin(np.arange(4.0), np.array([1.0, 2.0, np.nan, np.inf]), None, None, 2)
    assert kept.places.tolist() == [1, 3]
    assert np.isnan(kept.low[1])


def test_the_sdk_draws(studio: Studio, services: Any) -> None:
    run_id = recorded(context_in(services), m=[(1.0, 0, 1), (2.0, 1, 2)])
    (curve,) = studio.experiments.curves([run_id], ["m"], x="time", low=2)
    assert (curve.x, curve.y) == ([2], [2.0])


@pytest.mark.parametrize(
    "body",
    [{"run_ids": [], "metrics": ["m"]}, {"run_ids": ["a"], "metrics": ["m"], "x": "epoch"}, {"run_ids": ["a"] * 201}],
)
def test_what_cannot_be_drawn_is_refused(client: TestClient, body: dict[str, Any]) -> None:
    assert client.post("/w/default/api/experiments/curves", json=body).status_code == 422


def test_many_runs_are_read_at_once_as_each_alone(any_ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    for n in range(4):
        run_id, seq = a_run(any_ctx)
        points = [(key, float(s % 7), s, 1000 + s) for key in ("a", "b") for s in range(n, 600, 1 + n)]
        points += [("a", value, 5, 9) for value in (math.nan, 2.0, -1.0)]  # the same step and time: by value, NaN last
        with any_ctx.db.begin() as tx:
            tracking.record(tx, any_ctx, seq, metrics=points[::-1])
        made.append((run_id, seq))
    with any_ctx.db.read() as tx:
        numbers = sorted(keys.known(tx, ["a", "b"]).values())
    assert sealing.seal(any_ctx, made[0][1], numbers[0], 0) > 500
    assert sealing.seal(any_ctx, made[1][1], numbers[1], 40) > 200
    with any_ctx.db.read() as tx:
        many = series.read_many(tx, [seq for _, seq in made], numbers)
        alone = {(seq, key): found for _, seq in made for key, found in series.read(tx, seq, numbers).items()}
    assert many.keys() == alone.keys()
    for place, columns in alone.items():
        for mine, other in zip(many[place], columns, strict=True):
            np.testing.assert_array_equal(mine, other)
    wanted = {"run_ids": [run_id for run_id, _ in made], "metrics": ["b", "a"], "points": 50}
    at_once = drawn(any_ctx, **wanted)
    brief = drawn(any_ctx, **wanted, brief=True)
    assert [(c.x, c.y, c.low, c.steps) for c in brief.curves] == [(c.x, c.y, [], []) for c in at_once.curves]
    monkeypatch.setattr(curves, "AT_ONCE", 700)  # one or two runs at a time
    assert drawn(any_ctx, **wanted) == at_once
