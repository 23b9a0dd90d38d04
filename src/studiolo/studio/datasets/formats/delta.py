"""A Delta table at one version, as Parquet that was written of it; see `studio/datasets/delta`."""

from studiolo.studio.datasets.errors import UnknownFormat
from studiolo.studio.datasets.formats import parquet
from studiolo.studio.datasets.formats.base import FormatSpec, Inspected, Source

SPEC = FormatSpec(
    name="delta",
    title="Delta table",
    extensions=(),
    options=("table_version", "table_time", "nested"),
    copies=True,
    together=True,
    numbered=True,
)


def matches(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Take nothing by itself: the log of a table tells its files."""
    return False


def inspect(source: Source) -> Inspected:
    """Refuse: the files of a table are read together."""
    raise UnknownFormat(f"{source.name} is no Delta table by itself.", "Send the folder of the table.", field="format")


scan, head = parquet.scan, parquet.head  # of the file that is made of all of them
