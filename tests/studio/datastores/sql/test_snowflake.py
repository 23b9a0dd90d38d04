"""Snowflake's own driver against a server that speaks its protocol (fakesnow, with DuckDB behind it)."""

import datetime as dt
import socket
import sys
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest

from studiolo.studio.datastores import opening
from studiolo.studio.datastores.errors import QueryFailed, QueryRefused, TableNotFound
from studiolo.studio.datastores.ports import Database
from studiolo.studio.datastores.spec import Surroundings
from studiolo.studio.datastores.sql import snowflake
from studiolo.testing.databases import servers

CONFIG = {"account": "acme-prod", "database": "SHOP", "user": "ada"}
PASSWORD = {"password": servers.PASSWORD}
MADE = [
    "CREATE SCHEMA IF NOT EXISTS SHOP.SALES",
    (
        "CREATE TABLE SALES.VALUES_OF_ALL (ORDINAL INTEGER, BIG NUMBER(38,0), PRICE NUMBER(20,4), X FLOAT, YES BOOLEAN, DAY DATE, "
        "CLOCK TIME, NAIVE TIMESTAMP_NTZ, ZONED TIMESTAMP_TZ, RAW BINARY, DOC VARIANT, WORDS VARCHAR(20) NOT NULL)"
    ),
    (
        "INSERT INTO SALES.VALUES_OF_ALL SELECT 1, 9007199254740993, -1234567890123456.7891, 0.1, TRUE, '1999-12-31'::DATE, "
        "'01:02:03'::TIME, '2026-01-02 03:04:05.678901'::TIMESTAMP_NTZ, '2026-01-02 03:04:05 +02:00'::TIMESTAMP_TZ, "
        "TO_BINARY('00ff', 'HEX'), PARSE_JSON('{\"a\": 1}'), '日本 🦄'"
    ),
    # moments without gaps: the driver of version 5 refuses how this server writes those
    (
        "INSERT INTO SALES.VALUES_OF_ALL (ORDINAL, WORDS, NAIVE, ZONED) SELECT 2, '', '1960-01-01 00:00:00'::TIMESTAMP_NTZ, "
        "'1970-01-01 01:59:59.5 +02:00'::TIMESTAMP_TZ"
    ),
    "CREATE TABLE SALES.SEEN (A INTEGER)",
]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    added = ""
    try:
        added = str(servers.snowflake_driver())
        sys.path.append(added)  # behind ours: only what is missing is taken from there
        with servers.snowflake() as found:
            _make(found)
            yield found
    except servers.ServerMissing as error:
        pytest.skip(str(error))
    finally:
        if added in sys.path:
            sys.path.remove(added)


def _leading_to(port: int) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": port, "protocol": "http"}


def _make(port: int) -> None:
    import snowflake.connector as driver  # not ours: the package of the driver

    given = snowflake.options(CONFIG | {"auth": "password"}, PASSWORD, Surroundings()) | _leading_to(port)
    with driver.connect(**given) as connection, connection.cursor() as cursor:
        for statement in MADE:
            cursor.execute(statement)


@pytest.fixture
def led(port: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Let the account's address be that of the server; `port` may be changed."""
    plain, to = snowflake.options, {"port": port}

    def options(config: Mapping[str, Any], credentials: Mapping[str, str], about: Surroundings) -> dict[str, Any]:
        return plain(config, credentials, about) | _leading_to(to["port"])

    monkeypatch.setattr(snowflake, "options", options)
    monkeypatch.setattr(snowflake, "addresses", lambda *_: [])
    return to


def opened(credentials: Mapping[str, str] = PASSWORD) -> Database:
    about = Surroundings(seconds=20, query_seconds=60)
    return opening.open_database("checked", "snowflake", "password", CONFIG, credentials, about)


def rows(query: str) -> Any:
    with opened().read(query) as batches:
        return batches.read_all()


@pytest.mark.usefixtures("led")
class TestSnowflake:
    def test_a_connection_that_works_says_so(self) -> None:
        found = opened().check()
        assert (found.ok, found.cause) == (True, "")

    def test_a_wrong_credential_is_named_and_not_repeated(self) -> None:
        found = opened({"password": "not-the-password"}).check()
        assert (found.ok, found.code) == (False, "datastores.wrong_credential"), found
        assert "not-the-password" not in f"{found.cause} {found.hint}"

    def test_a_server_that_is_not_there_is_named(self, led: dict[str, int]) -> None:
        with socket.socket() as held:  # a port that nobody else gets, and at which nobody listens
            held.bind(("127.0.0.1", 0))
            led["port"] = held.getsockname()[1]
            found = opened().check()
        assert (found.ok, found.code) == (False, "datastores.refused"), found

    def test_schemas_tables_and_columns_are_listed(self) -> None:
        database = opened()
        assert "SALES" in database.schemas()
        assert "INFORMATION_SCHEMA" not in database.schemas()
        found = database.tables("SALES", "", 10)
        assert [(one.name, one.kind) for one in found] == [("SEEN", "table"), ("VALUES_OF_ALL", "table")]
        assert [one.name for one in database.tables("SALES", "SEEN", 10)] == ["VALUES_OF_ALL"]
        columns = {one.name: one for one in database.columns("SALES", "VALUES_OF_ALL")}
        assert columns["PRICE"].type == "NUMBER(20,4)"
        assert (columns["WORDS"].nullable, columns["DAY"].nullable) == (False, True)
        with pytest.raises(TableNotFound):
            database.columns("SALES", "NOT_THERE")

    def test_values_are_exact(self) -> None:
        found = rows("SELECT * FROM SALES.VALUES_OF_ALL ORDER BY ORDINAL")
        assert found.to_pylist() == [
            {
                "ORDINAL": 1, "BIG": 2**53 + 1, "PRICE": Decimal("-1234567890123456.7891"), "X": 0.1, "YES": True,
                "DAY": dt.date(1999, 12, 31), "CLOCK": dt.time(1, 2, 3), "RAW": b"\x00\xff", "DOC": '{"a":1}', "WORDS": "日本 🦄",
                "NAIVE": dt.datetime.fromisoformat("2026-01-02T03:04:05.678901"),
                "ZONED": dt.datetime(2026, 1, 2, 1, 4, 5, tzinfo=dt.UTC),
            },
            dict.fromkeys(found.column_names) | {"ORDINAL": 2, "WORDS": "", "NAIVE": dt.datetime.fromisoformat("1960-01-01"), "ZONED": dt.datetime(1969, 12, 31, 23, 59, 59, 500000, dt.UTC)},
        ]  # fmt: skip

    def test_a_head_and_no_rows_have_their_columns(self) -> None:
        head = opened().head("SELECT * FROM SALES.VALUES_OF_ALL ORDER BY ORDINAL", 1)
        assert head["ORDINAL"].to_pylist() == [1]
        none = rows("SELECT ORDINAL, WORDS FROM SALES.VALUES_OF_ALL WHERE ORDINAL < 0")
        assert (none.num_rows, none.column_names) == (0, ["ORDINAL", "WORDS"])

    def test_many_rows_come_in_batches(self) -> None:
        query = "SELECT SEQ4() AS N FROM TABLE(GENERATOR(ROWCOUNT => 50000))"
        with opened().read(query, batch_rows=7000) as batches:
            sizes = [batch.num_rows for batch in batches]
        assert sum(sizes) == 50_000
        assert max(sizes) <= 7000

    def test_what_the_database_does_not_understand_it_says(self) -> None:
        with pytest.raises(QueryFailed, match=r"(?i)no_such_column"):
            rows("SELECT no_such_column FROM SALES.VALUES_OF_ALL")

    @pytest.mark.parametrize(
        "statement",
        [
            "DELETE FROM SALES.VALUES_OF_ALL",
            "DROP TABLE SALES.VALUES_OF_ALL",
            "SELECT 1; DROP TABLE SALES.VALUES_OF_ALL",
            "CREATE TABLE SALES.MORE AS SELECT 1 AS A",
            "MERGE INTO SALES.VALUES_OF_ALL USING SALES.SEEN ON FALSE WHEN NOT MATCHED THEN INSERT VALUES (1)",
        ],
    )
    def test_a_query_writes_nothing(self, statement: str) -> None:
        with pytest.raises(QueryRefused):
            rows(statement)
        assert rows("SELECT * FROM SALES.VALUES_OF_ALL").num_rows == 2
        assert "MORE" not in {one.name for one in opened().tables("SALES", "", 10)}
