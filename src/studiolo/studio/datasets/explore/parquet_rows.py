"""Rows of Parquet files at any place, without a copy: their footers say in which row group a row stands."""

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from studiolo.studio.datasets.explore.conditions import Column
from studiolo.studio.datasets.reading import engine

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

LARGE_GROUP = 2_000_000  # values; reading one such group takes longer than somebody who scrolls waits
KEPT = 12  # row groups of some columns that stay decoded


class ParquetRows:
    """The row groups of files that follow each other. expressions: what makes each column of the file's own, e.g. a cast."""

    def __init__(self, files: Sequence[Path], columns: Sequence[Column], expressions: Sequence[str]) -> None:
        import numpy as np
        from pyarrow.parquet import ParquetFile

        self._files = [ParquetFile(path, memory_map=True) for path in files]
        self._columns, self._expressions = columns, expressions
        groups = [
            (place, group, file.metadata.row_group(group).num_rows)
            for place, file in enumerate(self._files)
            for group in range(file.num_row_groups)
        ]
        self._groups = [(place, group) for place, group, _ in groups]
        self.starts = np.cumsum([0, *(rows for _, _, rows in groups)])
        self.largest = max((rows for _, _, rows in groups), default=0)
        self._decoded: OrderedDict[tuple[int, tuple[int, ...]], pa.Table] = OrderedDict()
        self._lock = Lock()

    @property
    def rows(self) -> int:
        """How many there are."""
        return int(self.starts[-1])

    def window(self, offset: int, limit: int, places: list[int]) -> "pa.Table":
        """Return rows from an offset on, with the columns at these places as `c0`, …"""
        import numpy as np
        import pyarrow as pa

        end = min(offset + limit, self.rows)
        first = int(np.searchsorted(self.starts, offset, side="right")) - 1
        pieces = []
        while offset < end:
            start, stop = int(self.starts[first]), int(self.starts[first + 1])
            upto = min(end, stop)
            if upto > offset:
                pieces.append(self._group(first, tuple(places)).slice(offset - start, upto - offset))
            offset, first = max(offset, upto), first + 1
        if not pieces:
            return self._group(0, tuple(places)).slice(0, 0)
        return self._cast(pa.concat_tables(pieces), places)

    def spread(self, most: int, places: list[int]) -> "pa.Table":
        """Return about so many rows from row groups all over the table."""
        import pyarrow as pa

        many = max(1, min(len(self._groups), 4))
        step = max(1, len(self._groups) // many)
        pieces = [
            self._group(number, tuple(places)).slice(0, most // many)
            for number in range(0, len(self._groups), step)[:many]
        ]
        return self._cast(pa.concat_tables(pieces), places)

    def _group(self, number: int, places: tuple[int, ...]) -> Any:
        key = (number, places)
        with self._lock:
            found = self._decoded.get(key)
            if found is not None:
                self._decoded.move_to_end(key)
                return found
        place, group = self._groups[number]
        names = [self._columns[at].name for at in places]
        table = self._files[place].read_row_group(group, columns=names, use_threads=True).select(names)
        with self._lock:
            self._decoded[key] = table
            while len(self._decoded) > KEPT or (
                len(self._decoded) > 1 and sum(one.nbytes for one in self._decoded.values()) > 256 << 20
            ):
                self._decoded.popitem(last=False)
        return table

    def _cast(self, table: "pa.Table", places: list[int]) -> "pa.Table":
        connection = engine.connect(threads=1)
        try:
            connection.register("w", table)
            picked = ", ".join(
                f"{_bare(self._expressions[place], self._columns[place].name)} AS c{place}" for place in places
            )
            return connection.sql(f"SELECT {picked} FROM w").to_arrow_table()
        finally:
            connection.close()


def _bare(expression: str, name: str) -> str:
    """Return a SELECT item without the name it gives itself."""
    return expression.removesuffix(f" AS {engine.name(name)}")


def numbers_from(offset: int, many: int) -> "np.ndarray[Any, Any]":
    """Return row numbers that follow each other."""
    import numpy as np

    return np.arange(offset, offset + many, dtype=np.int64)
