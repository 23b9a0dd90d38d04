"""What a column of texts is: guessed from the first rows, by what all of its values can be."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studiolo.studio.datasets.reading import engine, read_csv
from studiolo.studio.datasets.schemas import ColumnSchema, ColumnType

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ROWS = 20_480  # ten of DuckDB's vectors
SQL_TYPES: dict[ColumnType, str] = {
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "datetime": "TIMESTAMP",
    "text": "VARCHAR",
}
MISSING = ("NA", "N/A", "n/a", "NaN", "nan", "NAN", "-nan", "null", "NULL", "None", "none", "?", "-", ".", "#N/A")
ABSENT = f"(list_contains({engine.literal(list(MISSING))}, v) OR trim(v) = '')"
FACTS = {
    "n": "count(*)",
    "absent": f"count(*) FILTER ({ABSENT})",
    "number": "count(*) FILTER (NOT isnan(try_cast(v AS DOUBLE)))",
    "whole": "count(*) FILTER (regexp_full_match(v, '\\s*[+-]?[0-9]{1,18}\\s*'))",
    "code": "count(*) FILTER (regexp_full_match(v, '0[0-9]+|[0-9]{19,}'))",
    "truth": "count(*) FILTER (lower(v) IN ('true', 'false'))",
    "moment": "count(*) FILTER (CASE WHEN v LIKE '%-%-%' THEN isfinite(try_cast(v AS TIMESTAMP)) END)",
    "day": "count(*) FILTER (length(trim(v)) <= 10)",
    "zone": "count(*) FILTER (regexp_matches(v, '(Z|[+-][0-9]{2}(:?[0-9]{2})?)$'))",
    "fraction": "count(*) FILTER (contains(v, ','))",
    "comma": "count(*) FILTER (regexp_full_match(v, '\\s*[+-]?[0-9]+(,[0-9]+)?\\s*'))",
}
NOTHING = dict.fromkeys(FACTS, 0)
CELLS = 2_000_000  # looked at for a first guess; wide tables get fewer rows


def column(name: str, kind: ColumnType, sql_type: str = "") -> ColumnSchema:
    """Make a column of a delimited text."""
    return ColumnSchema(name=name, type=kind, sql_type=sql_type or SQL_TYPES[kind])


@dataclass
class Guess:
    """columns: with types; missing: texts that stand for nothing; decimal: `.` or `,`."""

    columns: list[ColumnSchema]
    missing: list[str]
    decimal: str


def guess(connection: "DuckDBPyConnection", path: Path, names: Sequence[str], options: dict[str, Any]) -> Guess:
    """Guess from the first rows, 20,480 of them unless the table is wide; what comes later is settled by reading the file through."""
    rows = max(1000, min(ROWS, CELLS // len(names)))
    texts = [column(name, "text") for name in names]
    table = read_csv.source(path, texts, options, ignore_errors=True)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE head AS SELECT * FROM {table} LIMIT {rows}")
    seen = _facts(connection)
    columns = [_decide(name, seen.get(name, NOTHING)) for name in names]
    commas = [index for index, name in enumerate(names) if _has_decimal_commas(seen.get(name, NOTHING))]
    comma = bool(commas) and options["delimiter"] != "," and all(entry.type != "number" for entry in columns)
    if comma:
        for index in commas:
            columns[index] = column(names[index], "number")
    gaps = [entry.name for entry in columns if entry.type != "text" and seen[entry.name]["absent"]]
    missing = dict.fromkeys(token for name in gaps for token in _tokens(connection, name))
    connection.execute("DROP TABLE head")
    return Guess(columns, list(missing), "," if comma else ".")


def _has_decimal_commas(facts: dict[str, int]) -> bool:
    return facts["fraction"] > 0 and not facts["code"] and facts["comma"] + facts["absent"] == facts["n"]


def _facts(connection: "DuckDBPyConnection") -> dict[str, dict[str, int]]:
    """Count, per column that has values, how many of the first rows could be what.

    The columns are put below each other: a statement with thousands of aggregates takes minutes to plan.
    """
    counts = ", ".join(f"{condition} AS {fact}" for fact, condition in FACTS.items())
    query = f"SELECT name, {counts} FROM (UNPIVOT head ON COLUMNS(*) INTO NAME name VALUE v) GROUP BY name"
    return {row[0]: dict(zip(FACTS, row[1:], strict=True)) for row in connection.execute(query).fetchall()}


def _decide(name: str, facts: dict[str, int]) -> ColumnSchema:
    present = facts["n"] - facts["absent"]
    if present <= 0:
        return column(name, "text")
    if facts["number"] >= present and not facts["code"]:
        return column(name, "integer" if facts["whole"] >= present else "number")
    if facts["truth"] == present:
        return column(name, "boolean")
    if facts["moment"] == present:
        if facts["day"] == present + facts["absent"]:
            return column(name, "date")
        return column(name, "datetime", "TIMESTAMPTZ" if facts["zone"] >= present else "")
    return column(name, "text")


def _tokens(connection: "DuckDBPyConnection", name: str) -> list[str]:
    query = f"SELECT DISTINCT v FROM (SELECT {engine.name(name)} AS v FROM head) WHERE {ABSENT} ORDER BY 1"
    return [row[0] for row in connection.execute(query).fetchall()]
