"""The child that turns the Arrow stream of a result into CSV or Parquet: `python -m …explore.export_process`."""

import os
import sys
from typing import Any

from studiolo.studio.datasets.explore import frames, lockdown

SECONDS = 3600.0


def main() -> int:
    """Write the one file to standard output."""
    asked, _ = frames.receive(sys.stdin.buffer)
    lockdown.isolate()
    lockdown.bound(SECONDS)
    import pyarrow as pa

    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    reader = pa.ipc.open_stream(pa.memory_map(asked["path"]))
    with pa.PythonFile(answers, "w") as sink:
        (_csv if asked["kind"] == "csv" else _parquet)(reader, sink)
    return 0


def _csv(reader: Any, sink: Any) -> None:
    import pyarrow as pa
    from pyarrow import csv

    from studiolo.studio.datasets.explore.cells import whole

    def flat(field: Any) -> bool:
        kind = field.type
        return bool(
            pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
            or pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_date(kind)
            or pa.types.is_decimal(kind)
        )  # fmt: skip

    plain = [flat(field) for field in reader.schema]
    fields = [
        field if is_plain else field.with_type(pa.string())
        for field, is_plain in zip(reader.schema, plain, strict=True)
    ]
    schema = pa.schema(fields)
    with csv.CSVWriter(sink, schema) as writer:
        for batch in reader:
            columns = [
                column
                if is_plain
                else pa.array([None if value is None else whole(value) for value in column.to_pylist()], pa.string())
                for column, is_plain in zip(batch.columns, plain, strict=True)
            ]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))


def _parquet(reader: Any, sink: Any) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    from studiolo.studio.datasets.explore.cells import whole

    odd = [pa.types.is_interval(field.type) or pa.types.is_null(field.type) for field in reader.schema]
    fields = [
        field.with_type(pa.string()) if is_odd else field for field, is_odd in zip(reader.schema, odd, strict=True)
    ]
    schema = pa.schema(fields)
    with parquet.ParquetWriter(sink, schema, compression="zstd") as writer:
        held: list[Any] = []
        rows = 0
        for batch in reader:
            columns = [
                pa.array([None if value is None else whole(value) for value in column.to_pylist()], pa.string())
                if is_odd
                else column
                for column, is_odd in zip(batch.columns, odd, strict=True)
            ]
            held.append(pa.RecordBatch.from_arrays(columns, schema=schema))
            rows += batch.num_rows
            if rows >= 122_880:
                writer.write_table(pa.Table.from_batches(held, schema))
                held, rows = [], 0
        if held:
            writer.write_table(pa.Table.from_batches(held, schema))


if __name__ == "__main__":
    sys.exit(main())
