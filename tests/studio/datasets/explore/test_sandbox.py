"""SQL that tries to get out, to get in, or to take everything: data.md's list, each refused or contained in bounded time.

The child is also asked without the look at the statement (`trusted`), so that the lock holds by itself.
"""

import io
import json
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.kernel.ids import new_id
from studiolo.studio.datasets import children
from studiolo.studio.datasets.explore import queries
from studiolo.studio.datasets.explore.errors import (
    SqlInvalid,
    SqlNotAQuestion,
    SqlTimeout,
    SqlTooMuchMemory,
)

MEMORY = 1 << 30
SECONDS = 2.0
SECRET = "canary-b1f7c2"


class Peak:
    """The most memory that a child held, as the watcher saw it."""

    def __init__(self) -> None:
        self.bytes = 0

    def __call__(self, pid: int) -> int:
        held = REAL(pid)
        self.bytes = max(self.bytes, held)
        return held


REAL = children.resident


def run(
    ctx: Context, query: str, folder: Path, *, trusted: bool = False, seconds: float = SECONDS, rows: int = 1000
) -> tuple[queries.Done, Any]:
    import pyarrow as pa

    target = io.BytesIO()
    limits = queries.Limits(seconds=seconds, rows=rows, size=8 << 20, memory=MEMORY)
    done = queries.run(ctx, query, new_id(), lambda _: [], limits, target, folder, trusted=trusted)
    return done, pa.ipc.open_stream(target.getvalue()).read_all()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "work"
    found.mkdir()
    (tmp_path / "secret.csv").write_text(f"a,b\n1,{SECRET}\n")
    return found


ESCAPES = {
    "read_csv": "SELECT * FROM read_csv('{secret}')",
    "a bare file": "SELECT * FROM '{secret}'",
    "sniff_csv": "SELECT * FROM sniff_csv('{secret}')",
    "read_text": "SELECT * FROM read_text('{secret}')",
    "read_blob": "SELECT * FROM read_blob('{secret}')",
    "glob": "SELECT * FROM glob('{folder}/*')",
    "read_parquet": "SELECT * FROM read_parquet('{secret}')",
    "parquet_metadata": "SELECT * FROM parquet_metadata('{secret}')",
    "read_json": "SELECT * FROM read_json('{secret}')",
    "http": "SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')",
    "https": "SELECT * FROM 'https://127.0.0.1:9/x.parquet'",
    "s3": "SELECT * FROM 's3://bucket/x.parquet'",
    "attach": "ATTACH '{folder}/new.db'",
    "copy to": "COPY (SELECT 1) TO '{folder}/out.csv'",
    "copy to the terminal": "COPY (SELECT 1) TO '/dev/stdout'",
    "copy from": "CREATE TABLE t (a INT, b VARCHAR); COPY t FROM '{secret}'",
    "export": "EXPORT DATABASE '{folder}/out'",
    "import": "IMPORT DATABASE '{folder}'",
    "install": "INSTALL httpfs",
    "force install": "FORCE INSTALL httpfs",
    "load": "LOAD httpfs",
    "load a path": "LOAD '{folder}/x.duckdb_extension'",
    "set external access": "SET enable_external_access = true",
    "set the lock": "SET lock_configuration = false",
    "reset": "RESET enable_external_access",
    "set memory": "SET memory_limit = '100GB'",
    "set threads": "SET threads = 64",
    "set temp directory": "SET temp_directory = '{folder}'",
    "set home": "SET home_directory = '{folder}'",
    "pragma": "PRAGMA memory_limit='100GB'",
    "profiling to a file": "PRAGMA profiling_output='{folder}/profile.json'",
    "logging to a file": "CALL enable_logging(storage='file', storage_config={{'path': '{folder}/log'}})",
    "persistent secret": "CREATE PERSISTENT SECRET s (TYPE http, BEARER_TOKEN 'x')",
    "getenv": "SELECT getenv('PATH')",
    "a variable of the caller": "SELECT * FROM told",
}


ASKED = ("read_csv", "a bare file", "http", "copy to", "attach", "set the lock", "a variable of the caller")


@pytest.mark.parametrize("name", ASKED)
def test_an_escape_is_refused(ctx: Context, folder: Path, name: str) -> None:
    query = ESCAPES[name].format(secret=folder.parent / "secret.csv", folder=folder)
    with pytest.raises((SqlInvalid, SqlNotAQuestion)) as refused:
        run(ctx, query, folder)
    assert SECRET not in str(refused.value)
    assert list(folder.iterdir()) == [], "nothing is written"


LOCKED = """
import json, sys, duckdb
from studiolo.studio.datasets.explore import lockdown
isolated = lockdown.isolate()
lockdown.bound(60)
connection = duckdb.connect(":memory:")
lockdown.lock(connection, 1 << 30)
told, found = [1, 2], {}
for name, query in json.load(sys.stdin).items():
    try:
        found[name] = str(connection.execute(query).fetchall())
    except Exception as error:
        found[name] = "refused: " + str(error)
print(json.dumps(found))
"""


def test_every_escape_is_refused_by_the_lock_alone(folder: Path) -> None:
    """Without the look at the kind of statement, in one process."""
    queries_ = {name: text.format(secret=folder.parent / "secret.csv", folder=folder) for name, text in ESCAPES.items()}
    command = [sys.executable, "-c", LOCKED]
    done = subprocess.run(command, input=json.dumps(queries_), capture_output=True, text=True, cwd=folder, check=True)
    found = json.loads(done.stdout)
    assert {name: said for name, said in found.items() if not said.startswith("refused")} == {}
    assert SECRET not in done.stdout
    assert list(folder.iterdir()) == [], "nothing is written"


@pytest.mark.parametrize(
    "query",
    ["SELECT 1; SELECT 2", "SELECT 1; DROP TABLE x", "CREATE TABLE t AS SELECT 1", "INSERT INTO t VALUES (1)",
     "DELETE FROM t", "UPDATE t SET a = 1", "CREATE MACRO f() AS 1", "CALL pragma_version()", "CHECKPOINT",
     "PREPARE p AS SELECT 1", "EXECUTE p", "ATTACH ':memory:' AS m", "BEGIN", "VACUUM", "", "-- nothing", ";"],
)  # fmt: skip
def test_only_one_question_is_answered(ctx: Context, folder: Path, query: str) -> None:
    with pytest.raises((SqlNotAQuestion, SqlInvalid)):
        run(ctx, query, folder)


@pytest.mark.parametrize(
    "query",
    ["SELECT * FROM arrow_scan(1, 2, 3)", 'SELECT * FROM "ARROW_SCAN"(1::POINTER, 2::POINTER, 3::POINTER)',
     "SELECT * FROM pandas_scan(1)", "SELECT * FROM query('SELECT 1')", "SELECT (SELECT x FROM query('select 1 as x'))",
     "WITH a AS (FROM query_table('x')) SELECT 1", "SUMMARIZE FROM query('SELECT 1')"],
)  # fmt: skip
def test_functions_that_take_addresses_or_texts_to_run_are_refused(ctx: Context, folder: Path, query: str) -> None:
    with pytest.raises(SqlNotAQuestion, match="not available"):
        run(ctx, query, folder)


@pytest.mark.parametrize(
    ("query", "value"),
    [("SELECT 1 -- a comment", 1), ("/* first */ SELECT 2 /* last */;", 2), ("SELECT ';' = ';'", True),
     ("FROM range(3) SELECT count(*)", 3), ("WITH a AS (SELECT 4 AS x) SELECT x FROM a", 4), ("VALUES (5)", 5),
     ("SELECT '--' || '/*'", "--/*"), ("(SELECT 6)", 6)],
)  # fmt: skip
def test_comments_and_other_forms_of_a_question(ctx: Context, folder: Path, query: str, value: Any) -> None:
    assert run(ctx, query, folder)[1].column(0)[0].as_py() == value


def test_the_settings_tell_nothing_of_this_machine(ctx: Context, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIOLO_TOKEN", SECRET)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    _, table = run(ctx, "SELECT name, value FROM duckdb_settings()", folder)
    values = dict(zip(*(column.to_pylist() for column in table.columns), strict=True))
    text = " ".join(map(str, values.values()))
    assert SECRET not in text
    assert str(ctx.settings.home) not in text
    assert str(folder) not in text
    assert f"{Path.home()}/" not in text
    for name in ("home_directory", "secret_directory", "extension_directory"):
        assert values.get(name, "") in ("/dev/null/nowhere", ""), name


def test_the_environment_of_the_child_holds_no_secret(
    folder: Path, monkeypatch: pytest.MonkeyPatch, ctx: Context
) -> None:  # fmt: skip
    monkeypatch.setenv("STUDIOLO_TOKEN", SECRET)
    seen: list[bytes] = []

    def look(_: list[str]) -> list[dict[str, Any]]:
        for path in Path("/proc").glob("[0-9]*/environ"):
            try:
                if (path.parent / "comm").read_text().strip() == "sql_process":
                    seen.append(path.read_bytes())
            except OSError:
                continue
        return []

    children.FORKS.close()  # the next one starts with the secrets about
    limits = queries.Limits(SECONDS, 10, 1 << 20, MEMORY)
    queries.run(ctx, "SELECT 1", new_id(), look, limits, io.BytesIO(), folder)
    assert seen
    assert all(SECRET.encode() not in environment for environment in seen)


BOMBS = {
    "distinct": "SELECT count(DISTINCT repeat('x', 1000) || i) FROM range(100000000) t(i)",
    "string_agg": "SELECT string_agg(repeat('x', 1000), ',') FROM range(100000000)",
    "list": "SELECT list(i) FROM range(2000000000) t(i)",
    "a text of 4 GB": "SELECT repeat('x', 4000000000)",
    "a text of 1 GB": "SELECT length(repeat('x', 1000000000))",
    "a list of 2e9": "SELECT len(range(2000000000))",
    "a list of 2e8": "SELECT len(range(200000000))",
    "cross join": "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE hash(a.range, b.range) = 1",
    "recursion": "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t",
    "regex": "SELECT regexp_matches(repeat('a', 100000) || 'b', '(a+)+$')",
    "parentheses": "SELECT " + "(" * 5000 + "1" + ")" * 5000,
    "sort": "SELECT * FROM range(1000000000) t(i) ORDER BY hash(i)",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_contained(ctx: Context, folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    peak = Peak()
    monkeypatch.setattr(children, "resident", peak)
    began = time.monotonic()
    with suppress(SqlInvalid, SqlTimeout, SqlTooMuchMemory):  # contained: some of them are even answered
        run(ctx, BOMBS[name], folder)
    assert time.monotonic() - began < SECONDS + 2
    assert peak.bytes < MEMORY * 1.1
    assert list(folder.iterdir()) == [], "nothing is spilled to the disk"


def test_a_thousand_million_rows_are_cut(ctx: Context, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    peak = Peak()
    monkeypatch.setattr(children, "resident", peak)
    done, table = run(ctx, "SELECT * FROM range(1000000000)", folder, rows=1000)
    assert (done.rows, done.cut, table.num_rows) == (1000, True, 1000)
    assert peak.bytes < MEMORY
    done, table = run(ctx, "SELECT repeat('x', 10000) AS s FROM range(10000)", folder, seconds=10)
    assert done.cut
    assert 0 < table.nbytes <= 9 << 20, "bytes are counted as rows are"


def test_a_query_that_never_ends_is_stopped_by_whoever_asked(ctx: Context, folder: Path) -> None:
    import threading

    query_id = new_id()
    limits = queries.Limits(60, 10, 1 << 20, MEMORY)
    caught: list[BaseException] = []

    def ask() -> None:
        try:
            query = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t"
            queries.run(ctx, query, query_id, lambda _: [], limits, io.BytesIO(), folder)
        except StudioloError as error:
            caught.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    until = time.monotonic() + 20
    while not queries.cancel(ctx, query_id) and time.monotonic() < until:
        time.sleep(0.05)
    asking.join(10)
    assert not asking.is_alive()
    assert [error.code for error in caught] == ["datasets.sql_cancelled"]  # type: ignore[attr-defined]
    assert not queries.cancel(ctx, query_id)


ODD = {
    "decimals": "SELECT 12345678901234567890.123456789::DECIMAL(38,9)",
    "hugeint": "SELECT 170141183460469231731687303715884105727::HUGEINT",
    "spans": "SELECT INTERVAL '14 months 3 days 4.5 seconds'",
    "bytes": "SELECT '\\x00\\xFF'::BLOB",
    "record": "SELECT {'a': 1, 'b': [1, 2, NULL]}",
    "pairs": "SELECT MAP {'k': 1}",
    "either": "SELECT union_value(n := 2)::UNION(n INTEGER, s VARCHAR)",
    "dates": "SELECT [DATE '2024-02-29']",
    "choice": "SELECT 'a'::ENUM('a', 'b')",
    "uuid": "SELECT '6ba7b810-9dad-11d1-80b4-00c04fd430c8'::UUID",
    "clock": "SELECT TIME '12:34:56.789'",
    "zoned": "SELECT TIMESTAMPTZ '2024-01-01 00:00:00+02'",
    "missing": "SELECT NULL",
    "endless": "SELECT 'inf'::DOUBLE",
}
SHOWN = {
    "decimals": '"12345678901234567890.123456789"',
    "hugeint": '"170141183460469231731687303715884105727"',
    "spans": '"14 months 3 days 0:00:04.500000"',
    "bytes": '"0x00ff"',
    "record": r'"{\"a\": 1, \"b\": [1, 2, null]}"',
    "pairs": r'"[[\"k\", 1]]"',
    "either": "2",
    "dates": r'"[\"2024-02-29\"]"',
    "choice": '"a"',
    "uuid": '"6ba7b810-9dad-11d1-80b4-00c04fd430c8"',
    "clock": '"12:34:56.789000"',
    "zoned": '"2023-12-31T22:00:00+00:00"',
    "endless": '"inf"',
}


def test_values_of_any_type_come_back_and_can_be_shown(ctx: Context, folder: Path) -> None:
    import orjson

    from studiolo.studio.datasets.explore.cells import shown

    parts = [f"({query}) AS {name}" for name, query in ODD.items()]
    _, table = run(ctx, f"SELECT {', '.join(parts)}", folder, seconds=10)
    texts = {name: orjson.dumps(shown(table.column(name)[0].as_py())).decode() for name in ODD}
    assert texts.pop("missing") == "null"
    assert texts == SHOWN


def test_columns_of_one_name_are_told_apart(ctx: Context, folder: Path) -> None:
    _, table = run(ctx, "SELECT 1 AS v, 2 AS v, 3 AS V", folder)
    assert table.column_names == ["v", "v_2", "V_3"]


def test_an_error_says_where(ctx: Context, folder: Path) -> None:
    with pytest.raises(SqlInvalid) as found:
        run(ctx, "SELECT 1 +\nFROM", folder)
    assert isinstance(found.value.extra.get("position"), int)
    with pytest.raises(SqlInvalid, match="nowhere") as missing:
        run(ctx, "SELECT * FROM nowhere", folder)
    assert "LINE" not in missing.value.detail.splitlines()[0]


def test_only_so_many_run_at_once(ctx: Context, folder: Path) -> None:
    from studiolo.studio.datasets.explore.errors import SqlBusy

    limits = queries.Limits(30, 10, 1 << 20, MEMORY)

    def nested(depth: int) -> None:
        def tables(_: list[str]) -> list[dict[str, Any]]:
            nested(depth + 1)
            return []

        queries.run(ctx, "SELECT 1", new_id(), tables, limits, io.BytesIO(), folder)

    with pytest.raises(SqlBusy, match="2 of your queries"):
        nested(1)
    queries.run(ctx, "SELECT 1", new_id(), lambda _: [], limits, io.BytesIO(), folder)  # their places are free again
