import datetime as dt
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from studiolo.studio.datastores.errors import StoreError
from studiolo.testing.databases.checks import DatabaseChecks, DatabasePlace


class TestDuckDb(DatabaseChecks):
    """On files."""

    kind = "duckdb"
    series = "SELECT i AS n, 'row ' || i AS t FROM range(1, {rows} + 1) r(i)"
    endless = "SELECT count(*) FROM range(1000000000) a, range(1000000) b WHERE a.range + b.range > 5"

    @pytest.fixture
    def place(self, tmp_path: Path) -> DatabasePlace:
        path = tmp_path / "shop.duckdb"
        duckdb.connect(str(path)).close()
        return DatabasePlace({"path": str(path)}, "main", nowhere={"path": str(tmp_path / "not-there.duckdb")})

    def execute(self, place: DatabasePlace, *statements: str) -> None:
        with duckdb.connect(place.config["path"]) as admin:
            for statement in statements:
                admin.execute(statement)

    def exact(self) -> tuple[list[str], str, pa.Table]:
        statements = [
            "CREATE TABLE exact (ordinal INT, big BIGINT, price DECIMAL(20,4), zoned TIMESTAMPTZ, raw BLOB, words VARCHAR[])",
            "SET TimeZone = 'UTC'",
            "INSERT INTO exact VALUES (1, 9007199254740993, 1234567890123456.7891, '2026-01-02 03:04:05.678901+02', '\\x00\\xFF', ['a', NULL])",
            "INSERT INTO exact (ordinal) VALUES (2)",
        ]
        moment = dt.datetime(2026, 1, 2, 1, 4, 5, 678901, dt.UTC)
        table = pa.table(
            {
                "big": pa.array([9007199254740993, None], pa.int64()),
                "price": pa.array([Decimal("1234567890123456.7891"), None], pa.decimal128(20, 4)),
                "zoned": pa.array([moment, None], pa.timestamp("us", "UTC")),
                "raw": pa.array([b"\x00\xff", None], pa.binary()),
                "words": pa.array([["a", None], None], pa.list_(pa.string())),
            }
        )
        return statements, f"SELECT {', '.join(table.column_names)} FROM exact ORDER BY ordinal", table

    @pytest.mark.parametrize(
        "query",
        [
            "SELECT * FROM read_text('/etc/passwd')",
            "FROM '/etc/passwd'",
            "ATTACH ':memory:' AS x",
            "SELECT * FROM read_csv('http://127.0.0.1/x.csv')",
            "COPY (SELECT 1) TO '{other}'",
            "SET memory_limit = '10GB'",
            "SELECT getenv('HOME')",
        ],
    )
    def test_no_other_door_is_open(self, place: DatabasePlace, tmp_path: Path, query: str) -> None:
        other = tmp_path / "x.csv"
        with pytest.raises(StoreError):
            self.rows(self.open(place), query.format(other=other))
        assert not other.exists()

    def test_a_file_that_is_no_database_is_said(self, place: DatabasePlace, tmp_path: Path) -> None:
        other = tmp_path / "text.duckdb"
        other.write_text("not a database at all, but long enough to have a header" * 100)
        found = self.open(place, config={"path": str(other)}).check()
        assert (found.ok, found.code) == (False, "datastores.container_missing"), found
