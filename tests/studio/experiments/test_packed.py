"""Points are rows or packed; nobody who reads or records can tell."""

import math
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from starlette.testclient import TestClient

from studiolo.kernel.auth.request import Services
from studiolo.kernel.context import Context
from studiolo.studio.experiments import curves, keys, packing, sealing, series, tracking
from studiolo.studio.experiments.curve_schemas import CurveRequest, Curves
from studiolo.studio.experiments.metrics import Point, latest_of
from studiolo.studio.experiments.packing import Columns
from studiolo.studio.experiments.tables import runs
from studiolo.studio.experiments.tracking_tables import metric_parts, metrics
from studiolo.testing.context import context_in
from tests.studio.experiments.runs import a_run

Logged = tuple[str, float, int, int]
_INT64 = st.integers(-(2**63), 2**63 - 1)


@given(st.lists(st.tuples(_INT64, _INT64, st.floats()), max_size=50))
def test_what_is_packed_comes_back(points: list[tuple[int, int, float]]) -> None:
    steps, stamps, values = zip(*points, strict=True) if points else ((), (), ())
    columns = Columns(np.array(steps, np.int64), np.array(stamps, np.int64), np.array(values, np.float64))
    for before, after in zip(columns, packing.unpack(packing.pack(columns)), strict=True):
        assert before.tobytes() == after.tobytes()


def test_a_blob_of_a_later_version_or_a_broken_one_is_refused() -> None:
    blob = packing.pack(Columns(np.arange(9), np.arange(9), np.arange(9.0)))
    for broken in (b"\x09" + blob[1:], blob[:-3], b""):
        with pytest.raises(packing.UnknownPacking):
            packing.unpack(broken)


def record(ctx: Context, seq: int, *points: Logged) -> None:
    with ctx.db.begin() as tx:
        tracking.record(tx, ctx, seq, metrics=points)


def points_of(ctx: Context, seq: int, key: str = "m") -> list[Logged]:
    with ctx.db.read() as tx:
        found = series.read(tx, seq, list(keys.known(tx, [key]).values()))
    return [
        (key, v, s, t) for columns in found.values() for s, t, v in zip(*(c.tolist() for c in columns), strict=True)
    ]


def end(ctx: Context, seq: int) -> None:
    with ctx.db.begin() as tx:
        tx.execute(update(runs).where(runs.c.seq == seq).values(state="Completed", ended_at=ctx.clock.now()))


def stored(ctx: Context, seq: int) -> tuple[int, int]:
    """Return the numbers of rows and of packed points."""
    with ctx.db.read() as tx:
        rows = tx.execute(select(func.count()).where(metrics.c.run == seq)).scalar_one()
        packed = select(func.coalesce(func.sum(metric_parts.c.points), 0)).where(metric_parts.c.run == seq)
        return rows, int(tx.execute(packed).scalar_one())


def test_points_of_an_ended_run_are_packed_and_later_ones_join_them(any_ctx: Context) -> None:
    _, seq = a_run(any_ctx)
    record(any_ctx, seq, *[("m", n / 7, n, n) for n in range(1000)], ("m", math.nan, 5, 5), ("few", 1.0, 0, 0))
    assert sealing.seal_ended(any_ctx, [seq], 10) == set()
    assert stored(any_ctx, seq) == (1002, 0)  # it has not ended
    end(any_ctx, seq)
    before = points_of(any_ctx, seq)
    sealing.seal_ended(any_ctx, [seq], 10)
    assert stored(any_ctx, seq) == (1, 1001)
    assert repr(points_of(any_ctx, seq)) == repr(before)
    record(any_ctx, seq, ("m", 3 / 7, 3, 3), ("m", math.nan, 5, 5), ("m", 0.5, 3, 3), ("m", 9.0, 2000, 0))
    assert stored(any_ctx, seq) == (3, 1001)  # two were there, two are new
    with any_ctx.db.read() as tx:
        (few, latest) = latest_of(tx, [seq])[seq]
    assert (latest.points, latest.value, latest.step) == (1003, 9.0, 2000)
    assert few.points == 1
    found = points_of(any_ctx, seq)
    assert len(found) == 1003
    assert [(s, t) for _, _, s, t in found] == sorted((s, t) for _, _, s, t in found)


def test_a_kill_between_two_parts_loses_and_doubles_nothing(any_ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "PART", 300)
    _, seq = a_run(any_ctx)
    record(any_ctx, seq, *[("m", float(n), n, n) for n in range(1000)])
    end(any_ctx, seq)
    inserted = sealing._insert
    calls = 0

    def killed(*arguments: Any) -> None:
        nonlocal calls
        calls += 1
        inserted(*arguments)
        if calls == 2:
            raise KeyboardInterrupt  # as a kill: what the transaction did is not committed

    monkeypatch.setattr(sealing, "_insert", killed)
    with pytest.raises(KeyboardInterrupt):
        sealing.seal_ended(any_ctx, [seq], 10)
    assert stored(any_ctx, seq) == (700, 300)
    assert len(points_of(any_ctx, seq)) == 1000
    sealing.seal_ended(any_ctx, [seq], 10)
    assert stored(any_ctx, seq)[1] >= 900
    assert [p[1] for p in points_of(any_ctx, seq)] == [float(n) for n in range(1000)]


def test_short_series_of_a_run_are_packed_together(any_ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "PART", 1000)
    _, seq = a_run(any_ctx)
    points = [(f"m{k}", math.nan if n == 9 else n / (k + 1), n, n) for k in range(6) for n in range(300)]
    record(any_ctx, seq, *points, *[("few", 1.0, n, n) for n in range(100)])
    end(any_ctx, seq)
    before = repr(points_of(any_ctx, seq))
    assert sealing.seal_ended(any_ctx, [seq], 1) == {seq}  # one transaction takes three of the series
    assert stored(any_ctx, seq) == (1000, 900)
    inserted = sealing._insert

    def killed(*arguments: Any) -> None:
        inserted(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(sealing, "_insert", killed)
    with pytest.raises(KeyboardInterrupt):
        sealing.seal_ended(any_ctx, [seq], 10)
    assert stored(any_ctx, seq) == (1000, 900)
    monkeypatch.setattr(sealing, "_insert", inserted)
    assert sealing.seal_ended(any_ctx, [seq], 10) == set()
    assert stored(any_ctx, seq) == (100, 1800)
    assert repr(points_of(any_ctx, seq)) == before
    record(any_ctx, seq, ("m5", 3 / 6, 3, 3), ("m5", 7.0, 300, 300))
    assert stored(any_ctx, seq) == (101, 1800)  # one of the two was there


def test_a_long_series_of_a_live_run_is_packed_but_for_its_newest(
    any_ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studiolo.studio.experiments import ready_docs

    monkeypatch.setattr(sealing, "PART", 300)
    monkeypatch.setattr(sealing, "LONG", 500)
    _, seq = a_run(any_ctx)
    record(any_ctx, seq, *[("m", float(n), n, n) for n in range(1000)])
    ready_docs.adopt(any_ctx, 0)
    while sealing.seal_long(any_ctx, 5):
        pass
    rows, packed = stored(any_ctx, seq)
    assert 500 <= rows < 800
    assert rows + packed == 1000
    assert len(points_of(any_ctx, seq)) == 1000


def test_pages_go_through_mixed_parts_in_order(any_ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "PART", 256)
    _, seq = a_run(any_ctx)
    mixed = random.Random(1)
    steps = list(range(1200))
    mixed.shuffle(steps)
    for start in (0, 400, 800):  # parts of one series reach over each other
        record(
            any_ctx, seq, *[("m", math.nan if s % 50 == 0 else s / 3, s // 2, s) for s in steps[start : start + 400]]
        )
        end(any_ctx, seq)
        sealing.seal_ended(any_ctx, [seq], 10)
    whole = points_of(any_ctx, seq)
    assert len(whole) == 1200
    with any_ctx.db.read() as tx:
        (number,) = keys.known(tx, ["m"]).values()
        found: list[Logged] = []
        after = None
        while True:
            page = series.page(tx, seq, number, after, 97)
            found += [("m", v, s, t) for s, t, v in zip(*(c.tolist() for c in page), strict=True)]
            if len(page.steps) < 97:
                break
            value, nan = (0.0, 1) if math.isnan(found[-1][1]) else (found[-1][1], 0)
            after = Point(0, found[-1][2], found[-1][3], value, nan)
    assert repr(found) == repr(whole)


def test_the_protocol_and_charts_read_both_forms(any_services: Services, any_client: TestClient) -> None:
    ctx = context_in(any_services)
    run_id, seq = a_run(ctx)
    record(ctx, seq, *[("m", math.sin(n / 20), n, n) for n in range(3000)])

    def asked() -> list[Any]:
        api = "/api/2.0/mlflow/metrics"
        one = any_client.get(f"{api}/get-history", params={"run_id": run_id, "metric_key": "m"}).json()
        bulk = any_client.get(f"{api}/get-history-bulk", params={"run_id": run_id, "metric_key": "m"}).json()
        wanted = {"run_ids": run_id, "metric_key": "m", "start_step": 10, "end_step": 2500, "max_results": 50}
        interval = any_client.get(f"{api}/get-history-bulk-interval", params=wanted).json()
        chart = any_client.get(f"/w/default/api/experiments/runs/{run_id}/history", params={"key": "m"}).json()
        body = {"run_ids": [run_id], "metrics": ["m"], "low": 100, "points": 90}
        return [one, bulk, interval, chart, any_client.post("/w/default/api/experiments/curves", json=body).json()]

    before = asked()
    end(ctx, seq)
    sealing.seal_ended(ctx, [seq], 10)
    assert stored(ctx, seq) == (0, 3000)
    assert asked() == before


def test_a_very_long_series_is_drawn_from_stretches(any_ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    _, seq = a_run(any_ctx)
    values = [float(n % 977) for n in range(40_000)]
    values[12_345] = -7.0
    for start in range(0, 40_000, 5000):
        record(any_ctx, seq, *[("m", v, start + n, start + n) for n, v in enumerate(values[start : start + 5000])])
    end(any_ctx, seq)
    sealing.seal_ended(any_ctx, [seq], 10)
    record(any_ctx, seq, ("m", 5000.0, 40_000, 40_000))
    with any_ctx.db.read() as tx:
        run_id = tx.execute(select(runs.c.id).where(runs.c.seq == seq)).scalar_one()
    read: list[list[int]] = []
    real = series.read
    monkeypatch.setattr(
        series, "read", lambda tx, seq, numbers, *more: (read.append(list(numbers)), real(tx, seq, numbers, *more))[1]
    )

    def drawn(**more: Any) -> Any:
        wanted = CurveRequest(run_ids=[run_id], metrics=["m"], points=50, **more)
        return Curves.model_validate_json(curves.encoded(any_ctx, wanted)).curves[0]

    exact = drawn()
    monkeypatch.setattr(curves, "LONG", 1000)
    for x in ("step", "time"):
        rough = drawn(x=x)
        assert read[-1] == []  # no point was looked at
        assert (rough.total, rough.sampled) == (40_001, True)
        assert rough.steps[-1] == 40_000
        assert min(rough.low) == -7.0
        assert max(rough.high) == 5000.0
        assert all(values[step] == y for step, y in zip(rough.steps[:-1], rough.y[:-1], strict=True))
    assert exact.total == rough.total
    close = drawn(low=12_300, high=12_400)
    assert read[-1] != []
    assert (close.total, min(close.low)) == (101, -7.0)
