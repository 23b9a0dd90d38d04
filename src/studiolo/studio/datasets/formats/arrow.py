"""Arrow: files and streams of the IPC format, and Feather of either version."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from studiolo.studio.datasets.errors import DamagedFile, HeaderOnly
from studiolo.studio.datasets.formats import parquet
from studiolo.studio.datasets.formats.base import FormatSpec, Inspected, Source
from studiolo.studio.datasets.reading import engine, parquet_copy
from studiolo.studio.datasets.reading.dialect import check_names
from studiolo.studio.datasets.reading.table_input import TableInput
from studiolo.studio.datasets.schemas import TableSchema

SPEC = FormatSpec(
    name="arrow",
    title="Arrow, Feather",
    extensions=(".arrow", ".feather", ".arrows", ".ipc"),
    options=("nested",),
    copies=True,
    numbered=True,
)
FILE, STREAM, OLD = b"ARROW1", b"\xff\xff\xff\xff", b"FEA1"


def matches(head: bytes, name: str) -> bool:
    """Take what begins as Arrow does, or is called so."""
    return head.startswith((FILE, OLD)) or name.lower().endswith(SPEC.extensions)


def inspect(source: Source) -> Inspected:
    """Write the batches as Parquet, which DuckDB reads by itself, and look into that."""
    import pyarrow as pa

    target = source.work / "rows.parquet"
    try:
        with _opened(source.path) as (schema, batches):
            check_names(schema.names)
            rows = parquet_copy.write(schema, batches, target)
    except (pa.ArrowException, OSError, EOFError) as error:
        raise DamagedFile(f"The Arrow file cannot be read: {engine.said(error)}", "Write the file again.") from error
    if not rows and source.first is None:
        raise HeaderOnly("The file has columns but no rows.", "Write rows into it first.")
    return parquet.look(source, target, SPEC.name)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Iterator[Any]]]:
    import pyarrow as pa

    with path.open("rb") as stream:
        head = stream.read(8)
    if head.startswith(OLD):
        from pyarrow import feather

        table = feather.read_table(path)
        yield table.schema, iter(table.to_batches())
        return
    with pa.memory_map(str(path)) as mapped:
        if head.startswith(FILE):
            with pa.ipc.open_file(mapped) as reader:
                yield reader.schema, (reader.get_batch(place) for place in range(reader.num_record_batches))
        else:
            with pa.ipc.open_stream(mapped) as reader:
                yield reader.schema, iter(reader)


def scan(table: TableInput, row: str = "") -> str:
    """Read the Parquet that the inspection wrote."""
    return parquet.scan(table, row)


def head(path: Path, schema: TableSchema, rows: int, work: Path) -> Path:  # noqa: ARG001
    """Return the copy itself: a LIMIT reads no more than the first row group."""
    return path
