"""Regular expressions in SQL."""

import time

import pytest
from sqlalchemy import Column, MetaData, String, Table, select

from studiolo.kernel.context import Context
from studiolo.kernel.db.patterns import MOST, BadPattern, matches

WORDS = Table("words", MetaData(), Column("word", String(100)))


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("a.c", ["abc"]),
        ("^b", ["b\nc"]),
        ("b.c", []),  # no line break
        (r"\bc", ["b\nc"]),
        (r"\Bc", ["abc"]),
        ("(?i)ABC", ["abc"]),
        ("[^a]b", []),
        (r"\d{3}|x\\y", [r"x\y"]),
        ("", ["abc", "b\nc", r"x\y", "é"]),
    ],
)
def test_a_pattern_finds_the_same_on_both_databases(any_ctx: Context, pattern: str, found: list[str]) -> None:
    with any_ctx.db.begin() as tx:
        WORDS.create(tx)
        tx.execute(WORDS.insert(), [{"word": word} for word in ("abc", "b\nc", r"x\y", "é", None)])
        query = select(WORDS.c.word).where(matches(WORDS.c.word, pattern))
        assert sorted(tx.execute(query).scalars()) == found
        WORDS.drop(tx)


@pytest.mark.parametrize("pattern", ["(a", r"(a)\1", "(?=a)", "(?<!a)b", "a{2000}", "x" * (MOST + 1)])
def test_what_cannot_be_read_is_refused(pattern: str) -> None:
    with pytest.raises(BadPattern, match=r"\w"):
        matches(WORDS.c.word, pattern)


def test_no_pattern_takes_for_ever(any_ctx: Context) -> None:
    begun = time.process_time()
    with any_ctx.db.begin() as tx:
        WORDS.create(tx)
        tx.execute(WORDS.insert(), [{"word": "a" * 99}])
        assert list(tx.execute(select(WORDS.c.word).where(matches(WORDS.c.word, "(a+)+(a+)+(a+)+b")))) == []
        WORDS.drop(tx)
    assert time.process_time() - begun < 5
