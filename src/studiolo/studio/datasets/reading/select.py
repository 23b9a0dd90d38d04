"""The SELECT of a table of many files: runs of files that are read alike, one below the other."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.reading.partitions import by_file, from_names
from studiolo.studio.datasets.reading.table_input import TableInput
from studiolo.studio.datasets.schemas import ColumnSchema

ROW_BITS = 40  # of the rows' numbers within a file


def files(paths: Sequence[Path]) -> str:
    """Write the paths for a table function."""
    return engine.file(paths[0]) if len(paths) == 1 else "[" + ", ".join(map(engine.file, paths)) + "]"


def select(
    table: TableInput,
    item: Callable[[ColumnSchema], str],
    source: Callable[[TableInput], str],
    row: str = "",
) -> str:
    """Return the SELECT over files that are read alike.

    item: the SELECT item of a column of the file; source: what stands after FROM; row: name of a column that numbers the rows,
    for sources that know `file_row_number`.
    """
    told: dict[str, list[Any]] = from_names(
        table.names, table.schema.columns, table.schema.options.get("partition_format")
    )
    items = [
        f"{by_file(told[column.name], column.sql_type)} AS {engine.name(column.name)}"
        if column.origin != "file"
        else item(column)
        for column in table.schema.columns
    ]
    if row:
        number = (
            "file_row_number" if len(table.files) == 1 else f"file_index::UBIGINT * {2**ROW_BITS} + file_row_number"
        )
        items.insert(0, f"{number} AS {engine.name(row)}")
    return f"SELECT {', '.join(items)} FROM {source(table)}"


def below_each_other(parts: Sequence[str]) -> str:
    """Put tables below each other, in order."""
    return parts[0] if len(parts) == 1 else " UNION ALL ".join(f"({part})" for part in parts)


def runs(table: TableInput, key: Callable[[int, str], Any]) -> list[tuple[Any, TableInput]]:
    """Split the files into runs of neighbours with the same key. key: of the place and the name of a file."""
    found: list[tuple[Any, TableInput]] = []
    start = 0
    keys = [key(place, name) for place, name in enumerate(table.names)]
    for place in range(1, len(keys) + 1):
        if place == len(keys) or keys[place] != keys[start]:
            found.append((keys[start], table.part(start, place)))
            start = place
    return found
