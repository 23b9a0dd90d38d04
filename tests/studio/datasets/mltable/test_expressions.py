"""Filters of MLTables: what they mean, and what is said of those that mean nothing."""

import duckdb
import pytest

from studiolo.studio.datasets.mltable import expressions

TYPES = {"a": "integer", "b": "text", "d": "date", "t": "datetime", "ok": "boolean", "FBI Code": "text", "n": "number"}
ROWS = """
    SELECT * FROM (VALUES
        (1, 'x', DATE '2024-01-01', TIMESTAMP '2024-01-01 10:00:00', true, '11', 0.5),
        (5, 'y''z', DATE '2024-02-01', TIMESTAMP '2024-02-01 00:00:00', false, '12', -1.0),
        (7, 'X', DATE '2024-03-01', TIMESTAMP '2024-03-01 00:00:00', true, '11', 2.0),
        (NULL, NULL, NULL, NULL, NULL, NULL, NULL)
    ) AS t(a, b, d, t, ok, "FBI Code", n)
"""


def kept(expression: str) -> list[int | None]:
    condition = expressions.sql(expression, TYPES)
    with duckdb.connect() as connection:
        return [row[0] for row in connection.execute(f"SELECT a FROM ({ROWS}) WHERE {condition}").fetchall()]


@pytest.mark.parametrize(
    ("expression", "rows"),
    [
        ('col("a") > 3 and col("b") == "X"', [7]),
        ("col('a') > 3 && b != 'X'", [5]),
        ('col("FBI Code") == "11"', [1, 7]),
        ('col("a") >= 1 or col("b") == "nobody" and false', [1, 5, 7]),  # and binds stronger
        ('not (col("a") == 1) and not is_null(col("a"))', [5, 7]),
        ('a == "5"', [5]),
        ('d > "2024-01-15"', [5, 7]),
        ('t >= "2024-02-01T01:00:00+01:00"', [5, 7]),
        ("t < datetime(2024, 1, 1, 12)", [1]),
        ("a in (1, 7)", [1, 7]),
        ("a not in [1, 7]", [5]),
        ('col("b").startswith("y")', [5]),
        ('lower(b) == "x"', [1, 7]),
        ("b == null", [None]),
        ("a is not null and ok", [1, 7]),
        ("~ok", [5]),
        ("-n * 2 + 1 > 2", [5]),
        ("a % 2 == 1 and year(d) == 2024 and month(d) < 3", [1, 5]),
        (r'b == "y\'z"', [5]),
        ('ok == "true"', [1, 7]),
    ],
)
def test_rows_that_fit_are_kept(expression: str, rows: list[int | None]) -> None:
    assert kept(expression) == rows


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("", "ends where a value"),
        ("col(a) > 3", "named in quotes"),
        ('col("aa") > 3', "Did you mean 'a'"),
        ("a", "neither yes nor no"),
        ("a > ", "ends where a value"),
        ("(a > 3", r"'\)' is missing"),
        ("a > 3)", "too much"),
        ("a > 3 b", "too much"),
        ("a > 'x'", "is no number"),
        ("b > 3", "text in quotes"),
        ("d > 'soon'", "is no moment"),
        ("a + b > 3", "is no number"),
        ("a > null", "nothing is more or less"),
        ("a in 3", "stands a list"),
        ("a is 3", "only 'null'"),
        ("system('x') == 1", "no function 'system'"),
        ("contains(b)", "takes 2 values"),
        ("year(a) == 1", "is no moment"),
        ("a > 3; DROP TABLE t", "cannot be read"),
        ("datetime(2024, 13, 1) < t", "is no moment"),
        ("(" * 200 + "a" + ")" * 200, "nested more than"),
        ("not " * 200 + "ok", "nested more than"),
        ("a > 'inf'", "is no number"),
        ("a > '1e999'", "is no number"),
    ],
)
def test_what_means_nothing_is_named(expression: str, said: str) -> None:
    with pytest.raises(expressions.NotUnderstood, match=said):
        expressions.sql(expression, TYPES)
