"""Files with types of their own: their columns, nested ones flattened when that is wanted, and what the owner chose."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from studiolo.studio.datasets.errors import LostValues, TooManyColumns
from studiolo.studio.datasets.reading import choices, losses
from studiolo.studio.datasets.reading.conversion import of_stored
from studiolo.studio.datasets.reading.dialect import MAX_COLUMNS, check_names
from studiolo.studio.datasets.reading.kinds import of_sql, reference
from studiolo.studio.datasets.schemas import ColumnSchema, ReadingNote, TableSchema

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from studiolo.studio.datasets.formats.base import Source

DEPTH = 20


def described(
    connection: "DuckDBPyConnection", query: str, names: Sequence[str], *, flatten: bool = False
) -> list[ColumnSchema]:
    """Return the columns of a query. names: as they stand in the file, where the engine renames some.

    flatten: the fields of structs are columns of their own, `address.city`; lists stay whole.
    """
    relation = connection.sql(query)
    columns: list[ColumnSchema] = []
    for name, kind in zip(names, relation.types, strict=True):
        columns += _flat([name], kind, DEPTH) if flatten else [of_sql(name, str(kind))]
    if len(columns) > MAX_COLUMNS:
        raise TooManyColumns(f"The table has {len(columns):,} columns; at most {MAX_COLUMNS:,} are taken.", "Split it.")
    if flatten:
        check_names([column.name for column in columns])
    return columns


def _flat(place: list[str], kind: Any, depth: int) -> list[ColumnSchema]:
    if kind.id != "struct" or not depth:
        return [of_sql(".".join(place), str(kind), place if len(place) > 1 else ())]
    return [column for name, inner in kind.children for column in _flat([*place, name], inner, depth - 1)]


def settled(
    connection: "DuckDBPyConnection", name: str, columns: list[ColumnSchema], rows: int, table: str, source: "Source"
) -> TableSchema:
    """Put on the columns what the owner chose, and note what that loses.

    table: what stands after FROM. Raises LostValues where nothing may be lost.
    """
    chosen = source.choices
    if source.first is None:
        choices.check(list(chosen.values()), [".".join(column.place) for column in columns])
    typed = [choices.retyped(column, chosen.get(".".join(column.place))) for column in columns]
    kept = choices.applied(typed, chosen)
    notes: list[ReadingNote] = []
    lenient = [column for column in kept if column.lenient]
    if lenient and source.options.proof:
        strict = {key for key, choice in chosen.items() if choice.mismatch == "error"}
        notes = _losses(connection, table, lenient, strict)
    return TableSchema(format=name, columns=kept, rows=rows, notes=notes)


def _losses(
    connection: "DuckDBPyConnection", table: str, lenient: list[ColumnSchema], strict: set[str]
) -> list[ReadingNote]:
    notes = []
    kinds = {column.name: column for column in lenient}
    asked = [(column, reference(column.place), of_stored(column, reference(column.place))) for column in lenient]
    for loss in losses.find(connection, table, asked):
        row, text = loss.first[0]
        column = kinds[loss.column]
        many = f"{loss.count:,} values are" if loss.count > 1 else "1 value is"
        said = f"Column '{loss.column}': {many} no {column.type}"
        if ".".join(column.place) in strict:
            raise LostValues(
                f"{said}, the first in row {row:,}: '{text}'.",
                "Choose another type or format for it, or let such values be missing.",
                field="columns",
                line=row,
            )
        message = f"{said} and therefore missing, the first in row {row:,}: '{text}'."
        notes.append(ReadingNote(message=message, column=loss.column, line=row, value=text, lost=loss.count))
    return notes
