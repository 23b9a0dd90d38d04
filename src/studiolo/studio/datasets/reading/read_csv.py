"""The one sentence in which DuckDB is asked to read a delimited text."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.reading.kinds import expression
from studiolo.studio.datasets.schemas import ColumnSchema

DEFAULT_LINE = 2_000_000  # DuckDB's own limit; its buffers grow with it


def source(path: Path, columns: Sequence[ColumnSchema], options: dict[str, Any], **more: Any) -> str:
    """Return the table function with everything fixed, so that nothing is guessed a second time.

    options: delimiter, quote, escape, header, missing, decimal, longest_line; more: further arguments.
    """
    fixed = {
        "auto_detect": False,
        "header": options["header"],
        "delim": options["delimiter"],
        "quote": options["quote"],
        "escape": options["escape"],
        "nullstr": options["missing"],
        "decimal_separator": options["decimal"],
        "max_line_size": max(DEFAULT_LINE, options["longest_line"] + 1024),
        "columns": {column.name: column.sql_type for column in columns},
    }
    return f"read_csv({engine.file(path)}, {engine.arguments(fixed | more)})"


def select(path: Path, columns: Sequence[ColumnSchema], options: dict[str, Any]) -> str:
    """Return the SELECT that yields the table."""
    return f"SELECT {', '.join(map(expression, columns))} FROM {source(path, columns, options)}"
