"""A folder of images: a row per image with label, size and what is wrong with it; see `studio/datasets/images`."""

from pathlib import Path

from studiolo.studio.datasets.errors import UnknownFormat
from studiolo.studio.datasets.formats import parquet
from studiolo.studio.datasets.formats.base import FormatSpec, Inspected, Source
from studiolo.studio.datasets.reading.table_input import TableInput
from studiolo.studio.datasets.schemas import TableSchema

SPEC = FormatSpec(
    name="images",
    title="Folder of images",
    extensions=(".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff"),
    options=("partition_format",),
    copies=True,
    numbered=True,
)


def matches(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Take nothing by itself: one image among tables is no folder of images."""
    return False


def inspect(source: Source) -> Inspected:
    """Refuse: images are looked into together."""
    raise UnknownFormat(
        f"{source.name} is read with the other images of its folder.", "Send the folder.", field="format"
    )


def scan(table: TableInput, row: str = "") -> str:
    """Read the Parquet that was made of all images."""
    return parquet.scan(table, row)


def head(path: Path, schema: TableSchema, rows: int, work: Path) -> Path:  # noqa: ARG001
    """Return the copy itself: a LIMIT reads no more than the first row group."""
    return path
