"""The table of runs: which, in which order, with which columns."""

import math
from datetime import timedelta

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from studiolo.kernel.context import Context
from studiolo.kernel.mlflow.errors import MlflowError
from studiolo.studio.experiments import tracking
from studiolo.studio.experiments.errors import NotActive, RunNotFound
from studiolo.studio.experiments.table import bulk as run_bulk
from studiolo.studio.experiments.table import rows as run_table
from studiolo.studio.experiments.table.schemas import BulkChange, RunCountSearch, RunSearch, RunWhere
from studiolo.studio.experiments.tables import runs
from tests.studio.experiments.runs import a_run

BASE = "/w/default/api/experiments"


def recorded(ctx: Context, experiment: str = "first", columns: dict[str, object] | None = None, **what: object) -> str:
    run_id, seq = a_run(ctx, experiment)
    with ctx.db.begin() as tx:
        tracking.record(tx, ctx, seq, **what)  # type: ignore[arg-type]
        if columns:
            tx.execute(update(runs).where(runs.c.seq == seq).values(**columns))
    return run_id


def names(ctx: Context, **wanted: object) -> list[str]:
    return [record.run.name for record in run_table.search(ctx, RunSearch(**wanted)).items]  # type: ignore[arg-type]


def test_a_table_of_runs_is_filtered_ordered_and_paged(any_ctx: Context) -> None:
    for n in range(7):
        recorded(any_ctx, params={"p": str(n % 2)}, metrics=[("auc", n / 10, 0, 0)], tags={"n": str(n)})
    wanted = RunSearch(filter="params.p = '1'", order_by=["metrics.auc DESC"], limit=2)
    page = run_table.search(any_ctx, wanted)
    assert [record.tags["n"] for record in page.items] == ["5", "3"]
    assert page.items[0].metrics["auc"].value == 0.5
    assert page.next is not None
    rest = run_table.search(any_ctx, wanted.model_copy(update={"cursor": page.next}))
    assert [record.tags["n"] for record in rest.items] == ["1"]
    assert rest.next is None


def test_every_order_pages_through_all_runs_once(any_ctx: Context) -> None:
    for n in range(9):
        more = {"metrics": [("auc", math.nan if n == 4 else n % 3, 0, 0), ("auc", 5.0 - n, 1, 0)]} if n != 7 else {}
        ended = any_ctx.clock.now() + timedelta(seconds=n * 7 % 5) if n % 2 else None
        recorded(any_ctx, f"e{n % 3}", {"name": f"r{n}", "ended_at": ended}, params={"p": str(n % 2)}, **more)
    for order in (
        "metrics.auc DESC",
        "min(metrics.auc) ASC",
        "max(metrics.auc) DESC",
        "params.p ASC",
        "attributes.duration DESC",
        "attributes.experiment ASC",
        "attributes.kind DESC",
        "attributes.compute ASC",
        "attributes.user ASC",
        "attributes.start_time ASC",
        "attributes.created_at DESC",
        "metrics.unknown ASC",
    ):
        found: list[str] = []
        cursor = None
        while True:
            page = run_table.search(any_ctx, RunSearch(order_by=[order], limit=2, cursor=cursor))
            found += [record.run.name for record in page.items]
            cursor = page.next
            if cursor is None:
                break
        assert sorted(found) == [f"r{n}" for n in range(9)], order
        assert names(any_ctx, order_by=[order], skip=4, limit=3) == found[4:7], order


def test_the_extremes_of_a_series_are_sorted_by_as_such(any_ctx: Context) -> None:
    recorded(any_ctx, columns={"name": "a"}, metrics=[("loss", 0.1, 0, 0), ("loss", 9.0, 1, 0)])
    recorded(any_ctx, columns={"name": "b"}, metrics=[("loss", 2.0, 0, 0), ("loss", 1.0, 1, 0)])
    recorded(any_ctx, columns={"name": "c"})
    assert names(any_ctx, order_by=["metrics.loss ASC"]) == ["b", "a", "c"]
    assert names(any_ctx, order_by=["min(metrics.loss) ASC"]) == ["a", "b", "c"]
    assert names(any_ctx, order_by=["max(metrics.loss) ASC"]) == ["b", "a", "c"]
    assert names(any_ctx, order_by=["max( metrics.`loss` ) desc"]) == ["a", "b", "c"]


def test_only_the_wanted_columns_are_sent(any_ctx: Context) -> None:
    recorded(any_ctx, params={"a": "1", "b": "2"}, metrics=[("m", 1.0, 0, 0), ("x y", 2.0, 0, 0)], tags={"t": "3"})
    wanted = RunSearch(columns=["params.a", "min(metrics.`x y`)", "tags.none", "attributes.name"])
    (record,) = run_table.search(any_ctx, wanted).items
    assert (record.params, list(record.metrics), record.tags) == ({"a": "1"}, ["x y"], {})
    (record,) = run_table.search(any_ctx, RunSearch(columns=[])).items
    assert (record.params, record.metrics, record.tags) == ({}, {}, {})


def test_attributes_of_ours_are_compared(any_ctx: Context) -> None:
    now = any_ctx.clock.now()
    recorded(any_ctx, "one", {"name": "a", "kind": "automl", "user": "ada", "state": "Failed", "failure": "oom"})
    recorded(any_ctx, "two", {"name": "b", "user": "bob", "ended_at": now + timedelta(seconds=90)})
    for text, found in {
        "attributes.kind = 'automl'": ["a"],
        "attributes.state IN ('Failed', 'Lost')": ["a"],
        "state NOT IN ('Failed')": ["b"],
        "attributes.user IN ('ada', 'bob')": ["b", "a"],
        "attributes.experiment = 'two'": ["b"],
        "attributes.experiment ILIKE 'O%'": ["a"],
        "attributes.duration > 60": ["b"],
        "attributes.duration > 90.5": [],
        "attributes.failure = 'oom'": ["a"],
        "attributes.failure != 'oom'": ["b"],
        "attributes.failure IS NULL": ["b"],
        "attributes.name ILIKE '%B%'": ["b"],
        "status = 'FAILED'": ["a"],
    }.items():
        assert sorted(names(any_ctx, filter=text)) == sorted(found), text


def test_parents_children_and_the_bin(any_ctx: Context) -> None:
    parent = recorded(any_ctx, columns={"name": "parent"})
    child = recorded(any_ctx, columns={"name": "child", "parent_id": parent})
    page = run_table.search(any_ctx, RunSearch(top_level=True, children=True))
    assert [(record.run.name, record.children) for record in page.items] == [("parent", 1)]
    assert names(any_ctx, parent_id=parent) == ["child"]
    run_bulk.change_many(any_ctx, BulkChange(run_ids=[child], action="delete"))
    assert names(any_ctx, lifecycle="deleted") == ["child"]
    assert len(names(any_ctx, lifecycle="all")) == 2


def test_newer_runs_are_counted_from_a_mark(any_ctx: Context) -> None:
    recorded(any_ctx, params={"p": "1"})
    seen = run_table.count(any_ctx, RunCountSearch(filter="params.p = '1'"))
    assert seen.total == 1
    recorded(any_ctx, params={"p": "1"})
    recorded(any_ctx, params={"p": "2"})
    assert run_table.count(any_ctx, RunCountSearch(filter="params.p = '1'", after=seen.mark)).total == 1


@pytest.mark.parametrize(
    ("text", "token"),
    [
        ("metrics.auc > 0.5 AN params.a = '1'", "AN"),
        ("metrics.auc >> 0.5", ">"),
        ("metrics.auc > 0.5 AND params.a = abc", "abc"),
        ("metrics.auc > 0.5 AND foo.bar = 1", "foo.bar"),
        ("params.a = '1' AND nothing = '3'", "nothing = '3'"),
        ("params.a = '1' AND metrics.m LIKE 'x'", "metrics.m LIKE 'x'"),
        ("params.a = 'open", "'open"),
        ("params.a IN ('x' 'y')", "'y'"),
    ],
)
def test_a_filter_that_cannot_be_read_is_pointed_at(ctx: Context, text: str, token: str) -> None:
    with pytest.raises(MlflowError) as caught:
        run_table.search(ctx, RunSearch(filter=text))
    start, length = caught.value.extra["position"], caught.value.extra["length"]
    assert text[start : start + length] == token


def test_a_filter_that_ends_too_early_is_pointed_at_behind_its_end(client: TestClient) -> None:
    reply = client.post(f"{BASE}/search", json={"filter": "metrics.auc >"})
    assert reply.status_code == 400
    assert (reply.json()["position"], reply.json()["length"]) == (13, 1)


def test_what_cannot_be_ordered_by_is_named(ctx: Context) -> None:
    for order in ("min(params.a)", "attributes.nothing ASC", "a b c"):
        with pytest.raises(MlflowError, match=r"order_by"):
            run_table.search(ctx, RunSearch(order_by=[order]))
    with pytest.raises(MlflowError, match="duplicate"):
        run_table.search(ctx, RunSearch(order_by=["metrics.a", "metrics.a DESC"]))


def test_many_runs_are_tagged_binned_and_restored_together(any_ctx: Context) -> None:
    run_ids = [recorded(any_ctx, tags={"old": "1"}) for _ in range(3)]
    change = BulkChange(run_ids=run_ids, action="tag", tags={"new": "2", "old": None})
    assert run_bulk.change_many(any_ctx, change).changed == 3
    assert run_table.search(any_ctx, RunSearch()).items[0].tags == {"new": "2"}
    with pytest.raises(RunNotFound):
        run_bulk.change_many(any_ctx, BulkChange(run_ids=[*run_ids, "f" * 32], action="delete"))
    assert len(names(any_ctx)) == 3  # all or none
    assert run_bulk.change_many(any_ctx, BulkChange(run_ids=run_ids, action="delete")).changed == 3
    assert names(any_ctx) == []
    with pytest.raises(NotActive):
        run_bulk.change_many(any_ctx, BulkChange(run_ids=run_ids, action="tag", tags={"x": "y"}))
    assert run_bulk.change_many(any_ctx, BulkChange(run_ids=run_ids, action="restore")).changed == 3
    assert len(names(any_ctx)) == 3


def test_all_that_match_are_changed_and_named_for_the_undo(any_ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_bulk, "AT_ONCE", 2)
    for n in range(7):
        recorded(any_ctx, columns={"name": f"r{n}"}, params={"p": str(n % 2)})
    where = RunWhere(filter="params.p = '0'")
    done = run_bulk.change_many(any_ctx, BulkChange(where=where, action="delete"))
    assert (done.changed, len(done.run_ids)) == (4, 4)
    assert sorted(names(any_ctx)) == ["r1", "r3", "r5"]
    run_bulk.change_many(any_ctx, BulkChange(run_ids=done.run_ids, action="restore"))
    assert len(names(any_ctx)) == 7


def test_the_answer_to_tagging_takes_it_back(any_ctx: Context) -> None:
    for n, tags in enumerate(({"stage": "old"}, {"stage": "old", "keep": "1"}, {})):
        recorded(any_ctx, columns={"name": f"r{n}"}, tags=tags)
    had = {record.run.name: record.tags for record in run_table.search(any_ctx, RunSearch()).items}
    change = BulkChange(where=RunWhere(), action="tag", tags={"stage": "new", "keep": None, "more": "x"})
    done = run_bulk.change_many(any_ctx, change)
    assert all(record.tags == {"stage": "new", "more": "x"} for record in run_table.search(any_ctx, RunSearch()).items)
    assert len(done.before) == 3  # one for each set of values that runs had
    for before in done.before:
        run_bulk.change_many(any_ctx, BulkChange(run_ids=before.run_ids, action="tag", tags=before.tags))
    assert {record.run.name: record.tags for record in run_table.search(any_ctx, RunSearch()).items} == had


def test_a_change_names_runs_in_one_way(client: TestClient) -> None:
    for body in ({"run_ids": []}, {"run_ids": ["a" * 32], "where": {}}, {}):
        assert client.post(f"{BASE}/bulk", json={"action": "delete", **body}).json()["field"] == "run_ids"
    assert client.post(f"{BASE}/bulk", json={"action": "tag", "run_ids": ["a" * 32]}).json()["field"] == "tags"
