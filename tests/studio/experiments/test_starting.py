"""A job whose environment is built and whose inputs are fetched, before its command runs."""

import dataclasses
import os
import time

import pytest

from studiolo.kernel.context import Context
from studiolo.runner.journal import Journal
from studiolo.studio.compute import service as compute
from studiolo.studio.compute.backends.base import Absent, Observation, Starting
from studiolo.studio.experiments import claims, job_variables, reconcile, service
from tests.studio.experiments.jobs import ended, in_state, submit


def test_what_it_reports_is_shown_and_the_controller_rests_meanwhile(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = compute.backend("local")
    seen: list[Observation] = [Absent()]
    monkeypatch.setattr(backend, "poll", lambda _: seen.pop() if seen else Starting(1))
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


def test_the_programs_around_a_command_know_what_datastores_may_be_asked_and_no_token(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUDIOLO_DATASTORE_PRIVATE", "true")
    monkeypatch.setenv("STUDIOLO_TOKEN", "of the owner")
    submit(ctx, "pass", env={"UV_INDEX": "https://a.org", "PATH": "/evil"})
    with ctx.db.read() as tx:
        [claim] = claims.live(tx, ctx.workspace_id)
    env = job_variables.of_programs(ctx, claim, ctx.settings.attempts)
    assert env["STUDIOLO_DATASTORE_PRIVATE"] == "true"
    assert "STUDIOLO_TOKEN" not in env
    assert env.get("UV_INDEX") != "https://a.org"
    assert "/evil" not in env["PATH"]


def test_a_job_has_mlflow_wait_for_a_studio_that_is_away_for_ten_minutes(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")  # the studio's own
    submit(ctx, "pass")
    with ctx.db.read() as tx:
        [claim] = claims.live(tx, ctx.workspace_id)
    inside = dataclasses.replace(ctx, settings=ctx.settings.model_copy(update={"url": "http://127.0.0.1:1"}))
    env = job_variables.of(inside, claim, ctx.settings.attempts, None)
    tries, factor = int(env["MLFLOW_HTTP_REQUEST_MAX_RETRIES"]), int(env["MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR"])
    assert tries < 10, "clients before 2.9 take no more"
    pauses = [0.0] + [min(120.0, factor * 2.0**number) for number in range(1, tries)]  # as urllib3 counts them
    assert sum(pauses) > 600
