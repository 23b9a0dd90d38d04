"""What a child is told about the table it opens, and how it reads it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from studiolo.studio.datasets import table_file
from studiolo.studio.datasets.explore.conditions import Column
from studiolo.studio.datasets.formats.base import family
from studiolo.studio.datasets.reading import engine, kinds
from studiolo.studio.datasets.schemas import ColumnSchema, TableSchema

LONG = 1 << 15


def described(files: Sequence[Path], names: Sequence[str], schema: TableSchema) -> dict[str, Any]:
    """Return a table for the wire. names: of the files, in the dataset."""
    return {"files": [str(file) for file in files], "names": list(names), "schema": schema.model_dump(mode="json")}


class Source:
    """The files of a version and their schema, as `described`."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.schema = TableSchema.model_validate(told["schema"])
        self.files = [Path(file) for file in told["files"]]
        self._names = tuple(told["names"])

    @property
    def columns(self) -> list[Column]:
        """The columns as filters see them."""
        return [Column(one.name, one.type, _held(one), place) for place, one in enumerate(self.schema.columns)]

    def query(self) -> str:
        """Return the SELECT that yields the table with its columns called `c0`, `c1`, …, in the order of its rows."""
        inner = table_file.scan(table_file.TableInput(tuple(self.files), self._names, self.schema))
        named = ", ".join(f"{engine.name(one.name)} AS c{place}" for place, one in enumerate(self.schema.columns))
        return f"SELECT {named} FROM ({inner})"

    def expressions(self) -> list[str] | None:
        """Return the SELECT item of each column over Parquet files that can be read as they are; None when they cannot."""
        told = any(
            column.origin != "file" or column.lenient or column.place != (column.name,)
            for column in self.schema.columns
        )
        plain = self.schema.format == "parquet" or family()[self.schema.format].SPEC.together
        if not plain or told or self.schema.options.get("union"):
            return None
        return [kinds.cast(column) for column in self.schema.columns]

    @property
    def long_texts(self) -> bool:
        """Whether texts may be so long that a batch of them needs wide offsets."""
        longest = int(self.schema.options.get("longest_line", 0) or 0)
        size = sum(file.stat().st_size for file in self.files)
        return longest > LONG or size > max(1, self.schema.rows) * LONG // 8


def _held(column: ColumnSchema) -> str:
    """Return the type that a column has once it is read: moments lose their zone, they are in UTC."""
    return "TIMESTAMP" if column.sql_type == "TIMESTAMPTZ" else column.sql_type


def quoted(name: str) -> str:
    """Quote a name for a query."""
    return engine.name(name)
