"""Tables of other kinds written as Parquet once, which is read from then on."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

GROUP_ROWS = 122_880  # DuckDB's own size of a row group


def write(schema: "pa.Schema", batches: "Iterable[pa.RecordBatch]", target: Path) -> int:
    """Write batches in bounded memory; returns how many rows there are. Types that Parquet does not have become others."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    plain = pa.schema([pa.field(field.name, _plain(field.type)) for field in schema])
    rows = 0
    with pq.ParquetWriter(target, plain, compression="zstd") as writer:
        for batch in _grouped(batches):
            columns = [_cast(column, kind.type) for column, kind in zip(batch.columns, plain, strict=True)]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=plain))
            rows += batch.num_rows
    return rows


def _grouped(batches: "Iterable[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
    """Put small batches together: each becomes a row group."""
    import pyarrow as pa

    held: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        held.append(batch)
        rows, size = rows + batch.num_rows, size + batch.nbytes
        if rows >= GROUP_ROWS or size >= 64 << 20:
            yield from pa.Table.from_batches(held).combine_chunks().to_batches()
            held, rows, size = [], 0, 0
    if held:
        yield from pa.Table.from_batches(held).combine_chunks().to_batches()


def _plain(kind: "pa.DataType") -> Any:
    import pyarrow as pa

    types = pa.types
    if types.is_dictionary(kind) or types.is_run_end_encoded(kind):
        return _plain(kind.value_type)
    if types.is_duration(kind) or types.is_interval(kind) or types.is_string_view(kind) or types.is_union(kind):
        return pa.string()
    return pa.binary() if types.is_binary_view(kind) else kind


def _cast(column: Any, kind: "pa.DataType") -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if column.type == kind:
        return column
    if pa.types.is_dictionary(column.type):
        return _cast(column.dictionary_decode(), kind)
    try:
        return pc.cast(column, kind)
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        return pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.string())
