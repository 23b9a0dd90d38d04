"""What a column of texts is: guessed from the first rows, by what all of its values can be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studiolo.studio.datasets.reading import engine, read_csv, written
from studiolo.studio.datasets.reading.kinds import SQL_TYPES
from studiolo.studio.datasets.schemas import ColumnSchema, ColumnType, ReadingNote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ROWS = 20_480  # ten of DuckDB's vectors
MISSING = ("NA", "N/A", "n/a", "NaN", "nan", "NAN", "-nan", "null", "NULL", "None", "none", "?", "-", ".", "#N/A")
ZONE = r":[0-9]{2}(?:\.[0-9]+)?\s*(Z|z|[+-][0-9]{2}(?::?[0-9]{2})?)\s*$"
LONGEST = max(map(len, MISSING))
ABSENT = (  # a longer one can only be of blanks
    f"(CASE WHEN strlen(v) <= {LONGEST} THEN v IN ({', '.join(map(engine.literal, MISSING))}) OR trim(v) = '' "
    "WHEN v LIKE ' %' THEN trim(v) = '' ELSE false END)"
)
COMMA = f"(regexp_full_match(v, '\\s*[+-]?[0-9]+(,[0-9]+)?\\s*') OR {written.GROUPED})"
DIGITS = 17  # significant ones that a DOUBLE tells apart
LONG = f"strlen(rtrim(replace(ltrim(v, ' +-0.'), '.', ''), ' 0')) > {DIGITS} AND contains(v, '.') AND NOT contains(lower(v), 'e')"
# of what can be one: to find out that a text is none is what casts take longest for
NUMERIC = (
    "CASE WHEN v LIKE '____-__-%' THEN NULL WHEN v < ':' OR lower(v[1]) IN ('i', 'n') THEN try_cast(v AS DOUBLE) END"
)
WORD = "d IS NULL"  # what is a number is nothing of what is asked behind this
NUMBER = "d IS NOT NULL"


def _if(cheap: str, dear: str) -> str:
    """Count the values for which both hold; what is dear is asked only of those for which the cheap part holds."""
    return f"count(*) FILTER (CASE WHEN {cheap} THEN {dear} END)"


# v: a value; d: the same as a number
FACTS = {
    "n": "count(*)",
    "absent": f"count(*) FILTER ({ABSENT})",
    "number": "count(*) FILTER (NOT isnan(d))",
    "whole": _if(
        "d = trunc(d)", "regexp_full_match(v, '\\s*[+-]?[0-9]{1,19}\\s*') AND try_cast(v AS BIGINT) IS NOT NULL"
    ),
    "code": _if(
        f"{NUMBER} AND (strlen(v) >= 19 OR v LIKE '0%') AND NOT contains(v, '.')",
        "regexp_full_match(v, '0[0-9]+|[0-9]{20,}|[+-]?[0-9]{19}') AND (v LIKE '0%' OR try_cast(v AS BIGINT) IS NULL)",
    ),
    "clock": _if(
        f"{WORD} AND v LIKE '%:%:%'",
        "regexp_full_match(v, '\\s*[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,6})?\\s*') AND try_cast(v AS TIME) IS NOT NULL",
    ),
    "truth": _if(f"{WORD} AND strlen(v) <= 5", "lower(v) IN ('true', 'false')"),
    "moment": _if(f"{WORD} AND v LIKE '%-%-%'", "isfinite(try_cast(v AS TIMESTAMPTZ))"),
    # to take blanks off is dear
    "day": "count(*) FILTER (CASE WHEN strlen(v) <= 10 THEN true WHEN v LIKE ' %' OR v LIKE '% ' THEN length(trim(v)) <= 10 END)",
    "zone": _if(f"{WORD} AND contains(v, ':')", f"regexp_matches(v, {engine.literal(ZONE)})"),
    "fraction": _if(WORD, "contains(v, ',')"),
    "parted": _if(f"{WORD} AND v < ':' AND strlen(v) <= 21", written.PARTED),
    "long": _if(f"strlen(v) > {DIGITS} + 3 AND NOT isnan(d)", LONG),
}
# asked of the columns alone in which a value has what is named: it is dear even where there are none
FURTHER = {
    "fraction": {
        "comma": f"count(*) FILTER ({COMMA})",
        "grouped": f"count(*) FILTER (contains(v, ',') AND {written.GROUPED})",
    },
    "zone": {
        "zones": f"count(DISTINCT nullif(regexp_extract(v, {engine.literal(ZONE)}, 1), '')) FILTER (try_cast(v AS DOUBLE) IS NULL)"
    },
    "parted": written.facts(),
}
NOTHING = dict.fromkeys([*FACTS, *(fact for asked in FURTHER.values() for fact in asked)], 0)
CELLS = 2_000_000  # looked at for a first guess; wide tables get fewer rows


def column(name: str, kind: ColumnType, sql_type: str = "") -> ColumnSchema:
    """Make a column of a delimited text."""
    return ColumnSchema(name=name, type=kind, sql_type=sql_type or SQL_TYPES[kind])


@dataclass
class Guess:
    """columns: with types; missing: texts that stand for nothing; decimal: `.` or `,`; empty: columns without a value.

    ways: of columns that are text since their dates could be read in two ways, what they could be.
    """

    columns: dict[str, ColumnSchema]
    missing: list[str]
    decimal: str
    empty: set[str] = field(default_factory=set)
    ways: dict[str, list[ColumnSchema]] = field(default_factory=dict)
    notes: list[ReadingNote] = field(default_factory=list)


def guess(
    connection: "DuckDBPyConnection",
    texts: Sequence[Path],
    names: Sequence[str],
    options: dict[str, Any],
    before: Mapping[str, Sequence[str]] | None = None,
) -> Guess:
    """Guess from the first rows, 20,480 of them unless the table is wide, and from pieces further down.

    texts: the file, and a text of rows from other places of it; before: how moments are written in the files before, by column.
    What they do not tell is settled by reading the file through.
    """
    rows = first_rows(len(names))
    types = dict.fromkeys(names, "VARCHAR")
    plain = {key: value for key, value in options.items() if key != "empty_as_text"}
    table = read_csv.source(texts[0], types, plain, ignore_errors=True)
    # read again for each question: to keep some hundred thousand texts in a table takes longer than to read them twice
    parts = [_below(table, rows)]
    for piece in texts[1:]:
        further = read_csv.source(piece, types, plain | {"header": False, "skip_rows": 0}, ignore_errors=True)
        parts.append(_below(further, rows))
    head = f"({' UNION ALL '.join(parts)})"
    seen = _facts(connection, head)
    forms = before or {}
    columns = {name: _decide(name, seen.get(name, NOTHING), forms.get(name, ())) for name in names}
    commas = [name for name in names if _has_decimal_commas(seen.get(name, NOTHING))]
    decimal = options["decimal"] or "."
    points = any(entry.type == "number" for entry in columns.values())
    if decimal == "," or (options["decimal"] is None and commas and options["delimiter"] != "," and not points):
        decimal = ","
        for name in commas:
            # what the reader takes for a number has no dots between thousands
            columns[name] = column(name, "number").model_copy(update={"lenient": seen[name]["grouped"] > 0})
    looks = [(entry, seen.get(name, NOTHING)) for name, entry in columns.items()]
    notes = [note for entry, facts in looks for note in (_zones(entry, facts), _rounded(entry, facts)) if note]
    gaps = [entry.name for entry in columns.values() if entry.type != "text" and seen[entry.name]["absent"]]
    missing = dict.fromkeys(_tokens(connection, head, gaps))
    empty = {name for name in names if seen.get(name, NOTHING)["n"] == seen.get(name, NOTHING)["absent"]}
    ways = {
        name: several
        for name, facts in seen.items()
        if len(several := written.dates(name, facts, facts["n"] - facts["absent"], forms.get(name, ()))) > 1
    }
    return Guess(columns, list(missing), decimal, empty, ways, notes)


def first_rows(fields: int) -> int:
    """Return how many rows of a file's beginning are looked at for a guess."""
    return max(1000, min(ROWS, CELLS // fields))


def _below(table: str, rows: int) -> str:
    """Return the values of the first rows below each other: a table of thousands of columns would not fit in memory."""
    return f"SELECT name, v FROM (UNPIVOT (SELECT * FROM {table} LIMIT {rows}) ON COLUMNS(*) INTO NAME name VALUE v)"


def _zones(entry: ColumnSchema, facts: dict[str, int]) -> ReadingNote | None:
    """Say that moments are told in different zones, or some without one."""
    if entry.sql_type != "TIMESTAMPTZ":
        return None
    without = facts["n"] - facts["absent"] - facts["zone"]
    if without:
        message = f"Column '{entry.name}': some moments name a zone and some do not; those without are taken as UTC."
    elif facts["zones"] > 1:
        message = f"Column '{entry.name}' has moments of {facts['zones']} zones; all are put in UTC."
    else:
        return None
    return ReadingNote(message=message, column=entry.name)


def _rounded(entry: ColumnSchema, facts: dict[str, int]) -> ReadingNote | None:
    """Say that numbers are written with more digits than they are kept with."""
    if entry.sql_type != "DOUBLE" or not facts["long"]:
        return None
    message = (
        f"Column '{entry.name}' has numbers of more than {DIGITS} digits, of which the last ones are rounded away; "
        "choose the type decimal, with the digits it needs, to keep them all."
    )
    return ReadingNote(message=message, column=entry.name)


def _has_decimal_commas(facts: dict[str, int]) -> bool:
    return facts["fraction"] > 0 and not facts["code"] and facts["comma"] + facts["absent"] == facts["n"]


def _facts(connection: "DuckDBPyConnection", head: str) -> dict[str, dict[str, int]]:
    """Count, per column that has values, how many of the first rows could be what.

    Their values stand below each other: a statement with thousands of aggregates takes minutes to plan.
    """
    counts = ", ".join(f"{condition} AS {fact}" for fact, condition in FACTS.items())
    query = f"SELECT name, {counts} FROM (SELECT name, v, {NUMERIC} AS d FROM {head}) GROUP BY name"
    found = {row[0]: NOTHING | dict(zip(FACTS, row[1:], strict=True)) for row in connection.execute(query).fetchall()}
    for cause, asked in FURTHER.items():
        names = [name for name, facts in found.items() if facts[cause]]
        if names:
            query = f"SELECT name, {', '.join(asked.values())} FROM {head} WHERE name IN {engine.literal(names)} GROUP BY name"
            for name, *numbers in connection.execute(query).fetchall():
                found[name] |= dict(zip(asked, numbers, strict=True))
    return found


def _decide(name: str, facts: dict[str, int], before: Sequence[str]) -> ColumnSchema:  # noqa: PLR0911 - one line per type
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
        return column(name, "datetime", "TIMESTAMPTZ" if facts["zone"] else "")
    if facts["clock"] == present:
        return column(name, "time")
    found = written.dates(name, facts, present, before)
    return found[0] if len(found) == 1 else column(name, "text")


def _tokens(connection: "DuckDBPyConnection", head: str, names: Sequence[str]) -> list[str]:
    """Return the texts that stand for nothing in some columns, column by column."""
    if not names:
        return []
    listed = ", ".join(map(engine.literal, names))
    query = f"SELECT DISTINCT name, v FROM {head} WHERE name IN ({listed}) AND {ABSENT}"
    found = sorted((names.index(name), value) for name, value in connection.execute(query).fetchall())
    return [value for _, value in found]
