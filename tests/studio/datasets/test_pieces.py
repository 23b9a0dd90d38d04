"""Rows from further down a text, and the one engine that a look shares."""

from pathlib import Path

import pytest

from studiolo.studio.datasets.reading import engine, pieces
from studiolo.studio.datasets.reading.dialect import Dialect


def taken(tmp_path: Path, *texts: bytes, fields: int = 2, delimiter: str = ",") -> bytes | None:
    path = pieces.rows(list(texts), Dialect(delimiter), fields, tmp_path / "further.txt")
    return None if path is None else path.read_bytes()


def test_lines_without_quotes_are_rows_as_they_are(tmp_path: Path) -> None:
    assert taken(tmp_path, b"1,K\xc3\xb6ln\n\n2,x,y\n3, z\n", b"4,\n") == "1,Köln\n3, z\n4,\n".encode()
    assert taken(tmp_path, b"\n\nx\n", fields=1) == b"x\n"
    assert taken(tmp_path, b"1;2;3\n", delimiter=";") is None


def test_lines_with_quotes_are_split_as_csv(tmp_path: Path) -> None:
    assert taken(tmp_path, b'1,"a, b"\n2,"two\nlines"\n3,c,d\n') == b'1,"a, b"\n2,"two\nlines"\n'
    assert taken(tmp_path, b"1,2\r\n3,4\r\n") == b"1,2\n3,4\n"


def test_both_ways_of_splitting_say_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = b"".join(b"%d,%d\n" % (i, i * i) for i in range(7000))
    quick = taken(tmp_path, text)
    monkeypatch.setattr(pieces, "_plain", None)
    assert taken(tmp_path, text.replace(b"0,0\n", b'"0",0\n', 1)) == quick


def test_within_a_look_one_engine_is_opened(tmp_path: Path) -> None:
    with engine.opened_once(tmp_path):
        with engine.connect(threads=1, memory="200MB") as first:
            first.execute("CREATE TABLE here AS SELECT 1 AS n")
            assert first.execute("SELECT current_setting('threads')").fetchall() == [(1,)]
        with engine.connect(threads=2) as second:  # a second engine would not know the table
            assert second.execute("SELECT n, current_setting('threads') FROM here").fetchall() == [(1, 2)]
            assert second.execute("SELECT current_setting('TimeZone')").fetchall() == [("UTC",)]
    with engine.connect() as apart:
        assert apart.execute("SELECT count(*) FROM duckdb_tables()").fetchall() == [(0,)]
