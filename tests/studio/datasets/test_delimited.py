"""Delimited text: what is found out by itself, and how bad files are refused."""

import resource
from pathlib import Path
from typing import Any

import pytest

from studiolo.studio.datasets import errors, looking, table_file
from studiolo.studio.datasets.formats.base import Inspected, Source
from studiolo.studio.datasets.schemas import ReadOptions
from studiolo.studio.datasets.table_file import TableInput


@pytest.fixture
def look(tmp_path: Path) -> Any:
    """Write bytes as a file and inspect it."""
    count = iter(range(100))

    def inspect(data: bytes | str, name: str = "table.csv", **options: Any) -> Inspected:
        folder = tmp_path / f"look{next(count)}"
        work = folder / "work"
        work.mkdir(parents=True)
        path = folder / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return looking.inspect(Source(path, name, work, ReadOptions(**options), line_limit=1 << 20))

    return inspect


def types(found: Inspected) -> dict[str, str]:
    return {column.name: column.type for column in found.schema.columns}


def values(path: Path, found: Inspected, tmp_path: Path) -> list[list[Any]]:
    return table_file.preview(TableInput.of(found.readable or path, found.schema), 100, tmp_path).rows


def test_types_are_inferred(look: Any) -> None:
    found = look("id,share,when,at,ok,name\n1,0.5,2024-01-31,2024-01-31 10:00:00,true,a\n2,,2024-02-01,,false,\n")
    assert types(found) == {
        "id": "integer", "share": "number", "when": "date", "at": "datetime", "ok": "boolean", "name": "text",
    }  # fmt: skip
    assert found.schema.rows == 2


def test_numbers_written_as_codes_stay_text(look: Any) -> None:
    found = look("zip,long\n01234,12345678901234567890\n98765,12345678901234567891\n")
    assert types(found) == {"zip": "text", "long": "text"}


def test_yes_and_no_keep_their_spelling(look: Any) -> None:
    assert types(look("churn,n\nyes,1\nno,2\n")) == {"churn": "text", "n": "integer"}


@pytest.mark.parametrize(
    ("text", "delimiter", "name"),
    [
        ("a;b\n1;2\n3;4\n", ";", "t.csv"),
        ("a\tb\n1\t2\n", "\t", "t.tsv"),
        ("a|b\n1|x, y\n2|z, q\n", "|", "t.txt"),
        ('a,b\n"x; y; z",1\n"p; q; r",2\n', ",", "t.csv"),
        ("a\n1\n2\n", ",", "t.csv"),
    ],
)
def test_the_delimiter_is_found(look: Any, text: str, delimiter: str, name: str) -> None:
    assert look(text, name).schema.options["delimiter"] == delimiter


def test_a_decimal_comma_is_found(look: Any, tmp_path: Path) -> None:
    found = look("a;b\n1,5;x\n2,25;y\n")
    assert types(found)["a"] == "number"
    assert found.schema.options["decimal"] == ","


def test_a_decimal_comma_leaves_codes_alone(look: Any) -> None:
    found = look("plz;wert\n01234;1,5\n98765;NA\n")
    assert types(found) == {"plz": "text", "wert": "number"}
    assert found.schema.options["missing"] == ["", "NA"]


def test_a_file_without_header_gets_numbered_names(look: Any) -> None:
    found = look("1,red\n2,blue\n3,red\n")
    assert types(found) == {"column_1": "integer", "column_2": "text"}
    assert found.schema.rows == 3


def test_the_owner_decides_about_the_header(look: Any) -> None:
    assert look("red,blue\nx,y\n", header=False).schema.rows == 2
    assert look("2020,2021\n1,2\n", header=True).schema.rows == 1


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_every_line_end_is_read(look: Any, ends: str) -> None:
    found = look(ends.join(["a,b", "1,x", "2,y", ""]))
    assert (found.schema.rows, found.readable) == (2, None)


def test_mixed_line_ends_are_read_and_noted(look: Any) -> None:
    found = look("a,b\r\n1,x\n2,y\r\n")
    assert found.schema.rows == 2
    assert "Lines end in different ways" in found.schema.notes[0].message


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("utf-16", b""), ("utf-16-le", b""), ("utf-16-be", b"\xfe\xff")],
)
def test_unicode_is_recognised(look: Any, tmp_path: Path, encoding: str, mark: bytes) -> None:
    found = look(mark + "city,n\nZürich,1\nGenève,2\n".encode(encoding))
    assert types(found) == {"city": "text", "n": "integer"}
    if found.readable:
        assert values(found.readable, found, tmp_path)[0] == ["Zürich", 1]


def test_a_guessed_encoding_is_noted(look: Any, tmp_path: Path) -> None:
    lines = "".join(f"Müller,Straße {i},Köln\n" for i in range(200))
    found = look(("name,street,city\n" + lines).encode("cp1252"))
    assert found.readable is not None
    assert values(found.readable, found, tmp_path)[0] == ["Müller", "Straße 0", "Köln"]
    assert "The encoding was guessed" in found.schema.notes[0].message


def test_missing_words_make_no_text_of_numbers(look: Any, tmp_path: Path) -> None:
    found = look("a,b\n1,x\nNA,y\n3,z\n")
    assert types(found)["a"] == "integer"
    assert found.schema.options["missing"] == ["", "NA"]
    assert "'NA' is read as missing" in found.schema.notes[0].message


def test_a_fraction_after_row_20000_is_not_rounded(look: Any, tmp_path: Path) -> None:
    found = look("a\n" + "1\n" * 25_000 + "1.5\n")
    assert types(found) == {"a": "number"}


def test_an_hour_after_row_20000_is_not_dropped(look: Any) -> None:
    assert types(look("a,b\n" + "2024-01-01,1\n" * 25_000 + "2024-01-01 10:30:00,1\n")) == {
        "a": "datetime",
        "b": "integer",
    }


def test_a_word_after_row_20000_makes_text_and_names_the_line(look: Any) -> None:
    found = look("a,b\n" + "1,x\n" * 25_000 + "oops,x\n" + "2,x\n" * 10)
    assert types(found) == {"a": "text", "b": "text"}
    assert found.schema.rows == 25_011
    note = found.schema.notes[0]
    assert (note.column, note.line) == ("a", 25_002)
    assert "'oops'" in note.message


def test_lines_are_counted_as_an_editor_does(look: Any) -> None:
    """A value with a line end inside quotes takes two lines of the file."""
    found = look('a,b\n1,"two\nlines"\n' + "1,x\n" * 21_000 + "oops,x\n")
    assert found.schema.notes[0].line == 21_004


def test_na_after_row_20000_is_missing(look: Any) -> None:
    found = look("a,b\n" + "1,x\n" * 25_000 + "NA,x\n")
    assert types(found)["a"] == "integer"


def test_two_thousand_columns_are_accepted(look: Any) -> None:
    names = ",".join(f"c{i}" for i in range(2000))
    row = ",".join(str(i) if i % 2 else f"v{i}" for i in range(2000))
    found = look(f"{names}\n{row}\n{row}\n")
    assert len(found.schema.columns) == 2000
    assert {column.type for column in found.schema.columns} == {"integer", "text"}


@pytest.mark.parametrize(
    ("data", "error", "says"),
    [
        (b"", errors.EmptyFile, "empty"),
        (b"\n\n \n", errors.EmptyFile, "blank"),
        (b"a,b\n", errors.HeaderOnly, "no rows"),
        (b"a,b\n1,2\n3\n", errors.RaggedRow, "Line 3 has 1 field, but there are 2 columns"),
        (b"a,b\n1,2\n3,4,5\n", errors.RaggedRow, "Line 3 has 3 fields, but there are 2 columns"),
        (b"a,b,a\n1,2,3\n", errors.BadColumnName, "Two columns are named 'a'"),
        (b"a,A\n1,2\n", errors.BadColumnName, "differ only in case"),
        (b"a,,c\n1,2,3\n", errors.BadColumnName, "Column 2 has no name"),
        (b"a,b\n1,x\0y\n", errors.NulBytes, "Line 2 contains a NUL byte"),
        (b'a,b\n1,"x\n2,y\n', errors.BadQuotes, "line 2"),
        (b'a,b\n1,"x"y\n', errors.BadQuotes, "line 2"),
        (b"PK\x03\x04rest", errors.DamagedFile, "zip archive cannot be unpacked"),
        (b"\x1f\x8b\x08rest", errors.DamagedFile, "gzip archive cannot be unpacked"),
        (b"%PDF-1.7", errors.UnknownFormat, "PDF"),
        (b"a,b\n1," + b"x" * (3 << 20) + b"\n", errors.LineTooLong, "Line 2 is longer than 1,048,576 bytes"),
    ],
)
def test_a_bad_file_is_named_with_its_line(look: Any, data: bytes, error: type[errors.BadFile], says: str) -> None:
    with pytest.raises(error, match=says) as caught:
        look(data)
    assert caught.value.field
    assert caught.value.hint


def test_a_wrong_encoding_is_named_with_its_line(look: Any) -> None:
    with pytest.raises(errors.WrongEncoding, match="Line 3 is not utf-8 text") as caught:
        look("a,b\n1,x\n2,é\n".encode("cp1252"), encoding="utf-8")
    assert (caught.value.field, caught.value.line) == ("encoding", 3)


def test_an_encoding_that_does_not_exist_is_refused(look: Any) -> None:
    with pytest.raises(errors.WrongEncoding, match="no encoding 'klingon'"):
        look("a,b\n1,x\n", encoding="klingon")


def test_an_unknown_format_names_the_known_ones(look: Any) -> None:
    with pytest.raises(errors.UnknownFormat) as caught:
        look("a,b\n1,x\n", format="klingon")
    assert "arrow, delimited, delta, excel, images" in caught.value.hint
    assert "mltable" not in caught.value.hint


def test_a_line_of_200_mb_is_refused_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "one-line.csv"
    with path.open("wb") as file:
        file.write(b"a,b\n1,")
        for _ in range(200):
            file.write(b"x" * (1 << 20))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(errors.LineTooLong, match="Line 2"):
        looking.inspect(Source(path, path.name, tmp_path))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


def test_a_preview_reads_only_the_head(look: Any, tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    path.write_text("a,b\n" + '1,"quoted, text"\n' * 200_000)
    found = looking.inspect(Source(path, path.name, tmp_path))
    with path.open("r+b") as file:  # what lies behind the first MiB is not looked at again
        file.seek(2 << 20)
        file.write(b"\n\n,,,,,\0\0")
    shown = table_file.preview(TableInput.of(path, found.schema), 50, tmp_path)
    assert shown.rows == [[1, "quoted, text"]] * 50
    assert shown.total_rows == 200_000


def test_lines_that_begin_with_the_mark_are_comments(look: Any, tmp_path: Path) -> None:
    found = look("# made by hand\na,b\n1,x#y\n#2,z\n3,w\n", comment="#")
    assert found.readable is not None
    assert values(found.readable, found, tmp_path) == [[1, "x#y"], [3, "w"]]


@pytest.mark.parametrize(
    ("text", "delimiter", "row"),
    [
        ("a~b\n1~x\n2~y\n", "~", [1, "x"]),
        ("a\x01b\n1\x01x\n2\x01y\n", "\x01", [1, "x"]),
        ("a||b||c\n1||x||\n2||y||z\n", "||", [1, "x", None]),
        ("id::title::kind\n1::Heat: the film::A|B\n2::Up::C\n", "::", [1, "Heat: the film", "A|B"]),
        ("note\none ~ two\nthree\n", ",", ["one ~ two"]),
    ],
)
def test_rare_delimiters_are_found(look: Any, tmp_path: Path, text: str, delimiter: str, row: list[Any]) -> None:
    found = look(text)
    assert found.schema.options["delimiter"] == delimiter
    assert values(tmp_path / "look0/table.csv", found, tmp_path)[0] == row


def test_a_column_without_a_name_makes_no_doubled_delimiter(look: Any) -> None:
    with pytest.raises(errors.BadColumnName):
        look("a|b||c\n1|x||2\n")


def test_lines_before_the_table_are_skipped(look: Any, tmp_path: Path) -> None:
    found = look("Report of May\n\na;b\n1;x\n", skip_rows=2)
    assert values(tmp_path / "look0/table.csv", found, tmp_path) == [[1, "x"]]


def test_a_delimiter_may_be_several_characters(look: Any, tmp_path: Path) -> None:
    found = look("a||b\n1||x|y\n", delimiter="||")
    assert values(tmp_path / "look0/table.csv", found, tmp_path) == [[1, "x|y"]]


def test_empty_texts_may_stay_texts(look: Any, tmp_path: Path) -> None:
    found = look("a,b\n1,\n,x\n", empty_as_text=True)
    assert values(tmp_path / "look0/table.csv", found, tmp_path) == [[1, ""], [None, "x"]]


def test_nothing_is_inferred_when_that_is_not_wanted(look: Any, tmp_path: Path) -> None:
    found = look("a,b\n01,NA\n2,true\n", infer_types=False)
    assert values(tmp_path / "look0/table.csv", found, tmp_path) == [["01", "NA"], ["2", "true"]]


def test_other_quotes_and_escapes(look: Any, tmp_path: Path) -> None:
    found = look("a,b\n'x, y',1\n'it\\'s',2\n", quote="'", escape="\\")
    assert values(tmp_path / "look0/table.csv", found, tmp_path) == [["x, y", 1], ["it's", 2]]
    found = look('a,b\n5" pipe,1\n', quote="")
    assert values(tmp_path / "look1/table.csv", found, tmp_path) == [['5" pipe', 1]]


def test_a_line_end_inside_a_value_can_be_refused(look: Any) -> None:
    with pytest.raises(errors.BadQuotes, match="begins in line 3 holds a line end"):
        look('a,b\n1,x\n2,"two\nlines"\n', multi_line=False)


def test_a_fraction_that_comes_late_is_told_with_its_line(look: Any) -> None:
    note = look("a,b\n" + "1,x\n" * 25_000 + "1.5,x\n").schema.notes[0]
    assert (note.column, note.line, note.value) == ("a", 25_002, "1.5")


def test_an_encoding_that_the_engine_lacks(look: Any, tmp_path: Path) -> None:
    found = look("stadt,n\nŁódź,1\n".encode("cp852"), encoding="cp852")
    assert found.readable is not None
    assert values(found.readable, found, tmp_path) == [["Łódź", 1]]


def test_a_time_of_day_is_a_time(look: Any, tmp_path: Path) -> None:
    found = look("t\n10:30:00\n23:59:59.5\n")
    assert types(found) == {"t": "time"}
    assert values(tmp_path / "look0/table.csv", found, tmp_path) == [["10:30:00"], ["23:59:59.500000"]]


def test_integers_beyond_2_to_the_53_are_exact(look: Any, tmp_path: Path) -> None:
    found = look(f"n\n{2**53 + 1}\n{2**62}\n")
    assert types(found) == {"n": "integer"}
    assert values(tmp_path / "look0/table.csv", found, tmp_path)[0] == [str(2**53 + 1)]


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz", "zst", "zip"])
def test_a_packed_file_is_unpacked(look: Any, tmp_path: Path, kind: str) -> None:
    found = look(pack(b"a,b\n1,x\n", kind), f"t.csv.{kind}")
    assert found.readable is not None
    assert values(found.readable, found, tmp_path) == [[1, "x"]]
    assert "unpacked" in found.schema.notes[0].message


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz", "zst", "zip"])
def test_a_bomb_is_refused_in_little_room(look: Any, tmp_path: Path, kind: str) -> None:
    bomb = pack(b"a\n" + b"0" * (100 << 20), kind)
    with pytest.raises(errors.PackedTooTightly):
        look(bomb, f"t.csv.{kind}")
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) < 80 << 20


def test_an_archive_of_many_files_asks_for_one(look: Any, tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        archive.writestr("a.csv", "a\n1\n")
        archive.writestr("b.csv", "b\n2\n")
        archive.writestr("__MACOSX/x", "")
    data = (tmp_path / "many.zip").read_bytes()
    with pytest.raises(errors.UnknownFormat, match="holds 2 files") as caught:
        look(data, "many.zip")
    assert caught.value.field == "member"
    assert types(look(data, "many.zip", member="b.csv")) == {"b": "integer"}


def pack(data: bytes, kind: str) -> bytes:
    import bz2
    import gzip
    import io
    import lzma
    import zipfile

    import pyarrow as pa

    if kind == "zip":
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("t.csv", data)
        return out.getvalue()
    if kind == "zst":
        sink = pa.BufferOutputStream()
        with pa.CompressedOutputStream(sink, "zstd") as stream:
            stream.write(data)
        return sink.getvalue().to_pybytes()
    return {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}[kind](data)


def test_ten_thousand_columns_are_read_in_bounded_memory(look: Any, tmp_path: Path) -> None:
    names = ",".join(f"c{i}" for i in range(10_000))
    row = ",".join(str(i) for i in range(10_000))
    found = look(f"{names}\n" + f"{row}\n" * 20)
    assert {column.type for column in found.schema.columns} == {"integer"}
    assert values(tmp_path / "look0/table.csv", found, tmp_path)[19] == list(range(10_000))


def test_a_quote_that_never_ends_is_named_where_it_begins(look: Any) -> None:
    with pytest.raises(errors.BadQuotes, match="line 400002"):
        look("a,b\n" + "1,some text\n" * 400_000 + '2,"never closed\n' + "1,some text\n" * 1000)


def test_numbers_with_more_digits_than_are_kept_are_noted(look: Any) -> None:
    found = look(
        "dec,plain,small,exp\n0.1000000000000000000001,0.12345678901234568,0.0000000000000000001000,1.5e-300\n2.5,1.0,2.0,3\n"
    )
    said = [note for note in found.schema.notes if "digits" in note.message]
    assert [note.column for note in said] == ["dec"]
    assert "decimal" in said[0].message


def test_western_letters_are_guessed_as_what_most_such_files_are_in(look: Any) -> None:
    rows = "".join(f"{i};Köln{i % 7};{i},5\n" for i in range(300))
    found = look(("id;stadt;preis\n" + rows).encode("latin-1"))
    assert found.schema.options["encoding"] == "cp1252"


def test_an_image_among_tables_is_told_how_it_can_be_kept(look: Any) -> None:
    with pytest.raises(errors.UnknownFormat, match="JPEG") as refused:
        look(b"\xff\xd8\xff\xe0" + b"x" * 100, "a.csv")
    assert "'images'" in refused.value.hint
    assert "'file'" in refused.value.hint
