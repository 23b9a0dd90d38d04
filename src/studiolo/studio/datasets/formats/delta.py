"""A Delta table at one version, as Parquet that was written of it; see `studio/datasets/delta`."""

from pathlib import Path

from studiolo.studio.datasets.errors import UnknownFormat
from studiolo.studio.datasets.formats import parquet
from studiolo.studio.datasets.formats.base import FormatSpec, Inspected, Source
from studiolo.studio.datasets.reading.table_input import TableInput
from studiolo.studio.datasets.schemas import TableSchema

SPEC = FormatSpec(
    name="delta",
    title="Delta table",
    extensions=(),
    options=("table_version", "table_time", "nested"),
    copies=True,
    numbered=True,
)


def matches(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Take nothing by itself: the log of a table tells its files."""
    return False


def inspect(source: Source) -> Inspected:
    """Refuse: the files of a table are read together."""
    raise UnknownFormat(f"{source.name} is no Delta table by itself.", "Send the folder of the table.", field="format")


def scan(table: TableInput, row: str = "") -> str:
    """Read the Parquet that was written of the version."""
    return parquet.scan(table, row)


def head(path: Path, schema: TableSchema, rows: int, work: Path) -> Path:  # noqa: ARG001
    """Return the copy itself: a LIMIT reads no more than the first row group."""
    return path
