"""A folder of images: a row per image with label, size and what is wrong with it; see `studio/datasets/images`."""

from studiolo.studio.datasets.errors import UnknownFormat
from studiolo.studio.datasets.formats import parquet
from studiolo.studio.datasets.formats.base import FormatSpec, Inspected, Source

SPEC = FormatSpec(
    name="images",
    title="Folder of images",
    extensions=(".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff"),
    options=("partition_format",),
    copies=True,
    together=True,
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


scan, head = parquet.scan, parquet.head  # of the file that is made of all of them
