"""What is one statement that reads, by its words."""

import pytest

from studiolo.studio.datastores.errors import QueryRefused
from studiolo.studio.datastores.sql._statement import first_word, judged


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("-- note\nSELECT 1", "select"),
        ("/* x */ (select 1)", "select"),
        ("select*from t", "select"),
        ("VALUES(1)", "values"),
        ("  \n", ""),
    ],
)
def test_the_first_word_is_behind_comments_and_brackets(query: str, word: str) -> None:
    assert first_word(query) == word


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1 INTO OUTFILE '/nowhere/x'",
        "SELECT 1 /*! INTO OUTFILE '/nowhere/x' */",
        "SELECT 1 /*M! INTO DUMPFILE '/nowhere/x' */",
        r"SELECT '\'; DROP TABLE t; COMMIT; --'",
        "SELECT 1; SELECT 2",
    ],
)
def test_what_may_write_is_refused_everywhere(query: str) -> None:
    with pytest.raises(QueryRefused):
        judged(query)


def test_a_backslash_is_an_escape_where_the_database_says_so() -> None:
    assert judged(r"SELECT 'it\'s; here'", escapes=True)
    assert judged(r"SELECT * FROM t WHERE a LIKE 'x\' AND b = 'y;z'")


@pytest.mark.parametrize(
    "query",
    ["SELECT REPLACE(name, 'a', 'b') FROM t", "SELECT * REPLACE (1 AS x) FROM t", "SELECT GET(v, 'x'), t.set FROM t"],
)
def test_functions_and_columns_are_no_statements(query: str) -> None:
    assert judged(query, strict=True) == query


@pytest.mark.parametrize(
    "query",
    ["SELECT 1 EXEC('drop table t')", "SELECT 1 DELETE FROM t", "SELECT 1 TRUNCATE TABLE t", "SELECT 1 SET x = 1"],
)
def test_a_second_statement_without_a_semicolon_is_refused_where_nothing_else_holds(query: str) -> None:
    with pytest.raises(QueryRefused):
        judged(query, strict=True)
