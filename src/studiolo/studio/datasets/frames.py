"""Frames of pandas, Polars, Arrow and whoever else gives an Arrow stream, as Parquet; a stream is never whole in memory."""

from pathlib import Path
from typing import Any

from studiolo.kernel.errors import Invalid

ROWS = 1 << 17  # in a row group


def write_parquet(frame: Any, path: Path) -> int:
    """Write the rows of a frame; returns how many. Raises Invalid for what is no frame, or has columns without a name."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not hasattr(frame, "__arrow_c_stream__"):
        raise Invalid(
            f"A {type(frame).__name__} gives no Arrow stream.",
            "Give a frame of pandas 2.2 or Polars, a pyarrow.Table, or a path.",
            field="frame",
        )
    if hasattr(frame, "columns") and hasattr(frame, "index") and hasattr(frame, "iloc"):
        try:
            batches = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata().to_reader(ROWS)
        except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError) as error:
            raise Invalid(
                f"The frame cannot be written as Parquet: {error}.", "Give each column one type.", field="frame"
            ) from None
    else:
        batches = pa.RecordBatchReader.from_stream(frame)
    rows = 0
    with pq.ParquetWriter(path, batches.schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch, row_group_size=ROWS)
            rows += batch.num_rows
    return rows
