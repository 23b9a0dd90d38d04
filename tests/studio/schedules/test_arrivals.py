"""Files that arrive, and versions that are new, become runs: once each, none lost, with what came in the values."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from studiolo.kernel.context import Context
from studiolo.kernel.errors import Denied, StudioloError
from studiolo.studio.datasets import service as datasets
from studiolo.studio.datastores import service as datastores
from studiolo.studio.schedules import looking, reconcile, service
from studiolo.studio.schedules.arriving import Changes, Known, Seen, Version, compare, step
from studiolo.studio.schedules.errors import BadSchedule
from studiolo.studio.schedules.globs import Glob
from studiolo.studio.schedules.schemas import RunAsked, SchedulePatch
from studiolo.studio.workspace.notices import service as notices
from tests.studio.schedules.arrivals import drop, landing, looks, target, version, watch, words
from tests.studio.schedules.worlds import end, held, history, tick

AT = "azureml://datastores/landing/paths/in"


@pytest.fixture(autouse=True)
def _prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "PROMPT", 30.0)  # a tick waits for its look, and the clock is held


# what has arrived, decided from plain values


def test_a_file_has_arrived_when_two_looks_found_it_the_same() -> None:
    a, grown = Seen("a", 1, "x"), Seen("a", 2, "x")
    assert compare({}, [a], 9, "all").seen == [a]
    assert compare({"a": Known("seen", 1, "x")}, [grown], 9, "all") == Changes(seen=[grown])
    assert compare({"a": Known("seen", 1, "x")}, [a], 9, "all") == Changes(arrived=[a])
    assert compare({"a": Known("taken", 1, "x")}, [a], 9, "all") == Changes()
    assert compare({"a": Known("taken", 1, "x")}, [grown], 9, "all").seen == [grown]
    assert compare({"a": Known("arrived", 1, "x")}, [grown], 9, "all") == Changes()  # its run takes it as it is then
    assert compare({"a": Known("seen", 1, "x")}, [], 9, "all") == Changes(gone=["a"])
    assert compare({"a": Known("taken", 1, "x")}, [], 9, "all") == Changes()  # a share that is away for a moment


def test_the_oldest_come_first_and_no_more_than_the_most() -> None:
    files = [Seen(name, 1, "x", datetime.fromtimestamp(age)) for name, age in (("c", 1), ("a", 3), ("b", 2))]  # noqa: DTZ006
    known = {one.path: Known("seen", 1, "x") for one in files}
    assert [one.path for one in compare(known, files, 2, "all").arrived] == ["c", "b"]
    late = {one.path: Known("seen", 1, "x", late=True) for one in files}
    assert [one.path for one in compare(late, files, 9, "one").arrived] == ["a"]
    assert [one.path for one in compare(late, files, 9, "none").missed] == ["c", "b", "a"]


def test_versions_come_in_order_and_one_that_is_held_back_does_not_stop_those_after_it() -> None:
    assert step(1, [Version(2, None), Version(3, "passed")], (), "all") == (2, [], 2)
    assert step(1, [Version(2, "held"), Version(3, None)], (), "all") == (3, [], 1)
    assert step(1, [Version(2, "passed"), Version(3, None)], (3,), "all") == (2, [], 3)
    assert step(1, [Version(2, "rejected"), Version(3, None)], (), "all") == (3, [], 3)
    assert step(1, [Version(2, None, True), Version(3, None, True), Version(4, None)], (), "one") == (3, [2], 3)
    assert step(1, [Version(2, None, True)], (), "none") == (None, [2], 2)


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("", "a/b", True),
        ("", ".hidden", False),
        ("in", "in/a", True),
        ("in", "inner", False),
        ("in/a.csv", "in/a.csv", True),
        ("*.csv", "in/a.csv", False),
        ("**/*.csv", "a.csv", True),
        ("**/*.csv", "x/y/a.csv", True),
        ("in/**", "in/x/y", True),
        ("in/[ab]?.{csv,parquet}", "in/a1.parquet", True),
        ("in/{x,y{1,2}}/*", "in/y2/a", True),
        ("in/*", "in/.part", False),
        ("in/.*", "in/.part", True),
    ],
)
def test_patterns_choose_paths(pattern: str, path: str, fits: bool) -> None:
    assert Glob(pattern).fits(path) is fits


def test_a_pattern_takes_no_longer_than_its_path_is() -> None:
    assert not Glob("/".join(["**"] * 30 + ["*a" * 20 + "b"])).fits("/".join(["a" * 40] * 60))


# files


def test_each_file_runs_once_when_it_is_whole_and_what_was_there_is_left_alone(
    any_ctx: Context, tmp_path: Path
) -> None:
    ctx, clock = held(any_ctx)
    folder = landing(ctx, tmp_path / "store")
    drop(folder, "old.csv")
    made = watch(ctx)
    assert (made.says, made.next, made.catch_up, made.overlap) == ("each file in landing/in/*.csv", [], "all", "queue")
    drop(folder, "b.csv", at=2e9)
    drop(folder, "notes.txt")
    drop(folder, "a.csv", at=1e9)
    looks(ctx, clock, 1)
    assert history(ctx) == []
    drop(folder, "b.csv", "a,b\n1,2\n3,4\n", at=2e9)  # it was still being written
    looks(ctx, clock, 1)
    assert words(ctx) == [f"{AT}/a.csv"]
    first = history(ctx)[0]
    assert (first.origin, first.run_name) == ("files", "often-a.csv")
    assert first.cause is not None
    assert first.cause.model_dump()["files"][0]["path"] == "in/a.csv"
    looks(ctx, clock, 1)
    assert words(ctx) == [f"{AT}/a.csv"]  # the other waits for its end
    assert service.get(ctx, "often").pending == 1
    end(ctx, first.run_id)
    looks(ctx, clock, 3)
    assert words(ctx) == [f"{AT}/a.csv", f"{AT}/b.csv"]


def test_one_that_is_written_anew_comes_again_and_one_that_was_away_does_not(ctx: Context, tmp_path: Path) -> None:
    ctx, clock = held(ctx)
    folder = landing(ctx, tmp_path / "store")
    drop(folder, "a.csv", at=1e9)
    watch(ctx, {"existing": "take"}, overlap="allow")
    looks(ctx, clock)
    folder.rename(tmp_path / "away")
    looks(ctx, clock)
    (tmp_path / "away").rename(folder)
    looks(ctx, clock)
    assert words(ctx) == [f"{AT}/a.csv"]
    drop(folder, "a.csv", "new", at=1e9)
    looks(ctx, clock)
    assert words(ctx) == [f"{AT}/a.csv"] * 2


def test_a_batch_is_one_run_and_a_look_takes_no_more_than_it_may(ctx: Context, tmp_path: Path) -> None:
    ctx, clock = held(ctx)
    folder = landing(ctx, tmp_path / "store")
    watch(
        ctx, {"batch": True, "most": 2}, word="${{trigger.count}} ${{trigger.files}} ${{trigger.path}}", overlap="allow"
    )
    for place, name in enumerate(("a.csv", "b.csv", "c.csv")):
        drop(folder, name, at=1e9 + place)
    looks(ctx, clock, 3)
    assert words(ctx) == [f'2 ["in/a.csv", "in/b.csv"] {AT}', f'1 ["in/c.csv"] {AT}']


@pytest.mark.parametrize(("catch_up", "expected"), [("one", ["b.csv"]), ("none", []), ("all", ["a.csv", "b.csv"])])
def test_what_came_while_the_studio_was_away(ctx: Context, tmp_path: Path, catch_up: str, expected: list[str]) -> None:
    ctx, clock = held(ctx)
    folder = landing(ctx, tmp_path / "store")
    watch(ctx, word="${{trigger.file}}", catch_up=catch_up, overlap="allow")
    looks(ctx, clock)
    drop(folder, "a.csv", at=1e9)
    drop(folder, "b.csv", at=2e9)
    looks(ctx, clock, 1, seconds=3600)
    looks(ctx, clock)
    assert words(ctx) == expected
    skipped = [one for one in history(ctx) if one.state == "skipped"]
    assert [one.count for one in skipped] == ([2 - len(expected)] if len(expected) < 2 else [])


def test_after_a_rest_it_goes_on_from_then(ctx: Context, tmp_path: Path) -> None:
    ctx, clock = held(ctx)
    folder = landing(ctx, tmp_path / "store")
    watch(ctx, word="${{trigger.file}}")
    service.pause(ctx, "often")
    drop(folder, "a.csv")
    looks(ctx, clock)
    service.resume(ctx, "often")
    drop(folder, "b.csv")
    looks(ctx, clock)
    assert words(ctx) == ["b.csv"]


def test_a_datastore_that_refuses_is_a_trouble_with_its_cause_until_it_does_not(ctx: Context, tmp_path: Path) -> None:
    ctx, clock = held(ctx)
    folder = landing(ctx, tmp_path / "store")
    watch(ctx, word="${{trigger.file}}")
    drop(folder, "a.csv")
    (tmp_path / "store").rename(tmp_path / "gone")
    looks(ctx, clock, 3)
    found = service.get(ctx, "often")
    assert found.state == "troubled"
    assert str(tmp_path / "store") in found.trouble
    assert [(one.origin, one.state) for one in history(ctx)] == [("files", "failed")]  # once, not for each look
    assert [one.kind for one in notices.list_notices(ctx).items].count("schedule.failed") == 1
    (tmp_path / "gone").rename(tmp_path / "store")
    looks(ctx, clock)
    assert (service.get(ctx, "often").trouble, words(ctx)) == ("", ["a.csv"])


def test_a_datastore_that_does_not_answer_holds_up_nothing(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ctx, clock = held(ctx)
    landing(ctx, tmp_path / "store")
    watch(ctx)
    monkeypatch.setattr(looking, "PROMPT", 0.0)
    monkeypatch.setattr(looking, "DEADLINE", 0.0)
    import threading

    hold = threading.Event()
    monkeypatch.setattr(datastores, "store", lambda *_: hold.wait(30))
    clock.advance(30)
    reconcile._known.clear()
    assert not reconcile.tick(ctx)
    hold.set()
    assert "did not answer" in service.get(ctx, "often").trouble


def test_two_controllers_that_look_at_once_make_one_run(any_ctx: Context, tmp_path: Path) -> None:
    ctx, clock = held(any_ctx)
    folder = landing(ctx, tmp_path / "store")
    watch(ctx, overlap="allow")
    for name in ("a.csv", "b.csv", "c.csv"):
        drop(folder, name)
    from concurrent.futures import ThreadPoolExecutor

    from studiolo.studio.schedules import coming
    from studiolo.studio.schedules.looking import Looks

    def both(work: Any) -> None:
        with ThreadPoolExecutor(2) as pool:
            for one in [pool.submit(work), pool.submit(work)]:
                one.result()

    for _ in range(3):
        clock.advance(30)
        with ctx.db.read() as tx:
            row = service.find(tx, ctx, "often")
        both(lambda row=row: coming.look(ctx, row, Looks()))
        both(lambda row=row: [coming.start_files(ctx, row.id) for _ in range(4)])
    assert sorted(words(ctx)) == [f"{AT}/{name}" for name in ("a.csv", "b.csv", "c.csv")]


def test_a_run_at_once_takes_the_file_that_is_named_or_the_newest(ctx: Context, tmp_path: Path) -> None:
    ctx, _ = held(ctx)
    folder = landing(ctx, tmp_path / "store")
    watch(ctx, word="${{trigger.file}}")
    with pytest.raises(BadSchedule, match="No file that fits"):
        service.run(ctx, "often")
    drop(folder, "a.csv", at=1e9)
    drop(folder, "b.csv", at=2e9)
    service.run(ctx, "often")
    service.run(ctx, "often", RunAsked(path="in/a.csv"))
    assert words(ctx) == ["b.csv", "a.csv"]
    with pytest.raises(StudioloError):
        service.run(ctx, "often", RunAsked(path="in/none.csv"))
    with pytest.raises(BadSchedule, match="versions"):
        service.run(ctx, "often", RunAsked(version=1))


@pytest.mark.parametrize(
    ("trigger", "field"),
    [
        ({"path": "../x"}, "trigger.path"),
        ({"path": "in/{a"}, "trigger.path"),
        ({"datastore": "none"}, "trigger.datastore"),
        ({"end": "2020-01-01T00:00:00Z"}, "trigger.end"),
        ({"kind": "dataset", "dataset": "none"}, "trigger.dataset"),
    ],
)
def test_what_cannot_be_waited_for_is_refused_with_its_field(
    ctx: Context, tmp_path: Path, trigger: Any, field: str
) -> None:
    ctx, _ = held(ctx)
    landing(ctx, tmp_path / "store")
    if trigger.get("kind") == "dataset":
        with pytest.raises(StudioloError) as caught:
            service.create(ctx, _given({**trigger}))
    else:
        with pytest.raises(StudioloError) as caught:
            watch(ctx, trigger)
    assert caught.value.field == field
    assert service.list_(ctx).items == []


def test_who_may_not_look_into_datastores_waits_for_no_files(ctx: Context, tmp_path: Path) -> None:
    ctx, clock = held(ctx)
    folder = landing(ctx, tmp_path / "store")
    scopes = frozenset({"schedules.write", "pipelines.write", "datasets.read", "pipelines.read", "experiments.read"})
    with pytest.raises(Denied):
        watch(replace(ctx, actor=replace(ctx.actor, scopes=scopes)))
    drop(folder, "a.csv")
    looks(ctx, clock)


# versions


def _given(trigger: Any, **rest: Any) -> Any:
    from studiolo.studio.schedules.schemas import ScheduleCreate

    word = "${{trigger.dataset}} ${{trigger.version}} ${{trigger.path}}"
    return ScheduleCreate.model_validate({"name": "often", "trigger": trigger, "target": target(word), **rest})


def test_each_new_version_runs_once_in_order_and_a_held_one_when_it_is_let_in(any_ctx: Context) -> None:
    ctx, clock = held(any_ctx)
    version(ctx, 1)
    made = service.create(ctx, _given({"kind": "dataset", "dataset": "titanic"}, overlap="allow"))
    assert made.says == "new version of titanic"
    tick(ctx)
    assert history(ctx) == []
    clock.advance(10)
    for number, quality in ((2, None), (3, "held"), (4, "passed"), (5, "rejected")):
        version(ctx, number, quality)
    tick(ctx)
    assert words(ctx) == [f"titanic:{number} {number} azureml:titanic:{number}" for number in (2, 4)]
    assert [one.run_name for one in history(ctx)] == ["often-titanic-2", "often-titanic-4"]
    from sqlalchemy import update

    from studiolo.studio.datasets.tables import dataset_versions

    with ctx.db.begin() as tx:
        tx.execute(update(dataset_versions).where(dataset_versions.c.version == 3).values(quality="passed"))
    tick(ctx)
    tick(ctx)
    assert [word.split()[1] for word in words(ctx)] == ["2", "4", "3"]
    assert datasets.get_dataset(ctx, "titanic").version


def test_versions_wait_for_an_earlier_run_and_a_chosen_one_runs_at_once(ctx: Context) -> None:
    ctx, clock = held(ctx)
    version(ctx, 1)
    service.create(ctx, _given({"kind": "dataset", "dataset": "titanic"}))
    for number in (2, 3):
        clock.advance(10)
        version(ctx, number)
        tick(ctx)
    assert [word.split()[1] for word in words(ctx)] == ["2"]
    assert service.run(ctx, "often", RunAsked(version=1)).run_name == "often-titanic-1"
    for one in history(ctx):
        end(ctx, one.run_id)
    clock.advance(3600)
    tick(ctx)
    assert [word.split()[1] for word in words(ctx)] == ["2", "1", "3"]


@pytest.mark.parametrize(("catch_up", "expected"), [("one", ["3"]), ("none", []), ("all", ["2", "3"])])
def test_versions_of_while_the_studio_was_away(ctx: Context, catch_up: str, expected: list[str]) -> None:
    ctx, clock = held(ctx)
    version(ctx, 1)
    service.create(ctx, _given({"kind": "dataset", "dataset": "titanic"}, catch_up=catch_up, overlap="allow"))
    for number in (2, 3):
        clock.advance(3600)
        version(ctx, number)
    clock.advance(3600)
    tick(ctx)
    tick(ctx)
    assert [word.split()[1] for word in words(ctx)] == expected
    assert [one.state for one in history(ctx)].count("skipped") == 2 - len(expected)


def test_another_trigger_begins_anew_and_then_loses_nothing(ctx: Context, tmp_path: Path) -> None:
    ctx, clock = held(ctx)
    folder = landing(ctx, tmp_path / "store")
    drop(folder, "old.csv")
    from tests.studio.schedules.arrivals import FILES
    from tests.studio.schedules.worlds import make

    made = make(ctx)
    assert (made.catch_up, made.overlap) == ("one", "skip")
    patch = {"trigger": FILES, "target": target("${{trigger.file}}")}
    found = service.change(ctx, "often", SchedulePatch.model_validate(patch))
    assert (found.catch_up, found.overlap, found.next) == ("all", "queue", [])
    drop(folder, "a.csv")
    looks(ctx, clock)
    assert words(ctx) == ["a.csv"]
    service.change(ctx, "often", SchedulePatch.model_validate({"target": target("again ${{trigger.file}}")}))
    end(ctx, history(ctx)[0].run_id)
    drop(folder, "b.csv")
    looks(ctx, clock)
    assert words(ctx) == ["a.csv", "again b.csv"]
