import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pyarrow as pa
import pymysql
import pytest

from studiolo.studio.datastores.errors import ConnectionCut, StoreReadOnly
from studiolo.testing.databases import servers
from studiolo.testing.databases.checks import DatabaseChecks, DatabasePlace


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    try:
        with servers.mariadb() as found:
            yield found
    except servers.ServerMissing as error:
        pytest.skip(str(error))


class TestMySql(DatabaseChecks):
    """Against MariaDB's own server."""

    kind = "mysql"
    series = "SELECT seq AS n, CONCAT('row ', seq) AS t FROM seq_1_to_{rows}"
    endless = "SELECT count(*) FROM seq_1_to_1000000000 a, seq_1_to_1000000 b"

    @pytest.fixture
    def place(self, port: int) -> DatabasePlace:
        return DatabasePlace(
            {"host": "127.0.0.1", "port": port, "database": "shop", "user": "ada"},
            "shop",
            "password",
            {"password": servers.PASSWORD},
            wrong={"password": "not-the-password"},
            nowhere={"database": "elsewhere", "user": "root"},
            port=port,
            through=lambda other: {"port": other},
        )

    def admin(self, place: DatabasePlace) -> pymysql.connections.Connection:
        return pymysql.connect(host="127.0.0.1", port=place.port, user="root", password="root", database="shop")

    def execute(self, place: DatabasePlace, *statements: str) -> None:
        with self.admin(place) as admin, admin.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            admin.commit()

    def running(self, place: DatabasePlace) -> int | None:
        query = "SELECT count(*) FROM information_schema.processlist WHERE user = 'ada' AND command = 'Query'"
        with self.admin(place) as admin, admin.cursor() as cursor:
            cursor.execute(query)
            return int(cursor.fetchone()[0])

    def test_a_database_that_is_not_there_is_named(self, place: DatabasePlace) -> None:
        """Asked as root: to others MariaDB does not say which databases there are."""
        assert place.nowhere is not None
        found = self.open(place, config=place.nowhere, credentials={"password": "root"}).check()
        assert (found.ok, found.code) == (False, "datastores.database_missing"), found
        found = self.open(place, config={"database": "elsewhere"}).check()
        assert (found.ok, found.code) == (False, "datastores.denied"), found

    def exact(self) -> tuple[list[str], str, pa.Table]:
        utc = dt.UTC
        columns: dict[str, tuple[str, str, list[object], pa.DataType]] = {
            "yes": ("BOOLEAN", "TRUE", [1, None], pa.int8()),
            "tiny": ("TINYINT UNSIGNED", "255", [255, None], pa.uint8()),
            "whole": ("INT", "-2147483648", [-2147483648, None], pa.int32()),
            "medium": ("MEDIUMINT", "-8388608", [-8388608, None], pa.int32()),
            "big": ("BIGINT", "9007199254740993", [9007199254740993, None], pa.int64()),
            "unsigned_big": ("BIGINT UNSIGNED", "18446744073709551615", [2**64 - 1, None], pa.uint64()),
            "single": ("FLOAT", "0.5", [0.5, None], pa.float32()),
            "double_": ("DOUBLE", "0.1", [0.1, None], pa.float64()),
            "price": ("DECIMAL(20,4)", "-1234567890123456.7891", [Decimal("-1234567890123456.7891"), None], pa.decimal128(20, 4)),
            "huge": ("DECIMAL(65,10)", "1e39", [Decimal("1" + "0" * 39 + ".0000000000"), None], pa.decimal256(65, 10)),
            "day": ("DATE", "'1999-12-31'", [dt.date(1999, 12, 31), None], pa.date32()),
            "moment": ("DATETIME(6)", "'2026-01-02 03:04:05.678901'", [dt.datetime.fromisoformat("2026-01-02T03:04:05.678901"), None], pa.timestamp("us")),
            "zoned": ("TIMESTAMP(6) NULL", "'2026-01-02 03:04:05.678901'", [dt.datetime(2026, 1, 2, 3, 4, 5, 678901, utc), None], pa.timestamp("us", "UTC")),
            "clock": ("TIME", "'-100:00:01'", ["-100:00:01", None], pa.string()),
            "year_": ("YEAR", "2026", [2026, None], pa.uint16()),
            "raw": ("VARBINARY(10)", "x'00ff'", [b"\x00\xff", None], pa.binary()),
            "blob_": ("BLOB", "x'80'", [b"\x80", None], pa.binary()),
            "bits": ("BIT(8)", "b'10000001'", [b"\x81", None], pa.binary()),
            "doc": ("JSON", """'{"a": [1, null]}'""", ['{"a": [1, null]}', None], pa.string()),
            "mood": ("ENUM('glad','sad')", "'glad'", ["glad", None], pa.string()),
            "words": ("TEXT", "'日本 🦄'", ["日本 🦄", None], pa.string()),
        }  # fmt: skip
        made = ", ".join(f"`{name}` {kind}" for name, (kind, *_) in columns.items())
        values = ", ".join(value for _, value, _, _ in columns.values())
        statements = [
            "SET time_zone = '+00:00'",
            f"CREATE OR REPLACE TABLE exact_values ({made}, ordinal INT)",
            f"INSERT INTO exact_values VALUES ({values}, 1)",
            "INSERT INTO exact_values (ordinal) VALUES (2)",
        ]
        table = pa.table({name: pa.array(found, kind) for name, (_, _, found, kind) in columns.items()})
        names = ", ".join(f"`{name}`" for name in columns)
        return statements, f"SELECT {names} FROM exact_values ORDER BY ordinal", table

    def test_a_date_of_zeros_is_a_null(self, place: DatabasePlace, table: str) -> None:
        self.execute(
            place,
            "SET sql_mode = ''",
            f"CREATE TABLE {table} (d DATE, m DATETIME)",
            f"INSERT INTO {table} VALUES ('0000-00-00', '2026-00-00 00:00:00'), ('2026-01-01', '2026-01-01 10:00:00')",
        )
        found = self.rows(self.open(place), f"SELECT * FROM {table}").to_pydict()
        assert found == {
            "d": [None, dt.date(2026, 1, 1)],
            "m": [None, dt.datetime.fromisoformat("2026-01-01T10:00:00")],
        }

    def test_a_function_cannot_write_either(self, place: DatabasePlace, table: str) -> None:
        self.execute(
            place,
            f"CREATE TABLE {table} (n INT)",
            f"CREATE OR REPLACE FUNCTION sly() RETURNS INT MODIFIES SQL DATA BEGIN INSERT INTO {table} VALUES (1); RETURN 1; END",
        )
        with pytest.raises(StoreReadOnly):
            self.rows(self.open(place), "SELECT sly()")
        assert self.rows(self.open(place), f"SELECT * FROM {table}").num_rows == 0

    def test_a_connection_that_the_server_ends_is_said(self, place: DatabasePlace) -> None:
        with self.open(place).read(self.series.format(rows=5_000_000)) as batches:
            rest = iter(batches)
            next(rest)
            self.execute(place, "KILL USER 'ada'@'127.0.0.1'")
            with pytest.raises(ConnectionCut):
                list(rest)

    def test_parameters_are_values_and_no_text_of_the_query(self, place: DatabasePlace) -> None:
        with self.open(place).read("SELECT %s AS a", ["x'); DROP TABLE t; --"]) as batches:
            assert batches.read_all().to_pylist() == [{"a": "x'); DROP TABLE t; --"}]
