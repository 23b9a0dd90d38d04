"""Rows of any version at any place, sorted and filtered; what heads and charts show; children that die or grow."""

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from studiolo.kernel.context import Context
from studiolo.studio.datasets.explore import service, sweeping
from studiolo.studio.datasets.explore.errors import BadFilter, ExploreFailed
from studiolo.studio.datasets.explore.schemas import CellQuery, ChartQuery, Condition, RowsQuery, SummariesQuery
from studiolo.studio.datasets.explore.sessions import SESSIONS
from tests.studio.datasets.explore.conftest import Make

PEOPLE = b"name,age,when,ok\n" + b"".join(
    f"p{i:04d},{'' if i % 10 == 9 else i % 50},2024-01-{1 + i % 28:02d},{'true' if i % 3 else 'false'}\n".encode()
    for i in range(1000)
)


def rows(ctx: Context, name: str, **asked: Any) -> dict[str, Any]:
    while True:
        found: dict[str, Any] = orjson.loads(service.ask(ctx, name, None, RowsQuery(**asked)))
        if found["state"] == "ready":
            return found


def test_a_window_stands_anywhere(ctx: Context, make: Make) -> None:
    make("people", PEOPLE)
    found = rows(ctx, "people", offset=500, limit=2)
    assert (found["total"], found["columns"], found["numbers"]) == (1000, ["name", "age", "when", "ok"], [500, 501])
    assert found["rows"][0] == ["p0500", 0, "2024-01-25", True]
    assert rows(ctx, "people", offset=998, limit=50)["numbers"] == [998, 999]
    assert rows(ctx, "people", offset=5000, limit=50)["rows"] == []
    some = rows(ctx, "people", columns=["ok", "name"], limit=1)
    assert (some["columns"], some["rows"]) == (["ok", "name"], [[False, "p0000"]])


def test_sort_and_filter(ctx: Context, make: Make) -> None:
    make("people", PEOPLE)
    youngest = rows(ctx, "people", sort=["age", "-name"], columns=["age", "name"], limit=3)
    assert youngest["rows"] == [[0, "p0950"], [0, "p0900"], [0, "p0850"]]
    last = rows(ctx, "people", sort=["-age"], columns=["age"], offset=999, limit=1)
    assert last["rows"] == [[None]], "missing values come last either way"

    def names(*conditions: Condition) -> int:
        return int(rows(ctx, "people", filter=list(conditions))["total"])

    assert names(Condition(column="age", op="between", min=10, max=12)) == 60
    assert names(Condition(column="age", op="missing")) == 100
    assert names(Condition(column="age", op="present")) == 900
    assert names(Condition(column="name", op="contains", values=["P00"])) == 100
    assert names(Condition(column="ok", op="in", values=[True])) == 666
    assert names(Condition(column="ok", op="not_in", values=["true"])) == 334
    assert names(Condition(column="when", op="between", min="2024-01-28")) == 35
    both = [Condition(column="age", op="in", values=["7"]), Condition(column="ok", op="in", values=["false"])]
    found = rows(ctx, "people", filter=both, sort=["-name"], limit=1)
    assert (found["total"], found["rows"][0][0]) == (7, "p0957")
    assert names(Condition(column="name", op="in", values=["it's", 'a "quote"'])) == 0


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"sort": ["nope"]}, "column"),
    ({"columns": ["nope"]}, "column"),
    ({"filter": [Condition(column="nope", op="missing")]}, "column"),
    ({"filter": [Condition(column="age", op="between", min="x")]}, "filter"),
    ({"filter": [Condition(column="when", op="between", min="no date")]}, "filter"),
]


def test_what_does_not_fit_is_said(ctx: Context, make: Make) -> None:
    make("people", PEOPLE)
    for asked, field in WRONG:
        with pytest.raises(BadFilter) as refused:
            rows(ctx, "people", **asked)
        assert refused.value.field == field
    assert rows(ctx, "people", limit=1)["rows"], "the child goes on"


ODD = {
    "big": pa.array([2**60 + 1, None, -(2**62)] * 10),
    "text": pa.array(["x" * 3000, "", "naïve\n\t日本"] * 10),
    "nested": pa.array([{"a": [1, 2]}, None, {"a": []}] * 10),
    "decimal": pa.array([None, 1, 2] * 10, pa.decimal128(20, 4)),
    "bytes": pa.array([b"\x00\xff", b"", None] * 10),
    "float": pa.array([float("nan"), float("inf"), 1.5] * 10),
    'quoted "name", with comma': pa.array([1, 2, 3] * 10),
    "c0": pa.array(["a", "b", "c"] * 10),
    "r": pa.array([True, False, None] * 10),
}


@pytest.mark.parametrize("group", [7, 1_000_000])
def test_odd_values_are_shown_and_whole(ctx: Context, make: Make, tmp_path: Path, group: int) -> None:
    path = tmp_path / "odd.parquet"
    pq.write_table(pa.table(ODD), path, row_group_size=group)
    make("odd", path)
    first = rows(ctx, "odd", offset=6, limit=3)
    big, text, nested, decimal, blob, number, quoted, c0, r = first["rows"][0]
    assert big == str(2**60 + 1)
    assert len(text) == 501
    assert "[1, 2]" in nested or "[1,2]" in nested
    assert (decimal, number, quoted, c0, r) == (None, None, 1, "a", True)
    assert blob
    assert first["rows"][1][5] == "inf"
    sorted_ = rows(ctx, "odd", sort=["-big", 'quoted "name", with comma'], columns=["big", "r"], limit=30)
    assert [row[0] for row in sorted_["rows"]][:10] == [str(2**60 + 1)] * 10
    whole = orjson.loads(service.ask(ctx, "odd", None, CellQuery(number=0, column="text")))
    assert (whole["size"], whole["cut"], len(whole["text"])) == (3000, False, 3000)
    assert rows(ctx, "odd", filter=[Condition(column="float", op="missing")])["total"] == 10
    with pytest.raises(ExploreFailed):
        service.ask(ctx, "odd", None, CellQuery(number=30, column="text"))


def test_the_order_of_rows_is_kept_across_batches(ctx: Context, make: Make, tmp_path: Path) -> None:
    many = 200_000
    path = tmp_path / "many.csv"
    path.write_bytes(b"id,x\n" + b"".join(b"%d,%d\n" % (i, (i * 7919) % many) for i in range(many)))
    make("many", path)
    for offset in (0, 65_530, 131_071, 199_990):
        found = rows(ctx, "many", offset=offset, limit=20)
        assert [row[0] for row in found["rows"]] == list(range(offset, min(many, offset + 20)))
    ordered = rows(ctx, "many", sort=["x"], offset=1000, limit=500)
    assert [row[1] for row in ordered["rows"]] == list(range(1000, 1500))
    assert ordered["numbers"] == [row[0] for row in ordered["rows"]]


def test_heads_and_charts(ctx: Context, make: Make) -> None:
    make("people", PEOPLE)
    asked = SummariesQuery(columns=["age", "ok", "when"], bins=10, ranges={"age": (0, 50)})
    age, ok, when = orjson.loads(service.ask(ctx, "people", None, asked))["columns"]
    assert (age["count"], age["missing"], age["min"], age["max"]) == (900, 100, 0, 48)
    assert (sum(age["histogram"]["counts"]), len(age["histogram"]["edges"])) == (900, 11)
    assert ok["top"][0] == {"value": "true", "count": 666, "share": 0.666}
    assert sum(when["histogram"]["counts"]) == 1000
    filtered = asked.model_copy(update={"filter": [Condition(column="age", op="between", min=0, max=4)]})
    found = orjson.loads(service.ask(ctx, "people", None, filtered))
    assert (found["rows"], found["total"]) == (100, 100)

    def chart(**what: Any) -> dict[str, Any]:
        return dict(orjson.loads(service.ask(ctx, "people", None, ChartQuery(**what))))

    bars = chart(kind="bar", x="ok", y="age", aggregate="mean")
    assert bars["x"] == ["true", "false"]
    ages = np.array([i % 50 for i in range(1000) if i % 10 != 9 and i % 3])
    assert bars["y"][0] == pytest.approx(ages.mean())
    assert "Largest" in bars["text"]
    assert sum(chart(kind="histogram", x="age", bins=60)["y"]) == 900
    line = chart(kind="line", x="when", y="age", aggregate="max")
    assert line["time"]
    assert len(line["x"]) == len(line["y"])
    assert len(chart(kind="scatter", x="age", y="age")["x"]) == 900
    for wrong in (
        {"kind": "scatter", "x": "age"},
        {"kind": "line", "x": "name"},
        {"kind": "bar", "x": "ok", "y": "name", "aggregate": "sum"},
    ):
        with pytest.raises(BadFilter):
            chart(**wrong)


def test_a_killed_child_is_started_again(ctx: Context, make: Make) -> None:
    make("people", PEOPLE)
    assert rows(ctx, "people", sort=["age"], limit=1)["rows"]
    (child,) = SESSIONS.children()
    os.kill(child, signal.SIGKILL)
    assert rows(ctx, "people", sort=["age"], limit=1)["rows"]
    assert SESSIONS.children() != [child]


def test_children_are_few(ctx: Context, make: Make) -> None:
    two = replace(ctx, settings=ctx.settings.model_copy(update={"explore_sessions": 2}))
    for number in range(3):
        make(f"d{number}", b"a,b\n%d,1\n" % number)
        rows(two, f"d{number}", limit=1)
    assert len(SESSIONS.children()) == 2


def test_what_is_kept_is_swept(ctx: Context, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = make("a", PEOPLE), make("b", PEOPLE + b"x,1,2024-01-01,true\n")
    for name in "ab":
        rows(ctx, name, sort=["age"], limit=1)
    folders = [service.cache_folder(ctx, version) for version in (first, second)]
    assert all((folder / "table.arrow").exists() and any((folder / "orders").iterdir()) for folder in folders)
    assert sweeping.sweep(ctx) == 0
    stray = folders[0].with_name("0" * 64)  # of a version that is no more
    service.touch(stray)
    monkeypatch.setattr(sweeping, "IN_USE", -1.0)
    assert sweeping.sweep(ctx) == 1
    assert not stray.exists()
    assert all(folder.exists() for folder in folders)
    small = ctx.settings.model_copy(update={"explore_cache_bytes": 10})
    assert sweeping.sweep(replace(ctx, settings=small)) == 2
    assert not any(folder.exists() for folder in folders)
