"""Rows of a version as a `Dataset` or an `IterableDataset` of Hugging Face's library `datasets`."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studiolo.kernel.errors import Invalid, MissingExtra

if TYPE_CHECKING:
    import pyarrow as pa

    from studiolo.studio.datasets.rows.handle import Columns, Version

PICTURE, PATH = "image", "path"


def whole(version: "Version", columns: "Columns", limit: int | None, pictures: Path | None) -> Any:
    """Return a `datasets.Dataset` of the Arrow table: its buffers are taken as they are, nothing is copied.

    pictures: the folder with the files of a folder of images, for a column of decoded pictures.
    """
    library = _library()
    found = library.Dataset(library.table.InMemoryTable(_pictured(version.to_arrow(columns, limit), pictures)))
    return found if pictures is None else found.cast_column(PICTURE, library.Image())


def streamed(version: "Version", columns: "Columns", limit: int | None, pictures: Path | None) -> Any:
    """Return a `datasets.IterableDataset` that reads the version once per iteration, a batch in memory at a time."""
    library = _library()
    from datasets.iterable_dataset import ArrowExamplesIterable

    schema = _pictured(version.to_arrow(columns, 0), pictures).schema
    info = library.DatasetInfo(features=library.Features.from_arrow_schema(schema))

    def tables() -> "Iterator[tuple[int, pa.Table]]":
        import pyarrow as pa

        for number, batch in enumerate(version.to_batches(columns, limit)):
            yield number, _pictured(pa.Table.from_batches([batch]), pictures)

    found = library.IterableDataset(ArrowExamplesIterable(tables, {}), info=info)
    return found if pictures is None else found.cast_column(PICTURE, library.Image())


def _library() -> Any:
    try:
        import datasets
    except ImportError:
        raise MissingExtra("A Dataset of Hugging Face", "huggingface") from None
    return datasets


def _pictured(table: "pa.Table", folder: Path | None) -> "pa.Table":
    """Put a column of the places of the files beside the others."""
    if folder is None:
        return table
    import pyarrow as pa

    if PATH not in table.column_names:
        raise Invalid("Pictures are found by the column 'path'.", "Ask for it too.", field="columns")
    places = [None if path is None else str(folder / path) for path in table[PATH].to_pylist()]
    return table.append_column(PICTURE, pa.array(places, pa.string()))
