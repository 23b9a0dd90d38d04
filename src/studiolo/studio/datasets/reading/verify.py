"""Types settled for a whole file: it is read once as it will be read later, and what contradicts is reported.

A cast from text to BIGINT rounds 1.5 to 2, and one to DATE drops the hour, without a word. So integers are checked as
DOUBLE and dates as TIMESTAMP, and widened when a value would lose something.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from studiolo.studio.datasets.errors import LostValues
from studiolo.studio.datasets.reading import engine, losses, read_csv, written
from studiolo.studio.datasets.reading.broken_rows import refuse_broken_rows, unreadable
from studiolo.studio.datasets.reading.types import MISSING, ZONE, column, first_rows, guess
from studiolo.studio.datasets.schemas import ColumnSchema, ColumnType, ReadingNote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ROUNDS = 12
REJECTS = 10_000
ROWS = " rows"  # no column is called so: names are stripped
LARGEST = 9.2e18  # of BIGINT, with room for what DOUBLE rounds
CHECKED = {"BIGINT": "DOUBLE", "DATE": "TIMESTAMP"}
VALUE = re.compile(r'string "(.*)" to ', re.DOTALL)
SHOWN = 40
WIDE, WIDE_MEMORY = 2000, "2GB"
ZONED = "names a zone; all moments are put in UTC, those without a zone are taken as UTC"


class Seen(NamedTuple):
    """What a column's values were, taken as numbers."""

    rows: int
    fractions: int
    largest: float
    nan: int


@dataclass
class Settled:
    """What the whole file agreed to. columns: of the fields that are read; empty: those without a value.

    strict: chosen columns whose values must all fit; guessed: columns that are read by a form which was guessed (`written`).
    ways: of text columns whose dates could be read in two ways, what they could be.
    """

    columns: list[ColumnSchema]
    rows: int
    options: dict[str, Any]
    fields: Sequence[str] = ()
    strict: frozenset[str] = frozenset()
    guessed: frozenset[str] = frozenset()
    notes: list[ReadingNote] = field(default_factory=list)
    empty: frozenset[str] = frozenset()
    ways: dict[str, list[ColumnSchema]] = field(default_factory=dict)

    @property
    def types(self) -> dict[str, str]:
        """How each field of the file is read."""
        by_name = {entry.name: entry for entry in self.columns}
        return {name: read_csv.read_as(by_name[name]) if name in by_name else "VARCHAR" for name in self.fields}


def settle(
    texts: Sequence[Path],
    fields: Sequence[str],
    options: dict[str, Any],
    work: Path,
    *,
    chosen: Mapping[str, ColumnSchema] | None = None,
    left_out: frozenset[str] = frozenset(),
    strict: frozenset[str] = frozenset(),
    infer: bool = True,
    prove: bool = True,
    before: Mapping[str, Sequence[str]] | None = None,
) -> Settled:
    """Guess types from rows of several places, then read everything until no value contradicts.

    texts: the file, and rows from further down for the guess; chosen: columns whose type is given; left_out: fields that are not
    read; infer: without, all is text; prove: without, the guess is all; before: how moments are written in the files before, by column. Raises
    RaggedRow, BadQuotes, LineTooLong and, for strict columns, LostValues, each with the physical line of the first case.
    """
    chosen = chosen or {}
    wanted = [name for name in fields if name not in left_out]
    wide = len(fields) > WIDE  # each thread holds 2,048 rows of all columns
    connection = engine.connect(spill=work, memory=WIDE_MEMORY if wide else engine.INSPECT_MEMORY, threads=int(wide))
    try:
        if infer:
            first = guess(connection, texts, fields, options, before)
            found, missing, decimal = first.columns, first.missing, first.decimal
        else:
            first, missing, decimal = None, [], options["decimal"] or "."
            found = {name: column(name, "text") for name in fields}
        columns = [chosen.get(name, found[name]) for name in wanted]
        options = options | {"missing": [*dict.fromkeys([*options["missing"], *missing])], "decimal": decimal}
        guessed = frozenset(name for name in wanted if name not in chosen and found[name].lenient)
        state = Settled(columns, 0, options, fields, strict, guessed)
        if missing:
            _note_missing(state, missing)
        if first:
            state.notes += [note for note in first.notes if note.column in wanted and note.column not in chosen]
            state.empty = frozenset(first.empty)
            state.ways = {name: first.ways[name] for name in wanted if name in first.ways and name not in chosen}
        if not prove:
            state.rows = _count_head(connection, texts[0], state)
            return state
        _read_until_settled(connection, texts[0], state)
        guessed_from_all = first is not None and not chosen and state.rows <= first_rows(len(fields))
        if not guessed_from_all and _find_late_zones(connection, texts[0], state):
            _read_until_settled(connection, texts[0], state)
        if state.ways and not guessed_from_all:
            _narrow(connection, texts[0], state)
        while state.guessed and _doubt_forms(connection, texts[0], state):
            _read_until_settled(connection, texts[0], state)
        _report_losses(connection, texts[0], state)
        return state
    finally:
        connection.close()


def _count_head(connection: "DuckDBPyConnection", path: Path, state: Settled) -> int:
    table = read_csv.source(path, state.types, state.options, ignore_errors=True)
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0]) if row else 0


def _read_until_settled(connection: "DuckDBPyConnection", path: Path, state: Settled) -> None:
    for _ in range(ROUNDS):
        if not _check(connection, path, state):
            return
    state.columns = [entry if entry.lenient else column(entry.name, "text") for entry in state.columns]
    state.notes.append(ReadingNote(message="The types contradict each other too often; all columns are text."))
    _check(connection, path, state)


def _check(connection: "DuckDBPyConnection", path: Path, state: Settled) -> bool:
    """Read the file through; change what it contradicts and say whether anything was."""
    import duckdb

    connection.execute("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans")
    checked = {name: CHECKED.get(kind, kind) for name, kind in state.types.items()}
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
        raise unreadable(error) from error
    refuse_broken_rows(connection, path)
    state.rows = answers[ROWS].rows if ROWS in answers else 0
    rejected = _widen_rejected(connection, path, state)
    return _widen_lossy(connection, path, state, answers) or rejected


def _as_number(column: ColumnSchema) -> str:
    """Return a SELECT item that has a fraction where the column's type would lose something; empty for text."""
    quoted = engine.name(column.name)
    if column.lenient or column.sql_type == "VARCHAR":
        return ""
    if column.sql_type in ("BIGINT", "DOUBLE"):
        return quoted
    if column.sql_type == "DATE":
        return f"epoch({quoted}) / 86400.0 AS {quoted}"
    return f"CAST({quoted} IS NULL AS DOUBLE) AS {quoted}"


def _widen_rejected(connection: "DuckDBPyConnection", path: Path, state: Settled) -> bool:
    """Turn columns with values that cannot be cast to text, unless the value only means `missing` or names a zone."""
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
        was = state.columns[index]
        if was.sql_type in ("DATE", "TIMESTAMP") and re.search(ZONE, value):
            state.columns[index] = column(name, "datetime", "TIMESTAMPTZ")
            done = ZONED
        else:
            state.columns[index] = column(name, "text")
            done = "cannot be one; it is read as text"
        _note(state, state.columns[index], was.type, line, value, done)
    if absent:
        _add_missing(state, absent)
    return bool(rejected)


def _note(state: Settled, entry: ColumnSchema, was: ColumnType, line: int | None, value: str, done: str) -> None:
    shown = value if len(value) <= SHOWN else value[: SHOWN - 1] + "…"
    where = f"line {line:,}" if line else "a later line"
    message = f"Column '{entry.name}' looked like {was}, but '{shown}' in {where} {done}."
    state.notes.append(ReadingNote(message=message, column=entry.name, line=line, value=shown))


def _widen_lossy(connection: "DuckDBPyConnection", path: Path, state: Settled, answers: dict[str, Seen]) -> bool:
    """Widen integers that have fractions or are too large, dates that have hours; take NaN for missing."""
    changed = False
    for index, entry in enumerate(state.columns):
        seen = answers.get(entry.name)
        wider: ColumnType | None = None
        if entry.lenient:
            continue
        if seen and entry.sql_type == "BIGINT":
            wider = "number" if seen.fractions else "text" if seen.largest >= LARGEST else None
        elif seen and entry.sql_type == "DATE" and seen.fractions:
            wider = "datetime"
        if wider:
            line, value = _first_lossy(connection, path, state, entry)
            state.columns[index] = column(entry.name, wider)
            done = "is more than that" if wider != "text" else "is too large"
            _note(state, state.columns[index], entry.type, line, value, f"{done}; it is read as {wider}")
            changed = True
    numbers = [entry.name for entry in state.columns if entry.sql_type == "DOUBLE" and not entry.lenient]
    spellings = [text for text in MISSING if text.lower().endswith("nan") and text not in state.options["missing"]]
    if spellings and any(answers[name].nan for name in numbers if name in answers):
        _add_missing(state, spellings)
        changed = True
    return changed


def _find_late_zones(connection: "DuckDBPyConnection", path: Path, state: Settled) -> bool:
    """Turn moments of which some name a zone into such; a cast to TIMESTAMP passes over the zone without a word."""
    moments = [entry for entry in state.columns if entry.sql_type in ("DATE", "TIMESTAMP") and not entry.lenient]
    if not moments:
        return False
    zone = engine.literal(ZONE)
    texts = read_csv.source(path, dict.fromkeys(state.fields, "VARCHAR"), state.options)
    asked = ", ".join(
        f"arg_min({quoted}, n) FILTER (z{place}), min(n) FILTER (z{place})"
        for place, entry in enumerate(moments)
        for quoted in [engine.name(entry.name)]
    )
    flags = ", ".join(
        f"length({quoted}) > 16 AND regexp_matches({quoted}, {zone}) AS z{place}"
        for place, entry in enumerate(moments)
        for quoted in [engine.name(entry.name)]
    )
    names = ", ".join(engine.name(entry.name) for entry in moments)
    row = connection.execute(
        f"SELECT {asked} FROM (SELECT row_number() OVER () AS n, {names}, {flags} FROM {texts})"
    ).fetchone()
    assert row is not None
    found = False
    for place, entry in enumerate(moments):
        value, number = row[2 * place : 2 * place + 2]
        if number is None:
            continue
        found = True
        index = state.columns.index(entry)
        state.columns[index] = column(entry.name, "datetime", "TIMESTAMPTZ")
        line = losses.line_of_record(path, state.options, int(number))
        _note(state, state.columns[index], entry.type, line, str(value), ZONED)
    return found


def _first_lossy(
    connection: "DuckDBPyConnection", path: Path, state: Settled, entry: ColumnSchema
) -> tuple[int | None, str]:
    """Return line and text of the first value that is more than an integer, or more than a date."""
    quoted = engine.name(entry.name)
    more = (
        f"(try_cast({quoted} AS DOUBLE) <> trunc(try_cast({quoted} AS DOUBLE)) OR abs(try_cast({quoted} AS DOUBLE)) >= {LARGEST!r})"
        if entry.sql_type == "BIGINT"
        else f"try_cast({quoted} AS TIMESTAMP) <> date_trunc('day', try_cast({quoted} AS TIMESTAMP))"
    )
    texts = read_csv.source(path, dict.fromkeys(state.fields, "VARCHAR"), state.options, ignore_errors=True)
    row = connection.execute(
        f"SELECT n, v FROM (SELECT row_number() OVER () AS n, {quoted} AS v, {more} AS more FROM {texts}) WHERE more LIMIT 1"
    ).fetchone()
    if row is None:
        return None, ""
    return losses.line_of_record(path, state.options, int(row[0])), str(row[1])


def _narrow(connection: "DuckDBPyConnection", path: Path, state: Settled) -> None:
    """Ask all values of the columns that could be dates in two ways; where one way is left, it is taken."""
    absent = f"({', '.join(map(engine.literal, MISSING))})"
    asked = [
        f"count(*) FILTER ({raw} IS NOT NULL AND trim({raw}) <> '' AND {raw} NOT IN {absent} AND "
        f"{written.credible(way, read_csv.value(way, '.'))} IS NULL)"
        for name, several in state.ways.items()
        for raw in [engine.name(name)]
        for way in several
    ]
    table = read_csv.source(path, state.types, state.options)
    row = connection.execute(f"SELECT {', '.join(asked)} FROM {table}").fetchone()
    assert row is not None
    lost = iter(row)
    left = {name: [way for way in several if not next(lost)] for name, several in state.ways.items()}
    state.ways = {name: several for name, several in left.items() if len(several) > 1}
    told = {name: several[0] for name, several in left.items() if len(several) == 1}
    state.columns = [told.get(entry.name, entry) for entry in state.columns]
    state.guessed |= set(told)


def _doubt_forms(connection: "DuckDBPyConnection", path: Path, state: Settled) -> bool:
    """Turn columns to text of which a value is not written as was guessed, unless it only means `missing`; say whether anything changed."""
    lenient = [entry for entry in state.columns if entry.name in state.guessed]
    absent: list[str] = []
    doubted = _losses(connection, path, state, lenient, written.credible)
    for loss in doubted:
        texts = [text for _, text in loss.first]
        if all(text in MISSING and text not in state.options["missing"] for text in texts):
            absent += texts
            continue
        index = next(place for place, entry in enumerate(state.columns) if entry.name == loss.column)
        was = state.columns[index]
        state.columns[index] = column(loss.column, "text")
        state.guessed -= {loss.column}
        row, text = next(one for one in loss.first if one[1] not in MISSING)
        line = losses.line_of_record(path, state.options, row)
        _note(state, state.columns[index], was.type, line, text, "cannot be one; it is read as text")
    if absent:
        _add_missing(state, absent)
    return bool(doubted)


def _losses(
    connection: "DuckDBPyConnection",
    path: Path,
    state: Settled,
    lenient: Sequence[ColumnSchema],
    judged: Callable[[ColumnSchema, str], str] = lambda _, value: value,
) -> list[losses.Loss]:
    table = read_csv.source(path, state.types, state.options)
    decimal = state.options["decimal"]
    asked = [(entry, engine.name(entry.name), judged(entry, read_csv.value(entry, decimal))) for entry in lenient]
    return losses.find(connection, table, asked)


def _report_losses(connection: "DuckDBPyConnection", path: Path, state: Settled) -> None:
    """Note what chosen types lose; raise LostValues where nothing may be."""
    lenient = [entry for entry in state.columns if entry.lenient and entry.name not in state.guessed]
    if not lenient:
        return
    for loss in _losses(connection, path, state, lenient):
        row, text = loss.first[0]
        line = losses.line_of_record(path, state.options, row)
        kind = next(entry.type for entry in lenient if entry.name == loss.column)
        where = f"line {line:,}" if line else f"row {row:,}"
        many = f"{loss.count:,} values are" if loss.count > 1 else "1 value is"
        if loss.column in state.strict:
            raise LostValues(
                f"Column '{loss.column}': {many} no {kind}, the first in {where}: '{text}'.",
                "Choose another type or format for it, or let such values be missing.",
                field="columns",
                line=line,
            )
        message = f"Column '{loss.column}': {many} no {kind} and therefore missing, the first in {where}: '{text}'."
        state.notes.append(ReadingNote(message=message, column=loss.column, line=line, value=text, lost=loss.count))


def _add_missing(state: Settled, tokens: list[str]) -> None:
    state.options = state.options | {"missing": [*state.options["missing"], *dict.fromkeys(tokens)]}
    _note_missing(state, tokens)


def _note_missing(state: Settled, tokens: list[str]) -> None:
    listed = ", ".join(f"'{token}'" for token in dict.fromkeys(tokens))
    state.notes.append(ReadingNote(message=f"{listed} is read as missing, in every column."))
