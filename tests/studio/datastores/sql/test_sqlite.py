import sqlite3
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest

from studiolo.studio.datastores.errors import QueryFailed, StoreError, StoreReadOnly, ValueUnfit
from studiolo.testing.databases.checks import DatabaseChecks, DatabasePlace


class TestSqlite(DatabaseChecks):
    """On files."""

    kind = "sqlite"
    far = 100_000
    series = "WITH RECURSIVE s(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM s WHERE n < {rows}) SELECT n, 'row ' || n AS t FROM s"
    endless = "WITH RECURSIVE s(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM s) SELECT count(*) FROM s"

    @pytest.fixture
    def place(self, tmp_path: Path) -> DatabasePlace:
        path = tmp_path / "shop.db"
        with closing(sqlite3.connect(path)) as made:
            made.execute("VACUUM")
        return DatabasePlace({"path": str(path)}, "main", nowhere={"path": str(tmp_path / "not-there.db")})

    def execute(self, place: DatabasePlace, *statements: str) -> None:
        with closing(sqlite3.connect(place.config["path"])) as admin, admin:
            for statement in statements:
                admin.execute(statement)

    def exact(self) -> tuple[list[str], str, pa.Table]:
        statements = [
            "CREATE TABLE exact (ordinal INTEGER, big INTEGER, number REAL, both NUMERIC, word TEXT, mixed, raw BLOB, empty)",
            "INSERT INTO exact VALUES (1, 9007199254740993, 0.1, 1, 'a', 1, x'00ff', NULL), (2, NULL, -1e300, 0.5, '', 'b', NULL, NULL)",
        ]
        table = pa.table(
            {
                "big": pa.array([9007199254740993, None], pa.int64()),
                "number": pa.array([0.1, -1e300], pa.float64()),
                "both": pa.array([1.0, 0.5], pa.float64()),
                "word": pa.array(["a", ""], pa.string()),
                "mixed": pa.array(["1", "b"], pa.string()),
                "raw": pa.array([b"\x00\xff", None], pa.binary()),
                "empty": pa.array([None, None], pa.string()),
            }
        )
        return statements, f"SELECT {', '.join(table.column_names)} FROM exact ORDER BY ordinal", table

    def test_numbers_that_would_be_rounded_are_said(self, place: DatabasePlace, table: str) -> None:
        self.execute(place, f"CREATE TABLE {table} (v)", f"INSERT INTO {table} VALUES (9007199254740993), (0.5)")
        with pytest.raises(ValueUnfit, match="'v' mixes"):
            self.rows(self.open(place), f"SELECT v FROM {table}")

    @pytest.mark.parametrize(
        "query",
        [
            "ATTACH '/etc/passwd' AS x",
            "PRAGMA writable_schema = 1",
            "SELECT load_extension('x')",
            "SELECT * FROM pragma_database_list",
            "VACUUM INTO '{other}'",
        ],
    )
    def test_no_other_door_is_open(self, place: DatabasePlace, tmp_path: Path, query: str) -> None:
        other = tmp_path / "copy.db"
        with pytest.raises(StoreError):
            self.rows(self.open(place), query.format(other=other))
        assert not other.exists()

    def test_a_value_is_no_longer_than_it_may_be(self, place: DatabasePlace) -> None:
        with pytest.raises((QueryFailed, StoreError)):
            self.rows(self.open(place), "SELECT zeroblob(1000000000) AS b")

    def test_a_file_that_is_no_database_is_said(self, place: DatabasePlace, tmp_path: Path) -> None:
        other = tmp_path / "text.db"
        other.write_text("not a database at all, but long enough to have a header" * 10)
        found = self.open(place, config={"path": str(other)}).check()
        assert (found.ok, found.code) == (False, "datastores.container_missing")
        assert "no SQLite database" in found.cause

    def test_the_studio_itself_is_barred(self, place: DatabasePlace, tmp_path: Path) -> None:
        from studiolo.studio.datastores import opening
        from studiolo.studio.datastores.spec import Surroundings

        link = tmp_path / "link.db"
        link.symlink_to(place.config["path"])
        about = Surroundings(barred=(tmp_path,))
        outside = opening.open_database("x", "sqlite", "none", {"path": str(link)}, {}, about)
        assert outside.check().code == "datastores.denied"

    def test_the_file_is_opened_for_reading_alone(self, place: DatabasePlace, table: str) -> None:
        self.execute(place, f"CREATE TABLE {table} (n)")
        Path(place.config["path"]).chmod(0o444)
        assert self.rows(self.open(place), f"SELECT * FROM {table}").num_rows == 0
        database = self.open(place, read_only=True)
        with pytest.raises(StoreReadOnly):
            database.write(table, pa.table({"n": [1]}).to_reader(), "append")
