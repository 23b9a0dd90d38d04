import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import psycopg
import pyarrow as pa
import pytest

from studiolo.studio.datastores.errors import ConnectionCut, ValueUnfit
from studiolo.testing.databases import servers
from studiolo.testing.databases.checks import DatabaseChecks, DatabasePlace


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    try:
        with servers.postgresql() as found:
            yield found
    except servers.ServerMissing as error:
        pytest.skip(str(error))


class TestPostgreSql(DatabaseChecks):
    """Against PostgreSQL's own server."""

    kind = "postgresql"
    series = "SELECT i::bigint AS n, 'row ' || i AS t FROM generate_series(1, {rows}) AS i"
    endless = "SELECT count(*) FROM generate_series(1, 1000000000) a, generate_series(1, 1000000) b"

    @pytest.fixture
    def place(self, port: int) -> DatabasePlace:
        self.url = f"postgresql://studiolo@127.0.0.1:{port}/shop"
        return DatabasePlace(
            {"host": "127.0.0.1", "port": port, "database": "shop", "user": "ada"},
            "public",
            "password",
            {"password": servers.PASSWORD},
            wrong={"password": "not-the-password"},
            nowhere={"database": "elsewhere"},
            port=port,
            through=lambda other: {"port": other},
        )

    def execute(self, place: DatabasePlace, *statements: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as admin:
            for statement in statements:
                admin.execute(statement)  # type: ignore[call-overload]

    def running(self, place: DatabasePlace) -> int | None:
        with psycopg.connect(self.url) as admin:
            query = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'ada' AND state = 'active'"
            found = admin.execute(query).fetchone()
            return int(found[0]) if found else None

    def exact(self) -> tuple[list[str], str, pa.Table]:
        utc = dt.UTC
        columns: dict[str, tuple[str, str, list[object], pa.DataType]] = {
            "yes": ("boolean", "true", [True, None], pa.bool_()),
            "small": ("smallint", "-32768", [-32768, None], pa.int16()),
            "whole": ("integer", "2147483647", [2147483647, None], pa.int32()),
            "big": ("bigint", "9007199254740993", [9007199254740993, None], pa.int64()),
            "single": ("real", "0.1", [0.10000000149011612, None], pa.float32()),
            "double": ("double precision", "0.1", [0.1, None], pa.float64()),
            "infinite": ("double precision", "'-Infinity'", [float("-inf"), None], pa.float64()),
            "price": ("numeric(20,4)", "1234567890123456.7891", [Decimal("1234567890123456.7891"), None], pa.decimal128(20, 4)),
            "huge": ("numeric(50,10)", f"1{'0' * 39}.0000000001", [Decimal("1" + "0" * 39 + ".0000000001"), None], pa.decimal256(50, 10)),
            "loose": ("numeric", "0.1000", [Decimal("0.1000"), None], pa.decimal128(38, 4)),
            "day": ("date", "'1999-12-31'", [dt.date(1999, 12, 31), None], pa.date32()),
            "clock": ("time", "'23:59:59.123456'", [dt.time(23, 59, 59, 123456), None], pa.time64("us")),
            "moment": ("timestamp", "'2026-01-02 03:04:05.678901'", [dt.datetime.fromisoformat("2026-01-02T03:04:05.678901"), None], pa.timestamp("us")),
            "zoned": ("timestamptz", "'2026-01-02 03:04:05.678901+02'", [dt.datetime(2026, 1, 2, 1, 4, 5, 678901, utc), None], pa.timestamp("us", "UTC")),
            "before": ("timestamptz", "'1900-06-01 00:00:00+00'", [dt.datetime(1900, 6, 1, tzinfo=utc), None], pa.timestamp("us", "UTC")),
            "raw": ("bytea", "'\\x00ff'", [b"\x00\xff", None], pa.binary()),
            "doc": ("jsonb", """'{"a": [1, null]}'""", ['{"a": [1, null]}', None], pa.string()),
            "numbers": ("bigint[]", "'{1,NULL,9007199254740993}'", [[1, None, 9007199254740993], None], pa.list_(pa.int64())),
            "words": ("text[]", """'{"a,b",NULL,""}'""", [["a,b", None, ""], None], pa.list_(pa.string())),
            "id": ("uuid", "'00000000-0000-0000-0000-000000000001'", ["00000000-0000-0000-0000-000000000001", None], pa.string()),
            "span": ("interval", "'1 day 2 hours'", ["P1DT2H", None], pa.string()),
            "mood": ("mood", "'glad'", ["glad", None], pa.string()),
        }  # fmt: skip
        made = ", ".join(f"{name} {kind}" for name, (kind, *_) in columns.items())
        values = ", ".join(value for _, value, _, _ in columns.values())
        statements = [
            "DROP TABLE IF EXISTS exact",
            "DROP TYPE IF EXISTS mood",
            "CREATE TYPE mood AS ENUM ('glad', 'sad')",
            f"CREATE TABLE exact ({made}, ordinal integer)",
            f"INSERT INTO exact VALUES ({values}, 1)",
            "INSERT INTO exact (ordinal) VALUES (2)",
        ]
        table = pa.table({name: pa.array(found, kind) for name, (_, _, found, kind) in columns.items()})
        return statements, f"SELECT {', '.join(columns)} FROM exact ORDER BY ordinal", table

    def test_what_no_calendar_and_no_decimal_has_is_said(self, place: DatabasePlace) -> None:
        database = self.open(place)
        for value in ("'infinity'::date", "'NaN'::numeric(5,2)", "'{{1,2},{3,4}}'::int[]"):
            with pytest.raises(ValueUnfit):
                self.rows(database, f"SELECT {value} AS v")

    def test_decimals_without_a_precision_get_the_one_they_need(self, place: DatabasePlace) -> None:
        database = self.open(place)
        query = "SELECT sum(v) AS s, avg(v) AS a FROM (VALUES (1.25), (2.5)) t(v)"
        assert self.rows(database, query).to_pylist() == [{"s": Decimal("3.75"), "a": Decimal("1.8750000000000000")}]
        nothing = self.rows(database, "SELECT 'NaN'::numeric AS n, NULL::numeric AS m, 1e80::numeric AS big")
        assert nothing.to_pylist() == [{"n": "NaN", "m": None, "big": "1" + "0" * 80}]

    def test_a_function_cannot_write_either(self, place: DatabasePlace, table: str) -> None:
        from studiolo.studio.datastores.errors import StoreReadOnly

        self.execute(
            place,
            f"CREATE TABLE {table} (n integer)",
            f"CREATE OR REPLACE FUNCTION sly() RETURNS integer LANGUAGE sql AS 'INSERT INTO {table} VALUES (1) RETURNING n'",
        )
        with pytest.raises(StoreReadOnly):
            self.rows(self.open(place), "SELECT sly()")
        assert self.rows(self.open(place), f"SELECT * FROM {table}").num_rows == 0

    def test_a_connection_that_the_server_ends_is_said(self, place: DatabasePlace) -> None:
        with self.open(place).read(self.series.format(rows=5_000_000)) as batches:
            rest = iter(batches)
            next(rest)
            self.execute(place, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'ada'")
            with pytest.raises(ConnectionCut):
                list(rest)

    def test_parameters_are_values_and_no_text_of_the_query(self, place: DatabasePlace) -> None:
        with self.open(place).read("SELECT %s::text AS a, %s::int + 1 AS b", ["x'); DROP TABLE t; --", 1]) as batches:
            assert batches.read_all().to_pylist() == [{"a": "x'); DROP TABLE t; --", "b": 2}]
