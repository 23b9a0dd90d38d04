"""Recording params, metrics and tags."""

import math
import random
import threading
from functools import partial
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studiolo.kernel.context import Context
from studiolo.studio.experiments import points as writing
from studiolo.studio.experiments import tracking
from studiolo.studio.experiments.errors import BadKey, ParamChanged
from studiolo.studio.experiments.metrics import Latest, latest_of
from tests.studio.experiments.runs import a_run


def recorded(ctx: Context, seq: int, **what: object) -> None:
    with ctx.db.begin() as tx:
        tracking.record(tx, ctx, seq, **what)  # type: ignore[arg-type]


def latest(ctx: Context, seq: int) -> dict[str, Latest]:
    with ctx.db.read() as tx:
        return {item.key: item for item in latest_of(tx, [seq]).get(seq, [])}


def test_the_latest_point_is_the_one_with_the_greatest_step_then_time_then_value(any_ctx: Context) -> None:
    _, seq = a_run(any_ctx)
    recorded(any_ctx, seq, metrics=[("loss", 0.5, 2, 100), ("loss", 0.9, 1, 900), ("loss", 0.7, 2, 100)])
    recorded(any_ctx, seq, metrics=[("loss", 0.1, 0, 5000)])
    found = latest(any_ctx, seq)["loss"]
    assert found == Latest("loss", 0.7, 2, 100, low=0.1, low_step=0, high=0.9, high_step=1, points=4)


def test_the_same_point_again_is_the_same_point(any_ctx: Context) -> None:
    _, seq = a_run(any_ctx)
    point = ("loss", 0.5, 1, 100)
    recorded(any_ctx, seq, metrics=[point, point])
    recorded(any_ctx, seq, metrics=[point, ("loss", 0.4, 2, 200)])
    assert latest(any_ctx, seq)["loss"].points == 2


def test_nan_and_infinity_are_kept(any_ctx: Context) -> None:
    _, seq = a_run(any_ctx)
    recorded(any_ctx, seq, metrics=[("a", math.nan, 0, 1), ("b", math.inf, 0, 1), ("b", 1.0, 1, 1)])
    found = latest(any_ctx, seq)
    assert math.isnan(found["a"].value)
    assert found["a"].low is None
    assert (found["b"].value, found["b"].high) == (1.0, math.inf)


def test_a_param_is_written_once(any_ctx: Context) -> None:
    _, seq = a_run(any_ctx)
    recorded(any_ctx, seq, params={"depth": "3"})
    recorded(any_ctx, seq, params={"depth": "3", "rate": "0.1"})
    with pytest.raises(ParamChanged, match="'depth' was already logged with value='3'"):
        recorded(any_ctx, seq, params={"depth": "4", "other": "x"})
    with any_ctx.db.read() as tx:
        assert tracking.params_of(tx, [seq])[seq] == {"depth": "3", "rate": "0.1"}
    recorded(any_ctx, seq, params={"depth": "4"}, replace_params=True)
    with any_ctx.db.read() as tx:
        assert tracking.params_of(tx, [seq])[seq]["depth"] == "4"


def test_a_tag_takes_its_last_value_and_can_be_deleted(any_ctx: Context) -> None:
    _, seq = a_run(any_ctx)
    recorded(any_ctx, seq, tags={"stage": "a", "owner": "me"})
    recorded(any_ctx, seq, tags={"stage": "b" * 9000})
    with any_ctx.db.begin() as tx:
        assert tracking.tags_of(tx, [seq])[seq] == {"stage": "b" * 8000, "owner": "me"}
        assert tracking.delete_tag(tx, any_ctx, seq, "stage")
        assert not tracking.delete_tag(tx, any_ctx, seq, "stage")
        assert not tracking.delete_tag(tx, any_ctx, seq, "never seen")


@pytest.mark.parametrize("key", ["", ".", "..", "../x", "/x", "a//b", "a/../b", "nul\x00", "semi;colon", "k" * 251])
def test_a_name_that_cannot_be_a_path_is_refused(ctx: Context, key: str) -> None:
    _, seq = a_run(ctx)
    with pytest.raises(BadKey):
        recorded(ctx, seq, metrics=[(key, 1.0, 0, 0)])


def test_a_rolled_back_name_is_not_remembered(any_ctx: Context) -> None:
    _, seq = a_run(any_ctx)
    with pytest.raises(BadKey), any_ctx.db.begin() as tx:  # noqa: PT012 - the second record rolls back the first
        tracking.record(tx, any_ctx, seq, tags={"brand new": "1"})
        tracking.record(tx, any_ctx, seq, tags={"": "1"})
    recorded(any_ctx, seq, tags={"another": "2"})
    recorded(any_ctx, seq, tags={"brand new": "3"})
    with any_ctx.db.read() as tx:
        assert tracking.tags_of(tx, [seq])[seq] == {"another": "2", "brand new": "3"}


POINTS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b"]),
        st.floats(width=64, allow_nan=True),
        st.integers(-5, 5),
        st.integers(0, 3),
    ),
    max_size=30,
)


@pytest.mark.parametrize("few", [0, 1000], ids=["as columns", "one by one"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(POINTS, st.integers(0, 30))
def test_the_summary_equals_that_of_all_points_however_they_come(
    any_ctx: Context, few: int, points: list, cut: int
) -> None:
    _, seq = a_run(any_ctx)
    with patch.object(writing, "_FEW", few):
        recorded(any_ctx, seq, metrics=points[:cut])
        recorded(any_ctx, seq, metrics=points[cut:])
    for key, found in latest(any_ctx, seq).items():
        mine = {(s, t, 0.0 if math.isnan(v) else v, math.isnan(v)) for k, v, s, t in points if k == key}
        real = [v for _, _, v, nan in mine if not nan]
        assert found.points == len(mine)
        assert (found.low, found.high) == ((min(real), max(real)) if real else (None, None))
        for extreme, at in ((found.low, found.low_step), (found.high, found.high_step)):
            assert at is None if extreme is None else at in {s for s, _, v, nan in mine if v == extreme and not nan}
        step, ts, value, _ = max(mine, key=lambda p: p[:3])
        assert (found.step, found.timestamp) == (step, ts)
        assert math.isnan(found.value) or found.value == value


@pytest.mark.parametrize("first", [0, 29, 30, 60], ids=["all there", "one there", "the next", "a gap"])
def test_many_points_behind_others_are_written_once(any_ctx: Context, first: int) -> None:
    _, seq = a_run(any_ctx)
    recorded(any_ctx, seq, metrics=[(key, float(n), n, n) for n in range(30) for key in "ab"])
    more = [("a", float(n), n, n) for n in range(first, first + 30)] + [("new", 1.0, n, n) for n in range(30)]
    recorded(any_ctx, seq, metrics=more)
    found = latest(any_ctx, seq)
    assert {key: series.points for key, series in found.items()} == {"a": 30 + min(first, 30), "b": 30, "new": 30}
    assert found["a"].step == max(29, first + 29)


def test_many_writers_on_one_run_lose_nothing(any_ctx: Context) -> None:
    _, seq = a_run(any_ctx)
    failed: list[BaseException] = []

    def write(who: int) -> None:
        try:
            for n in range(10):
                points = [(f"m{key}", float(n), n, who * 100 + n) for key in random.sample(range(8), 8)]
                tags = {f"t{key}": str(who) for key in random.sample(range(5), 5)}
                params = {f"p{key}": "same" for key in random.sample(range(5), 5)}
                any_ctx.db.write(
                    partial(tracking.record, ctx=any_ctx, run_seq=seq, metrics=points, tags=tags, params=params)
                )
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(who,)) for who in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert {item.points for item in latest(any_ctx, seq).values()} == {80}
