"""Rows of a version as others take them: the Arrow stream, windows of time, splits."""

import hashlib
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from studiolo.kernel.context import Context
from studiolo.kernel.errors import Invalid, Remote
from studiolo.sdk.studio import Studio
from studiolo.studio.datasets.reading.table_input import TableInput
from studiolo.studio.datasets.rows import splits, timeseries
from studiolo.studio.datasets.rows.handle import Version
from studiolo.studio.datasets.rows.reading import StreamCutOff
from studiolo.studio.datasets.rows.schemas import SplitCreate, Window
from studiolo.studio.datasets.schemas import ColumnSchema, TableSchema

ROWS = 3000
START = datetime(2024, 1, 1)  # noqa: DTZ001 - as the column holds it


@pytest.fixture
def version(studio: Studio, tmp_path: Path) -> Version:
    """3,000 rows with types that CSV would lose, one row an hour."""
    table = pa.table(
        {
            "n": pa.array(range(ROWS)),
            "big": pa.array([2**62 + i for i in range(ROWS)], pa.int64()),
            "money": pa.array([Decimal(i) / 100 for i in range(ROWS)], pa.decimal128(20, 2)),
            "t": pa.array([START + timedelta(hours=i) for i in range(ROWS)], pa.timestamp("us")),
            "z": pa.array([START + timedelta(hours=i) for i in range(ROWS)], pa.timestamp("us", "Europe/Berlin")),
            "s": pa.array([None if i % 7 == 0 else f"v{i % 10}" for i in range(ROWS)]),
            "g": pa.array([i // 10 for i in range(ROWS)]),
        }
    )
    path = tmp_path / "t.parquet"
    pq.write_table(table, path)
    return studio.datasets.get(studio.datasets.create(path, "t").name)


def test_types_are_exact(version: Version) -> None:
    table = version.to_arrow()
    assert table.num_rows == ROWS
    assert table["n"].to_pylist() == list(range(ROWS))
    assert table["big"][5].as_py() == 2**62 + 5
    assert table["money"][1234].as_py() == Decimal("12.34")
    assert str(table.schema.field("z").type) == "timestamp[us, tz=UTC]"
    assert table["z"][0].as_py() == START.replace(tzinfo=UTC)
    assert table["s"].null_count == len(range(0, ROWS, 7))


def test_columns_and_limit_are_asked_of_the_server(version: Version) -> None:
    found = version.to_arrow(["s", "n"], limit=5)
    assert found.column_names == ["s", "n"]
    assert found["n"].to_pylist() == [0, 1, 2, 3, 4]
    with pytest.raises(Remote, match="no column 'nope'") as refused:
        version.to_arrow(["nope"])
    assert "Did you mean" not in refused.value.hint


def test_frames(version: Version) -> None:
    frame = version.to_pandas(["n", "t"])
    assert frame["n"].sum() == sum(range(ROWS))
    assert frame["t"][1] == datetime(2024, 1, 1, 1)  # noqa: DTZ001
    connection = version.to_duckdb(["n", "s"])
    assert connection.execute("SELECT max(n), count(s) FROM t").fetchall() == [
        (ROWS - 1, ROWS - len(range(0, ROWS, 7)))
    ]
    polars = pytest.importorskip("polars")
    assert version.to_polars(["n"])["n"].sum() == sum(range(ROWS))
    del polars


def test_torch_reads_batches(version: Version) -> None:
    torch = pytest.importorskip("torch")
    loader = torch.utils.data.DataLoader(version.to_torch(["n", "g"], target="g", limit=100), batch_size=32)
    assert sum(len(features) for features, _ in loader) == 100


class Breaking(httpx.BaseTransport):
    """Cuts each of the first replies off after so many bytes."""

    def __init__(self, inner: Any, after: int, times: int) -> None:
        self.inner, self.after, self.times = inner, after, times

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        reply = self.inner.handle_request(request)
        if "/arrow" not in str(request.url) or self.times == 0:
            return reply
        self.times -= 1
        body = reply.read()

        def cut() -> Any:
            yield body[: self.after]
            raise httpx.ReadError("cut off")

        return httpx.Response(reply.status_code, headers={"content-type": "x"}, content=cut())


def test_a_broken_connection_is_gone_on_with(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "long.csv"
    path.write_text("a,b\n" + "".join(f"{i},{i * 31 % 1009}\n" for i in range(200_000)))
    version = studio.datasets.get(studio.datasets.create(path).name)
    client = version._transport._client  # type: ignore[union-attr]
    whole = len(b"".join(piece for piece in _bytes(version)))
    breaking = Breaking(client._transport, whole // 2, 1)
    monkeypatch.setattr(client, "_transport", breaking)
    found = version.to_arrow()
    assert breaking.times == 0
    assert found["a"].to_pylist() == list(range(200_000))
    breaking.times, breaking.after = 99, 100
    with pytest.raises(StreamCutOff, match="after 0 rows"):
        version.to_arrow()


def _bytes(version: Version) -> Any:
    with version._transport.stream("GET", f"{version._path}/arrow") as reply:  # type: ignore[union-attr]
        yield from reply.iter_bytes()


def test_windows_of_time(version: Version) -> None:
    with pytest.raises(Remote, match="no timestamp column"):
        version.time_after(START).to_arrow()
    version.with_timestamp("t")
    after = START + timedelta(hours=100)
    assert version.time_after(after).to_arrow(["n"])["n"].to_pylist() == list(range(100, ROWS))
    assert version.time_before(after, include_boundary=False).to_arrow(["n"]).num_rows == 100
    between = version.time_between(after, after + timedelta(hours=5)).to_arrow(["n"])
    assert between["n"].to_pylist() == [100, 101, 102, 103, 104, 105]
    aware = after.replace(tzinfo=UTC).astimezone()
    assert version.time_after(aware).to_arrow(["n"]).num_rows == ROWS - 100
    assert version.time_recent(timedelta(days=1)).to_arrow(["n"]).num_rows == 0
    assert version.time_after(after.isoformat()).to_arrow(["n"]).num_rows == ROWS - 100
    assert version.time_before(START.date()).to_arrow(["n"])["n"].to_pylist() == [0]
    with pytest.raises(Invalid, match="'last week' is no moment") as caught:
        version.time_before("last week")
    assert caught.value.field == "moment"
    with pytest.raises(Remote, match="holds no moments"):
        version.with_timestamp("n")


def test_a_window_skips_row_groups_and_files(tmp_path: Path) -> None:
    columns = [
        ColumnSchema(name="t", type="datetime", sql_type="TIMESTAMP", stored="TIMESTAMP"),
        ColumnSchema(name="day", type="datetime", sql_type="TIMESTAMP", origin="partition", field=["day"]),
    ]
    schema = TableSchema(
        format="parquet", columns=columns, rows=0, options={"partition_format": "{day:yyyy/MM/dd}/x.parquet"}
    )
    names = tuple(f"2024/01/{day:02d}/x.parquet" for day in range(1, 31))
    table = TableInput(tuple(tmp_path / str(n) for n in range(30)), names, schema)
    window = Window(after=datetime(2024, 1, 5, 13), before=datetime(2024, 1, 7), column="t")  # noqa: DTZ001
    assert timeseries.prune(table, window, "day").names == names[4:7]
    assert timeseries.prune(table, window, "").names == names
    assert "TIMESTAMP '2024-01-05 13:00:00'" in timeseries.condition(table, window)


def test_a_split_is_the_same_everywhere(version: Version, studio: Studio, cli: Any) -> None:
    parts = version.split({"train": 0.7, "validation": 0.1, "test": 0.2}, seed=7)
    rows = {name: part.to_arrow(["n"])["n"].to_pylist() for name, part in parts.items()}
    assert sorted(n for some in rows.values() for n in some) == list(range(ROWS))
    assert len(rows["train"]) == pytest.approx(0.7 * ROWS, abs=90)
    again = studio.datasets.get("t:1@train").to_arrow(["n"])["n"].to_pylist()
    assert again == rows["train"]

    def chance(n: int) -> float:  # what the documentation says, in plain Python
        return int.from_bytes(hashlib.md5(f"7/t.parquet/{n}".encode()).digest()[:8], "little") / 2**64

    assert [n for n in range(ROWS) if chance(n) < 0.7] == rows["train"]
    assert version.split({"train": 0.7, "validation": 0.1, "test": 0.2}, seed=7).keys() == parts.keys()
    with pytest.raises(Remote, match="has a split 'default' already"):
        version.split(seed=8)
    with pytest.raises(Remote, match="no split with 'holdout'"):
        studio.datasets.get("t@holdout").to_arrow()
    assert version.splits()[0].references["test"] == "t:1@test"


def test_rows_keep_their_part_when_a_version_is_appended(studio: Studio, tmp_path: Path) -> None:
    seen = []
    for end in (500, 800):
        path = tmp_path / "log.csv"
        path.write_text("a,b\n" + "".join(f"{i},x{i}\n" for i in range(end)))
        version = studio.datasets.get(studio.datasets.create(path).name)
        seen.append(set(version.split()["test"].to_arrow(["a"])["a"].to_pylist()))
    assert seen[0] == {a for a in seen[1] if a < 500}


def table_of(tmp_path: Path, select: str) -> TableInput:
    path = tmp_path / "x.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({select}) TO '{path}'")
    columns = [
        ColumnSchema(name="n", type="integer", sql_type="BIGINT", stored="BIGINT"),
        ColumnSchema(name="y", type="text", sql_type="VARCHAR", stored="VARCHAR"),
        ColumnSchema(name="d", type="date", sql_type="DATE", stored="DATE"),
    ]
    return TableInput.of(path, TableSchema(format="parquet", columns=columns, rows=1000))


@pytest.mark.parametrize("method", ["stratified", "group", "time"])
def test_ways_to_split(tmp_path: Path, method: str) -> None:
    table = table_of(
        tmp_path,
        "SELECT i AS n, CASE WHEN i % 10 = 0 THEN 'rare' ELSE 'k' || (i % 40) END AS y, DATE '2024-01-01' + (i // 10)::INTEGER AS d "
        "FROM range(1000) t(i)",
    )
    column = {"stratified": "y", "group": "y", "time": "d"}[method]
    spec = SplitCreate.model_validate({"method": method, "column": column, "shares": {"a": 0.8, "b": 0.2}})
    with duckdb.connect() as connection:
        rows = {part: connection.execute(splits.select(table, spec, part)).fetchall() for part in ("a", "b")}
    assert sorted(row[0] for some in rows.values() for row in some) == list(range(1000))
    if method == "stratified":
        whole = Counter(row[1] for some in rows.values() for row in some)
        assert all(abs(Counter(row[1] for row in rows["b"])[y] - 0.2 * n) <= 1 for y, n in whole.items())
    elif method == "group":
        assert not {row[1] for row in rows["a"]} & {row[1] for row in rows["b"]}
    else:
        assert max(row[2] for row in rows["a"]) < min(row[2] for row in rows["b"]) == date(2024, 3, 21)
        assert len(rows["b"]) == 200


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"shares": {"train": 0.8, "test": 0.3}}, "together they are 1"),
        ({"shares": {"train": 1.0}}, "2 to 20 parts"),
        ({"method": "group"}, "needs one"),
        ({"shares": {"../x": 0.5, "b": 0.5}}, "letters, digits"),
    ],
)
def test_a_split_that_cannot_be_is_refused(version: Version, body: dict[str, Any], said: str) -> None:
    with pytest.raises(Remote, match=said):
        version._connected().post(f"{version._path}/splits", json=body)


def test_traits_and_splits_on_both_databases(any_ctx: Context) -> None:
    from studiolo.studio.datasets import service
    from studiolo.studio.datasets.rows import service as rows
    from studiolo.studio.datasets.rows.schemas import TraitsPatch
    from studiolo.studio.datasets.schemas import DatasetCreate

    writer = any_ctx.blobs.writer()
    writer.write(b"day,n\n" + b"".join(b"2024-01-%02d,%d\n" % (day, day) for day in range(1, 11)))
    service.create(any_ctx, service.check(DatasetCreate(name="d", filename="d.csv")), writer)
    assert rows.set_traits(any_ctx, "d", 1, TraitsPatch(timestamp="day", target="n")).timestamp == "day"
    assert rows.set_traits(any_ctx, "d", 1, TraitsPatch(target="")).model_dump() == {
        "timestamp": "day",
        "partition_timestamp": "",
        "target": "",
    }
    made = rows.create_split(any_ctx, "d", None, SplitCreate(method="time"))
    assert made.column == "day"
    assert [split.name for split in rows.splits(any_ctx, "d", 1)] == ["default"]
    pieces = b"".join(rows.arrow(any_ctx, "d", 1, split="test"))
    assert pa.ipc.open_stream(pieces).read_all()["n"].to_pylist() == [9, 10]
    rows.remove_split(any_ctx, "d", 1, "default")
    assert rows.splits(any_ctx, "d", 1) == []
