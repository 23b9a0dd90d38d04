"""A monitor from its making to its alarms: the schedule, the jobs, the state, what is told once."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from typer.testing import Result

from studiolo.kernel.context import Context
from studiolo.kernel.errors import Invalid, NotFound
from studiolo.kernel.events import outbox
from studiolo.studio.datasets import service as datasets
from studiolo.studio.datasets.errors import DatasetNotFound
from studiolo.studio.datasets.monitors import backfilling, reconcile, service
from studiolo.studio.datasets.monitors.errors import BadMonitor, MonitorExists, MonitorNotFound, WindowRunning
from studiolo.studio.datasets.monitors.schemas import (
    BackfillCreate,
    MonitorCreate,
    MonitorPatch,
    RunRequest,
)
from studiolo.studio.datasets.monitors.tables import drift_windows
from studiolo.studio.experiments import lineage
from studiolo.studio.workspace.notices import service as notices
from tests.studio.datasets.monitors.made import FIRST, clocked, csv, dataset, fail, queued, run_all, run_job

DAY = timedelta(days=1)


def spec(**changes: Any) -> MonitorCreate:
    values: dict[str, Any] = {
        "name": "daily",
        "baseline": {"dataset": "sales", "timestamp": "at", "start": FIRST, "end": FIRST + 3 * DAY},
        "target": {"dataset": "sales", "timestamp": "at"},
        "since": FIRST + 3 * DAY,
    }
    return MonitorCreate.model_validate(values | changes)


def settle(ctx: Context, folder: Path) -> None:
    """Go round until nothing is left to do."""
    while reconcile.tick(ctx) or run_all(ctx, "drift", folder):
        pass


def events(ctx: Context, *kinds: str) -> list[str]:
    with ctx.db.read() as tx:
        return [event.kind for event in outbox.after(tx, 0, 10_000) if event.kind in kinds]


def test_windows_become_jobs_when_they_are_due_and_each_change_is_told_once(any_ctx: Context, tmp_path: Path) -> None:
    ctx, clock = clocked(any_ctx, days=3)
    dataset(ctx, data=csv(10, moved=(5, 6)))
    made = service.create(ctx, spec(recipients=["ann@example.org"], latency_hours=2))
    assert (made.state, made.next_window) == ("waiting", FIRST + 3 * DAY)
    clock.advance(86_400 + 7199)  # the window is over, its latency is not
    assert not reconcile.tick(ctx)
    clock.advance(1)
    assert reconcile.tick(ctx)
    assert len(queued(ctx, "drift")) == 1
    assert not reconcile.tick(ctx)  # one at a time
    clock.advance(6 * 86_400)
    settle(ctx, tmp_path)

    shown = service.get(ctx, "daily")
    assert (shown.state, shown.running) == ("ok", 0)
    found = service.list_windows(ctx, "daily").items
    assert [one.drifting for one in reversed(found)] == [False, False, True, True, False, False, False]
    assert {one.rows for one in found} == {120}
    worst = found[4]
    assert worst.why
    assert {cause.name for cause in worst.top if cause.drifting} == {"amount", "kind"}
    assert events(ctx, "drift.detected", "drift.resolved") == ["drift.detected", "drift.resolved"]
    told = notices.list_notices(ctx).items
    assert [(one.kind, one.severity) for one in told] == [("drift.resolved", "good"), ("drift.detected", "warning")]
    assert told[1].href.startswith("datasets/monitors/daily?window=")
    assert told[1].href.endswith("T00:00:00Z"), "a + would be a space in the address"
    mails = notices.outbox(ctx).items
    assert [(one.to, one.state) for one in mails] == [("ann@example.org", "pending")] * 2

    comparison = service.comparison(ctx, "daily", FIRST + 5 * DAY)
    features = {one.name: one for one in comparison.features}
    assert set(features) == {"amount", "kind"}
    assert "different texts" in comparison.left_out["id"]
    assert features["kind"].new_categories == ["z"]
    assert comparison.magnitude is not None
    assert comparison.magnitude.value > 0.6
    trend = service.trend(ctx, "daily", "amount")
    assert [point.drifting for point in trend.points] == [False, False, True, True, False, False, False]
    with ctx.db.read() as tx:
        assert [(edge.source, edge.target) for edge in lineage.around(tx, ctx, "monitor:daily")] == [
            ("dataset:sales:1", "monitor:daily")
        ]


def test_the_baseline_is_read_once(ctx: Context, tmp_path: Path) -> None:
    from studiolo.studio.experiments import service as experiments

    ctx, _ = clocked(ctx, days=5)
    dataset(ctx)
    service.create(ctx, spec())
    reconcile.tick(ctx)
    first = queued(ctx, "drift")[0]
    run_job(ctx, first, tmp_path, apart=True)
    reconcile.tick(ctx)
    second = queued(ctx, "drift")[0]
    given = [experiments.spec(ctx, run) for run in (first, second)]
    assert [sorted(job.inputs) for job in given if job] == [
        ["baseline", "settings", "target"],
        ["reference", "settings", "target"],
    ]


def test_a_controller_that_dies_after_submitting_submits_no_second_time(ctx: Context) -> None:
    ctx, _ = clocked(ctx, days=4)
    dataset(ctx)
    made = service.create(ctx, spec())
    with ctx.db.read() as tx:
        from studiolo.studio.datasets.monitors import repository

        stale = repository.find(tx, ctx, made.name)
    assert reconcile.schedule(ctx, stale)
    assert not reconcile.schedule(ctx, stale)  # another controller, which read the row before
    assert len(queued(ctx, "drift")) == 1


def test_a_failed_window_is_told_once_and_the_schedule_goes_on(ctx: Context, tmp_path: Path) -> None:
    ctx, _ = clocked(ctx, days=6)
    dataset(ctx)
    service.create(ctx, spec())
    reconcile.tick(ctx)
    for _ in range(2):
        fail(ctx, queued(ctx, "drift")[0], "out of memory")
        reconcile.tick(ctx)
    settle(ctx, tmp_path)
    found = service.list_windows(ctx, "daily").items
    assert [one.state for one in reversed(found)] == ["failed", "failed", "done"]
    assert found[1].error == "out of memory"
    assert [one.kind for one in notices.list_notices(ctx).items] == ["drift.failed"]
    assert service.get(ctx, "daily").state == "ok"


def test_too_few_rows_say_so_and_change_nothing(ctx: Context, tmp_path: Path) -> None:
    ctx, clock = clocked(ctx, days=14)
    dataset(ctx, data=csv(5, per_day=60) + csv(7, per_day=10, seed=2).split(b"\n", 1)[1])
    service.create(ctx, spec(since=FIRST + 6 * DAY))
    clock.time = FIRST + 8 * DAY
    settle(ctx, tmp_path)
    found = service.list_windows(ctx, "daily").items
    assert [(one.state, one.rows) for one in found] == [("too_few", 0), ("too_few", 10)]
    assert service.get(ctx, "daily").state == "waiting"
    assert service.comparison(ctx, "daily", FIRST + 6 * DAY).enough is False


def test_an_edit_keeps_history(ctx: Context, tmp_path: Path) -> None:
    ctx, _ = clocked(ctx, days=5)
    dataset(ctx, data=csv(8, moved=(3, 4)))
    made = service.create(ctx, spec())
    settle(ctx, tmp_path)
    before = service.list_windows(ctx, "daily").items
    assert {one.settings for one in before} == {1}
    settings = made.settings.model_copy(update={"threshold": 0.99, "feature_threshold": 50.0})
    changed = service.update(ctx, "daily", MonitorPatch(settings=settings))
    assert changed.settings_version == 2
    assert service.list_windows(ctx, "daily").items == before
    assert [one.version for one in service.history(ctx, "daily")] == [2, 1]
    service.run_now(ctx, "daily", RunRequest(moment=FIRST + 4 * DAY))
    settle(ctx, tmp_path)
    after = {one.start: one for one in service.list_windows(ctx, "daily").items}
    assert (after[FIRST + 4 * DAY].settings, after[FIRST + 4 * DAY].drifting) == (2, False)
    assert (after[FIRST + 3 * DAY].settings, after[FIRST + 3 * DAY].drifting) == (1, True)
    assert service.get(ctx, "daily").state == "resolved"


def test_the_same_settings_are_no_new_version(ctx: Context) -> None:
    dataset(ctx)
    made = service.create(ctx, spec())
    assert service.update(ctx, "daily", MonitorPatch(settings=made.settings)).settings_version == 1
    assert service.update(ctx, "daily", MonitorPatch(description="x", enabled=False)).next_at is None


def test_a_backfill_goes_on_from_where_it_stands(any_ctx: Context, tmp_path: Path) -> None:
    ctx, _ = clocked(any_ctx, days=20)
    dataset(ctx, data=csv(8, moved=(4,)))
    service.create(ctx, spec(since=None))
    begun = backfilling.create(ctx, "daily", BackfillCreate(start=FIRST + 3 * DAY, end=FIRST + 8 * DAY))
    assert (begun.total, begun.done) == (5, 0)
    reconcile.tick(ctx)
    assert len(queued(ctx, "drift")) == 1  # the first keeps what the others need of the baseline
    run_all(ctx, "drift", tmp_path)
    reconcile.tick(ctx)
    reconcile.tick(ctx)
    assert len(queued(ctx, "drift")) == backfilling.AT_ONCE
    settle(ctx, tmp_path)
    ended = backfilling.list_(ctx, "daily")[0]
    assert (ended.state, ended.done, ended.failed) == ("done", 5, 0)
    found = service.list_windows(ctx, "daily").items
    assert [one.drifting for one in reversed(found)] == [False, True, False, False, False]
    shown = service.get(ctx, "daily")
    assert shown.state == "waiting"  # the past alarms nobody
    assert shown.last is not None
    assert shown.last.start == found[0].start, "lists show what was found, though no schedule has come to it"
    assert notices.list_notices(ctx).items == []


def test_a_backfill_of_ninety_years_of_hours_costs_nothing_to_begin_and_can_be_canceled(ctx: Context) -> None:
    ctx, _ = clocked(ctx, days=20)
    dataset(ctx)
    service.create(ctx, spec(frequency="hour"))
    service.update(ctx, "daily", MonitorPatch(enabled=False))
    begun = backfilling.create(ctx, "daily", BackfillCreate(start=FIRST - 90 * 365 * DAY, end=FIRST + 30 * DAY))
    assert begun.total > 780_000
    reconcile.tick(ctx)
    assert len(queued(ctx, "drift")) == 1
    assert backfilling.cancel(ctx, "daily", begun.id).state == "canceled"
    assert queued(ctx, "drift") == []
    reconcile.tick(ctx)
    assert queued(ctx, "drift") == []


def test_running_twice_is_refused(ctx: Context) -> None:
    ctx, _ = clocked(ctx, days=6)
    dataset(ctx)
    service.create(ctx, spec(since=None))
    assert service.run_now(ctx, "daily", RunRequest()).start == FIRST + 5 * DAY
    with pytest.raises(WindowRunning):
        service.run_now(ctx, "daily", RunRequest())


def test_deleting_ends_its_jobs_and_puts_those_that_ended_into_the_bin(ctx: Context) -> None:
    ctx, _ = clocked(ctx, days=6)
    dataset(ctx)
    service.create(ctx, spec())
    reconcile.tick(ctx)
    waiting = len(queued(ctx, "drift"))
    with ctx.db.begin() as tx:  # a window that has been judged: what its job left goes too
        tx.execute(update(drift_windows).values(state="done"))
    service.delete(ctx, "daily")
    assert waiting
    assert queued(ctx, "drift") == []
    with pytest.raises(MonitorNotFound):
        service.get(ctx, "daily")
    assert not reconcile.tick(ctx)


def test_a_monitor_whose_dataset_is_deleted_stops_and_says_so_once(any_ctx: Context, tmp_path: Path) -> None:
    ctx, clock = clocked(any_ctx, days=3)
    dataset(ctx)
    service.create(ctx, spec())
    backfilling.create(ctx, "daily", BackfillCreate(start=FIRST, end=FIRST + 3 * DAY))
    datasets.delete(ctx, "sales")
    clock.advance(2 * 86_400)
    settle(ctx, tmp_path)
    found = service.get(ctx, "daily")
    assert (found.enabled, found.state, found.next_at) == (False, "stopped", None)
    assert [one.state for one in backfilling.list_(ctx, "daily")] == ["canceled"]
    told = [one.title for one in notices.list_notices(ctx).items]
    assert told == ["Monitor daily has stopped"]
    clock.advance(30 * 86_400)
    assert not reconcile.tick(ctx)
    with pytest.raises(DatasetNotFound):
        service.update(ctx, "daily", MonitorPatch(enabled=True))
    datasets.restore(ctx, "sales")
    again = service.update(ctx, "daily", MonitorPatch(enabled=True))
    assert (again.enabled, again.state) == (True, "waiting")


def test_a_monitor_without_its_baseline_is_not_enabled(any_ctx: Context) -> None:
    ctx, _ = clocked(any_ctx, days=3)
    dataset(ctx)
    dataset(ctx, "before")
    made = service.create(ctx, spec(baseline={"dataset": "before"}, enabled=False))
    assert made.settings.baseline.version == 1
    datasets.delete(ctx, "before")
    service.update(ctx, "daily", MonitorPatch(description="still told"))
    with pytest.raises(DatasetNotFound, match="before:1"):
        service.update(ctx, "daily", MonitorPatch(enabled=True))
    assert not service.get(ctx, "daily").enabled
    datasets.restore(ctx, "before")
    assert service.update(ctx, "daily", MonitorPatch(enabled=True)).enabled


@pytest.mark.parametrize(
    ("changes", "error", "field"),
    [
        ({"name": "../x"}, Invalid, "name"),
        ({"zone": "Mars"}, Invalid, "zone"),
        ({"target": {"dataset": "none", "timestamp": "at"}}, DatasetNotFound, "dataset"),
        ({"target": {"dataset": "sales", "timestamp": "amount"}}, BadMonitor, "target.timestamp"),
        ({"target": {"dataset": "sales", "timestamp": "gone"}}, BadMonitor, "target.timestamp"),
        ({"features": ["amount", "gone"]}, BadMonitor, "features"),
        ({"exclude": ["amount", "kind", "id"]}, BadMonitor, "features"),
        ({"baseline": {"dataset": "sales", "version": 7}}, NotFound, "dataset"),
        (
            {"baseline": {"dataset": "sales", "timestamp": "at", "start": FIRST + DAY, "end": FIRST}},
            BadMonitor,
            "baseline.end",
        ),
        ({"baseline": {"dataset": "sales", "start": FIRST}}, BadMonitor, "baseline.timestamp"),
    ],
)
def test_what_does_not_fit_is_named(ctx: Context, changes: dict[str, Any], error: type, field: str) -> None:
    dataset(ctx)
    with pytest.raises(error) as raised:
        service.create(ctx, spec(**changes))
    assert raised.value.field == field
    assert service.list_monitors(ctx) == []


def test_a_name_is_taken_once(ctx: Context) -> None:
    dataset(ctx)
    service.create(ctx, spec())
    with pytest.raises(MonitorExists):
        service.create(ctx, spec())


def test_the_command_shows_what_a_monitor_does(ctx: Context, cli: Callable[..., Result]) -> None:
    dataset(ctx)
    service.create(ctx, spec(recipients=["ann@example.org"]))
    shown = " ".join(cli("datasets", "monitors", "show", "daily").stdout.split())
    assert f"baseline sales:1 from {FIRST:%Y-%m-%d} 00:00 to" in shown
    assert "each day of sales by at (UTC)" in shown
    assert "magnitude above 0.2, or a feature above 0.1" in shown
    assert "mail ann@example.org" in shown
