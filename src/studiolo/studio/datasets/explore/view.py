"""One table in the child: windows of rows at any place, whole values, and the state of what must be computed before."""

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studiolo.studio.datasets.explore import conditions
from studiolo.studio.datasets.explore.cells import WHOLE, shown, whole
from studiolo.studio.datasets.explore.column_file import Columns, build
from studiolo.studio.datasets.explore.conditions import Column
from studiolo.studio.datasets.explore.errors import ExploreFailed
from studiolo.studio.datasets.explore.orders import Order, Orders, key_of
from studiolo.studio.datasets.explore.parquet_rows import LARGE_GROUP, ParquetRows, numbers_from
from studiolo.studio.datasets.explore.source import Source
from studiolo.studio.datasets.reading import engine

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

TABLE = "table.arrow"
Answer = dict[str, Any]


class View:
    """told: where the table is (see `Source`, or `result` and its `columns`), its cache folder, memory and room on the disk."""

    def __init__(self, told: dict[str, Any]) -> None:
        self._folder = Path(told["cache"])
        self._memory, self._room = int(told["memory"]), int(told["room"])
        self.source: Source | None = None
        self.direct: ParquetRows | None = None
        self._table: Columns | None = None
        self._ready = threading.Event()
        self._error: Exception | None = None
        self._written = 0
        self._begun = False
        self._lock = threading.Lock()
        self.orders = Orders(self._folder / "orders", self.connect)
        if "result" in told:
            self.columns = [
                Column(one["name"], one["type"], one["sql_type"], place) for place, one in enumerate(told["columns"])
            ]
            self._table = Columns.of_result(Path(told["result"]))
            self.rows = self._table.rows
            self._ready.set()
            return
        self.source = Source(told)
        self.columns = self.source.columns
        self.rows = self.source.schema.rows
        expressions = self.source.expressions()
        if expressions is not None:
            self.direct = ParquetRows(self.source.files, self.columns, expressions)
        self._open()
        if not self.direct or self.direct.largest * len(self.columns) > LARGE_GROUP:
            self.prepare()

    def _open(self) -> bool:
        path = self._folder / TABLE
        if self._ready.is_set() or not path.exists():
            return self._ready.is_set()
        self._table = Columns.mapped(path)
        self._ready.set()
        return True

    def prepare(self) -> None:
        """Bring the table into columns, in a thread; once."""
        with self._lock:
            if self._begun or self._open():
                return
            self._begun = True
        threading.Thread(target=self._build, daemon=True).start()

    def _build(self) -> None:
        assert self.source
        try:
            spill = self._folder / "spill"
            spill.mkdir(parents=True, exist_ok=True)
            build(
                self.source.query(),
                len(self.columns),
                self._folder / TABLE,
                memory=self._memory // 2,
                spill=spill,
                most=self._room,
                long_texts=self.source.long_texts,
                told=self._tell,
            )
            self._open()
        except Exception as error:  # noqa: BLE001 - kept for whoever asks next
            self._error = error
        finally:
            self._ready.set()

    def _tell(self, rows: int) -> bool:
        self._written = rows
        return True

    @property
    def progress(self) -> float:
        """How much of the table is in columns."""
        return min(1.0, self._written / max(1, self.rows))

    def table(self, wait: float = 0) -> Columns | None:
        """Return the table by columns, or None while it is being prepared; raises why it cannot be."""
        self.prepare()
        self._ready.wait(wait)
        if self._table is None and self._error:
            raise self._error
        return self._table

    def connect(self) -> "DuckDBPyConnection":
        """Open a connection in which `t` is the table, with `c0`, …, and `r`."""
        spill = self._folder / "spill"
        spill.mkdir(parents=True, exist_ok=True)
        connection = engine.connect(spill=spill, memory=f"{self._memory // 2 >> 20}MB")
        if self._table is not None:
            connection.register("t", self._table.table)
        else:
            assert self.source
            connection.execute(f"CREATE TEMP VIEW t AS {self.source.query()}")
        return connection

    def places(self, names: list[str] | None) -> list[int]:
        """Return where columns stand; all of them for None."""
        if names is None:
            return [column.place for column in self.columns]
        return [conditions.find(self.columns, name).place for name in names]

    def order(self, asked: dict[str, Any], wait: float) -> Order | None:
        """Return the order of a filter and a sort; None for the table as it is. Raises what is wrong with them."""
        sort, chosen = asked.get("sort") or [], asked.get("filter") or []
        key = key_of(sort, chosen)
        if not key:
            return None
        found = self.orders.ask(
            key, conditions.where(self.columns, chosen), conditions.order(self.columns, sort)
        )  # fmt: skip
        found.done.wait(wait)
        if found.error:
            raise found.error
        return found

    def window(self, asked: dict[str, Any]) -> Answer:
        """Return rows; see `schemas.Rows`."""
        until = time.monotonic() + float(asked.get("wait", 5))
        places = self.places(asked.get("columns"))
        offset, limit = int(asked["offset"]), int(asked["limit"])
        plain = not (asked.get("sort") or asked.get("filter"))
        answer: Answer = {
            "state": "ready", "total": self.rows, "table_rows": self.rows, "offset": offset,
            "columns": [self.columns[place].name for place in places], "numbers": [], "rows": [], "label": "",
        }  # fmt: skip
        conditions.where(self.columns, asked.get("filter") or [])  # what is wrong is said before anything is prepared
        conditions.order(self.columns, asked.get("sort") or [])
        if plain and self._table is None and self.direct:
            numbers = numbers_from(min(offset, self.rows), max(0, min(limit, self.rows - offset)))
            found = self.direct.window(offset, limit, places) if len(numbers) else None
            return answer | self._cells(found, numbers)
        table = self.table(max(0.0, until - time.monotonic()))
        if table is None:
            label = "Bringing the table into columns, so that any row is there at once"
            return answer | {"state": "preparing", "progress": self.progress, "label": label}
        if plain:
            numbers = numbers_from(min(offset, table.rows), max(0, min(limit, table.rows - offset)))
            return answer | self._cells(table.take(numbers, places), numbers)
        order = self.order(asked, max(0.0, until - time.monotonic()))
        assert order
        if order.numbers is None:
            label = "Filtering" if not asked.get("sort") else "Sorting"
            return answer | {"state": "ordering", "total": None, "progress": order.progress, "label": label}
        numbers = order.numbers[offset : offset + limit]
        return answer | {"total": len(order.numbers)} | self._cells(table.take(numbers, places), numbers)

    def _cells(self, table: "pa.Table | None", numbers: "np.ndarray[Any, Any]") -> Answer:
        columns = [[shown(value) for value in column.to_pylist()] for column in table.columns] if table else []
        rows = [list(row) for row in zip(*columns, strict=True)] if columns else [[] for _ in numbers]
        return {"numbers": [int(number) for number in numbers], "rows": rows}

    def cell(self, asked: dict[str, Any]) -> Answer:
        """Return one value, whole."""
        place = conditions.find(self.columns, asked["column"]).place
        number = int(asked["number"])
        if number >= self.rows:
            raise ExploreFailed(f"The table has {self.rows:,} rows.", "Count rows from 0.", field="number")
        if self._table is None and self.direct:
            found = self.direct.window(number, 1, [place])
        else:
            table = self.table(30)
            if table is None:
                raise ExploreFailed("The table is still being prepared.", "Try again in a moment.")
            found = table.take(numbers_from(number, 1), [place])
        value = found.column(0)[0].as_py()
        text = None if value is None else whole(value)
        size = len(text or "")
        return {"text": text[:WHOLE] if text is not None else None, "size": size, "cut": size > WHOLE}

    def sample(
        self, asked: dict[str, Any], most: int, places: list[int], wait: float
    ) -> "tuple[pa.Table, int] | Answer":
        """Return at most so many rows that fit, chosen at random but each time the same, and how many fit.

        While they cannot be had, returns the state instead.
        """
        import numpy as np

        plain = not asked.get("filter")
        if plain and self._table is None and self.direct:
            return self.direct.spread(most, places), self.rows
        table = self.table(wait)
        if table is None:
            return {"state": "preparing", "progress": self.progress}
        order = self.order({"filter": asked.get("filter")}, wait)
        if order is not None and order.numbers is None:
            return {"state": "ordering", "progress": order.progress}
        total = table.rows if order is None or order.numbers is None else len(order.numbers)
        chosen = np.arange(total)
        if total > most:
            chosen = np.sort(np.random.default_rng(0).choice(total, most, replace=False))
        if order is not None and order.numbers is not None:
            chosen = np.asarray(order.numbers[chosen])
        return table.take(chosen, places), total
