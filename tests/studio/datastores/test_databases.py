"""Looking into a database over HTTP, by the SDK and by commands: what the server answers, and what it leaves to a child."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from studiolo.kernel.auth.request import Services
from studiolo.sdk.studio import Studio
from studiolo.studio.datastores import service
from studiolo.studio.datastores.schemas import DatastoreCreate
from studiolo.testing.client import make_client
from studiolo.testing.context import context_in, make_services

API = "/w/default/api/datastores/shop"


@pytest.fixture
def shop(services: Services, tmp_path: Path) -> Path:
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as made, made:
        made.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, word TEXT, big INTEGER, raw BLOB)")
        made.executemany(
            "INSERT INTO orders VALUES (?, ?, 9007199254740993, x'00ff')", [(i, f"w{i}") for i in range(500)]
        )
        made.execute('CREATE VIEW "few orders" AS SELECT * FROM orders LIMIT 3')
    service.create(context_in(services), DatastoreCreate(name="shop", kind="sqlite", config={"path": str(path)}))
    return path


def test_schemas_tables_columns_and_rows(client: TestClient, shop: Path) -> None:
    assert client.get(f"{API}/schemas").json() == ["main"]
    first = client.get(f"{API}/tables", params={"schema": "main", "limit": 1}).json()
    assert first["items"] == [{"name": "few orders", "kind": "view", "rows": None}]
    second = client.get(f"{API}/tables", params={"schema": "main", "limit": 1, "cursor": first["next"]}).json()
    assert [one["name"] for one in second["items"]] == ["orders"]
    shape = client.get(f"{API}/columns", params={"schema": "main", "table": "orders"}).json()
    assert shape["columns"][0] == {"name": "id", "type": "INTEGER", "nullable": True, "key": True}
    assert shape["query"] == 'SELECT * FROM "main"."orders"'
    head = client.get(f"{API}/rows", params={"schema": "main", "table": "orders", "limit": 5}).json()
    assert [column["type"] for column in head["columns"]] == ["int64", "string", "int64", "binary"]
    assert (head["rows"][4], head["more"]) == ([4, "w4", "9007199254740993", "0x00ff"], True)
    few = client.get(f"{API}/rows", params={"schema": "main", "table": "few orders"}).json()
    assert (len(few["rows"]), few["more"]) == (3, False)


def test_a_query_shows_its_first_rows(client: TestClient, shop: Path) -> None:
    asked = {"query": "SELECT count(*) AS n, sum(id) AS total FROM orders"}
    assert client.post(f"{API}/query", json=asked).json()["rows"] == [[500, 124750]]
    for query, code in (
        ("DELETE FROM orders", "datastores.query_refused"),
        ("SELECT nothing FROM orders", "datastores.query_failed"),
        ("SELECT * FROM nowhere", "datastores.query_failed"),
    ):
        reply = client.post(f"{API}/query", json={"query": query})
        assert (reply.status_code, reply.json()["code"], reply.json()["field"]) == (422, code, "query")
    missing = client.get(f"{API}/rows", params={"schema": "main", "table": "nowhere"})
    assert (missing.status_code, missing.json()["code"]) == (404, "datastores.table_not_found")


def test_a_query_that_never_ends_is_stopped(tmp_path: Path, shop: Path) -> None:
    services = make_services(tmp_path / "impatient", datastore_seconds=1)
    service.create(context_in(services), DatastoreCreate(name="shop", kind="sqlite", config={"path": str(shop)}))
    endless = "WITH RECURSIVE s(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM s) SELECT count(*) FROM s"
    with make_client(services) as client:
        reply = client.post(f"{API}/query", json={"query": endless})
    assert (reply.status_code, reply.json()["code"]) == (422, "datastores.query_too_slow")
    assert list((tmp_path / "impatient" / "work").iterdir()) == []
    services.db.close()


def test_a_bomb_stays_in_the_child(client: TestClient, services: Services, tmp_path: Path) -> None:
    path = tmp_path / "bomb.duckdb"
    duckdb.connect(str(path)).close()
    service.create(context_in(services), DatastoreCreate(name="bomb", kind="duckdb", config={"path": str(path)}))
    reply = client.post("/w/default/api/datastores/bomb/query", json={"query": "SELECT len(range(2000000000)) AS n"})
    assert reply.status_code in (422, 502, 507), reply.text
    assert client.post("/w/default/api/datastores/bomb/query", json={"query": "SELECT 1 AS n"}).json()["rows"] == [[1]]


def test_testing_a_connection_names_the_cause(client: TestClient, shop: Path, tmp_path: Path) -> None:
    assert client.post(f"{API}/check").json()["ok"] is True
    assert client.get(API).json()["location"] == str(shop)
    tried = {"kind": "sqlite", "config": {"path": str(tmp_path / "not-there.db")}}
    found = client.post("/w/default/api/datastores/check", json=tried).json()
    assert (found["ok"], found["code"]) == (False, "datastores.database_missing")
    own = {"kind": "sqlite", "config": {"path": str(tmp_path / "home" / "studiolo.db")}}
    assert client.post("/w/default/api/datastores/check", json=own).json()["code"] == "datastores.denied"


def test_files_and_tables_are_told_apart(client: TestClient, shop: Path) -> None:
    files = client.get("/w/default/api/datastores/workspaceblobstore/tables")
    assert (files.status_code, files.json()["code"]) == (422, "datastores.no_tables")
    tables = client.get(f"{API}/files")
    assert (tables.status_code, tables.json()["code"]) == (422, "datastores.no_files")
    default = client.post(f"{API}/default")
    assert (default.status_code, default.json()["code"]) == (422, "datastores.no_files")


def test_the_same_by_sdk_and_commands(studio: Studio, cli: Any, tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as made, made:
        made.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, word TEXT)")
        made.execute("INSERT INTO orders VALUES (1, 'a')")
    assert cli("datastores", "create", "shop", "--kind", "sqlite", "--path", str(path)).exit_code == 0
    assert studio.datastores.schemas("shop") == ["main"]
    assert [one.name for one in studio.datastores.tables("shop", "main")] == ["orders"]
    assert [one.name for one in studio.datastores.columns("shop", "orders", "main").columns] == ["id", "word"]
    assert studio.datastores.rows("shop", "orders", "main").rows == [[1, "a"]]
    assert studio.datastores.query("shop", "SELECT word FROM orders").rows == [["a"]]
    told = cli("datastores", "tables", "shop", "--output", "json")
    assert json.loads(told.stdout)[0]["name"] == "main.orders"
    assert "word" in cli("datastores", "columns", "shop:main.orders").stdout
    assert "word" in cli("datastores", "rows", "shop:main.orders").stdout
    assert json.loads(cli("datastores", "query", "shop", "SELECT 1 AS one", "--output", "json").stdout) == [{"one": 1}]


def test_a_parquet_file_is_shown_as_a_table(client: TestClient, services: Services, tmp_path: Path) -> None:
    folder = tmp_path / "root"
    folder.mkdir()
    service.create(context_in(services), DatastoreCreate(name="files", kind="local", config={"path": str(folder)}))
    rows = 400_000
    pq.write_table(
        pa.table({"n": range(rows), "t": [f"text {i} {i * 7919 % 10007}" for i in range(rows)]}),
        folder / "large.parquet",
        row_group_size=200_000,
        compression="none",
        use_dictionary=False,
    )
    assert (folder / "large.parquet").stat().st_size > 8 << 20
    pq.write_table(pa.table({"n": pa.array([], pa.int64())}), folder / "empty.parquet")
    (folder / "broken.parquet").write_bytes(b"PAR1" + b"\0" * 100)
    url = "/w/default/api/datastores/files/preview"
    large = client.get(url, params={"path": "large.parquet"}).json()
    assert (large["kind"], large["table"]["total"], large["table"]["more"]) == ("table", rows, True)
    assert large["table"]["rows"][99] == [99, f"text 99 {99 * 7919 % 10007}"]
    empty = client.get(url, params={"path": "empty.parquet"}).json()
    assert (empty["table"]["columns"], empty["table"]["rows"]) == ([{"name": "n", "type": "int64"}], [])
    assert client.get(url, params={"path": "broken.parquet"}).json()["kind"] == "binary"
