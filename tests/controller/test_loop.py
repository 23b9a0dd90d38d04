"""The loop of the controller: every slice for every workspace, whatever one of them does."""

import json
import logging
import os
import threading
import time
from pathlib import Path

import pytest

from studiolo.controller.main import Changes, Heartbeat, Loop, quick_slices, slice_ticks
from studiolo.kernel.auth import service as auth
from studiolo.kernel.context import Context
from studiolo.kernel.db import statistics
from studiolo.runner import attempt as files
from studiolo.studio.experiments import reconcile
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.schemas import JobSpec
from studiolo.studio.pipelines import service as pipelines
from tests.studio.pipelines.graphs import pipeline, step


def test_every_workspace_is_ticked_in_the_order_of_the_house(ctx: Context) -> None:
    with ctx.db.begin() as tx:
        auth.create_workspace(tx, ctx.clock, "other", ctx.actor.id)
    seen: list[tuple[str, str]] = []

    def tick(name: str):
        def one(ctx: Context) -> bool:
            seen.append((ctx.workspace, name))
            return name == "b"

        return one

    assert Loop(ctx, {"a": tick("a"), "b": tick("b")}).once() is True
    assert sorted(seen) == [("default", "a"), ("default", "b"), ("other", "a"), ("other", "b")]
    assert seen.index(("default", "a")) < seen.index(("default", "b"))


def test_a_slice_that_fails_is_logged_and_the_others_go_on(ctx: Context, caplog: pytest.LogCaptureFixture) -> None:
    calls = {"bad": 0, "good": 0}

    def bad(_: Context) -> bool:
        calls["bad"] += 1
        raise RuntimeError("a defect")

    def good(_: Context) -> bool:
        calls["good"] += 1
        return False

    loop = Loop(ctx, {"bad": bad, "good": good})
    with caplog.at_level(logging.ERROR):
        for _ in range(5):
            loop.once()
    assert calls == {"bad": 1, "good": 5}  # the one that fails is tried again later
    assert loop.troubled == ["bad"]
    assert "a defect" in caplog.text


def test_a_database_that_is_away_is_waited_for(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = Loop(ctx, {"a": lambda ctx: True})
    with monkeypatch.context() as patch:
        patch.setattr(type(ctx.db), "glance", lambda self: (_ for _ in ()).throw(OSError("away")))
        assert loop.once() is False
    assert loop.once() is True


def test_tables_that_cannot_be_counted_hold_nothing_up(
    ctx: Context, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked: list[object] = []

    def refresh(db: object) -> list[str]:
        asked.append(db)
        raise OSError("no room for it")

    monkeypatch.setattr(statistics, "refresh", refresh)
    loop = Loop(ctx, {"a": lambda ctx: True})
    assert [loop.once(), loop.once()] == [True, True]
    assert len(asked) == 1  # tried again later
    assert "no room for it" in caplog.text


def test_the_slices_with_a_tick_are_found() -> None:
    assert "experiments" in slice_ticks()


def test_the_heartbeat_says_who_and_what_fails(tmp_path: Path) -> None:
    heart = Heartbeat(tmp_path / "controller.json")
    heart.beat([])
    assert json.loads((tmp_path / "controller.json").read_text()) == {"pid": os.getpid(), "troubled": []}
    heart.beat(["automl"])
    assert json.loads((tmp_path / "controller.json").read_text())["troubled"] == ["automl"]
    heart.stop()
    assert not (tmp_path / "controller.json").exists()


def test_the_end_of_a_job_is_noticed_at_once(ctx: Context) -> None:
    run = experiments.submit(ctx, JobSpec(command=["sleep", "0.5"]))
    changes = Changes(ctx)
    reconcile.tick(ctx)
    changes.ended()
    deadline = time.monotonic() + 60
    while not changes.ended():
        assert time.monotonic() < deadline, "nothing was noticed"
        time.sleep(0.01)
    assert (ctx.settings.attempts / run.id / "1" / "exit.json").is_file()
    assert not changes.ended()
    changes.close()


def test_what_is_submitted_is_noticed_at_once(ctx: Context) -> None:
    changes = Changes(ctx)
    assert not changes.ended()
    experiments.submit(ctx, JobSpec(command=["true"]))
    assert changes.ended()
    pipelines.submit(ctx, pipeline({"a": step("true")}))
    assert changes.wait(threading.Event(), 0.05)
    assert changes.ended()
    changes.close()


def test_what_waits_for_a_pipeline_goes_on_in_the_same_round(ctx: Context) -> None:
    seen: list[str] = []

    def tick(name: str, left: list[bool]):
        def one(_: Context) -> bool:
            seen.append(name)
            return left.pop() if left else False

        return one

    ticks = {"a": tick("a", []), "jobs": tick("jobs", [True] * 9), "pipelines": tick("pipelines", [False, True, True])}
    loop = Loop(ctx, ticks, {name: ticks[name] for name in ("jobs", "pipelines")})
    loop.once()
    assert seen == ["a", *["jobs", "pipelines"] * 3]  # as often as pipelines made something, whatever jobs say
    seen.clear()
    assert loop.quick() is False
    assert seen == ["jobs", "pipelines"]


def test_the_slices_that_follow_on_the_end_of_a_job_are_in_the_order_of_the_house() -> None:
    assert [*quick_slices()] == ["experiments", "pipelines"]


def test_the_end_of_a_short_job_is_one_transition_and_leaves_nothing_held(ctx: Context) -> None:
    run = experiments.submit(ctx, JobSpec(command=["true"]))
    changes = Changes(ctx)
    reconcile.tick(ctx)
    assert changes.wait(threading.Event(), 60)
    reconcile.tick(ctx)
    changes.close()
    found = experiments.get(ctx, run.id)
    assert (found.state, found.exit_code, found.started_at is not None, found.ended_at is not None) == (
        "Completed",
        0,
        True,
        True,
    )
    with ctx.db.read() as tx:
        states = [
            json.loads(row) if isinstance(row, str) else row
            for row in tx.exec_driver_sql("select data from events where kind = 'run.updated' order by id").scalars()
        ]
        assert tx.exec_driver_sql("select count(*) from compute_holdings").scalar_one() == 0
    assert [one["state"] for one in states if one["state"] != "Running"] == ["Starting", "Completed"]


def test_a_commit_of_the_server_is_noticed_at_once(ctx: Context) -> None:
    changes = Changes(ctx)
    changes.look()
    assert not changes.look()
    with ctx.db.begin() as tx:
        auth.create_workspace(tx, ctx.clock, "other", ctx.actor.id)
    assert changes.look()
    assert not changes.look()
    changes.close()


def test_a_name_that_is_no_pipe_is_replaced(ctx: Context) -> None:
    ctx.settings.attempts.mkdir(parents=True, exist_ok=True)
    (ctx.settings.attempts / files.WAKE).write_text("of a copy of the home")
    changes = Changes(ctx)
    assert not changes.wait(threading.Event(), 0.05)
    files.wake(str(ctx.settings.attempts / "run" / "1"))  # before its folder is there: nobody is told, nothing fails
    (ctx.settings.attempts / "run" / "1").mkdir(parents=True)
    files.wake(str(ctx.settings.attempts / "run" / "1"))
    assert changes.wait(threading.Event(), 5)
    assert changes.ended()
    changes.close()


def test_without_pipes_on_the_file_system_rounds_come_in_their_time(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "mkfifo", refused)
    changes = Changes(ctx)
    assert not changes.wait(threading.Event(), 0.05)
    assert not changes.ended()
    changes.close()


def test_a_full_pipe_holds_no_runner_up(ctx: Context) -> None:
    changes = Changes(ctx)
    place = ctx.settings.attempts / "run" / "1"
    place.mkdir(parents=True)
    for _ in range(70_000):
        files.wake(str(place))
    assert changes.ended()
    changes.close()


def test_the_end_of_a_job_while_the_database_is_away_troubles_no_slice(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    def jobs(ctx: Context) -> bool:
        with ctx.db.glance():
            return False

    loop = Loop(ctx, {"jobs": jobs}, {"jobs": jobs})
    loop.once()
    with monkeypatch.context() as patch:
        patch.setattr(type(ctx.db), "glance", lambda self: (_ for _ in ()).throw(OSError("away")))
        loop.once()
        loop.quick()
    assert loop.troubled == []
