"""What the guess of types may skip, it must not miss."""

import duckdb
import pytest

from studiolo.studio.datasets.reading.dialect import Dialect, find_dialect, has_header, records
from studiolo.studio.datasets.reading.types import NUMERIC

NUMBERS = [
    "1", "-1", "+1", " 1", "1 ", "\t1", "0", "007", ".5", "-.5", "5.", "1e5", "1e-5", "-1e-5", " -1e-5", "1E+5", "1_000", "nan", "NaN",
    "-nan", "+nan", "inf", "Inf", "INFINITY", "-inf", " infinity", "123456789012345678901234567890", "0x1f", "2023", "2023-04-28",
    "1234-56-1", "-123-45-6", "12:30:01", "1,5", "", " ", "-", ".", "NA", "null", "true", "item 5", "ä", "١٢", "cfcd2084", "1cfcd208",
]  # fmt: skip


@pytest.mark.parametrize("text", NUMBERS)
def test_the_cheap_question_finds_the_numbers_that_the_cast_finds(text: str) -> None:
    """The guard in front of the cast leaves out only what the cast would refuse."""
    with duckdb.connect() as connection:
        row = connection.execute(f"SELECT try_cast(v AS DOUBLE), {NUMERIC} FROM (SELECT ? AS v)", [text]).fetchone()
    assert row is not None
    assert repr(row[0]) == repr(row[1])


def test_a_delimiter_that_is_nowhere_is_not_chosen() -> None:
    """One column is one column, whatever the others would be split by."""
    assert find_dialect("a\n1\n2\n").delimiter == ","
    assert find_dialect("a|b\n1|2\n").delimiter == "|"
    assert find_dialect("a\tb;c\n1\t2;3\n4\t5;6\n", name="x.tsv").delimiter == "\t"


def test_a_header_is_told_by_a_later_column_of_numbers() -> None:
    """The first column repeats its head; the third says what the first row is."""
    rows = [["x", "b", "n"], ["x", "b", "1"], ["x", "b", "2"]]
    assert has_header(rows)
    assert not has_header([row[:2] for row in rows])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_records_are_split_at_every_kind_of_line_end(end: str) -> None:
    """A line end inside quotes ends no record, whatever it is."""
    text = f'a,b{end}1,"x{end}y"{end}{end}2,z'
    assert records(text, Dialect(",")) == [["a", "b"], ["1", f"x{end}y"], ["2", "z"]]
