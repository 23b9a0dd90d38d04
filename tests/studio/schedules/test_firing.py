"""Times become runs: on time, caught up, held up, once, and not when the owner may not."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from studiolo.kernel.auth import members
from studiolo.kernel.auth import repository as accounts
from studiolo.kernel.auth.roles import Role
from studiolo.kernel.context import Context
from studiolo.kernel.errors import Denied, StudioloError
from studiolo.kernel.ids import new_id
from studiolo.studio.experiments import service as experiments
from studiolo.studio.pipelines import service as pipelines
from studiolo.studio.schedules import deciding, firing, reconcile, repository, service, targets
from studiolo.studio.schedules.errors import BadSchedule, ScheduleExists, ScheduleNotFound
from studiolo.studio.schedules.schemas import SchedulePatch
from studiolo.studio.workspace.notices import service as notices
from tests.studio.schedules.worlds import BEGIN, brief, end, held, history, make, runs, spec, tick


def test_a_time_that_has_come_makes_a_run_with_the_time_in_its_values(any_ctx: Context) -> None:
    ctx, clock = held(any_ctx)
    made = make(ctx)
    assert [f"{one:%H:%M}" for one in made.next] == ["12:10", "12:20", "12:30", "12:40", "12:50"]
    tick(ctx)
    assert history(ctx) == []
    clock.advance(600)
    tick(ctx)
    (fired,) = history(ctx)
    assert (fired.state, fired.origin, fired.run_state) == ("started", "time", "Queued")
    assert fired.run_name == "often-20260101-1210"
    run = pipelines.get(ctx, str(fired.run_id))
    assert run.values == {"word": "2026-01-01T12:10:00Z"}
    assert run.tags["studiolo.schedule"] == "often"
    tick(ctx)
    assert len(history(ctx)) == 1
    found = service.get(ctx, "often")
    assert found.last == fired
    assert found.next[0] == datetime(2026, 1, 1, 12, 20, tzinfo=UTC)


def test_a_job_is_run_too(ctx: Context) -> None:
    ctx, clock = held(ctx)
    job = {"command": ["echo ${{inputs.when}}"], "params": {"when": "${{creation_context.trigger_time}} ${{name}}"}}
    make(ctx, target={"kind": "job", "spec": job})
    clock.advance(600)
    tick(ctx)
    found = experiments.spec(ctx, str(history(ctx)[0].run_id))
    assert found is not None
    assert found.params == {"when": "2026-01-01T12:10:00Z often-20260101-1210"}


@pytest.mark.parametrize(
    ("catch_up", "expected"),
    [
        ("none", [("12:10", "time", "skipped")]),
        ("one", [("12:10", "time", "skipped"), ("15:00", "catch_up", "started")]),
    ],
)
def test_missed_times_are_made_up_for_as_the_policy_says(ctx: Context, catch_up: str, expected: Any) -> None:
    ctx, clock = held(ctx)
    make(ctx, catch_up=catch_up)
    clock.advance(3 * 3600 + 360)  # 15:06:30, six minutes after the last of eighteen times
    tick(ctx)
    assert brief(ctx) == expected
    missed = history(ctx)[0]
    assert missed.count == (18 if catch_up == "none" else 17)
    assert "the studio did not run" in missed.reason
    assert service.get(ctx, "often").next[0] == datetime(2026, 1, 1, 15, 10, tzinfo=UTC)


def test_a_controller_that_was_away_for_a_moment_has_missed_nothing(ctx: Context) -> None:
    ctx, clock = held(ctx)
    make(ctx, catch_up="none")
    clock.advance(600 + 200)
    tick(ctx)
    assert brief(ctx) == [("12:10", "time", "started")]


def test_all_missed_times_run_one_after_the_other_and_no_more_than_a_hundred(ctx: Context) -> None:
    ctx, clock = held(ctx)
    make(ctx, catch_up="all", expression="* * * * *")
    clock.advance(150 * 60)
    tick(ctx)
    found = history(ctx)
    assert (found[0].state, found[0].count) == ("skipped", 50)
    assert [one.state for one in found[1:]] == ["started", *["waiting"] * 98, "skipped"]
    assert found[-1].origin == "time"
    assert len(runs(ctx)) == 1
    end(ctx, found[1].run_id)
    tick(ctx)
    again = history(ctx)
    assert (again[2].state, again[2].run_name) == ("started", "often-20260101-1252")


def test_years_of_missed_minutes_cost_little(ctx: Context) -> None:
    ctx, clock = held(ctx)
    make(ctx, expression="* * * * *")
    clock.advance(3 * 365 * 86400)
    tick(ctx)
    missed, fired = history(ctx)
    assert missed.reason == "1000 or more times were missed: the studio did not run."
    assert missed.until == fired.due - timedelta(minutes=1)
    assert fired.state == "started"


@pytest.mark.parametrize(("overlap", "second"), [("skip", "skipped"), ("queue", "waiting"), ("allow", "started")])
def test_a_time_that_comes_while_an_earlier_run_goes_on(any_ctx: Context, overlap: str, second: str) -> None:
    ctx, clock = held(any_ctx)
    make(ctx, overlap=overlap)
    for _ in range(2):
        clock.advance(600)
        tick(ctx)
    first, other = history(ctx)
    assert (first.state, other.state) == ("started", second)
    assert len(runs(ctx)) == (2 if overlap == "allow" else 1)
    if overlap == "skip":
        assert str(first.run_id) in other.reason
    end(ctx, first.run_id)
    tick(ctx)
    after = history(ctx)[1]
    assert after.state == ("started" if overlap == "queue" else second)
    if overlap == "queue":
        assert after.run_name == "often-20260101-1220"


def test_of_many_that_are_due_at_once_a_round_takes_some(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx, clock = held(ctx)
    for name in ("a", "b", "c"):
        make(ctx, name=name)
    clock.advance(600)
    monkeypatch.setattr(reconcile, "_ROUND_SECONDS", 0.0)
    fired = []
    for _ in range(3):
        assert reconcile.tick(ctx)
        fired.append(len(runs(ctx)))
    assert fired == [1, 2, 3]
    assert not reconcile.tick(ctx)


def test_the_clock_set_back_fires_no_time_twice_and_none_late(ctx: Context) -> None:
    ctx, clock = held(ctx)
    make(ctx, overlap="allow")
    for _ in range(3):
        clock.advance(600)
        tick(ctx)
    clock.advance(-1500)  # 12:05 again
    tick(ctx)
    for _ in range(4):
        clock.advance(600)
        tick(ctx)
    assert [f"{one.due:%H:%M}" for one in history(ctx)] == ["12:10", "12:20", "12:30", "12:40"]
    assert len(runs(ctx)) == 4


def test_a_clock_that_ran_ahead_for_years_and_came_back_does_not_stop_it(ctx: Context) -> None:
    ctx, clock = held(ctx)
    make(ctx, expression="0 0 * * *", overlap="allow")
    clock.time = datetime(2031, 5, 1, 0, 0, 5, tzinfo=UTC)
    tick(ctx)
    clock.time = BEGIN
    tick(ctx)
    assert service.get(ctx, "often").next[0] == datetime(2026, 1, 2, tzinfo=UTC)
    clock.advance(86400)
    tick(ctx)
    assert f"{history(ctx)[-1].due:%Y-%m-%d}" == "2026-01-02"


def test_two_controllers_at_once_make_one_run_of_each_time(any_ctx: Context) -> None:
    ctx, clock = held(any_ctx)
    for number in range(8):
        make(ctx, name=f"s{number}")
    clock.advance(600)
    with ctx.db.read() as tx:
        rows = repository.due(tx, ctx, clock.now())
    start, failed = threading.Barrier(4), list[BaseException]()

    def controller() -> None:
        try:
            start.wait()
            for row in rows:
                trigger = targets.TRIGGERS.validate_python(row.trigger)
                found = deciding.step(trigger, row.due_at, row.looked_at, clock.now(), row.catch_up)
                assert isinstance(found, deciding.Fire)
                firing.fire(ctx, row, found)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=controller) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert sorted(runs(ctx)) == [f"s{number}-20260101-1210" for number in range(8)]
    assert all(len(history(ctx, f"s{number}")) == 1 for number in range(8))


def test_paused_it_rests_and_resumed_it_goes_on_from_now(ctx: Context) -> None:
    ctx, clock = held(ctx)
    make(ctx, overlap="queue")
    for _ in range(2):
        clock.advance(600)
        tick(ctx)
    assert service.pause(ctx, "often").state == "paused"
    assert history(ctx)[1].reason == "The schedule was paused."
    clock.advance(6 * 3600)
    tick(ctx)
    assert len(history(ctx)) == 2
    assert service.get(ctx, "often").next == []
    found = service.resume(ctx, "often")
    assert (found.state, f"{found.next[0]:%H:%M}") == ("active", "18:30")
    tick(ctx)
    assert len(history(ctx)) == 2


def test_run_now_runs_whatever_else_runs(ctx: Context) -> None:
    ctx, clock = held(ctx)
    make(ctx)
    clock.advance(600)
    tick(ctx)
    found = service.run(ctx, "often")
    assert (found.origin, found.state) == ("request", "started")
    assert len(runs(ctx)) == 2


def test_after_its_end_it_is_finished(ctx: Context) -> None:
    ctx, clock = held(ctx)
    make(ctx, trigger={"kind": "recurrence", "frequency": "hour", "end": "2026-01-01T13:30:00"})
    clock.advance(2 * 3600)
    tick(ctx)
    assert brief(ctx) == [("13:00", "catch_up", "started")]
    assert service.get(ctx, "often").state == "finished"


def member(ctx: Context, role: Role) -> Context:
    """Another account with a role in the workspace."""
    account = new_id()
    with ctx.db.begin() as tx:
        accounts.insert_account(tx, {"id": account, "name": "ada", "disabled": False, "created_at": ctx.clock.now()})
        accounts.set_role(tx, ctx.workspace_id, account, role.value)
    return replace(ctx, actor=replace(ctx.actor, id=account, name="ada", role=role))


@pytest.mark.parametrize("how", ["role", "removed", "disabled"])
def test_a_schedule_whose_owner_may_not_any_more_does_not_run_and_says_so(ctx: Context, how: str) -> None:
    ctx, clock = held(ctx)
    ada = member(ctx, Role.data_scientist)
    make(ada)
    with ctx.db.begin() as tx:
        if how == "role":
            accounts.set_role(tx, ctx.workspace_id, ada.actor.id, Role.reader.value)
        elif how == "removed":
            members.remove_member(tx, ctx.workspace_id, ada.actor.id)
        else:
            members.update_account(tx, ada.actor.id, {"disabled": True})
    for _ in range(3):
        clock.advance(600)
        tick(ctx)
    assert [one.state for one in history(ctx)] == ["failed"] * 3
    assert "'ada'" in history(ctx)[0].reason
    found = service.get(ctx, "often")
    assert (found.state, found.runs_as) == ("troubled", "ada")
    assert runs(ctx) == []
    told = [one for one in notices.list_notices(ctx).items if one.kind == "schedule.failed"]
    assert [one.title for one in told] == ["Schedule often does not run"]  # once, not for each time
    assert service.resume(ctx, "often").runs_as == "owner"
    clock.advance(600)
    tick(ctx)
    assert (history(ctx)[-1].state, service.get(ctx, "often").trouble) == ("started", "")


def test_who_changes_what_runs_is_who_it_runs_as(ctx: Context) -> None:
    ctx, _ = held(ctx)
    ada = member(ctx, Role.data_scientist)
    make(ctx)
    assert service.change(ada, "often", SchedulePatch(description="x")).runs_as == "owner"
    patch = SchedulePatch.model_validate({"target": {"kind": "job", "spec": {"command": ["env"]}}})
    assert service.change(ada, "often", patch).runs_as == "ada"


def test_a_narrow_token_makes_no_schedule_that_may_more(ctx: Context) -> None:
    ctx, _ = held(ctx)
    narrow = replace(ctx, actor=replace(ctx.actor, scopes=frozenset({"schedules.write", "*.read"})))
    with pytest.raises(Denied):
        make(narrow)
    both = replace(ctx, actor=replace(ctx.actor, scopes=frozenset({"schedules.write", "pipelines.write", "*.read"})))
    make(both)
    with ctx.db.read() as tx:
        row = service.find(tx, ctx, "often")
    assert firing.owner(ctx, row).actor.scopes == both.actor.scopes


def test_what_cannot_be_made_is_a_failure_with_its_field_and_the_schedule_goes_on(ctx: Context) -> None:
    ctx, clock = held(ctx)
    made = spec()
    make(ctx, target={"kind": "pipeline", "spec": {**made, "settings": {"default_compute": "local"}}})
    with ctx.db.begin() as tx:
        row = service.find(tx, ctx, "often")
        repository.put_target(tx, "0" * 32, row.id, {"kind": "pipeline", "spec": {**made, "values": {}}})
        repository.claim(tx, row, {"target": "0" * 32})
    clock.advance(600)
    tick(ctx)
    clock.advance(600)
    tick(ctx)
    first, second = history(ctx)
    assert (first.state, second.state) == ("failed", "failed")
    assert "word" in first.reason
    assert service.get(ctx, "often").state == "troubled"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"target": {"kind": "pipeline", "spec": {**spec(), "values": {}}}}, "values.word"),
        (
            {"target": {"kind": "pipeline", "spec": {**spec(), "values": {"word": "${{trigger.file}}"}}}},
            "target.values.word",
        ),
        ({"target": {"kind": "job", "spec": {"command": [" "]}}}, "command"),
        ({"trigger": {"kind": "cron", "expression": "0 0 31 2 *"}}, "trigger.expression"),
    ],
)
def test_a_schedule_that_could_not_run_is_refused_and_nothing_is_kept(ctx: Context, given: Any, field: str) -> None:
    with pytest.raises(StudioloError) as caught:
        make(ctx, **given)
    problems = caught.value.extra.get("problems", [])
    assert caught.value.field == field or field.rpartition(".")[2] in str(problems), (caught.value.field, problems)
    assert service.list_(ctx).items == []


def test_names_are_taken_once_and_a_removed_schedule_leaves_its_runs(ctx: Context) -> None:
    ctx, clock = held(ctx)
    make(ctx)
    with pytest.raises(ScheduleExists):
        make(ctx)
    clock.advance(600)
    tick(ctx)
    run_id = str(history(ctx)[0].run_id)
    service.remove(ctx, "often")
    with pytest.raises(ScheduleNotFound):
        service.get(ctx, "often")
    assert pipelines.get_run(ctx, run_id).run.state == "Queued"
    with pytest.raises(BadSchedule):
        make(ctx, trigger={"kind": "cron", "expression": "x"})
