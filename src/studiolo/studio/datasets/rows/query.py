"""The SELECT of the rows that are asked for."""

from dataclasses import dataclass
from typing import Any

from studiolo.studio.datasets import table_file
from studiolo.studio.datasets.errors import ColumnNotFound
from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.reading.table_input import TableInput
from studiolo.studio.datasets.rows import splits, timeseries
from studiolo.studio.datasets.rows.schemas import SplitCreate, Window
from studiolo.studio.datasets.schemas import ColumnSchema


@dataclass(frozen=True)
class Asked:
    """columns: None for all; split, part: of which split which part; partition: column of the moment in the path of files."""

    columns: tuple[str, ...] | None = None
    limit: int | None = None
    offset: int = 0
    window: Window | None = None
    split: SplitCreate | None = None
    part: str = ""
    partition: str = ""

    def packed(self) -> dict[str, Any]:
        """Write it for JSON."""
        return {
            "columns": self.columns,
            "limit": self.limit,
            "offset": self.offset,
            "window": self.window.model_dump(mode="json") if self.window else None,
            "split": SplitCreate.model_validate(
                self.split.model_dump(include=set(SplitCreate.model_fields))
            ).model_dump()
            if self.split
            else None,
            "part": self.part,
            "partition": self.partition,
        }

    @classmethod
    def unpacked(cls, found: dict[str, Any]) -> "Asked":
        """Read what `packed` wrote."""
        return cls(
            **found
            | {
                "columns": tuple(found["columns"]) if found["columns"] is not None else None,
                "window": Window.model_validate(found["window"]) if found["window"] else None,
                "split": SplitCreate.model_validate(found["split"]) if found["split"] else None,
            }
        )


def select(table: TableInput, asked: Asked) -> str:
    """Return the SELECT for DuckDB. Moments that had a zone in the files say that they are UTC; the rest is typed as the schema says."""
    known = {column.name: column for column in table.schema.columns}
    chosen = list(asked.columns) if asked.columns is not None else list(known)
    for name in chosen:
        if name not in known:
            raise ColumnNotFound(name, list(known), field="columns")
    if asked.window is not None and asked.split is None:  # parts of a split are counted over all rows
        table = timeseries.prune(table, asked.window, asked.partition)
    where = f" WHERE {timeseries.condition(table, asked.window)}" if asked.window is not None else ""
    if asked.split is not None:
        source = splits.select(table, asked.split, asked.part)
    else:
        needed = dict.fromkeys([*chosen, *([asked.window.column] if asked.window else [])])
        source = table_file.scan(table, list(needed))
    end = f" LIMIT {asked.limit:d}" if asked.limit is not None else ""
    start = f" OFFSET {asked.offset:d}" if asked.offset else ""
    return f"SELECT {', '.join(_item(known[name]) for name in chosen)} FROM ({source}){where}{end}{start}"


def _item(column: ColumnSchema) -> str:
    name = engine.name(column.name)
    return f"timezone('UTC', {name}) AS {name}" if column.sql_type == "TIMESTAMPTZ" else name
