"""A job whose environment is built and whose inputs are fetched, before its command runs."""

import os
import time

import pytest

from studiolo.kernel.context import Context
from studiolo.runner.journal import Journal
from studiolo.studio.compute import service as compute
from studiolo.studio.compute.backends.base import Starting
from studiolo.studio.experiments import reconcile, service
from tests.studio.experiments.jobs import ended, in_state, submit


def test_what_it_reports_is_shown_and_the_controller_rests_meanwhile(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = compute.backend("local")
    monkeypatch.setattr(backend, "poll", lambda _: Starting(1))
    monkeypatch.setattr(backend, "start", lambda *_: True)
    run = in_state(ctx, submit(ctx, "pass"), "Starting")
    place = ctx.settings.attempts / run.id / "1"
    (place / "claim.json").write_text("{}")
    assert reconcile.tick(ctx), "it is about to run: look again at once"
    long_ago = time.time() - 60
    os.utime(place / "claim.json", (long_ago, long_ago))
    assert not reconcile.tick(ctx)
    Journal(place / "journal.jsonl").progress(5, 10, "Fetching input 'd'")
    assert reconcile.tick(ctx)
    assert not reconcile.tick(ctx)
    progress = service.get(ctx, run.id).progress
    assert progress is not None
    assert (progress.done, progress.total, progress.label) == (5, 10, "Fetching input 'd'")
    monkeypatch.undo()
    (place / "claim.json").unlink()
    assert ended(ctx, run).state == "Completed"
