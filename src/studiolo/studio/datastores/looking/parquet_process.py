"""The child that reads the first rows of a Parquet file: `python -m studiolo.studio.datastores.looking.parquet_process`."""

import sys
from typing import Any

from studiolo.studio.datastores.looking.answering import answer, as_head


def _verb(request: dict[str, Any]) -> dict[str, Any]:
    import pyarrow as pa
    from pyarrow import ArrowException
    from pyarrow import parquet as pq

    from studiolo.studio.datastores.errors import ValueUnfit

    try:
        with pq.ParquetFile(request["file"]) as file:
            end = _end(file.metadata)
            if end > request["there"]:
                return {"need": end}
            found, left = [], int(request["rows"]) + 1
            if file.metadata.num_row_groups:
                for batch in file.iter_batches(batch_size=left, row_groups=[0], use_threads=False):
                    found.append(batch)
                    left -= batch.num_rows
                    if left <= 0:
                        break
            head = pa.Table.from_batches(found, file.schema_arrow)
            told = as_head(head, int(request["rows"]))
            return {**told, "more": file.metadata.num_rows > len(told["rows"]), "total": file.metadata.num_rows}
    except (ArrowException, OSError, ValueError) as error:
        raise ValueUnfit(f"The Parquet file cannot be read: {str(error).splitlines()[0][:300]}") from None


def _end(metadata: Any) -> int:
    """Return the offset behind the first row group, which is all that is read."""
    if not metadata.num_row_groups:
        return 0
    group, ends = metadata.row_group(0), [0]
    for place in range(group.num_columns):
        column = group.column(place)
        start = column.dictionary_page_offset or column.data_page_offset
        ends.append(min(start, column.data_page_offset) + column.total_compressed_size)
    return max(ends)


if __name__ == "__main__":
    sys.exit(answer(_verb))
