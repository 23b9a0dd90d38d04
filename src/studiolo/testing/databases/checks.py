"""What every kind of database keeps: subclass `DatabaseChecks`, give it a place, and a new kind gets all these tests."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from studiolo.kernel.ids import new_id
from studiolo.studio.datastores import opening
from studiolo.studio.datastores.errors import (
    DatabaseMissing,
    QueryFailed,
    QueryRefused,
    QueryTooSlow,
    StoreError,
    StoreReadOnly,
    StoreUnreachable,
    TableExists,
    TableNotFound,
    WrongCredential,
)
from studiolo.studio.datastores.ports import Database
from studiolo.studio.datastores.spec import Surroundings
from studiolo.testing.stores.proxy import proxy
from studiolo.testing.stores.servers import free_port
from studiolo.testing.stores.sources import peak

if TYPE_CHECKING:
    import pyarrow as pa

TABLES = 100
MILLION = 1_000_000
ODD = 'odd "näme" `of` [a] 表'
TEXTS = ["", "a", None, "quo\"te's", "line\nbreak\r\n", "tab\t,;|", "日本語 🦄", "\\N", "NULL", "%s ? $1"]


@dataclass
class DatabasePlace:
    """Where a kind is tried. schema: that tables are made in; wrong: credentials that are not accepted.

    nowhere: settings of a database that is not there; through: the settings that lead to another port of the loopback.
    """

    config: dict[str, Any]
    schema: str
    auth: str = "none"
    credentials: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, str] | None = None
    nowhere: dict[str, Any] | None = None
    port: int | None = None
    through: Callable[[int], dict[str, Any]] | None = None


class DatabaseChecks:
    """Set `kind`, `series` and `endless`; give the fixture `place`, `execute`, and `exact` for the kind's own types."""

    kind: ClassVar[str]
    series: ClassVar[str]  # a query of {rows} rows: `n` from 1 on, and `t`, a text that begins with "row "
    endless: ClassVar[str]  # a query that computes for ever before its first row
    far: ClassVar[int] = 20 * MILLION  # rows of a query of which few are taken
    grows: ClassVar[int] = 200 << 20  # bytes that this process may grow by while a million rows pass

    @pytest.fixture
    def place(self) -> DatabasePlace:
        """Return where it is tried."""
        raise NotImplementedError

    def execute(self, place: DatabasePlace, *statements: str) -> None:
        """Run statements as somebody who may do anything."""
        raise NotImplementedError

    def exact(self) -> "tuple[list[str], str, pa.Table]":
        """Return statements that make values of all types, the query that reads them, and the table that it must give."""
        raise NotImplementedError

    def running(self, place: DatabasePlace) -> int | None:
        """Return how many statements of ours the server works on, None where that cannot be asked."""
        return None

    def open(
        self,
        place: DatabasePlace,
        *,
        config: Mapping[str, Any] | None = None,
        credentials: Mapping[str, str] | None = None,
        read_only: bool = False,
        seconds: float = 20,
        query_seconds: float = 120,
    ) -> Database:
        """Open the database of a place, as a job does."""
        return opening.open_database(
            "checked",
            self.kind,
            place.auth,
            {**place.config, **(config or {})},
            place.credentials if credentials is None else credentials,
            Surroundings(seconds=seconds, query_seconds=query_seconds),
            read_only=read_only,
        )

    @pytest.fixture
    def database(self, place: DatabasePlace) -> Iterator[Database]:
        """The opened database."""
        found = self.open(place)
        yield found
        found.close()

    @pytest.fixture
    def table(self) -> str:
        """A name of this test alone."""
        return f"t{new_id()[-12:]}"

    def rows(self, database: Database, query: str) -> "pa.Table":
        """Read a query whole."""
        import pyarrow as pa

        with database.read(query) as batches:
            return pa.Table.from_batches(list(batches), batches.schema)

    # the connection

    def test_a_connection_that_works_says_so(self, database: Database) -> None:
        found = database.check()
        assert (found.ok, found.cause) == (True, "")
        assert found.milliseconds > 0

    def test_a_wrong_credential_is_named_and_not_repeated(self, place: DatabasePlace) -> None:
        if place.wrong is None:
            pytest.skip("this kind has no credential")
        found = self.open(place, credentials=place.wrong).check()
        assert (found.ok, found.code) == (False, WrongCredential.code), found
        assert not any(secret in f"{found.cause} {found.hint}" for secret in place.wrong.values())

    def test_a_database_that_is_not_there_is_named(self, place: DatabasePlace) -> None:
        assert place.nowhere is not None
        found = self.open(place, config=place.nowhere).check()
        assert (found.ok, found.code) == (False, DatabaseMissing.code), found

    def test_a_server_that_is_not_there_is_told_from_a_host_that_is_not_known(self, place: DatabasePlace) -> None:
        if place.through is None:
            pytest.skip("this kind has no server")
        refused = self.open(place, config=place.through(free_port())).check()
        assert (refused.ok, refused.code) == (False, "datastores.refused"), refused
        unknown = self.open(place, config={"host": "no-such-host.invalid"}).check()
        assert (unknown.ok, unknown.code) == (False, "datastores.host_not_found"), unknown

    # what is there

    def test_a_hundred_tables_come_in_pages(self, place: DatabasePlace, database: Database, table: str) -> None:
        names = [f"{table}_{number:03}" for number in range(TABLES)]
        self.execute(place, *(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, word VARCHAR(20))" for name in names))
        assert place.schema in database.schemas()
        found: list[str] = []
        after = ""
        while page := database.tables(place.schema, after, 40):
            found += [one.name for one in page]
            assert all(one.kind == "table" for one in page if one.name.startswith(table))
            after = page[-1].name
        assert [name for name in found if name.startswith(table)] == names
        assert found == sorted(found)

    def test_columns_say_type_and_key(self, place: DatabasePlace, database: Database, table: str) -> None:
        self.execute(
            place,
            f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, word VARCHAR(20) NOT NULL, price DECIMAL(10,2))",
            f"CREATE VIEW {table}_seen AS SELECT id, word FROM {table}",
        )
        found = {column.name: column for column in database.columns(place.schema, table)}
        assert list(found) == ["id", "word", "price"]
        assert [found[name].key for name in found] == [True, False, False]
        assert (found["word"].nullable, found["price"].nullable) == (False, True)
        assert "10" in found["price"].type
        kinds = {one.name: one.kind for one in database.tables(place.schema, table[:-1], 1000)}
        assert (kinds[table], kinds[f"{table}_seen"]) == ("table", "view")
        with pytest.raises(TableNotFound):
            database.columns(place.schema, f"{table}_not")

    def test_odd_names_are_quoted(self, place: DatabasePlace, database: Database) -> None:
        name = f"{ODD} {new_id()[-6:]}"
        import pyarrow as pa

        database.write(f"{place.schema}.{name}", pa.table({ODD: [1]}).to_reader(), "create")
        assert [column.name for column in database.columns(place.schema, name)] == [ODD]
        assert self.rows(database, f"SELECT * FROM {database.quoted(place.schema, name)}").to_pydict() == {ODD: [1]}

    # reading

    def test_values_are_exact(self, place: DatabasePlace, database: Database) -> None:
        statements, query, expected = self.exact()
        self.execute(place, *statements)
        found = self.rows(database, query)
        assert found.schema.names == expected.schema.names
        for name in expected.schema.names:
            assert found.schema.field(name).type == expected.schema.field(name).type, name
            assert found[name].to_pylist() == expected[name].to_pylist(), name

    def test_texts_come_as_they_are(self, database: Database, table: str, place: DatabasePlace) -> None:
        import pyarrow as pa

        made = pa.table({"n": list(range(len(TEXTS))), "t": TEXTS})
        database.write(f"{place.schema}.{table}", made.to_reader(), "create")
        found = self.rows(database, f"SELECT * FROM {database.quoted(place.schema, table)} ORDER BY n")
        assert found["t"].to_pylist() == TEXTS
        alone = self.rows(database, f"SELECT t FROM {database.quoted(place.schema, table)} ORDER BY n")
        assert alone["t"].to_pylist() == TEXTS

    def test_no_rows_have_their_columns(self, database: Database) -> None:
        found = self.rows(database, f"SELECT * FROM ({self.series.format(rows=3)}) q WHERE n < 0")
        assert (found.num_rows, found.schema.names) == (0, ["n", "t"])
        assert database.head(f"SELECT * FROM ({self.series.format(rows=3)}) q WHERE n < 0", 10).num_rows == 0

    def test_a_million_rows_pass_in_bounded_memory(self, database: Database) -> None:
        import pyarrow.compute as pc

        count = total = biggest = 0
        with peak() as grown, database.read(self.series.format(rows=MILLION), batch_rows=20_000) as batches:
            for batch in batches:
                count += batch.num_rows
                total += pc.sum(batch.column(0)).as_py()
                biggest = max(biggest, batch.num_rows)
        assert (count, total) == (MILLION, MILLION * (MILLION + 1) // 2)
        assert biggest <= 20_000
        assert grown() < self.grows, f"it grew by {grown() >> 20} MiB"

    def test_a_head_is_taken_at_once_and_the_rest_is_stopped(self, place: DatabasePlace, database: Database) -> None:
        begun = time.monotonic()
        found = database.head(self.series.format(rows=self.far), 100)
        assert (found.num_rows, found["n"].to_pylist()) == (100, list(range(1, 101)))
        assert time.monotonic() - begun < 15
        assert self._idle(place)

    def test_a_reader_that_goes_away_stops_the_query(self, place: DatabasePlace, database: Database) -> None:
        with database.read(self.series.format(rows=self.far), batch_rows=100) as batches:
            assert next(iter(batches)).num_rows == 100
        assert self._idle(place)

    def _idle(self, place: DatabasePlace) -> bool:
        deadline = time.monotonic() + 10
        while self.running(place):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def test_a_statement_that_never_ends_is_stopped(self, place: DatabasePlace) -> None:
        database, begun = self.open(place, query_seconds=1), time.monotonic()
        with pytest.raises(QueryTooSlow):
            self.rows(database, self.endless)
        assert time.monotonic() - begun < 10
        assert self._idle(place)

    def test_what_the_database_does_not_understand_it_says(self, database: Database) -> None:
        with pytest.raises(QueryFailed, match="no_such_column") as caught:
            self.rows(database, f"SELECT no_such_column FROM ({self.series.format(rows=3)}) q")
        assert caught.value.field == "query"

    # writing

    @pytest.mark.parametrize(
        "statement",
        [
            "DELETE FROM {table}",
            "DROP TABLE {table}",
            "INSERT INTO {table} VALUES (2, 'x')",
            "SELECT 1; DROP TABLE {table}",
            "/* only looking */ TRUNCATE TABLE {table}",
            "CREATE TABLE {table}_new AS SELECT 1 AS a",
            "",
            "-- nothing",
        ],
    )
    def test_a_query_writes_nothing(self, place: DatabasePlace, database: Database, table: str, statement: str) -> None:
        self.execute(
            place, f"CREATE TABLE {table} (id INTEGER, word VARCHAR(20))", f"INSERT INTO {table} VALUES (1, 'a')"
        )
        with pytest.raises((QueryRefused, StoreReadOnly, QueryFailed)):
            self.rows(database, statement.format(table=table))
        assert self.rows(database, f"SELECT * FROM {table}").num_rows == 1
        assert f"{table}_new" not in {one.name for one in database.tables(place.schema, table)}

    def test_rows_are_written_and_come_back(self, place: DatabasePlace, database: Database, table: str) -> None:
        import pyarrow as pa

        name, query = f"{place.schema}.{table}", f"SELECT * FROM {database.quoted(place.schema, table)} ORDER BY n"
        first = pa.table({"n": pa.array(range(3000), pa.int64()), "x": [i / 7 for i in range(3000)]})
        assert database.write(name, first.to_reader(1000), "create") == 3000
        assert self.rows(database, query).to_pydict() == first.to_pydict()
        with pytest.raises(TableExists):
            database.write(name, first.to_reader(), "create")
        more = pa.table({"n": pa.array([5000], pa.int64()), "x": [None]}, schema=first.schema)
        assert database.write(name, more.to_reader(), "append") == 1
        assert self.rows(database, query).num_rows == 3001
        assert database.write(name, more.to_reader(), "replace") == 1
        assert self.rows(database, query).to_pydict() == more.to_pydict()
        with pytest.raises(TableNotFound):
            database.write(f"{name}_not", more.to_reader(), "append")

    def test_rows_that_break_off_leave_the_old_table(
        self, place: DatabasePlace, database: Database, table: str
    ) -> None:
        import pyarrow as pa

        old = pa.table({"n": [1, 2]})
        database.write(f"{place.schema}.{table}", old.to_reader(), "create")

        def broken() -> "Iterator[pa.RecordBatch]":
            yield pa.record_batch({"n": [3]})
            raise StoreError("The source broke off.")

        for mode in ("append", "replace"):
            reader = pa.RecordBatchReader.from_batches(old.schema, broken())
            with pytest.raises(StoreError, match="broke off"):
                database.write(f"{place.schema}.{table}", reader, mode)
            found = self.rows(database, f"SELECT n FROM {database.quoted(place.schema, table)} ORDER BY n")
            assert found.to_pydict() == {"n": [1, 2]}
        assert [one.name for one in database.tables(place.schema, table[:-1]) if table in one.name] == [table]

    def test_a_read_only_database_takes_nothing(self, place: DatabasePlace, table: str) -> None:
        import pyarrow as pa

        database = self.open(place, read_only=True)
        with pytest.raises(StoreReadOnly):
            database.write(f"{place.schema}.{table}", pa.table({"n": [1]}).to_reader(), "create")
        with pytest.raises(TableNotFound):
            database.columns(place.schema, table)

    # what breaks

    def test_a_server_that_stops_half_way_is_an_error(self, place: DatabasePlace) -> None:
        if place.through is None or place.port is None:
            pytest.skip("this kind has no server")
        with proxy("127.0.0.1", place.port) as between:
            database = self.open(place, config=place.through(between.port), seconds=5)
            assert database.check().ok
            between.cut_after(2 << 20)
            with pytest.raises(StoreUnreachable) as caught, database.read(self.series.format(rows=MILLION)) as batches:
                for _ in batches:
                    pass
        assert not any(secret in str(caught.value) for secret in place.credentials.values())

    def test_a_server_that_does_not_answer_is_given_up(self, place: DatabasePlace) -> None:
        if place.through is None:
            pytest.skip("this kind has no server")
        import socket

        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            begun = time.monotonic()
            found = self.open(place, config=place.through(port), seconds=2).check()
            assert (found.ok, found.code) == (False, "datastores.timeout"), found
            assert time.monotonic() - begun < 10
