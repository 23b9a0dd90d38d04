"""What an MLTable does to rows and columns, as one query; its result is kept as Parquet, which everybody reads from then on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from studiolo.kernel.nearest import nearest
from studiolo.studio.datasets.errors import BadColumnChoice, BadFile, BadMLTable, HeaderOnly
from studiolo.studio.datasets.formats.base import family
from studiolo.studio.datasets.mltable import expressions
from studiolo.studio.datasets.mltable.steps import Conversion, Step
from studiolo.studio.datasets.reading import conversion, engine, losses
from studiolo.studio.datasets.reading.dialect import check_names
from studiolo.studio.datasets.reading.kinds import SQL_TYPES
from studiolo.studio.datasets.reading.table_input import TableInput
from studiolo.studio.datasets.schemas import ColumnSchema, ReadingNote, TableSchema

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FORMAT = "mltable"
MOMENTS = ("date", "datetime")
NUMBER = " number"  # of a row; no column is called so
COLUMN_KEYS = ("keep_columns", "drop_columns", "convert_column_types", "filter")


def needed(steps: Sequence[Step]) -> bool:
    """Say whether anything is done to rows or columns once the files are read."""
    return any(step.key in (*COLUMN_KEYS, "take", "skip", "take_random_sample") for step in steps)


@dataclass
class _State:
    """query: what yields the rows so far; hidden: columns that a later step shows."""

    query: str
    columns: dict[str, ColumnSchema]
    hidden: dict[str, ColumnSchema] = field(default_factory=dict)
    notes: list[ReadingNote] = field(default_factory=list)


def run(
    table: TableInput,
    steps: Sequence[Step],
    target: Path,
    spill: Path,
    *,
    names: Mapping[str, str] | None = None,
    empty: bool = False,
) -> TableSchema:
    """Do the steps, write the rows to `target` and return their schema.

    names: of columns at the end, by those before; empty: that no row is left is no error.
    Raises BadMLTable, which names the transformation that is wrong, or that left no row; BadColumnName for two columns of one name.
    """
    import duckdb

    late = any(step.key == "extract_columns_from_partition_format" for step in steps)
    plain = {column.name: _plain(column) for column in table.schema.columns}
    told = {column.name for column in table.schema.columns if column.origin == "partition"} if late else set()
    query = family()[table.schema.format].scan(table)
    state = _State(
        query,
        {name: column for name, column in plain.items() if name not in told},
        {name: column for name, column in plain.items() if name in told},
    )
    connection = engine.connect(spill=spill)
    try:
        for step in steps:
            _do(connection, state, step)
        lost = {name: count for name, count in table.schema.losses.items() if name in state.columns}
        _rename(state, names or {})
        listed = ", ".join(map(engine.name, state.columns))
        copied = f"COPY (SELECT {listed} FROM ({state.query})) TO {engine.literal(str(target))}"
        try:
            connection.execute(f"{copied} (FORMAT parquet, COMPRESSION zstd)")
        except duckdb.Error as error:
            raise _failed(connection, table, steps, error) from error
        counted = connection.execute(f"SELECT count(*) FROM read_parquet({engine.file(target)})").fetchone()
    finally:
        connection.close()
    rows = int(counted[0]) if counted else 0
    if not rows and not empty:
        raise HeaderOnly("The transformations of the MLTable leave no row.", "Look at its filter, skip and take.")
    lost = {(names or {}).get(name, name): count for name, count in lost.items()}
    for note in state.notes:
        if note.column in state.columns:
            lost[note.column] = lost.get(note.column, 0) + note.lost
    columns = list(state.columns.values())
    return TableSchema(format=FORMAT, columns=columns, rows=rows, notes=state.notes, losses=lost)


def _plain(column: ColumnSchema) -> ColumnSchema:
    """Return a column as it is once its file is read: moments are in UTC, nested values are texts."""
    held = "TIMESTAMP" if column.type == "datetime" else column.sql_type
    return ColumnSchema(name=column.name, type=column.type, sql_type=held, stored=held)


def _do(connection: "DuckDBPyConnection", state: _State, step: Step) -> None:
    match step.key:
        case "filter":
            types = {name: column.type for name, column in state.columns.items()}
            try:
                condition = expressions.sql(step.value, types)
            except expressions.NotUnderstood as error:
                raise step.wrong(str(error), f"It says: {step.value[:200]}") from None
            state.query = f"SELECT * FROM ({state.query}) WHERE {condition}"
        case "take":
            state.query = f"SELECT * FROM ({state.query}) LIMIT {step.value:d}"
        case "skip":
            state.query = f"SELECT * FROM ({state.query}) OFFSET {step.value:d}"
        case "take_random_sample":
            state.query = _sampled(state.query, step)
        case "keep_columns":
            _check(state, step, step.value)
            _keep(state, step.value)
        case "drop_columns":
            _check(state, step, step.value)
            _keep(state, [name for name in state.columns if name not in step.value])
            if not state.columns:
                raise step.wrong("no column is left.", "Keep at least one.")
        case "convert_column_types":
            for asked in step.value:
                _check(state, step, asked.columns)
            _convert(connection, state, step)
        case "extract_columns_from_partition_format":
            state.columns |= state.hidden
            state.hidden = {}


def _sampled(query: str, step: Step) -> str:
    """Return the rows that a hash of their number picks: the same ones each time, whatever reads them."""
    number, share, seed = engine.name(NUMBER), step.value["probability"], step.value["seed"]
    numbered = f"SELECT *, row_number() OVER () AS {number} FROM ({query})"
    limit = min(2**64 - 1, int(share * 2**64))
    picked = f"hash({number}, {seed:d}::HUGEINT) < {limit:d}::UBIGINT" if share < 1 else "true"
    return f"SELECT * EXCLUDE ({number}) FROM ({numbered}) WHERE {picked}"


def _check(state: _State, step: Step, names: Sequence[str]) -> None:
    for name in names:
        if name not in state.columns:
            near = nearest(name, list(state.columns))
            listed = ", ".join(list(state.columns)[:10])
            raise step.wrong(
                f"there is no column '{name[:100]}'.", f"Did you mean '{near}'?" if near else f"There are: {listed}."
            )


def _keep(state: _State, names: Sequence[str]) -> None:
    state.columns = {name: state.columns[name] for name in names}
    state.query = f"SELECT {', '.join(map(engine.name, [*state.columns, *state.hidden]))} FROM ({state.query})"


def _rename(state: _State, names: Mapping[str, str]) -> None:
    """Give columns their names; one that no transformation left is noted."""
    gone = [name for name in names if name not in state.columns]
    state.notes += [ReadingNote(message=f"There is no column '{name[:100]}' that could be renamed.") for name in gone]
    told = [(name, names.get(name, name)) for name in state.columns]
    check_names([new for _, new in told])
    picked = ", ".join(f"{engine.name(name)} AS {engine.name(new)}" for name, new in told)
    state.query = f"SELECT {picked} FROM ({state.query})"
    state.columns = {new: state.columns[name].model_copy(update={"name": new}) for name, new in told}
    state.notes = [
        note.model_copy(update={"column": names.get(note.column, note.column)}) if note.column else note
        for note in state.notes
    ]


def _convert(connection: "DuckDBPyConnection", state: _State, step: Step) -> None:
    """Turn columns into other types; values that do not fit are missing, counted and noted."""
    import duckdb

    changed: list[str] = []
    asked: list[tuple[ColumnSchema, str, str]] = []
    for one in step.value:
        for name in one.columns:
            column, value = _converted(state.columns[name], one, step)
            raw = engine.name(name)
            if one.other is None:
                asked.append((column, raw, value))
            else:
                value = f"CASE WHEN {raw} IS NOT NULL THEN coalesce({value}, {engine.literal(one.other)}) END"
            changed.append(f"{value} AS {raw}")
            state.columns[name] = _plain(column)
    try:
        found = losses.find(connection, f"({state.query})", asked)
    except duckdb.Error as error:
        raise step.wrong(f"it cannot be done: {engine.said(error)}", "Convert the column another way.") from error
    for loss in found:
        row, text = loss.first[0]
        kind = state.columns[loss.column].type
        many = f"{loss.count:,} values are" if loss.count > 1 else "1 value is"
        state.notes.append(
            ReadingNote(
                message=f"Column '{loss.column}': {many} no {kind} and therefore missing, the first in row {row:,}: '{text}'.",
                column=loss.column,
                value=text,
                lost=loss.count,
            )
        )
    state.query = f"SELECT * REPLACE ({', '.join(changed)}) FROM ({state.query})"


def _converted(column: ColumnSchema, asked: Conversion, step: Step) -> tuple[ColumnSchema, str]:
    try:
        formats = [conversion.strptime(text) for text in asked.formats]
    except BadColumnChoice as error:
        raise step.wrong(error.detail, error.hint) from None
    wanted = ColumnSchema(
        name=column.name,
        type=asked.type,
        sql_type=asked.sql_type or SQL_TYPES[asked.type],
        stored=column.sql_type,
        lenient=True,
        formats=formats,
        true=list(asked.true),
        false=list(asked.false),
    )
    raw = engine.name(column.name)
    if column.type == asked.type and not (formats or asked.true):
        return column, raw
    if formats and column.type in MOMENTS:  # it is one already: how moments are written is said of texts
        return wanted, raw if column.type == asked.type else conversion.of_typed(wanted, raw)
    if (formats or asked.true) and column.sql_type != "VARCHAR":
        return wanted, conversion.of_text(wanted, f"CAST({raw} AS VARCHAR)")
    return wanted, conversion.of_stored(wanted, raw)


def _failed(connection: "DuckDBPyConnection", table: TableInput, steps: Sequence[Step], error: Exception) -> BadFile:
    """Find the step whose rows cannot be had, and name it."""
    import duckdb

    for last in range(1, len(steps) + 1):
        state = _State(
            family()[table.schema.format].scan(table), {column.name: _plain(column) for column in table.schema.columns}
        )
        for step in steps[:last]:
            _do(connection, state, step)
        try:
            connection.execute(f"SELECT count(COLUMNS(*)) FROM ({state.query})")
        except duckdb.Error as found:
            return steps[last - 1].wrong(f"it cannot be done: {engine.said(found)}", "Look at its values.")
    return BadMLTable(f"The transformations cannot be done: {engine.said(error)}", "Look at the values of the files.")
