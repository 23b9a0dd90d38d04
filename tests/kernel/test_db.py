import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from studiolo.kernel.auth.request import Services
from studiolo.kernel.context import Context
from studiolo.kernel.db import migrate, statistics
from studiolo.kernel.db.engine import Database, NestedTransaction, sqlite_url
from studiolo.testing.context import make_services


def test_head_is_the_newest_migration() -> None:
    newest = max(
        path.name.split("_")[0] for path in (Path(migrate.__file__).parent / "migrations/versions").glob("0*.py")
    )
    assert newest == migrate.HEAD


def test_database_of_a_newer_version_is_refused_and_untouched(tmp_path: Path) -> None:
    first = make_services(tmp_path)
    with first.db.begin() as tx:
        tx.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(migrate.HomeTooNew, match="9999"):
        migrate.migrate(first.db)
    assert migrate.revision(first.db) == "9999"


def test_a_reader_sees_one_state_and_the_next_one_the_newest(any_ctx: Context) -> None:
    db = any_ctx.db
    with db.begin() as tx:
        tx.execute(text("create table t (x integer primary key)"))
    count = text("select count(*) from t")
    with db.read() as tx:
        assert tx.execute(count).scalar_one() == 0
        other = threading.Thread(target=lambda: db.write(lambda tx: tx.execute(text("insert into t values (1)"))))
        other.start()
        other.join()
        assert tx.execute(count).scalar_one() == 0
    with db.read() as tx:
        assert tx.execute(count).scalar_one() == 1
    with db.begin() as tx:
        level = (
            tx.execute(text("select 1")) if db.dialect == "sqlite" else tx.execute(text("show transaction_isolation"))
        )
        assert level.scalar_one() in (1, "read committed")


def test_group_commit_keeps_each_writers_result_and_error_apart(any_ctx: Context) -> None:
    db = any_ctx.db
    with db.begin() as tx:
        tx.execute(text("create table t (x integer primary key)"))
    results: list[object] = []

    def insert(value: int) -> None:
        try:
            results.append(db.write(lambda tx: tx.execute(text("insert into t values (:x)"), {"x": value}).rowcount))
        except Exception as error:
            results.append(type(error).__name__)

    threads = [threading.Thread(target=insert, args=(value,)) for value in [*range(40), 7]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.read() as tx:
        assert tx.execute(text("select count(*) from t")).scalar_one() == 40
    assert sorted(map(str, results)) == ["1"] * 40 + ["IntegrityError"]


def test_writes_of_one_commit_keep_their_errors_apart(any_ctx: Context) -> None:
    db = any_ctx.db
    with db.begin() as tx:
        tx.execute(text("create table t (x integer primary key)"))

    def insert(value: int) -> Callable[[Connection], object]:
        return lambda tx: tx.execute(text("insert into t values (:x)"), {"x": value})

    errors = db.write_all([insert(value) for value in (1, 2, 1, 3)])
    assert [type(error).__name__ for error in errors] == ["NoneType", "NoneType", "IntegrityError", "NoneType"]
    assert db.write_all([insert(4), insert(5)]) == [None, None]
    assert db.write_all([]) == []
    with db.read() as tx:
        assert tx.execute(text("select x from t order by x")).scalars().all() == [1, 2, 3, 4, 5]


def test_nested_write_is_refused_not_a_deadlock(services: Services) -> None:
    with services.db.begin(), pytest.raises(NestedTransaction), services.db.begin():
        pass


def test_reader_sees_one_state(services: Services) -> None:
    db = services.db
    with db.begin() as tx:
        tx.execute(text("create table t (x integer)"))
    with db.read() as reader:
        before = reader.execute(text("select count(*) from t")).scalar_one()
        with db.begin() as tx:
            tx.execute(text("insert into t values (1)"))
        assert reader.execute(text("select count(*) from t")).scalar_one() == before


def test_a_second_process_like_connection_waits_its_turn(services: Services) -> None:
    other = Database(sqlite_url(services.settings.sqlite_path))
    with services.db.begin() as tx:
        tx.execute(text("create table t (x integer)"))
    started = threading.Event()

    def write() -> None:
        started.set()
        with other.begin() as tx:
            tx.execute(text("insert into t values (2)"))

    thread = threading.Thread(target=write)
    with services.db.begin() as tx:
        thread.start()
        started.wait()
        tx.execute(text("insert into t values (1)"))
    thread.join()
    with services.db.read() as reader:
        assert [row.x for row in reader.execute(text("select x from t order by rowid"))] == [1, 2]
    other.close()


def test_tables_that_have_grown_are_counted_for_the_planner(any_ctx: Context) -> None:
    db = any_ctx.db
    with db.begin() as tx:
        tx.execute(text("create table grown (x integer)"))
        tx.execute(text("create table small (x integer)"))
    if db.dialect == "sqlite":
        assert statistics.refresh(db) == []
        return
    known = text("select reltuples from pg_class where relname = 'grown'")
    with db.begin() as tx:
        tx.execute(text("insert into grown select * from generate_series(1, 5000)"))
        tx.execute(text("insert into small select * from generate_series(1, 50)"))
        tx.execute(text("select pg_stat_force_next_flush()"))
    assert "grown" in (counted := statistics.refresh(db))
    assert "small" not in counted
    with db.read() as tx:
        assert tx.execute(known).scalar_one() == 5000
        # so that an index alone answers for its rows
        vacuumed = text("select last_vacuum is not null from pg_stat_user_tables where relname = 'grown'")
        assert tx.execute(vacuumed).scalar_one()
    assert "grown" not in statistics.refresh(db)


def test_a_large_table_is_counted_and_left_to_postgresql_s_own_workers(
    any_ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statistics, "_SMALL_BYTES", 1)
    db = any_ctx.db
    if db.dialect == "sqlite":
        return
    with db.begin() as tx:
        tx.execute(text("create table large (x integer)"))
        tx.execute(text("insert into large select * from generate_series(1, 5000)"))
        tx.execute(text("select pg_stat_force_next_flush()"))
    assert "large" in statistics.refresh(db)
    with db.read() as tx:
        seen = text("select last_analyze is not null, last_vacuum from pg_stat_user_tables where relname = 'large'")
        assert tuple(tx.execute(seen).one()) == (True, None)


def test_a_glance_opens_no_transaction_and_a_reader_after_it_does(any_ctx: Context) -> None:
    db = any_ctx.db
    if db.dialect == "sqlite":
        with db.glance() as tx:
            assert tx.execute(text("select 1")).scalar() == 1
        return
    with db.glance() as tx:
        assert tx.execute(text("select 1")).scalar() == 1
        assert tx.connection.driver_connection.info.transaction_status == 0  # type: ignore[union-attr]  # idle: nothing to end
        level = tx.execute(text("show transaction_isolation")).scalar()
        assert level == "read committed"
    with db.read() as tx:
        assert tx.execute(text("show transaction_isolation")).scalar() == "repeatable read"
        assert tx.connection.driver_connection.info.transaction_status == 2  # type: ignore[union-attr]  # in a transaction
