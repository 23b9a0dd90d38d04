"""A table by columns in one file that is mapped into memory: any row of it is there at once, in any order.

Columns are called `c0`, `c1`, …; `r` is the number of the row, from 0. The file appears when it is whole.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studiolo.studio.datasets.explore.errors import ExploreCacheFull
from studiolo.studio.datasets.reading import engine

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

BATCH = 65_536  # rows
TOO_LONG = 1 << 15  # bytes of a line from which a batch of texts might not fit into offsets of 32 bits
LEAST_ROOM = 1 << 30  # bytes that stay free on the disk


def build(
    query: str,
    columns: int,
    target: Path,
    *,
    memory: int,
    spill: Path,
    most: int,
    long_texts: bool,
    told: Callable[[int], bool],
) -> None:
    """Write what a query yields, in its order. most: bytes; told: hears the rows written, answers whether to go on.

    Raises ExploreCacheFull, duckdb.Error.
    """
    import numpy as np
    import pyarrow as pa

    part = target.with_name(f".{target.name}.{os.getpid()}")
    connection = engine.connect(spill=spill, memory=f"{memory >> 20}MB")
    rows = 0
    try:
        if long_texts:
            connection.execute("SET arrow_large_buffer_size = true")
        reader = connection.sql(query).to_arrow_reader(BATCH)
        names = [f"c{place}" for place in range(columns)]
        schema = pa.schema([field.with_name(name) for field, name in zip(reader.schema, names, strict=True)])
        schema = schema.append(pa.field("r", pa.int64()))
        with pa.OSFile(str(part), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
            for batch in reader:
                numbers = pa.array(np.arange(rows, rows + batch.num_rows, dtype=np.int64))
                writer.write_batch(pa.RecordBatch.from_arrays([*batch.columns, numbers], schema=schema))
                rows += batch.num_rows
                if sink.tell() > most or _room(target) < LEAST_ROOM:
                    raise ExploreCacheFull(
                        f"The table takes more than the {most / 2**30:.1f} GiB that exploring may use, or the disk is full.",
                        "Look at the first rows, or raise STUDIOLO_EXPLORE_CACHE_BYTES.",
                    )
                if not told(rows):
                    return
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(target)
    except OSError as error:
        raise ExploreCacheFull(f"The table cannot be written: {error.strerror}.", "Make room on the disk.") from error
    finally:
        connection.close()
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _room(target: Path) -> int:
    found = os.statvfs(target.parent)
    return found.f_bavail * found.f_frsize


class Columns:
    """The batches of a table and where each begins."""

    def __init__(self, table: "pa.Table") -> None:
        import numpy as np

        self.table = table
        self._batches = table.to_batches()
        self._starts = np.cumsum([0, *(batch.num_rows for batch in self._batches)])

    @classmethod
    def mapped(cls, path: Path) -> "Columns":
        """Open a file that `build` wrote."""
        import pyarrow as pa

        return cls(pa.ipc.open_file(pa.memory_map(str(path))).read_all())

    @classmethod
    def of_result(cls, path: Path) -> "Columns":
        """Open the Arrow stream of a query's result."""
        import numpy as np
        import pyarrow as pa

        table = pa.ipc.open_stream(pa.memory_map(str(path))).read_all()
        table = table.rename_columns([f"c{place}" for place in range(table.num_columns)])
        return cls(table.append_column("r", pa.array(np.arange(table.num_rows, dtype=np.int64))))

    @property
    def rows(self) -> int:
        """How many there are."""
        return int(self.table.num_rows)

    def take(self, numbers: "np.ndarray[Any, Any]", places: list[int]) -> "pa.Table":
        """Return rows by their numbers, in that order, with the columns at these places; only what is asked for is read."""
        import numpy as np
        import pyarrow as pa

        names = [f"c{place}" for place in places]
        if len(numbers) == 0 or not names:
            return self.table.select(names).slice(0, len(numbers))
        which = np.searchsorted(self._starts, numbers, side="right") - 1
        by_batch = np.argsort(which, kind="stable")
        borders = np.flatnonzero(np.diff(which[by_batch])) + 1
        pieces = []
        for group in np.split(by_batch, borders):
            batch = int(which[group[0]])
            inside = pa.array(numbers[group] - self._starts[batch])
            pieces.append(self._batches[batch].select(names).take(inside))
        table = pa.Table.from_batches(pieces)
        if len(pieces) == 1 and np.array_equal(by_batch, np.arange(len(numbers))):
            return table
        back = np.empty(len(numbers), dtype=np.int64)
        back[by_batch] = np.arange(len(numbers))
        return table.combine_chunks().take(pa.array(back))
