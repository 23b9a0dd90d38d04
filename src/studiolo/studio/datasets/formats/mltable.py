"""What the transformations of an MLTable left: one Parquet file beside the files of the version, made when it was registered."""

from pathlib import Path

from studiolo.studio.datasets.errors import UnknownFormat
from studiolo.studio.datasets.formats import parquet
from studiolo.studio.datasets.formats.base import FormatSpec, Inspected, Source
from studiolo.studio.datasets.reading.table_input import TableInput
from studiolo.studio.datasets.schemas import TableSchema

SPEC = FormatSpec(name="mltable", title="MLTable", extensions=(), copies=True, numbered=True, chosen=False)


def matches(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Take nothing by itself: an MLTable file names the format of the files beside it."""
    return False


def inspect(source: Source) -> Inspected:
    """Refuse: a file alone is never of this format."""
    raise UnknownFormat(
        f"{source.name} is no table by itself.", "Send the folder that the MLTable file is in.", field="format"
    )


def scan(table: TableInput, row: str = "") -> str:
    """Read the Parquet that the transformations left."""
    return parquet.scan(table, row)


def head(path: Path, schema: TableSchema, rows: int, work: Path) -> Path:  # noqa: ARG001
    """Return the copy itself: a LIMIT reads no more than the first row group."""
    return path
