"""The one sentence in which DuckDB is asked to read delimited texts."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.reading.conversion import of_text
from studiolo.studio.datasets.reading.kinds import in_utc, nothing, reference
from studiolo.studio.datasets.reading.select import below_each_other, files, runs, select
from studiolo.studio.datasets.reading.table_input import TableInput
from studiolo.studio.datasets.schemas import ColumnSchema, TableSchema

DEFAULT_LINE = 2_000_000  # DuckDB's own limit; its buffers grow with it


def read_as(column: ColumnSchema) -> str:
    """Return the type that the engine parses a column's texts to."""
    return "VARCHAR" if column.lenient else column.sql_type


def source(paths: Sequence[Path] | Path, columns: Mapping[str, str], options: dict[str, Any], **more: Any) -> str:
    """Return the table function with everything fixed, so that nothing is guessed a second time.

    columns: the engine's types by the names of all fields, in order. more: further arguments.
    options: delimiter, quote, escape, header, missing, decimal, longest_line, and where it is so skip_rows and
    empty_as_text.
    """
    fixed: dict[str, Any] = {
        "auto_detect": False,
        "header": options["header"],
        "delim": options["delimiter"],
        "quote": options["quote"],
        "escape": options["escape"],
        "nullstr": options["missing"],
        "decimal_separator": options["decimal"] or ".",
        "max_line_size": max(DEFAULT_LINE, options["longest_line"] + 1024),
        "columns": dict(columns),
    }
    if options.get("skip_rows"):
        fixed["skip"] = options["skip_rows"]
    if options.get("empty_as_text"):
        texts = [name for name, kind in columns.items() if kind == "VARCHAR"]
        if texts:
            fixed["force_not_null"] = texts
    listed = [paths] if isinstance(paths, Path) else paths
    return f"read_csv({files(listed)}, {engine.arguments(fixed | more)})"


def layouts(schema: TableSchema) -> list[list[str]]:
    """Return the lists of fields that the files have: the first is that of most of them."""
    first = schema.options.get("fields") or [column.place[0] for column in schema.columns if column.origin == "file"]
    return [first, *schema.options.get("layouts", [])]


def scan(table: TableInput) -> str:
    """Return the SELECT that yields the table: files with the same fields and header are read together."""
    schema, known = table.schema, layouts(table.schema)
    chosen: dict[str, int] = schema.options.get("layout_of", {})
    first = schema.options.get("headers") == "first"
    top = schema.options.get("first_file", table.names[0])  # a part of the table begins elsewhere
    headed = bool(schema.options["header"])
    parts = []
    for (header, layout), part in runs(
        table, lambda _, name: (headed and (not first or name == top), chosen.get(name, 0))
    ):
        parts.append(_part(part, known[layout], header=header))
    return below_each_other(parts)


def _part(table: TableInput, fields: list[str], *, header: bool) -> str:
    options = table.schema.options | {"header": header}
    by_field = {column.place[0]: column for column in table.schema.columns if column.origin == "file"}
    types = {name: read_as(by_field[name]) if name in by_field else "VARCHAR" for name in fields}
    there = set(fields)

    def item(column: ColumnSchema) -> str:
        if column.place[0] not in there:
            return nothing(column)
        return f"{value(column, options['decimal'])} AS {engine.name(column.name)}"

    return select(table, item, lambda part: source(part.files, types, options))


def value(column: ColumnSchema, decimal: str) -> str:
    """Return the value of a column, as it is or made from its text."""
    raw = reference(column.place)
    return of_text(column, raw, decimal) if column.lenient else in_utc(column, raw)
