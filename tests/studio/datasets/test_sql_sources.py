"""Datasets from queries of real databases: what is looked at first, what the version holds, and what breaks off."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pymysql
import pytest

from studiolo.kernel.context import Context
from studiolo.studio.datasets import service as datasets
from studiolo.studio.datasets.inspections import service as inspections
from studiolo.studio.datasets.inspections.schemas import InspectionRequest, InspectionSource
from studiolo.studio.datasets.registration_schemas import FromQuery, Registration, RegistrationCreate
from studiolo.studio.datasets.registrations import fetching, orders
from studiolo.studio.datastores import service as datastores
from studiolo.studio.datastores.errors import NotADatabase, QueryFailed, QueryRefused
from studiolo.studio.datastores.schemas import DatastoreCreate
from studiolo.testing.databases import servers
from tests.studio.datasets.registering import finish

MADE = (
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, placed TIMESTAMP NULL, price DECIMAL(12,2), word VARCHAR(20))",
    "INSERT INTO orders VALUES (1, '2026-01-02 03:04:05', 1234567890.12, 'a'), (2, NULL, NULL, ''), (3, '2026-01-03 00:00:00', 0.10, NULL)",
)
QUERY = "SELECT * FROM orders ORDER BY id"


@pytest.fixture(scope="module")
def postgresql() -> Iterator[int]:
    try:
        with servers.postgresql() as port:
            with psycopg.connect(f"postgresql://studiolo@127.0.0.1:{port}/shop", autocommit=True) as admin:
                for statement in MADE:
                    admin.execute(statement)  # type: ignore[call-overload]
            yield port
    except servers.ServerMissing as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def mariadb() -> Iterator[int]:
    try:
        with servers.mariadb() as port:
            admin = pymysql.connect(host="127.0.0.1", port=port, user="root", password="root", database="shop")
            with admin, admin.cursor() as cursor:
                for statement in MADE:
                    cursor.execute(statement)
                admin.commit()
            yield port
    except servers.ServerMissing as error:
        pytest.skip(str(error))


@pytest.fixture(params=["postgresql", "mariadb"])
def shop(request: pytest.FixtureRequest, ctx: Context) -> str:
    """A datastore of a real database."""
    config = {"host": "127.0.0.1", "port": request.getfixturevalue(request.param), "database": "shop", "user": "ada"}
    kind = "mysql" if request.param == "mariadb" else "postgresql"
    given: dict[str, str | None] = {"password": servers.PASSWORD}
    datastores.create(ctx, DatastoreCreate(name="shop", kind=kind, config=config, credentials=given))
    return kind


def register(ctx: Context, folder: Path, query: str, name: str = "orders") -> Registration:
    asked = RegistrationCreate(name=name, source=FromQuery(datastore="shop", query=query))
    return finish(ctx, orders.start(ctx, asked), folder)


def test_a_query_is_looked_at_and_then_registered(ctx: Context, shop: str, tmp_path: Path) -> None:
    source = InspectionSource(type="sql", datastore="shop", query=QUERY)
    seen = inspections.inspect(ctx, InspectionRequest(source=source))
    types = {column.name: column.type for column in seen.columns}
    assert types == {"id": "integer", "placed": "datetime", "price": "decimal", "word": "text"}
    assert (seen.rows, seen.exact, seen.timestamps) == (3, True, ["placed"])
    assert seen.preview.rows[1] == [2, None, None, ""]
    few = inspections.inspect(ctx, InspectionRequest(source=source, rows=2))
    assert (few.rows, few.exact, len(few.preview.rows)) == (None, False, 2)
    done = register(ctx, tmp_path, QUERY)
    assert done.state == "done", done.error
    version = datasets.get(ctx, "orders")
    assert (version.rows, version.source["query"]) == (3, QUERY)
    assert version.columns == 4
    again = register(ctx, tmp_path, QUERY)
    assert again.existing, "the same rows are the same version"


def test_what_is_wrong_with_a_query_is_said_in_the_preview(ctx: Context, shop: str) -> None:
    for query, kind in (("SELECT nothing FROM orders", QueryFailed), ("DROP TABLE orders", QueryRefused)):
        source = InspectionSource(type="sql", datastore="shop", query=query)
        with pytest.raises(kind) as caught:
            inspections.inspect(ctx, InspectionRequest(source=source))
        assert servers.PASSWORD not in str(caught.value)


def test_a_credential_that_is_not_accepted_any_more_is_named(ctx: Context, shop: str, tmp_path: Path) -> None:
    datastores.rotate(ctx, "shop", {"password": "not-the-password"})
    done = register(ctx, tmp_path, QUERY)
    assert (done.state, done.code, done.version) == ("failed", "datastores.wrong_credential", None)
    datastores.rotate(ctx, "shop", {"password": servers.PASSWORD})
    assert register(ctx, tmp_path, QUERY).state == "done"


def test_a_connection_that_ends_half_way_leaves_nothing(
    ctx: Context, shop: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    series = "generate_series(1, 3000000) AS n" if shop == "postgresql" else "(SELECT seq AS n FROM seq_1_to_3000000) q"
    monkeypatch.setattr(fetching, "_ROWS_TOLD", 0.0)
    original, cut = fetching._query, []

    def cutting(order: object, source: object, work: Path, tell: object) -> object:
        def telling(*_: object) -> None:
            if not cut:
                cut.append(True)
                if shop == "postgresql":
                    port = request.getfixturevalue("postgresql")
                    with psycopg.connect(f"postgresql://studiolo@127.0.0.1:{port}/shop", autocommit=True) as admin:
                        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'ada'")
                else:
                    port = request.getfixturevalue("mariadb")
                    admin_ = pymysql.connect(host="127.0.0.1", port=port, user="root", password="root", database="shop")
                    with admin_, admin_.cursor() as cursor:
                        cursor.execute("KILL USER 'ada'@'127.0.0.1'")

        return original(order, source, work, telling)  # type: ignore[arg-type]

    monkeypatch.setattr(fetching, "_query", cutting)
    done = register(ctx, tmp_path, f"SELECT n FROM {series}", "series")
    assert (done.state, done.code, done.version) == ("failed", "datastores.cut", None)
    assert not any(ctx.blobs.root.rglob("*.parquet"))


def test_an_answer_without_end_is_bounded(ctx: Context, shop: str, tmp_path: Path) -> None:
    bounded = replace(ctx, settings=ctx.settings.model_copy(update={"upload_limit_bytes": 2 << 20}))
    series = (
        "SELECT md5(generate_series(1, 1000000000)::text) AS h"
        if shop == "postgresql"
        else "SELECT md5(seq) AS h FROM seq_1_to_1000000000"
    )
    asked = RegistrationCreate(name="endless", source=FromQuery(datastore="shop", query=series))
    done = finish(ctx, orders.start(bounded, asked), tmp_path)
    assert (done.state, done.field) == ("failed", "source.query"), done


def test_a_query_of_a_datastore_of_files_is_refused_at_once(ctx: Context) -> None:
    asked = RegistrationCreate(name="x", source=FromQuery(datastore="workspaceblobstore", query="SELECT 1"))
    with pytest.raises(NotADatabase):
        orders.start(ctx, asked)
