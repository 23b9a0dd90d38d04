"""Texts turned into the type that the owner chose: what does not fit is missing, and can be counted."""

import re
from collections.abc import Sequence

from studiolo.studio.datasets.errors import BadColumnChoice
from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.schemas import ColumnSchema

TRUE = ("true", "t", "yes", "y", "1")
FALSE = ("false", "f", "no", "n", "0")
TOKENS = {  # of .NET and Java, as Azure writes them
    "yyyy": "%Y", "yy": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%-m", "dddd": "%A", "ddd": "%a", "dd": "%d",
    "d": "%-d", "HH": "%H", "H": "%-H", "hh": "%I", "h": "%-I", "mm": "%M", "m": "%-M", "ss": "%S", "s": "%-S",
    "ffffff": "%f", "fff": "%g", "tt": "%p", "a": "%p", "zzz": "%z", "K": "%z",
}  # fmt: skip
WORD = re.compile("|".join(sorted(TOKENS, key=len, reverse=True)))


def strptime(text: str) -> str:
    """Return a format for `strptime`; one without `%` is read as `dd/MM/yyyy HH:mm`.

    >>> strptime("dd/MM/yyyy HH:mm"), strptime("%Y-%m-%d")
    ('%d/%m/%Y %H:%M', '%Y-%m-%d')
    """
    if "%" in text:
        return text
    quoted = re.split(r"('[^']*')", text)  # words in quotes stand for themselves
    parts = [
        part[1:-1] if part.startswith("'") else WORD.sub(lambda found: TOKENS[found[0]], part)
        for part in quoted
        if part
    ]
    found = "".join(parts)
    if "%" not in found:
        raise BadColumnChoice(
            f"'{text[:60]}' is no format of a date.", "Write it as dd/MM/yyyy or %d/%m/%Y.", field="columns"
        )
    return found


def of_text(column: ColumnSchema, raw: str, decimal: str = ".") -> str:  # noqa: PLR0911 - one line per type
    """Return the SQL value that a text has as the column's type, NULL where it has none. raw: the SQL of the text."""
    text = f"trim({raw})"
    number = f"replace(replace({text}, '.', ''), ',', '.')" if decimal == "," else text
    match column.type:
        case "integer":
            whole = f"regexp_full_match({number}, '[+-]?[0-9]+([.]0*)?')"
            return f"CASE WHEN {whole} THEN try_cast({number} AS BIGINT) END"
        case "number":
            return f"try_cast({number} AS DOUBLE)"
        case "decimal":
            return f"try_cast({number} AS {column.sql_type})"
        case "boolean":
            return _truth(column, text)
        case "date":
            moment = _moment(column, text)
            return f"CASE WHEN {moment} = date_trunc('day', {moment}) THEN CAST({moment} AS DATE) END"
        case "datetime":
            return _moment(column, text)
        case "time":
            return f"try_cast({text} AS TIME)"
        case "binary":
            return f"encode({raw})"
        case "json":
            return f"CASE WHEN json_valid({raw}) THEN {raw} END"
    return raw


def of_stored(column: ColumnSchema, raw: str) -> str:
    """Return the SQL value that a column of a file with types has as the chosen type."""
    return of_text(column, raw) if column.stored in ("VARCHAR", "JSON", "") else of_typed(column, raw)


def of_typed(column: ColumnSchema, raw: str) -> str:
    """Return the SQL value of another type than the file's, NULL where there is none; nothing is rounded."""
    match column.type:
        case "text":
            return f"CAST({raw} AS VARCHAR)"
        case "integer":
            return f"CASE WHEN {raw} = try_cast({raw} AS BIGINT) THEN try_cast({raw} AS BIGINT) END"
        case "date":
            return f"CASE WHEN CAST({raw} AS TIMESTAMP) = CAST({raw} AS DATE) THEN CAST({raw} AS DATE) END"
        case "datetime" if bare_number(column.stored):
            return f"make_timestamp(CAST({raw} * 1000000 AS BIGINT))"  # seconds since 1970
        case "datetime":
            return f"try_cast({raw} AS TIMESTAMP)"
    return f"try_cast({raw} AS {column.sql_type})"


def bare_number(stored: str) -> bool:
    """Say whether the file's type is a number."""
    return stored.rstrip("0123456789(,) ") in {
        "TINYINT",
        "SMALLINT",
        "INTEGER",
        "BIGINT",
        "FLOAT",
        "DOUBLE",
        "UINTEGER",
    }


def _truth(column: ColumnSchema, text: str) -> str:
    yes, no = ([word.casefold() for word in words] for words in (column.true or TRUE, column.false or FALSE))
    return f"CASE WHEN lower({text}) IN {_words(yes)} THEN true WHEN lower({text}) IN {_words(no)} THEN false END"


def _words(words: Sequence[str]) -> str:
    return "(" + ", ".join(engine.literal(word) for word in words) + ")"


def _moment(column: ColumnSchema, text: str) -> str:
    if column.formats:
        return f"CAST(try_strptime({text}, {engine.literal(column.formats)}) AS TIMESTAMP)"
    return f"timezone('UTC', try_cast({text} AS TIMESTAMPTZ))"  # the session's zone is UTC: others are put in it
