"""What the transformations of an MLTable left: one Parquet file beside the files of the version, made when it was registered."""

from studiolo.studio.datasets.errors import UnknownFormat
from studiolo.studio.datasets.formats import parquet
from studiolo.studio.datasets.formats.base import FormatSpec, Inspected, Source

SPEC = FormatSpec(
    name="mltable", title="MLTable", extensions=(), copies=True, together=True, numbered=True, chosen=False
)


def matches(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Take nothing by itself: an MLTable file names the format of the files beside it."""
    return False


def inspect(source: Source) -> Inspected:
    """Refuse: a file alone is never of this format."""
    raise UnknownFormat(
        f"{source.name} is no table by itself.", "Send the folder that the MLTable file is in.", field="format"
    )


scan, head = parquet.scan, parquet.head  # of the file that is made of all of them
