"""Counts in files that others read."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiolo.studio.endpoints.scoring.telemetry import BUCKETS, Counters, bucket, percentile, summarise, upper


@given(st.integers(0, 50_000_000))
def test_a_bucket_holds_its_durations_within_thirteen_percent(microseconds: int) -> None:
    assert upper(bucket(microseconds)) * 1000 == pytest.approx(microseconds, rel=0.13, abs=1)


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_buckets_keep_the_order(left: int, right: int) -> None:
    assert (bucket(left) <= bucket(right)) or left > right
    assert 0 <= bucket(left) < BUCKETS


def test_workers_add_up_and_a_restart_counts_on(tmp_path: Path) -> None:
    Counters(tmp_path / "a.stats").count(200, 3, 1000)
    Counters(tmp_path / "a.stats").count(422, 1, 2000)
    Counters(tmp_path / "b.stats").count(200, 5, 4000)
    totals = summarise(tmp_path)
    assert (totals.requests, totals.errors, totals.rows) == (3, 1, 9)
    assert totals.statuses == {"200": 2, "422": 1}
    assert totals.p50 == pytest.approx(2.0, rel=0.13)
    assert totals.p99 == pytest.approx(4.0, rel=0.13)
    assert totals.mean == pytest.approx(7 / 3)
    assert sum(window.requests for window in totals.windows) == 3


def test_an_unused_endpoint_has_no_percentiles(tmp_path: Path) -> None:
    totals = summarise(tmp_path / "nothing")
    assert (totals.requests, totals.p50, totals.windows) == (0, None, [])
    assert percentile([0] * BUCKETS, 0.5) == 0.0


def test_a_file_that_is_no_count_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.stats").write_bytes(b"x")
    assert summarise(tmp_path).requests == 0
