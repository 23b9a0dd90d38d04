"""Rows that are no rows, as the engine's reject table tells them, said with their physical line."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from studiolo.studio.datasets.errors import BadFile, BadQuotes, DamagedFile, LineTooLong, RaggedRow
from studiolo.studio.datasets.reading import engine

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def refuse_broken_rows(connection: "DuckDBPyConnection", path: Path) -> None:
    """Raise for the first row that has the wrong number of fields, or a quote that does not end."""
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


def unreadable(error: Exception) -> BadFile:
    """Say that the engine could not read the text at all."""
    line = engine.LINE.search(str(error))
    return DamagedFile(
        f"The text cannot be read as a table: {engine.said(error)}",
        "Check delimiter and quotes, or name the delimiter (option `delimiter`).",
        line=int(line[1]) if line else None,
    )
