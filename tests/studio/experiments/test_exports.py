"""Files of runs on their way: how far they are, and what stops them."""

import asyncio
import csv
import io
import json
import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from starlette.testclient import TestClient
from starlette.types import Message

from studiolo.kernel.auth.request import Services
from studiolo.kernel.auth.roles import Role
from studiolo.kernel.context import Context
from studiolo.kernel.mlflow.errors import MlflowError
from studiolo.studio.experiments.errors import ExportNotFound, ExportStopped
from studiolo.studio.experiments.table import export as run_export
from studiolo.studio.experiments.table import exports
from studiolo.studio.experiments.table import rows as run_table
from studiolo.studio.experiments.table.router import Attachment
from studiolo.studio.experiments.table.schemas import RunExportSpec, RunSearch
from studiolo.testing.client import make_client, member_token
from studiolo.testing.context import context_in
from tests.studio.experiments.test_table import BASE, recorded

NAME = 'שלום, "run"\nof\ttwo lines 🙂 ' + "long " * 90  # names have 500 characters at most


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_export, "PAGE", 2)
    monkeypatch.setattr(run_export, "_GROUP", 3)


@pytest.mark.usefixtures("small_pages")
def test_an_export_says_how_far_it_is(any_ctx: Context) -> None:
    for n in range(7):
        recorded(any_ctx, params={"p": str(n)})
    made = exports.begin(any_ctx, RunExportSpec(filter="params.p != '3'", columns=["attributes.id"]))
    assert (made.state, made.runs, made.done) == ("waiting", 6, 0)
    _, pieces = exports.send(any_ctx, made.id)
    seen = []
    for _ in pieces:
        now = exports.get(any_ctx, made.id)
        seen.append((now.state, now.done))
    assert seen == [("running", 0), ("running", 2), ("running", 4)]  # a piece counts when the next one is wanted
    after = exports.get(any_ctx, made.id)
    assert (after.state, after.done) == ("done", 6)
    assert len(b"".join(exports.send(any_ctx, made.id)[1]).splitlines()) == 7  # again, as a browser may ask again


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("form", ["csv", "parquet", "json"])
def test_a_canceled_export_ends_where_it_is(ctx: Context, form: run_export.Format) -> None:
    for _ in range(7):
        recorded(ctx)
    made = exports.begin(ctx, RunExportSpec(format=form))
    _, pieces = exports.send(ctx, made.id)
    next(pieces)
    assert exports.cancel(ctx, made.id).state == "canceled"
    with pytest.raises(ExportStopped):
        list(pieces)
    assert (exports.get(ctx, made.id).state, exports.get(ctx, made.id).done) == ("canceled", 2)
    with pytest.raises(ExportStopped):
        exports.send(ctx, made.id)


@pytest.mark.usefixtures("small_pages")
def test_who_hangs_up_has_canceled(ctx: Context) -> None:
    for _ in range(5):
        recorded(ctx)
    made = exports.begin(ctx, RunExportSpec())
    _, pieces = exports.send(ctx, made.id)
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    assert exports.get(ctx, made.id).state == "canceled"


@pytest.mark.usefixtures("small_pages")
def test_a_line_that_broke_does_not_end_the_file_that_is_sent_again(ctx: Context) -> None:
    for _ in range(5):
        recorded(ctx)
    made = exports.begin(ctx, RunExportSpec())
    _, broken = exports.send(ctx, made.id)
    next(broken)
    _, again = exports.send(ctx, made.id)
    first = next(again)
    broken.close()  # type: ignore[attr-defined]
    assert exports.get(ctx, made.id).state == "running"
    assert len(b"".join([first, *again]).splitlines()) == 6
    assert (exports.get(ctx, made.id).state, exports.get(ctx, made.id).done) == ("done", 5)


def test_an_export_that_breaks_off_says_why(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded(ctx)
    made = exports.begin(ctx, RunExportSpec())
    _, pieces = exports.send(ctx, made.id)
    monkeypatch.setattr(run_export, "_plain", lambda value: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        list(pieces)
    after = exports.get(ctx, made.id)
    assert (after.state, "log" in after.error) == ("failed", True)


def test_what_is_wrong_is_said_before_anything_is_sent(services: Services, client: TestClient) -> None:
    ctx = context_in(services)
    with pytest.raises(MlflowError):
        exports.begin(ctx, RunExportSpec(filter="metrics."))
    with pytest.raises(MlflowError):
        exports.begin(ctx, RunExportSpec(order_by=["metrics"]))
    assert client.post(f"{BASE}/exports", json={"columns": ["attributes.size"]}).status_code == 422
    assert client.post(f"{BASE}/exports", json={"format": "xls"}).status_code == 422
    with pytest.raises(ExportNotFound):
        exports.get(ctx, "0" * 32)


def test_only_who_began_an_export_is_told_of_it(services: Services, client: TestClient) -> None:
    recorded(context_in(services), params={"p": "1"})
    made = client.post(f"{BASE}/exports", json={"columns": ["attributes.name", "params.p"]}).json()
    other = make_client(services, member_token(services, Role.owner, "other"))
    for verb, path in (("GET", ""), ("DELETE", ""), ("GET", "/content")):
        assert other.request(verb, f"{BASE}/exports/{made['id']}{path}").status_code == 404
    reply = client.get(f"{BASE}/exports/{made['id']}/content")
    assert (reply.status_code, reply.headers["content-disposition"]) == (200, 'attachment; filename="runs.csv"')
    assert reply.text.splitlines()[0] == "name,params.p"


def test_names_and_numbers_of_any_kind_come_back_in_pandas(any_ctx: Context, tmp_path: Path) -> None:
    numbers = [math.nan, math.inf, -math.inf, 5e-324, -1.7e308, 0.1]
    for n, number in enumerate(numbers):
        recorded(any_ctx, columns={"name": f"{n}{NAME}"}, params={"a b/c": "=1+1,\r\n'"}, metrics=[("m", number, 0, 0)])
    recorded(any_ctx, columns={"name": "bare"})
    columns = ["attributes.name", "params.`a b/c`", "metrics.m"]
    spec = RunExportSpec(order_by=["attributes.run_name ASC"], columns=columns)
    csv_id = exports.begin(any_ctx, spec).id
    text = b"".join(exports.send(any_ctx, csv_id)[1]).decode()
    read = pd.read_csv(io.StringIO(text, newline=""), dtype={"name": str}, float_precision="round_trip")
    parquet_id = exports.begin(any_ctx, spec.model_copy(update={"format": "parquet"})).id
    (tmp_path / "runs.parquet").write_bytes(b"".join(exports.send(any_ctx, parquet_id)[1]))
    whole = pd.read_parquet(tmp_path / "runs.parquet")
    for frame in (read, whole):
        assert frame["name"].tolist() == [f"{n}{NAME}" for n in range(6)] + ["bare"]
        assert frame["params.a b/c"].tolist()[:6] == ["=1+1,\r\n'"] * 6
        assert frame["params.a b/c"].isna().tolist() == [False] * 6 + [True]
        assert [repr(float(value)) for value in frame["metrics.m"]] == [repr(n) for n in [*numbers, math.nan]]
    cells = list(csv.reader(io.StringIO(text, newline="")))
    assert (cells[1][2], cells[7][2]) == ("NaN", "")  # a number that is none, and none at all


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("order", [[], ["metrics.m DESC"], ["max(metrics.m) ASC", "attributes.run_name DESC"]])
def test_a_file_says_what_the_table_says(any_ctx: Context, order: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows of a file are read another way than those of the page."""
    monkeypatch.setattr(run_export, "_BLOCK", 3)
    begun = any_ctx.clock.now()
    for n in range(8):
        points = [("m", math.nan if n == 3 else float(n % 3), 1, 1), ("m", -1.0 - n, 0, 0)] if n != 5 else []
        times = {
            "created_at": begun,
            "started_at": begun if n % 2 else None,
            "ended_at": begun + timedelta(seconds=n + 1),
        }
        more = times | ({"ended_at": None} if n == 6 else {})
        recorded(
            any_ctx,
            columns={"name": f"run {n}", **more},
            params={"p": str(n)} if n % 2 else {"only": "here"},
            metrics=points,
            tags={"t": f"tag {n}"},
        )
    wanted = RunSearch(order_by=order)
    records = run_table.search(any_ctx, wanted).items
    assert len(records) == 8
    for columns in (None, ["attributes.id", "params.p", "tags.t", "metrics.m", "min(metrics.m)", "max(metrics.m)"]):
        asked = wanted.model_copy(update={"columns": columns})
        found = json.loads(b"".join(run_export.stream(any_ctx, asked, "json")))
        assert [row["id"] for row in found] == [record.run.id for record in records]
        for row, record in zip(found, records, strict=True):
            metric = record.metrics.get("m")
            assert row["metrics.m"] == (metric and metric.value)
            assert (row["params.p"], row["tags.t"]) == (record.params.get("p"), record.tags["t"])
            if columns:
                assert (row["min(metrics.m)"], row["max(metrics.m)"]) == (metric and metric.low, metric and metric.high)
                continue
            run = record.run
            assert (row["params.only"], row["experiment"]) == (record.params.get("only"), run.experiment)
            assert datetime.fromisoformat(row["created_at"]) == run.created_at
            start = run.started_at or run.created_at
            assert row["duration"] == ((run.ended_at - start).total_seconds() if run.ended_at else None)


def test_a_file_needs_a_column(client: TestClient) -> None:
    reply = client.post(f"{BASE}/exports", json={"columns": []})
    assert (reply.status_code, reply.json()["field"]) == (422, "columns")


def test_a_canceled_file_has_no_end_on_the_line() -> None:
    """A browser must not take a part for the whole."""

    def pieces() -> Iterator[bytes]:
        yield b"id\n"
        raise ExportStopped

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        await asyncio.sleep(3600)
        raise AssertionError

    asyncio.run(Attachment(pieces())({"type": "http", "asgi": {"spec_version": "2.3"}}, receive, send))
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[-1]["more_body"] is True
