"""What a job reports, applied once and in order."""

import math
from pathlib import Path

import pytest
from sqlalchemy import select

from studiolo.kernel.context import Context
from studiolo.kernel.events.tables import events
from studiolo.kernel.ids import new_id
from studiolo.runner.journal import Journal
from studiolo.studio.experiments import claims, metrics, reports, service, tracking
from studiolo.studio.experiments.claims import Claim
from studiolo.studio.experiments.schemas import Run
from tests.studio.experiments.jobs import ended, in_state, journaling, submit, wait_for


@pytest.fixture
def run(any_ctx: Context) -> Run:
    return submit(any_ctx, "pass")


def claim_of(ctx: Context, run: Run) -> Claim:
    with ctx.db.read() as tx:
        found = claims.again(tx, service.row(tx, ctx, run.id).seq)
    assert found is not None
    return found


def latest(ctx: Context, run_id: str) -> dict[str, float]:
    with ctx.db.read() as tx:
        seq = service.row(tx, ctx, run_id).seq
        return {point.key: point.value for point in metrics.latest_of(tx, [seq]).get(seq, [])}


def journal_in(place: Path) -> Journal:
    place.mkdir(parents=True, exist_ok=True)
    return Journal(place / "journal.jsonl")


def test_every_kind_arrives(any_ctx: Context, run: Run, tmp_path: Path) -> None:
    ctx, child = any_ctx, new_id()
    journal = journal_in(tmp_path)
    journal.param("rows", 891)
    journal.metric("auc", 0.5, step=0)
    journal.metric("auc", 0.75, step=1)
    journal.tag("note", "good")
    journal.progress(2, 5, "trials")
    journal.child(child, "lightgbm 1", "Running", params={"depth": 3}, started_at=1_700_000_000.0)
    journal.of(child).metric("auc", 0.7)
    journal.document("automl/guardrails", {"ok": True, "worst": math.nan})
    journal.child(child, "lightgbm 1", "Completed", metrics={"auc": 0.8}, ended_at=1_700_000_001.0)
    assert reports.apply(ctx, claim_of(ctx, run), tmp_path)
    assert latest(ctx, run.id) == {"auc": 0.75}
    found = service.get(ctx, run.id)
    assert found.progress is not None
    assert (found.progress.done, found.progress.total, found.progress.label) == (2, 5, "trials")
    assert service.document(ctx, run.id, "automl/guardrails") == {"ok": True, "worst": None}
    [trial] = service.children(ctx, run.id)
    assert (trial.id, trial.name, trial.kind, trial.state) == (child, "lightgbm 1", "trial", "Completed")
    assert trial.ended_at is not None
    assert trial.started_at is not None
    assert trial.experiment == found.experiment
    assert latest(ctx, child) == {"auc": 0.8}
    with ctx.db.read() as tx:
        seq = service.row(tx, ctx, run.id).seq
        assert tracking.tags_of(tx, [seq])[seq]["note"] == "good"
        subjects = set(tx.execute(select(events.c.subject).where(events.c.kind == "run.updated")).scalars())
    assert subjects == {run.id, child}


def test_lines_are_applied_once(any_ctx: Context, run: Run, tmp_path: Path) -> None:
    ctx = any_ctx
    journal_in(tmp_path).metric("loss", 1.0, step=0)
    stale = claim_of(ctx, run)
    assert reports.apply(ctx, stale, tmp_path)
    assert not reports.apply(ctx, stale, tmp_path)  # who read the same offset comes too late
    assert not reports.apply(ctx, claim_of(ctx, run), tmp_path)
    journal_in(tmp_path).metric("loss", 0.5, step=1)
    assert reports.apply(ctx, claim_of(ctx, run), tmp_path)
    with ctx.db.read() as tx:
        seq = service.row(tx, ctx, run.id).seq
        assert metrics.latest_of(tx, [seq])[seq][0].points == 2


def test_a_report_that_cannot_be_kept_does_not_hold_up_the_others(any_ctx: Context, run: Run, tmp_path: Path) -> None:
    ctx = any_ctx
    journal = journal_in(tmp_path)
    journal.metric("", 1.0)
    journal.metric("../up", 1.0)
    journal.child("not an id", "x", "Running")
    journal.child(run.id, "myself", "Running")
    journal.of(new_id()).metric("auc", 1.0)
    journal.document("", {})
    (tmp_path / "journal.jsonl").open("a").write('{"kind":"metric"}\n{"kind":"progress","done":"much"}\nnonsense\n')
    journal.metric("kept", 1.0)
    assert reports.apply(ctx, claim_of(ctx, run), tmp_path)
    assert latest(ctx, run.id) == {"kept": 1.0}
    assert service.children(ctx, run.id) == []


def test_a_child_of_another_run_cannot_be_taken(any_ctx: Context, run: Run, tmp_path: Path) -> None:
    ctx = any_ctx
    other = submit(ctx, "pass", name="other")
    journal_in(tmp_path).child(other.id, "stolen", "Failed")
    reports.apply(ctx, claim_of(ctx, run), tmp_path)
    assert service.get(ctx, other.id).name == "other"
    assert service.get(ctx, other.id).state == "Queued"


def test_a_child_that_has_ended_stays_as_it_ended(any_ctx: Context, run: Run, tmp_path: Path) -> None:
    ctx, child = any_ctx, new_id()
    journal = journal_in(tmp_path)
    journal.child(child, "t", "Completed")
    journal.child(child, "t", "Running", metrics={"late": 1})
    reports.apply(ctx, claim_of(ctx, run), tmp_path)
    assert service.get(ctx, child).state == "Completed"
    assert latest(ctx, child) == {"late": 1}


def test_reports_are_seen_while_the_job_runs_and_open_children_end_with_it(ctx: Context) -> None:
    child = new_id()
    run = submit(
        ctx,
        journaling(
            f"import time\njournal.child({child!r}, 'trial', 'Running')\njournal.progress(1, 4)\ntime.sleep(60)"
        ),
    )
    in_state(ctx, run, "Running")
    wait_for(ctx, lambda: service.get(ctx, run.id).progress)
    assert service.get(ctx, child).state == "Running"
    service.cancel(ctx, run.id)
    ended(ctx, run)
    found = service.get(ctx, child)
    assert (found.state, found.failure) == ("Canceled", "canceled")


def test_a_journal_longer_than_a_piece_arrives_whole(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "PIECE", 2000)
    run = submit(ctx, journaling("for step in range(100): journal.metric('loss', step, step)"))
    assert ended(ctx, run).state == "Completed"
    with ctx.db.read() as tx:
        seq = service.row(tx, ctx, run.id).seq
        assert metrics.latest_of(tx, [seq])[seq][0].points == 100
