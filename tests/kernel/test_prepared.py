from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    Double,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Update,
    bindparam,
    cast,
    func,
    insert,
    literal,
    select,
    text,
    type_coerce,
    update,
)
from sqlalchemy.exc import IntegrityError

from studiolo.kernel.context import Context
from studiolo.kernel.db.engine import upsert
from studiolo.kernel.db.options import RESTING
from studiolo.kernel.db.prepared import Prepared
from studiolo.kernel.errors import Unavailable
from studiolo.kernel.events.tables import events
from studiolo.studio.experiments.tables import experiments
from studiolo.testing.context import context_in, make_services

AT = datetime(2026, 11, 27, 12, 0, 0, 123456, UTC)
EVENT = {"workspace_id": "w", "kind": "k.100%", "subject": "s", "actor": "a", "data": {"n": [1, None]}, "at": AT}


def test_what_is_written_and_read_is_what_sqlalchemy_writes_and_reads(any_ctx: Context) -> None:
    put, get = Prepared(insert(events)), Prepared(select(events).where(events.c.kind == bindparam("kind")))
    with any_ctx.db.begin() as tx:
        tx.execute(insert(events), EVENT)
        assert put.run(tx, EVENT) == 1
        assert put.run_all(tx, [EVENT, {**EVENT, "data": {}}]) == 2
        usual = tx.execute(select(events).where(events.c.kind == "k.100%")).all()
    with any_ctx.db.glance() as tx:
        found = get.all(tx, {"kind": "k.100%"})
    assert [row._asdict() for row in found] == [dict(row._mapping) for row in usual]
    assert {row.at for row in found} == {AT}


def test_columns_that_are_not_given_get_their_default(any_ctx: Context) -> None:
    given = {"workspace_id": "w", "name": "n", "created_at": AT, "updated_at": AT}
    number = Prepared(insert(experiments).returning(experiments.c.number))
    with any_ctx.db.begin() as tx:
        made = number.scalar(tx, given)
        row = tx.execute(select(experiments).where(experiments.c.number == made)).one()
    assert (row.lifecycle, row.artifact_location, row.tags, row.deleted_at) == ("active", "", {}, None)


def test_lists_that_are_in_a_statement_are_written_out(any_ctx: Context) -> None:
    count = Prepared(select(func.count()).where(events.c.kind.in_(("a", "b")), events.c.subject == bindparam("of")))
    with any_ctx.db.begin() as tx:
        tx.execute(insert(events), [{**EVENT, "kind": kind} for kind in ("a", "b", "c")])
        assert (count.scalar(tx, {"of": "s"}), count.scalar(tx, {"of": "t"})) == (2, 0)


def test_a_change_returns_rows_and_counts_them(any_ctx: Context) -> None:
    def change() -> Update:
        return update(events).where(events.c.kind == bindparam("of")).values(data=bindparam("new"))

    both = {"of": "a", "new": {"x": 1}}
    with any_ctx.db.begin() as tx:
        tx.execute(insert(events), [{**EVENT, "kind": "a"}, {**EVENT, "kind": "a"}])
        assert Prepared(change()).run(tx, both) == 2
        assert [row.data for row in Prepared(change().returning(events.c.data)).all(tx, both)] == [{"x": 1}] * 2
        assert Prepared(change().returning(events.c.id)).first(tx, {**both, "of": "b"}) is None


def test_an_error_of_the_driver_is_one_of_sqlalchemy_and_ends_the_transaction(any_ctx: Context) -> None:
    put = Prepared(insert(experiments))
    given = {"workspace_id": "w", "name": "n", "created_at": AT, "updated_at": AT}

    def twice() -> None:
        with any_ctx.db.begin() as tx:
            put.run_all(tx, [given, given])

    with pytest.raises(IntegrityError, match="experiments"):
        twice()
    with any_ctx.db.glance() as tx:
        assert tx.execute(select(func.count()).where(experiments.c.name == "n")).scalar() == 0


def test_what_is_written_later_is_there_for_whatever_is_asked_next(any_ctx: Context) -> None:
    put, count = Prepared(insert(events)), select(func.count()).where(events.c.kind == "k.100%")
    counted = Prepared(select(func.count()).where(events.c.kind == bindparam("of")))
    hard = {**EVENT, "subject": "it's \\ a; 'b' -- \u00fc\n$1", "data": {"quote": "'\\"}}
    with any_ctx.db.begin() as tx:
        put.later(tx, EVENT)
        assert tx.execute(count).scalar_one() == 1
        put.later(tx, EVENT, hard)
        assert counted.scalar(tx, {"of": "k.100%"}) == 3
        put.later(tx, *[EVENT] * 300)
        tx.begin_nested().rollback()
        put.later(tx)
    with any_ctx.db.begin() as tx:
        assert tx.execute(count).scalar_one() == 303
        last = tx.execute(select(events).where(events.c.subject == hard["subject"])).one()
        assert (last.data, last.at) == (hard["data"], AT)
    with any_ctx.db.glance() as tx:
        if any_ctx.db.dialect == "postgresql":  # it has no end that would send it
            put.later(tx, EVENT)
            assert tx.execute(count).scalar_one() == 304


def test_what_was_to_be_written_later_is_gone_with_its_transaction(any_ctx: Context) -> None:
    put = Prepared(insert(events))

    def fail() -> None:
        with any_ctx.db.begin() as tx:
            put.later(tx, EVENT)
            raise Unavailable("No.", "Yes.")

    with pytest.raises(Unavailable):
        fail()
    with any_ctx.db.begin() as tx:
        assert tx.execute(select(func.count()).where(events.c.kind == "k.100%")).scalar_one() == 0


def test_an_error_of_what_is_written_later_comes_at_the_end_and_nothing_is_kept(any_ctx: Context) -> None:
    put, given = Prepared(insert(experiments)), {"workspace_id": "w", "name": "n", "created_at": AT, "updated_at": AT}

    def twice() -> None:
        with any_ctx.db.begin() as tx:
            put.later(tx, given, given)

    with pytest.raises(IntegrityError, match="experiments"):
        twice()
    other = {**given, "name": "o"}

    def one(name: str) -> Callable[[Connection], None]:
        return lambda tx: put.later(tx, {**given, "name": name})

    errors = any_ctx.db.write_all([one("a"), one("a"), one("b")])
    assert [isinstance(error, IntegrityError) for error in errors] == [False, True, False]
    with any_ctx.db.begin() as tx:
        put.later(tx, other)
        names = tx.execute(select(experiments.c.name).where(experiments.c.workspace_id == "w")).scalars()
        assert sorted(names) == ["a", "b", "o"]


def test_a_row_that_is_added_later_is_known_at_once(any_ctx: Context) -> None:
    given = {"workspace_id": "w", "number": 77, "name": "n", "created_at": AT, "updated_at": AT}
    with any_ctx.db.begin() as tx:
        made = Prepared(insert(experiments)).add(tx, given)
        row = tx.execute(select(experiments).where(experiments.c.number == 77)).one()
    assert vars(made) == dict(row._mapping)


def test_numbers_with_a_point_are_numbers(any_ctx: Context) -> None:
    table = Table("measured", MetaData(), Column("value", Float), Column("exact", Double))
    with any_ctx.db.begin() as tx:
        table.create(tx)
        tx.execute(insert(table), [{"value": 0.5, "exact": 0.1}, {"value": None, "exact": 1e300}])
        found = Prepared(select(table).order_by(table.c.exact)).all(tx)
    assert [tuple(row) for row in found] == [(0.5, 0.1), (None, 1e300)]


def test_an_insert_that_is_there_already_changes_what_it_says(any_ctx: Context) -> None:
    put = upsert(any_ctx.db.dialect, experiments)
    given = {"workspace_id": "w", "name": "n", "created_at": AT, "updated_at": AT}
    again = Prepared(
        put.on_conflict_do_update(index_elements=["workspace_id", "name"], set_={"tags": put.excluded.tags})
    )
    with any_ctx.db.begin() as tx:
        again.run_all(tx, [{**given, "tags": {"a": "1"}}, {**given, "tags": {"a": "2"}}])
        assert tx.execute(select(experiments.c.tags).where(experiments.c.name == "n")).scalars().all() == [{"a": "2"}]


def test_glances_of_a_block_share_a_connection_and_see_what_is_committed(any_ctx: Context) -> None:
    db, count = any_ctx.db, select(func.count()).select_from(events).where(events.c.kind == "k.100%")
    with db.glances():
        with db.glance() as first:
            assert first.execute(count).scalar_one() == 0
        with db.begin() as tx:
            tx.execute(insert(events), EVENT)
        with db.glance() as second:
            assert second is first
            assert second.execute(count).scalar_one() == 1
    with db.glance() as third, db.glance() as fourth:
        assert third is not fourth


def test_a_connection_that_is_lent_again_is_as_if_it_were_new(any_ctx: Context) -> None:
    count = select(func.count()).select_from(events).where(events.c.kind == "k.100%")
    for enter in (any_ctx.db.read, any_ctx.db.glance, any_ctx.db.begin):
        with enter() as first:
            assert first.execute(count).scalar_one() == 0
        with enter() as second:
            second.execution_options(stream_results=True, yield_per=1)
        with enter() as third:
            assert "yield_per" not in third.get_execution_options()
    with any_ctx.db.begin() as tx:
        tx.execute(insert(events), EVENT)
    for enter in (any_ctx.db.read, any_ctx.db.glance):
        with enter() as tx:  # nothing of the state that the last one saw
            assert tx.execute(count).scalar_one() == 1


def test_a_statement_stays_prepared_when_a_transaction_is_taken_back(postgres_ctx: Context) -> None:
    count = Prepared(select(func.count()).select_from(events))

    def fail() -> None:
        with postgres_ctx.db.begin() as tx:
            count.scalar(tx)
            for _ in range(
                3
            ):  # the driver prepares it too, and would forget all of a session that takes something back
                tx.execute(select(func.max(events.c.id)))
            raise Unavailable("No.", "Yes.")

    for _ in range(2):
        with pytest.raises(Unavailable):
            fail()
    with postgres_ctx.db.begin() as tx:
        tx.begin_nested().rollback()
        assert count.scalar(tx) == 0


def test_statements_that_come_and_go_are_the_last_that_a_connection_keeps(
    postgres_ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studiolo.kernel.db import postgresql_driver

    monkeypatch.setattr(postgresql_driver, "_PASSING", 3)
    made = [Prepared(select(literal(n).label("n")), passing=True) for n in range(5)]
    with postgres_ctx.db.read() as tx:
        for n in (0, 1, 2, 3, 4, 0, 4):  # the first one comes again after it has gone
            assert made[n].scalar(tx) == n
        kept = tx.execute(text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%AS n'")).scalar_one()
        assert kept == 3


def test_rows_in_postgresqls_own_form_are_the_same(any_ctx: Context) -> None:
    with any_ctx.db.begin() as tx:
        Prepared(insert(events)).run(tx, EVENT)
        query = select(
            events.c.kind,
            type_coerce(events.c.at, DateTime).label("at"),
            cast(literal(b"\0\xff"), LargeBinary).label("bytes"),
        )
        query = query.where(events.c.kind == bindparam("kind"))
        plain, own = (Prepared(query, binary=binary).as_read(tx, {"kind": EVENT["kind"]}) for binary in (False, True))
    assert [tuple(row) for row in own] == [tuple(row) for row in plain]
    assert (own[0].kind, bytes(own[0].bytes)) == (EVENT["kind"], b"\0\xff")


@pytest.fixture
def postgres_ctx(postgres_studio: str, tmp_path: Path) -> Iterator[Context]:
    services = make_services(tmp_path / "home", database_url=postgres_studio)
    yield context_in(services)
    services.db.close()


def test_a_connection_that_ended_is_a_sentence_and_the_next_one_works(postgres_ctx: Context) -> None:
    ready = Prepared(select(bindparam("one", 1, type_=Integer).label("one")))
    for enter in (postgres_ctx.db.glance, postgres_ctx.db.begin):
        with enter() as tx:
            pid = tx.execute(text("select pg_backend_pid()")).scalar_one()
        with pytest.raises(Unavailable), enter() as tx:
            ready.all(tx, ended(postgres_ctx, pid))
        with enter() as tx:
            assert ready.first(tx, {}).one == 1


def test_a_connection_that_ended_while_it_rested_is_not_lent(postgres_ctx: Context) -> None:
    for enter in (postgres_ctx.db.glance, postgres_ctx.db.read, postgres_ctx.db.begin):
        with enter() as tx:
            pid = tx.execute(text("select pg_backend_pid()")).scalar_one()
            info = tx.info
        info[RESTING] -= 60
        ended(postgres_ctx, pid)
        with enter() as tx:
            assert tx.execute(text("select pg_backend_pid()")).scalar_one() != pid


def ended(ctx: Context, pid: int) -> dict[str, int]:
    """End a process of PostgreSQL; returns no values."""
    with ctx.db.engine.connect() as other:
        other.execute(text("select pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    return {}


def test_what_python_makes_for_a_column_is_made_for_each_row(any_ctx: Context) -> None:
    number = count(1)
    table = Table("made", MetaData(), Column("id", Integer, primary_key=True, default=lambda: next(number)))
    table.append_column(Column("name", Text))
    put = Prepared(insert(table))
    with any_ctx.db.begin() as tx:
        table.create(tx)
        put.run_all(tx, [{"name": "a"}, {"name": "b"}])
        put.run(tx, {"name": "c"})
        assert tx.execute(select(table.c.name).order_by(table.c.id)).scalars().all() == ["a", "b", "c"]
