"""Types settled for the whole file: it is read once as it will be read later, and what contradicts is reported.

A cast from text to BIGINT rounds 1.5 to 2, and one to DATE drops the hour, without a word. So integers are checked as
DOUBLE and dates as TIMESTAMP, and widened when a value would lose something.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from studiolo.studio.datasets.errors import BadFile, BadQuotes, DamagedFile, LineTooLong, RaggedRow
from studiolo.studio.datasets.reading import engine, read_csv
from studiolo.studio.datasets.reading.types import MISSING, column, guess
from studiolo.studio.datasets.schemas import ColumnSchema, ColumnType, ReadingNote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ROUNDS = 12
REJECTS = 10_000
ROWS = " rows"  # no column is called so: names are stripped
LARGEST = 9.2e18  # of BIGINT, with room for what DOUBLE rounds
CHECKED = {"BIGINT": "DOUBLE", "DATE": "TIMESTAMP"}
VALUE = re.compile(r'string "(.*)" to ', re.DOTALL)


class Seen(NamedTuple):
    """What a column's values were, taken as numbers."""

    rows: int
    fractions: int
    largest: float
    nan: int


@dataclass
class Settled:
    """What the whole file agreed to."""

    columns: list[ColumnSchema]
    rows: int
    options: dict[str, Any]
    notes: list[ReadingNote] = field(default_factory=list)


def settle(path: Path, names: Sequence[str], options: dict[str, Any], work: Path) -> Settled:
    """Guess types from the first rows, then read everything until no value contradicts.

    Raises RaggedRow, BadQuotes, LineTooLong, each with the physical line of the first case.
    """
    connection = engine.connect(spill=work)
    try:
        first = guess(connection, path, names, options)
        options = options | {"missing": ["", *first.missing], "decimal": first.decimal}
        state = Settled(first.columns, 0, options)
        if first.missing:
            _note_missing(state, first.missing)
        for _ in range(ROUNDS):
            if not _check(connection, path, state):
                return state
        state.columns = [column(name, "text") for name in names]
        state.notes.append(ReadingNote(message="The types contradict each other too often; all columns are text."))
        _check(connection, path, state)
        return state
    finally:
        connection.close()


def _check(connection: "DuckDBPyConnection", path: Path, state: Settled) -> bool:
    """Read the file through; change what it contradicts and say whether anything was."""
    import duckdb

    connection.execute("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans")
    checked = [
        entry.model_copy(update={"sql_type": CHECKED.get(entry.sql_type, entry.sql_type)}) for entry in state.columns
    ]
    table = read_csv.source(path, checked, state.options, store_rejects=True, rejects_limit=REJECTS)
    items = [f"0.0 AS {engine.name(ROWS)}", *filter(None, map(_as_number, state.columns))]
    query = f"""
        SELECT name, count(*), count(*) FILTER (value <> trunc(value)), max(abs(value)), count(*) FILTER (isnan(value))
        FROM (UNPIVOT (SELECT {", ".join(items)} FROM {table}) ON COLUMNS(*) INTO NAME name VALUE value)
        GROUP BY name
    """
    try:
        answers = {row[0]: Seen(*row[1:]) for row in connection.execute(query).fetchall()}
    except duckdb.Error as error:
        raise _unreadable(error) from error
    _refuse_broken_rows(connection, path)
    state.rows = answers[ROWS].rows if ROWS in answers else 0
    return _widen_rejected(connection, path, state) or _widen_lossy(state, answers)


def _as_number(column: ColumnSchema) -> str:
    """Return a SELECT item that has a fraction where the column's type would lose something; empty for text."""
    quoted = engine.name(column.name)
    if column.sql_type in ("BIGINT", "DOUBLE"):
        return quoted
    if column.sql_type == "DATE":
        return f"epoch({quoted}) / 86400.0 AS {quoted}"
    return "" if column.sql_type == "VARCHAR" else f"CAST({quoted} IS NULL AS DOUBLE) AS {quoted}"


def _refuse_broken_rows(connection: "DuckDBPyConnection", path: Path) -> None:
    query = """
        SELECT error_type, line_byte_position, error_message FROM reject_errors
        WHERE error_type <> 'CAST' ORDER BY line_byte_position LIMIT 1
    """
    row = connection.execute(query).fetchone()
    if row is None:
        return
    kind, offset, message = str(row[0]), int(row[1] or 0), str(row[2])
    line = engine.line_of(path, offset)
    found = re.search(r"Columns: (\d+) Found: (\d+)", message)
    if kind in ("MISSING COLUMNS", "TOO MANY COLUMNS") and found:
        wanted, got = int(found[1]), int(found[2])
        raise RaggedRow(
            f"Line {line} has {got} field{'s' if got != 1 else ''}, but there are {wanted} columns.",
            "Correct that line: a value that contains the delimiter must stand in quotes."
            if got > wanted
            else "Correct that line, or name the right delimiter (option `delimiter`).",
            line=line,
        )
    if kind == "UNQUOTED VALUE":
        raise BadQuotes(
            f"The quoted value in line {line} does not end where a field ends.",
            'Double a quote that stands inside quotes, as in "5"" pipe", or remove it.',
            line=line,
        )
    if kind == "LINE SIZE OVER MAXIMUM":
        raise LineTooLong(
            f"The row that begins in line {line} is longer than a row may be.",
            "A quote that is opened and never closed makes the rest of the file one value; look there first.",
            line=line,
        )
    raise DamagedFile(f"Line {line} cannot be read: {message}", "Correct that line.", line=line)


def _widen_rejected(connection: "DuckDBPyConnection", path: Path, state: Settled) -> bool:
    """Turn columns with values that cannot be cast to text, unless the value only means `missing`."""
    query = """
        SELECT column_name, arg_min(error_message, line_byte_position), min(line_byte_position)
        FROM reject_errors WHERE error_type = 'CAST' GROUP BY column_name ORDER BY 3
    """
    rejected = connection.execute(query).fetchall()
    by_name = {entry.name: index for index, entry in enumerate(state.columns)}
    absent: list[str] = []
    for name, message, offset in rejected:
        index = by_name[name]
        found = VALUE.search(message)
        value = found[1] if found else ""
        if (value in MISSING or not value.strip()) and value not in state.options["missing"]:
            absent.append(value)
            continue
        line = engine.line_of(path, int(offset))
        was = state.columns[index].type
        state.columns[index] = column(name, "text")
        shown = value if len(value) <= 40 else value[:39] + "…"
        state.notes.append(
            ReadingNote(
                message=f"Column '{name}' looked like {was}, but line {line} holds '{shown}'; it is read as text.",
                column=name,
                line=line,
            )
        )
    if absent:
        _add_missing(state, absent)
    return bool(rejected)


def _widen_lossy(state: Settled, answers: dict[str, Seen]) -> bool:
    """Widen integers that have fractions or are too large, dates that have hours; take NaN for missing."""
    changed = False
    for index, entry in enumerate(state.columns):
        seen = answers.get(entry.name)
        wider: ColumnType | None = None
        if seen and entry.sql_type == "BIGINT":
            wider = "number" if seen.fractions else "text" if seen.largest >= LARGEST else None
        elif seen and entry.sql_type == "DATE" and seen.fractions:
            wider = "datetime"
        if wider:
            state.columns[index] = column(entry.name, wider)
            changed = True
    numbers = [entry.name for entry in state.columns if entry.sql_type == "DOUBLE"]
    spellings = [text for text in MISSING if text.lower().endswith("nan") and text not in state.options["missing"]]
    if spellings and any(answers[name].nan for name in numbers if name in answers):
        _add_missing(state, spellings)
        changed = True
    return changed


def _add_missing(state: Settled, tokens: list[str]) -> None:
    state.options = state.options | {"missing": [*state.options["missing"], *dict.fromkeys(tokens)]}
    _note_missing(state, tokens)


def _note_missing(state: Settled, tokens: list[str]) -> None:
    listed = ", ".join(f"'{token}'" for token in dict.fromkeys(tokens))
    state.notes.append(ReadingNote(message=f"{listed} is read as missing, in every column."))


def _unreadable(error: Exception) -> BadFile:
    line = engine.LINE.search(str(error))
    return DamagedFile(
        f"The text cannot be read as a table: {engine.said(error)}",
        "Check delimiter and quotes, or name the delimiter (option `delimiter`).",
        line=int(line[1]) if line else None,
    )
