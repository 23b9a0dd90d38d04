"""Groups of runs, the names and values for the table's columns, saved views, exports."""

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from studiolo.kernel.auth.request import Services
from studiolo.kernel.auth.roles import Role
from studiolo.kernel.context import Context
from studiolo.kernel.errors import Invalid
from studiolo.kernel.http import Transport
from studiolo.studio.experiments.client import Experiments
from studiolo.studio.experiments.table import columns as run_columns
from studiolo.studio.experiments.table import export as run_export
from studiolo.studio.experiments.table import groups as run_groups
from studiolo.studio.experiments.table import rows as run_table
from studiolo.studio.experiments.table.schemas import GroupSearch, RunSearch
from studiolo.testing.client import make_client, member_token
from studiolo.testing.context import context_in
from tests.studio.experiments.test_table import BASE, names, recorded


def test_groups_count_and_sum_up_and_their_filter_finds_their_runs(any_ctx: Context) -> None:
    for n in range(8):
        recorded(
            any_ctx,
            columns={"name": f"r{n}"},
            params={"depth": str([2, 10, 2, 10, 2, 9, 2, 2][n])} if n < 7 else {},
            metrics=[("auc", math.nan if n == 4 else n / 10, 0, 0)],
            tags={"team": "it's red" if n % 2 else "blue"},
        )
    page = run_groups.groups(any_ctx, GroupSearch(by=["params.depth"], metrics=["auc"]))
    assert [(group.values, group.count) for group in page.items] == [(["2"], 4), (["10"], 2), (["9"], 1), ([None], 1)]
    spread = page.items[0].metrics["auc"]
    assert (spread.count, spread.min, spread.max) == (3, 0.0, 0.6)  # NaN is no number
    assert spread.mean == pytest.approx(0.8 / 3)
    for group in page.items:
        assert len(names(any_ctx, filter=group.filter)) == group.count
    two = run_groups.groups(any_ctx, GroupSearch(by=["tags.team", "attributes.experiment"], order_by="value ASC"))
    assert [(group.values, group.count) for group in two.items] == [(["blue", "first"], 4), (["it's red", "first"], 4)]
    assert all(len(names(any_ctx, filter=group.filter)) == 4 for group in two.items)


def test_sizes_of_groups_are_the_same_with_and_without_what_their_metrics_come_to(any_ctx: Context) -> None:
    top = recorded(any_ctx, params={"p": "1"})
    recorded(any_ctx, "second", params={"p": "2"}, columns={"parent_id": top})
    apart: list[dict[str, object]] = [{"lifecycle": "deleted"}, {"workspace_id": "0x"}, {"workspace_id": "zx"}, {}]
    for columns in apart:
        recorded(any_ctx, params={"p": "1"}, columns=columns)
    recorded(any_ctx, "second", tags={"t": "x"})

    def sizes(by: str, **wanted: Any) -> list[tuple[str | None, int]]:
        page = run_groups.groups(any_ctx, GroupSearch(by=[by], **wanted))
        return [(group.values[0], group.count) for group in page.items]

    for by in ("params.p", "tags.t", "params.never", "attributes.experiment"):
        for lifecycle in ("active", "deleted", "all"):
            for top_level in (False, True):
                where: dict[str, Any] = {"lifecycle": lifecycle, "top_level": top_level}
                assert sizes(by, **where) == sizes(by, metrics=["m"], **where), (by, where)
    assert sizes("params.p", top_level=True) == [("1", 2), (None, 1)]
    assert sizes("attributes.experiment", lifecycle="all") == [("first", 3), ("second", 2)]
    long = ["x" * 300, "x" * 299 + "y"]
    for value in long:
        recorded(any_ctx, params={"long": value})
    assert sizes("params.long", order_by="value ASC")[:2] == [(long[0], 1), (long[1], 1)]


def test_groups_are_ordered_by_size_value_and_metric_and_paged(any_ctx: Context) -> None:
    for n in range(6):
        recorded(any_ctx, params={"p": str(n + 6)}, metrics=[("m", -n, 0, 0)] if n else [])

    def values(order: str) -> list[str | None]:
        found: list[str | None] = []
        cursor = None
        while True:
            wanted = GroupSearch(by=["params.p"], metrics=["m"], order_by=order, limit=4, cursor=cursor)
            page = run_groups.groups(any_ctx, wanted)
            found += [group.values[0] for group in page.items]
            cursor = page.next
            if cursor is None:
                return found

    assert values("value ASC") == ["6", "7", "8", "9", "10", "11"]  # numbers by size
    assert values("value DESC") == ["11", "10", "9", "8", "7", "6"]
    assert values("mean(metrics.m) ASC") == ["11", "10", "9", "8", "7", "6"]  # missing last
    assert values("max(metrics.m) DESC") == ["7", "8", "9", "10", "11", "6"]


def test_what_cannot_be_grouped_is_named(ctx: Context) -> None:
    for wrong in ({"by": ["metrics.x"]}, {"by": ["params.x"], "order_by": "size"}):
        with pytest.raises(Invalid, match="cannot be"):
            run_groups.groups(ctx, GroupSearch(**wrong))  # type: ignore[arg-type]
    with pytest.raises(Invalid, match="not among"):
        run_groups.groups(ctx, GroupSearch(by=["params.x"], order_by="mean(metrics.a) ASC"))


def test_names_come_with_counts_most_used_first(any_ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(5):
        recorded(any_ctx, f"e{n % 2}", {"user": "ada"}, params={"all": "1", **({"rare": "x"} if n == 1 else {})})
    found = run_columns.columns(any_ctx)
    assert [(one.name, one.runs) for one in found.params] == [("all", 5), ("rare", 1)]
    assert ([one.name for one in found.users], found.runs, found.looked_at) == (["ada"], 5, 5)
    numbers = {
        record.run.experiment: record.run.experiment_id for record in run_table.search(any_ctx, RunSearch()).items
    }
    assert [one.name for one in run_columns.columns(any_ctx, [numbers["e0"]]).params] == ["all"]
    monkeypatch.setattr(run_columns, "SAMPLE", 2)
    assert run_columns.columns(any_ctx).looked_at < 5
    assert [one.name for one in run_columns.columns(any_ctx, text="RAR").params] == ["rare"]


def test_names_that_only_children_have_come_last(any_ctx: Context) -> None:
    parent = recorded(any_ctx, "e", params={"b": "1"})
    for n in range(3):
        recorded(any_ctx, "e", {"parent_id": parent}, params={"a": str(n), "b": "1"})
    found = run_columns.columns(any_ctx).params
    assert [(one.name, one.runs) for one in found] == [("b", 4), ("a", 3)]
    recorded(any_ctx, "e", params={"a": "1"})
    recorded(any_ctx, "e", params={"a": "1"})
    assert [one.name for one in run_columns.columns(any_ctx).params] == ["a", "b"]


def test_usual_values_complete_a_filter(any_ctx: Context) -> None:
    for n in range(4):
        recorded(any_ctx, columns={"state": "Failed"}, params={"opt": "adam" if n else "sgd"}, tags={"a_b": "x%y"})
    assert [one.name for one in run_columns.values(any_ctx, "params.opt").values] == ["adam", "sgd"]
    assert [one.name for one in run_columns.values(any_ctx, "params.opt", text="G").values] == ["sgd"]
    assert [one.name for one in run_columns.values(any_ctx, "tags.a_b", text="%").values] == ["x%y"]
    assert [one.name for one in run_columns.values(any_ctx, "attributes.state").values] == ["Failed"]
    assert run_columns.values(any_ctx, "metrics.x").values == []


def test_an_export_has_all_pages_in_each_form(
    any_ctx: Context, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(run_export, "PAGE", 2)
    monkeypatch.setattr(run_export, "_GROUP", 3)
    for n in range(7):
        recorded(
            any_ctx,
            columns={"name": f"r{n}"},
            params={"p": f'a,"{n}'},
            metrics=[("m", math.nan if n == 3 else float(n), 0, 0), ("m", 9.0 if n == 0 else -float(n), 1, 0)],
        )
    wanted = RunSearch(
        order_by=["attributes.run_name ASC"],
        columns=["attributes.name", "params.p", "metrics.m", "max(metrics.m)", "attributes.created_at"],
    )
    text = b"".join(run_export.stream(any_ctx, wanted, "csv")).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["name"] for row in rows] == [f"r{n}" for n in range(7)]
    assert (rows[4]["params.p"], rows[4]["metrics.m"], rows[4]["max(metrics.m)"]) == ('a,"4', "-4.0", "4.0")
    file = tmp_path / "runs.parquet"
    file.write_bytes(b"".join(run_export.stream(any_ctx, wanted, "parquet")))
    table = pq.read_table(file)
    assert table.num_rows == 7
    assert pq.ParquetFile(file).num_row_groups > 1
    assert table.column("metrics.m").to_pylist()[0] == 9.0
    assert str(table.schema.field("created_at").type) == "timestamp[us, tz=UTC]"
    loaded = json.loads(b"".join(run_export.stream(any_ctx, wanted, "json")))
    assert [row["name"] for row in loaded] == [f"r{n}" for n in range(7)]
    assert json.loads(b"".join(run_export.stream(any_ctx, RunSearch(filter="params.p = 'no'"), "json"))) == []


def test_an_export_without_columns_has_everything(any_ctx: Context) -> None:
    recorded(any_ctx, params={"a b": "1"}, metrics=[("m", 1.0, 0, 0)], tags={"t": "x"})
    header = b"".join(run_export.stream(any_ctx, RunSearch(), "csv")).decode().split("\n")[0]
    assert header.startswith("id,name,experiment,state,")
    assert header.endswith("params.a b,metrics.m,tags.t")
    with pytest.raises(Invalid, match="no column"):
        run_export.stream(any_ctx, RunSearch(columns=["attributes.size"]), "csv")


def test_an_export_is_a_download_and_its_errors_are_answers(
    services: Services, client: TestClient, tmp_path: Path
) -> None:
    recorded(context_in(services), params={"p": "1"})
    reply = client.get(f"{BASE}/export", params={"column": ["attributes.id", "params.p"]})
    assert (reply.status_code, reply.headers["content-disposition"]) == (200, 'attachment; filename="runs.csv"')
    assert reply.text.splitlines()[0] == "id,params.p"
    assert client.get(f"{BASE}/export", params={"filter": "metrics."}).status_code == 400
    assert client.get(f"{BASE}/export", params={"format": "xls"}).status_code == 422
    experiments = Experiments(Transport("http://testserver", client=client))
    assert pq.read_table(experiments.export(tmp_path / "all.parquet", "params.p = '1'")).num_rows == 1
    assert experiments.count() == 1
    assert experiments.grouped("params.p")[0].count == 1
    assert experiments.columns().params[0].name == "p"


def test_views_are_ones_own_until_they_are_shared(services: Services, client: TestClient) -> None:
    other = make_client(services, member_token(services, Role.data_scientist))
    reader = make_client(services, member_token(services, Role.reader))
    spec = {"name": "Best", "state": {"q": "metrics.auc > 0.9", "sort": "-m.auc"}}
    made = client.post(f"{BASE}/views", json=spec)
    assert made.status_code == 201
    view = made.json()
    assert (view["mine"], view["state"]) == (True, spec["state"])
    assert client.post(f"{BASE}/views", json=spec).json()["field"] == "name"
    assert other.get(f"{BASE}/views").json() == []
    assert other.patch(f"{BASE}/views/{view['id']}", json={"name": "x"}).status_code == 404
    assert client.patch(f"{BASE}/views/{view['id']}", json={"shared": True, "default": True}).json()["shared"]
    (seen,) = other.get(f"{BASE}/views").json()
    assert (seen["name"], seen["mine"], seen["default"]) == ("Best", False, True)
    assert other.delete(f"{BASE}/views/{view['id']}").status_code == 403
    assert reader.post(f"{BASE}/views", json=spec).status_code == 201
    assert reader.post(f"{BASE}/views", json={**spec, "name": "y", "shared": True}).status_code == 403
    second = client.post(f"{BASE}/views", json={"name": "Worst", "default": True}).json()
    assert [one["default"] for one in client.get(f"{BASE}/views").json()] == [False, True]  # one default a person
    assert client.delete(f"{BASE}/views/{second['id']}").status_code == 204
    assert client.delete(f"{BASE}/views/{second['id']}").status_code == 404
    assert client.post(f"{BASE}/views", json={"name": " "}).json()["field"] == "name"
